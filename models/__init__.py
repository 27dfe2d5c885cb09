"""Datasets, random starts, the two-layer network and its kernels: pure functions of tensors."""

from models.activation_constants import c_sigma_from, norm_slope, norm_variance
from models.activations import ACTIVATIONS, Activation, activation, register_activation
from models.adversary import worst_in_ball
from models.arrangement import (
    hyperplanes_shared,
    hyperplanes_uncovered,
    limit_kernel_nullity,
    parallel_pairs,
)
from models.ball import H_core, change_bound, flip_bound, near_counts
from models.conv_recursion import conv_recursion
from models.corners import (
    antiparallel_pairs,
    corner_sides,
    gradient_jump,
    hessian_jump,
    hyperplane_weights,
)
from models.dataset import Dataset, register_source
from models.deep import (
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
from models.deep_ball import MOVES, BallMove, ascent, inside_ball
from models.deep_initial import initial_network
from models.deep_start import DeepStart
from models.duals import ACCURACY, dual, dual_derivative, dual_error, mean_activation
from models.features_in_law import features_in_law
from models.jacobian import prediction_jacobian
from models.kernels import G2, H, H_error, H_inf, gram
from models.layer_grams import (
    displacements,
    grams_of_pass,
    last_layer_gram,
    layer_gradients,
    layer_grams,
    layer_jacobians,
    output_norm,
    spectral_norms,
)
from models.linear_neighbours import higher_neighbour, lower_neighbour
from models.linear_nets import (
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
from models.patches import patches, patches_adjoint
from models.randomness import Keys, SeedNumber, gaussian_outputs, gaussian_weights, rademacher_signs
from models.recursion_errors import fully_connected_errors, resnet_errors
from models.recursions import fully_connected_recursion, resnet_recursion
from models.sigmoid_nets import SigmoidNet, sigmoid_features, unit_potential
from models.sigmoid_points import (
    exact_labels,
    exact_units,
    feature_rank,
    fitted_outputs,
    float_weights,
    logistic_columns,
    loss_hessian,
)
from models.start import Start
from models.tensor_powers import distinct_directions, tensor_power_rank
from models.two_layer import gradient, gradients, patterns, predictions

__all__ = [
    "ACCURACY",
    "ACTIVATIONS",
    "ARCHITECTURES",
    "G2",
    "MOVES",
    "Activation",
    "Architecture",
    "BallMove",
    "Dataset",
    "DeepNetwork",
    "DeepStart",
    "H",
    "H_core",
    "H_error",
    "H_inf",
    "Keys",
    "LinearNet",
    "Pass",
    "SeedNumber",
    "SigmoidNet",
    "Start",
    "activation",
    "antiparallel_pairs",
    "ascent",
    "backward_pass",
    "c_sigma_from",
    "change_bound",
    "check_finite",
    "conv_recursion",
    "corner_sides",
    "deep_features",
    "deep_predictions",
    "displacements",
    "distinct_directions",
    "dual",
    "dual_derivative",
    "dual_error",
    "exact_labels",
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
    "hessian_jump",
    "higher_neighbour",
    "hyperplane_weights",
    "hyperplanes_shared",
    "hyperplanes_uncovered",
    "initial_network",
    "inside_ball",
    "last_layer_gram",
    "layer_gradients",
    "layer_grams",
    "layer_jacobians",
    "least_linear_loss",
    "limit_kernel_nullity",
    "linear_gradient",
    "linear_hessian",
    "linear_loss",
    "linear_map",
    "linear_rounding",
    "logistic_columns",
    "loss_hessian",
    "lower_neighbour",
    "mean_activation",
    "near_counts",
    "norm_slope",
    "norm_variance",
    "output_norm",
    "parallel_pairs",
    "pass_outputs",
    "patches",
    "patches_adjoint",
    "patterns",
    "prediction_jacobian",
    "predictions",
    "rademacher_signs",
    "register_activation",
    "register_source",
    "resnet_errors",
    "resnet_recursion",
    "shaped",
    "sigmoid_features",
    "slopes_of_layers",
    "spectral_norms",
    "tensor_power_rank",
    "unit_potential",
    "worst_in_ball",
]
