"""The flow of both layers from event to event, by power series in time, for narrow networks.

With q_r the residual where neuron r is on, dw_r/dt = m^{-1/2} a_r sum_i q_ri x_i and da_r/dt =
m^{-1/2} q_r . z_r: while no pattern changes the equations are polynomial, and every coefficient
is a convolution of earlier ones.
"""

from __future__ import annotations

import math

import numpy as np

from dynamics.enclosures import EPS, Array, Mask, array
from dynamics.flow.crowd import pattern_counts
from dynamics.flow.decay import Decay
from dynamics.flow.kinks import Standing, first_of, pushes, resolved
from dynamics.flow.power_series import Series
from dynamics.flow.roots import Event, Indices, Polynomials, first_event
from dynamics.flow.runs import Opening, Trace
from dynamics.problem import Problem

_NEAR = 1e-13  # of the largest pre-activation: a neuron as near as this to a kink stands on it
_FLOOR = 1e-14  # of |y|: residuals below it need no digits of their own
_SHORTER = 0.7  # steps of the moved run, so that other terms are left out
_SAMPLED = 0.05  # how far any a_r may come between two samples of H, of itself
_MOST_SAMPLES = 16  # in one step
_MOST_STEPS = 1000  # besides one to each time; what meets more is stiff, and undecided


def both_layers(start: Problem, times: Array, *, keep_path: bool) -> Trace:
    """The flow of a chunk of seeds at the given times, the first one 0."""
    run = _Run(start, times, keep_path=keep_path)
    for _ in range(_MOST_STEPS + len(times)):
        if run.done.all():
            break
        run.step()
    run.give_up(~run.done)
    return run.finished()


