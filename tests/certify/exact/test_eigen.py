"""Oracles: exact eigenvalues, and Arb's own certified ones, which come another way."""

from fractions import Fraction

import pytest
from flint import acb_mat, arb, arb_mat
from hypothesis import given, settings
from hypothesis import strategies as st

from certify.exact.balls import Undecided, precision
from certify.exact.eigen import Matrix, extreme_eigenvalues, frobenius_norm, spectral_norm
from certify.exact.values import ball

entries = st.fractions(-9, 9, max_denominator=9)


@st.composite
def symmetric(draw: st.DrawFn) -> list[list[Fraction]]:
    n = draw(st.integers(1, 6))
    half = [[draw(entries) for _ in range(i + 1)] for i in range(n)]
    return [[half[max(i, j)][min(i, j)] for j in range(n)] for i in range(n)]


@given(symmetric())
def test_enclosures_meet_those_of_arb(A: list[list[Fraction]]) -> None:
    with precision(128):
        low, high = (ball(end) for end in extreme_eigenvalues(list(map(list, A))))
        balls = acb_mat([[ball(entry) for entry in row] for row in A])
        oracle = [value.real for value in balls.eig(multiple=True)]
        assert any(low.overlaps(value) for value in oracle)
        assert any(high.overlaps(value) for value in oracle)
        assert not any(value < low or value > high for value in oracle)
        assert low.rad() < 1e-32
        assert high.rad() < 1e-32


@settings(max_examples=30)
@given(symmetric())
def test_enclosures_shrink_as_the_precision_doubles(A: list[list[Fraction]]) -> None:
    for bits in (64, 128, 256, 512):
        with precision(bits):
            for end in extreme_eigenvalues(list(map(list, A))):
                assert ball(end).rad() < arb(2) ** (20 - bits)


def ones(n: int, *, diagonal: int) -> Matrix:
    return [[Fraction(diagonal if i == j else 1) for j in range(n)] for i in range(n)]


@pytest.mark.parametrize(
    ("A", "low", "high"),
    [
        (ones(5, diagonal=3), 2, 7),  # 2 four times
        (ones(5, diagonal=1), 0, 5),  # 0 four times
        (ones(3, diagonal=0), -1, 2),
        ([[Fraction(0)] * 4] * 4, 0, 0),
    ],
)
def test_repeated_and_zero_eigenvalues(A: Matrix, low: int, high: int) -> None:
    with precision(256):
        found = [ball(end) for end in extreme_eigenvalues(A)]
        assert found[0].contains(low)
        assert found[1].contains(high)
        assert max(end.rad() for end in found) < arb(2) ** -240


@pytest.mark.parametrize(
    ("A", "low", "high"),
    [
        ([[Fraction(1, 3)]], Fraction(1, 3), Fraction(1, 3)),
        (
            [[Fraction(1, 3), Fraction(0)], [Fraction(0), Fraction(1, 7)]],
            Fraction(1, 7),
            Fraction(1, 3),
        ),
        (
            [[Fraction(1), Fraction(1, 2)], [Fraction(1, 2), Fraction(1)]],
            Fraction(1, 2),
            Fraction(3, 2),
        ),
        ([[Fraction(4), Fraction(2)], [Fraction(2), Fraction(1)]], Fraction(0), Fraction(5)),
        ([[Fraction(2), Fraction(0)], [Fraction(0), Fraction(0)]], Fraction(0), Fraction(2)),
    ],
)
def test_small_matrices_have_exact_eigenvalues(A: Matrix, low: Fraction, high: Fraction) -> None:
    assert extreme_eigenvalues(A) == (low, high)


def test_a_tiny_gap_is_resolved_with_enough_bits() -> None:
    # Eigenvalues 1, 1 + 1e-60 and 3 + 1e-60, turned by a rational rotation.
    tiny = Fraction(1, 10**60)
    c, s = Fraction(3, 5), Fraction(4, 5)
    turn = [[c, s, Fraction(0)], [-s, c, Fraction(0)], [Fraction(0), Fraction(0), Fraction(1)]]
    eigenvalues = [Fraction(1), 3 + tiny, 1 + tiny]
    A: Matrix = [
        [
            sum((turn[k][i] * eigenvalues[k] * turn[k][j] for k in range(3)), Fraction(0))
            for j in range(3)
        ]
        for i in range(3)
    ]
    with precision(512):
        low = ball(extreme_eigenvalues(A)[0])
        assert low.contains(1)
        assert low < 1 + arb(10) ** -61


def test_a_wide_matrix_gives_a_wide_enclosure_and_a_hopeless_one_none() -> None:
    wide: Matrix = [[arb(1, 1e-3) if i != j else arb(2) for j in range(4)] for i in range(4)]
    low, high = (ball(end) for end in extreme_eigenvalues(wide))
    assert low.contains(1 - 1e-3)
    assert high.contains(5 + 3e-3)
    assert low.rad() < 0.02
    with pytest.raises(Undecided, match="too badly"):
        extreme_eigenvalues([[arb(0, 5) for _ in range(3)] for _ in range(3)])
    with pytest.raises(Undecided, match="not finite"):
        extreme_eigenvalues([[arb.nan() for _ in range(3)] for _ in range(3)])


def test_norms() -> None:
    A: Matrix = [[Fraction(0), Fraction(-3)], [Fraction(-3), Fraction(0)]]
    assert spectral_norm(A) == 3
    assert frobenius_norm([[Fraction(3), Fraction(4)]]) == 5
    assert ball(frobenius_norm([[arb(3), arb(4)]])).contains(5)
    assert frobenius_norm([[arb(0)]]) == 0


def test_a_large_singular_matrix_is_enclosed_tightly() -> None:
    numbers = [[(7 * i * i + 3 * k * i + k) % 11 for k in range(8)] for i in range(16)]
    with precision(128):
        columns = [[arb(number) / 7 for number in row] for row in numbers]
        product = arb_mat(columns) * arb_mat(columns).transpose()
        low, high = (
            ball(end) for end in extreme_eigenvalues([list(row) for row in product.tolist()])
        )
        assert low.contains(0)
        assert low.rad() < high * arb(2) ** -115
