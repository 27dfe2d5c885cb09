"""What Hypothesis may choose, as exact recipes that shrink to readable points."""

from strategies.datasets import duplicated_datasets, nonzero_datasets, unit_sphere_datasets
from strategies.deep import activation_names, ball_moves, deep_starts
from strategies.directions import KINDS
from strategies.gaussian import Covariance, Matrix, covariances, matrix_chains
from strategies.linear_nets import linear_critical_points
from strategies.numbers import (
    exact_decimals,
    failure_probabilities,
    horizons,
    seeds,
    small_decimals,
    step_counts,
    step_sizes,
    whole_numbers,
    widths,
)
from strategies.premises import either, with_premises
from strategies.real import real_datasets
from strategies.sigmoid_nets import (
    biased_nets,
    coincident_minima,
    sigmoid_nets,
    trained_output_nets,
    unit_moves,
)
from strategies.sources import SETS
from strategies.special import antipodal_datasets, orthonormal_datasets, rank_deficient_datasets
from strategies.starts import starts

__all__ = [
    "KINDS",
    "SETS",
    "Covariance",
    "Matrix",
    "activation_names",
    "antipodal_datasets",
    "ball_moves",
    "biased_nets",
    "coincident_minima",
    "covariances",
    "deep_starts",
    "duplicated_datasets",
    "either",
    "exact_decimals",
    "failure_probabilities",
    "horizons",
    "linear_critical_points",
    "matrix_chains",
    "nonzero_datasets",
    "orthonormal_datasets",
    "rank_deficient_datasets",
    "real_datasets",
    "seeds",
    "sigmoid_nets",
    "small_decimals",
    "starts",
    "step_counts",
    "step_sizes",
    "trained_output_nets",
    "unit_moves",
    "unit_sphere_datasets",
    "whole_numbers",
    "widths",
    "with_premises",
]
