"""Numbers with error bounds, estimated or proved: eigenvalues, norms, kernels, Gaussian means."""

from certify.all_equilibria import (
    EquilibriumSet,
    all_equilibria,
    exact_equilibrium,
    least_principal_minor,
)
from certify.definite import decide_lambda_min
from certify.enclosed_matrix import EnclosedMatrix, NotSymmetricError
from certify.equilibria import Found, IllPosedError, equilibrium_error, solved
from certify.exact.balls import UnreadableError
from certify.exact.canonical import canonical, digest_of
from certify.exact.check import Checked
from certify.exact.check import check as check_certificate
from certify.exact.infix import infix
from certify.exact.reading import read_document
from certify.gaussian_means import Growth, gaussian_mean
from certify.gaussian_pairs import correlated_mean
from certify.hermite import gauss_hermite
from certify.hermite_means import (
    hermite_product,
    relu_coefficient,
    relu_square_mean,
    stacked_relu_activity,
    stacked_relu_square,
)
from certify.inertia import positive_eigenvalues
from certify.kernels import arc_cosine_kernel, limit_kernel, limit_lambda_min, row_cosines
from certify.linalg import enclosed, frobenius_norm, lambda_max, lambda_min, spectral_norm
from certify.monotone import monotone_error, monotone_solved, monotonicity, pattern_certain
from certify.nearby_root import nearby_root
from certify.numpy_code import ScriptError
from certify.population import population_cosines, population_kernel, relu_series, series_floor
from certify.scan import largest_certain
from certify.script import numpy_script
from certify.separators import Separator, best_separator
from certify.singular import operator_norm, sigma_min

__all__ = [
    "Checked",
    "EnclosedMatrix",
    "EquilibriumSet",
    "Found",
    "Growth",
    "IllPosedError",
    "NotSymmetricError",
    "ScriptError",
    "Separator",
    "UnreadableError",
    "all_equilibria",
    "arc_cosine_kernel",
    "best_separator",
    "canonical",
    "check_certificate",
    "correlated_mean",
    "decide_lambda_min",
    "digest_of",
    "enclosed",
    "equilibrium_error",
    "exact_equilibrium",
    "frobenius_norm",
    "gauss_hermite",
    "gaussian_mean",
    "hermite_product",
    "infix",
    "lambda_max",
    "lambda_min",
    "largest_certain",
    "least_principal_minor",
    "limit_kernel",
    "limit_lambda_min",
    "monotone_error",
    "monotone_solved",
    "monotonicity",
    "nearby_root",
    "numpy_script",
    "operator_norm",
    "pattern_certain",
    "population_cosines",
    "population_kernel",
    "positive_eigenvalues",
    "read_document",
    "relu_coefficient",
    "relu_series",
    "relu_square_mean",
    "row_cosines",
    "series_floor",
    "sigma_min",
    "solved",
    "spectral_norm",
    "stacked_relu_activity",
    "stacked_relu_square",
]
