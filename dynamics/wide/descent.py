"""Gradient descent on networks too wide to be held: exact, by folding what keeps its pattern."""

from __future__ import annotations

import math
from dataclasses import replace

import torch
from jaxtyping import Float
from torch import Tensor

from dynamics.enclosures import nudged
from dynamics.problem import Layers
from dynamics.wide.record import recorded
from dynamics.wide.result import WideDescent
from dynamics.wide.run import Task
from dynamics.wide.search import descend, span
from dynamics.wide.streaming import MOST_SAMPLES, Source, default_chunk
from models import Keys, gram
from verdicts import Seeds


def wide_descent(
    x: Float[Tensor, "n d"],
    y: Float[Tensor, "*#s n"],
    seeds: Keys,
    *,
    m: int,
    eta: float,
    steps: int,
    layers: Layers = "first",
    keep_H: bool = False,
    chunk: int | None = None,
) -> WideDescent:
    """Gradient descent from Gaussian weights and fair signs, without ever holding the network.

    The iterates are those of `gradient_descent` from `gaussian_weights(m, d, seeds)` and
    `rademacher_signs(m, seeds)` up to rounding. The start is streamed in chunks. Neurons that
    might reach a hyperplane w.x_j = 0 are followed one by one, some multiple of sqrt(m); all others
    keep their patterns and act together, through sums over the start. The run itself says how far
    they went: if that is not less than where they started, it is repeated with a wider band.

    Time is that of the stream and of steps * candidates; far labels or a diverging step make
    nearly all neurons candidates, and then time and memory are those of a dense run. If both
    layers are trained, of the movements of neurons that act together only bounds are known: in
    high dimension, or at small width, the enclosures of `movement` and `output_movement` are some
    percent wide.

    Args:
        x: inputs, at most 52.
        y: labels, shared or one row per seed.
        seeds: of the start, in float64; one row of the result each.
        m: width.
        eta: step size > 0.
        steps: K >= 0.
        layers: "first" trains w alone, "both" trains w and a.
        keep_H: keep H (and G2) of every step.
        chunk: neurons held at a time; a size that suits the device if not given.

    Raises:
        ValueError: shapes that do not fit, a NaN, or a number out of its range.
    Source:
        Du et al. 2019 (arXiv:1810.02054v2), section 4, and this project's dossier.
    """
    _check(x, y, seeds, m=m, eta=eta, steps=steps, layers=layers, chunk=chunk)
    inputs = x.to(device=seeds.device, dtype=torch.float64)
    labels = y.to(inputs).expand(seeds.count, len(x))
    basis = span(inputs)
    task = Task(
        x=_doubled(inputs if basis is None else inputs @ basis, keep=2),
        y=_doubled(labels[0], keep=1),
        m=m,
        eta=float(eta),
        steps=steps,
        d=x.shape[-1],
        both=layers == "both",
        keep_H=keep_H,
    )
    size = default_chunk(x.shape[-1], seeds.device) if chunk is None else chunk
    runs = []
    for number in range(seeds.count):
        row = Seeds(seeds.key, seeds.first + number, 1, seeds.device, seeds.dtype)
        own = replace(task, y=_doubled(labels[number], keep=1))
        runs.append(descend(own, Source(inputs, row, m, size, own.both)))
    return recorded(task, labels, runs)


def _doubled(values: Tensor, *, keep: int) -> Tensor:
    return torch.stack((values, nudged(values, keep=keep)))


def _check(
    x: Tensor,
    y: Tensor,
    seeds: Keys,
    *,
    m: int,
    eta: float,
    steps: int,
    layers: str,
    chunk: int | None,
) -> None:
    if layers not in ("first", "both"):
        raise ValueError(f"wide_descent: layers={layers!r}; give 'first' or 'both'")
    gram(x)  # says what is wrong with inputs that are none
    if len(x) > MOST_SAMPLES:
        raise ValueError(f"wide_descent: n={len(x)}; give at most {MOST_SAMPLES} inputs")
    if y.shape not in ((len(x),), (seeds.count, len(x))) or not bool(torch.isfinite(y).all()):
        raise ValueError(
            f"wide_descent: y has shape {tuple(y.shape)} or is not finite, n={len(x)}, seeds="
            f"{seeds.count}; give one finite label per input, or one row per seed"
        )
    if seeds.dtype != "float64":
        raise ValueError(f"wide_descent: dtype={seeds.dtype!r}; give seeds in 'float64'")
    _check_numbers(m=m, eta=eta, steps=steps, chunk=chunk)


def _check_numbers(*, m: int, eta: float, steps: int, chunk: int | None) -> None:
    for name, size in (("m", m), ("chunk", 1 if chunk is None else chunk)):
        if not isinstance(size, int) or size < 1:
            raise ValueError(f"wide_descent: {name}={size!r}; give an integer >= 1")
    if not (math.isfinite(eta) and eta > 0):
        raise ValueError(f"wide_descent: eta={eta!r}; give a finite step size > 0")
    if isinstance(steps, bool) or not isinstance(steps, int) or steps < 0:
        raise ValueError(f"wide_descent: steps={steps!r}; give a whole number of steps >= 0")
