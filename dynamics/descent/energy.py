"""Adaptive descent with energy: an auxiliary energy r that falls whatever the step size is.

With g = sqrt(f + c) and v = grad g = grad f/(2 g), r_0 = g_0,

    r_{k+1} = r_k/(1 + 2 eta v^2),   theta_{k+1} = theta_k - 2 eta r_{k+1} v,

where v^2 is |v|^2 and r a number, or both are taken coordinate by coordinate.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

import torch
from jaxtyping import Float64
from torch import Tensor

from models.arguments import as_annotated

Version: TypeAlias = Literal["scalar", "by coordinate"]
Loss: TypeAlias = Callable[[Tensor], tuple[Tensor, Tensor]]  # f and grad f at theta


@dataclass(frozen=True, slots=True, eq=False)
class EnergyDescent:
    """The steps 0..K, in floats: every step is one from the state that is written.

    Attributes:
        theta: parameters.
        energy: r_k; a column for each coordinate, or one alone.
        root: g_k = sqrt(f(theta_k) + c).
        moves: theta_{k+1} - theta_k, as computed before it is added.
        gradients: grad f(theta_k).
    """

    theta: Float64[Tensor, "K1 d"]
    energy: Float64[Tensor, "K1 e"]
    root: Float64[Tensor, " K1"]
    moves: Float64[Tensor, "K d"]
    gradients: Float64[Tensor, "K1 d"]


@as_annotated
def energy_descent(
    loss: Loss,
    theta: Float64[Tensor, " d"],
    *,
    eta: float,
    c: float,
    steps: int,
    version: Version = "scalar",
    momentum: float = 0.0,
    explicit: bool = False,
) -> EnergyDescent:
    """Descent with energy from theta, which is stable for every step size.

    Args:
        loss: f and its gradient.
        theta: the start.
        eta: step size > 0.
        c: f + c > 0 everywhere.
        steps: K >= 1.
        version: one energy, or one for each coordinate.
        momentum: in [0, 1): the move takes a sum of the vectors v, older ones with powers of this
            factor, while the energy takes v itself.
        explicit: r_{k+1} = r_k (1 - 2 eta v^2) instead, which is not stable.

    Raises:
        ValueError: eta, steps or momentum out of range, or f + c <= 0 on the way.
    """
    if not 0 < eta < math.inf or steps < 1 or not 0 <= momentum < 1:
        raise ValueError(
            f"energy_descent: eta={eta!r}, steps={steps!r}, momentum={momentum!r}; give eta > 0, "
            "steps >= 1 and momentum in [0, 1)"
        )
    root, slope = _root(loss, theta, c)
    energy = root.expand(len(theta) if version == "by coordinate" else 1)
    thetas, energies, roots, moves, gradients = [theta], [energy], [root], [], [slope]
    buffer = torch.zeros_like(theta)
    for _ in range(steps):
        v = slope / (2 * root)
        squared = v.square() if version == "by coordinate" else v.square().sum()
        growth = 2 * eta * squared
        energy = energy * (1 - growth) if explicit else energy / (1 + growth)
        buffer = momentum * buffer + v
        moves.append(-2 * eta * energy * buffer)
        theta = theta + moves[-1]
        root, slope = _root(loss, theta, c)
        for kept, new in ((thetas, theta), (energies, energy), (roots, root), (gradients, slope)):
            kept.append(new)
    return EnergyDescent(*map(torch.stack, (thetas, energies, roots, moves, gradients)))


def _root(loss: Loss, theta: Tensor, c: float) -> tuple[Tensor, Tensor]:
    value, slope = loss(theta)
    if not float(value) + c > 0:
        raise ValueError(f"energy_descent: f + c = {float(value) + c!r}; give a larger c={c!r}")
    return (value + c).sqrt(), slope
