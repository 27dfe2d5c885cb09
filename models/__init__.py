"""Datasets, random starts, the two-layer network and its kernels: pure functions of tensors."""

from models.activation.constants import c_sigma_from, norm_slope, norm_variance
from models.activation.duals import ACCURACY, dual, dual_derivative, dual_error, mean_activation
from models.activation.hermite_features import (
    hermite_coefficients,
    hermite_rule,
    hermite_values,
    relu_coefficients,
)
from models.activation.named import ACTIVATIONS, Activation, activation, register_activation
from models.activation.nonlinearities import LEAK, NONLINEARITIES, nonlinearity
from models.dataset import Dataset, register_source
from models.deep.ball import MOVES, BallMove, ascent, inside_ball
from models.deep.conv_recursion import conv_recursion
from models.deep.initial import initial_network
from models.deep.layer_grams import (
    displacements,
    grams_of_pass,
    last_layer_gram,
    layer_gradients,
    layer_grams,
    layer_jacobians,
    output_norm,
    spectral_norms,
)
from models.deep.network import (
    ARCHITECTURES,
    Architecture,
    DeepNetwork,
    Pass,
    backward_pass,
    check_finite,
    deep_features,
    deep_predictions,
    forward_pass,
    pass_outputs,
    slopes_of_layers,
)
from models.deep.patches import patches, patches_adjoint
from models.deep.recursion_errors import fully_connected_errors, resnet_errors
from models.deep.recursions import fully_connected_recursion, resnet_recursion
from models.deep.start import DeepStart
from models.dropout import (
    Tree,
    chain_output,
    masked_rows,
    matrix_difference,
    matrix_product,
    mean_over_masks,
    squared_norm,
    weighted_masks,
)
from models.ensembles import ENSEMBLES, random_matrices, trace_moments
from models.equilibrium.covariance import limit_covariance
from models.equilibrium.limits import (
    branch_activity,
    branch_moment,
    limit_square,
    limit_weight,
)
from models.equilibrium.problem import EquilibriumProblem
from models.equilibrium.solver import Equilibrium, equilibrium, lipschitz
from models.features_in_law import features_in_law
from models.gaussian_steins import AffineField, GaussianLaw, score_gap, stein, vector_dot
from models.graph_network import (
    GraphNetwork,
    all_samples,
    graph_gradient,
    register_graph,
    sampled_gradient,
)
from models.implicit.adaptive_gaussian import AdaptiveGaussian, adaptive_gaussian
from models.implicit.gradients import (
    ImplicitSlopes,
    implicit_gradients,
    implicit_jacobians,
    implicit_kernels,
    implicit_slopes,
)
from models.implicit.initial import initial_implicit_network
from models.implicit.monotone_layer import MonotoneLayer
from models.implicit.network import (
    IMPLICIT_BLOCKS,
    IMPLICIT_MODELS,
    ImplicitModel,
    ImplicitNetwork,
    ImplicitPass,
    implicit_pass,
    implicit_predictions,
    pass_predictions,
)
from models.implicit.population_kernels import G2_inf, PopulationMap, relu_dual
from models.implicit.start import ImplicitStart
from models.landscapes.linear_neighbours import higher_neighbour, lower_neighbour
from models.landscapes.linear_nets import (
    LinearNet,
    flattened,
    least_linear_loss,
    linear_gradient,
    linear_hessian,
    linear_loss,
    linear_map,
    linear_rounding,
    shaped,
)
from models.landscapes.sigmoid_nets import SigmoidNet, sigmoid_features, unit_potential
from models.landscapes.sigmoid_points import (
    exact_labels,
    exact_units,
    feature_rank,
    fitted_outputs,
    float_weights,
    logistic_columns,
    loss_hessian,
)
from models.landscapes.system_maps import (
    Taylor,
    system_hessians,
    system_jacobian,
    system_taylor,
    system_values,
)
from models.landscapes.systems import WAVES, Composition, System
from models.leaky.exact import exact_outputs, exact_slopes, neuron_look
from models.leaky.network import LeakyNet
from models.leaky.passes import LeakyPass, leaky_pass, most_bend
from models.maps.differentiable import (
    Map,
    Tangent,
    curvature_along,
    hessian_norms,
    tangent,
    tangent_kernel,
)
from models.maps.every_ulp import EveryUlp
from models.maps.jacobian import prediction_jacobian
from models.maps.torch_modules import FlatModule
from models.minibatches import after_one_batch, batch_counts, drawn_moment
from models.randomness import Keys, SeedNumber, gaussian_outputs, gaussian_weights, rademacher_signs
from models.targets import (
    ExactTarget,
    FunnelTarget,
    GaussianTarget,
    LogisticPosterior,
    MixtureTarget,
    Target,
    linear_posterior,
)
from models.two_layer.adversary import worst_in_ball
from models.two_layer.arrangement import (
    hyperplanes_shared,
    hyperplanes_uncovered,
    limit_kernel_nullity,
    parallel_pairs,
)
from models.two_layer.ball import H_core, change_bound, flip_bound, near_counts
from models.two_layer.corners import (
    antiparallel_pairs,
    corner_sides,
    gradient_jump,
    hessian_jump,
    hyperplane_weights,
)
from models.two_layer.kernels import G2, H, H_error, H_inf, gram
from models.two_layer.network import gradient, gradients, patterns, predictions
from models.two_layer.scaled_classifier import Classified, classified, tangents
from models.two_layer.smooth import Blocks, antisymmetric, bend, hessian_blocks, lazy_taylor
from models.two_layer.start import Start
from models.two_layer.tensor_powers import distinct_directions, tensor_power_rank

