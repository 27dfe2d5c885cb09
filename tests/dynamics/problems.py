"""Small problems and independent oracles for the tests of dynamics."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.integrate import solve_ivp
from torch import Tensor

Array = NDArray[np.float64]
LongDoubles = NDArray[np.longdouble]


@dataclass(frozen=True)
class Drawn:
    """Data and a start."""

    x: Tensor
    y: Tensor
    w: Tensor
    a: Tensor

    @property
    def parts(self) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        return self.x, self.y, self.w, self.a


def drawn(number: int, *, n: int, m: int, d: int = 3, seeds: int | None = None) -> Drawn:
    """Unit inputs, labels of size about 1, Gaussian w, signs a."""
    generator = torch.Generator().manual_seed(1000 + number)
    lead = () if seeds is None else (seeds,)
    x = torch.randn(n, d, generator=generator, dtype=torch.float64)
    y = torch.randn(n, generator=generator, dtype=torch.float64)
    w = torch.randn(*lead, m, d, generator=generator, dtype=torch.float64)
    a = torch.randint(0, 2, (*lead, m), generator=generator).to(torch.float64) * 2 - 1
    return Drawn(x / x.norm(dim=1, keepdim=True), y, w, a)


def arrays(problem: Drawn) -> tuple[Array, Array, Array, Array]:
    x, y, w, a = (part.numpy() for part in problem.parts)
    return x, y, w, a


def looped_descent(
    problem: Drawn, eta: float, steps: int, *, both: bool = False
) -> tuple[list[LongDoubles], list[float]]:
    """Residuals and movements of gradient descent, in long doubles, one neuron at a time."""
    x, y, w, a = (part.astype(np.longdouble) for part in arrays(problem))
    w0, m = w.copy(), np.longdouble(len(a))
    residuals, movements = [], []
    for _ in range(steps + 1):
        u = np.array(
            [sum(a[r] * max(w[r] @ xi, np.longdouble(0)) for r in range(len(a))) for xi in x]
        )
        e = y - u / np.sqrt(m)
        residuals.append(e)
        movements.append(float(max(np.sqrt(((w - w0) ** 2).sum(axis=1)))))
        new_w, new_a = w.copy(), a.copy()
        for r in range(len(a)):
            for i, xi in enumerate(x):
                z = w[r] @ xi
                if z >= 0:
                    new_w[r] = new_w[r] + np.longdouble(eta) / np.sqrt(m) * a[r] * e[i] * xi
                    new_a[r] = new_a[r] + np.longdouble(eta) / np.sqrt(m) * e[i] * z
        w, a = new_w, (new_a if both else a)
    return residuals, movements


def integrated_flow(problem: Drawn, times: Array, *, both: bool = False) -> Array:
    """Residuals at the times by a Runge-Kutta code of order 8, restarted at every kink.

    Only for flows that pass all kinks: a neuron is given the pattern of the side it goes to.
    """
    x, y, w, a = arrays(problem)
    m, n = len(a), len(y)
    on = w @ x.T >= 0

    def residual(state: Array) -> Array:
        v, b = state[:-m].reshape(w.shape), state[-m:]
        return np.asarray(y - (b[:, None] * on * (v @ x.T)).sum(axis=0) / np.sqrt(m))

    def velocity(_: float, state: Array) -> Array:
        v, b, e = state[:-m].reshape(w.shape), state[-m:], residual(state)
        by_w = b[:, None] * ((on * e) @ x) / np.sqrt(m)
        by_a = (on * e * (v @ x.T)).sum(axis=1) / np.sqrt(m) * both
        return np.concatenate((by_w.ravel(), by_a))

    def distance(_: float, state: Array) -> float:
        z = (state[:-m].reshape(w.shape) @ x.T).ravel()
        return float(np.where(on.ravel(), z, -z).min() + 1e-12)

    distance.terminal, distance.direction = True, -1  # type: ignore[attr-defined]
    state, t, found = np.concatenate((w.ravel(), a)), 0.0, []
    for target in times:
        for _ in range(20 * m * n):
            if t >= target:
                break
            path = solve_ivp(
                velocity,
                (t, float(target)),
                state,
                "DOP853",
                rtol=1e-11,
                atol=1e-13,
                events=distance,
            )
            t, state = float(path.t[-1]), path.y[:, -1]
            if path.status == 1:
                z = state[:-m].reshape(w.shape) @ x.T
                on = np.where(np.where(on, z, -z) <= 1e-11, ~on, on)
        found.append(residual(state))
    return np.array(found)
