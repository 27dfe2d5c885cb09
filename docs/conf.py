"""How the site is built: `make docs`. Nothing is fetched from anywhere, then or when it is read."""

import os
import posixpath
import re
import sys
from pathlib import Path

from sphinx.application import Sphinx

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from claims.locate import theorem_files  # noqa: E402  the repository is on the path only now
from claims.site import adapted, gathered, house_pages, write  # noqa: E402

GENERATED = "_generated"
SITE_ONLY = re.compile(r"<!-- site: (\S+) (.+?) -->")

project = "provably"
author = "the authors of provably"
extensions = ["myst_parser"]
exclude_patterns = ["_build", "examples"]
source_suffix = {".md": "markdown"}
highlight_language = "text"  # indented blocks hold commands, statements and output
myst_heading_anchors = 3
smartquotes = False  # R' is no quotation
html_theme = "furo"
html_title = "provably"
html_copy_source = False
html_show_sphinx = False
html_show_copyright = False
html_static_path = ["_static"]
html_css_files = ["site.css"]


def generate(_app: Sphinx) -> None:
    """Write the pages of papers and claims, before any page is read."""
    url = os.environ.get("PROVABLY_SOURCE_URL", "").rstrip("/")
    subjects = gathered(theorem_files(), ROOT / "tests" / "golden", ROOT)
    write(subjects, ROOT / "docs" / GENERATED, name=GENERATED, source_url=url)


def turn_links(_app: Sphinx, docname: str, source: list[str]) -> None:
    """Let links between the repository's pages, and those for the site alone, resolve here."""
    if not docname.startswith(GENERATED):
        place = posixpath.dirname(docname)
        home = posixpath.normpath(posixpath.join("docs", place))
        text = adapted(source[0], home, place, house_pages(GENERATED))
        source[0] = SITE_ONLY.sub(r"[\2](\1)", text)
    if docname == "index":  # pages come and go: those that it does not name follow by themselves
        pages = sorted(page.stem for page in (ROOT / "docs").glob("*.md"))
        named = set(re.findall(r"^\S+$", source[0], re.MULTILINE)) | {"index"}
        others = "\n".join(page for page in pages if page not in named)
        source[0] = source[0].replace("OTHER PAGES", others)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register both with Sphinx."""
    app.connect("builder-inited", generate)
    app.connect("source-read", turn_links)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
