"""The first layer's gradient flow, exact from event to event, for many seeds in step."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from dynamics.enclosures import EPS, Array, Mask, array
from dynamics.flow.crowd import Crowd
from dynamics.flow.decay import Decay
from dynamics.flow.events import Watch
from dynamics.flow.kinks import resolved
from dynamics.flow.roots import Event, Indices, first_event
from dynamics.flow.runs import Opening, Trace
from dynamics.flow.slides import WAKING
from dynamics.problem import Problem

_NEAR = 1e-13  # of the largest pre-activation: a neuron as near as this to a kink stands on it
_INSTANT = 1e-12  # of the fastest time scale: events this close together are at one time
_SIDES = np.array([0, -1, 1])  # to which a hold is left, by kind


@dataclass(slots=True, eq=False)
class Live:
    """Rows that are not yet at the last time.

    Attributes:
        rows: their numbers, (b,).
        crowd: their neurons.
        e: residual, (b, n).
        t: time, (b,).
        next: the number of the next time to be shown, (b,).
        left: how far |e| may be off by rounding, (b,).
        lasted: the integral of that, (b,).
        piece: number of the present piece, (b,).
        lasts: whether it has lasted at all, (b,).
        events: how many so far, (b,).
        size: the largest |w_r||x_i| at the start, (b,).
        done: rows at the last time, which are dropped now and then, (b,).
    """

    rows: Indices
    crowd: Crowd
    e: Array
    t: Array
    next: Indices
    left: Array
    lasted: Array
    piece: Indices
    lasts: Mask
    events: Indices
    size: Array
    done: Mask

    def kept(self, live: Indices) -> Live:
        """Some of them."""
        values: dict[str, Any] = {field.name: getattr(self, field.name) for field in fields(self)}
        kept: dict[str, Any] = {
            name: value.kept(live) if isinstance(value, Crowd) else value[live]
            for name, value in values.items()
        }
        return Live(**kept)


def first_layer(start: Problem, times: Array, *, keep_path: bool) -> Trace:
    """The flow of a chunk of seeds at the given times, the first one 0."""
    opening = Opening.of(start)
    trace = Trace.blank(start, len(times), relative=True)
    trace.w, trace.a = array(start.w[0]).copy(), array(start.a[0]).copy()
    crowd = Crowd.of(opening.G, opening.mates, opening.z, opening.a)
    follow(opening, crowd, trace, times, keep_path=keep_path)
    return trace


def follow(
    opening: Opening, crowd: Crowd, trace: Trace, times: Array, *, keep_path: bool = False
) -> None:
    """Fill in a trace from time 0 on; trace.w, if there, is moved to where it ends."""
    run = _Run(opening, crowd, trace, times, keep_path=keep_path)
    while not run.live.done.all():
        run.piece()


class _Run:
    def __init__(
        self, opening: Opening, crowd: Crowd, trace: Trace, times: Array, *, keep_path: bool
    ) -> None:
        self.opening, self.trace, self.times, self.keep_path = opening, trace, times, keep_path
        self.last, (b, n, d) = len(times) - 1, opening.x.shape
        self.most, self.rounding = 10 * crowd.followed * n, EPS * (n + d + 8)
        # The largest speed of any w_r is this times |e|.
        self.pull = opening.strength * np.abs(opening.a).max(axis=1) / math.sqrt(crowd.m)
        trace.stop(np.flatnonzero(opening.tied), np.zeros(1), trace.several)
        zero, no = np.zeros(b), np.zeros(b, dtype=np.intp)
        self.live = Live(
            rows=np.arange(b),
            crowd=crowd,
            e=opening.e,
            t=zero,
            next=no,
            left=opening.left,
            lasted=zero.copy(),
            piece=no.copy(),
            lasts=zero > 0,
            events=no.copy(),
            size=opening.size,
            done=zero > 0,
        )
        self._show(np.arange(b))

    def piece(self) -> None:
        """Every live row on to its next event or the next time that it shows."""
        live, crowd = self.live, self.live.crowd
        H_flow = crowd.H_flow
        decay = Decay.of(H_flow, live.e)
        ahead = self.times[np.minimum(live.next, self.last)]
        left = np.where(live.done, 0.0, ahead - live.t)
        limit = _limit(decay, crowd.budget, left)
        watch = Watch.of(crowd, decay, limit, live.size)
        self.trace.slid[live.rows[watch.slid]] = True
        event = first_event(watch.functions, limit)
        h = event.h
        if self.keep_path:
            self.trace.piece(live.rows, live.piece, h, crowd.H, H_flow)
        self._move(decay, h)
        idle = (event.which < 0) & event.found & ~live.done
        there = idle & (h >= left)
        live.t = np.where(there, ahead, live.t + h)
        self._resolve(event, watch)
        stale = np.flatnonzero(idle & ~there)
        if len(stale):
            crowd.watch(stale, crowd.update(stale))
        self._show(np.flatnonzero(there))
        if 2 * live.done.sum() > len(live.done):
            self.live = live.kept(np.flatnonzero(~live.done))

    def _move(self, decay: Decay, h: Array) -> None:
        """Every live row on by its own time, patterns as they are."""
        live, passage = self.live, decay.over(h)
        live.lasts |= h * decay.rates[:, -1] > _INSTANT
        spent = passage.spent
        live.crowd.advance(passage, spent)
        live.left, lasted = passage.aged(live.left, spent, self.rounding)
        live.lasted += lasted
        live.e = decay.residual(h)

    def _resolve(self, event: Event, watch: Watch) -> None:
        """What the neurons of the events do next."""
        live, crowd, trace = self.live, self.live.crowd, self.trace
        hit = np.flatnonzero(event.which >= 0)
        kind, place, sample = (
            values[event.which[hit]] for values in (watch.kind, watch.place, watch.sample)
        )
        wakes = kind == WAKING
        moves = ~wakes
        undecided = self._cross(*(v[moves] for v in (hit, kind, place, sample)))
        for r, sign, j in zip(hit[wakes], place[wakes], sample[wakes], strict=True):
            trace.stop(live.rows[[r]], live.t[[r]], trace.several)
            crowd.wake(int(r), crowd.mates[j] > 0, 1 - 2 * int(sign))
        live.piece[hit] += live.lasts[hit]
        live.lasts[hit] = False
        live.events[hit] += 1
        endless = live.events > self.most
        lost = np.flatnonzero(undecided | endless | ~event.found)
        if len(lost):
            trace.stop(live.rows[lost], live.t[lost], trace.lost)
            self._show(lost, to_the_end=True)

    def _cross(self, rows: Indices, kind: Indices, place: Indices, sample: Indices) -> Mask:
        """Neurons at kinks, at most one in a row; the rows that are not decided."""
        undecided = np.zeros(len(self.live.rows), dtype=np.bool_)
        if not len(rows):
            return undecided
        crowd, live, at = self.live.crowd, self.live, (rows, place)
        group = crowd.mates[sample] != 0
        crowd.watched.z[at] = np.where(group, 0.0, crowd.watched.z[at])
        close = np.abs(crowd.watched.z[at]) <= _NEAR * live.size[rows][:, None]
        old, side = crowd.standing(rows, place, live.e), _SIDES[kind]
        new, undecided[rows], several = resolved(old, sample, side, close, crowd.mates)
        self.trace.stop(live.rows[rows[several]], live.t[rows[several]], self.trace.several)
        corner = (close & ~group).any(axis=1)[:, None]
        crowd.watched.z[at] = np.where(close & corner, 0.0, crowd.watched.z[at])
        crowd.replace(rows, place, old, new)
        undecided[rows] |= self.opening.hidden[sample]
        return undecided

    def _show(self, rows: Indices, *, to_the_end: bool = False) -> None:
        """What some rows show at their next time, or at all that are left."""
        if not len(rows):
            return
        live, crowd, trace = self.live, self.live.crowd, self.trace
        crowd.update(rows)
        movement, H, H_flow = crowd.movement(rows), crowd.H[rows], crowd.H_flow[rows]
        while len(rows):
            at = (live.rows[rows], live.next[rows])
            trace.e[at], trace.movement[at] = live.e[rows], movement
            trace.left[at] = live.left[rows]
            trace.stray[at] = live.lasted[rows] * self.pull[at[0]]
            trace.H[at], trace.H_flow[at] = H, H_flow
            live.next[rows] += 1
            done = live.next[rows] == len(self.times)
            self._finish(rows[done])
            rows, movement, H, H_flow = (v[~done & to_the_end] for v in (rows, movement, H, H_flow))

    def _finish(self, rows: Indices) -> None:
        """Rows at the last time, whose neurons are up to date."""
        live, trace, numbers = self.live, self.trace, self.live.rows[rows]
        live.done[rows] = True
        if not len(rows):
            return
        if self.keep_path:
            left = self.times[-1] - live.t[rows]
            H, H_flow = live.crowd.H[rows], live.crowd.H_flow[rows]
            trace.piece(numbers, live.piece[rows], left, H, H_flow)
        if trace.w is None:
            return
        given = numbers < len(self.opening.x) // 2
        part = live.crowd.units.at(rows[given])
        moved = (part.c * (part.a / math.sqrt(live.crowd.m))[:, :, None]) @ self.opening.x[
            numbers[given]
        ]
        trace.w[numbers[given]] += moved


def _limit(decay: Decay, budget: Array, left: Array) -> Array:
    """How far to look: at most as long as the integral of |e| stays within its budget."""
    size = np.maximum(decay.size, np.finfo(np.float64).tiny)
    rate, share = decay.rates[:, 0], np.maximum(budget, 0.0) / size
    with np.errstate(divide="ignore", invalid="ignore"):
        ahead = np.where(rate * share > 1e-9, -np.log1p(-rate * share) / rate, share)
    inside = decay.over(left).spent <= budget
    return np.where(inside, left, np.minimum(ahead, left))
