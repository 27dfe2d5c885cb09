import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from certify.rounding import (
    UNIT,
    frobenius_bounds,
    gamma,
    norm_above,
    safe_exponent,
    scaled_down,
    scaled_up,
    sums_above,
)

quick = settings(max_examples=150, deadline=None, database=None, derandomize=True)
any_float = st.floats(allow_nan=False, allow_infinity=False)
shapes = arrays.array_shapes(min_dims=2, max_dims=2, max_side=5)
matrices = arrays.arrays(np.float64, shapes, elements=any_float)


@given(st.integers(0, 10**12))
def test_gamma_bounds_the_exact_constant_and_is_near_it(k: int) -> None:
    exact = k * Fraction(UNIT) / (1 - k * Fraction(UNIT))
    assert exact <= Fraction(gamma(k)) <= exact * (1 + Fraction(1, 10**14))


@pytest.mark.parametrize("k", [-1, 2**52, 2**60])
def test_gamma_refuses_what_the_analysis_does_not_cover(k: int) -> None:
    with pytest.raises(ValueError, match="gamma: k="):
        gamma(k)


@quick
@given(matrices)
def test_sums_are_bounded_from_above(matrix: np.ndarray) -> None:
    with np.errstate(over="ignore"):
        bounds = sums_above(np.abs(matrix))
    for row, bound in zip(matrix.tolist(), bounds.tolist(), strict=True):
        exact = sum(Fraction(abs(entry)) for entry in row)
        assert bound == math.inf or exact <= Fraction(bound)


def test_a_sum_of_nothing_is_zero_and_a_wide_sum_is_near() -> None:
    assert sums_above(np.zeros((2, 3))).tolist() == [0.0, 0.0]
    assert sums_above(np.full((1, 1000), 0.1))[0] < 100 * (1 + 1e-12)
    assert sums_above(np.array([[5e-324, 0.0]]))[0] >= 5e-324


def test_the_norm_of_an_error_bounds_the_norm_of_every_error() -> None:
    radius = np.array([[0.0, 1.0], [1.0, 0.0]])
    assert 1.0 <= norm_above(radius) < 1 + 1e-14
    # An off-centre rectangle: ||E||_2 = sqrt(3).
    assert norm_above(np.ones((3, 1))) >= math.sqrt(3)
    assert norm_above(np.ones((1, 3))) >= math.sqrt(3)


@quick
@given(matrices)
def test_frobenius_norms_are_enclosed_at_every_scale(matrix: np.ndarray) -> None:
    with np.errstate(over="ignore", under="ignore"):
        low, high = frobenius_bounds(matrix)
    exact = sum(Fraction(entry) ** 2 for row in matrix.tolist() for entry in row)
    assert Fraction(low) ** 2 <= exact
    assert high == math.inf or exact <= Fraction(high) ** 2


@pytest.mark.parametrize("exponent", [-1060, -700, 0, 700, 1020])
def test_frobenius_norms_are_narrow_at_every_scale(exponent: int) -> None:
    low, high = frobenius_bounds(np.ldexp(np.array([[3.0, 4.0]]), exponent))
    exact = 5 * Fraction(2) ** exponent
    assert Fraction(low) <= exact <= Fraction(high)
    slack = Fraction(5e-324) * 4 + exact / 10**13
    assert Fraction(high) - Fraction(low) <= slack


@quick
@given(any_float, st.integers(-2000, 2000))
def test_scaling_by_powers_rounds_outwards(value: float, exponent: int) -> None:
    exact = Fraction(value) * Fraction(2) ** exponent
    low, high = scaled_down(value, exponent), scaled_up(value, exponent)
    assert low == -math.inf or Fraction(low) <= exact
    assert high == math.inf or exact <= Fraction(high)


def test_ordinary_sizes_are_not_scaled() -> None:
    assert safe_exponent(np.array([[1e100, 0.0]])) == 0
    assert safe_exponent(np.array([[0.0]])) == 0
    assert safe_exponent(np.array([[1e300]])) == 997
    assert safe_exponent(np.array([[5e-324]])) == -1073
