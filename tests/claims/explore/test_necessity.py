import json
import time
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from claims.claim import Claim
from claims.explore.necessity import (
    Attempt,
    ClaimBrokenError,
    ClaimRefutedError,
    PremiseTrial,
    premise_trials,
)
from claims.explore.necessity_told import as_json, closing, premise_lines
from tests.claims.explore import toys
from tests.claims.toys import Points, options, points


def nothing(*_: object) -> list[tuple[str, SearchStrategy[Any]]]:
    return []


def wide(*asked: object) -> list[tuple[str, SearchStrategy[Any]]]:
    assert asked[:2] == ("x", Points)
    return [("by any points", points)]


def trials(claim: Claim, breaker: Any = nothing) -> dict[str, PremiseTrial]:
    return {trial.name: trial for trial in premise_trials(claim, options(), breaker)}


def test_a_premise_of_a_strategy_is_needed_by_its_own_mutant_or_a_wider_strategy() -> None:
    own = trials(toys.gaps)
    assert {name: trial.status for name, trial in own.items()} == {
        "sorted": "NO WAY",
        "distinct": "NEEDED",
    }
    shown = own["distinct"].shown
    assert shown is not None
    assert shown.how == "by the claim's own mutant ties"
    assert shown.refuting is not None
    assert shown.refuting.recipe == {"x": {"rows": [1, 1]}}  # sorted, and one tie
    wider = trials(toys.gaps, wide)
    assert wider["sorted"].status == "NEEDED"
    found = wider["sorted"].shown
    assert found is not None
    assert found.refuting is not None
    rows: Any = found.refuting.recipe["x"]["rows"]  # type: ignore[index, call-overload]
    assert len(set(rows)) == len(rows)
    assert rows != sorted(rows)


def test_premises_of_a_body_are_dropped_one_at_a_time() -> None:
    found = trials(toys.premised)
    assert {name: trial.status for name, trial in found.items()} == {
        "k is small": "NEEDED",
        "k is large": "NOT SHOWN",
        "k is not huge": "NO WAY",
    }
    shown = found["k is small"].shown
    assert shown is not None
    assert shown.refuting is not None
    assert shown.refuting.recipe == {"k": 10}
    assert found["k is large"].attempts[0].alone == 3  # 1, 2 and 3
    words = "\n".join(line for trial in found.values() for line in premise_lines(trial))
    assert 'witness={"k": 10}' in words
    assert "NOT SHOWN  'k is large', of the body: 3 instances break it alone" in words
    assert "it may follow from the others" in words
    end = closing(toys.premised, list(found.values()))
    assert end.endswith(
        "3 named premises, 1 shown to be needed, 1 not shown to be needed, "
        "1 that nothing here breaks alone"
    )
    data = json.loads(json.dumps(as_json(toys.premised, list(found.values())), allow_nan=False))
    assert data["premises"][0]["witness"]["instance"] == {"k": 10}
    assert data["premises"][1]["witness"] is None


def test_a_claim_that_is_refuted_with_its_premises_says_nothing_of_one() -> None:
    with pytest.raises(ClaimRefutedError, match="refuted with all its premises"):
        trials(toys.often_false)


def test_a_claim_without_premises_has_nothing_to_drop() -> None:
    assert trials(toys.bare) == {}


def test_constants_that_a_mutant_sets_as_well_must_stand_with_the_premise() -> None:
    found = trials(toys.wider_gaps)
    assert found["distinct"].status == "NEEDED"
    # Found with least = 2, and judged again with the claim's own: a gap out of order is negative.
    assert found["sorted"].status == "NEEDED"
    shown = found["sorted"].shown
    assert shown is not None
    assert shown.refuting is not None
    assert shown.refuting.finding is not None
    assert ">= 0.5" in shown.refuting.finding.reason


def test_a_breaker_whose_values_break_two_premises_shows_nothing() -> None:
    both = st.just(Points((3, 3, 1)))

    def breaker(*_: object) -> list[tuple[str, SearchStrategy[Any]]]:
        return [("by a tie out of order", both)]

    found = trials(toys.gaps, breaker)["sorted"]
    assert found.status == "NO WAY"
    assert found.attempts[0].alone == 0


def test_an_instance_that_takes_too_long_is_given_up_and_told() -> None:
    start = time.monotonic()
    found = list(premise_trials(toys.slow_ties, options(), wide, seconds=2.0))
    assert time.monotonic() - start < 6
    by_name = {trial.name: trial for trial in found}
    assert by_name["distinct"].status == "NOT REACHED"
    (attempt,) = by_name["distinct"].attempts
    assert (attempt.alone, attempt.cut) == (0, True)
    assert attempt.outcome.endswith("; an instance was given up, the time was up")
    told = "\n".join(line for trial in found for line in premise_lines(trial))
    assert "NOT REACHED  'distinct', of the strategy of x: the time was up before" in told
    assert "1 not reached in the time" in closing(toys.slow_ties, found)
    data = as_json(toys.slow_ties, found)["premises"]
    assert {one["name"]: one["cut"] for one in data}["distinct"] is True


def test_a_claim_of_which_no_instance_is_judged_in_time_says_so() -> None:
    start = time.monotonic()
    with pytest.raises(ClaimBrokenError, match=r"none of its instances was judged in 0\.5 s, half"):
        list(premise_trials(toys.slow, options(), nothing, seconds=1.0))
    assert time.monotonic() - start < 5


def test_a_crash_on_one_way_and_no_time_for_another_is_not_reached() -> None:
    crash = Attempt("one way", 0, "ERROR", None, "", "ValueError()")
    late = Attempt("another", 0, "UNDECIDED", None, "", "", cut=True)
    assert PremiseTrial("p", "", (crash,)).status == "NOT SHOWN"
    assert PremiseTrial("p", "", (crash, late)).status == "NOT REACHED"
    assert PremiseTrial("p", "", (), cut=True).status == "NOT REACHED"


def test_an_instance_given_up_while_it_is_drawn_is_no_error() -> None:
    def breaker(*_: object) -> list[tuple[str, SearchStrategy[Any]]]:
        pause = st.integers(0, 9).map(lambda _: time.sleep(0.3))
        drawn = st.tuples(pause, pause, pause, points).map(lambda parts: parts[3])
        return [("by points that are slow to draw", drawn)]

    found = list(premise_trials(toys.gaps, options(), breaker, seconds=2.0))
    slow = {trial.name: trial for trial in found}["sorted"].attempts[0]
    assert slow.cut
    assert slow.crash == ""
    assert not slow.outcome.startswith("ERROR")