class _Run:
    """All rows of a chunk; the patterns of a neuron at rest are off on its kink."""

    def __init__(self, start: Problem, times: Array, *, keep_path: bool) -> None:
        opening, s = Opening.of(start), start.y.shape[1]
        self.start, self.times, self.keep_path, self.opening = start, times, keep_path, opening
        self.G, self.mates, self.first = opening.G, opening.mates, first_of(opening.mates)
        self.z, self.a, self.e = opening.z, opening.a.copy(), opening.e
        self.c, self.grown, self.on = np.zeros_like(self.z), np.zeros_like(self.a), self.z >= 0
        self.rest = np.zeros_like(self.on)
        b = len(self.e)
        self.t, self.lasted, self.left = np.zeros(b), np.zeros(b), opening.left
        self.rounding = EPS * (start.n + start.d + 8)
        self.done = np.zeros(b, dtype=np.bool_)
        self.next, self.number, self.events = np.zeros((3, b), dtype=np.intp)
        self.floor = _FLOOR * np.linalg.norm(array(start.y).reshape(b, -1), axis=1)
        self.speed = np.where(np.arange(b) < s, 1.0, _SHORTER)
        self.trace = Trace.blank(start, len(times), relative=False)
        self.trace.stop(np.flatnonzero(opening.tied), np.zeros(1), self.trace.several)
        self._show(np.arange(b))

    def step(self) -> None:
        """Every row on to its next event, the next time that it shows, or as far as series go."""
        target = self.times[np.minimum(self.next, len(self.times) - 1)]
        left = np.where(self.done, 0.0, target - self.t)
        series = Series.of(self.G, self.on, self.e, self.z, self.a)
        limit = np.minimum(left, series.radius(self.floor) * self.speed)
        series = series.resting_until(limit)
        functions, place, sample = self._watch(series, limit)
        event = first_event(functions, limit / series.unit)
        h = event.h * series.unit
        if self.keep_path:
            self._sample(series, h)
        self._move(series, h)
        there = (event.which < 0) & event.found & ~self.done & (h >= left)
        self.t = np.where(there, target, self.t + h)
        self._resolve(event, place, sample)
        self._show(np.flatnonzero(there))

    def _watch(self, series: Series, limit: Array) -> tuple[Polynomials, Indices, Indices]:
        """Functions that must stay >= 0: neurons off the kinks, and what keeps the others there."""
        side = np.where(self.on, 1.0, -1.0)
        rows, place, sample = np.nonzero((series.lowest(side, limit) < 0) & ~self.rest)
        coefs = series.z[rows, :, place, sample] * side[rows, place, sample][:, None]
        rests = self.rest & self.first
        if rests.any():
            signs = np.stack(
                [(rests & ((self.a < 0) == k)[:, :, None]).any(axis=1) for k in (0, 1)]
            )
            sign, row, j = np.nonzero(signs)
            _, own = pushes(np.zeros_like(self.G[row]), self.G[row], self.mates)
            pull = (series.e[row] @ own[np.arange(len(j)), j][:, :, None])[:, :, 0]
            coefs = np.concatenate((coefs, (2.0 * sign - 1)[:, None] * pull))
            # Neurons at rest are woken together: their place tells the sign of a.
            rows, place = np.concatenate((rows, row)), np.concatenate((place, -1 - sign))
            sample = np.concatenate((sample, j))
        return Polynomials.of(rows, coefs.T, limit / series.unit), place, sample

    def _move(self, series: Series, h: Array) -> None:
        out = np.where(self.on, self.z, 0.0)
        G2 = out.transpose(0, 2, 1) @ out / self.start.m
        K = self._H(self.on, self.a) + G2
        passage = Decay.of(K, self.e).over(h)
        self.left, lasted = passage.aged(self.left, passage.spent, self.rounding)
        self.e, self.z, added, grown = series.at(h)
        self.z[self.rest] = 0.0
        # Small changes of a keep their digits.
        self.grown += grown
        a = self.opening.a + self.grown
        # A neuron at rest whose output weight changes its sign may be taken along then.
        turned = np.asarray((self.rest.any(axis=2) & (a * self.a < 0)).any(axis=1))
        self.a, self.c = a, self.c + added
        self.lasted += lasted
        self.give_up(turned)

    def _resolve(self, event: Event, place: Indices, sample: Indices) -> None:
        rows = np.flatnonzero(event.which >= 0)
        place, sample = place[event.which[rows]], sample[event.which[rows]]
        for r, p, j in zip(*(v[place < 0] for v in (rows, place, sample)), strict=True):
            woken = self.rest[r] & (self.mates[j] > 0) & ((self.a[r] < 0) == -1 - p)[:, None]
            self.on[r] |= woken
            self.rest[r] &= ~woken
            self.trace.stop(np.array([r]), self.t[[r]], self.trace.several)
        lost = self._cross(*(v[place >= 0] for v in (rows, place, sample)))
        self.events[rows] += 1
        endless = self.events > 10 * self.start.m * self.start.n
        self.give_up(lost | endless | ~event.found)

    def _cross(self, rows: Indices, place: Indices, sample: Indices) -> Mask:
        """Neurons at kinks, at most one in a row; the rows that cannot be followed."""
        lost, at = np.zeros(len(self.e), dtype=np.bool_), (rows, place)
        if not len(rows):
            return lost
        group = self.mates[sample] != 0
        close = group | (np.abs(self.z[at]) <= _NEAR * self.opening.size[rows][:, None])
        self.z[at] = np.where(close, 0.0, self.z[at])
        held = self.rest[at]
        old = Standing(self.on[at], held, held, self.a[at], self.e[rows], self.G[rows])
        arriving = np.zeros(len(rows), dtype=np.intp)
        new, undecided, several = resolved(old, sample, arriving, close, self.mates)
        self.trace.stop(rows[several], self.t[rows[several]], self.trace.several)
        slides = (new.held & ~new.rest).any(axis=1)
        self.trace.slid[rows[slides]] = True
        self.on[at], self.rest[at] = new.on, new.rest
        lost[rows] = undecided | slides | self.opening.hidden[sample]
        return lost

    def _sample(self, series: Series, h: Array) -> None:
        """H so often that it keeps most of itself in between."""
        far = series.a_change(np.zeros_like(h), h) / np.maximum(np.abs(self.a), 1e-300)
        felt = np.where(self.on.any(axis=2), far, 0.0).max(axis=1)
        count = np.clip(np.ceil(felt / _SAMPLED), 1, _MOST_SAMPLES)
        rows = np.flatnonzero(h > 0)
        for k in range(int(count[rows].max(initial=0))):
            mine = rows[count[rows] > k]
            before, after = (h * (k + j) / count for j in (0, 1))
            a = self.a + series.at(before)[3]
            lost = series.a_change(before, after) / np.maximum(np.abs(a), 1e-300)
            lost = np.where(self.on.any(axis=2), np.minimum(lost, 1.0), 0.0).max(axis=1)
            H, flow = self._H(self.on | self.rest, a), self._H(self.on, a)
            share = (1 - lost[mine]) ** 2
            self.trace.piece(
                mine, self.number[mine], (after - before)[mine], H[mine], flow[mine], share
            )
            self.number[mine] += 1

    def _H(self, on: Mask, a: Array) -> Array:
        return self.G * (pattern_counts(on, a) / self.start.m)

    def give_up(self, rows: Mask) -> None:
        """Rows that are not followed any further: what they show stays as it is."""
        lost = np.flatnonzero(rows & ~self.done)
        self.trace.stop(lost, self.t[lost], self.trace.lost)
        while len(lost):
            self._show(lost)
            lost = lost[~self.done[lost]]

    def _show(self, rows: Indices) -> None:
        """What some rows show at their next time."""
        if not len(rows):
            return
        trace, at = self.trace, (rows, self.next[rows])
        trace.e[at], trace.left[at] = self.e[rows], self.left[rows]
        # The largest speed of any w_r or a_r is this times |e|/sqrt(m).
        largest, root = np.abs(self.z).max(axis=(1, 2)), math.sqrt(self.start.n)
        pull = np.maximum(self.opening.strength * np.abs(self.a).max(axis=1), root * largest)
        trace.stray[at] = (self.lasted * pull)[rows] / math.sqrt(self.start.m)
        squared = ((self.c[rows] @ self.G[rows]) * self.c[rows]).sum(axis=2).max(axis=1)
        trace.movement[at] = np.sqrt(np.maximum(squared, 0.0) / self.start.m)
        trace.output[at] = np.abs(self.grown[rows]).max(axis=1)
        trace.H[at] = self._H(self.on | self.rest, self.a)[rows]
        trace.H_flow[at] = self._H(self.on, self.a)[rows]
        self.next[rows] += 1
        self.done[rows] = self.next[rows] == len(self.times)

    def finished(self) -> Trace:
        """The record, with both layers at the end and the last matrix."""
        trace, s = self.trace, self.start.y.shape[1]
        moved = self.c[:s] @ self.opening.x[:s] / math.sqrt(self.start.m)
        trace.w, trace.a = array(self.start.w[0]) + moved, self.a[:s]
        if self.keep_path:
            every, left = np.arange(len(self.e)), self.times[-1] - self.t
            trace.piece(every, self.number, left, trace.H[:, -1], trace.H_flow[:, -1])
        return trace
