"""What training does: gradient descent and gradient flow, every published number an enclosure."""

from dynamics.classifier_descent import ClassifierDescent, classifier_descent
from dynamics.consistent_descent import ConsistentDescent, consistent_descent
from dynamics.deep_descent import deep_descent
from dynamics.deep_result import DeepDescent
from dynamics.descent import gradient_descent, one_step
from dynamics.diagonal_flow import DiagonalFlow, diagonal_flow
from dynamics.discrepancies import energy_distance, mmd, stein_discrepancy
from dynamics.energy import EnergyDescent, Version, energy_descent
from dynamics.flow import gradient_flow
from dynamics.flow_result import Flow, decay_times
from dynamics.implicit_descent import implicit_descent
from dynamics.implicit_flow import implicit_flow
from dynamics.implicit_result import ImplicitTraining
from dynamics.leaky_descent import LeakyDescent, enclosed_fractions, leaky_descent
from dynamics.map_descent import MapDescent, map_descent
from dynamics.neural_witness import NeuralRun, WitnessPlan, neural_descent
from dynamics.neuron_flow import NeuronFlow, angle_between, neuron_flow, neuron_gradient
from dynamics.particles import NEVER, ParticleRun, langevin, svgd, svgd_direction
from dynamics.system_descent import (
    SystemDescent,
    rise_along,
    solution_path,
    system_descent,
    taylor_descent,
)
from dynamics.training import Trained, train
from dynamics.trajectory import Descent
from dynamics.wide import wide_descent
from dynamics.wide_flow import wide_flow
from dynamics.wide_flow_result import WideFlow
from dynamics.wide_result import WideDescent
from dynamics.witness_net import (
    unit_directions,
    witness_and_divergence,
    witness_objective,
    witness_values,
)

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
