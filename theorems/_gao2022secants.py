"""Derivatives of predictions by secants, through equilibria that are solved anew."""

from __future__ import annotations

import torch
from torch import Tensor

from certify import enclosed
from models import (
    ImplicitNetwork,
    ImplicitPass,
    ImplicitStart,
    SeedNumber,
    gaussian_weights,
    implicit_pass,
    pass_predictions,
)
from theorems._gao2022 import Look
from verdicts import Approx

EPS = 2.0**-52
STEP = 2.0**-12  # relative to the parameters


def size_of(block: Tensor) -> float:
    """The length of a block, 1 for one that vanishes: how far a secant goes."""
    return float(block.norm()) or 1.0


def gaussian_direction(start: ImplicitStart, direction: SeedNumber) -> list[Tensor]:
    """A Gaussian direction, each block as long as the parameters."""
    moves = []
    for place, block in enumerate(start.network.named().values()):
        normal = gaussian_weights(block.numel(), 1, direction, layer=2 + place)[0].reshape(
            block.shape
        )
        moves.append(size_of(block) / float(normal.norm()) * normal)
    return moves


def secant(start: ImplicitStart, moves: list[Tensor]) -> tuple[Approx, bool]:
    """Dyhat along the moves, by secants of two lengths, and whether all patterns were the same."""
    steps = STEP * torch.tensor([1.0, -1.0, 0.5, -0.5, 0.0], dtype=torch.float64)
    blocks = [
        block + steps.reshape(-1, *(1,) * block.ndim) * move
        for block, move in zip(start.network.named().values(), moves, strict=True)
    ]
    many = start.network.with_parameters(blocks)
    run = implicit_pass(start.x, many)
    u = pass_predictions(run, many)
    long, short = (u[0] - u[1]) / (2 * STEP), (u[2] - u[3]) / STEP
    better = (4 * short - long) / 3
    rounding = _rounding(start, run, many) / STEP
    value = enclosed(better, (better - short).abs() + 4 * rounding + 1e-300)
    same = all(bool((p > 0).eq(p[-1] > 0).all()) for p in (run.pre, run.lifted))
    return value, same


def _rounding(start: ImplicitStart, run: ImplicitPass, many: ImplicitNetwork) -> float:
    """What predictions of nearby networks are rounded by."""
    assert many.v is not None  # noqa: S101  "gao" has both heads
    k = 1 / (1 - float(run.rho.max()))
    u, v = (float(head.norm(dim=-1).max()) for head in (many.u, many.v))
    phi = float(run.phi.norm(dim=-1).max())
    return 16 * (start.m + start.d) * EPS * k * phi * (k * u + v)


def reach_of(look: Look) -> float:
    """A bound of the predictions."""
    assert look.network.v is not None  # noqa: S101  "gao" has both heads
    u, v = float(look.network.u.norm()), float(look.network.v.norm())
    return u * float(look.run.z.norm()) + v * float(look.run.phi.norm()) + 1e-30
