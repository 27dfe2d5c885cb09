"""The House: Running a claim within its limits of time, cost and shrinking. note of 2026."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import pytest

from claims import claim, wrong
from claims.claim import Claim
from tests.claims import toys
from tests.claims.toys import QUICK, Points, numbers, report
from verdicts import Margin, WithProbability, at_most, exactly


def claimed(function: Any, **fields: Any) -> Claim:
    """A claim made inside a test, so that pytest does not collect it."""
    mutants = [wrong(factor=0.5, because="it fails")]
    return claim("Lemma", **{"for_all": {"k": numbers}, "mutants": mutants, **fields})(function)


@pytest.mark.parametrize("stop", [KeyboardInterrupt, pytest.exit.Exception])
def test_an_interruption_is_not_kept(stop: type[BaseException]) -> None:
    def body(k: int, *, factor: float = 1.0) -> Margin:
        """k is small."""
        raise stop(f"stop at {k} {factor}")

    with pytest.raises(stop):
        report(claimed(body))


def test_the_wall_clock_budget_stops_a_claim_cleanly() -> None:
    for item, mutant in ((toys.at_most_itself, None), (toys.at_most_itself, 1)):
        with toys.counted(item) as calls:
            found = report(item, mutant, deadline=time.monotonic() - 1)
        assert calls == []
        assert (found.outcome, found.passed, found.unfinished) == ("UNDECIDED", False, True)
        assert found.reason.startswith("budget")


def test_the_cost_of_a_case_is_capped() -> None:
    def dear(k: int, *, factor: float = 1.0) -> Margin:
        """k is small."""
        return at_most(exactly(k), factor * exactly(99.5))

    capped = claimed(dear, cost=lambda: 9e5)
    tight = replace(QUICK, block_cost=1e6, case_cost=3e6)
    found = report(capped, profile=tight)
    assert (found.outcome, found.examples) == ("UNDECIDED", 4)
    assert "cost cap" in found.reason
    assert not found.unfinished
    assert report(claimed(dear, cost=lambda: 9e5, share=4.0), profile=tight).outcome == "SUPPORTED"


def test_an_instance_above_the_cap_is_not_drawn() -> None:
    def uneven(k: int, *, factor: float = 1.0) -> Margin:
        """k is small."""
        return at_most(exactly(k), factor * exactly(99.5))

    item = claimed(uneven, cost=lambda k, factor: 5e6 * factor if k > 50 else 1.0)
    with toys.counted(item) as calls:
        found = report(item)
    assert all(call["k"] <= 50 for call in calls)
    assert found.outcome == "SUPPORTED"
    assert found.costly > 0
    assert found.discarded == 0
    nearly = claimed(uneven, cost=lambda k: 1.0 if k < 4 else 5e6)
    found = report(nearly)
    assert found.outcome == "UNDECIDED"
    assert "too costly" in found.reason


def test_floats_per_seed_are_the_cost_of_a_probability() -> None:
    def wide(k: int, *, factor: float = 0.05) -> WithProbability:
        """A coin."""
        return replace(toys.coin(factor, 0.5), floats_per_seed=2_000_000 // 64 * k)

    found = report(claimed(wide))
    assert found.costly > 0
    assert found.outcome == "UNDECIDED"
    assert found.worst_instance in ({"k": 1}, {"k": 2})


def test_shrinking_is_bounded_by_a_count() -> None:
    def sums(x: Points, *, factor: float = 1.0) -> Margin:
        """No sum exceeds 40."""
        return at_most(factor * exactly(sum(x.rows)), exactly(40.5))

    item = claimed(sums, for_all={"x": toys.points})
    with toys.counted(item) as calls:
        found = report(item, profile=replace(QUICK, shrink_looks=3))
    assert found.outcome == "REFUTED"
    assert len(calls) <= QUICK.examples + 3


def test_a_mutant_does_not_die_where_the_truth_is_too_dear_to_judge() -> None:
    def body(k: int, *, width: float = 1e9) -> Margin:
        """k is small."""
        return at_most(exactly(k), exactly(width))

    mutant = wrong(width=0.5, because="no number is that small")
    found = report(claimed(body, mutants=[mutant], cost=lambda width: width), 0)
    assert (found.outcome, found.killed) == ("REFUTED", False)
    assert "the true statement cannot be judged there: too costly" in found.failure_text
