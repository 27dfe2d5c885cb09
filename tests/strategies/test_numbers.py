from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis.strategies import SearchStrategy

from strategies import (
    exact_decimals,
    failure_probabilities,
    horizons,
    seeds,
    small_decimals,
    step_counts,
    step_sizes,
    widths,
)
from tests.strategies.drawing import draws, minimal


def test_failure_probabilities_are_three_and_shrink_to_a_half() -> None:
    assert set(draws(failure_probabilities())) == {0.5, 0.25, 0.1}
    assert minimal(failure_probabilities()) == 0.5


@pytest.mark.parametrize(
    ("low", "high"), [(1, 1), (1, 32), (3, 99), (1, 100), (100, 120), (7, 12345), (1, 10**6)]
)
def test_widths_stay_inside_their_bounds_span_them_and_shrink_to_the_least(
    low: int, high: int
) -> None:
    drawn = draws(widths(min_m=low, max_m=high), 300)
    assert all(low <= m <= high for m in drawn)
    assert min(drawn) == low
    assert max(drawn) >= 0.9 * high
    assert minimal(widths(min_m=low, max_m=high)) == low


def test_widths_of_every_order_of_magnitude_occur() -> None:
    drawn = draws(widths(min_m=1, max_m=10**6), 300)
    assert {len(str(m)) for m in drawn} >= {1, 2, 3, 4, 5, 6}


def test_a_width_shrinks_to_the_least_that_fails() -> None:
    assert minimal(widths(min_m=1, max_m=10**4), lambda m: m > 37) == 38
    assert minimal(step_counts(max_steps=50), lambda k: k >= 7) == 7


@pytest.mark.parametrize(
    ("strategy", "low", "high", "smallest"),
    [
        (step_sizes(), 1e-4, 1, 1.0),
        (step_sizes(min_eta=0.001, max_eta=0.05), 0.001, 0.05, 0.01),
        (horizons(), 0.1, 20, 1.0),
        (horizons(min_t=0), 0, 20, 0.0),
        (small_decimals(), -1, 1, 0.0),
        (small_decimals(min_value=1, max_value=10), 1, 10, 1.0),
        (small_decimals(min_value=-250, max_value=-100), -250, -100, -100.0),
    ],
)
def test_decimals_stay_inside_their_bounds_and_shrink_to_whole_or_short_numbers(
    strategy: SearchStrategy[float], low: float, high: float, smallest: float
) -> None:
    drawn = draws(strategy, 200)
    assert all(low <= value <= high for value in drawn)
    assert len(set(drawn)) > 10
    assert minimal(strategy) == smallest


def test_decimals_have_two_digits_exactly() -> None:
    for value in draws(exact_decimals(min_value=-10, max_value=10), 200):
        digits = value
        while digits.denominator > 1:
            digits *= 10
        assert abs(digits) <= 99 or digits % 10 == 0
    assert minimal(exact_decimals(), lambda v: v > Fraction(1, 3)) == 1
    assert minimal(exact_decimals(), lambda v: Fraction(1, 3) < v < 1) == Fraction(2, 5)


def test_step_sizes_of_every_order_of_magnitude_occur() -> None:
    drawn = draws(step_sizes(min_eta=1e-4, max_eta=1), 300)
    assert min(drawn) <= 2e-4
    assert max(drawn) == 1


def test_seeds_are_many_and_shrink_to_zero() -> None:
    numbers = {seed.number for seed in draws(seeds(), 200)}
    assert len(numbers) > 100
    assert max(numbers) > 99
    assert minimal(seeds()).number == 0


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: widths(min_m=0), "min_m=0; give an integer >= 1"),
        (lambda: widths(min_m=5, max_m=3), "min_m=5 > max_m=3"),
        (lambda: widths(max_m=True), "max_m=True; give an integer"),
        (lambda: step_counts(min_steps=-1), "min_steps=-1; give an integer >= 0"),
        (lambda: step_sizes(min_eta=0), "min_eta=0; give a number > 0"),
        (lambda: step_sizes(min_eta=2), r"min_eta=2.0 > max_eta=1.0"),
        (lambda: horizons(min_t=-1), "min_t=-1; give a time >= 0"),
        (lambda: small_decimals(max_value=float("nan")), "max_value=nan; give a finite number"),
        (lambda: small_decimals(max_value=float("inf")), "max_value=inf; give a finite number"),
        (lambda: small_decimals(min_value=0.1234, max_value=0.12345), "give a wider range"),
    ],
)
def test_wrong_bounds_are_refused(build: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        build()
