"""The House: Running a claim, supported, refuted and shrunk, vacuous, broken. note of 2026."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import is_hypothesis_test
from hypothesis import strategies as st
from hypothesis.statistics import collector

from claims import CaseReport, Trial, claim, wrong
from claims.case import Case
from claims.claim import Claim
from claims.ledger import assume_premise
from claims.runner import folder_name, search_seed
from tests.claims import toys
from tests.claims.toys import Points, numbers, options, report
from verdicts import Margin, at_least, at_most, exactly

fine = wrong(factor=0.5, because="it fails")


def claimed(function: Any, **fields: Any) -> Claim:
    """A claim made inside a test, so that pytest does not collect it."""
    return claim("Lemma", **{"for_all": {"k": numbers}, "mutants": [fine], **fields})(function)


def test_a_true_inequality_is_supported() -> None:
    found = report(toys.at_most_itself)
    assert (found.outcome, found.passed, found.expected) == ("SUPPORTED", True, "SUPPORTED")
    assert found.examples == 20
    assert found.worst_margin == pytest.approx(1)
    assert found.failure_text == ""
    assert found.killed is None


def test_a_coin_on_the_edge_is_never_refuted_and_a_fair_distance_from_it_supported() -> None:
    edges = [report(toys.fair_coin, salt=salt) for salt in range(20)]
    assert "REFUTED" not in {found.outcome for found in edges}
    assert all(found.passed for found in edges)
    easy = [report(toys.easy_coin, salt=salt) for salt in range(20)]
    assert {found.outcome for found in easy} == {"SUPPORTED"}
    assert all(found.supported_instances == found.examples for found in easy)


def test_a_false_coin_is_refuted_and_shrinks_to_the_smallest() -> None:
    for salt in range(10):
        found = report(toys.false_coin, salt=salt)
        assert (found.outcome, found.passed) == ("REFUTED", False)
        assert found.instance == {"k": 13}
        assert found.confirm_opened >= 1
        assert found.certified == "not certified: no exact model"


def test_a_false_inequality_shrinks_while_the_worst_margin_is_kept() -> None:
    found = report(toys.false_bound)
    assert found.instance == {"k": 21}
    assert found.worst_instance is not None
    assert found.worst_instance != found.instance
    assert found.worst_margin == pytest.approx(20.5 - int(str(found.worst_instance["k"])))


def test_a_refutation_is_told_in_the_papers_words_with_code_to_paste() -> None:
    text = report(toys.false_bound, salt=3, seeds=20).failure_text
    assert text.startswith("toys.false_bound (Lemma 7) is refuted.\n")
    assert "unpublished note of 2026" in text
    assert "\n  Every number is at most 20.5" in text
    assert "\n  k = 21\n" in text
    assert "Worst margin: -" in text
    assert "not certified: no exact model" in text
    assert "toys.py::false_bound --claims-salt 3 --claims-seeds 20" in text
    line = next(line for line in text.splitlines() if line.startswith("  examples="))
    assert eval(line.removeprefix("  examples=")) == [{"k": 21}]  # noqa: S307


def test_values_with_recipes_are_pasted_as_code() -> None:
    def all_small(x: Points, *, factor: float = 1.0) -> Margin:
        """No point is above 30."""
        return at_most(factor * exactly(max(x.rows)), exactly(30.5))

    found = report(claimed(all_small, for_all={"x": toys.points}))
    assert found.instance == {"x": {"rows": [31]}}
    assert eval(found.paste) == {"x": Points((31,))}  # noqa: S307
    assert found.sizes == {"n": found.sizes["n"]}


def test_the_same_run_twice_gives_the_same_report() -> None:
    for item in (toys.fair_coin, toys.false_coin, toys.small_numbers):
        first, second = (replace(report(item, salt=5), seconds=0.0) for _ in range(2))
        assert first == second


def test_another_salt_or_hypothesis_seed_draws_other_instances() -> None:
    def drawn(**changes: Any) -> list[dict[str, Any]]:
        with toys.counted(toys.at_most_itself) as calls:
            report(toys.at_most_itself, **changes)
        return calls

    plain = drawn()
    assert plain == drawn()
    assert plain != drawn(salt=1)
    assert plain != drawn(hypothesis_seed=1)


def test_a_mutant_searches_elsewhere_but_on_the_same_streams() -> None:
    itself, mutant = (Case(toys.fair_coin), Case(toys.fair_coin, toys.fair_coin.mutants[0]))
    assert search_seed(itself, options()) != search_seed(mutant, options())
    assert folder_name(itself) != folder_name(mutant)
    with toys.counted(toys.fair_coin):
        streams = [Trial(case, options()).search._streams({"k": 3}) for case in (itself, mutant)]
    assert streams[0] == streams[1]


def test_examples_are_judged_first_and_once() -> None:
    with toys.counted(toys.at_most_itself) as calls:
        report(toys.at_most_itself)
    assert calls[0]["k"] == 7
    assert len(calls) == len({call["k"] for call in calls})


def test_a_refuted_example_refutes_whether_the_search_finds_it_or_not() -> None:
    def rare(k: int, *, factor: float = 1.0) -> Margin:
        """No number is 98765."""
        return at_least(exactly(abs(k - 98765)), exactly(0.5 * factor))

    wide = {"k": st.integers(0, 10**9)}
    found = report(claimed(rare, for_all=wide, examples=[{"k": 98765}]))
    assert (found.outcome, found.instance) == ("REFUTED", {"k": 98765})
    assert not found.found_by_search
    assert "An explicit instance, given with the claim" in found.failure_text


def test_a_finite_domain_seen_whole_needs_no_ten_instances() -> None:
    def binary(k: int, *, factor: float = 1.0) -> Margin:
        """Bits are at most 1."""
        return at_most(exactly(k), factor * exactly(1.5))

    found = report(claimed(binary, for_all={"k": st.integers(0, 1)}))
    assert (found.outcome, found.examples) == ("SUPPORTED", 2)


def test_a_statement_without_for_all_is_one_instance() -> None:
    def constant(*, factor: float = 1.0) -> Margin:
        """Two is more than one."""
        return at_most(exactly(1), factor * exactly(2))

    found = report(claimed(constant, for_all={}))
    assert (found.outcome, found.examples) == ("SUPPORTED", 1)


def test_premises_are_counted_and_hardly_met_ones_are_vacuous() -> None:
    def rarely(k: int, *, factor: float = 1.0) -> Margin:
        """If k is 50 then k <= 50."""
        assume_premise("k is 50", at_least(exactly(0.5), exactly(abs(k - 50))))
        return at_most(exactly(k), factor * exactly(50.5))

    found = report(claimed(rarely))
    assert (found.outcome, found.passed) == ("VACUOUS", False)
    assert found.discarded > 50
    assert found.premises["k is 50"]["failed"] == found.discarded
    assert "VACUOUS" in found.failure_text
    assert "premise 'k is 50'" in found.failure_text


def test_a_premise_never_met_is_vacuous() -> None:
    def never(k: int, *, factor: float = 1.0) -> Margin:
        """If k < 0 then k is small."""
        assume_premise("negative", at_most(exactly(k), exactly(-0.5)))
        return at_most(exactly(k), factor * exactly(0.5))

    found = report(claimed(never))
    assert found.outcome == "VACUOUS"
    assert "1 is needed" in found.reason  # 99 numbers, all of them seen


def test_a_strategy_that_finds_nothing_is_vacuous() -> None:
    def body(k: int, *, factor: float = 1.0) -> Margin:
        """k is small."""
        return at_most(exactly(k), factor * exactly(99.5))

    nothing = numbers.filter(lambda k: k > 100)
    assert report(claimed(body, for_all={"k": nothing})).outcome == "VACUOUS"


def test_a_claim_on_the_edge_must_get_near_it() -> None:
    def far(k: int, *, factor: float = 1.0) -> Margin:
        """If k < 1000 then k < 1000."""
        assume_premise("small", at_most(exactly(k), exactly(1000), scale=1000))
        return at_most(exactly(k), factor * exactly(1000.5))

    assert report(claimed(far)).outcome == "SUPPORTED"
    found = report(claimed(far, edge=True))
    assert found.outcome == "VACUOUS"
    assert "edge" in found.reason


def test_a_crash_is_an_error_with_the_smallest_instance_and_a_traceback() -> None:
    def breaks(k: int, *, factor: float = 1.0) -> Margin:
        """k is small, until the code breaks."""
        if k > 40:
            raise FloatingPointError(f"broken at {k}")
        return at_most(exactly(k), factor * exactly(99.5))

    found = report(claimed(breaks))
    assert (found.outcome, found.passed, found.instance) == ("ERROR", False, None)
    assert "FloatingPointError: broken at 41" in found.failure_text
    assert "k = 41" in found.failure_text
    assert "claims/search.py" not in found.failure_text
    assert str(Path.cwd()) not in found.failure_text


def test_a_strategy_that_breaks_is_an_error() -> None:
    def body(k: int, *, factor: float = 1.0) -> Margin:
        """k is small."""
        return at_most(exactly(k), factor * exactly(99.5))

    broken = numbers.map(lambda k: k // 0)
    found = report(claimed(body, for_all={"k": broken}))
    assert found.outcome == "ERROR"
    assert "ZeroDivisionError" in found.failure_text


def test_a_strategy_that_is_not_repeatable_is_an_error() -> None:
    def body(k: int, *, factor: float = 1.0) -> Margin:
        """Every number is small, but the strategy gives 200 once and never again."""
        return at_most(exactly(k), factor * exactly(99.5))

    once = iter([2, 200, *[3] * 10_000])
    found = report(claimed(body, for_all={"k": numbers.map(lambda _: next(once))}))
    assert found.outcome == "ERROR"
    assert "must not happen" in found.failure_text


def test_a_trial_may_be_run_again() -> None:
    trial = Trial(Case(toys.false_bound), options())
    first, second = (replace(trial.run(), seconds=0.0) for _ in range(2))
    assert first == second


def test_an_example_that_does_not_decode_is_an_error() -> None:
    def body(k: int, *, factor: float = 1.0) -> Margin:
        """k is small."""
        return at_most(exactly(k), factor * exactly(99.5))

    found = report(claimed(body, examples=[{"k": "three"}]))
    assert found.outcome == "ERROR"
    assert "recipe='three' is not of type int" in found.failure_text


def test_the_database_brings_a_refutation_back(tmp_path: Path) -> None:
    assert report(toys.false_bound, database=tmp_path).instance == {"k": 21}
    with toys.counted(toys.false_bound) as calls:
        report(toys.false_bound, database=tmp_path, salt=9)
    assert calls[0]["k"] == 21
    assert [path.name for path in tmp_path.iterdir()] == [folder_name(Case(toys.false_bound))]


def test_the_trial_is_a_hypothesis_test_whose_statistics_are_seen() -> None:
    trial = Trial(Case(toys.at_most_itself), options())
    assert is_hypothesis_test(trial.test)
    seen: list[Any] = []
    held: Any = collector
    with held.with_value(seen.append):
        trial.run()
    assert len(seen[0]["generate-phase"]["test-cases"]) >= 10


def test_a_report_survives_json() -> None:
    for item in (toys.fair_coin, toys.false_bound, toys.small_numbers, toys.all_small):
        found = report(item)
        assert CaseReport.from_json(json.loads(json.dumps(found.to_json()))) == found
    endless = replace(report(toys.false_bound), worst_margin=float("-inf"))
    text = json.dumps(endless.to_json(), allow_nan=False)
    assert CaseReport.from_json(json.loads(text)) == endless
    with pytest.raises(ValueError, match=r"fields \['odd'\] are missing or unknown"):
        CaseReport.from_json({**endless.to_json(), "odd": 1})
