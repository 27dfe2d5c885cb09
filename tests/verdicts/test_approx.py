import math
from collections.abc import Callable
from fractions import Fraction

import flint
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from verdicts import Approx, exactly, largest, smallest, supremum

quick = settings(max_examples=150, deadline=None, database=None, derandomize=True)
numbers = st.floats(-1e6, 1e6) | st.floats(-2.0, 2.0) | st.sampled_from([0.0, -0.0, 1.0, 5e-324])
positives = st.floats(1e-6, 1e6)


@st.composite
def enclosed_fractions(draw: st.DrawFn) -> tuple[Approx, Fraction]:
    """An enclosure and an exact rational inside it, often at its edge."""
    low, high = sorted((draw(numbers), draw(numbers)))
    weight = draw(st.sampled_from([Fraction(0), Fraction(1), Fraction(1, 3)]))
    exact = Fraction(low) + weight * (Fraction(high) - Fraction(low))
    return Approx(low, high), exact


def holds(enclosure: Approx, exact: Fraction) -> bool:
    """Exact comparison; an infinite bound holds everything on its side."""
    low = enclosure.low == -math.inf or Fraction(enclosure.low) <= exact
    return low and (enclosure.high == math.inf or exact <= Fraction(enclosure.high))


BINARY: list[Callable[[object, object], object]] = [
    lambda a, b: a + b,  # type: ignore[operator]
    lambda a, b: a - b,  # type: ignore[operator]
    lambda a, b: a * b,  # type: ignore[operator]
]


@pytest.mark.parametrize("operation", BINARY, ids=["add", "subtract", "multiply"])
@quick
@given(first=enclosed_fractions(), second=enclosed_fractions())
def test_arithmetic_encloses_the_exact_result(
    operation: Callable[[object, object], object],
    first: tuple[Approx, Fraction],
    second: tuple[Approx, Fraction],
) -> None:
    enclosure, exact = operation(first[0], second[0]), operation(first[1], second[1])
    assert isinstance(enclosure, Approx)
    assert isinstance(exact, Fraction)
    assert holds(enclosure, exact)


@quick
@given(first=enclosed_fractions(), low=positives, factor=st.floats(1, 10), sign=st.booleans())
def test_division_encloses_the_exact_quotient(
    first: tuple[Approx, Fraction], low: float, factor: float, sign: bool
) -> None:
    divisor = Approx(low, low * factor)
    exact = first[1] / Fraction(low)
    if sign:
        assert holds(first[0] / -divisor, -exact)
    else:
        assert holds(first[0] / divisor, exact)


@quick
@given(first=enclosed_fractions(), power=st.integers(1, 6))
def test_powers_enclose_the_exact_power(first: tuple[Approx, Fraction], power: int) -> None:
    assert holds(first[0] ** power, first[1] ** power)


@quick
@given(first=enclosed_fractions())
def test_negation_and_absolute_value_enclose(first: tuple[Approx, Fraction]) -> None:
    assert holds(-first[0], -first[1])
    assert holds(abs(first[0]), abs(first[1]))


@quick
@given(values=st.lists(numbers, min_size=1, max_size=30))
def test_sum_encloses_the_exact_sum(values: list[float]) -> None:
    assert holds(exactly(values).sum(), sum(map(Fraction, values), Fraction(0)))


@quick
@given(low=positives, factor=st.floats(1, 3), top=st.booleans())
def test_roots_exponentials_and_logarithms_enclose_ball_arithmetic(
    low: float, factor: float, top: bool
) -> None:
    enclosure = Approx(low, low * factor)
    exponent = enclosure * 1e-4
    with flint.ctx.workprec(200):
        for ours, exact in (
            (enclosure.sqrt(), edge(enclosure, top=top).sqrt()),
            (enclosure.log(), edge(enclosure, top=top).log()),
            (exponent.exp(), edge(exponent, top=top).exp()),
        ):
            assert exact >= ours.low
            assert exact <= ours.high


def edge(enclosure: Approx, *, top: bool) -> flint.arb:
    return flint.arb(enclosure.high if top else enclosure.low)


def test_arithmetic_with_zero_and_one_stays_exact() -> None:
    third = exactly(1 / 3)
    for same in (third + 0.0, 0.0 + third, third * 1, 1 * third, third / 1, third - 0.0, third**1):
        assert (same.low, same.high) == (third.low, third.high)
    assert (0.0 * third).high == 0.0
    assert (0.0 / third).low == 0.0


def test_odd_powers_of_an_interval_around_zero() -> None:
    cube = Approx(-2.0, 1.0) ** 3
    assert cube.low == pytest.approx(-8)
    assert cube.high == pytest.approx(1)
    assert cube.low <= -8
    assert cube.high >= 1


