"""Exact gradient flow until the residual is 1e-10 of its start, beside ODE solvers."""

from __future__ import annotations

import importlib
import importlib.util
import math
import statistics
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.integrate import solve_ivp
from torch import Tensor

from benchmarks.comparison import Comparison, Row, Skipped, Timing
from dynamics import gradient_flow
from models import gaussian_weights, rademacher_signs
from verdicts import Seeds

_N, _SMALL = 5, 1e-10
_MOST = 1 / 20  # ours/theirs
_ROUNDS = 5
_ACCURATE = 1e-10  # of the start: as near to ours as asked
_TOLERANCES = (1e-8, 1e-10, 1e-12)  # none that is coarser was near enough
_LIMIT, _QUICK_LIMIT = 60.0, 8.0  # seconds of processor time for one solution

Array = NDArray[np.float64]


class Flow:
    """One network and its flow up to a time."""

    def __init__(self, m: int) -> None:
        x = gaussian_weights(_N, _N, Seeds((15, 4), count=1))[0]
        self.x = x / torch.linalg.vector_norm(x, dim=1, keepdim=True)
        self.y = rademacher_signs(_N, Seeds((15, 4), count=1))[0]
        keys = Seeds((1, 2), count=1)
        self.w, self.a = gaussian_weights(m, _N, keys)[0], rademacher_signs(m, keys)[0]
        self.deadline, self.end = math.inf, self._end()

    @property
    def title(self) -> str:
        """In words."""
        sizes = f"n = d = {_N}, m = {len(self.a)}"
        return f"exact flow, {sizes}, to residual {_SMALL:g}, t = {self.end:.3g}"

    def ours(self) -> Tensor:
        """The residual at the end."""
        times = torch.tensor([0.0, self.end], dtype=torch.float64)
        run = gradient_flow(self.x, self.y, self.w, self.a, times=times)
        return run.residual[..., -1, :]

    def start(self) -> Tensor:
        """The residual at time 0."""
        return self.residual(self.w.flatten())

    def by_scipy(self, method: Literal["DOP853", "Radau"], tolerance: float) -> Tensor:
        """The same by one of scipy's solvers."""
        solved = solve_ivp(
            lambda _, w: self.velocity(torch.from_numpy(w)).numpy(),
            (0.0, self.end),
            self.w.flatten().numpy(),
            method=method,
            rtol=tolerance,
            atol=tolerance * 1e-2,
        )
        return self.residual(torch.from_numpy(solved.y[:, -1].copy()))

    def by_torchdiffeq(self, tolerance: float) -> Tensor:
        """The same by torchdiffeq's dopri8."""
        solve: Callable[..., Tensor] = importlib.import_module("torchdiffeq").odeint
        grid = torch.tensor([0.0, self.end], dtype=torch.float64)
        path = solve(
            lambda _, w: self.velocity(w),
            self.w.flatten(),
            grid,
            rtol=tolerance,
            atol=tolerance * 1e-2,
            method="dopri8",
        )
        return self.residual(path[-1])

    def velocity(self, flat: Tensor) -> Tensor:
        """-dL/dw, with relu'(0) = 1. Raises TimeoutError after the deadline."""
        if time.process_time() > self.deadline:
            raise TimeoutError
        z = flat.view_as(self.w) @ self.x.T
        root = math.sqrt(len(self.a))
        pulled: Tensor = (z >= 0) * (self.y - self.a @ z.relu() / root)
        speed: Tensor = pulled @ self.x * (self.a / root).unsqueeze(1)
        return speed.flatten()

    def residual(self, flat: Tensor) -> Tensor:
        """The residual y - u."""
        z = flat.view_as(self.w) @ self.x.T
        e: Tensor = self.y - self.a @ z.relu() / math.sqrt(len(self.a))
        return e

    def _end(self) -> float:
        times = torch.cat((torch.zeros(1), torch.logspace(0, 3, 60))).double()
        run = gradient_flow(self.x, self.y, self.w, self.a, times=times)
        sizes = torch.linalg.vector_norm(run.residual, dim=-1)
        return float(times[sizes <= _SMALL * sizes[0]][0])

    def size(self, e: Tensor) -> float:
        """Its norm."""
        return float(torch.linalg.vector_norm(e))


def comparisons(*, quick: bool) -> Iterator[Row]:
    """Kinks keep solvers from being as accurate as ours; the row says how far off they are."""
    flow = Flow(200 if quick else 1000)
    solvers: dict[str, Callable[[float], Tensor]] = {
        "scipy DOP853": partial(flow.by_scipy, "DOP853"),
        "scipy Radau": partial(flow.by_scipy, "Radau"),
        "torchdiffeq dopri8": flow.by_torchdiffeq,
    }
    for peer, solver in solvers.items():
        if "torchdiffeq" in peer and importlib.util.find_spec("torchdiffeq") is None:
            yield Skipped(flow.title, peer, "not installed; pip install -e '.[bench]'")
        else:
            yield _beside(flow, peer, solver, _QUICK_LIMIT if quick else _LIMIT)


def _beside(flow: Flow, peer: str, solver: Callable[[float], Tensor], limit: float) -> Row:
    """At the first tolerance that is accurate enough, or what it costs not to be."""
    ours, whole = flow.ours(), flow.size(flow.start())
    for tolerance in _TOLERANCES:
        flow.deadline = time.process_time() + limit
        try:
            off = flow.size(solver(tolerance) - ours) / whole
        except TimeoutError:
            return _late(flow, f"{peer}, rtol {tolerance:g}", limit)
        finally:
            flow.deadline = math.inf
        name = f"{peer}, rtol {tolerance:g}, {off:.0e} off"
        if off <= _ACCURATE:
            break
    return Comparison(
        flow.title,
        flow.ours,
        name,
        partial(solver, tolerance),
        most_ratio=_MOST,
        most_rounds=_ROUNDS,
    )


def _late(flow: Flow, peer: str, limit: float) -> Timing:
    """Beside a solver that was stopped: a ratio that its own is smaller than.

    In processor time of one thread, on both sides, since they do not alternate.
    """
    seconds = []
    for _ in range(_ROUNDS):
        start = time.process_time()
        flow.ours()
        seconds.append(time.process_time() - start)
    ours = statistics.median(seconds)
    name = f"{peer}, stopped after {limit:g} s of processor time"
    comparison = Comparison(flow.title, flow.ours, name, lambda: None, most_ratio=_MOST)
    return Timing(comparison, ratio=ours / limit, ours=ours, theirs=limit)
