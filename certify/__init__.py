"""Numbers with error bounds, estimated or proved: eigenvalues, norms, kernels, Gaussian means."""

from certify.definite import decide_lambda_min
from certify.enclosed_matrix import EnclosedMatrix, NotSymmetricError
from certify.exact.balls import UnreadableError
from certify.exact.canonical import canonical, digest_of
from certify.exact.check import Checked
from certify.exact.check import check as check_certificate
from certify.exact.reading import read_document
from certify.gaussian_means import Growth, gaussian_mean
from certify.gaussian_pairs import correlated_mean
from certify.hermite import gauss_hermite
from certify.inertia import positive_eigenvalues
from certify.kernels import arc_cosine_kernel, limit_kernel, limit_lambda_min
from certify.linalg import enclosed, frobenius_norm, lambda_max, lambda_min, spectral_norm
from certify.numpy_code import ScriptError
from certify.scan import largest_certain
from certify.script import numpy_script

__all__ = [
    "Checked",
    "EnclosedMatrix",
    "Growth",
    "NotSymmetricError",
    "ScriptError",
    "UnreadableError",
    "arc_cosine_kernel",
    "canonical",
    "check_certificate",
    "correlated_mean",
    "decide_lambda_min",
    "digest_of",
    "enclosed",
    "frobenius_norm",
    "gauss_hermite",
    "gaussian_mean",
    "lambda_max",
    "lambda_min",
    "largest_certain",
    "limit_kernel",
    "limit_lambda_min",
    "numpy_script",
    "positive_eigenvalues",
    "read_document",
    "spectral_norm",
]
