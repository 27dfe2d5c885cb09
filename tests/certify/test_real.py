"""Complex entries are refused: reading them as real ones would drop a part without a word."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from certify import (
    EnclosedMatrix,
    best_separator,
    enclosed,
    equilibrium_error,
    frobenius_norm,
    lambda_max,
    lambda_min,
    monotone_error,
    monotonicity,
    operator_norm,
    positive_eigenvalues,
    sigma_min,
    spectral_norm,
)

EYE = torch.eye(2, dtype=torch.float64)
COMPLEX = (1 + 1j) * EYE
WORDS: Any = "words"


@pytest.mark.parametrize(
    "function",
    [
        lambda_min,
        lambda_max,
        spectral_norm,
        frobenius_norm,
        operator_norm,
        sigma_min,
        positive_eigenvalues,
        best_separator,
        lambda A: enclosed(A, 0.0),
        lambda A: monotonicity(A, EYE[0] + 1),
        lambda A: equilibrium_error(A, EYE[0, 0]),
        lambda A: monotone_error(EYE / 2, A, EYE, EYE[0] + 1),
    ],
)
@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (COMPLEX, "is of torch.complex128; give torch.float64"),
        (EYE > 0, "is of torch.bool; give torch.float64"),
        (WORDS, "='words'; give a tensor of floats"),
        (EYE.tolist(), r"=\[\[1.0, 0.0\], .*; give a tensor of floats"),
    ],
)
def test_only_tensors_of_real_floats_are_taken(
    function: Callable[[Any], object], wrong: Any, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        function(wrong)


def test_bounds_of_entries_and_enclosed_matrices_are_real() -> None:
    with pytest.raises(ValueError, match=r"entries is of torch\.complex128; give"):
        lambda_min(EYE, entries=COMPLEX)
    with pytest.raises(ValueError, match="sigma_min: entries='words'; give a number or a tensor"):
        sigma_min(EYE, entries=WORDS)
    with pytest.raises(ValueError, match="enclosed: error='words'; give an error >= 0"):
        enclosed(EYE, WORDS)
    numbers: tuple[Any, ...] = (np.float32(0.5), np.int64(1), 1, EYE)
    assert all(lambda_min(EYE, entries=entries).low <= 0.5 for entries in numbers)
    for matrix in (COMPLEX, COMPLEX.numpy(), COMPLEX.tolist()):
        with pytest.raises(ValueError, match=r"EnclosedMatrix\.of_floats: complex entries; give"):
            EnclosedMatrix.of_floats(matrix)
    with pytest.raises(ValueError, match="EnclosedMatrix: complex entries; give real ones"):
        EnclosedMatrix(EYE.numpy(), 1j)


def test_residuals_belong_to_rows_of_the_seeds() -> None:
    with pytest.raises(ValueError, match=r"residual of shape \(2, 2\), rho of \(3,\); give a"):
        equilibrium_error(EYE, EYE.new_ones(3))
