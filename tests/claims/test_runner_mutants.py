"""The House: Running mutants, misprints and refuted claims. note of 2026."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import strategies as st

from claims import claim, misprint, refuted_claim, wrong
from tests.claims import toys
from tests.claims.toys import numbers, report
from verdicts import Margin, at_least, at_most, exactly


def test_a_mutant_dies_and_the_hunt_ends_there() -> None:
    with toys.counted(toys.at_most_itself) as calls:
        found = report(toys.at_most_itself, 0)
    assert (found.outcome, found.killed, found.passed) == ("REFUTED", True, True)
    assert [call["factor"] for call in calls] == [0.5, 2.0]
    assert found.instance is not None
    assert found.failure_text == ""


def test_a_survivor_fails_and_says_why_it_should_not_have() -> None:
    found = report(toys.at_most_itself, 1)
    assert (found.outcome, found.killed, found.passed) == ("SUPPORTED", False, False)
    assert found.failure_text.startswith(
        "toys.at_most_itself[factor=2.5] survives, yet it should fail: nothing: this one is true"
    )


def test_a_coin_that_fails_too_often_kills_only_when_confirmed() -> None:
    found = report(toys.fair_coin, 0)
    assert found.killed
    assert found.confirm_opened >= 1


def test_a_mutant_of_a_false_claim_dies_for_another_reason() -> None:
    found = report(toys.false_bound, 0)
    assert found.killed  # small numbers are no counterexample to the claim itself
    instance = found.instance
    assert instance is not None
    assert int(str(instance["k"])) <= 20

    def false_everywhere(k: int, *, factor: float = 1.0) -> Margin:
        """Every number is negative."""
        return at_most(exactly(k), exactly(-factor))

    made = claim("L", for_all={"k": numbers}, mutants=[wrong(factor=2.0, because="b")])
    found = report(made(false_everywhere), 0)
    assert (found.outcome, found.killed, found.passed) == ("REFUTED", False, False)
    assert found.failure_text.startswith(
        "test_runner_mutants.false_everywhere[factor=2] dies for another reason "
        "(the true statement is refuted there too), yet it should fail: b"
    )


@pytest.mark.parametrize(
    ("mutant", "outcome", "killed"),
    [(0, "ERROR", False), (1, "ERROR", False), (2, "REFUTED", True)],
)
def test_crash_and_nan_never_kill_but_an_overflow_does(
    mutant: int, outcome: str, *, killed: bool
) -> None:
    found = report(toys.fragile, mutant)
    assert (found.outcome, found.killed, found.passed) == (outcome, killed, killed)


def test_a_dropped_premise_of_a_strategy_must_be_the_one_that_fails() -> None:
    ties, unsorted = report(toys.positive_gaps, 0), report(toys.positive_gaps, 1)
    assert ties.killed
    assert unsorted.killed
    rows: list[Any] = [found.instance and found.instance["x"] for found in (ties, unsorted)]
    tied, mixed = (recipe["rows"] for recipe in rows)
    assert tied == sorted(tied)
    assert len(set(tied)) < len(tied)
    assert mixed != sorted(mixed)
    assert len(set(mixed)) == len(mixed)


def test_a_kill_by_another_premise_does_not_count() -> None:
    made = claim(
        "L",
        for_all={"x": toys.increasing},
        mutants=[wrong(x=toys.points.map(_reverse), drops="distinct", because="ties")],
    )
    found = report(made(toys.positive_gaps.function), 0)
    assert not found.killed
    assert "['sorted'], not 'distinct' alone" in found.failure_text


def _reverse(points: toys.Points) -> toys.Points:
    return toys.Points(tuple(sorted({*points.rows, 1, 2}, reverse=True)))


def test_premises_of_strategies_are_counted_as_met() -> None:
    found = report(toys.positive_gaps)
    held = {"held": found.examples, "failed": 0, "nearest": None}
    assert found.premises == {"sorted": held, "distinct": held}
    assert report(toys.positive_gaps, 0).premises == {}


def test_a_dropped_premise_of_the_body_is_not_enforced() -> None:
    found = report(toys.small_numbers, 0)
    assert found.killed
    assert found.instance is not None
    assert int(str(found.instance["k"])) >= 10


def test_a_dropped_premise_that_nobody_states_kills_nothing() -> None:
    found = report(toys.small_numbers, 1)
    assert not found.killed
    assert "No premise 'k is odd' was ever stated" in found.failure_text


def test_a_weakened_premise_dies_where_the_true_one_excludes_the_instance() -> None:
    found = report(toys.small_numbers, 2)
    assert found.killed
    assert found.instance is not None
    assert 10 <= int(str(found.instance["k"])) < 20


def test_a_misprint_is_made_small_and_told() -> None:
    found = report(toys.at_most_itself, 2)
    assert (found.killed, found.passed, found.instance) == (True, True, {"k": 1})
    assert found.found_by_search
    assert "is refuted, as it must be (p. 1): k <= 0.9 k fails" in found.failure_text
    assert 'witness={"k": 1}' in found.failure_text


def test_a_witness_runs_first_and_the_search_goes_on_for_a_misprint() -> None:
    with toys.counted(toys.at_most_itself) as calls:
        found = report(toys.at_most_itself, 3)
    assert calls[0] == {"k": 50, "factor": 0.8}
    assert found.found_by_search
    assert found.instance == {"k": 1}


def never_98765(k: int, *, gap: float = -1.0) -> Margin:
    """|k - 98765| > -1."""
    return at_least(exactly(abs(k - 98765)), exactly(gap))


WIDE = {"k": st.integers(0, 10**9)}


def test_a_misprint_may_rest_on_its_witness_alone() -> None:
    mutant = misprint(gap=0.5, because="98765", where="p. 1", witness={"k": 98765})
    found = report(claim("L", for_all=WIDE, mutants=[mutant])(never_98765), 0)
    assert (found.killed, found.found_by_search) == (True, False)
    assert found.instance == {"k": 98765}
    assert "An explicit instance" in found.failure_text


def test_a_killing_witness_ends_a_hunt() -> None:
    mutant = wrong(gap=0.5, because="98765", witness={"k": 98765})
    item = claim("L", for_all=WIDE, mutants=[mutant])(never_98765)
    with toys.counted(item) as calls:
        found = report(item, 0)
    assert [call["k"] for call in calls] == [98765, 98765]
    assert (found.killed, found.found_by_search) == (True, False)


def test_a_witness_that_does_not_kill_is_named() -> None:
    mutant = wrong(gap=0.5, because="98765", witness={"k": 5})
    found = report(claim("L", for_all=WIDE, mutants=[mutant])(never_98765), 0)
    assert not found.killed
    assert "The witness does not refute it: margin >= " in found.failure_text


def test_a_refuted_claim_passes_while_its_witness_stands() -> None:
    found = report(toys.all_small)
    assert (found.outcome, found.expected, found.passed) == ("REFUTED", "REFUTED", True)
    assert found.found_by_search
    assert found.killed is None

    def small(k: int) -> Margin:
        """Every number is at most 99.5, which is true here."""
        return at_most(exactly(k), exactly(99.5))

    found = report(refuted_claim("L", for_all={"k": numbers}, because="it is false")(small))
    assert (found.outcome, found.passed) == ("SUPPORTED", False)
    assert "survives, yet it should fail: it is false" in found.failure_text
