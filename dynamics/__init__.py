"""What training does: gradient descent and gradient flow, every published number an enclosure."""

from dynamics.descent import gradient_descent, one_step
from dynamics.flow import gradient_flow
from dynamics.flow_result import Flow, decay_times
from dynamics.training import Trained, train
from dynamics.trajectory import Descent
from dynamics.wide import wide_descent
from dynamics.wide_result import WideDescent

__all__ = [
    "Descent",
    "Flow",
    "Trained",
    "WideDescent",
    "decay_times",
    "gradient_descent",
    "gradient_flow",
    "one_step",
    "train",
    "wide_descent",
]
