"""Gradient flow of wide networks, by exponential steps that run over kinks.

A wide network meets hundreds of kinks, and each one changes H by 1/m. Within a step the patterns
are frozen; what a neuron can have overrun meanwhile is counted as error. The second run takes
steps of twice the length from parameters moved by an ulp.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from dynamics.enclosures import EPS, Array, array
from dynamics.flow.decay import Decay
from dynamics.flow.frozen import Neurons, both_layers_step, decay_of, first_layer_step, overrun
from dynamics.flow.runs import Trace
from dynamics.problem import Problem
from dynamics.wide.folding import Folded, folded

_FIRST = 0.4  # of the fastest decay time: the first step of the coarse run
_PER_DECADE = 8  # steps: the flow is nearly a sum of exponentials, so steps may grow with time
_TURN = 0.1  # most that (w_r, a_r) may turn in a step of the coarse run
_MOST_STEPS = 2000


def over_kinks(start: Problem, times: Array, *, keep_path: bool) -> Trace:
    """The flow of all seeds at the given times, the first one 0."""
    folds = not (start.both or keep_path)
    runs = [_Run(start, which, times, folds=folds) for which in (0, 1)]
    if not all(bool(run.safe.all()) for run in runs):
        runs = [_Run(start, which, times, folds=False) for which in (0, 1)]
    return _trace(start, runs, keep_path=keep_path)


class _Run:
    """One run over all seeds: the given problem (0) or the one moved by an ulp (1)."""

    def __init__(self, start: Problem, which: int, times: Array, *, folds: bool) -> None:
        x, self.y, w, a = start.x[which, 0], start.y[which], start.w[which], start.a[which]
        self.x, z, product = x, w @ x.T, x @ x.T
        zero = torch.zeros(len(w), start.n, dtype=w.dtype)
        none = torch.zeros(len(w), start.n, start.n, dtype=w.dtype)
        G = (product + product.T) / 2
        state = Neurons(G, z, torch.zeros_like(z), a, zero, z >= 0, start.m, none, zero)
        self.state = replace(state, e=self.y - state.outputs())
        reach = w.norm(dim=-1, keepdim=True) * x.norm(dim=-1)
        self.tied = (z.abs() <= (start.d + 2) * EPS * reach).any(dim=-1).any(dim=-1)
        self.both, self.coarseness = start.both, which + 1
        self.path: list[tuple[Array, Array, Array]] = []
        self.start, self.most, self.steps = w, zero, 0
        found = folded(self.state) if folds else None
        self.folded: Folded | None = None
        if found is not None:
            self.state, self.folded = found
        self.a = self.state.a
        self.strayed, self.off, self.drift = self.a * 0, self.y[:, 0] * 0, self.y[:, 0] * 0
        self.late = self.off + math.inf
        self.marks = [self._mark()]
        for before, after in pairwise(times.tolist()):
            self._go(before, after)
            self.marks.append(self._mark())

    @property
    def safe(self) -> Tensor:
        """Rows whose folded neurons, if any, have kept their patterns."""
        if self.folded is None:
            return torch.ones_like(self.tied)
        return self.folded.safe(self.state, self.most)

    def weights(self) -> Float[Tensor, "s m d"]:
        """The first layer now; every neuron must have been followed."""
        return self.start + self.state.c @ self.x

    def _mark(self) -> tuple[Array, ...]:
        """Residual, movements of w and a, H, and what overrun kinks add to |e| and to movement."""
        s = self.state
        lengths = s.movement()
        moved = most = lengths.amax(dim=-1)
        if self.folded is not None:
            most = torch.maximum(moved, self.folded.movement(s))
        more = (lengths + self.strayed).amax(dim=-1) - moved
        less = moved - (lengths - self.strayed).amax(dim=-1)
        stray = torch.maximum(more, less) + self.drift
        output = (s.a - self.a).abs().amax(dim=-1)
        return tuple(array(v).copy() for v in (s.e, most, output, s.H(), self.off, stray))

    def _go(self, before: float, after: float) -> None:
        """From one output time to the next."""
        t = torch.full_like(self.off, before)
        for target in self._substeps(before, after):
            while self.steps < _MOST_STEPS and bool((t < target).any()):
                t = self._step(t, target)
        self.late = torch.minimum(self.late, torch.where(t < after, t, math.inf))

    def _substeps(self, before: float, after: float) -> Iterator[float]:
        """Times that grow geometrically from well below the fastest decay.

        The finer run halves every step of the coarser one, the first one too; if both layers are
        trained it does so in `_frozen`.
        """
        fastest = float(torch.linalg.eigvalsh(self.state.H()).amax())
        low = max(before, min(_FIRST / max(fastest, 1e-12), after))
        count = max(1, math.ceil(_PER_DECADE / 2 * math.log10(after / low)))
        ends = [low * (after / low) ** (k / count) for k in range(count)] + [after]
        for start, end in pairwise([before, *ends]):
            if self.coarseness == 1 and end > start and not self.both:
                yield (start + end) / 2
            yield end

    def _step(self, t: Tensor, target: float) -> Tensor:
        self.steps += 1
        left, kernel, before = target - t, self.state.H(), self.state
        h = torch.minimum(left, self._turning()) if self.both else left
        decay = decay_of(kernel, before.e)
        new = self._over_kinks(self._frozen(decay, h))
        self._stray(new, torch.from_numpy(decay.rates[:, 0]), h)
        self.state, self.most = new, torch.maximum(self.most, new.total.abs())
        turned = ((new.a - before.a).abs() / before.a.abs().clamp_min(1e-300)).amax(dim=-1)
        # Within a step the output weights move nearly straight on.
        self.path.append((array(kernel), array(h), array(1 - 2 * turned).clip(0, 1) ** 2))
        return torch.where(h >= left, target, t + h)

    def _frozen(self, decay: Decay, h: Tensor) -> Neurons:
        if not self.both:
            return first_layer_step(self.state, decay, h)
        pieces, new = 3 - self.coarseness, self.state
        for _ in range(pieces):
            new = both_layers_step(new, self.y, h / pieces)
        return new

    def _over_kinks(self, moved: Neurons) -> Neurons:
        """The residual is taken from the neurons, which are continuous."""
        u = moved.outputs()
        if self.folded is not None:
            u = u + self.folded.u + (moved.rest @ moved.total.unsqueeze(-1)).squeeze(-1)
        return replace(moved, e=self.y - u, on=moved.z >= 0)

    def _stray(self, new: Neurons, rate: Tensor, h: Tensor) -> None:
        """Add what the neurons that changed can have overrun; an error of e decays as e does."""
        along = overrun(self.state, new, h, self.strayed)
        self.strayed = self.strayed + along @ new.G.diagonal().sqrt()
        pushed = (new.a.abs().unsqueeze(-1) * along).sum(dim=-2) @ new.G.abs()
        added = pushed.norm(dim=-1) / math.sqrt(new.width)
        largest = new.G.trace().sqrt() * new.a.abs().amax(dim=-1) / math.sqrt(new.width)
        self.drift = self.drift + largest * (self.off + added) * h
        self.off = self.off * torch.exp(-rate * h) + added

    def _turning(self) -> Tensor:
        """The longest step in which no neuron can turn by more than _TURN."""
        s = self.state
        pulled = torch.where(s.on, s.e.unsqueeze(-2), 0.0)
        squared = ((pulled @ s.G) * pulled).sum(dim=-1).amax(dim=-1).clamp_min(1e-300)
        return _TURN * math.sqrt(s.width) / squared.sqrt()


def _trace(start: Problem, runs: list[_Run], *, keep_path: bool) -> Trace:
    """What both runs showed."""
    given, trace = runs[0], Trace.blank(start, len(runs[0].marks), relative=False)
    e, movement, output, H, off, stray = (
        np.concatenate([np.stack([mark[k] for mark in run.marks], axis=1) for run in runs])
        for k in range(6)
    )
    trace.e, trace.movement, trace.output, trace.H, trace.H_flow = e, movement, output, H, H
    scale = array(start.y[0].norm(dim=-1) + given.start.norm(dim=(-1, -2)))[:, None]
    rounding = 4 * (start.m + start.n) ** 0.5 * EPS * scale
    trace.left, trace.stray = np.tile(rounding, (2, 1)) + off, np.tile(rounding, (2, 1)) + stray
    tied, late = (
        np.concatenate([getattr(run, k).numpy() for run in runs]) for k in ("tied", "late")
    )
    trace.stop(np.flatnonzero(tied), np.zeros(1), trace.several)
    trace.stop(np.flatnonzero(np.isfinite(late)), late[np.isfinite(late)], trace.lost)
    if given.folded is None:
        trace.w, trace.a = array(given.weights()), array(given.state.a)
    if keep_path:
        rows = np.arange(len(given.tied))
        given.path.append((H[: len(rows), -1], np.zeros(len(rows)), np.ones(len(rows))))
        for k, (kernel, h, kept) in enumerate(given.path):
            trace.piece(rows, np.full(len(rows), k), h, kernel, kernel, kept)
    return trace
