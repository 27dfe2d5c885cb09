"""The generated pages: hostile text is shown as it is, links lead somewhere, nothing is lost."""

from __future__ import annotations

import html
import re
import subprocess
import sys
from pathlib import Path

import pytest

from claims.locate import load
from claims.site import Subjects, adapted, gathered, house_pages, write
from claims.site.markup import block, code, plain, table
from claims.site.source import written

HOSTILE = "a*b*_c_|d|<script>`x` ``y`` \\pi $m$ [z](w) {role}`t` % n ![i](j) &amp; #h"
CLAIMS = '''"""A. *Author*, B_Author_: On <toys> | more. arXiv:2401.00001v1"""

from hypothesis import strategies as st

from claims import assume_premise, claim, misprint, not_executable, refuted_claim, wrong
from verdicts import Margin, at_most, exactly

limit = not_executable("Theorem 9 | *", reason="a limit <b>, `x` | y", where="p. 3")


@claim("Lemma 1", for_all={"n": st.integers(1, 60)}, text="derived", bound="tight",
       mutants=[wrong(top=59.5, because="n = 60 | <b>"),
                misprint(top=1.5, because="n = 2", where="p. 1, *x*", witness={"n": 2})])
def lemma_1(n: int, *, top: float = 60.5) -> Margin:
    r"""Every n is |bounded| by *top*_top_.

    ```
    $n$ <= <top> \\le [x](y) {z}`q` |w|
    ```
    """
    assume_premise("n | positive", at_most(exactly(0.0), exactly(n)))
    return at_most(exactly(n), exactly(top))


@refuted_claim("Lemma 2", for_all={"n": st.integers(1, 60)}, because="n = 3", witness={"n": 3})
def lemma_2(n: int) -> Margin:
    """Every n is at most 2."""
    return at_most(exactly(n), exactly(2))


@claim("Theorem", for_all={"n": st.integers(1, 60)}, depends_on=[lemma_1],
       mutants=[wrong(top=1.0, because="n = 2")])
def theorem(n: int, *, top: float = 61.0) -> Margin:
    """Every n is below 61."""
    return at_most(exactly(n), exactly(top))
'''


@pytest.fixture(scope="module")
def subjects(tmp_path_factory: pytest.TempPathFactory) -> Subjects:
    root = tmp_path_factory.mktemp("repository")
    (root / "strange.py").write_text(CLAIMS, encoding="utf-8")
    (root / "README.md").write_text("# A\n\n[b](docs/b.md) [c](docs/adr/) [d](x.py) [e](#a)\n")
    (root / "docs" / "adr").mkdir(parents=True)
    (root / "docs" / "adr" / "0001-x.md").write_text("# One\n")
    (root / "docs" / "b.md").write_text("# B\n")
    return gathered([root / "strange.py"], root / "none", root)


@pytest.fixture(scope="module")
def pages(subjects: Subjects) -> dict[str, str]:
    folder = subjects.root / "docs" / "made"
    made = write(subjects, folder, name="made")
    return {path.relative_to(folder).as_posix(): path.read_text("utf-8") for path in made}


def test_there_is_a_page_for_each_paper_and_claim(pages: dict[str, str]) -> None:
    claims = [f"claims/strange.{name}.md" for name in ("lemma_1", "lemma_2", "theorem")]
    house = ["house/decisions.md", "house/readme.md"]
    assert sorted(pages) == sorted(
        [*claims, *house, "papers/index.md", "papers/strange.md", "refuted.md"]
    )


def test_a_page_tells_what_the_claim_holds(pages: dict[str, str]) -> None:
    page = pages["claims/strange.lemma_1.md"]
    assert "derived from the paper here" in page
    assert "tight: attained" in html.unescape(page.replace("\\", ""))
    assert "`st.integers(1, 60)`" in page
    assert "- n \\| positive" in page
    assert "| `top` | `60.5` |" in page
    assert "Printed: p\\. 1\\, \\*x\\*" in page
    assert "`top` | `1.5` | `60.5`" in page
    assert "[`strange.theorem`](<strange.theorem.md>)" in page  # used by
    assert "strange.py, line 11" in page
    assert "Expected" not in page
    assert "| expected | REFUTED |" in pages["claims/strange.lemma_2.md"]
    assert "| bound |" in page
    assert "| bound |" not in pages["claims/strange.lemma_2.md"]
    assert '{"n": 3}' in pages["claims/strange.lemma_2.md"]
    assert not re.search(r"/(tmp|work|home|root)/", "".join(pages.values()))


