"""Descent along estimates with a known error, by hand."""

from fractions import Fraction

import pytest

from dynamics import consistent_descent


def double(point: tuple[Fraction, ...]) -> tuple[Fraction, ...]:
    return tuple(2 * z for z in point)


def test_two_steps_by_hand() -> None:
    half, start = Fraction(1, 2), (Fraction(1), Fraction(-3))
    factors = [[Fraction(1), half], [Fraction(3, 2)]]
    run = consistent_descent(double, start, factors, lambda k: Fraction(1, 4 * k), 3)
    second = (1 - half, -3 + Fraction(6, 8))
    third = tuple(z - Fraction(1, 8) * 3 * z for z in second)
    assert run.points == (start, second, third)
    assert run.largest == 40
    # (0, 3) against (2, -6) at the first step, half of the gradient at the second.
    assert run.squared_delta == max(Fraction(9, 40), Fraction(1, 4))


def test_a_gradient_of_zero_has_no_relative_error() -> None:
    run = consistent_descent(double, (Fraction(0),), [[Fraction(2)]], lambda _: Fraction(1), 4)
    assert run.largest == 0
    assert run.squared_delta == 0


def test_what_is_wrong_is_told() -> None:
    with pytest.raises(ValueError, match="count=0"):
        consistent_descent(double, (Fraction(1),), [[Fraction(1)]], lambda _: Fraction(1), 0)
    with pytest.raises(ValueError, match="give a step, and factors"):
        consistent_descent(double, (Fraction(1),), [], lambda _: Fraction(1), 1)
