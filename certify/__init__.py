"""Numbers with error bounds, estimated or proved: eigenvalues, norms, kernels, Gaussian means."""

from certify.definite import decide_lambda_min
from certify.enclosed_matrix import EnclosedMatrix, NotSymmetricError
from certify.gaussian_means import Growth, gaussian_mean
from certify.gaussian_pairs import correlated_mean
from certify.hermite import gauss_hermite
from certify.inertia import positive_eigenvalues
from certify.kernels import arc_cosine_kernel, limit_kernel, limit_lambda_min
from certify.linalg import enclosed, frobenius_norm, lambda_max, lambda_min, spectral_norm
from certify.scan import largest_certain

__all__ = [
    "EnclosedMatrix",
    "Growth",
    "NotSymmetricError",
    "arc_cosine_kernel",
    "correlated_mean",
    "decide_lambda_min",
    "enclosed",
    "frobenius_norm",
    "gauss_hermite",
    "gaussian_mean",
    "lambda_max",
    "lambda_min",
    "largest_certain",
    "limit_kernel",
    "limit_lambda_min",
    "positive_eigenvalues",
    "spectral_norm",
]
