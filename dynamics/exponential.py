"""Gradient flow on the two-layer ReLU network, by exponential steps with frozen patterns."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from itertools import pairwise
from typing import TypeAlias

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from dynamics.enclosures import (
    EPS,
    SAFETY,
    Array,
    array,
    distance,
    log_ratio,
    mask,
    reshaped,
    squared_norm,
    zero_floor,
)
from dynamics.flow_result import Flow
from dynamics.folding import Folded, folded
from dynamics.frozen import Decay, Neurons, both_layers_step, first_layer_step, overrun
from dynamics.kinks import branching, step_to_kink
from dynamics.problem import Problem, problem

# Rows with at most this many pre-activations stop at every kink; wider ones step over the few
# neurons that change. Where both runs end a step at the same time they are off by the same, so
# that what a neuron can have overrun is added to the error.
_LOCATED = 512
_PER_DECADE = 16  # steps: the flow is a sum of exponentials, so steps may grow with time
_PER_DECADE_WIDE = 8
_TURN = 0.1  # most that (w_r, a_r) may turn in a step of the coarse run
_MOST_STEPS = 2000
_RESTING = 1e-12  # of |w||x|: a neuron that stopped this near a kink is on it


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

    First layer: between kinks the solution is exact; networks of at most 512 pre-activations stop
    at each kink, wider ones step over it and count it as error. Both layers: second order, the
    invariants |w_r|^2 - a_r^2 kept. Every enclosure is ten times the difference to a run with
    half the steps from parameters moved by an ulp, plus rounding.

    Args:
        x: inputs, one row per sample.
        y: labels.
        w: first-layer weights; leading dimensions are seeds.
        a: output weights.
        times: increasing, the first one 0.
        layers: "first" or "both".
        keep_path: whether to keep H of every piece (costs memory, not time).

    Raises:
        ValueError: shapes that do not fit, numbers that are not finite, times that do not start
            at 0 or do not increase, or unknown layers.
    """
    grid = array(times)
    if grid.ndim != 1 or len(grid) < 2 or grid[0] != 0 or not (np.diff(grid) > 0).all():
        raise ValueError(f"gradient_flow: times={times!r}; give increasing times, the first one 0")
    start = problem(x, y, w, a, layers, "gradient_flow")
    folds = layers == "first" and not keep_path
    runs, marks = _run_both(start, grid, folds=folds)
    if folds and not all(bool(run.safe.all()) for run in runs):
        runs, marks = _run_both(start, grid, folds=False)
    runs[0].path.append(runs[0].state.H())  # a pattern may have changed in the last step
    runs[0].lengths.append(torch.zeros(len(runs[0].y), dtype=torch.float64))
    return _published(start, times, runs, marks, w, keep_path=keep_path)


Mark: TypeAlias = tuple[Array, Array, Array, Array, Array, Array, Array]


def _run_both(
    start: Problem, grid: Array, *, folds: bool
) -> tuple[tuple[_Run, _Run], tuple[list[Mark], list[Mark]]]:
    """The run that is published, and one with twice the steps' length from moved parameters."""
    runs = _Run(start, 0, 1.0, folds=folds), _Run(start, 1, 2.0, folds=folds)
    marks: tuple[list[Mark], list[Mark]] = ([runs[0].mark()], [runs[1].mark()])
    for before, after in pairwise(grid.tolist()):
        for run, kept in zip(runs, marks, strict=True):
            run.go(before, after)
            kept.append(run.mark())
    return runs, marks


