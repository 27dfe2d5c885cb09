import math
from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest
import torch
from flint import arb, ctx
from hypothesis import given, settings
from hypothesis import strategies as st

from certify import (
    EnclosedMatrix,
    NotSymmetricError,
    frobenius_norm,
    lambda_max,
    lambda_min,
    proved_spectrum,
    spectral_norm,
)
from certify.rounding import Floats
from tests.certify.exact_spectra import (
    Rows,
    contains_least,
    floats_of,
    hilbert,
    integer_matrices,
    known_spectra,
)
from verdicts import Approx

quick = settings(max_examples=80, deadline=None, database=None, derandomize=True)


def holds(found: Approx, value: Fraction) -> bool:
    return Fraction(found.low) <= value <= Fraction(found.high)


def without_balls(A: EnclosedMatrix) -> EnclosedMatrix:
    """The same matrix, for floating arithmetic alone."""
    return EnclosedMatrix(A.middle, A.radius, rigor="proved")


@quick
@given(known_spectra())
def test_known_spectra_are_enclosed(known: tuple[list[Fraction], Rows]) -> None:
    eigenvalues, rows = known
    exact = EnclosedMatrix.of_rows(rows)
    for A in (exact, without_balls(exact)):
        assert holds(lambda_min(A), min(eigenvalues))
        assert holds(lambda_max(A), max(eigenvalues))
        assert holds(spectral_norm(A), max(abs(value) for value in eigenvalues))
        assert lambda_min(A).rigor == spectral_norm(A).rigor == "proved"
    size = max(abs(value) for value in eigenvalues)
    assert lambda_min(exact).width <= 2.0**-48 * abs(min(eigenvalues)) + 1e-30
    assert lambda_min(without_balls(exact)).width <= 1e-13 * float(size) + 1e-300


@quick
@given(integer_matrices())
def test_integer_matrices_are_enclosed(rows: Rows) -> None:
    exact = EnclosedMatrix.of_rows(rows)
    for A in (exact, without_balls(exact)):
        found = lambda_min(A)
        assert contains_least(rows, found.low, found.high)


@quick
@given(integer_matrices(), st.floats(0.0, 1.0))
def test_every_matrix_within_the_radius_is_enclosed(rows: Rows, radius: float) -> None:
    n = len(rows)
    A = EnclosedMatrix(np.array(rows, dtype=float), radius, rigor="proved")
    found = lambda_min(A)
    for sign in (-1, 0, 1):
        moved = [[rows[i][j] + sign * Fraction(radius) for j in range(n)] for i in range(n)]
        assert contains_least(moved, found.low, found.high)


@pytest.mark.parametrize("n", [1, 2, 5, 10, 16])
def test_hilbert_s_matrix_keeps_its_relative_accuracy(n: int) -> None:
    found = lambda_min(EnclosedMatrix.of_rows(hilbert(n)))
    assert contains_least(hilbert(n), found.low, found.high)
    assert found.width <= 2.0**-48 * found.high


@pytest.mark.parametrize("n", [1, 2, 60, 300, 500])
def test_the_second_difference_has_its_cosine_eigenvalues(n: int) -> None:
    A = EnclosedMatrix.of_floats(2 * np.eye(n) - np.eye(n, k=1) - np.eye(n, k=-1))
    with ctx.workprec(200):
        angle = arb.pi() / (2 * (n + 1))
        for found, exact in (
            (lambda_min(A), 4 * angle.sin() ** 2),
            (lambda_max(A), 4 * angle.cos() ** 2),
            (spectral_norm(A), 4 * angle.cos() ** 2),
        ):
            assert arb(found.low) <= exact.upper()
            assert exact.lower() <= arb(found.high)
            assert found.width <= 4e-16 * n**2


@pytest.mark.parametrize("n", [3, 150, 450])
def test_repeated_and_clustered_eigenvalues_are_enclosed(n: int) -> None:
    # I + e e^T: 1 with multiplicity n - 1, and 1 + n.
    A = EnclosedMatrix.of_floats(np.eye(n) + np.ones((n, n)))
    assert holds(lambda_min(A), Fraction(1))
    assert lambda_min(A).width < 1e-15 * n**2
    assert holds(lambda_max(A), Fraction(1 + n))
    assert holds(lambda_min(EnclosedMatrix.of_floats(3 * np.eye(n))), Fraction(3))


@pytest.mark.parametrize("n", [2, 40, 130, 450])
def test_singular_matrices_are_enclosed(n: int) -> None:
    x = np.arange(1.0, n + 1)[:, None]
    A = EnclosedMatrix.of_floats(x @ x.T)
    assert holds(lambda_min(A), Fraction(0))
    assert lambda_min(A).width <= 1e-15 * n * float(np.sum(x**2))
    assert holds(lambda_max(A), Fraction(sum(i**2 for i in range(1, n + 1))))


