"""The flow of both layers from event to event, by power series in time, for narrow networks.

With q_r the residual where neuron r is on, dw_r/dt = m^{-1/2} a_r sum_i q_ri x_i and da_r/dt =
m^{-1/2} q_r . z_r: while no pattern changes the equations are polynomial, and every coefficient
is a convolution of earlier ones.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from dynamics.crowd import pattern_counts
from dynamics.decay import slowed
from dynamics.enclosures import Array, Mask, array
from dynamics.flow_runs import Opening, Trace
from dynamics.kinks import Standing, first_of, pushes, resolved
from dynamics.problem import Problem
from dynamics.roots import Event, Indices, Polynomials, first_event

ORDER = 20
_LEFT_OUT = 1e-17  # of e, z and a: the size of the last terms
_NEAR = 1e-13  # of the largest pre-activation: a neuron as near as this to a kink stands on it
_FLOOR = 1e-14  # of |y|: residuals below it need no digits of their own
_SHORTER = 0.7  # steps of the moved run, so that other terms are left out
_SAMPLED = 0.05  # how far any a_r may come between two samples of H, of itself
_MOST_SAMPLES = 16  # in one step


def both_layers(start: Problem, times: Array, *, keep_path: bool) -> Trace:
    """The flow of a chunk of seeds at the given times, the first one 0."""
    run = _Run(start, times, keep_path=keep_path)
    while not run.done.all():
        run.step()
    return run.finished()


class _Run:
    """All rows of a chunk; the patterns of a neuron at rest are off on its kink."""

    def __init__(self, start: Problem, times: Array, *, keep_path: bool) -> None:
        opening, s = Opening.of(start), start.y.shape[1]
        self.start, self.times, self.keep_path, self.opening = start, times, keep_path, opening
        self.G, self.mates, self.first = opening.G, opening.mates, first_of(opening.mates)
        self.z, self.a, self.e = opening.z, opening.a.copy(), opening.e
        self.c, self.on = np.zeros_like(self.z), self.z >= 0
        self.rest = np.zeros_like(self.on)
        b = len(self.e)
        self.t, self.lasted, self.shrunk = np.zeros(b), np.zeros(b), np.ones(b)
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
        functions, place, sample = self._watch(series, limit)
        event = first_event(functions, limit)
        if self.keep_path:
            self._sample(series, event.h)
        self._move(series, event.h)
        there = (event.which < 0) & event.found & ~self.done & (event.h >= left)
        self.t = np.where(there, target, self.t + event.h)
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
        return Polynomials.of(rows, coefs.T, limit), place, sample

    def _move(self, series: Series, h: Array) -> None:
        out = np.where(self.on, self.z, 0.0)
        G2 = out.transpose(0, 2, 1) @ out / self.start.m
        least = np.maximum(np.linalg.eigvalsh(self._H(self.on, self.a) + G2)[:, 0], 0.0)
        self.e, self.z, added, a = series.at(h)
        self.z[self.rest] = 0.0
        # A neuron at rest whose output weight changes its sign may be taken along then.
        turned = np.asarray((self.rest.any(axis=2) & (a * self.a < 0)).any(axis=1))
        self.a, self.c = a, self.c + added
        self.lasted += self.shrunk * slowed(least, h)
        self.shrunk *= np.exp(-least * h)
        self._give_up(turned)

    def _resolve(self, event: Event, place: Indices, sample: Indices) -> None:
        rows = np.flatnonzero(event.which >= 0)
        place, sample = place[event.which[rows]], sample[event.which[rows]]
        for r, p, j in zip(*(v[place < 0] for v in (rows, place, sample)), strict=True):
            woken = self.rest[r] & (self.mates[j] > 0) & ((self.a[r] < 0) == -1 - p)[:, None]
            self.on[r] |= woken
            self.rest[r] &= ~woken
            self.trace.stop(np.array([r]), self.t[[r]], self.trace.several)
        lost = self._cross(*(v[place >= 0] for v in (rows, place, sample)))
        self.number[rows] += 1
        self.events[rows] += 1
        endless = self.events > 10 * self.start.m * self.start.n
        self._give_up(lost | endless | ~event.found)

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
        lost[rows] = undecided | slides
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
            a = series.at(before)[3]
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

    def _give_up(self, rows: Mask) -> None:
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
        trace.e[at], trace.left[at] = self.e[rows], (self.opening.left * self.shrunk)[rows]
        # The largest speed of any w_r or a_r is this times |e|/sqrt(m).
        largest, root = np.abs(self.z).max(axis=(1, 2)), math.sqrt(self.start.n)
        pull = np.maximum(self.opening.strength * np.abs(self.a).max(axis=1), root * largest)
        stray = self.opening.left * self.lasted * pull / math.sqrt(self.start.m)
        trace.stray[at] = stray[rows]
        squared = ((self.c[rows] @ self.G[rows]) * self.c[rows]).sum(axis=2).max(axis=1)
        trace.movement[at] = np.sqrt(np.maximum(squared, 0.0) / self.start.m)
        trace.output[at] = np.abs(self.a - self.opening.a)[rows].max(axis=1)
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


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """Coefficients of each order, (b, p + 1, ...).

    Attributes:
        e: of the residual, (b, p + 1, n).
        z: of pre-activations, (b, p + 1, m, n).
        c: of sqrt(m) w_r = ... + sum_i c_ri x_i, (b, p + 1, m, n).
        a: of the output weights, (b, p + 1, m).
    """

    e: Array
    z: Array
    c: Array
    a: Array

    @classmethod
    def of(cls, G: Array, on: Mask, e: Array, z: Array, a: Array) -> Series:
        """The flow that starts with these residuals, pre-activations and output weights."""
        (b, m, n), p = z.shape, ORDER
        es, us, passed = np.zeros((b, p + 1, n)), np.zeros((b, p + 1, m)), on * z
        zs, cs, kept = (np.zeros((b, p + 1, m, n)) for _ in range(3))
        es[:, 0], us[:, 0], zs[:, 0], kept[:, 0] = e, a, z, passed
        root = math.sqrt(m)
        for k in range(p):
            back = es[:, k::-1, :, None]
            cs[:, k + 1] = us[:, k::-1].transpose(0, 2, 1) @ es[:, : k + 1]
            cs[:, k + 1] *= on / (k + 1.0)
            zs[:, k + 1] = (cs[:, k + 1] @ G) / root
            kept[:, k + 1] = zs[:, k + 1] * on
            us[:, k + 1] = (kept[:, : k + 1] @ back)[..., 0].sum(axis=1) / (root * (k + 1))
            flat = np.ascontiguousarray(us[:, k + 1 :: -1]).reshape(b, 1, -1)
            es[:, k + 1] = -(flat @ kept[:, : k + 2].reshape(b, -1, n))[:, 0] / root
        return cls(es, zs, cs, us)

    def radius(self, floor: Array) -> Array:
        """How far the terms that are left out are below rounding, (b,).

        Args:
            floor: residuals below it need no digits of their own, (b,).
        """
        reach = np.full(len(self.e), np.inf)
        for values, least in ((self.e, floor), (self.z, 0.0), (self.a, 0.0)):
            largest = np.abs(values.reshape(*values.shape[:2], -1)).max(axis=2)
            size = np.maximum(largest[:, 0], least)
            for k in (ORDER - 1, ORDER):
                with np.errstate(divide="ignore", invalid="ignore"):
                    good = (_LEFT_OUT * size / largest[:, k]) ** (1.0 / k)
                reach = np.fmin(reach, np.where(largest[:, k] > 0, good, np.inf))
        return reach

    def at(self, h: Array) -> tuple[Array, Array, Array, Array]:
        """e, z, the change of c, and a, after the time h of each row."""
        powers = h[:, None] ** np.arange(ORDER + 1)
        e, z, c, a = (
            (powers[:, None] @ values.reshape(*values.shape[:2], -1))[:, 0]
            for values in (self.e, self.z, self.c, self.a)
        )
        shape = self.z.shape[:1] + self.z.shape[2:]
        return e, z.reshape(shape), c.reshape(shape), a

    def lowest(self, side: Array, h: Array) -> Array:
        """Lower bounds of side * z over [0, h], (b, m, n)."""
        powers = h[:, None] ** np.arange(1, ORDER + 1)
        falls = np.minimum(self.z[:, 1:] * side[:, None], 0.0)
        terms = powers[:, None] @ falls.reshape(*falls.shape[:2], -1)
        return np.asarray(self.z[:, 0] * side + terms.reshape(side.shape))

    def a_change(self, before: Array, after: Array) -> Array:
        """Bounds of how far each a_r can come between two times, (b, m)."""
        orders = np.arange(1, ORDER + 1)
        powers = after[:, None] ** orders - before[:, None] ** orders
        return np.asarray((powers[:, None] @ np.abs(self.a[:, 1:]))[:, 0])