def test_reflected_operations_take_numbers_and_arrays() -> None:
    a = Approx([1.0, 2.0], [1.5, 2.5])
    assert (1.0 - a).upper[0] == pytest.approx(0.0, abs=1e-300)
    assert (3.0 / a).lower[1] == pytest.approx(1.2)
    assert (np.array([1.0, 2.0]) * a).upper == pytest.approx([1.5, 5.0])


def test_around_encloses_and_handles_overflow() -> None:
    a = Approx.around([1.0, np.inf, -np.inf, 2.0], [0.5, 0.0, 3.0, 0.0], "proved")
    biggest = np.finfo(np.float64).max
    assert a.lower.tolist() == [np.nextafter(0.5, 0), biggest, -np.inf, 2.0]
    assert a.upper.tolist() == [np.nextafter(1.5, 2), np.inf, -biggest, 2.0]
    assert a.rigor == "proved"


def test_overflow_stays_an_enclosure() -> None:
    big = exactly(1e308)
    assert (big + big).high == math.inf
    assert (big * big).high == math.inf
    assert (big**2).high == math.inf
    assert (big * big).low > 1e308
    assert exactly([1e308, 1e308, -1e308]).sum().high == math.inf
    assert exactly([np.inf, -np.inf]).sum().low == -math.inf
    assert (exactly(0.0) * Approx(0.0, np.inf)).high == 0.0
    assert (Approx(1.0, np.inf) / Approx(1.0, np.inf)).high == math.inf


def test_logarithm_of_what_may_be_zero_is_unbounded_below() -> None:
    assert Approx(0.0, 1.0).log().low == -math.inf
    assert Approx(-1.0, 1.0).log().low == -math.inf
    assert Approx(-1.0, 4.0).sqrt().low == 0.0


def test_extremes_are_elementwise_and_join_rigor() -> None:
    a, b = exactly([1.0, 5.0]), Approx([2.0, 3.0], [4.0, 6.0])
    assert largest(a, b).lower.tolist() == [2.0, 5.0]
    assert largest(a, b).upper.tolist() == [4.0, 6.0]
    assert smallest(a, b).upper.tolist() == [1.0, 5.0]
    assert largest(a, b).rigor == "estimated"
    assert largest(a).rigor == smallest(a).rigor == "proved"
    assert b.min().low == 2.0
    assert b.max(axis=0).high == 6.0


def test_supremum_runs_from_the_witness_to_the_bound() -> None:
    both = supremum(Approx(0.9, 1.0), exactly(2.0))
    assert (both.low, both.high, both.rigor) == (0.9, 2.0, "estimated")


def test_width_shape_index_and_text() -> None:
    a = Approx([1.0, np.inf], [3.0, np.inf])
    assert a.width.tolist() == [2.0, 0.0]
    assert a[0].width == 2.0
    assert a.shape == (2,)
    assert repr(a) == "Approx(shape=(2,), low=1.0, high=inf)"
    assert repr(exactly(0.1)) == "Approx[0.1, 0.1]"
    assert exactly(1.0).rigor == "proved"
    assert (exactly(1.0) + exactly(2.0)).rigor == "proved"
    assert (exactly(1.0) + Approx(1.0, 2.0)).rigor == "estimated"


def test_sum_along_an_axis_has_one_number_a_row() -> None:
    total = exactly([[1.0, 2.0], [3.0, 4.0]]).sum(axis=1)
    assert total.shape == (2,)
    assert (total.lower <= [3.0, 7.0]).all()
    assert (total.upper >= [3.0, 7.0]).all()


@given(st.fractions(), st.integers(-1100, 1100))
def test_a_fraction_lies_between_neighbouring_floats(value: Fraction, exponent: int) -> None:
    value *= Fraction(2) ** exponent
    found = exactly(value)
    assert Fraction(found.low) <= value if math.isfinite(found.low) else value < 0
    assert Fraction(found.high) >= value if math.isfinite(found.high) else value > 0
    assert found.rigor == "proved"
    assert found.high in (found.low, math.nextafter(found.low, math.inf))


def test_a_fraction_that_is_a_float_is_that_float() -> None:
    assert (exactly(Fraction(3, 8)).low, exactly(Fraction(3, 8)).high) == (0.375, 0.375)


def test_fractions_enter_arithmetic_from_both_sides() -> None:
    third = Fraction(1, 3)
    for found, wanted in (
        (exactly(2.0) + third, Fraction(7, 3)),
        (third - exactly(2.0), Fraction(-5, 3)),
        (third * exactly(2.0), Fraction(2, 3)),
        (exactly(2.0) / third, Fraction(6)),
        (third / exactly(2.0), Fraction(1, 6)),
    ):
        assert Fraction(found.low) <= wanted <= Fraction(found.high)
        assert found.high - found.low < 1e-14
