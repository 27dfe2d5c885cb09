"""Datasets, random starts, the two-layer network and its kernels: pure functions of tensors."""

from models.adversary import worst_in_ball
from models.arrangement import (
    hyperplanes_shared,
    hyperplanes_uncovered,
    limit_kernel_nullity,
    parallel_pairs,
)
from models.ball import H_core, change_bound, flip_bound, near_counts
from models.dataset import Dataset, register_source
from models.jacobian import prediction_jacobian
from models.kernels import G2, H, H_error, H_inf, gram
from models.randomness import Keys, SeedNumber, gaussian_weights, rademacher_signs
from models.start import Start
from models.two_layer import gradient, gradients, patterns, predictions

__all__ = [
    "G2",
    "Dataset",
    "H",
    "H_core",
    "H_error",
    "H_inf",
    "Keys",
    "SeedNumber",
    "Start",
    "change_bound",
    "flip_bound",
    "gaussian_weights",
    "gradient",
    "gradients",
    "gram",
    "hyperplanes_shared",
    "hyperplanes_uncovered",
    "limit_kernel_nullity",
    "near_counts",
    "parallel_pairs",
    "patterns",
    "prediction_jacobian",
    "predictions",
    "rademacher_signs",
    "register_source",
    "worst_in_ball",
]
