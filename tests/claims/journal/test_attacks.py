"""Attacks on the journal: evidence of one thing must not be read as evidence of another."""

import errno
import fcntl
from fractions import Fraction
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from claims import runner
from claims.case import Case
from claims.journal import Journal, JournalError, JournalFile, version
from claims.journal.journal import _exactly, constants_of
from claims.journal.merging import survey
from claims.journal.session import Keeper
from claims.results import Results
from claims.runner import Trial
from claims.search import Looked
from tests.claims.journal import alike, coins
from tests.claims.journal.coins import options, report, true, used
from tests.claims.runs import HEADER, TRUE, run_pytest


def look(path: Path, case: Case, k: int) -> Looked:
    file = JournalFile(path)
    try:
        return Trial(case, options(Journal(file))).search._look({"k": k})
    finally:
        file.close()


def test_constants_that_look_alike_share_no_evidence(tmp_path: Path) -> None:
    mutant = Case(alike.below_a_name, alike.below_a_name.mutants[0])
    assert constants_of(mutant) is None
    assert used(tmp_path / "j", mutant)[0] == report(mutant)
    assert used(tmp_path / "j", true(alike.below_a_name))[0] == report(true(alike.below_a_name))


def test_constants_of_different_types_share_no_evidence() -> None:
    values = [True, 1, 1.0, "1", Fraction(1), (1,), [1], float("inf"), "inf", None]
    assert len({repr(_exactly(value)) for value in values}) == len(values)


def test_a_mutants_block_does_not_hide_the_premise_that_it_drops(tmp_path: Path) -> None:
    mutant = look(tmp_path / "j", Case(alike.inside, alike.inside.mutants[0]), 2)
    assert mutant.finding is not None
    assert mutant.finding.decision == "refuted"
    assert look(tmp_path / "j", true(alike.inside), 2).state == "excluded"


def test_a_drive_without_locks_is_told_in_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    file = JournalFile(tmp_path / "j")
    monkeypatch.setattr(fcntl, "flock", refuse)
    with pytest.raises(JournalError, match="cannot be written: No locks available"):
        file.add("c", b"{}\n")
    file.close()


@pytest.mark.parametrize("step", ["end", "nights"])
def test_a_journal_that_breaks_leaves_a_report(
    step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise JournalError("j: cannot be written: No space left on device")

    monkeypatch.setattr(Journal, step, full)
    found, _ = used(tmp_path / "j", true(alike.inside))
    assert (found["outcome"], found["passed"]) == ("ERROR", False)
    assert found["reason"].endswith("j: cannot be written: No space left on device")


def test_a_journal_that_breaks_while_a_refutation_is_made_plain_leaves_a_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise JournalError("j: cannot be written: No space left on device")

    for step in ("simplify", "make_plain"):
        monkeypatch.setattr(runner, step, full)
        assert used(tmp_path / step, true(coins.false_bound))[0]["outcome"] == "ERROR"


def test_a_night_with_a_lost_case_has_not_ended(tmp_path: Path) -> None:
    lost = Results()
    entry: Any = SimpleNamespace(
        selected=True, mutant=False, claim="c", label="L", paper={"key": "p"}
    )
    entry.kind, entry.expected = "deterministic", "SUPPORTED"
    lost.entries = {"c": entry}
    lost.lose("c", "its worker died")
    keeper = Keeper(tmp_path / "j", options(), 0, lost)
    keeper._end_night()
    keeper.pytest_unconfigure()
    assert survey(tmp_path / "j")[1] == []


def test_a_salt_of_any_length_is_read_again(tmp_path: Path) -> None:
    case = true(alike.inside)
    first, one = used(tmp_path / "j", case, salt=10**30)
    again, two = used(tmp_path / "j", case, salt=10**30)
    assert first == again
    assert (two.read, two.added) == (one.added, 0)


def test_a_python_that_sums_otherwise_is_another_version() -> None:
    assert "python" in dict(version.environment("cpu"))


EDITED = """

@claim("Lemma 3", for_all={"n": st.integers(1, 60)},
       mutants=[wrong(bound=2.5, because="n reaches 60")])
def lemma_3(n: int, *, bound: float = 60.5) -> Margin:
    \"\"\"n is bounded. Somebody writes another bound into the file while it is checked.\"\"\"
    from pathlib import Path
    text = Path(__file__).read_text()
    Path(__file__).write_text(text.replace("exactly(n + shift)", "exactly(-n)"))
    return at_most(exactly(n), exactly(bound))
"""


def test_a_file_that_is_edited_during_a_run_reads_nothing_of_it(tmp_path: Path) -> None:
    file = tmp_path / "toys.py"
    later = TRUE.partition('@claim("Lemma 2"')[0]
    file.write_text(HEADER + EDITED + later)
    ran = run_pytest(tmp_path, "toys.py", "--claims-journal", "j")
    assert ran.claim("toys.lemma_1")["outcome"] == "SUPPORTED"
    assert "exactly(-n)" in file.read_text()
    ran = run_pytest(tmp_path, "toys.py", "--claims-journal", "j")
    assert ran.claim("toys.lemma_1")["outcome"] == "REFUTED"


def test_a_package_of_a_helper_belongs_to_the_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "helpers_of_q"
    package.mkdir()
    (package / "__init__.py").write_text("RATE = 1\n")
    (package / "coin.py").write_text("from helpers_of_q import RATE\n")
    file = tmp_path / "toy.py"
    file.write_text("import helpers_of_q.coin\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    import_module("helpers_of_q.coin")
    before = version._code_at.__wrapped__(file, "", 0)
    (package / "__init__.py").write_text("RATE = 2\n")
    assert version._code_at.__wrapped__(file, "", 0) != before
