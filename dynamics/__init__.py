"""What training does: gradient descent and gradient flow, every published number an enclosure."""

from dynamics.deep.descent import deep_descent
from dynamics.deep.result import DeepDescent
from dynamics.descent.any_map import MapDescent, map_descent
from dynamics.descent.classifier import ClassifierDescent, classifier_descent
from dynamics.descent.consistent import ConsistentDescent, consistent_descent
from dynamics.descent.energy import EnergyDescent, Version, energy_descent
from dynamics.descent.gradient import gradient_descent, one_step
from dynamics.descent.leaky import LeakyDescent, enclosed_fractions, leaky_descent
from dynamics.descent.system import (
    SystemDescent,
    rise_along,
    solution_path,
    system_descent,
    taylor_descent,
)
from dynamics.descent.training import Trained, train
from dynamics.flow.diagonal import DiagonalFlow, diagonal_flow
from dynamics.flow.gradient import gradient_flow
from dynamics.flow.one_neuron import NeuronFlow, angle_between, neuron_flow, neuron_gradient
from dynamics.flow.result import Flow, decay_times
from dynamics.implicit.descent import implicit_descent
from dynamics.implicit.flow import implicit_flow
from dynamics.implicit.result import ImplicitTraining
from dynamics.node_counts import node_counts
from dynamics.particles.discrepancies import energy_distance, mmd, stein_discrepancy
from dynamics.particles.methods import NEVER, ParticleRun, langevin, svgd, svgd_direction
from dynamics.particles.net import (
    unit_directions,
    witness_and_divergence,
    witness_objective,
    witness_values,
)
from dynamics.particles.neural import NeuralRun, WitnessPlan, neural_descent
from dynamics.trajectory import Descent
from dynamics.wide.descent import wide_descent
from dynamics.wide.flow import wide_flow
from dynamics.wide.flow_result import WideFlow
from dynamics.wide.result import WideDescent

__all__ = [
    "NEVER",
    "ClassifierDescent",
    "ConsistentDescent",
    "DeepDescent",
    "Descent",
    "DiagonalFlow",
    "EnergyDescent",
    "Flow",
    "ImplicitTraining",
    "LeakyDescent",
    "MapDescent",
    "NeuralRun",
    "NeuronFlow",
    "ParticleRun",
    "SystemDescent",
    "Trained",
    "Version",
    "WideDescent",
    "WideFlow",
    "WitnessPlan",
    "angle_between",
    "classifier_descent",
    "consistent_descent",
    "decay_times",
    "deep_descent",
    "diagonal_flow",
    "enclosed_fractions",
    "energy_descent",
    "energy_distance",
    "gradient_descent",
    "gradient_flow",
    "implicit_descent",
    "implicit_flow",
    "langevin",
    "leaky_descent",
    "map_descent",
    "mmd",
    "neural_descent",
    "neuron_flow",
    "neuron_gradient",
    "node_counts",
    "one_step",
    "rise_along",
    "solution_path",
    "stein_discrepancy",
    "svgd",
    "svgd_direction",
    "system_descent",
    "taylor_descent",
    "train",
    "unit_directions",
    "wide_descent",
    "wide_flow",
    "witness_and_divergence",
    "witness_objective",
    "witness_values",
]
