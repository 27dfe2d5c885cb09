import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from claims.case_report import CaseReport
from claims.catalogue import Unchecked, dump, load, select
from claims.judgement import MOST_MARGINS, spread
from claims.report import report_json, write_atomically
from tests.claims.reports import MANIFEST, entry, report, results


def test_the_report_has_the_fields_of_the_design_and_no_others() -> None:
    lemma, mutant = entry("lemma_1"), entry("lemma_1", "factor=3", setting={"factor": 3.0})
    data = report_json(
        results((lemma, report(lemma)), (mutant, report(mutant, "REFUTED"))), MANIFEST
    )
    assert list(data) == ["schema", "manifest", "error_budget", "claims", "not_executable"]
    manifest = "versions device threads profile salt seconds workers"
    assert " ".join(data["manifest"]) == manifest
    words = (
        "id paper label kind outcome expected reason certified examples discarded premises seeds "
        "failures worst_margin instance constants seconds mutants depends_on statement tex where "
        "because text bound regime topics own_width sizes cost quantile_margin margins "
        "counterexample paste"
    )
    assert list(data["claims"][0]) == words.split()
    assert list(data["claims"][0]["mutants"][0]) == [
        *("setting", "because", "erratum", "killed", "margin", "instance"),
        *("name", "where", "outcome", "reason", "counterexample", "paste"),
    ]


def test_a_report_tells_what_the_claim_and_its_case_hold() -> None:
    lemma = entry("lemma_1", tex="n < n + 1", bound="tight", regime="beyond", topics=("counting",))
    told = report(
        lemma,
        margins=(float("-inf"), 0.25, 2.0),
        quantile_margin=0.5,
        sizes={"n": 8},
        cost=64.0,
        paste="{'n': 8}",
    )
    (claim,) = report_json(results((lemma, told)), MANIFEST)["claims"]
    told_of = {name: claim[name] for name in ("tex", "bound", "regime", "topics", "text", "paste")}
    assert told_of == {
        "tex": "n < n + 1",
        "bound": "tight",
        "regime": "beyond",
        "topics": ["counting"],
        "text": "read",
        "paste": "{'n': 8}",
    }
    assert (claim["margins"], claim["quantile_margin"]) == (["-inf", 0.25, 2.0], 0.5)
    assert (claim["sizes"], claim["cost"], claim["statement"]) == ({"n": 8}, 64.0, lemma.statement)


