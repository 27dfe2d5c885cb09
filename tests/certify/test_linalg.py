import math
from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
import torch
from flint import arb_mat, ctx, fmpq, fmpq_mat
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from certify import (
    NotSymmetricError,
    enclosed,
    frobenius_norm,
    lambda_max,
    lambda_min,
    spectral_norm,
)
from verdicts import Approx

Rows = list[list[Fraction]]


def exact_eigenvalues(rows: Rows) -> list[float]:
    """Eigenvalues of a rational symmetric matrix to a hundred digits, by balls."""
    ctx.prec = 400
    n = len(rows)
    balls = arb_mat([[fmpq(v.numerator, v.denominator) for v in row] for row in rows])
    # The rigorous algorithms refuse multiple eigenvalues.
    values = balls.eig(algorithm="approx") if n > 1 else [balls[0, 0]]
    return sorted(float(value.real.mid()) for value in values)


def tensor(rows: Rows) -> Tensor:
    return torch.tensor([[float(v) for v in row] for row in rows], dtype=torch.float64)


def holds(found: Approx, value: float) -> bool:
    return found.low <= value <= found.high


def hilbert(n: int) -> Rows:
    return [[Fraction(1, i + j + 1) for j in range(n)] for i in range(n)]


@pytest.mark.parametrize("n", [1, 2, 3, 6, 10, 14])
def test_ill_conditioned_matrices_are_enclosed(n: int) -> None:
    # Hilbert's matrix of order 14 has lambda_min about 1e-19: below rounding, and still enclosed.
    rows, exact = hilbert(n), exact_eigenvalues(hilbert(n))
    A = tensor(rows)
    assert holds(lambda_min(A), exact[0])
    assert holds(lambda_max(A), exact[-1])
    assert holds(spectral_norm(A), exact[-1])
    assert lambda_min(A).width < 1e-12


symmetric = st.integers(1, 5).flatmap(
    lambda n: st.lists(
        st.lists(st.fractions(-9, 9, max_denominator=99), min_size=n, max_size=n),
        min_size=n,
        max_size=n,
    ).map(lambda rows: [[rows[max(i, j)][min(i, j)] for j in range(n)] for i in range(n)])
)


def positive_eigenvalues(rows: Rows) -> int:
    """By Descartes' rule on the exact characteristic polynomial, all of whose roots are real."""
    matrix = fmpq_mat([[fmpq(v.numerator, v.denominator) for v in row] for row in rows])
    signs = [c > 0 for c in matrix.charpoly().coeffs() if c != 0]
    return sum(p != q for p, q in pairwise(signs))


@given(symmetric)
def test_rational_matrices_are_enclosed(rows: Rows) -> None:
    low, high = Fraction(lambda_min(tensor(rows)).low), Fraction(lambda_max(tensor(rows)).high)

    def minus(shift: Fraction, sign: int) -> Rows:
        return [[sign * (v - shift * (i == j)) for j, v in enumerate(row)] for i, row in numbered]

    numbered = list(enumerate(rows))
    assert positive_eigenvalues(minus(low, -1)) == 0
    assert positive_eigenvalues(minus(high, 1)) == 0


@given(symmetric)
def test_norms_are_enclosed(rows: Rows) -> None:
    A, exact = tensor(rows), exact_eigenvalues(rows)
    assert holds(spectral_norm(A), max(abs(value) for value in exact))
    squared = sum(v * v for row in rows for v in row)
    frobenius = frobenius_norm(A)
    assert Fraction(frobenius.low) ** 2 <= squared <= Fraction(frobenius.high) ** 2


def test_a_batch_equals_a_loop() -> None:
    generator = torch.Generator().manual_seed(3)
    A = torch.randn(4, 5, 3, 3, generator=generator, dtype=torch.float64)
    A = A + A.mT
    for function in (lambda_min, lambda_max, spectral_norm, frobenius_norm):
        together = function(A)
        assert together.shape == (4, 5)
        assert together.rigor == "estimated"
        alone = function(A[2, 3])
        np.testing.assert_allclose(together.lower[2, 3], alone.low, rtol=1e-14)
        np.testing.assert_allclose(together.upper[2, 3], alone.high, rtol=1e-14)


def test_one_by_one_matrices_are_their_entry() -> None:
    A = torch.tensor([[[3.0]], [[-2.0]]], dtype=torch.float64)
    for function, values in ((lambda_min, [3, -2]), (lambda_max, [3, -2]), (spectral_norm, [3, 2])):
        found = function(A, entries=0.0)
        assert found.lower.tolist() == found.upper.tolist() == values


