import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.soundness import arguments, in_pieces, log, pieces, read, row, write


def mutant(setting: dict[str, Any], *, killed: bool | None = True) -> dict[str, Any]:
    return {"setting": setting, "because": "of it", "erratum": False, "killed": killed}


def claim(
    name: str, outcome: str, *mutants: dict[str, Any], expected: str = "SUPPORTED"
) -> dict[str, Any]:
    return {"id": name, "outcome": outcome, "expected": expected, "mutants": list(mutants)}


def report(*claims: dict[str, Any]) -> dict[str, Any]:
    return {
        "schema": 1,
        "manifest": {"seconds": 61.6, "salt": 7},
        "error_budget": {"confirm_streams": 3, "supported_instances": 2, "total": 2.003e-6},
        "claims": list(claims),
    }


def good() -> dict[str, Any]:
    return report(
        claim("p.lemma_1", "SUPPORTED", mutant({"factor": 1.0}), mutant({"width": 0.3})),
        claim("p.lemma_2", "SUPPORTED", mutant({"c": 2})),
        claim("p.lemma_3", "REFUTED", expected="REFUTED"),
    )


def test_a_run_in_which_all_is_well_has_no_alarm_and_no_miss() -> None:
    run = read(7, good())
    assert run.salt == 7
    assert run.seconds == 61.6
    assert run.error_budget == 2.003e-6
    assert run.outcomes == {"SUPPORTED": 2, "REFUTED": 1}
    assert run.alarms == run.misses == run.undecided == ()
    assert run.mutants == 3


@pytest.mark.parametrize("outcome", ["REFUTED", "ERROR", "VACUOUS"])
def test_a_true_claim_that_fails_is_an_alarm(outcome: str) -> None:
    run = read(1, report(claim("p.lemma_1", outcome), claim("p.lemma_2", "SUPPORTED")))
    assert run.alarms == ("p.lemma_1",)
    assert run.misses == ()


def test_an_undecided_claim_is_no_alarm() -> None:
    run = read(1, report(claim("p.lemma_1", "UNDECIDED")))
    assert run.undecided == ("p.lemma_1",)
    assert run.alarms == run.misses == ()


def test_a_mutant_that_lives_is_a_miss() -> None:
    living = mutant({"factor": 1.0}, killed=False)
    run = read(1, report(claim("p.lemma_1", "SUPPORTED", mutant({"c": 2}), living)))
    assert len(run.misses) == 1
    assert run.misses[0].startswith("p.lemma_1[")
    assert "factor" in run.misses[0]
    assert run.mutants == 2


@pytest.mark.parametrize("outcome", ["SUPPORTED", "UNDECIDED", "VACUOUS", "ERROR"])
def test_a_refuted_statement_that_lives_is_a_miss_and_no_alarm(outcome: str) -> None:
    run = read(1, report(claim("p.lemma_3", outcome, expected="REFUTED")))
    assert run.misses == ("p.lemma_3",)
    assert run.alarms == ()


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def test_a_row_tells_what_was_counted() -> None:
    assert cells(row(read(7, good()))) == [
        *("7", "2", "1", "0", "none", "3 of 3", "none", "2.0e-06", "62"),
    ]


def test_a_refuted_statement_that_lives_takes_nothing_from_the_mutants() -> None:
    lives = claim("p.lemma_3", "SUPPORTED", expected="REFUTED")
    run = read(1, report(claim("p.lemma_1", "SUPPORTED", mutant({"c": 2})), lives))
    assert cells(row(run))[5:7] == ["1 of 1", "p.lemma_3"]


def bad() -> dict[str, Any]:
    return report(
        claim("p.lemma_1", "REFUTED", mutant({"c": 2}, killed=False), mutant({"c": 3})),
        claim("p.lemma_2", "UNDECIDED"),
        claim("p.lemma_3", "UNDECIDED"),
    )


def test_the_log_adds_up_alarms_and_misses() -> None:
    page = log([read(1, good()), read(2, bad()), read(3, bad())])
    assert "3 runs: 2 false alarms, 2 misses." in page
    rows = [cells(line) for line in page.splitlines() if line.startswith("| ")]
    head, runs = rows[0], rows[1:]
    assert [len(each) for each in runs] == [len(head)] * 3
    assert [each[0] for each in runs] == ["1", "2", "3"]
    at = head.index
    assert [each[at("false alarms")] for each in runs] == ["none", "p.lemma_1", "p.lemma_1"]
    assert [each[at("mutants killed")] for each in runs] == ["3 of 3", "1 of 2", "1 of 2"]
    assert [each[at("UNDECIDED")] for each in runs] == ["0", "2", "2"]
    assert all("p.lemma_1[" in each[at("misses")] for each in runs[1:])


