"""Writing the pages: what has not changed keeps its file, what is no page any more goes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from claims.report import write_text_atomically
from claims.site.claim_page import claim_page
from claims.site.links import adapted
from claims.site.paper_page import paper_page, papers_page
from claims.site.refuted_page import refuted_page
from claims.site.subjects import Subjects

HOUSE = {
    "README.md": "readme",
    "ARCHITECTURE.md": "architecture",
    "CONTRIBUTING.md": "contributing",
    "CHANGELOG.md": "changelog",
}
DECISIONS = "docs/adr"


def write(subjects: Subjects, folder: Path, *, name: str, source_url: str = "") -> list[Path]:
    """Write every generated page.

    Args:
        subjects: papers, claims and witnesses.
        folder: below the site's sources; whatever else is in it is removed.
        name: of that folder, as links on the site say it.
        source_url: where the repository's files can be looked at, "" for nowhere.

    Returns:
        The pages, sorted.

    Raises:
        OSError: the folder cannot be written, or a page of the repository cannot be read.
    """
    made = {
        **_of_papers(subjects, source_url),
        **_of_house(subjects.root, name),
        "refuted.md": "\n".join(refuted_page(subjects)),
    }
    pages = {folder / place: text.rstrip() + "\n" for place, text in made.items()}
    for path, text in pages.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            write_text_atomically(path, text)
    for path in folder.rglob("*.md"):
        if path not in pages:
            path.unlink()
    return sorted(pages)


def house_pages(name: str) -> dict[str, str]:
    """Where the repository's own pages stand on the site, by their paths in the repository."""
    found = {file: f"{name}/house/{page}.md" for file, page in HOUSE.items()}
    return {**found, DECISIONS: f"{name}/house/decisions.md"}


def _of_papers(subjects: Subjects, source_url: str) -> dict[str, str]:
    used_by = subjects.used_by()
    found = {"papers/index.md": "\n".join(papers_page(subjects))}
    for part in subjects.parts:
        found[f"papers/{part.slug}.md"] = "\n".join(paper_page(subjects, part))
        for claim in part.claims:
            users = used_by.get(claim.id, [])
            lines = claim_page(subjects, part, claim, users, source_url)
            found[f"claims/{claim.id}.md"] = "\n".join(lines)
    return found


def _of_house(root: Path, name: str) -> dict[str, str]:
    pages = house_pages(name)
    found = {
        f"house/{page}.md": adapted(
            (root / file).read_text(encoding="utf-8"), "", f"{name}/house", pages
        )
        for file, page in HOUSE.items()
        if (root / file).exists()
    }
    return {**found, "house/decisions.md": "\n".join(_decisions(root))}


def _decisions(root: Path) -> Iterator[str]:
    yield from ("# Decisions", "", "Each is half a page.", "", "```{toctree}", ":maxdepth: 1", "")
    for note in sorted((root / DECISIONS).glob("*.md")):
        yield f"../../{note.relative_to(root / 'docs').with_suffix('').as_posix()}"
    yield "```"
