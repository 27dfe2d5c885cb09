"""The House: Rules of the house, checked. unpublished note of 2026."""

import ast
import itertools
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import strategies as st

from claims import (
    Claim,
    NotExecutable,
    check_graph,
    claim,
    claims_in,
    misprint,
    not_executable_in,
    refuted_claim,
    wrong,
)
from tests.house.readme_table import (
    CATALOGUE,
    README,
    ROOT,
    all_claims,
    claim_table,
    paper_table,
    skipped_table,
    table_in,
    table_of,
    theorem_module,
    theorem_names,
    with_table,
)
from verdicts import Margin, at_least, at_most, exactly

MOST_LINES = 300
VIOLATIONS = "## Where the code does not follow this guide yet"
SOURCE = re.compile(
    r"arXiv:(\d{4}\.\d{4,5}|[a-z-]+(\.[A-Z]{2})?/\d{7})v[1-9]\d*|doi:10\.\d{4,9}/\S+"
    r"|https://openreview\.net/forum\?id=\w+|(NeurIPS|ICLR|ICML) \d{4}",
    re.IGNORECASE,
)

of_every_module = pytest.mark.parametrize("name", theorem_names())


def python_files(root: Path) -> Iterator[Path]:
    """The sources, without hidden folders and virtual environments."""
    for path in sorted(root.iterdir()):
        if path.suffix == ".py" and path.is_file():
            yield path
        elif path.is_dir() and not path.name.startswith(".") and not (path / "pyvenv.cfg").exists():
            yield from python_files(path)


def excused(guide: str) -> set[str]:
    """The paths in backticks in the guide's list of what does not follow it."""
    _, heading, listed = guide.partition(VIOLATIONS)
    assert heading, f"CONTRIBUTING.md has no section {VIOLATIONS!r}"
    return set(re.findall(r"`([\w./-]+\.\w+)`", listed))


def too_long(root: Path, allowed: set[str]) -> list[str]:
    found = []
    for path in python_files(root):
        lines = len(path.read_text(encoding="utf-8").splitlines())
        name = path.relative_to(root).as_posix()
        if lines > MOST_LINES and name not in allowed:
            found.append(f"{name}: {lines} lines")
    return found


def not_ascii(root: Path) -> list[str]:
    return [
        f"{path.relative_to(root).as_posix()}:{number}"
        for path in python_files(root)
        for number, line in enumerate(path.read_bytes().splitlines(), start=1)
        if not line.isascii()
    ]


def faults(one: Claim) -> list[str]:
    """What is wrong with the words of a claim."""
    first = one.doc.partition("\n")[0]
    found = [] if first.endswith(".") else [f"{one.id}: {first!r} does not end with a period"]
    if not SOURCE.fullmatch(one.paper.source):
        found.append(
            f"{one.id}: {one.paper.source!r} is no arXiv id with a version, doi or conference"
        )
    if not (one.paper.authors and one.paper.title):
        found.append(f"{one.id}: its file names no authors or no title")
    told = [(mutant.name, mutant.because) for mutant in one.mutants]
    told += [("", one.because)] if one.expected == "REFUTED" else []
    for name, because in told:
        if not because.strip() or not because.isascii():
            found.append(f"{one.id}[{name}]: because={because!r}")
    return found


def test_no_file_is_longer_than_the_guide_allows_or_admits() -> None:
    guide = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert too_long(ROOT, excused(guide)) == []


def test_the_files_that_the_guide_excuses_exist() -> None:
    guide = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert [name for name in sorted(excused(guide)) if not (ROOT / name).exists()] == []


def test_sources_are_plain_ascii() -> None:
    assert not_ascii(ROOT) == []


def test_a_long_file_and_a_strange_letter_are_seen(tmp_path: Path) -> None:
    for folder in ("room", ".hidden", "env"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "long.py").write_text("\n" * 301, encoding="utf-8")
    (tmp_path / "env" / "pyvenv.cfg").touch()
    (tmp_path / "short.py").write_text("\n" * 299 + "# \u03bb\n", encoding="utf-8")
    assert too_long(tmp_path, set()) == ["room/long.py: 301 lines"]
    assert not_ascii(tmp_path) == ["short.py:300"]
    guide = f"`other.py`\n{VIOLATIONS}\n\n- `room/long.py`: 301 lines, `long_function` has 40.\n"
    assert excused(guide) == {"room/long.py"}
    assert too_long(tmp_path, excused(guide)) == []


@of_every_module
def test_a_file_of_theorems_makes_claims_of_a_paper_in_words(name: str) -> None:
    found = claims_in(theorem_module(name))
    assert found or not_executable_in(theorem_module(name)), f"{name} makes no claim"
    assert list(itertools.chain.from_iterable(map(faults, found))) == []


def nameless(source: str) -> list[int]:
    """Lines of a file where `not_executable(...)` has no name, so that no list would show it."""
    return [
        node.lineno
        for node in ast.parse(source).body
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
        if isinstance(node.value.func, ast.Name) and node.value.func.id == "not_executable"
    ]


