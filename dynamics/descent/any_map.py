"""Gradient descent on L = ||F - y||^2/2 for any differentiable map F, and what PL* asks of it."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from dynamics.enclosures import EPS, OVERFLOW, SAFETY, Array, array
from models import EveryUlp, Map
from models.arguments import as_annotated
from verdicts import Approx

_FLOOR_ULPS = 16
_TWINS = (3, 700_001)  # where their patterns of ulps start


@dataclass(frozen=True, slots=True, eq=False)
class MapDescent:
    """Gradient descent at the iterates 0..K.

    Attributes:
        steps: K; fewer than asked for where the loss left the range of numbers.
        loss: L(w_t), (K + 1,).
        squared_gradient: ||grad L(w_t)||^2, (K + 1,).
        movement: ||w_t - w_0||, (K + 1,).
        path: the sum of the lengths of the first t steps, (K + 1,).
        visited: the iterates asked for, by their number.
        diverged: the loss left the range of numbers.
    """

    steps: int
    loss: Approx
    squared_gradient: Approx
    movement: Approx
    path: Approx
    visited: dict[int, Float[Tensor, " p"]]
    diverged: bool

    def pl_constants(self) -> Approx:
        """||grad L||^2/(2 L) at the iterates with L > 0 for certain, from the first on."""
        positive = self.loss.lower > 0
        count = int(positive.argmin()) if not positive.all() else len(positive)
        return self.squared_gradient[:count] / (2 * self.loss[:count])


@as_annotated
def map_descent(
    F: Map,
    y: Float[Tensor, " n"],
    w: Float[Tensor, " p"],
    *,
    eta: float,
    steps: int,
    keep: Callable[[int], bool] = lambda _: False,
) -> MapDescent:
    """w_{t+1} = w_t - eta grad L(w_t), with enclosures of what is measured along the way.

    Two further runs, each of whose operations is moved by an ulp, follow paths of their own; ten
    times the larger difference, and a few ulps, is the error. It halves at most in a step, because
    differences cross zero by chance.

    Args:
        F: the map, as for `models.tangent`.
        y: labels.
        w: w_0.
        eta: step size > 0.
        steps: K >= 0.
        keep: which iterates are wanted, by their number; 0 is always kept.

    Raises:
        ValueError: eta <= 0, steps is no whole number >= 0, or labels that do not fit F(w).
    """
    if not 0 < eta < math.inf:
        raise ValueError(f"map_descent: eta={eta!r}; give a finite step size > 0")
    if isinstance(steps, bool) or not isinstance(steps, int) or steps < 0:
        raise ValueError(f"map_descent: steps={steps!r}; give a whole number of steps >= 0")
    value = F(w)
    if y.shape != value.shape:
        raise ValueError(
            f"map_descent: y has shape {tuple(y.shape)} and F(w) {tuple(value.shape)}; give one "
            "label for each output"
        )
    visited: dict[int, Tensor] = {}

    def seen(t: int, at: Tensor) -> None:
        if t == 0 or keep(t):
            visited[t] = at.clone()

    numbers = _run(F, y, w, eta, steps, nullcontext, seen)
    twins = [_run(F, y, w, eta, steps, partial(EveryUlp, k), lambda *_: None) for k in _TWINS]
    count = min(len(rows) for rows in (numbers, *twins))
    size = np.abs(numbers[:count])
    # Roundings of p products and of the labels, which the twins need not show.
    error = _FLOOR_ULPS * EPS * math.sqrt(len(w)) * size
    error[:, 0] += 4 * EPS * float(y.abs().max()) * np.sqrt(2 * size[:, 0])
    error += SAFETY * np.maximum(*(np.abs(twin[:count] - numbers[:count]) for twin in twins))
    for earlier, later in pairwise(error):
        np.maximum(later, earlier / 2, out=later)
    loss, squared, movement, path = (_enclosed(numbers[:count, k], error[:, k]) for k in range(4))
    return MapDescent(count - 1, loss, squared, movement, path, visited, count <= steps)


def _run(
    F: Map,
    y: Tensor,
    w: Tensor,
    eta: float,
    steps: int,
    context: Callable[[], AbstractContextManager[object]],
    seen: Callable[[int, Tensor], None],
) -> Array:
    """Loss, squared gradient, movement and path at each iterate, up to an overflow."""
    gone, path = torch.zeros_like(w), 0.0
    rows: list[list[float]] = []
    for t in range(steps + 1):
        with context():
            pulled = torch.func.vjp(F, w + gone)
            residual = pulled[0] - y
            gradient = pulled[1](residual)[0]
            loss = residual.square().sum() / 2
            squared = gradient.square().sum()
            numbers = torch.stack((loss, squared, torch.linalg.vector_norm(gone))).detach()
        if not bool(torch.isfinite(numbers).all()) or float(numbers[:2].max()) > OVERFLOW:
            break
        rows.append([*array(numbers).tolist(), path])
        seen(t, w + gone)
        path += eta * math.sqrt(float(squared))
        gone = gone - eta * gradient.detach()
    return array(torch.tensor(rows, dtype=torch.float64).reshape(-1, 4))


def _enclosed(values: Array, error: Array) -> Approx:
    found = Approx.around(values, error)
    return Approx(found.lower.clip(min=0.0), found.upper)