def test_errors_of_the_entries_widen_the_enclosure() -> None:
    A, entries = torch.eye(2, dtype=torch.float64), torch.full((2, 2), 0.5, dtype=torch.float64)
    found = lambda_min(A, entries=entries)
    assert holds(found, 0.0)
    assert holds(found, 2.0)
    assert abs(found.low) < 1e-14
    assert lambda_min(A, entries=0.0).width < lambda_min(A).width
    per_seed = lambda_min(A.expand(3, 2, 2), entries=entries * torch.arange(3)[:, None, None])
    assert per_seed.width.argsort().tolist() == [0, 1, 2]


def test_float32_matrices_have_float32_errors() -> None:
    found = lambda_min(torch.eye(2) / 3)
    assert holds(found, 1 / 3)
    assert 1e-7 < found.width < 1e-4


def test_zero_matrices_and_norms_are_not_negative() -> None:
    zero = torch.zeros(2, 2, dtype=torch.float64)
    assert spectral_norm(zero).high == 0.0
    assert frobenius_norm(zero).low == 0.0
    assert spectral_norm(1e-20 * torch.eye(2), entries=1.0).low == 0.0


def test_rounding_asymmetry_is_allowed_and_counted() -> None:
    A = torch.tensor([[1.0, 0.5], [0.5 + 1e-12, 1.0]], dtype=torch.float64)
    assert holds(lambda_min(A), 0.5)
    assert lambda_min(A).width > 5e-13


def test_a_matrix_that_is_not_symmetric_is_refused() -> None:
    with pytest.raises(NotSymmetricError, match=r"lambda_min: \|\|A - A\^T\|\|_F = 0\.\d+"):
        lambda_min(torch.tensor([[1.0, 0.5], [0.4, 1.0]], dtype=torch.float64))
    assert issubclass(NotSymmetricError, ValueError)


@pytest.mark.parametrize("function", [lambda_min, lambda_max, spectral_norm, frobenius_norm])
@pytest.mark.parametrize(
    ("A", "message"),
    [
        (torch.ones(3), "shape"),
        (torch.ones(0, 0), "shape"),
        (torch.ones(2, 2).long(), "dtype"),
        (torch.tensor([[math.nan]]), "NaN"),
        (torch.tensor([[1.0, math.inf], [math.inf, 1.0]]), "infinite"),
    ],
)
def test_bad_matrices_are_refused(
    function: Callable[[Tensor], Approx], A: Tensor, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        function(A)


def test_rectangles_have_a_frobenius_norm_only() -> None:
    assert holds(frobenius_norm(torch.tensor([[3.0, 4.0]])), 5.0)
    with pytest.raises(ValueError, match="square"):
        lambda_min(torch.ones(1, 2))


@pytest.mark.parametrize("entries", [-1.0, math.nan])
def test_bad_entry_bounds_are_refused(entries: float) -> None:
    with pytest.raises(ValueError, match="entries"):
        lambda_min(torch.eye(2), entries=entries)


def test_enclosed_makes_an_approx_of_a_tensor() -> None:
    found = enclosed(torch.tensor([1, 2]), torch.tensor([0.0, 0.5]))
    assert found.lower[0] == found.upper[0] == 1.0
    assert found.lower[1] <= 1.5
    assert found.upper[1] >= 2.5
    overflow = enclosed(torch.tensor(math.inf), 1.0)
    assert overflow.high == math.inf
    assert overflow.low > 1e308


@pytest.mark.parametrize("error", [-1.0, math.nan, torch.tensor([-1.0])])
def test_enclosed_refuses_a_bad_error(error: float | Tensor) -> None:
    with pytest.raises(ValueError, match="enclosed: error"):
        enclosed(torch.ones(1), error)
    with pytest.raises(ValueError, match="NaN"):
        enclosed(torch.tensor(math.nan), 0.0)


@pytest.mark.parametrize("exponent", [-1040, -1020, -600, -560, 540, 1000])
def test_no_error_vanishes_or_overflows_with_the_matrix(exponent: int) -> None:
    draw = np.random.default_rng(3)
    for n in (1, 2, 3):
        table = draw.integers(-9, 10, (n, n))
        A = torch.tensor(np.ldexp((table + table.T).astype(np.float64), exponent))
        rows = [[Fraction(z) / Fraction(2) ** exponent for z in row] for row in A.tolist()]
        values = exact_eigenvalues(rows)
        norm = math.sqrt(sum(float(z) ** 2 for row in rows for z in row))
        found = (lambda_min(A), lambda_max(A), frobenius_norm(A))
        for one, exact in zip(found, (values[0], values[-1], norm), strict=True):
            ends = [Fraction(end) / Fraction(2) ** exponent for end in (one.low, one.high)]
            assert ends[0] - Fraction(1, 10**12) <= exact <= ends[1] + Fraction(1, 10**12)
            assert n == 1 or not norm or ends[0] < ends[1]
            assert one.high - one.low < 1e-12 * math.ldexp(norm, exponent) + 2.0**-980
