"""The exact models: what a recipe says, and its quantities at the working precision."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .arguments import Arguments, Model, unknown
from .deep_network import DeepNet
from .deep_quantities import DeepModel
from .equilibrium import Equation
from .equilibrium_quantities import EquilibriumModel
from .gaussian_dual import DualModel, GaussianLaw
from .implicit_network import ImplicitNet
from .implicit_quantities import ImplicitModel
from .input_quantities import InputModel
from .inputs import Inputs
from .leaky_neuron import LeakyNet
from .leaky_quantities import LeakyModel
from .linear_net import LinearNet
from .linear_quantities import LinearModel
from .relu_corner import CornerModel
from .relu_features import FeatureModel
from .sigmoid_net import SigmoidNet
from .sigmoid_quantities import SigmoidModel
from .start import Start
from .system import System
from .system_quantities import SystemModel
from .two_layer_relu import NetworkModel
from .values import Value


class NoQuantities:
    """The model "numbers"."""

    def quantity(self, name: str, arguments: Arguments) -> Value:
        """Raises UnreadableError: there are none."""
        raise unknown("numbers", name, arguments)


MODELS: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Model]]] = {
    "numbers": (lambda _: None, lambda _: NoQuantities()),
    "inputs": (Inputs, InputModel),
    "deep_network": (DeepNet, DeepModel),
    "equilibrium": (Equation, EquilibriumModel),
    "gaussian_dual": (GaussianLaw, DualModel),
    "implicit": (ImplicitNet, ImplicitModel),
    "relu_corner": (Start, CornerModel),
    "relu_features": (Start, FeatureModel),
    "leaky_neuron": (LeakyNet, LeakyModel),
    "linear_net": (LinearNet, LinearModel),
    "sigmoid_net": (SigmoidNet, SigmoidModel),
    "system": (System, SystemModel),
    "two_layer_relu": (Start, NetworkModel),
}
