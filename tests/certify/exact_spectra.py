"""Matrices whose eigenvalues are known, and exact answers by rational arithmetic."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

from flint import fmpq, fmpq_mat
from hypothesis import strategies as st

Rows = list[list[Fraction]]


def rational(value: Fraction) -> fmpq:
    return fmpq(value.numerator, value.denominator)


def least_at_least(rows: Rows, c: Fraction) -> bool:
    """lambda_min >= c, exactly: Descartes' rule on the characteristic polynomial of c I - A.

    All roots are real, so the rule counts the positive ones.
    """
    n = len(rows)
    shifted = [[(c if i == j else 0) - rows[i][j] for j in range(n)] for i in range(n)]
    matrix = fmpq_mat([[rational(Fraction(v)) for v in row] for row in shifted])
    signs = [coefficient > 0 for coefficient in matrix.charpoly().coeffs() if coefficient != 0]
    return not any(p != q for p, q in pairwise(signs))


def contains_least(rows: Rows, low: float, high: float) -> bool:
    """Low <= lambda_min <= high, exactly."""
    beyond = Fraction(high) + Fraction(1, 10**400)
    return least_at_least(rows, Fraction(low)) and not least_at_least(rows, beyond)


def reflected(eigenvalues: list[Fraction], v: list[Fraction]) -> Rows:
    """Q D Q with the Householder reflection Q = I - 2 v v^T/(v^T v): rational, similar to D."""
    n, square = len(v), sum(x * x for x in v)
    q = [[(i == j) - 2 * v[i] * v[j] / square for j in range(n)] for i in range(n)]
    return [
        [sum((q[i][k] * eigenvalues[k] * q[k][j] for k in range(n)), Fraction(0)) for j in range(n)]
        for i in range(n)
    ]


def hilbert(n: int) -> Rows:
    return [[Fraction(1, i + j + 1) for j in range(n)] for i in range(n)]


def floats_of(matrix: list[list[float]]) -> Rows:
    """The exact values of floats."""
    return [[Fraction(entry) for entry in row] for row in matrix]


small = st.fractions(-9, 9, max_denominator=9)


@st.composite
def known_spectra(draw: st.DrawFn) -> tuple[list[Fraction], Rows]:
    """Eigenvalues, often repeated, and a full matrix that has them."""
    eigenvalues = draw(st.lists(st.one_of(st.just(Fraction(1)), small), min_size=1, max_size=6))
    n = len(eigenvalues)
    v = draw(st.lists(small, min_size=n, max_size=n).filter(any))
    return eigenvalues, reflected(eigenvalues, v)


@st.composite
def integer_matrices(draw: st.DrawFn, largest: int = 9) -> Rows:
    n = draw(st.integers(1, 6))
    row = st.lists(st.integers(-largest, largest), min_size=n, max_size=n)
    rows = draw(st.lists(row, min_size=n, max_size=n))
    return [[Fraction(rows[max(i, j)][min(i, j)]) for j in range(n)] for i in range(n)]