def test_the_log_says_how_often_a_claim_was_undecided() -> None:
    runs = [read(1, good()), read(2, bad()), read(3, bad())]
    undecided = "Undecided, in how many of the runs: p.lemma_2 2, p.lemma_3 2."
    assert undecided in log(runs)
    assert "Undecided, in how many of the runs: none." in log(runs[:1])


def test_pieces_are_the_papers_of_the_catalogue() -> None:
    found = pieces(["theorems", "theorems/du2019.py::lemma_3_1"])
    assert found["arora2019"][:2] == ["-m", "not paper_width"]
    assert found["arora2019"][2:] == [
        f"theorems/arora2019{part}.py" for part in ("", "learning", "wide")
    ]
    assert "theorems/du2019deep" in found["du2019"]
    assert found["theorems-du2019-py-lemma_3_1"] == ["theorems/du2019.py::lemma_3_1"]
    files = [path for what in found.values() for path in what if path.startswith("theorems/")]
    claims = [path for path in Path("theorems").glob("[a-z]*.py") if path.name != "__init__.py"]
    assert len(files) == len(set(files)) == len(claims) + 1


def test_a_run_is_joined_from_the_pieces_that_are_there(tmp_path: Path) -> None:
    for name, each in (("p", good()), ("q", bad())):
        (tmp_path / f"7-{name}.json").write_text(json.dumps(each), encoding="utf-8")
    parts = {"p": ["p.py"], "q": ["q.py"], "r": ["r.py"]}
    run = in_pieces(7, parts, tmp_path, good_report, end=0.0)
    assert run is not None
    assert run.alarms == ("p.lemma_1",)
    assert (run.mutants, run.seconds, run.error_budget) == (5, 123.2, 4.006e-6)
    assert "Salt 7 was cut short, without r." in log([run])
    assert in_pieces(8, parts, tmp_path, good_report, end=0.0) is None


def good_report(_salt: int, _what: list[str]) -> dict[str, Any]:
    return good()


def test_only_the_pieces_that_are_asked_for_are_begun(tmp_path: Path) -> None:
    parts = {"p": ["p.py"], "q": ["q.py"], "r": ["r.py"]}
    first = in_pieces(7, parts, tmp_path, good_report, only=["q"])
    assert first is not None
    assert first.missing == ("p", "r")
    assert [path.name for path in tmp_path.iterdir()] == ["7-q.json"]
    second = in_pieces(7, parts, tmp_path, good_report, only=["p"])
    assert second is not None
    assert (second.missing, second.mutants) == (("r",), 2 * first.mutants)


def test_a_piece_that_does_not_come_back_is_left_out(tmp_path: Path) -> None:
    def begin(_salt: int, what: list[str]) -> dict[str, Any]:
        if what == ["p.py"]:
            raise subprocess.TimeoutExpired("pytest", 900.0)
        return good()

    run = in_pieces(7, {"p": ["p.py"], "q": ["q.py"]}, tmp_path, begin)
    assert run is not None
    assert run.missing == ("p (ended after 900 s)",)
    assert "1 run: 0 false alarms, 0 misses." in log([run])
    assert "Salt 7 was cut short, without p (ended after 900 s)." in log([run])


def test_papers_are_chosen_in_runs_in_pieces_only(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["soundness", "--reports", "folder", "--papers", "gao2022,lee2016"]
    monkeypatch.setattr("sys.argv", given)
    assert arguments().papers == ["gao2022", "lee2016"]
    for wrong, said in (
        (given[:1] + given[3:], "give --reports FOLDER too"),
        ([*given[:4], "gao1922"], "--papers gao1922: gao1922 is none of them"),
    ):
        monkeypatch.setattr("sys.argv", wrong)
        with pytest.raises(SystemExit):
            arguments()
        assert said in capsys.readouterr().err


def test_what_was_written_by_hand_stays_on_the_page(tmp_path: Path) -> None:
    page = tmp_path / "soundness.md"
    page.write_text("# Old\n\nfigures\n\n## Earlier runs\n\nby hand\n", encoding="utf-8")
    write(page, [read(7, good())])
    assert page.read_text(encoding="utf-8").endswith("none.\n\n## Earlier runs\n\nby hand\n")
    assert "figures" not in page.read_text(encoding="utf-8")
