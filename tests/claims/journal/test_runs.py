"""Runs with a journal: what is known is read, and nothing about a verdict changes."""

import shutil
from pathlib import Path

import pytest

from claims.case import Case
from claims.claim import Claim
from claims.journal import Journal, JournalError, JournalFile
from claims.journal import version as versions
from claims.machine import REPOSITORY
from claims.store import Store
from tests.claims import toys
from tests.claims.journal import coins
from tests.claims.journal.coins import ALL, report, true, used

TOYS = [
    Case(one, mutant)
    for one in (toys.positive_gaps, toys.small_numbers, toys.false_coin, toys.all_small)
    for mutant in (None, *one.mutants)
]


def code(file: Path) -> str:
    return versions._code_at.__wrapped__(file, "", 0)


def not_again(self: Claim, **instance: object) -> None:
    raise AssertionError(f"{self} was evaluated again at {instance}")


@pytest.mark.parametrize("case", [*ALL, *TOYS], ids=lambda case: case.id)
def test_a_journal_changes_no_field_of_a_report(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = report(case)
    first, one = used(tmp_path / "j", case)
    size = (tmp_path / "j").stat().st_size
    monkeypatch.setattr(Claim, "statement", not_again)
    second, two = used(tmp_path / "j", case)
    assert plain == first
    assert first == second
    assert (two.read, two.added) == (one.read + one.added, 0)
    assert (tmp_path / "j").stat().st_size == size
    assert one.added > 0


@pytest.mark.parametrize("part", [0.1, 0.35, 0.8, 0.999])
@pytest.mark.parametrize("case", [true(coins.odd_coin), true(coins.mean), true(toys.false_coin)])
def test_a_run_that_was_killed_goes_on(case: Case, part: float, tmp_path: Path) -> None:
    whole, one = used(tmp_path / "whole", case)
    torn = (tmp_path / "whole").read_bytes()
    (tmp_path / "torn").write_bytes(torn[: int(part * len(torn))])
    again, two = used(tmp_path / "torn", case)
    assert again == whole
    assert two.read + two.added == one.read + one.added
    assert part > 0.9 or two.added > 0
    third, three = used(tmp_path / "torn", case)
    assert third == whole
    assert three.added == 0


def test_the_truth_beside_a_mutant_is_the_claims_own_evidence(tmp_path: Path) -> None:
    mutant = Case(toys.at_most_itself, toys.at_most_itself.mutants[0])
    with toys.counted(toys.at_most_itself) as calls:
        used(tmp_path / "j", true(toys.at_most_itself))
        judged = len(calls)
        used(tmp_path / "j", mutant)
    assert [call["factor"] for call in calls[judged:]] == [0.5]  # the truth was not asked again


def test_another_salt_reads_nothing_and_is_counted(tmp_path: Path) -> None:
    case = true(coins.odd_coin)
    first, one = used(tmp_path / "j", case)
    other, two = used(tmp_path / "j", case, salt=3)
    assert other != first
    assert (two.read, two.salts, two.older) == (0, one.added, 0)
    assert used(tmp_path / "j", case, salt=3)[1].added == 0
    assert used(tmp_path / "j", case)[0] == first


def test_an_edited_claim_reads_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    case = true(coins.odd_coin)
    first, one = used(tmp_path / "j", case)
    monkeypatch.setattr(versions, "read_code", lambda _: "0" * 32)  # as another process loads it
    again, two = used(tmp_path / "j", case)
    assert again == first
    assert (two.read, two.added, two.older) == (0, one.added, one.added)


def test_the_version_is_of_the_file_what_it_imports_and_the_rooms(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tmp_path / "du2019.py"
    shutil.copy(REPOSITORY / "theorems" / "du2019.py", copy)
    before = code(copy)
    copy.write_text(copy.read_text() + "\n# edited\n")
    assert code(copy) != before
    here = Path(coins.__file__)
    files = versions._imported(here, "tests.claims.journal")
    assert {path.name for path in files} >= {"coins.py", "toys.py"}
    assert not {path.parent.name for path in files} & {"verdicts", "claims/", "numpy"}
    monkeypatch.setattr(versions, "rooms_code", lambda _: "another")
    assert code(copy) != before


def test_a_night_goes_on_with_new_instances_and_further_blocks(tmp_path: Path) -> None:
    case = true(coins.open_coin)
    nights = [used(tmp_path / "j", case, night=night) for night in range(3)]
    reports, uses = [found for found, _ in nights], [use for _, use in nights]
    examples = [found["examples"] for found in reports]
    assert examples[0] < examples[1] < examples[2]
    assert all(use.added > 0 for use in uses)
    assert uses[1].read > 0
    # At first an undecided instance has 8 blocks; each night that follows gives it 8 more.
    assert reports[0]["seeds"] < reports[1]["seeds"] < reports[2]["seeds"]
    read, use = used(tmp_path / "j", case)
    assert (read, use.added) == (reports[2], 0)
    assert used(tmp_path / "j", case, night=2) == (reports[2], use)


def test_a_night_that_was_killed_goes_on(tmp_path: Path) -> None:
    case = true(coins.open_coin)
    used(tmp_path / "j", case, night=0)
    before = (tmp_path / "j").stat().st_size
    whole, _ = used(tmp_path / "j", case, night=1)
    data = (tmp_path / "j").read_bytes()
    (tmp_path / "torn").write_bytes(data[: (before + len(data)) // 2])
    again, two = used(tmp_path / "torn", case, night=1)
    assert again == whole
    assert two.added > 0


def test_nights_of_two_machines_are_counted_together(tmp_path: Path) -> None:
    case = true(coins.odd_coin)
    used(tmp_path / "a", case, night=0)
    used(tmp_path / "b", case, night=1)
    both = (tmp_path / "a").read_bytes() + (tmp_path / "b").read_bytes().partition(b"\n")[2]
    (tmp_path / "c").write_bytes(both)
    pooled, use = used(tmp_path / "c", case)
    assert use.added == 0
    assert pooled["examples"] == used(tmp_path / "a", case, night=1)[0]["examples"]


def test_a_confirm_stream_is_opened_once_a_key(tmp_path: Path) -> None:
    case = true(toys.false_coin)
    first, _ = used(tmp_path / "j", case)
    lines = (tmp_path / "j").read_bytes().splitlines()
    confirmed = [line for line in lines if b'"role":"confirm"' in line]
    opened = {line.partition(b'"instance":"')[2][:32] for line in confirmed}
    assert len(opened) == first["confirm_opened"] > 0
    assert used(tmp_path / "j", case)[0]["confirm_opened"] == first["confirm_opened"]


def test_beside_a_journal_nothing_else_is_remembered(tmp_path: Path) -> None:
    case = true(coins.false_bound)
    store = Store(tmp_path / "kept")
    first, _ = used(tmp_path / "j", case, database=tmp_path / "db", store=store)
    assert first["outcome"] == "REFUTED"
    again, use = used(tmp_path / "j", case, database=tmp_path / "db", store=store)
    assert again == first
    assert use.added == 0


def test_a_search_that_the_budget_cut_off_is_not_finished(tmp_path: Path) -> None:
    case = true(coins.odd_coin)
    cut, _ = used(tmp_path / "j", case, deadline=0.0)
    assert cut["unfinished"]
    assert b'"kind":"search"' not in (tmp_path / "j").read_bytes()
    used(tmp_path / "j", case)
    assert b'"kind":"search"' in (tmp_path / "j").read_bytes()


def test_a_journal_that_contradicts_itself_is_an_error_and_no_refutation(tmp_path: Path) -> None:
    case = true(coins.odd_coin)
    used(tmp_path / "j", case)
    lines = (tmp_path / "j").read_bytes().splitlines(keepends=True)
    block = next(line for line in lines if b'"kind":"block"' in line)
    (tmp_path / "j").write_bytes(b"".join(lines) + block.replace(b'"failures":', b'"failures":1'))
    file = JournalFile(tmp_path / "j")
    with pytest.raises(JournalError, match="a line that no run wrote"):
        Journal(file).open(case.claim)
    file.close()
    assert used(tmp_path / "j", case)[0]["outcome"] == "ERROR"
