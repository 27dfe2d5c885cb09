"""The first layer's gradient flow, exact from event to event, for many seeds in step."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dynamics.crowd import Crowd, Slides
from dynamics.decay import Decay, slowed
from dynamics.enclosures import EPS, Array, Mask, array
from dynamics.flow_runs import Opening, Trace
from dynamics.kinks import pushes, resolved
from dynamics.problem import Problem
from dynamics.roots import FLAT, Event, Exponentials, Indices, first_event

_NEAR = 1e-13  # of the largest pre-activation: a neuron as near as this to a kink stands on it
_INSTANT = 1e-12  # of the fastest time scale: events this close together are at one time
KINK, UNDER, OVER, WAKING = 0, 1, 2, 3  # what happens: a kink is reached, a hold or a rest ends


class Watch(NamedTuple):
    """What may happen: functions that must stay >= 0, and whose they are."""

    functions: Exponentials
    kind: Indices
    place: Indices
    sample: Indices


@dataclass(slots=True, eq=False)
class Live:
    """Rows that are not yet at the last time.

    Attributes:
        rows: their numbers, (b,).
        crowd: their neurons.
        e: residual, (b, n).
        t: time, (b,).
        next: the number of the next time to be shown, (b,).
        shrunk: what is left of an error of e(0), (b,).
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
    shrunk: Array
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
    run = _Run(start, times, keep_path=keep_path)
    while not run.live.done.all():
        run.piece()
    return run.trace