class _Run:
    """One run over all seeds: the given problem (0) or the one moved by an ulp (1)."""

    def __init__(self, start: Problem, which: int, coarseness: float, *, folds: bool) -> None:
        x, self.y, w, a = start.x[which, 0], start.y[which], start.w[which], start.a[which]
        self.x, z = x, w @ x.T
        product = x @ x.T
        G, n = (product + product.T) / 2, start.n
        zero = torch.zeros(len(w), n, dtype=w.dtype)
        none = torch.zeros(len(w), n, n, dtype=w.dtype)
        state = Neurons(G, z, torch.zeros_like(z), a, zero, z >= 0, start.m, none, zero)
        self.state = replace(state, e=self.y - state.outputs())
        reach = w.norm(dim=-1, keepdim=True) * x.norm(dim=-1)
        self.near = _RESTING * reach
        self.plain = ~(z.abs() <= (start.d + 2) * EPS * reach).any(dim=-1).any(dim=-1)
        self.both, self.coarseness = start.both, coarseness
        self.located = start.m * start.n <= _LOCATED
        self.path: list[Tensor] = []
        self.lengths: list[Tensor] = []
        self.steps = 0
        self.events = torch.zeros(len(self.y), dtype=torch.int64)
        self.start, self.most = w, zero
        self.shrunk = torch.ones(len(w), dtype=w.dtype)
        self.folded: Folded | None = None
        found = folded(self.state) if folds and not self.located else None
        if found is not None:
            self.state, self.folded = found
        self.strayed, self.off, self.drift = self.state.a * 0, self.shrunk * 0, self.shrunk * 0

    @property
    def safe(self) -> Tensor:
        """Rows whose folded neurons, if any, have kept their patterns."""
        if self.folded is None:
            return torch.ones_like(self.plain)
        return self.folded.safe(self.state, self.most)

    def mark(self) -> Mark:
        """Residual, movement of w, output weights, H, and three errors.

        They are what is left of that of e(0), and what kinks that were stepped over add to |e| and
        to the movement.
        """
        s = self.state
        lengths = s.movement()
        moved = most = lengths.amax(dim=-1)
        if self.folded is not None:
            most = torch.maximum(moved, self.folded.movement(s))
        more = (lengths + self.strayed).amax(dim=-1) - moved
        less = moved - (lengths - self.strayed).amax(dim=-1)
        stray = torch.maximum(more, less) + self.drift
        kept = s.e, most, s.a, s.H(), self.shrunk, self.off, stray
        e, far, a, kernel, shrunk, off, astray = (array(value).copy() for value in kept)
        return e, far, a, kernel, shrunk, off, astray

    def go(self, before: float, after: float) -> None:
        """From one output time to the next."""
        if self.path and not bool(self.plain.any()):
            return
        clock = torch.full((len(self.y),), before, dtype=torch.float64)
        for target in self._substeps(before, after):
            while bool(((target - clock) > 0).any()) and self.steps < _MOST_STEPS:
                clock = self._step(clock, target)
        if self.steps >= _MOST_STEPS:
            self.plain &= clock >= after

    def _substeps(self, before: float, after: float) -> Iterator[float]:
        """Times that grow geometrically from well below the fastest decay.

        The finer run halves every step of the coarser one, the first one too; if both layers are
        trained it does so in `_frozen`, lest both runs take equal steps to a kink.
        """
        fastest = float(torch.linalg.eigvalsh(self.state.H()).amax())
        share, density = (0.1, _PER_DECADE) if self.located else (0.4, _PER_DECADE_WIDE)
        low = max(before, min(share / max(fastest, 1e-12), after))
        count = max(1, math.ceil(density / 2 * math.log10(after / low)))
        ends = [low * (after / low) ** (k / count) for k in range(count)] + [after]
        for start, end in pairwise([before, *ends]):
            if self.coarseness == 1 and end > start and not self.both:
                yield (start + end) / 2
            yield end

    def _step(self, clock: Tensor, target: float) -> Tensor:
        self.steps += 1
        left = torch.where(self.plain, (target - clock).clamp_min(0), 0.0)
        kernel, h = self.state.H(), left
        decay = Decay.of(kernel, self.state.e)
        if self.both:
            h = torch.minimum(left, self._turning())
        if self.located:
            new, h, slides = step_to_kink(self.state, h, partial(self._frozen, decay))
            self.plain &= ~slides & ~branching(new, self.near)
            self.shrunk *= torch.exp(-decay.rates[:, 0] * h)
        else:
            new = self._over_kinks(self._frozen(decay, h))
            self._stray(new, decay.rates[:, 0], h)
        self._count(new)
        self.state, self.most = new, torch.maximum(self.most, new.total.abs())
        self.path.append(kernel)
        self.lengths.append(h)
        return torch.where(self.plain, torch.where(h >= left, target, clock + h), target)

    def weights(self) -> Float[Tensor, "s m d"]:
        """The first layer now; every neuron must have been followed."""
        return self.start + self.state.c @ self.x

    def _frozen(self, decay: Decay, h: Tensor) -> Neurons:
        if self.both:
            pieces, new = round(2 / self.coarseness), self.state
            for _ in range(pieces):
                new = both_layers_step(new, self.y, h / pieces)
            return new
        return first_layer_step(self.state, decay, h)

    def _over_kinks(self, moved: Neurons) -> Neurons:
        """A step of a wide network, its residual taken from the neurons, which are continuous."""
        u = moved.outputs()
        if self.folded is not None:
            u = u + self.folded.u + (moved.rest @ moved.total.unsqueeze(-1)).squeeze(-1)
        return replace(moved, e=self.y - u, on=moved.z >= 0)

    def _stray(self, new: Neurons, rate: Tensor, h: Tensor) -> None:
        """Add what the neurons that changed can have overrun; an error of e decays as e does."""
        along = overrun(self.state, new, h)
        self.strayed += along @ new.G.diagonal().sqrt()
        pushed = (new.a.abs().unsqueeze(-1) * along).sum(dim=-2) @ new.G.abs()
        added = pushed.norm(dim=-1) / math.sqrt(new.width)
        largest = new.G.trace().sqrt() * new.a.abs().amax(dim=-1) / math.sqrt(new.width)
        self.drift += largest * (self.off + added) * h
        self.off = self.off * torch.exp(-rate * h) + added

    def _count(self, new: Neurons) -> None:
        """More kinks than 10 m n in a small network are chattering."""
        if self.located:
            self.events += (new.on != self.state.on).any(dim=-1).any(dim=-1)
            self.plain &= self.events <= 10 * self.state.width * self.state.G.shape[-1]

    def _turning(self) -> Tensor:
        """The longest step in which no neuron can turn by more than _TURN."""
        s = self.state
        pulled = torch.where(s.on, s.e.unsqueeze(-2), 0.0)
        squared = ((pulled @ s.G) * pulled).sum(dim=-1).amax(dim=-1).clamp_min(1e-300)
        return _TURN * math.sqrt(s.width) / squared.sqrt()


