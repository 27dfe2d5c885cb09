"""Values and derivatives of systems at many points at once, and bounds of their rounding."""

from __future__ import annotations

from typing import NamedTuple

import torch
from jaxtyping import Float64
from torch import Tensor

from models.arguments import as_annotated
from models.landscapes.systems import System

_EPS = float(torch.finfo(torch.float64).eps)


class Taylor(NamedTuple):
    """F and DF at points, each with a bound of the rounding of its entries.

    Attributes:
        F: values, (*s, n).
        J: Jacobian, (*s, n, m).
        F_error, J_error: elementwise bounds, of the same shapes.
    """

    F: Tensor
    J: Tensor
    F_error: Tensor
    J_error: Tensor


@as_annotated(finite=False)
def system_values(system: System, w: Float64[Tensor, "*s m"]) -> Float64[Tensor, "*s n"]:
    """F(w)."""
    weights, waves = _weights(system, w), _wave(system, w)[0]
    bent = (w.unsqueeze(-2) * _pulled(system.Q, w)).sum(dim=-1) / 2
    return w @ system.A.mT + bent + (weights * waves.unsqueeze(-2)).sum(dim=-1)


@as_annotated(finite=False)
def system_jacobian(system: System, w: Float64[Tensor, "*s m"]) -> Float64[Tensor, "*s n m"]:
    """DF(w), one row per equation."""
    weights = _weights(system, w)
    waves, slopes, _ = _wave(system, w)
    twists = (system.D * waves[..., None, :, None]).sum(dim=-2)
    return system.A + _pulled(system.Q, w) + (weights * slopes.unsqueeze(-2)) @ system.C + twists


@as_annotated(finite=False)
def system_hessians(system: System, w: Float64[Tensor, "*s m"]) -> Float64[Tensor, "*s n m m"]:
    """D^2 F_i(w), one symmetric matrix per equation; at a kink of ramp' the one from the right."""
    weights = _weights(system, w)
    _, slopes, bends = _wave(system, w)
    outer = (weights * bends.unsqueeze(-2)).unsqueeze(-1) * system.C
    pairs = (slopes[..., None, :, None] * system.D).mT @ system.C
    return system.Q + system.C.mT @ outer + pairs + pairs.mT


@as_annotated(finite=False)
def system_taylor(system: System, w: Float64[Tensor, "*s m"]) -> Taylor:
    """F and DF with bounds of what rounding did: of the recipe's numbers, sums, products, waves.

    Every entry is a sum of products whose sizes are summed here; each term passes through fewer
    than 8 + m + p roundings, and phi is good to two units of its argument.
    """
    size, m, p = w.abs(), system.m, system.p
    turns = 1 + size @ system.C.abs().mT
    weights = system.B.abs() + _pulled(system.D.abs(), size)
    square = _pulled(system.Q.abs(), size)
    value = size @ system.A.abs().mT + (size.unsqueeze(-2) * square).sum(dim=-1)
    value = value + (weights * turns.unsqueeze(-2)).sum(dim=-1)
    slope = system.A.abs() + square + (weights * turns.unsqueeze(-2)) @ system.C.abs()
    slope = slope + (system.D.abs() * turns[..., None, :, None]).sum(dim=-2)
    unit = 4 * (8 + m + p) * _EPS
    return Taylor(system_values(system, w), system_jacobian(system, w), unit * value, unit * slope)


def _pulled(
    tables: Float64[Tensor, "n k m"], w: Float64[Tensor, "*s m"]
) -> Float64[Tensor, "*s n k"]:
    """The products of every table with w."""
    return (tables @ w[..., None, :, None]).squeeze(-1)


def _weights(system: System, w: Float64[Tensor, "*s m"]) -> Float64[Tensor, "*s n p"]:
    return system.B + _pulled(system.D, w)


def _wave(system: System, w: Float64[Tensor, "*s m"]) -> tuple[Tensor, Tensor, Tensor]:
    """phi, phi' and phi'' at c_k.w."""
    t = w @ system.C.mT
    if system.wave == "sin":
        return t.sin(), t.cos(), -t.sin()
    beyond = t.clamp(min=0)
    waves = torch.where(t <= 0, t, -torch.expm1(-beyond))
    slopes = torch.exp(-beyond)
    return waves, slopes, torch.where(t < 0, torch.zeros_like(t), -slopes)
