"""Gradient flow on the two-layer ReLU network."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from dynamics.enclosures import (
    EPS,
    SAFETY,
    Array,
    Mask,
    array,
    distance,
    log_ratio,
    reshaped,
    squared_norm,
    zero_floor,
)
from dynamics.flow.both_layers import both_layers
from dynamics.flow.exact import first_layer
from dynamics.flow.exponential_steps import over_kinks
from dynamics.flow.result import Flow
from dynamics.flow.runs import Trace, joined
from dynamics.problem import Problem, problem
from verdicts import Approx, exactly

_NARROW = 512  # pre-activations of a network up to which it always stops at every kink
_LOCATED = 2**18  # m n^2 up to which the first layer does, where the path is kept
_LARGEST = 1e30  # in data and weights, and times, beyond which products overflow
_HELD = 2**21  # pre-activations of both runs that are held at a time
_HELD_BOTH = 2**15  # the same for both layers, where each has a power series


def gradient_flow(
    x: Float[Tensor, "n d"],
    y: Float[Tensor, "*#s n"],
    w: Float[Tensor, "*s m d"],
    a: Float[Tensor, "*#s m"],
    *,
    times: Float[Tensor, " T"],
    layers: str = "first",
    keep_path: bool = True,
) -> Flow:
    """dW/dt = -dL/dW from W(0) = w (and da/dt = -dL/da), L = |y - u|^2/2, at the given times.

    Exact, but for rounding, where the flow stops at every kink: in between it is in closed form by
    one eigendecomposition (first layer) or a power series of order 20 (both layers), no kink can
    be missed, and the first layer is followed through slides (see `Flow`). That is done for
    m n <= 512, and for m n^2 <= 262144 if the first layer is trained and the path is kept.

    Wider networks meet too many kinks. Steps run over them (exponentials of the frozen H; both
    layers: of second order, the invariants |w_r|^2 - a_r^2 kept), which costs the less the wider
    the network is: what a neuron can have overrun is counted as error.

    The flow is followed on the CPU wherever the weights lie, and so is what it returns: kinks are a
    matter of branching, not of arithmetic.

    Every enclosure is ten times the difference to a run from parameters moved by an ulp (and of
    other steps), plus rounding.

    Args:
        x: inputs, one row per sample.
        y: labels.
        w: first-layer weights; leading dimensions are seeds.
        a: output weights.
        times: increasing, the first one 0.
        layers: "first" or "both".
        keep_path: whether to keep H of every piece.

    Raises:
        ValueError: shapes that do not fit, numbers that are not finite, times that do not start
            at 0 or do not increase, numbers beyond 1e30, or unknown layers.
    Source:
        Du et al. 2019 (arXiv:1810.02054v2), section 3; Filippov 1988 for the kinks.
    """
    grid = array(times)
    if grid.ndim != 1 or len(grid) < 2 or grid[0] != 0 or not (np.diff(grid) > 0).all():
        raise ValueError(f"gradient_flow: times={times!r}; give increasing times, the first one 0")
    start = problem(x, y, w.to("cpu", torch.float64), a, layers, "gradient_flow")
    _check_range(start, grid)
    trace = _followed(start, grid, keep_path=keep_path)
    return _published(start, times, trace, keep_path=keep_path)


def _check_range(start: Problem, grid: Array) -> None:
    given = {"x": start.x, "y": start.y, "w": start.w, "a": start.a}
    for name, values in (given | {"times": torch.from_numpy(grid)}).items():
        largest = float(values.abs().amax())
        if largest > _LARGEST:
            raise ValueError(
                f"gradient_flow: {name} has an entry of size {largest:.3g}; "
                f"give numbers up to {_LARGEST:g}, or measure in other units"
            )


def _followed(start: Problem, grid: Array, *, keep_path: bool) -> Trace:
    narrow = start.m * start.n <= _NARROW
    located = start.m * start.n**2 <= _LOCATED and keep_path and not start.both
    if not (narrow or located):
        return over_kinks(start, grid, keep_path=keep_path)
    follow, held = (both_layers, _HELD_BOTH) if start.both else (first_layer, _HELD)
    size = max(1, held // (2 * start.m * start.n))
    seeds = range(0, start.w.shape[1], size)
    return joined([follow(start.rows(c, c + size), grid, keep_path=keep_path) for c in seeds])


def _published(start: Problem, times: Tensor, trace: Trace, *, keep_path: bool) -> Flow:
    """The record of a flow: ten times the difference of the two runs, plus what else is off."""
    seeds, T, n, s = start.seeds, len(times), start.n, start.y.shape[1]
    since = trace.since.reshape(2, s).min(axis=0)
    unknown = array(times) > since[:, None]
    squared, logs = _residuals(start, trace, unknown)
    movement, output = (_moved(part, trace, unknown) for part in (trace.movement, trace.output))
    paper, flow, lengths, kept = trace.paths() if keep_path else (None, None, None, None)
    slid, several, lost = (
        torch.from_numpy(np.logical_or(*flags.reshape(2, s))).reshape(seeds)
        for flags in (trace.slid, trace.several, trace.lost)
    )
    return Flow(
        times=times,
        residual=_tensor(trace.e[:s], (*seeds, T, n)),
        squared_residual=reshaped(squared, (*seeds, T)),
        movement=reshaped(movement, (*seeds, T)),
        output_movement=reshaped(output if start.both else exactly(np.zeros((s, T))), (*seeds, T)),
        H=_tensor(trace.H[:s], (*seeds, T, n, n)),
        H_flow=_tensor(trace.H_flow[:s], (*seeds, T, n, n)),
        H_path=_perhaps(paper, (*seeds, -1, n, n)),
        H_flow_path=_perhaps(flow, (*seeds, -1, n, n)),
        path_lengths=_perhaps(lengths, (*seeds, -1)),
        path_kept=_perhaps(kept, (*seeds, -1)),
        w=_perhaps(trace.w, (*seeds, start.m, start.d)),
        a=_perhaps(trace.a, (*seeds, start.m)),
        slid=slid,
        several=several,
        undecided=lost,
        both=start.both,
        logs=reshaped(logs, (*seeds, T)),
    )


def _tensor(values: NDArray[Any], shape: tuple[int, ...]) -> Tensor:
    return torch.from_numpy(values).reshape(shape)


def _perhaps(values: NDArray[Any] | None, shape: tuple[int, ...]) -> Tensor | None:
    return None if values is None else _tensor(values, shape)


def _moved(lengths: Array, trace: Trace, unknown: Mask) -> Approx:
    """How far weights have come at each time, (s, T)."""
    s, T = unknown.shape
    base, other = lengths.reshape(2, s, T)
    # Displacements keep their errors, so the largest difference so far counts: at a single time
    # two numbers can agree by chance.
    gap = np.maximum.accumulate(np.abs(base - other), axis=1)
    error = trace.stray.reshape(2, s, T)[0] + 64 * EPS * base
    return distance(base, base + gap, error, unknown)


def _residuals(start: Problem, trace: Trace, unknown: Mask) -> tuple[Approx, Approx]:
    s, T = unknown.shape
    base, moved = trace.e.reshape(2, s, T, -1)
    left = trace.left.reshape(2, s, T)[0]
    free = squared_norm(base, SAFETY * np.abs(base - moved), np.zeros_like(unknown), slack=left)
    # Along every solution the loss never grows.
    upper = np.minimum.accumulate(np.where(unknown, np.inf, free.upper), axis=1)
    squared = Approx(np.where(unknown, 0.0, np.minimum(free.lower, upper)), upper)
    floor = left**2 + (0.0 if trace.relative else zero_floor(start.y[0]))
    return squared, log_ratio(squared, floor, unknown)
