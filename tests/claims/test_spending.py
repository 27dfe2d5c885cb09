"""The House: What a search may spend, and what it says when it must stop. note of 2026."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import pytest

from claims.spending import Spending
from tests.claims import toys
from tests.claims.toys import QUICK, report


def spending(**changes: Any) -> Spending:
    return Spending(**{"effort": QUICK, "share": 1.0, **changes})


def test_a_fresh_search_may_go_on() -> None:
    fresh = spending()
    assert not fresh.must_stop(shrinking=False)
    assert not fresh.must_stop(shrinking=True)
    assert (fresh.stopped, fresh.shrink_stopped) == ("", "")


def test_a_search_stops_at_its_cost_times_the_claims_share() -> None:
    for share in (1.0, 3.0):
        spent = spending(share=share)
        spent.pay(QUICK.case_cost * share - 1, shrinking=False)
        assert not spent.must_stop(shrinking=False)
        spent.pay(1, shrinking=False)
        assert spent.must_stop(shrinking=False)
        assert spent.stopped == "effort"


def test_the_runs_deadline_comes_before_all_others() -> None:
    late = spending(deadline=time.monotonic() - 1)
    assert late.must_stop(shrinking=False)
    assert late.stopped == "budget"
    assert late.must_stop(shrinking=True)
    assert late.shrink_stopped == "the run's budget"


def test_shrinking_stops_at_the_profiles_cost_or_count_and_says_which() -> None:
    dear = spending()
    dear.pay(QUICK.shrink_cost, shrinking=True)
    assert dear.must_stop(shrinking=True)
    assert dear.shrink_stopped == "cost 1e+07"
    often = spending(effort=replace(QUICK, shrink_looks=3))
    for _ in range(3):
        assert not often.must_stop(shrinking=True)
        often.look()
    assert often.must_stop(shrinking=True)
    assert often.shrink_stopped == "3 instances"


def test_seconds_replace_the_profiles_caps_of_shrinking() -> None:
    generous = spending(shrink_seconds=1e6)
    generous.begin_shrinking()
    generous.pay(10 * QUICK.shrink_cost, shrinking=True)
    assert not generous.must_stop(shrinking=True)
    hasty = spending(shrink_seconds=1e-9)
    hasty.begin_shrinking()
    time.sleep(1e-3)
    hasty.begin_shrinking()  # does not start the clock again
    assert hasty.must_stop(shrinking=True)
    assert hasty.shrink_stopped == "1e-09 s"


def test_a_run_says_that_shrinking_stopped_early_and_how_to_give_it_more() -> None:
    found = report(toys.false_bound, profile=replace(QUICK, shrink_looks=1))
    assert found.outcome == "REFUTED"
    assert found.shrink_stopped == "1 instances"
    assert "Shrinking stopped early (1 instances)" in found.failure_text
    assert "--claims-shrink SECONDS" in found.failure_text


def test_a_run_that_shrinks_to_the_end_does_not_say_so() -> None:
    found = report(toys.false_bound, shrink_seconds=60.0)
    assert found.instance == {"k": 21}
    assert found.shrink_stopped == ""
    assert "stopped early" not in found.failure_text


@pytest.mark.parametrize("seconds", [1e-9, 1e-3])
def test_a_refutation_stands_however_short_the_time_to_shrink(seconds: float) -> None:
    found = report(toys.false_bound, shrink_seconds=seconds)
    assert (found.outcome, found.passed) == ("REFUTED", False)
