import math
from fractions import Fraction
from itertools import pairwise

import pytest
import torch
from flint import fmpq, fmpq_mat
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from certify import NotSymmetricError, lambda_min, positive_eigenvalues

Rows = list[list[Fraction]]
EPS = torch.finfo(torch.float64).eps

quick = settings(max_examples=100, deadline=None, database=None, derandomize=True)


def tensor(rows: Rows) -> Tensor:
    return torch.tensor([[float(v) for v in row] for row in rows], dtype=torch.float64)


def exact_inertia(rows: Rows) -> int:
    """By Descartes' rule on the exact characteristic polynomial, all of whose roots are real."""
    matrix = fmpq_mat([[fmpq(v.numerator, v.denominator) for v in row] for row in rows])
    signs = [c > 0 for c in matrix.charpoly().coeffs() if c != 0]
    return sum(p != q for p, q in pairwise(signs))


@st.composite
def symmetric(draw: st.DrawFn) -> Rows:
    """Integers with a positive diagonal, of any inertia."""
    n = draw(st.integers(1, 5))
    row = st.lists(st.integers(-9, 9), min_size=n, max_size=n)
    rows = draw(st.lists(row, min_size=n, max_size=n))
    return [
        [Fraction(abs(rows[i][i]) + 1 if i == j else rows[max(i, j)][min(i, j)]) for j in range(n)]
        for i in range(n)
    ]


@st.composite
def grams(draw: st.DrawFn) -> Rows:
    """Z Z^T of small nonzero integer rows, often of a rank below n."""
    d = draw(st.integers(1, 4))
    row = st.lists(st.integers(-2, 2), min_size=d, max_size=d).filter(any)
    rows = draw(st.lists(row, min_size=1, max_size=6))
    return [[Fraction(sum(p * q for p, q in zip(a, b, strict=True))) for b in rows] for a in rows]


def rescaled(rows: Rows, powers: list[int]) -> Rows:
    """D A D with D = diag(10^powers); the inertia stays."""
    factors = [Fraction(10) ** power for power in powers]
    return [
        [p * v * q for v, q in zip(row, factors, strict=True)]
        for p, row in zip(factors, rows, strict=True)
    ]


@quick
@given(st.one_of(symmetric(), grams()))
def test_small_integer_matrices_are_counted_exactly(rows: Rows) -> None:
    # Their nonzero eigenvalues are far above rounding: an integer minor is at least 1.
    assert positive_eigenvalues(tensor(rows)) == exact_inertia(rows)


@quick
@given(
    st.one_of(symmetric(), grams()),
    st.lists(st.integers(-70, 70), min_size=6, max_size=6),
)
def test_rows_of_very_different_norms_are_counted_exactly(rows: Rows, powers: list[int]) -> None:
    scaled = rescaled(rows, powers[: len(rows)])
    assert positive_eigenvalues(tensor(scaled)) == exact_inertia(rows) == exact_inertia(scaled)


def test_a_tiny_eigenvalue_is_seen_beside_large_rows() -> None:
    rows = rescaled([[Fraction(2), Fraction(1)], [Fraction(1), Fraction(2)]], [12, -12])
    assert lambda_min(tensor(rows)).low < 0  # hidden by the rounding of the large row
    assert positive_eigenvalues(tensor(rows)) == 2


@quick
@given(
    st.lists(st.integers(-99, 99).filter(bool), min_size=1, max_size=6),
    st.integers(0, 2**32),
    st.integers(-30, 30),
)
def test_noise_in_the_entries_is_not_counted(z: list[int], seed: int, power: int) -> None:
    # z z^T has one positive eigenvalue; entries good to 16 eps may hide it behind any small ones.
    column = torch.tensor(z, dtype=torch.float64) * 10.0**power
    A = torch.outer(column, column)
    generator = torch.Generator().manual_seed(seed)
    noise = torch.randint(-1, 2, A.shape, generator=generator).tril()
    A = A * (1 + 15 * EPS * (noise + noise.tril(-1).T))
    assert torch.equal(A, A.T)
    assert positive_eigenvalues(A) == 1


@pytest.mark.parametrize("n", [1, 2, 8, 30])
def test_known_matrices_are_counted(n: int) -> None:
    assert positive_eigenvalues(torch.eye(n, dtype=torch.float64)) == n
    assert positive_eigenvalues(torch.ones(n, n, dtype=torch.float64)) == 1
    # I - c 1 1^T has the eigenvalue 1 - c n once.
    for c, expected in ((0.5 / n, n), (0.9, n - 1 if n > 1 else 1)):
        assert positive_eigenvalues(torch.eye(n, dtype=torch.float64) - c) == expected


@pytest.mark.parametrize(("angle", "expected"), [(1e-3, 2), (1e-8, 2), (1e-12, 2), (1e-17, 1)])
def test_a_small_gap_counts_while_it_is_certain(angle: float, expected: int) -> None:
    corner = 0.5 - angle / (2 * math.pi)
    A = torch.tensor([[0.5, corner], [corner, 0.5]], dtype=torch.float64)
    assert positive_eigenvalues(A) == expected


@pytest.mark.parametrize(("n", "least"), [(1, 1), (4, 4), (8, 8), (14, 9)])
def test_ill_conditioned_matrices_are_not_overcounted(n: int, least: int) -> None:
    hilbert = [[Fraction(1, i + j + 1) for j in range(n)] for i in range(n)]
    assert exact_inertia(hilbert) == n
    assert least <= positive_eigenvalues(tensor(hilbert)) <= n


def test_what_counts_is_certain_also_in_float32() -> None:
    column = torch.linspace(0.1, 3, 6)
    assert positive_eigenvalues(torch.outer(column, column)) == 1
    assert positive_eigenvalues(torch.eye(3)) == 3


@pytest.mark.parametrize("entry", [0.0, -1.0, math.nan])
def test_a_diagonal_that_is_not_positive_is_refused(entry: float) -> None:
    A = torch.tensor([[1.0, 0.0], [0.0, entry]], dtype=torch.float64)
    with pytest.raises(ValueError, match="positive_eigenvalues: the diagonal has"):
        positive_eigenvalues(A)


def test_bad_matrices_are_refused_as_by_lambda_min() -> None:
    with pytest.raises(NotSymmetricError):
        positive_eigenvalues(torch.tensor([[1.0, 0.5], [0.4, 1.0]], dtype=torch.float64))
    with pytest.raises(ValueError, match="NaN"):
        positive_eigenvalues(torch.tensor([[1.0, math.nan], [math.nan, 1.0]]))
    with pytest.raises(ValueError, match="infinite"):
        positive_eigenvalues(torch.tensor([[math.inf]]))
