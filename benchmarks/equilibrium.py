"""Equilibria z = max(W z + b, 0) with an error bound, beside TorchDEQ's solvers without one."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import torch
from torch import Tensor

from benchmarks.comparison import Comparison, Row, Skipped
from certify import solved
from models import equilibrium, gaussian_weights
from verdicts import Approx, Seeds

_N = 10  # right-hand sides
_RESIDUAL = 1e-10  # that both sides must reach, per row; ours goes on to the rounding floor
_MOST = 1.0  # ours/theirs
_ROUNDS = 5
_STEPS = 1000
# Its regularisation of the mixing, 1e-4 by default, keeps Anderson from small residuals.
_SOLVERS: dict[str, dict[str, float]] = {"anderson": {"lam": 1e-12}, "broyden": {}}


class Equations:
    """W of norm rho, a Gaussian matrix or an orthogonal one, and Gaussian right-hand sides."""

    def __init__(self, m: int, rho: float, *, orthogonal: bool) -> None:
        drawn = gaussian_weights(m, m + _N, Seeds((15, m), count=1))[0]
        W = drawn[:, :m]
        W = torch.linalg.qr(W).Q if orthogonal else W / torch.linalg.matrix_norm(W, ord=2)
        self.W, self.b = (rho * W).contiguous(), drawn[:, m:].mT.contiguous()
        kind = "orthogonal" if orthogonal else "Gaussian"
        self.title = f"equilibria, m = {m}, n = {_N}, {kind} W, rho = {rho:g}"

    def ours(self) -> Approx:
        """The solutions, enclosed."""
        return solved(equilibrium(self.W, self.b))

    def image(self, z: Tensor) -> Tensor:
        """One step."""
        stepped: Tensor = (z @ self.W.mT + self.b).clamp_min(0)
        return stepped

    def residual(self, z: Tensor) -> float:
        """The largest of a row."""
        return float(torch.linalg.vector_norm(self.image(z) - z, dim=-1).max())

    def theirs(self, solve: Callable[..., Any], options: dict[str, float]) -> Tensor:
        """By one of TorchDEQ's solvers, from 0."""
        start = torch.zeros_like(self.b)
        settings = {"max_iter": _STEPS, "tol": _RESIDUAL, "stop_mode": "abs"}
        found: Tensor = solve(self.image, start, **settings, **options)[0]
        return found


def comparisons(*, quick: bool) -> Iterator[Row]:
    """All solvers at all widths and norms; ours has the errors of all solutions as well."""
    for m in (100,) if quick else (100, 400):
        for rho in (0.5, 0.9, 0.99):
            for orthogonal in (False, True):
                equations = Equations(m, rho, orthogonal=orthogonal)
                for name, options in _SOLVERS.items():
                    yield _beside(equations, name, options)


def _beside(equations: Equations, name: str, options: dict[str, float]) -> Row:
    peer = f"TorchDEQ {name}"
    if importlib.util.find_spec("torchdeq") is None:
        return Skipped(equations.title, peer, "not installed; pip install -e '.[bench]'")
    solve = importlib.import_module("torchdeq.solver").get_solver(name)
    theirs = partial(equations.theirs, solve, options)
    off = equations.residual(theirs())
    if not off <= _RESIDUAL:
        return Skipped(equations.title, peer, f"its residual is {off:.0e} after {_STEPS} steps")
    return Comparison(
        equations.title,
        equations.ours,
        peer,
        theirs,
        most_ratio=_MOST,
        most_rounds=_ROUNDS,
    )
