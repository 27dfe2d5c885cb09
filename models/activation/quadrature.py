"""Means of functions of one or two Gaussian variables, by the trapezoidal rule on the whole line.

For a function that is analytic in the strip |Im z| < d the rule with step h errs by about
exp(-2 pi d/h): tanh needs 50 nodes where Gauss-Hermite needs 160, because its poles are near.
The step is not assumed: it is halved until the answer stands still.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from jaxtyping import Float64
from torch import Tensor

Function = Callable[[Tensor], Tensor]

TOLERANCE = 1e-13  # of the difference between two steps, relative to the mean of |f|
_REACH = 9.5  # beyond it the normal law has mass 2e-21
_COARSEST = 0.5
_FINEST = 1e-3
_RATIO = math.sqrt(0.5)
_GUARD = 0.37


def gaussian_nodes(step: float) -> tuple[Float64[Tensor, " N"], Float64[Tensor, " N"]]:
    """Nodes and weights of the trapezoidal rule for z ~ N(0, 1); the weights add up to 1."""
    half = math.ceil(_REACH / step)
    z = step * torch.arange(-half, half + 1, dtype=torch.float64)
    weights = torch.exp(-z.square() / 2)
    return z, weights / weights.sum()


def gaussian_mean(function: Function) -> float:
    """E f(z) for z ~ N(0, 1).

    Raises:
        ValueError: no step gives a steady answer, as `gaussian_step`.
    """
    z, weights = gaussian_nodes(min(_steady_step(function), _steady_step(_tilted(function))))
    return float(weights @ function(z))


def gaussian_step(function: Function, scale: float) -> float:
    """A step that is fine enough for means of f(scale z) times functions that are as smooth.

    Raises:
        ValueError: the finest step is not enough: f is not smooth, not finite, or its singularities
            are nearer than 0.005/scale to the real line.
    """

    def scaled(z: Tensor) -> Tensor:
        return function(scale * z)

    def squared(z: Tensor) -> Tensor:
        return scaled(z).square()

    # The square of a root has no singularity, and odd functions have the mean 0 at every step.
    return min(_steady_step(squared), _steady_step(_tilted(scaled)))


def _tilted(function: Function) -> Function:
    """With the same singularities, and no symmetry that would hide an error."""
    return lambda z: function(z) * (z / 2).exp()


def _steady_step(function: Function) -> float:
    """The coarsest step whose mean agrees with two finer ones to 13 digits of E |f(z)|.

    Convergence is geometric, so that the difference between two steps is the error of the coarser
    one; the second, which no power of sqrt(2) reaches, guards against agreement by accident.
    """
    step = _COARSEST
    while step >= _FINEST:
        mean, size = _trapezoidal(function, step)
        finer = [_trapezoidal(function, step * ratio)[0] for ratio in (_RATIO, _GUARD)]
        if all(abs(mean - other) <= TOLERANCE * size for other in finer):
            return step
        step *= _RATIO
    raise ValueError(
        f"Gaussian mean: it still moves at step {_FINEST:g} (last mean={mean!r}); give a function "
        "that is finite and analytic near the real line"
    )


def _trapezoidal(function: Function, step: float) -> tuple[float, float]:
    z, weights = gaussian_nodes(step)
    values = function(z)
    return float(weights @ values), float(weights @ values.abs())
