"""Gradient flow on networks too wide to be held: exact, by folding what keeps its pattern."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from dynamics.enclosures import array, nudged
from dynamics.problem import Layers
from dynamics.wide.flow_both import both_layers
from dynamics.wide.flow_first import first_layer
from dynamics.wide.flow_record import recorded
from dynamics.wide.flow_result import WideFlow
from dynamics.wide.flow_several import MOST_INPUTS, several_inputs
from dynamics.wide.run import Task
from dynamics.wide.streaming import MOST_SAMPLES, Source, default_chunk
from models import Keys, gram
from verdicts import Seeds

_GUESSED = 0.1  # of the fastest decay time: the steps of a descent that guesses how far it goes
_MOST_STEPS = 2**40
_LARGEST = 1e30  # beyond which products overflow


def wide_flow(
    x: Float[Tensor, "n d"],
    y: Float[Tensor, "*#s n"],
    seeds: Keys,
    *,
    m: int,
    times: Float[Tensor, " T"],
    layers: Layers = "first",
    chunk: int | None = None,
) -> WideFlow:
    """Gradient flow from Gaussian weights and fair signs, without ever holding the network.

    The flow is that of `gradient_flow` from `gaussian_weights(m, d, seeds)` and
    `rademacher_signs(m, seeds)`, exact but for rounding. The start is streamed in chunks. Neurons
    that might reach a hyperplane w.x_j = 0, some multiple of sqrt(m), are followed from event to
    event, through slides too; all others keep their patterns and act together, through sums over
    the start. The run itself says how far those can have gone: if that is not less than where
    they started, it is repeated with a wider band.

    Time is that of the stream and of one eigendecomposition per event, for all seeds at once; far
    labels make nearly all neurons candidates, and then memory is that of the whole network.

    If both layers are trained, the flow of a single input is a hyperbolic rotation of each (w, a),
    and everything is in closed form. With several inputs all neurons of one pattern share a linear
    map, whose power series of order 20 (8 where events are near) is all that an event costs;
    slides are followed too. Neurons that rest on w.x_j = 0 may leave it once e_j changes its sign,
    each at a time of its own or never: such a row is flagged `several`, and as long as the weights
    hardly turn from then on, which wide networks grant, its enclosures hold for every solution.

    Args:
        x: inputs, at most 52; at most 8 if both layers are trained.
        y: labels, shared or one row per seed.
        seeds: of the start, in float64; one row of the result each.
        m: width.
        times: increasing, the first one 0.
        layers: "first" trains w alone, "both" trains w and a.
        chunk: neurons held at a time; a size that suits the device if not given.

    Raises:
        ValueError: shapes that do not fit, a NaN, a number out of its range, or too many inputs.
    Source:
        Du et al. 2019 (arXiv:1810.02054v2), section 3, and this project's dossier; Filippov 1988
        for the kinks.
    """
    _check(x, y, seeds, m=m, times=times, layers=layers, chunk=chunk)
    inputs = x.to(device=seeds.device, dtype=torch.float64)
    labels = y.to(inputs).expand(seeds.count, len(x))
    both, grid = layers == "both", array(times)
    eta = min(_GUESSED / max(float(inputs.square().sum()), 1e-300), float(grid[-1]))
    task = Task(
        x=_doubled(inputs, keep=2),
        y=_doubled(labels[0], keep=1),
        m=m,
        eta=eta,
        steps=math.ceil(min(float(grid[-1]) / eta, _MOST_STEPS)),
        d=x.shape[-1],
        both=both,
        keep_H=False,
    )
    size = default_chunk(x.shape[-1], seeds.device) if chunk is None else chunk
    pairs = []
    for number in range(seeds.count):
        row = Seeds(seeds.key, seeds.first + number, 1, seeds.device, seeds.dtype)
        own = replace(task, y=_doubled(labels[number], keep=1))
        pairs.append((own, Source(inputs, row, m, size, both)))
    alone = both_layers if len(x) == 1 else several_inputs
    found = (alone if both else first_layer)(pairs, grid)
    return recorded(times, found, both=both)


def _doubled(values: Tensor, *, keep: int) -> Tensor:
    return torch.stack((values, nudged(values, keep=keep)))


def _check(
    x: Tensor,
    y: Tensor,
    seeds: Keys,
    *,
    m: int,
    times: Tensor,
    layers: str,
    chunk: int | None,
) -> None:
    if layers not in ("first", "both"):
        raise ValueError(f"wide_flow: layers={layers!r}; give 'first' or 'both'")
    gram(x)  # says what is wrong with inputs that are none
    most = MOST_INPUTS if layers == "both" else MOST_SAMPLES
    if len(x) > most:
        raise ValueError(f"wide_flow: n={len(x)}, layers={layers!r}; give at most {most} inputs")
    if y.shape not in ((len(x),), (seeds.count, len(x))) or not bool(torch.isfinite(y).all()):
        raise ValueError(
            f"wide_flow: y has shape {tuple(y.shape)} or is not finite, n={len(x)}, seeds="
            f"{seeds.count}; give one finite label per input, or one row per seed"
        )
    if seeds.dtype != "float64":
        raise ValueError(f"wide_flow: dtype={seeds.dtype!r}; give seeds in 'float64'")
    for name, size in (("m", m), ("chunk", 1 if chunk is None else chunk)):
        if not isinstance(size, int) or size < 1:
            raise ValueError(f"wide_flow: {name}={size!r}; give an integer >= 1")
    _check_times(times)
    for name, values in (("x", x), ("y", y), ("times", times)):
        _check_range(name, float(values.abs().amax()))


def _check_times(times: Tensor) -> None:
    grid = array(times)
    increases = grid.ndim == 1 and len(grid) > 1 and grid[0] == 0 and (np.diff(grid) > 0).all()
    if not (increases and np.isfinite(grid).all()):
        raise ValueError(f"wide_flow: times={times!r}; give increasing times, the first one 0")


def _check_range(name: str, largest: float) -> None:
    if largest > _LARGEST:
        raise ValueError(
            f"wide_flow: {name} has an entry of size {largest:.3g}; give numbers up to "
            f"{_LARGEST:g}, or measure in other units"
        )