@pytest.mark.parametrize(
    ("kept", "shown"),
    [
        ("", ""),
        ("root/counterexamples/toys.lemma_1/0a.json", "counterexamples/toys.lemma_1/0a.json"),
        ("elsewhere/0a.json", "{here}/elsewhere/0a.json"),
    ],
)
def test_a_counterexample_is_named_from_the_root_of_the_run(
    kept: str, shown: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    lemma = entry("lemma_1")
    found = results((lemma, report(lemma, "REFUTED", kept=kept)))
    (claim,) = report_json(found, MANIFEST, tmp_path / "root")["claims"]
    assert claim["counterexample"] == shown.format(here=tmp_path)


@pytest.mark.parametrize("count", [0, 1, MOST_MARGINS, MOST_MARGINS + 1, 1234])
def test_margins_are_sorted_and_of_many_the_ends_are_kept(count: int) -> None:
    found = spread(float(count - k) for k in range(count))
    assert list(found) == sorted(set(found))
    assert len(found) == min(count, MOST_MARGINS)
    assert found[:1] + found[-1:] == ((1.0, float(count)) if count else ())
    if count > MOST_MARGINS:
        steps = [after - before for before, after in pairwise(found)]
        assert max(steps) - min(steps) <= 1  # evenly spaced ranks


def test_statements_that_none_can_check_are_listed() -> None:
    lemma, found = entry("lemma_1"), results()
    found.expect([lemma], [Unchecked("toys.taste", "toys", "Remark 2", "a taste", "p. 3")])
    assert report_json(found, MANIFEST)["not_executable"] == [
        {
            "id": "toys.taste",
            "paper": "toys",
            "label": "Remark 2",
            "reason": "a taste",
            "where": "p. 3",
        }
    ]


def test_claims_stand_in_file_order_whatever_order_they_arrive_in() -> None:
    entries = [entry(name) for name in ("lemma_2", "lemma_1", "lemma_3")]
    found = results(*((e, report(e)) for e in entries))
    assert list(found.reports) != [e.case for e in entries]
    ids = [claim["id"] for claim in report_json(found, MANIFEST)["claims"]]
    assert ids == ["toys.lemma_2", "toys.lemma_1", "toys.lemma_3"]


def test_the_error_budget_adds_up() -> None:
    lemma, other = entry("lemma_1"), entry("lemma_2")
    found = results(
        (lemma, report(lemma, confirm_opened=2, supported_instances=5)),
        (other, report(other, confirm_opened=1)),
    )
    assert report_json(found, MANIFEST)["error_budget"] == {
        "confirm_streams": 3,
        "supported_instances": 5,
        "total": pytest.approx(3e-9 + 5e-6, rel=1e-12),
    }


@pytest.mark.parametrize(
    ("changes", "killed"),
    [
        ({"outcome": "REFUTED"}, True),
        ({"outcome": "SUPPORTED"}, False),
        ({"outcome": "ERROR"}, None),
        ({"outcome": "UNDECIDED"}, False),
        ({"outcome": "UNDECIDED", "unfinished": True}, None),
        (None, None),
    ],
)
def test_a_mutant_without_a_decision_has_neither_died_nor_survived(
    changes: dict[str, Any] | None, killed: bool | None
) -> None:
    lemma, mutant = entry("lemma_1"), entry("lemma_1", "factor=3")
    told = None if changes is None else report(mutant, **changes)
    data = report_json(results((lemma, report(lemma)), (mutant, told)), MANIFEST)
    assert data["claims"][0]["mutants"][0]["killed"] is killed


def test_the_instance_is_the_refuting_one_or_else_the_worst() -> None:
    lemma, other = entry("lemma_1"), entry("lemma_2")
    found = results(
        (lemma, report(lemma, "REFUTED", instance={"n": 6}, worst_instance={"n": 60})),
        (other, report(other, worst_instance={"n": 60}, worst_margin=float("inf"))),
    )
    claims = report_json(found, MANIFEST)["claims"]
    assert [claim["instance"] for claim in claims] == [{"n": 6}, {"n": 60}]
    assert claims[1]["worst_margin"] == "inf"


def test_more_than_a_quarter_of_a_paper_undecided_is_a_shortfall() -> None:
    entries = [entry(f"lemma_{k}") for k in range(8)]
    outcomes = ["UNDECIDED", "UNDECIDED", *["SUPPORTED"] * 6]
    quarter = results(*((e, report(e, o)) for e, o in zip(entries, outcomes, strict=True)))
    assert quarter.shortfalls(allow_unfinished=False) == []
    outcomes[2] = "UNDECIDED"
    more = results(*((e, report(e, o)) for e, o in zip(entries, outcomes, strict=True)))
    assert "toys: 3 of 8 claims are UNDECIDED" in more.shortfalls(allow_unfinished=True)[0]


def test_claims_that_were_not_selected_count_for_their_paper() -> None:
    chosen, others = entry("lemma_1"), [entry(f"lemma_{k}", selected=False) for k in (2, 3, 4)]
    found = results((chosen, report(chosen, "UNDECIDED")), *((e, None) for e in others))
    assert found.shortfalls(allow_unfinished=False) == []
    assert [row.claim.entry.claim for row in found.rows()] == ["toys.lemma_1"]


def test_what_the_budget_cut_off_is_a_shortfall_unless_allowed() -> None:
    lemma = entry("lemma_1")
    found = results((lemma, report(lemma, "UNDECIDED", unfinished=True)))
    assert "the budget cut 1 claims" in found.shortfalls(allow_unfinished=False)[0]
    assert found.shortfalls(allow_unfinished=True) == []


def test_a_lost_case_is_an_error() -> None:
    lemma = entry("lemma_1")
    found = results((lemma, None))
    found.lose(lemma.case, "worker 'gw0' crashed")
    assert found.reports[lemma.case].outcome == "ERROR"
    assert not found.rows()[0].claim.passed


def test_the_catalogue_survives_a_trip_through_a_file(tmp_path: Path) -> None:
    lemma = entry("lemma_1", depends_on=("toys.lemma_0",), constants={"factor": 0.75})
    mutant = entry("lemma_1", "factor=3", setting={"factor": 3.0}, selected=False)
    unchecked = [Unchecked("toys.taste", "toys", "Remark 2", "a taste", "p. 3")]
    dump([lemma, mutant], unchecked, tmp_path / "c.json")
    assert load(tmp_path / "c.json") == ([lemma, mutant], unchecked)
    assert [e.selected for e in select([lemma, mutant], [mutant.case], {})] == [False, True]
    assert mutant.name == "lemma_1[factor=3]"


def test_writing_is_all_or_nothing(tmp_path: Path) -> None:
    file = tmp_path / "r.json"
    write_atomically(file, {"schema": 1})
    with pytest.raises(ValueError, match="Out of range float"):
        write_atomically(file, {"margin": float("nan")})
    assert json.loads(file.read_text()) == {"schema": 1}
    assert [p.name for p in tmp_path.iterdir()] == ["r.json"]


def test_a_failure_while_writing_leaves_the_old_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "r.json"
    write_atomically(file, {"schema": 1})

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_atomically(file, {"schema": 2})
    assert json.loads(file.read_text()) == {"schema": 1}
    assert [p.name for p in tmp_path.iterdir()] == ["r.json"]


def test_reports_replaced_keep_their_type() -> None:
    lemma = entry("lemma_1")
    told = replace(report(lemma), worst_margin=float("-inf"), margins=(float("-inf"), 0.5))
    assert CaseReport.from_json(json.loads(json.dumps(told.to_json()))) == told