class _Run:
    def __init__(self, start: Problem, times: Array, *, keep_path: bool) -> None:
        self.start, self.times, self.keep_path = start, times, keep_path
        self.last, self.opening = len(times) - 1, Opening.of(start)
        opening, b = self.opening, 2 * start.y.shape[1]
        # The largest speed of any w_r is this times |e|.
        self.pull = opening.strength * np.abs(opening.a).max(axis=1) / math.sqrt(start.m)
        self.trace = Trace.blank(start, len(times), relative=True)
        self.w = array(start.w[0]).copy()
        self.trace.w, self.trace.a = self.w, array(start.a[0]).copy()
        self.trace.stop(np.flatnonzero(opening.tied), np.zeros(1), self.trace.several)
        zero, no = np.zeros(b), np.zeros(b, dtype=np.intp)
        self.live = Live(
            rows=np.arange(b),
            crowd=Crowd.of(opening.G, opening.mates, opening.z, opening.a),
            e=opening.e,
            t=zero,
            next=no,
            shrunk=zero + 1,
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
        decay, slides = Decay.of(H_flow, live.e), crowd.slides()
        left = np.where(live.done, 0.0, self.times[np.minimum(live.next, self.last)] - live.t)
        limit = _limit(decay, crowd.budget, left)
        watch = self._watch(decay, slides, limit)
        event = first_event(watch.functions, limit)
        h = event.h
        if self.keep_path:
            self.trace.piece(live.rows, live.piece, h, crowd.H, H_flow)
        live.lasts |= h * decay.rates[:, -1] > _INSTANT
        crowd.advance(decay.integral(h), slides)
        crowd.budget -= decay.spent(h)
        live.lasted += live.shrunk * slowed(decay.rates[:, 0], h)
        live.shrunk *= np.exp(-decay.rates[:, 0] * h)
        live.e = decay.residual(h)
        idle = (event.which < 0) & event.found & ~live.done
        there = idle & (h >= left)
        live.t = np.where(there, self.times[np.minimum(live.next, self.last)], live.t + h)
        self._resolve(event, watch)
        stale = np.flatnonzero(idle & ~there)
        if len(stale):
            crowd.update(stale)
            crowd.watch(stale)
        self._show(np.flatnonzero(there))
        if 2 * live.done.sum() > len(live.done):
            self.live = live.kept(np.flatnonzero(~live.done))

    def _watch(self, decay: Decay, slides: Slides, limit: Array) -> Watch:
        """All functions that can reach zero before the limit."""
        crowd, modes = self.live.crowd, decay.modes
        units, (b, k, n) = crowd.watched, crowd.watched.z.shape
        gain = units.a / math.sqrt(crowd.m)
        felt = (crowd.G[:, :, :, None] * modes[:, :, None, :]).reshape(b, n, n * n)
        weights = ((units.on * gain[:, :, None]) @ felt).reshape(b, k, n, n)
        if len(slides.rows):
            r, p = slides.rows, slides.place
            weights[r, p] = gain[r, p][:, None, None] * (crowd.G[r] @ slides.maps @ modes[r])
        side = np.where(units.on, 1.0, -1.0)
        value = side * units.z
        weights *= side[:, :, :, None]
        falls = np.minimum(weights, 0.0).reshape(b, k * n, n)
        ahead = slowed(decay.rates, limit[:, None])
        lowest = value + (falls @ ahead[:, :, None]).reshape(b, k, n)
        rows, place, sample = np.nonzero((lowest < 0) & ~units.held)
        parts: list[tuple[NDArray[Any], ...]] = [
            (
                np.full(len(rows), KINK),
                rows,
                place,
                sample,
                value[rows, place, sample],
                weights[rows, place, sample],
            )
        ]
        if units.held.any() or crowd.resting.any():
            parts.append(self._holds(decay, slides))
        kind, rows, place, sample, value, weights = (
            np.concatenate(column) for column in zip(*parts, strict=True)
        )
        terms = np.where(kind == KINK, self.live.size[rows], np.abs(weights).sum(axis=1))
        functions = Exponentials.of(rows, value, weights, decay.rates, 4 * EPS * terms)
        return Watch(functions, kind, place, sample)

    def _holds(self, decay: Decay, slides: Slides) -> tuple[NDArray[Any], ...]:
        """What keeps neurons on their kinks: linear functions of e, and whose they are."""
        crowd, (r, p) = self.live.crowd, (slides.rows, slides.place)
        first, units = crowd.first, crowd.watched
        below, own = pushes(slides.maps, crowd.G[r], crowd.mates)
        number, j = np.nonzero(units.held[r, p] & ~units.rest[r, p] & first)
        r, p, a = r[number], p[number], units.a[r, p][number, None]
        under, over = -a * below[number, j], a * (below - own)[number, j]
        rests, sign, i = np.nonzero(crowd.resting)
        _, jump = pushes(np.zeros_like(crowd.G[rests]), crowd.G[rests], crowd.mates)
        waking = (2.0 * sign - 1)[:, None] * jump[np.arange(len(i)), i]
        kind = np.repeat([UNDER, OVER, WAKING], [len(r), len(r), len(rests)])
        rows, place, sample = (
            np.concatenate(parts) for parts in ((r, r, rests), (p, p, sign), (j, j, i))
        )
        lines = np.concatenate((under, over, waking))
        parts = (lines[:, None, :] @ decay.modes[rows])[:, 0]
        value, size = parts.sum(axis=1), np.abs(parts).sum(axis=1)
        # A neuron that the off side does not push back is held, but does not slide.
        self.trace.slid[self.live.rows[rows[(kind == UNDER) & (value > FLAT * size)]]] = True
        return kind, rows, place, sample, value, -decay.rates[rows] * parts

    def _resolve(self, event: Event, watch: Watch) -> None:
        """What the neurons of the events do next."""
        live, crowd, trace = self.live, self.live.crowd, self.trace
        hit = np.flatnonzero(event.which >= 0)
        kind, place, sample = (
            values[event.which[hit]] for values in (watch.kind, watch.place, watch.sample)
        )
        wakes = kind == WAKING
        undecided = self._cross(*(v[~wakes] for v in (hit, kind, place, sample)))
        for r, sign, j in zip(hit[wakes], place[wakes], sample[wakes], strict=True):
            trace.stop(live.rows[[r]], live.t[[r]], trace.several)
            crowd.wake(int(r), crowd.mates[j] > 0, 1 - 2 * int(sign))
        live.piece[hit] += live.lasts[hit]
        live.lasts[hit] = False
        live.events[hit] += 1
        endless = live.events > 10 * self.start.m * self.start.n
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
        old, side = crowd.standing(rows, place, live.e), np.array([0, -1, 1])[kind]
        new, undecided[rows], several = resolved(old, sample, side, close, crowd.mates)
        self.trace.stop(live.rows[rows[several]], live.t[rows[several]], self.trace.several)
        corner = (close & ~group).any(axis=1)[:, None]
        crowd.watched.z[at] = np.where(close & corner, 0.0, crowd.watched.z[at])
        crowd.replace(rows, place, old, new)
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
            left = self.opening.left[at[0]]
            trace.left[at] = left * live.shrunk[rows]
            trace.stray[at] = left * live.lasted[rows] * self.pull[at[0]]
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
        given = numbers < len(self.opening.x) // 2
        part = live.crowd.units.at(rows[given])
        moved = (part.c * (part.a / math.sqrt(live.crowd.m))[:, :, None]) @ self.opening.x[
            numbers[given]
        ]
        self.w[numbers[given]] += moved


def _limit(decay: Decay, budget: Array, left: Array) -> Array:
    """How far to look: at most as long as the integral of |e| stays within its budget."""
    size = np.maximum(np.linalg.norm(decay.parts, axis=1), np.finfo(np.float64).tiny)
    rate, share = decay.rates[:, 0], np.maximum(budget, 0.0) / size
    with np.errstate(divide="ignore", invalid="ignore"):
        ahead = np.where(rate * share > 1e-9, -np.log1p(-rate * share) / rate, share)
    inside = decay.spent(left) <= budget
    return np.where(inside, left, np.minimum(ahead, left))
