import math
from fractions import Fraction

import numpy as np
import pytest
import torch
from flint import arb, arb_mat, ctx
from hypothesis import given, settings
from hypothesis import strategies as st

from certify import EnclosedMatrix

quick = settings(max_examples=80, deadline=None, database=None, derandomize=True)
numbers = st.one_of(
    st.fractions(-9, 9, max_denominator=99),
    st.decimals("-1e300", "1e300").map(Fraction),
    st.floats(allow_nan=False, allow_infinity=False).map(Fraction),
)
matrices = st.integers(1, 3).flatmap(
    lambda n: st.lists(st.lists(numbers, min_size=n, max_size=n), min_size=1, max_size=3)
)


def within(A: EnclosedMatrix, rows: list[list[Fraction]]) -> bool:
    return all(
        abs(Fraction(middle) - entry) <= Fraction(radius)
        for middles, radii, row in zip(A.middle.tolist(), A.radius.tolist(), rows, strict=True)
        for middle, radius, entry in zip(middles, radii, row, strict=True)
    )


@quick
@given(matrices)
def test_exact_rows_lie_within_their_radius(rows: list[list[Fraction]]) -> None:
    A = EnclosedMatrix.of_rows(rows)
    assert within(A, rows)
    assert A.rigor == "proved"
    assert A.balls is not None
    for entry, ball in zip(
        [entry for row in rows for entry in row], A.balls(64).entries(), strict=True
    ):
        with ctx.workprec(5000):
            gap = ball * entry.denominator - entry.numerator
        assert gap.contains(0)
        assert gap.abs_upper() <= abs(entry.numerator) * arb(2) ** -60


@quick
@given(matrices)
def test_scaling_keeps_the_matrix_within_its_radius(rows: list[list[Fraction]]) -> None:
    A = EnclosedMatrix.of_rows(rows)
    scaled, exponent = A.scaled(), A.exponent
    assert within(scaled, [[entry / Fraction(2) ** exponent for entry in row] for row in rows])
    assert np.abs(scaled.middle).max() <= 2.0**400


def test_floats_are_meant_exactly_and_cost_no_radius() -> None:
    for A in (
        EnclosedMatrix.of_floats([[0.1, 1.0]]),
        EnclosedMatrix.of_floats(torch.tensor([[0.1, 1.0]], dtype=torch.float64)),
        EnclosedMatrix.of_rows([[Fraction(0.1), 1]]),
    ):
        assert A.spread == 0.0
        assert A.entries.width.tolist() == [[0.0, 0.0]]
        assert A.shape == (1, 2)
        assert A.balls is not None
        assert A.balls(200)[0, 0] == arb(0.1)
    assert EnclosedMatrix.of_floats(torch.tensor([[0.1]])).middle[0, 0] == np.float32(0.1)


def test_text_is_read_as_the_number_it_writes() -> None:
    A = EnclosedMatrix.of_rows([["0.1", "-2/3"]])
    assert within(A, [[Fraction(1, 10), Fraction(-2, 3)]])
    assert 0 < A.spread < 1e-15
    low, high = A.entries.lower[0], A.entries.upper[0]
    assert Fraction(low[1]) < Fraction(-2, 3) < Fraction(high[1])


def test_balls_become_floats_that_contain_them() -> None:
    def third(bits: int) -> arb_mat:
        with ctx.workprec(bits):
            return arb_mat([[arb(1) / 3, arb(2)]])

    A = EnclosedMatrix.of_balls(third)
    assert within(A, [[Fraction(1, 3), Fraction(2)]])
    assert A.radius[0, 1] == 0.0
    assert A.radius[0, 0] < 1e-16
    assert A.balls is not None
    assert A.balls(128) is A.balls(128)
    assert A.balls(300)[0, 0].rad() < arb(2) ** -290
    assert (-A).middle.tolist() == [[-A.middle[0, 0], -2.0]]
    assert not (-A).gram


def test_large_matrices_keep_no_balls() -> None:
    assert EnclosedMatrix.of_floats(np.eye(129)).balls is None
    assert EnclosedMatrix.of_floats(np.eye(128)).balls is not None


def test_the_arrays_are_copies_and_read_only() -> None:
    given_array = np.eye(2)
    A = EnclosedMatrix(given_array, 0.5)
    given_array[0, 0] = 7.0
    assert A.middle[0, 0] == 1.0
    assert A.rigor == "estimated"
    with pytest.raises(ValueError, match="read-only"):
        A.middle[0, 0] = 2.0
    assert repr(A) == "EnclosedMatrix(shape=(2, 2), estimated within 1)"


@pytest.mark.parametrize(
    ("middle", "radius", "message"),
    [
        ([1.0], 0.0, "shape"),
        (np.zeros((0, 0)), 0.0, "shape"),
        ([[math.nan]], 0.0, "finite"),
        ([[math.inf]], 0.0, "finite"),
        ([[1.0]], -1.0, "radius"),
        ([[1.0]], math.nan, "radius"),
        ([[1.0]], math.inf, "radius"),
    ],
)
def test_bad_matrices_are_refused(middle: object, radius: float, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        EnclosedMatrix(middle, radius)  # type: ignore[arg-type]


def test_bad_rows_are_refused() -> None:
    with pytest.raises(ValueError, match="several lengths"):
        EnclosedMatrix.of_rows([[1], [1, 2]])
    with pytest.raises(ValueError, match="several lengths"):
        EnclosedMatrix.of_rows([])
    with pytest.raises(ValueError, match=r"1\.8e308"):
        EnclosedMatrix.of_rows([["1e400"]])
