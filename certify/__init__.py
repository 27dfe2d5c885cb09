"""Numbers with error bounds: eigenvalues and norms of computed matrices."""

from certify.inertia import positive_eigenvalues
from certify.kernels import limit_lambda_min
from certify.linalg import (
    NotSymmetricError,
    enclosed,
    frobenius_norm,
    lambda_max,
    lambda_min,
    spectral_norm,
)
from certify.scan import largest_certain

__all__ = [
    "NotSymmetricError",
    "enclosed",
    "frobenius_norm",
    "lambda_max",
    "lambda_min",
    "largest_certain",
    "limit_lambda_min",
    "positive_eigenvalues",
    "spectral_norm",
]
