"""Agarwala, Schoenholz: equilibria of linear networks z = s W z + x from four ensembles of W."""

from __future__ import annotations

import math

import numpy as np
import torch

from models import random_matrices
from verdicts import Approx, Seeds, hashed_key
from workbench.reproduce.figure import Curve, Drawn, Figure, Ordering, Panel, Told
from workbench.reproduce.orderings import Floats, columns, mean, mean_falls

_NAMES = ("antisymmetric", "orthogonal", "gaussian", "symmetric")
_LOOK = 0.4  # the scale at which the ensembles are compared


def sensitivity(small: bool, told: Told) -> Drawn:  # noqa: FBT001  the protocol of figures
    """Second moment of the equilibrium, and its spread over matrices, against the scale s."""
    m, draws, grid = (64, 200, (0.1, 0.25, 0.4)) if small else (64, 400, _scales())
    seeds = Seeds(hashed_key("reproduce", "agarwala2022")).block(0, draws)
    found = {}
    for i, name in enumerate(_NAMES):
        W = random_matrices(name, m, seeds)
        inverses = (torch.linalg.inv(torch.eye(m, dtype=W.dtype) - s * W) for s in grid)
        moments = [z.square().sum(dim=(1, 2)) / m for z in inverses]
        found[name] = torch.stack(moments, dim=1).numpy()
        told((i + 1) / len(_NAMES))
    spread = {name: (rows - rows.mean(axis=0)) ** 2 for name, rows in found.items()}
    look = grid.index(_LOOK)
    at = [np.stack([rows[name][:, look] for name in _NAMES], axis=1) for rows in (found, spread)]
    curves = [Curve(name, grid, mean(found[name])) for name in _NAMES]
    theory = [[limit(name, s) for s in grid] for name in ("antisymmetric", "gaussian", "symmetric")]
    curves += [
        Curve("" if i else "m to infinity", grid, Approx(t, t), bare=True)
        for i, t in enumerate(theory)
    ]
    spreads = tuple(Curve(name, grid, mean(spread[name])) for name in _NAMES)
    stable = (1, 2, 3)  # orthogonal below Gaussian below symmetric
    return Drawn(
        title=f"z = s W z + x, m = {m}, {draws} matrices of each ensemble",
        panels=(
            Panel("length of the equilibrium", "scale s of W", "E$_x$ $|z|^2/m$", tuple(curves)),
            Panel("spread over matrices", "scale s of W", "variance of E$_x$ $|z|^2/m$", spreads,
                  "y"),
        ),
        orderings=(
            _rising(f"at s = {_LOOK} the length is in this order", at[0], (0, 2, 3)),
            _rising(f"at s = {_LOOK} the spread is in this order", at[1], stable),
        ),
        table=columns(("ensemble", "length", "variance"), _NAMES, mean(at[0]), mean(at[1])),
        error="means over independent matrices, Student\'s intervals at four deviations",
    )  # fmt: skip


def limit(name: str, s: float) -> float:
    """E|z|^2/m for m to infinity: Gaussian and orthogonal, GOE (s < 1/2), antisymmetric."""
    if name == "symmetric":
        return (1 / math.sqrt(1 - 4 * s * s) - 1) / (2 * s * s)
    if name == "antisymmetric":
        return (math.sqrt(1 + 4 * s * s) - 1) / (2 * s * s)
    return 1 / (1 - s * s)


def _scales() -> tuple[float, ...]:
    return tuple(k / 20 for k in range(1, 9))


def _rising(words: str, rows: Floats, which: tuple[int, ...]) -> Ordering:
    names = [_NAMES[k] for k in which]
    return mean_falls(f"{words}: {', '.join(names)}", -rows[:, which], names)


SENSITIVITY = Figure(
    name="agarwala2022.ensembles",
    paper="Agarwala, Schoenholz: Deep Equilibrium Networks Are Sensitive ... (arXiv:2207.09432v1)",
    shows="that equilibria depend on the ensemble of W and not on its scale alone; training is "
    "more stable from orthogonal and from symmetric matrices (abstract read, figures not)",
    here="length of the equilibrium of a linear network and its spread, nothing trained; it is "
    "symmetric matrices that spread most here, so that this does not explain their stability",
    kinship="of a statement",
    source="not read",
    draw=sensitivity,
)
