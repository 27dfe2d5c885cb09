"""What Hypothesis may choose, as exact recipes that shrink to readable points."""

from strategies.classification import classifiers
from strategies.datasets import duplicated_datasets, nonzero_datasets, unit_sphere_datasets
from strategies.deep import activation_names, ball_moves, deep_starts
from strategies.directions import KINDS
from strategies.dropout import Edges, Shallow, shallow_networks, weighted_trees
from strategies.ensembles import ensemble_names
from strategies.equilibria import (
    equilibrium_pairs,
    equilibrium_problems,
    free_equilibrium_problems,
    integer_matrices,
    monotone_layers,
)
from strategies.gaussian import Covariance, Matrix, covariances, matrix_chains
from strategies.gaussian_laws import AffineNumbers, LawPair, law_pairs
from strategies.graphs import GRAPHS, graph_networks, node_laws
from strategies.implicit import implicit_starts
from strategies.leaky import flipped, is_realizable, leaky_neurons, margin_networks
from strategies.linear_nets import linear_critical_points
from strategies.nonnegative import nonnegative_problems
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
from strategies.smooth_pairs import smooth_pairs
from strategies.sources import SETS
from strategies.special import antipodal_datasets, orthonormal_datasets, rank_deficient_datasets
from strategies.starts import starts
from strategies.systems import (
    KINDS_OF_SYSTEMS,
    coherent_systems,
    compositions,
    many_unknowns,
    over_determined_systems,
    systems,
)
from strategies.tables import decimal_lists, factor_tables, integer_tables, square_tables

__all__ = [
    "GRAPHS",
    "KINDS",
    "KINDS_OF_SYSTEMS",
    "SETS",
    "AffineNumbers",
    "Covariance",
    "Edges",
    "LawPair",
    "Matrix",
    "Shallow",
    "activation_names",
    "antipodal_datasets",
    "ball_moves",
    "biased_nets",
    "classifiers",
    "coherent_systems",
    "coincident_minima",
    "compositions",
    "covariances",
    "decimal_lists",
    "deep_starts",
    "duplicated_datasets",
    "either",
    "ensemble_names",
    "equilibrium_pairs",
    "equilibrium_problems",
    "exact_decimals",
    "factor_tables",
    "failure_probabilities",
    "flipped",
    "free_equilibrium_problems",
    "graph_networks",
    "horizons",
    "implicit_starts",
    "integer_matrices",
    "integer_tables",
    "is_realizable",
    "law_pairs",
    "leaky_neurons",
    "linear_critical_points",
    "many_unknowns",
    "margin_networks",
    "matrix_chains",
    "monotone_layers",
    "node_laws",
    "nonnegative_problems",
    "nonzero_datasets",
    "orthonormal_datasets",
    "over_determined_systems",
    "rank_deficient_datasets",
    "real_datasets",
    "seeds",
    "shallow_networks",
    "sigmoid_nets",
    "small_decimals",
    "smooth_pairs",
    "square_tables",
    "starts",
    "step_counts",
    "step_sizes",
    "systems",
    "trained_output_nets",
    "unit_moves",
    "unit_sphere_datasets",
    "weighted_trees",
    "whole_numbers",
    "widths",
    "with_premises",
]
