import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certify import EnclosedMatrix, NotSymmetricError, decide_lambda_min, limit_kernel
from tests.certify.exact_spectra import (
    Rows,
    floats_of,
    hilbert,
    integer_matrices,
    known_spectra,
    least_at_least,
)
from tests.certify.test_rump import deceptive

quick = settings(max_examples=80, deadline=None, database=None, derandomize=True)


@quick
@given(known_spectra(), st.integers(1, 100))
def test_both_sides_of_a_known_eigenvalue_are_decided(
    known: tuple[list[Fraction], Rows], bits: int
) -> None:
    eigenvalues, rows = known
    A, least = EnclosedMatrix.of_rows(rows), min(eigenvalues)
    gap = Fraction(1, 2**bits)
    assert decide_lambda_min(A, least - gap) is True
    assert decide_lambda_min(A, least + gap) is False


@quick
@given(known_spectra(), st.fractions(-20, 20))
def test_a_decision_is_never_wrong(known: tuple[list[Fraction], Rows], c: Fraction) -> None:
    eigenvalues, rows = known
    A, least = EnclosedMatrix.of_rows(rows), min(eigenvalues)
    floats_only = EnclosedMatrix(A.middle, A.radius, rigor="proved")
    for bound in (c, least, Fraction(float(least)), Fraction(0)):
        for matrix in (A, floats_only):
            assert decide_lambda_min(matrix, bound) in {least >= bound, None}


@quick
@given(integer_matrices(), st.fractions(-20, 20, max_denominator=10**20))
def test_integer_matrices_are_decided_rightly(rows: Rows, c: Fraction) -> None:
    assert decide_lambda_min(EnclosedMatrix.of_rows(rows), c) in {least_at_least(rows, c), None}


def test_rounding_errors_never_make_a_matrix_definite() -> None:
    for seed in range(100):
        floats = deceptive(seed)
        definite = least_at_least(floats_of(floats.tolist()), Fraction(0))
        floats_only = EnclosedMatrix(floats, 0.0, rigor="proved")
        assert decide_lambda_min(floats_only, 0.0) is not (not definite)
        # Exactly known entries are decided by balls.
        assert decide_lambda_min(EnclosedMatrix.of_floats(floats), 0.0) in {definite, None}
        # The same block hidden in a matrix that is too large for balls.
        large = np.eye(200)
        large[:2, :2] = floats
        assert decide_lambda_min(EnclosedMatrix.of_floats(large), 0.0) is not (not definite)


def test_large_matrices_are_decided_close_to_the_edge() -> None:
    # The second difference has lambda_min = 4 sin^2(pi/(2(n + 1))).
    n = 700
    A = EnclosedMatrix.of_floats(2 * np.eye(n) - np.eye(n, k=1) - np.eye(n, k=-1))
    least = 4 * math.sin(math.pi / (2 * (n + 1))) ** 2
    assert decide_lambda_min(A, least - 1e-9) is True
    assert decide_lambda_min(A, least + 1e-9) is False
    assert decide_lambda_min(A, Fraction(least)) in {True, False, None}


@pytest.mark.parametrize("n", [2, 8, 14, 20])
def test_hilbert_s_matrix_is_positive_definite(n: int) -> None:
    # lambda_min is about 1e-28 at n = 20; the floats' matrix is not definite at all.
    assert decide_lambda_min(EnclosedMatrix.of_rows(hilbert(n)), 0) is True


def test_ties_are_decided_where_they_can_be() -> None:
    assert decide_lambda_min(EnclosedMatrix.of_rows([[3]]), 3) is True
    assert decide_lambda_min(EnclosedMatrix.of_floats(np.eye(4)), 1.0) is True
    assert decide_lambda_min(EnclosedMatrix.of_floats(np.ones((2, 2))), 0.0) is None
    assert decide_lambda_min(EnclosedMatrix.of_floats(np.zeros((3, 3))), 0.0) is True
    assert decide_lambda_min(EnclosedMatrix.of_floats(np.zeros((3, 3))), 1e-300) is False


def test_parallel_inputs_have_a_singular_kernel_that_is_semidefinite() -> None:
    K = limit_kernel({"rows": [["1", "2"], ["2", "4"], ["0", "1"]]})
    assert decide_lambda_min(K, 0) is True
    assert decide_lambda_min(K, Fraction(1, 10**25)) is False
    assert decide_lambda_min(K, Fraction(1, 10**400)) is None


@pytest.mark.parametrize("exponent", [-1070, -600, 600, 1020])
def test_extreme_scales_are_decided(exponent: int) -> None:
    A = EnclosedMatrix.of_floats(np.ldexp(np.array([[2.0, 1.0], [1.0, 2.0]]), exponent))
    scale = Fraction(2) ** exponent
    assert decide_lambda_min(A, scale * Fraction(999, 1000)) is True
    assert decide_lambda_min(A, scale * Fraction(1001, 1000)) is False
    assert decide_lambda_min(A, -(10**400)) is True
    assert decide_lambda_min(A, 10**400) is False
    large = EnclosedMatrix.of_floats(np.ldexp(np.eye(150) + 1, exponent))
    assert decide_lambda_min(large, scale * Fraction(999, 1000)) is True
    assert decide_lambda_min(large, scale * Fraction(1001, 1000)) is False


def test_what_lies_within_the_radius_is_undecided() -> None:
    A = EnclosedMatrix(np.eye(3), np.eye(3) * 0.1, rigor="proved")
    assert decide_lambda_min(A, 0.89) is True
    assert decide_lambda_min(A, 1.0) is None
    assert decide_lambda_min(A, 1.11) is False


def test_bad_questions_are_refused() -> None:
    A = EnclosedMatrix.of_floats(np.eye(2))
    for c in (math.nan, math.inf, -math.inf):
        with pytest.raises(ValueError, match="finite"):
            decide_lambda_min(A, c)
    with pytest.raises(ValueError, match="estimated"):
        decide_lambda_min(EnclosedMatrix(np.eye(2), 0.0), 0.0)
    with pytest.raises(ValueError, match="square"):
        decide_lambda_min(EnclosedMatrix.of_floats([[1.0, 2.0]]), 0.0)
    with pytest.raises(NotSymmetricError, match="transpose"):
        decide_lambda_min(EnclosedMatrix.of_floats([[1.0, 2.0], [0.0, 1.0]]), 0.0)
