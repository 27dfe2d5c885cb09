"""From the runs of several seeds to what is published: enclosures."""

from __future__ import annotations

import math

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from dynamics.enclosures import (
    EPS,
    SAFETY,
    Array,
    Mask,
    array,
    distance,
    log_ratio,
    mask,
    squared_norm,
    zero_floor,
)
from dynamics.wide.result import WideDescent
from dynamics.wide.run import Task, Trace
from dynamics.wide.search import Found, rounding
from verdicts import Approx


def recorded(task: Task, y: Float[Tensor, "s n"], runs: list[Found]) -> WideDescent:
    """One row per run."""
    traces = [run.trace for run in runs]
    unknown = mask(torch.stack([trace.lost for trace in traces]))
    pairs = [trace.strayed(task) for trace in traces]
    all_strayed, farthest = (array(torch.stack(part)) for part in zip(*pairs, strict=True))
    movement = _movement(task, traces, farthest, unknown)
    output = _output_movement(task, traces, farthest, unknown)
    e = torch.stack([trace.e for trace in traces], dim=1)
    base, moved = array(e)
    with np.errstate(invalid="ignore", over="ignore"):
        error = SAFETY * np.abs(base - moved) + _rounding(task, y, runs, movement, output)
        larger = 1 + output.upper[..., None]
        doubt = all_strayed[..., None] * _norms(task) * larger / math.sqrt(task.m)
    squared = squared_norm(base, error + SAFETY * doubt, unknown)
    return WideDescent(
        steps=task.steps,
        times=torch.arange(task.steps + 1, dtype=torch.float64, device=e.device),
        residual=torch.where(torch.from_numpy(unknown).to(e.device)[..., None], math.inf, e[0]),
        squared_residual=squared,
        movement=movement,
        output_movement=output if task.both else None,
        H=_kept([trace.H for trace in traces]),
        H_error=_matrix_error(task, traces, output) if task.keep_H else None,
        G2=_kept([trace.G2 for trace in traces]),
        flips=torch.stack([trace.flips for trace in traces]),
        candidates=torch.tensor([run.candidates for run in runs]),
        streams=torch.tensor([run.streams for run in runs]),
        ties=torch.stack([trace.ties for trace in traces]),
        logs=log_ratio(squared, zero_floor(y), unknown),
    )


def _movement(t: Task, traces: list[Trace], farthest: Array, unknown: Mask) -> Approx:
    followed = _enclosed(t, [trace.movement for trace in traces], farthest, unknown)
    low = _enclosed(t, [trace.drift.low for trace in traces], 0.0, unknown)
    high = _enclosed(t, [trace.drift.high for trace in traces], 0.0, unknown)
    return Approx(np.maximum(followed.lower, low.lower), np.maximum(followed.upper, high.upper))


def _output_movement(t: Task, traces: list[Trace], farthest: Array, unknown: Mask) -> Approx:
    followed = _enclosed(t, [trace.output for trace in traces], farthest, unknown)
    high = _enclosed(t, [trace.drift.output for trace in traces], 0.0, unknown)
    return Approx(followed.lower, np.maximum(followed.upper, high.upper))


def _enclosed(t: Task, lengths: list[Tensor], strayed: Array | float, unknown: Mask) -> Approx:
    base, moved = array(torch.stack(lengths, dim=1))
    with np.errstate(invalid="ignore", over="ignore"):
        error = (t.d + 8) * EPS * base + SAFETY * strayed
        return distance(base, moved, error, unknown)


def _rounding(t: Task, y: Tensor, runs: list[Found], movement: Approx, output: Approx) -> Array:
    """Of each prediction at each step: no neuron has grown more than the farthest has moved."""
    norms, root = _norms(t), math.sqrt(t.m)
    start = array(torch.stack([run.size for run in runs]))[:, None]
    larger = 1 + output.upper[..., None]
    size = (start + root * norms * movement.upper[..., None]) * larger
    return array(rounding(t, torch.from_numpy(size), y.cpu().unsqueeze(1)))


def _matrix_error(t: Task, traces: list[Trace], output: Approx) -> Tensor:
    """A neuron's share of H is at most |x|^2 a_r^2/m; the sums round."""
    ties = torch.stack([trace.ties for trace in traces]).cpu()
    largest = torch.from_numpy((1 + output.upper) ** 2) * float(t.x[0].square().sum())
    return (largest * (ties / t.m + (t.d + 16) * EPS)).to(t.x.device)


def _norms(t: Task) -> Array:
    return array(t.x[0].square().sum(dim=-1).sqrt())


def _kept(parts: list[Tensor | None]) -> Tensor | None:
    there = [part for part in parts if part is not None]
    return torch.stack(there) if there else None
