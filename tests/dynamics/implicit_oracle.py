"""Gradient descent on an implicit network in long doubles, in plain loops over samples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from models import ImplicitNetwork

Wide = Any  # arrays of long doubles
_SOLVED = np.longdouble(4e-18)


@dataclass(frozen=True, slots=True)
class Seen:
    """What every step showed; lists over the steps."""

    squared: list[Wide]
    moved: list[list[Wide]]
    e: list[Wide]
    least_margin: list[Wide]  # one number: the least pre-activation, relative to its terms


def wide_descent(
    x: np.ndarray, y: np.ndarray, network: ImplicitNetwork, eta: float, steps: int
) -> Seen:
    """ReLU, the paper's slope at kinks; every equilibrium by Picard steps down to 4e-18.

    Displacements are summed apart: beside the parameters they would lose their digits.
    """
    first = [block.numpy().astype(np.longdouble) for block in network.named().values()]
    moves = [np.zeros_like(block) for block in first]
    data, labels, step = (np.asarray(v, dtype=np.longdouble) for v in (x, y, eta))
    seen = Seen([], [], [], [np.longdouble(1)])
    for k in range(steps + 1):
        blocks = [a + b for a, b in zip(first, moves, strict=True)]
        gradients, e = _gradient(data, labels, blocks, network, seen.least_margin)
        seen.squared.append((e * e).sum())
        seen.e.append(e)
        seen.moved.append([np.sqrt((move**2).sum()) for move in moves])
        if k < steps:
            moves = [a - step * g for a, g in zip(moves, gradients, strict=True)]
    return seen


def _gradient(
    x: Wide, y: Wide, blocks: list[Wide], network: ImplicitNetwork, margin: list[Wide]
) -> tuple[list[Wide], Wide]:
    A, W, u = blocks[:3]
    gao, root = network.model == "gao", np.sqrt(np.longdouble(len(u)))
    scale = np.longdouble(network.gamma) / root if gao else np.longdouble(1)
    inward = 1 / root if gao else np.longdouble(1)
    gradients = [np.zeros_like(block) for block in blocks]
    residuals = []
    for i, row in enumerate(x):
        lifted = W @ row
        on = lifted > 0 if gao else np.ones(len(u), dtype=bool)
        phi = inward * np.where(on, lifted, 0)
        z = _iterated(scale * A, phi, np.ones_like(on))
        pre = scale * (A @ z) + phi
        active = pre > 0 if gao else pre >= 0
        _see_margin(margin, pre, phi, z)
        if gao:
            _see_margin(margin, lifted, np.abs(W) @ np.abs(row), z)
        # p = D (u + scale A^T p)
        p = _iterated(scale * A.T, u, active, bent=False)
        b = np.where(on, p + blocks[3], 0) if gao else p
        r = z @ u + (phi @ blocks[3] if gao else 0) - y[i]
        residuals.append(-r)
        parts = [scale * np.outer(p, z), inward * np.outer(b, row), z, *([phi] if gao else [])]
        for gradient, part in zip(gradients, parts, strict=True):
            gradient += r * part
    return gradients, np.array(residuals)


def _iterated(C: Wide, constant: Wide, active: Wide, *, bent: bool = True) -> Wide:
    """The solution of z = D (C z + constant), max(., 0) of it if bent, from z = 0."""
    z = np.zeros_like(constant)
    for _ in range(5000):
        new = np.where(active, C @ z + constant, 0)
        new = np.maximum(new, 0) if bent else new
        if np.abs(new - z).max() <= _SOLVED * np.abs(new).max():
            return new
        z = new
    raise AssertionError("no contraction")


def _see_margin(margin: list[Wide], pre: Wide, *terms: Wide) -> None:
    """How near a kink the run has come, unless everything vanishes there."""
    size = sum(np.abs(term).max() for term in terms)
    if size > 0:
        margin[0] = min(margin[0], np.abs(pre).min() / size)