def test_a_rounded_gram_matrix_is_judged_as_the_floats_it_is() -> None:
    # X X^T of rank 3 in floats is indefinite by rounding, and the enclosure knows by how much.
    x = np.random.default_rng(1).standard_normal((12, 3))
    gram = x @ x.T
    gram = (gram + gram.T) / 2
    found = lambda_min(EnclosedMatrix.of_floats(gram))
    assert contains_least(floats_of(gram.tolist()), found.low, found.high)
    assert found.high < 0
    assert found.width < 1e-13


@pytest.mark.parametrize("exponent", [-1070, -700, 700, 1015])
@pytest.mark.parametrize("n", [2, 3, 140])
def test_extreme_scales_are_enclosed(exponent: int, n: int) -> None:
    A = EnclosedMatrix.of_floats(np.ldexp(np.eye(n) + 1, exponent))
    scale = Fraction(2) ** exponent
    assert holds(lambda_min(A), scale)
    assert holds(lambda_max(A), (n + 1) * scale)
    found = frobenius_norm(A)
    squared = scale**2 * (4 * n + n * (n - 1))
    assert Fraction(found.low) ** 2 <= squared <= Fraction(found.high) ** 2
    assert Fraction(float(lambda_min(A).width)) <= scale * n**2 / 10**13 + Fraction(2) ** -1070


def test_zero_and_one_by_one_matrices_are_enclosed() -> None:
    for n in (1, 2, 130):
        zero = EnclosedMatrix.of_floats(np.zeros((n, n)))
        assert lambda_min(zero).low == 0.0
        assert lambda_min(zero).high < 1e-290
        assert spectral_norm(zero).low == 0.0
        assert frobenius_norm(zero).high == 0.0
    one = EnclosedMatrix.of_rows([["-1/3"]])
    assert holds(lambda_min(one), Fraction(-1, 3))
    assert holds(spectral_norm(one), Fraction(1, 3))
    assert lambda_min(EnclosedMatrix.of_floats([[-0.5]])).width == 0.0


def test_gram_matrices_have_no_negative_eigenvalue() -> None:
    singular = [[1.0, 1.0], [1.0, 1.0]]
    assert lambda_min(EnclosedMatrix(singular, 0.0, rigor="proved")).low < 0
    assert lambda_min(EnclosedMatrix(singular, 0.0, gram=True, rigor="proved")).low == 0.0


def test_a_bad_vector_widens_the_enclosure_and_breaks_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def wrong(middle: Floats) -> tuple[float, Floats]:
        return 2.9, np.eye(len(middle))[0]

    monkeypatch.setattr(proved_spectrum, "least_eigenpair", wrong)
    rows = [[Fraction(2), Fraction(1)], [Fraction(1), Fraction(2)]]
    exact = EnclosedMatrix.of_rows(rows)
    for A in (exact, without_balls(exact)):
        assert holds(lambda_min(A), Fraction(1))


def test_frobenius_norms_take_any_shape_and_count_the_radius() -> None:
    found = frobenius_norm(EnclosedMatrix.of_rows([[3, 4]]))
    assert holds(found, Fraction(5))
    assert found.width < 1e-13
    blurred = frobenius_norm(EnclosedMatrix([[3.0, 4.0]], [[0.0, 2.0]], rigor="proved"))
    assert blurred.low <= math.sqrt(13)
    assert blurred.high >= math.sqrt(45)
    assert frobenius_norm(EnclosedMatrix([[1.0]], 2.0)).low == 0.0


def test_estimated_matrices_stay_estimated() -> None:
    A = EnclosedMatrix(np.eye(2), 1e-15)
    for function in (lambda_min, lambda_max, spectral_norm, frobenius_norm):
        assert function(A).rigor == "estimated"
        assert function(EnclosedMatrix.of_floats(np.eye(2))).rigor == "proved"


@pytest.mark.parametrize("function", [lambda_min, lambda_max, spectral_norm])
def test_what_is_not_symmetric_is_refused(function: Callable[..., Approx]) -> None:
    with pytest.raises(ValueError, match="square"):
        function(EnclosedMatrix.of_floats([[1.0, 2.0]]))
    with pytest.raises(NotSymmetricError, match="transpose"):
        function(EnclosedMatrix.of_floats([[1.0, 2.0], [0.0, 1.0]]))
    # The floats agree, the numbers do not.
    with pytest.raises(NotSymmetricError, match="transpose"):
        function(EnclosedMatrix.of_rows([[1, "1/3"], ["0.33333333333333333333", 1]]))
    with pytest.raises(ValueError, match="leave them out"):
        function(EnclosedMatrix.of_floats([[1.0]]), entries=torch.zeros(1, 1))
