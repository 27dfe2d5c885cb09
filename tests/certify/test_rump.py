from fractions import Fraction
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certify import rump
from certify.rounding import UNIT, Floats
from certify.rump import (
    above_by_quotient,
    below_by_cholesky,
    below_by_circles,
    cholesky,
    cholesky_error,
)
from tests.certify.exact_spectra import Rows, floats_of, integer_matrices, least_at_least

quick = settings(max_examples=80, deadline=None, database=None, derandomize=True)


def floats(rows: Rows) -> Floats:
    return np.array([[float(entry) for entry in row] for row in rows])


def exact_rows(matrix: Floats) -> Rows:
    return floats_of(matrix.tolist())


def deceptive(seed: int) -> Floats:
    """The last pivot is about 0: often indefinite, and often factored by LAPACK all the same."""
    random = Random(seed)  # noqa: S311
    a, b = random.uniform(0.5, 1), random.uniform(0.5, 1)
    across = b / np.sqrt(a)
    return np.array([[a, b], [b, np.nextafter(across * across, np.inf)]])


def test_a_matrix_that_is_indefinite_by_less_than_rounding_is_never_called_definite() -> None:
    deceived = 0
    for seed in range(300):
        matrix = deceptive(seed)
        if least_at_least(exact_rows(matrix), Fraction(0)) or cholesky(matrix, 0.0) is None:
            continue
        deceived += 1
        bound = below_by_cholesky(matrix, 0.0, 0.0)
        assert bound is not None
        assert bound < 0.0
        assert least_at_least(exact_rows(matrix), Fraction(bound))
    # LAPACK factors these indefinite matrices, so the error term alone stands in the way.
    assert deceived > 20


def test_without_the_error_term_a_wrong_bound_comes_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rump, "cholesky_error", lambda *_: 0.0)
    bounds = [(below_by_cholesky(deceptive(seed), 0.0, 0.0), deceptive(seed)) for seed in range(99)]
    assert any(
        bound is not None and not least_at_least(exact_rows(matrix), Fraction(bound))
        for bound, matrix in bounds
    )


@quick
@given(integer_matrices(), st.floats(-40, 10))
def test_a_factor_proves_its_bound(rows: Rows, shift: float) -> None:
    bound = below_by_cholesky(floats(rows), shift, 0.0)
    if bound is not None:
        assert bound < shift
        assert least_at_least(rows, Fraction(bound))
    elif least_at_least(rows, Fraction(shift) + Fraction(1, 10**9)):
        pytest.fail("a clearly definite matrix has a factor")


@quick
@given(integer_matrices(), st.lists(st.floats(-1, 1), min_size=6, max_size=6).filter(any))
def test_every_vector_bounds_the_least_eigenvalue_from_above(rows: Rows, v: list[float]) -> None:
    n = len(rows)
    vector = np.array(v[:n])
    if not (np.abs(vector) > 1e-100).any():
        return
    high = above_by_quotient(floats(rows), vector, 0.0)
    exact = [Fraction(x) for x in v[:n]]
    square = sum(x * x for x in exact)
    quotient = sum(exact[i] * rows[i][j] * exact[j] for i in range(n) for j in range(n)) / square
    assert quotient <= Fraction(high)
    assert not least_at_least(rows, Fraction(high) + Fraction(1, 10**300))


def test_a_quotient_without_its_error_term_would_be_wrong() -> None:
    wrong = 0
    for seed in range(40):
        half = np.random.default_rng(seed).standard_normal((5, 5))
        matrix = half + half.T
        v = np.linalg.eigh(matrix)[1][:, 0]
        rows, naive = exact_rows(matrix), float(v @ (matrix @ v) / (v @ v))
        wrong += least_at_least(rows, Fraction(naive) + Fraction(1, 10**30))
        assert not least_at_least(rows, Fraction(above_by_quotient(matrix, v, 0.0)))
    assert wrong > 5


@quick
@given(integer_matrices())
def test_circles_bound_the_least_eigenvalue_from_below(rows: Rows) -> None:
    assert least_at_least(rows, Fraction(below_by_circles(floats(rows), 0.0)))


def test_circles_are_exact_for_diagonal_floats() -> None:
    matrix = np.diag([0.3, 0.1, 0.1])
    assert below_by_circles(matrix, 0.0) == 0.1
    assert below_by_circles(matrix, 0.05) <= 0.05


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=9), st.floats(0, 1))
def test_the_error_is_rump_s(diagonal: list[float], spread: float) -> None:
    n, u = len(diagonal), Fraction(UNIT)
    gamma = (n + 2) * u / (1 - (n + 2) * u)
    trace, largest = sum(map(Fraction, diagonal)), Fraction(max(diagonal))
    exact = gamma / (1 - gamma) * trace + u * largest + Fraction(spread)
    found = Fraction(cholesky_error(np.array(diagonal), spread))
    assert exact <= found <= exact * (1 + Fraction(1, 10**13)) + Fraction(1, 10**300)


def test_errors_of_the_entries_lower_the_bound_by_their_norm() -> None:
    exact = below_by_cholesky(np.eye(3), 0.5, 0.0)
    blurred = below_by_cholesky(np.eye(3), 0.5, 0.25)
    assert exact is not None
    assert blurred is not None
    assert abs(exact - blurred - 0.25) < 1e-15


def test_there_is_no_factor_of_a_singular_or_broken_matrix() -> None:
    assert cholesky(np.zeros((2, 2)), 0.0) is None
    assert cholesky(np.ones((2, 2)), 0.0) is None
    assert cholesky(-np.eye(1), 0.0) is None
    # Products overflow on the way, and inf - inf is NaN.
    assert cholesky(np.array([[1e-300, 1e300], [1e300, 1e300]]), 0.0) is None