def test_a_statement_is_typeset_and_its_title_says_whose_it_is(pages: dict[str, str]) -> None:
    page = pages["claims/strange.lemma_1.md"]
    assert "# Lemma 1 \\(strange\\)\n" in page
    before, _, after = page.partition("{raw} html\n")
    assert '<div class="statement"><p>Every <math alttext="n">' in after
    fence = before.rpartition("\n")[2]
    assert after.partition(f"\n{fence}\n")[0].endswith("</div>")  # no fence of its own ends it
    assert "&lt;top&gt;" in after
    assert pages["refuted.md"].count('<div class="statement">') == 2


def test_a_paper_lists_its_claims_and_what_is_left_out(pages: dict[str, str]) -> None:
    page = pages["papers/strange.md"]
    assert "3 claims, 2 mutants, 2 errata, 1 not executable" in page
    first, second = re.findall(r"^ *- .*strange\.(?:theorem|lemma_1).*$", page, re.MULTILINE)
    assert (first[:2], second[:4]) == ("- ", "  - ")
    assert "Theorem 9 \\| \\*" in page
    assert pages["refuted.md"].count("\n### ") == 2


def test_a_second_writing_changes_nothing_and_sweeps(subjects: Subjects) -> None:
    folder = subjects.root / "docs" / "made"
    paths = write(subjects, folder, name="made")
    before = {path: path.stat().st_mtime_ns for path in paths}
    (folder / "claims" / "gone.md").write_text("# Gone\n")
    assert write(subjects, folder, name="made") == paths
    assert not (folder / "claims" / "gone.md").exists()
    assert {path: path.stat().st_mtime_ns for path in paths} == before


def test_sphinx_builds_hostile_text_without_a_warning(
    subjects: Subjects, pages: dict[str, str], tmp_path: Path
) -> None:
    pytest.importorskip("sphinx")
    pytest.importorskip("myst_parser")
    docs = subjects.root / "docs"
    listed = "\n".join(
        f"made/{name.removesuffix('.md')}" for name in pages if "claims/" not in name
    )
    hostile = [
        plain(HOSTILE),
        "",
        code(HOSTILE),
        "",
        *block(HOSTILE),
        *table(("x", "y"), [(plain(HOSTILE), code(HOSTILE.replace("|", "!")))]),
    ]
    tree = ["", "```{toctree}", listed, "b", "```"]
    (docs / "index.md").write_text("\n".join(["# Start", "", *hostile, *tree]))
    (docs / "conf.py").write_text(
        'extensions = ["myst_parser"]\nhtml_theme = "basic"\nsmartquotes = False\n'
        'highlight_language = "text"\nmyst_heading_anchors = 3\n'
    )
    words = ["-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html", str(docs), str(tmp_path)]
    ran = subprocess.run([sys.executable, *words], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    shown = _words(tmp_path / "index.html")
    assert shown.count(HOSTILE) == 4  # twice as words, since code holds no |; in a block, in a cell
    assert shown.count(HOSTILE.replace("|", "!")) == 1
    statement = _words(tmp_path / "made" / "claims" / "strange.lemma_1.html")
    assert "$n$ <= <top> \\le [x](y) {z}`q` |w|" in statement


def _words(page: Path) -> str:
    """The text of a page, without its tags."""
    body = page.read_text("utf-8").partition("<body")[2]
    return html.unescape(re.sub(r"<[^>]*>", "", body))


@pytest.mark.parametrize(
    ("home", "place", "before", "after"),
    [
        ("", "made/house", "[a](docs/b.md#c)", "[a](../../b.md#c)"),
        ("", "made/house", "[a](CHANGELOG.md)", "[a](changelog.md)"),
        ("", "made/house", "[a](docs/adr/)", "[a](decisions.md)"),
        ("docs", "", "[a](../README.md)", "[a](made/house/readme.md)"),
        ("docs", "", "[a](b.md) [c](../theorems/x.py)", "[a](b.md) c"),
        ("docs/adr", "adr", "[a](../b.md)", "[a](../b.md)"),
        ("docs", "", "[a](https://x.y/z) [b](#c)", "[a](https://x.y/z) [b](#c)"),
        ("docs", "", "```\n[a](../x.py)\n```", "```\n[a](../x.py)\n```"),
        ("docs", "", "    [b](../x.py)", "    [b](../x.py)"),
        ("", "made/house", "(a [b\nc](docs/b.md).", "(a [b\nc](../../b.md)."),
        ("", "made/house", "[b]\n\n[c](docs/b.md)", "[b]\n\n[c](../../b.md)"),
    ],
)
def test_a_link_is_turned_towards_the_site(home: str, place: str, before: str, after: str) -> None:
    assert adapted(before, home, place, house_pages("made")) == after


def test_the_text_of_a_claim_is_found(subjects: Subjects) -> None:
    claim = subjects.claims["strange.lemma_1"]
    assert len(written(claim).lines) == 12
    assert written(claim).premises == ("n | positive",)
    assert load(subjects.root / "strange.py").lemma_1 is claim
