"""Gradient descent on L = ||F(w) - y||^2/2 for a system of equations, and paths to a solution.

Every published number is an enclosure by the rule of the court: a second run is moved by an ulp at
each step, and ten times the difference of both counts, beside the rounding of F itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import torch
from jaxtyping import Float64
from torch import Tensor

from dynamics.enclosures import (
    EPS,
    OVERFLOW,
    SAFETY,
    array,
    distance,
    log_ratio,
    nudged,
    squared_norm,
)
from models import System, Taylor, system_taylor
from models.arguments import as_annotated
from verdicts import Approx

_PIECES = 8  # of a segment between two iterates
_STAGES = (24, 200, 2000)  # of the way from F(w_0) to y
_POLISHING = 6  # steps at its end
_ROUNDED = 4.0  # times what rounding may make of 0


@dataclass(frozen=True, slots=True, eq=False)
class SystemDescent:
    """Gradient descent w_(t+1) = w_t - eta DF(w_t)^T (F(w_t) - y), t = 0, ..., T.

    Attributes:
        w: iterates in floats, (T + 1, m).
        residual: ||F(w_t) - y||, shape (T + 1,).
        log_ratio: log L(w_t)/L(w_0), shape (T + 1,); lower bound -inf where L is not told from 0.
        path: the length of all steps so far, shape (T + 1,).
        moved: ||w_t - w_0||, shape (T + 1,).
        rise: the largest of ||F(v) - y|| - ||F(w_t) - y|| over v between w_t and w_(t+1), over
            r_0: an upper bound from values at 9 points of each segment and from beta, and 0, which
            is attained; shape (T,).
    """

    w: Float64[Tensor, "steps m"]
    residual: Approx
    log_ratio: Approx
    path: Approx
    moved: Approx
    rise: Approx


@as_annotated
def system_descent(system: System, eta: float, steps: int, *, beta: float) -> SystemDescent:
    """Gradient descent from the system's point.

    Args:
        system: equations, labels and w_0.
        eta: step size > 0.
        steps: T >= 1.
        beta: a Lipschitz constant of DF along all segments; only `rise` uses it.

    Raises:
        ValueError: eta or steps out of range.
    """
    taylor = partial(system_taylor, system)
    run, w = taylor_descent(taylor, system.w, system.y, eta, steps)
    return replace(run, rise=rise_along(system, w[:-1], w[1:], beta=beta))


@as_annotated
def taylor_descent(
    taylor: Callable[[Tensor], Taylor],
    start: Float64[Tensor, " m"],
    y: Float64[Tensor, " n"],
    eta: float,
    steps: int,
) -> tuple[SystemDescent, Float64[Tensor, "t m"]]:
    """Gradient descent on ||F - y||^2/2 for any map with a bound of its rounding.

    Args:
        taylor: F, DF and their errors at points (2, m).
        start: w_0.
        y: labels.
        eta: step size > 0.
        steps: T >= 1.

    Returns:
        The descent, whose `rise` is unknown, and its iterates.

    Raises:
        ValueError: eta or steps out of range.
    """
    if not eta > 0 or steps < 1:
        raise ValueError(f"taylor_descent: eta={eta!r}, steps={steps}; give eta > 0 and steps >= 1")
    w, F, error = _two_runs(taylor, start, y, eta, steps)
    e = array(F[0] - y)
    apart = SAFETY * np.abs(array(F[0] - F[1])) + array(error[0] + EPS * y.abs())
    unknown = ~(np.isfinite(e).all(axis=-1) & np.isfinite(apart).all(axis=-1))
    unknown |= np.square(np.where(np.isfinite(e), e, 0.0)).sum(axis=-1) > OVERFLOW
    squared = squared_norm(e, apart, unknown)
    # What rounding makes of zero is the floor.
    noise = float(np.linalg.norm(array(error[0, 0] + EPS * y.abs())))
    lengths = torch.linalg.vector_norm(w[:, 1:] - w[:, :-1], dim=-1).cumsum(dim=-1)
    zero = torch.zeros(2, 1, dtype=w.dtype)
    path, moved = (
        torch.cat([zero, lengths], dim=-1),
        torch.linalg.vector_norm(w - w[:, :1], dim=-1),
    )
    off = 4 * (steps + len(start)) * EPS * (array(path[0]) + float(w[0, 0].norm()))
    apart_w = SAFETY * array(torch.linalg.vector_norm(w[0] - w[1], dim=-1))
    found = SystemDescent(
        w=w[0],
        residual=squared.sqrt(),
        log_ratio=log_ratio(squared, np.array([(8 * noise) ** 2]), unknown),
        path=distance(array(path[0]), array(path[1]), off + np.cumsum(apart_w), unknown),
        moved=distance(array(moved[0]), array(moved[1]), off + apart_w, unknown),
        rise=Approx(np.zeros(steps), np.full(steps, np.inf)),
    )
    return found, w[0]


@as_annotated(finite=False)
def rise_along(
    system: System, first: Float64[Tensor, "t m"], last: Float64[Tensor, "t m"], *, beta: float
) -> Approx:
    """By how much ||F - y|| exceeds its value at the first end, anywhere on segments, over r_0.

    On a piece of length l with the values q and q' at its ends it is at most their chord plus
    beta s (l - s)/2 at s, since that is how far F may be from its own chord.

    Args:
        system: equations, labels and w_0.
        first: an end of each segment.
        last: the other ends.
        beta: a Lipschitz constant of DF along them.

    Returns:
        An enclosure [0, bound] for each segment.
    """
    share = torch.linspace(0, 1, _PIECES + 1, dtype=first.dtype)[:, None, None]
    taylor = system_taylor(system, first + share * (last - first))
    values = torch.linalg.vector_norm(taylor.F - system.y, dim=-1)
    error = torch.linalg.vector_norm(taylor.F_error + EPS * system.y.abs(), dim=-1)
    bend = beta * (torch.linalg.vector_norm(last - first, dim=-1) / _PIECES).square()
    drop = values[:-1] - values[1:]
    # The top of -s d + c s (1 - s)/2 over s in [0, 1] is at s = 1/2 - d/c.
    top = (0.5 - drop / bend.clamp(min=torch.finfo(bend.dtype).tiny)).clamp(0, 1)
    above = values[:-1] - values[0] - top * drop + bend * top * (1 - top) / 2
    bound = (above + 4 * error.amax(dim=0)).amax(dim=0).clamp(min=0) / values[0, 0].clamp(
        min=1e-300
    )
    upper = np.where(np.isfinite(array(bound)), array(bound), np.inf)
    return Approx(np.zeros_like(upper), upper)


@as_annotated
def solution_path(system: System) -> Float64[Tensor, " m"]:
    """A point where F is y up to rounding, at the end of a Newton path from w_0; or any other.

    F is led along the straight line from F(w_0) to y by least-norm steps, by short ones if long
    ones miss it: where DF has full rank all the way, the path's length is at most r_0/sigma with
    sigma the least singular value met.
    """
    best, least = system.w, float("inf")
    for stages in _STAGES:
        w = _newton_path(system, stages)
        taylor = system_taylor(system, w)
        missed = float((taylor.F - system.y).norm())
        if missed < least:
            best, least = w, missed
        if least <= _ROUNDED * float((taylor.F_error + EPS * system.y.abs()).norm()):
            break
    return best


def _newton_path(system: System, stages: int) -> Tensor:
    w = system.w
    first = system_taylor(system, w).F
    for stage in range(1, stages + 1):
        target = first + (system.y - first) * (stage / stages)
        for _ in range(1 if stage < stages else _POLISHING):
            taylor = system_taylor(system, w)
            step = torch.linalg.lstsq(taylor.J, target - taylor.F, driver="gelsd").solution
            if not bool(torch.isfinite(step).all()):
                return w
            w = w + step
    return w


def _two_runs(
    taylor: Callable[[Tensor], Taylor], start: Tensor, y: Tensor, eta: float, steps: int
) -> tuple[Tensor, Tensor, Tensor]:
    """Iterates, values and their rounding of two runs, the second moved at every step."""
    w = torch.stack([start, nudged(start, keep=1)])
    iterates, values, errors = [], [], []
    for t in range(steps + 1):
        found = taylor(w)
        iterates.append(w)
        values.append(found.F)
        errors.append(found.F_error)
        if t < steps:
            gradient = ((found.F - y).unsqueeze(-2) @ found.J).squeeze(-2)
            w = w - eta * gradient
            w = torch.stack([w[0], nudged(w[1], keep=1)])
    return torch.stack(iterates, dim=1), torch.stack(values, dim=1), torch.stack(errors, dim=1)