def test_what_cannot_be_executed_has_a_name() -> None:
    assert nameless('not_executable("A", reason="b")\nx = not_executable("A", reason="b")') == [1]
    found = {path: nameless(path.read_text("utf-8")) for path in (ROOT / "theorems").rglob("*.py")}
    assert {path: lines for path, lines in found.items() if lines} == {}


def test_the_lemma_graph_of_all_papers_is_whole() -> None:
    everything = all_claims()
    check_graph(everything)
    known = {one.id for one in everything}
    # check_graph lets a paper that it was not given pass: here there is none.
    missing = {one.id: set(one.depends_on) - known for one in everything}
    assert {name: ids for name, ids in missing.items() if ids} == {}
    assert len(known) == len(everything)


def test_the_pages_list_what_is_claimed() -> None:
    for page, table in ((README, paper_table()), (CATALOGUE, claim_table())):
        written = table_in(page.read_text(encoding="utf-8"))
        assert written == table, "run: python -m tests.house.readme_table"


def small(k: int, *, most: float = 9.0) -> Margin:
    """The norm ||k|| is at most 9 * 1, for small_k <= 9

    If k <= 9 then k <= 9.
    """
    return at_most(exactly(k), exactly(most))


def declared() -> Claim:
    """A claim that breaks rules of the house; in a function, so that pytest does not collect it."""
    return claim(
        "Lemma 1 | 2",
        for_all={"k": st.integers(1, 9)},
        mutants=[
            wrong(most=8.0, because="k = 9"),
            wrong(most=7.0, because="k = 8 \u2265 7"),
            misprint(most=0.0, because="k = 1", where="p. 1"),
        ],
    )(small)


def large(k: int) -> Margin:
    """Every k is at least 2."""
    return at_least(exactly(k), exactly(2.0))


def false_claim() -> Claim:
    """A published statement that is false as a whole."""
    return refuted_claim("Lemma 3", for_all={"k": st.integers(1, 9)}, because="k = 1")(large)


def test_words_against_the_rules_are_seen() -> None:
    period, source, because = faults(declared())
    assert period.endswith("does not end with a period")
    assert "'unpublished note of 2026' is no arXiv id" in source
    assert because.startswith("test_house.small[most=7]: ")


@pytest.mark.parametrize(
    ("source", "good"),
    [
        ("arXiv:1810.02054v2", True),
        ("arXiv:math.ST/0703001v1", True),
        ("doi:10.1007/s10208-015-9258-4", True),
        ("arXiv:1810.02054", False),
        ("https://openreview.net/forum?id=8F3Lutda7R", True),
        ("NeurIPS 2024", True),
        ("https://example.org/paper", False),
        ("unpublished", False),
    ],
)
def test_a_source_is_an_arxiv_id_with_its_version_or_where_it_appeared(
    source: str, good: bool
) -> None:
    assert bool(SOURCE.fullmatch(source)) is good


def test_a_row_of_the_table_counts_mutants_and_errata() -> None:
    head, rule, row, false = table_of([declared(), false_claim()]).splitlines()
    assert head == "| claim | in the paper | statement | mutants | errata |"
    assert rule == "|---|---|---|---|---|"
    assert row == (
        r"| `test_house.small` | Lemma 1 \| 2 | The norm \|\|k\|\| is at most 9 \* 1, "
        "for small_k <= 9 | 2 | 1 |"
    )
    assert false == "| `test_house.large` | Lemma 3 | False: Every k is at least 2. | 0 | 1 |"


def test_a_row_says_why_something_is_not_executable() -> None:
    head, rule, row, short = skipped_table(
        {"a.b": NotExecutable("Lemma 1", "a limit | n", "p. 3"), "a.c": NotExecutable("T", "why")}
    ).splitlines()
    assert head == "| not executable | in the paper | why |"
    assert rule == "|---|---|---|"
    assert row == r"| `a.b` | Lemma 1, p. 3 | a limit \| n |"
    assert short == "| `a.c` | T | why |"


def test_the_table_is_replaced_and_nothing_else() -> None:
    readme = "# Title\n\n<!-- claims -->\nold\n| rows |\n<!-- /claims -->\n\nThe end.\n"
    new = with_table(readme, "| new |")
    assert new == "# Title\n\n<!-- claims -->\n\n| new |\n\n<!-- /claims -->\n\nThe end.\n"
    assert table_in(new) == "| new |"
    assert with_table(new, "| new |") == new


@pytest.mark.parametrize(
    "readme",
    [
        "",
        "<!-- claims -->\n",
        "<!-- /claims -->\n<!-- claims -->\n",
        "<!-- claims -->\n<!-- claims -->\n<!-- /claims -->\n",
        "between `<!-- claims -->` and `<!-- /claims -->`\n",
    ],
)
def test_a_readme_without_a_place_for_the_table_is_refused(readme: str) -> None:
    with pytest.raises(ValueError, match=r"the page has \d lines"):
        table_in(readme)
