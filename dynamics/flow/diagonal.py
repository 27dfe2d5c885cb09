"""Gradient flow of a diagonal linear equilibrium network, f(x) = sum_j x_j/(1 - w_j)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float64
from numpy.typing import NDArray
from scipy.integrate import solve_ivp
from torch import Tensor

_TIGHT, _LOOSE = 1e-13, 1e-11  # relative tolerances of the two runs
_SAFETY = 10.0


@dataclass(frozen=True, slots=True, eq=False)
class DiagonalFlow:
    """A flow at some times.

    Attributes:
        t: the times.
        w: the weights, one row per time.
        error: how far each of these weights may be off, estimated.
    """

    t: Float64[Tensor, " T"]
    w: Float64[Tensor, "T d"]
    error: float


def diagonal_flow(
    x: Float64[Tensor, "n d"],
    y: Float64[Tensor, " n"],
    w: Float64[Tensor, " d"],
    *,
    times: Float64[Tensor, " T"],
) -> DiagonalFlow:
    """The flow w' = -gradient of ||y - f(x)||^2/2, by a Runge-Kutta method of order 8.

    The error is estimated from a second run at a tolerance that is looser by 100.

    Args:
        x: inputs.
        y: labels.
        w: initial weights, all < 1.
        times: two or more, increasing, the first 0.

    Raises:
        ValueError: shapes that do not fit, a number that is not finite, a weight that is not below
            1, or times that do not begin with 0.
        ArithmeticError: the solution leaves w < 1 or cannot be followed.
    """
    if y.shape != x.shape[:1] or w.shape != x.shape[1:] or x.ndim != 2 or times.ndim != 1:
        raise ValueError(
            f"diagonal_flow: shapes x {tuple(x.shape)}, y {tuple(y.shape)}, w {tuple(w.shape)}, "
            f"times {tuple(times.shape)}; give (n, d), (n,), (d,) and (T,)"
        )
    if not (torch.isfinite(x).all() and torch.isfinite(y).all() and torch.isfinite(times).all()):
        raise ValueError("diagonal_flow: x, y or times has a NaN or an infinity; give numbers")
    if not bool((w < 1).all()):
        raise ValueError(f"diagonal_flow: a weight is {float(w.max())!r}; give weights < 1")
    if len(times) < 2 or float(times[0]) != 0 or not bool((times.diff() > 0).all()):
        raise ValueError(
            f"diagonal_flow: times={times.tolist()}; give at least two, increasing from 0 on"
        )
    arrays = (x.numpy(), y.numpy(), w.numpy(), times.numpy())
    tight, loose = (_run(*arrays, tolerance) for tolerance in (_TIGHT, _LOOSE))
    error = _SAFETY * float(np.abs(tight - loose).max()) + 1e-14 * float(1 + np.abs(tight).max())
    return DiagonalFlow(times, torch.from_numpy(tight), error)


def _run(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    w: NDArray[np.float64],
    times: NDArray[np.float64],
    tolerance: float,
) -> NDArray[np.float64]:
    def velocity(_: float, at: NDArray[np.float64]) -> NDArray[np.float64]:
        beta = 1 / (1 - at)
        return -(beta**2) * (x.T @ (x @ beta - y))

    solved = solve_ivp(
        velocity,
        (0.0, float(times[-1])),
        w,
        method="DOP853",
        t_eval=times,
        rtol=tolerance,
        atol=tolerance,
    )
    if not solved.success or not (solved.y < 1).all():
        raise ArithmeticError(
            f"diagonal_flow: {solved.message}; the solution cannot be followed to t={times[-1]:g}"
        )
    found: NDArray[np.float64] = np.ascontiguousarray(solved.y.T)
    return found
