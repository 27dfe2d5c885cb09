"""Leaky networks under the logistic loss in floats, with bounds of what rounding can do.

All functions broadcast over leading dimensions of the weights. Errors are absolute; they include
what a given error of the weights does on the piece where no pre-activation changes its sign.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float64
from torch import Tensor

from models.activation.named import activation
from models.arguments import as_annotated
from models.leaky.network import LeakyNet

_EPS = 2.0**-52


@dataclass(frozen=True, slots=True)
class LeakyPass:
    """Values at some weights, and how far rounding may have moved them.

    Attributes:
        f: outputs, with their error.
        losses: log(1 + exp(-y f)) of every sample.
        pulls: minus the derivatives of the losses in y f, 1/(1 + exp(y f)).
        gradients: of every sample's loss in W.
        loss_error, pull_error: per sample.
        gradient_error: per sample, in the Frobenius norm.
    """

    f: Float64[Tensor, "*s n"]
    f_error: Float64[Tensor, "*s n"]
    losses: Float64[Tensor, "*s n"]
    loss_error: Float64[Tensor, "*s n"]
    pulls: Float64[Tensor, "*s n"]
    pull_error: Float64[Tensor, "*s n"]
    gradients: Float64[Tensor, "*s n m d"]
    gradient_error: Float64[Tensor, "*s n"]


@as_annotated(finite=False)
def leaky_pass(
    net: LeakyNet,
    w: Float64[Tensor, "*s m d"],
    slopes: Float64[Tensor, "*s m n"] | None = None,
    *,
    radius: Float64[Tensor, "*s"] | float = 0.0,
) -> LeakyPass:
    """Outputs, logistic losses and gradients at weights w.

    Args:
        net: data, signs and activation with |sigma'| <= 1; labels +1 or -1.
        w: weights.
        slopes: sigma'(w_j.x_i) of a leaky network, decided by the caller; None for smooth ones.
        radius: the error of the weights, in the Frobenius norm.

    Raises:
        ValueError: slopes are missing for a leaky network.
    """
    unit, norms = (net.n + net.m + net.d + 16) * _EPS, torch.linalg.vector_norm
    a, sizes = net.s / net.m**0.5, norms(net.x, dim=-1)
    z = w @ net.x.mT
    lengths = norms(w, dim=-1)[..., :, None] * sizes
    values, slope, bend = _activated(net, z, slopes)
    f = (a[:, None] * values).sum(-2)
    moved = torch.as_tensor(radius, dtype=torch.float64)[..., None] * sizes
    rounded = (a.abs()[:, None] * (lengths + values.abs())).sum(-2)
    f_error = unit * rounded + norms(a) * moved
    signed = net.y * f
    losses = torch.logaddexp(torch.zeros_like(signed), -signed)
    pulls = torch.sigmoid(-signed)
    # The pull is its own logarithm's Lipschitz constant, and bounds that of the loss.
    spread = pulls * torch.expm1(f_error)
    pull_error = torch.minimum(spread, f_error / 4) + unit * pulls
    forces = -(net.y * pulls)[..., :, None] * (a[:, None] * slope).mT
    off = norms(a[:, None] * (bend * unit * lengths + unit * slope.abs()), dim=-2)
    off = off + bend * moved * a.abs().max() + unit * norms(a)
    change = pull_error * norms(a[:, None] * slope, dim=-2) + (pulls + pull_error) * off
    return LeakyPass(
        f,
        f_error,
        losses,
        torch.minimum(spread, f_error) + unit * losses,
        pulls,
        pull_error,
        forces[..., None] * net.x[:, None, :],
        change * sizes,
    )


@as_annotated
def most_bend(net: LeakyNet) -> float:
    """The bound K_2 of |sigma''| of a smooth activation, (1 - gamma)/4 for the smooth leaky one."""
    if net.sigma == "smooth leaky":
        return (1 - net.gamma) / 4
    return activation(net.sigma).beta


def _activated(net: LeakyNet, z: Tensor, slopes: Tensor | None) -> tuple[Tensor, Tensor, float]:
    """Values of sigma, its slopes, and a bound of how these change."""
    if net.sigma == "leaky":
        if slopes is None:
            raise ValueError("leaky_pass: slopes=None; decide the slopes at kinks, and give them")
        return slopes * z, slopes, 0.0
    if net.sigma == "smooth leaky":
        soft = torch.logaddexp(torch.zeros_like(z), z)
        value = net.gamma * z + (1 - net.gamma) * soft
        return value, net.gamma + (1 - net.gamma) * torch.sigmoid(z), most_bend(net)
    smooth = activation(net.sigma)
    return smooth.value(z), smooth.derivative(z), smooth.beta