__all__ = [
    "ACCURACY",
    "ACTIVATIONS",
    "ARCHITECTURES",
    "ENSEMBLES",
    "G2",
    "IMPLICIT_BLOCKS",
    "IMPLICIT_MODELS",
    "LEAK",
    "MOVES",
    "NONLINEARITIES",
    "WAVES",
    "Activation",
    "AdaptiveGaussian",
    "AffineField",
    "Architecture",
    "BallMove",
    "Blocks",
    "Classified",
    "Composition",
    "Dataset",
    "DeepNetwork",
    "DeepStart",
    "Equilibrium",
    "EquilibriumProblem",
    "EveryUlp",
    "ExactTarget",
    "FlatModule",
    "FunnelTarget",
    "G2_inf",
    "GaussianLaw",
    "GaussianTarget",
    "GraphNetwork",
    "H",
    "H_core",
    "H_error",
    "H_inf",
    "ImplicitModel",
    "ImplicitNetwork",
    "ImplicitPass",
    "ImplicitSlopes",
    "ImplicitStart",
    "Keys",
    "LeakyNet",
    "LeakyPass",
    "LinearNet",
    "LogisticPosterior",
    "Map",
    "MixtureTarget",
    "MonotoneLayer",
    "Pass",
    "PopulationMap",
    "SeedNumber",
    "SigmoidNet",
    "Start",
    "System",
    "Tangent",
    "Target",
    "Taylor",
    "Tree",
    "activation",
    "adaptive_gaussian",
    "after_one_batch",
    "all_samples",
    "antiparallel_pairs",
    "antisymmetric",
    "ascent",
    "backward_pass",
    "batch_counts",
    "bend",
    "branch_activity",
    "branch_moment",
    "c_sigma_from",
    "chain_output",
    "change_bound",
    "check_finite",
    "classified",
    "conv_recursion",
    "corner_sides",
    "curvature_along",
    "deep_features",
    "deep_predictions",
    "displacements",
    "distinct_directions",
    "drawn_moment",
    "dual",
    "dual_derivative",
    "dual_error",
    "equilibrium",
    "exact_labels",
    "exact_outputs",
    "exact_slopes",
    "exact_units",
    "feature_rank",
    "features_in_law",
    "fitted_outputs",
    "flattened",
    "flip_bound",
    "float_weights",
    "forward_pass",
    "fully_connected_errors",
    "fully_connected_recursion",
    "gaussian_outputs",
    "gaussian_weights",
    "gradient",
    "gradient_jump",
    "gradients",
    "gram",
    "grams_of_pass",
    "graph_gradient",
    "hermite_coefficients",
    "hermite_rule",
    "hermite_values",
    "hessian_blocks",
    "hessian_jump",
    "hessian_norms",
    "higher_neighbour",
    "hyperplane_weights",
    "hyperplanes_shared",
    "hyperplanes_uncovered",
    "implicit_gradients",
    "implicit_jacobians",
    "implicit_kernels",
    "implicit_pass",
    "implicit_predictions",
    "implicit_slopes",
    "initial_implicit_network",
    "initial_network",
    "inside_ball",
    "last_layer_gram",
    "layer_gradients",
    "layer_grams",
    "layer_jacobians",
    "lazy_taylor",
    "leaky_pass",
    "least_linear_loss",
    "limit_covariance",
    "limit_kernel_nullity",
    "limit_square",
    "limit_weight",
    "linear_gradient",
    "linear_hessian",
    "linear_loss",
    "linear_map",
    "linear_posterior",
    "linear_rounding",
    "lipschitz",
    "logistic_columns",
    "loss_hessian",
    "lower_neighbour",
    "masked_rows",
    "matrix_difference",
    "matrix_product",
    "mean_activation",
    "mean_over_masks",
    "most_bend",
    "near_counts",
    "neuron_look",
    "nonlinearity",
    "norm_slope",
    "norm_variance",
    "output_norm",
    "parallel_pairs",
    "pass_outputs",
    "pass_predictions",
    "patches",
    "patches_adjoint",
    "patterns",
    "prediction_jacobian",
    "predictions",
    "rademacher_signs",
    "random_matrices",
    "register_activation",
    "register_graph",
    "register_source",
    "relu_coefficients",
    "relu_dual",
    "resnet_errors",
    "resnet_recursion",
    "sampled_gradient",
    "score_gap",
    "shaped",
    "sigmoid_features",
    "slopes_of_layers",
    "spectral_norms",
    "squared_norm",
    "stein",
    "system_hessians",
    "system_jacobian",
    "system_taylor",
    "system_values",
    "tangent",
    "tangent_kernel",
    "tangents",
    "tensor_power_rank",
    "trace_moments",
    "unit_potential",
    "vector_dot",
    "weighted_masks",
    "worst_in_ball",
]