def _published(
    start: Problem,
    times: Tensor,
    runs: tuple[_Run, _Run],
    marks: tuple[list[Mark], list[Mark]],
    w: Tensor,
    *,
    keep_path: bool,
) -> Flow:
    fine, coarse = runs
    (e, moved, a, kernels, shrunk, off, astray), other = (_stacked(kept) for kept in marks)
    e_c, moved_c, a_c = other[:3]
    plain = fine.plain & coarse.plain
    unknown = ~mask(plain)[:, None]
    scale = array(start.y[0].norm(dim=-1) + fine.start.norm(dim=(-1, -2)))[:, None]
    rounding = 4 * (start.m + start.n) ** 0.5 * EPS * scale
    # Within its exact pieces the flow shrinks the error of e(0) as it shrinks e.
    left = rounding * (1 if fine.both else shrunk) + off
    squared = squared_norm(e, SAFETY * np.abs(e - e_c) + left[..., None], unknown)
    floor = left**2 if fine.located and not fine.both else zero_floor(start.y[0]) + left**2
    logs = log_ratio(squared, floor, np.broadcast_to(unknown, squared.shape))
    out = np.abs(a - a[:, :1]).max(axis=-1)
    # Displacements keep their errors, so the largest difference so far counts: at a single time
    # two numbers can agree by chance.
    gap = np.maximum.accumulate(np.abs(moved - moved_c), axis=1)
    gap_out = np.maximum.accumulate(np.abs(a - a_c).max(axis=-1), axis=1) if fine.both else 0.0
    seeds, T, n = start.seeds, len(times), start.n
    return Flow(
        times=times,
        residual=torch.from_numpy(e).reshape(*seeds, T, n),
        squared_residual=reshaped(squared, (*seeds, T)),
        movement=reshaped(distance(moved, moved + gap, rounding + astray, unknown), (*seeds, T)),
        output_movement=reshaped(distance(out, out + gap_out, rounding, unknown), (*seeds, T)),
        H=torch.from_numpy(kernels).reshape(*seeds, T, n, n),
        H_path=torch.stack(fine.path, dim=1).reshape(*seeds, -1, n, n) if keep_path else None,
        path_lengths=torch.stack(fine.lengths, dim=1).reshape(*seeds, -1) if keep_path else None,
        w=fine.weights().reshape(w.shape) if fine.folded is None else None,
        a=fine.state.a.reshape(w.shape[:-1]) if fine.folded is None else None,
        plain=plain.reshape(seeds),
        both=start.both,
        logs=reshaped(logs, (*seeds, T)),
    )


def _stacked(kept: list[Mark]) -> Mark:
    e, moved, a, H, shrunk, off, astray = (
        np.stack(part, axis=1) for part in zip(*kept, strict=True)
    )
    return e, moved, a, H, shrunk, off, astray
