"""What Hypothesis may choose, as exact recipes that shrink to readable points."""

from strategies.datasets import duplicated_datasets, nonzero_datasets, unit_sphere_datasets
from strategies.directions import KINDS
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
from strategies.sources import SETS
from strategies.special import antipodal_datasets, orthonormal_datasets, rank_deficient_datasets
from strategies.starts import starts

__all__ = [
    "KINDS",
    "SETS",
    "antipodal_datasets",
    "duplicated_datasets",
    "either",
    "exact_decimals",
    "failure_probabilities",
    "horizons",
    "nonzero_datasets",
    "orthonormal_datasets",
    "rank_deficient_datasets",
    "real_datasets",
    "seeds",
    "small_decimals",
    "starts",
    "step_counts",
    "step_sizes",
    "unit_sphere_datasets",
    "whole_numbers",
    "widths",
    "with_premises",
]
