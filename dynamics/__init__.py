"""What training does: gradient descent and gradient flow, every published number an enclosure."""

from dynamics.deep_descent import deep_descent
from dynamics.deep_result import DeepDescent
from dynamics.descent import gradient_descent, one_step
from dynamics.flow import gradient_flow
from dynamics.flow_result import Flow, decay_times
from dynamics.training import Trained, train
from dynamics.trajectory import Descent
from dynamics.wide import wide_descent
from dynamics.wide_flow import wide_flow
from dynamics.wide_flow_result import WideFlow
from dynamics.wide_result import WideDescent

__all__ = [
    "DeepDescent",
    "Descent",
    "Flow",
    "Trained",
    "WideDescent",
    "WideFlow",
    "decay_times",
    "deep_descent",
    "gradient_descent",
    "gradient_flow",
    "one_step",
    "train",
    "wide_descent",
    "wide_flow",
]
