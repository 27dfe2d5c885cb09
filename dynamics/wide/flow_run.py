"""The flow of both layers of wide networks from event to event, for many seeds in step.

Neurons that rest on a hyperplane and may leave it stay there in this run, and are free from then
on: none of their events is looked at any more, and what they may do is an error, by `flow_free`.
"""

from __future__ import annotations

import math

import numpy as np

from dynamics.enclosures import EPS, Array, Mask
from dynamics.flow.decay import Decay
from dynamics.flow.kinks import first_of, pushes, resolved
from dynamics.flow.roots import Event, Indices, Polynomials, first_event
from dynamics.flow.runs import Opening, Trace
from dynamics.flow.slides import KINK, OVER, UNDER, WAKING
from dynamics.wide.flow_free import Free
from dynamics.wide.flow_groups import LONG, SHORT, Course, Groups, time_unit
from dynamics.wide.flow_members import Members, Watched

_NEAR = 1e-13  # of the largest pre-activation: a neuron as near as this to a kink stands on it
FLOOR = 1e-14  # of |y|: residuals below it need no digits of their own
_SHORTER = 0.7  # steps of the moved run, so that other terms are left out
_MOST_STEPS = 1000  # without an event; what needs more is stiff, and undecided
_SIDES = np.array([0, -1, 1])  # to which a hold is left, by kind


class Run:
    """All rows of some seeds; a neuron at rest belongs where it is off."""

    def __init__(
        self,
        opening: Opening,
        groups: Groups,
        members: Members,
        times: Array,
        *,
        floor: Array,
        radius: Array,
    ) -> None:
        self.opening, self.groups, self.members, self.times = opening, groups, members, times
        b, n = opening.e.shape
        self.e, self.left, self.root = opening.e.copy(), opening.left.copy(), math.sqrt(groups.m)
        self.t, self.lasted = np.zeros((2, b))
        self.turned, self.referred = np.zeros((2, b))
        self.free = Free.of(b, n, groups.m, opening.strength)
        self.c, self.reach = np.zeros((2, b, n))
        self.next, self.idle, self.events = np.zeros((3, b), dtype=np.intp)
        self.resting = np.zeros((b, 2, n), dtype=np.int64)
        self.done, self.order = np.zeros(b, dtype=np.bool_), LONG
        self.floor, self.radius, self.rounding = floor, radius, EPS * (n + opening.x.shape[2] + 8)
        self.speed = np.where(np.arange(b) < b // 2, 1.0, _SHORTER)
        self.jumps = pushes(np.zeros_like(opening.G), opening.G, opening.mates)
        self.first = first_of(opening.mates)
        self.trace = Trace.of(b, n, len(times), relative=False)
        self.trace.stop(np.flatnonzero(opening.tied), np.zeros(1), self.trace.several)
        self.seen = np.zeros((4, b, len(times)))
        self.maps: list[list[tuple[Array, Array]]] = [[] for _ in range(b)]
        self.founded = len(groups.on)
        self.give_up(members.look(groups, np.arange(b)))
        self._show(np.flatnonzero(~self.done))

    def go(self) -> Trace:
        """All of it."""
        while not self.done.all():
            self.step()
        return self.trace

    def step(self) -> None:
        """Every row on to its next event, the next time that it shows, or as far as series go."""
        groups, members = self.groups, self.members
        target = self.times[np.minimum(self.next, len(self.times) - 1)]
        left = np.where(self.done, 0.0, target - self.t)
        _, H, G2 = groups.matrices()
        K = H + G2
        course = Course.of(groups, self.e, time_unit(K, groups.G, self.e, groups.m), self.order)
        size = np.maximum(np.linalg.norm(self.e, axis=1), np.finfo(np.float64).tiny) / self.root
        budget = np.maximum(members.budget - members.used, 0.0) / size
        limit = np.minimum(left, np.minimum(course.radius(self.floor) * self.speed, budget))
        course = course.resting_until(limit)
        self._wake_in_doubt(limit, size)
        watched, ahead = self._watch(course, limit, size), limit / course.unit
        event = first_event(Polynomials.of(watched.rows, watched.coefs.T, ahead), ahead)
        h = event.h * course.unit
        self._move(course, Decay.of(K, self.e), h, size)
        quiet = (event.which < 0) & event.found & ~self.done
        there = quiet & (h >= left)
        self.t = np.where(there, target, self.t + h)
        self._resolve(event, watched)
        spent = quiet & ~there & (h >= budget)
        self.idle += quiet & ~there & ~spent
        # Where events are near, few terms are enough.
        self.order = LONG if quiet.any() else SHORT
        self.give_up(self.idle > _MOST_STEPS)
        self._look(np.flatnonzero(spent & ~self.done))
        self._show(np.flatnonzero(there))

    def _look(self, rows: Indices) -> None:
        if len(rows):
            turned, alone = self.turned[rows] - self.referred[rows], self.radius[rows] == 0
            self.members.refer(self.groups, some := rows[(turned > 1) & alone])
            self.referred[some] = self.turned[some]
            lost = np.zeros(len(self.e), dtype=np.bool_)
            lost[rows] = self.members.look(self.groups, rows)
            # Folded neurons may be anywhere then, cosh(2) > 2: the band will be judged too narrow.
            lost[rows] |= (turned > 2) & ~alone
            self.give_up(lost)

    def _watch(self, course: Course, limit: Array, size: Array) -> Watched:
        groups, members = self.groups, self.members
        near = members.nearest(members.used + size * limit)
        lead = np.arange(len(near))[:, None]
        group, v = members.group[lead, near], members.v[lead, near]
        side = np.where(groups.on[group], 1.0, -1.0)
        fixed = members.held(groups, lead, near) | members.free[lead, near][:, :, None]
        rows, k, j = np.nonzero(course.near(group, v, side, limit) & ~fixed)
        coefs = course.functions(rows, group[rows, k], j, v[rows, k]) * side[rows, k, j][:, None]
        parts = [Watched.of(KINK, rows, near[rows, k], j, coefs)]
        if groups.slide.any():
            rows, k, j = np.nonzero(groups.slide[group])
            parts += self._holds(course, rows, near[rows, k], j)
        rows, sign, j = np.nonzero(self.resting)
        coefs = _along(course, rows, self._hold(rows, sign, j))
        coefs[:, 0] -= self._apart(rows, sign, j, limit, size)
        parts.append(Watched.of(WAKING, rows, sign, j, coefs))
        return Watched(*(np.concatenate(column) for column in zip(*parts, strict=True)))

    def _hold(self, rows: Indices, sign: Indices, sample: Indices) -> Array:
        """Lines along which e is positive as long as neurons are kept at rest, (N, n)."""
        lines: Array = (2.0 * sign - 1)[:, None] * self.jumps[1][rows, sample]
        return lines

    def _apart(
        self, rows: Indices, sign: Indices, sample: Indices, limit: Array, size: Array
    ) -> Array:
        """How much smaller what keeps neurons at rest may be in other solutions, (N,)."""
        most = self.free.apart(self.left, size * limit)[rows]
        return np.asarray(np.linalg.norm(self._hold(rows, sign, sample), axis=1) * most)

    def _wake_in_doubt(self, limit: Array, size: Array) -> None:
        """Free those at rest that leave in another solution, though perhaps not in this one."""
        rows, sign, j = np.nonzero(self.resting * self.free.some[:, None, None])
        keeps = (self._hold(rows, sign, j) * self.e[rows]).sum(axis=1)
        doubtful = keeps <= self._apart(rows, sign, j, limit, size)
        for r, k, sample in zip(rows[doubtful], sign[doubtful], j[doubtful], strict=True):
            self._wake(int(r), int(k), int(sample))

    def _holds(
        self, course: Course, rows: Indices, place: Indices, sample: Indices
    ) -> list[Watched]:
        """What keeps neurons that slide along hyperplanes."""
        groups, members = self.groups, self.members
        a, group = members.now(groups, rows, place)[1][:, None], members.group[rows, place]
        below = groups.maps[rows, group, sample] + self.jumps[0][rows, sample]
        over = a * (below - self.jumps[1][rows, sample])
        return [
            Watched.of(kind, rows, place, sample, _along(course, rows, lines))
            for kind, lines in ((UNDER, -a * below), (OVER, over))
        ]

    def _move(self, course: Course, decay: Decay, h: Array, size: Array) -> None:
        passage, groups = decay.over(h), self.groups
        self.left, lasted = passage.aged(self.left, passage.spent, self.rounding)
        spent = size * h
        slower = self.free.slower(h)
        self.left = self.left * slower + self.free.error(spent)
        self.lasted += lasted * slower + self.left * h * self.free.some
        gained, ways = course.integral(h)
        self._note(np.minimum(ways, (spent * self.root)[:, None]), spent)
        self.e, gamma, alpha = course.at(h)
        groups.gamma += gamma
        groups.alpha += alpha
        self.c = self.c + gained
        blurred = np.flatnonzero(self.free.blurred(decay.rates[:, 0], self.turned))
        self.trace.stop(blurred, self.t[blurred], self.trace.several)
        self.members.used += spent

    def _note(self, ways: Array, spent: Array) -> None:
        """How far anybody can have come who is not followed, besides what length does."""
        self.turned += spent * self.opening.strength
        G, low, high = self.opening.G, self.c - ways, self.c + ways
        below, above = (G * c[:, None, :] for c in (low, high))
        up = np.maximum(np.maximum(below, above), 0.0).sum(axis=2)
        down = np.minimum(np.minimum(below, above), 0.0).sum(axis=2)
        self.reach = np.maximum(self.reach, np.maximum(up, -down) / self.root)

    def _resolve(self, event: Event, watched: Watched) -> None:
        """What the neurons of the events do next."""
        rows = np.flatnonzero(event.which >= 0)
        which = event.which[rows]
        kind, place, sample = (v[which] for v in (watched.kind, watched.place, watched.sample))
        wakes = kind == WAKING
        for r, sign, j in zip(rows[wakes], place[wakes], sample[wakes], strict=True):
            self._wake(int(r), int(sign), int(j))
        lost = ~event.found
        lost |= self._cross(*(v[~wakes] for v in (rows, kind, place, sample)))
        self.events[rows] += 1
        endless = self.events > 10 * self.members.v[0].size
        self.give_up(lost | endless)

    def _cross(self, rows: Indices, kind: Indices, place: Indices, sample: Indices) -> Mask:
        """Neurons at kinks, at most one in a row; the rows that are not decided."""
        lost = np.zeros(len(self.e), dtype=np.bool_)
        if not len(rows):
            return lost
        groups, members, mates = self.groups, self.members, self.opening.mates
        z, a = members.now(groups, rows, place)
        group = mates[sample] != 0
        close = group | (np.abs(z) <= _NEAR * self.opening.size[rows][:, None])
        old = members.standing(groups, rows, place, self.e)
        new, undecided, several = resolved(old, sample, _SIDES[kind], close, mates)
        self.trace.stop(rows[several], self.t[rows[several]], self.trace.several)
        members.move(groups, rows, place, new, close)
        self.trace.slid[rows[(new.held & ~new.rest).any(axis=1)]] = True
        counted = (new.rest.astype(np.int64) - old.rest) * self.first
        sign = (a < 0).astype(np.intp)
        self.resting[rows, sign] += counted * ~members.free[rows, place][:, None]
        lost[rows] = undecided | self.opening.hidden[sample]
        return lost

    def _wake(self, r: int, sign: int, j: int) -> None:
        """Neurons at rest that may leave from now on; the run lets them stay."""
        members, everyone = self.members, np.arange(self.members.v.shape[1])
        row = np.full(len(everyone), r)
        z, a = members.now(self.groups, row, everyone)
        free = members.rest[r, :, j] & ((a < 0) == (sign > 0)) & ~members.free[r]
        members.free[r] |= free
        self.resting[r, sign, self.opening.mates[j] != 0] = 0
        self.trace.several[r] = True
        length = np.sqrt(np.maximum(members.spin[r] + a**2, 0.0))
        self.free.take(r, z[free], a[free], length[free], float(self.turned[r]))

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
        groups, members, trace, at = self.groups, self.members, self.trace, (rows, self.next[rows])
        lead, everyone = rows[:, None], np.arange(members.v.shape[1])
        z, a = members.now(groups, lead, everyone)
        self._show_moves(at, a)
        trace.e[at], trace.left[at] = self.e[rows], self.left[rows]
        trace.stray[at] = self.lasted[rows] * self._pull(rows, z, a)
        paper, flow, _ = groups.matrices()
        held, on = members.held(groups, lead, everyone), groups.on[members.group[rows]]
        r, k = np.nonzero(held.any(axis=2))
        both, one = (part[r, k].astype(np.float64) for part in (on | held, on))
        more, added = _outer(both) - _outer(one), np.zeros((len(rows), *paper.shape[1:]))
        np.add.at(added, r, more * (a[r, k] ** 2 / groups.m)[:, None, None])
        trace.H[at], trace.H_flow[at] = paper[rows] + added * groups.G[rows], flow[rows]
        for row in rows.tolist():
            kept = (part[row, : self.founded].copy() for part in (groups.gamma, groups.alpha))
            self.maps[row].append((next(kept), next(kept)))
        self.next[rows] += 1
        self.done[rows] = self.next[rows] == len(self.times)

    def _pull(self, rows: Indices, z: Array, a: Array) -> Array:
        """The largest speed of any w_r or a_r is this times |e|."""
        theta, strength, radius = self.turned[rows], self.opening.strength[rows], self.radius[rows]
        # Of the folded ones, whose |a| was 1, only the length at the start is known.
        weight = np.where(radius > 0, np.cosh(theta) + radius * np.sinh(theta), 0.0)
        length = radius * np.cosh(theta) + np.sinh(theta) * (radius > 0)
        weight = np.maximum(weight, np.abs(a).max(axis=1))
        seen = np.maximum(strength * length, math.sqrt(z.shape[2]) * np.abs(z).max(axis=(1, 2)))
        return np.asarray(np.maximum(strength * weight, seen) / self.root)

    def _show_moves(self, at: tuple[Indices, Indices], a: Array) -> None:
        """Bounds of the largest moves of those that are followed, of w and of a."""
        (rows, _), members = at, self.members
        c, grown = members.moved(self.groups, rows[:, None], np.arange(members.v.shape[1]))
        squares = ((c @ self.groups.G[rows]) * c).sum(axis=2)
        moves = np.sqrt(np.maximum(squares, 0.0)) / self.root, np.abs(grown)
        free = members.free[rows]
        turn = self.free.turn(self.turned)[rows, None]
        length = np.sqrt(np.maximum(members.spin[rows] + a**2, 0.0))
        # A free neuron may have turned by that much on its way, and so has the one that stayed.
        doubts = np.abs(a) + length * turn, length + np.abs(a) * turn
        for k, (move, doubt) in enumerate(zip(moves, doubts, strict=True)):
            self.seen[(2 * k, *at)] = np.where(free, 0.0, move).max(axis=1)
            self.seen[(2 * k + 1, *at)] = (move + free * (2.1 * turn * doubt)).max(axis=1)


def _along(course: Course, rows: Indices, lines: Array) -> Array:
    """The series of line.e for some lines (N, n) of some rows."""
    found: Array = (course.e[rows] @ lines[:, :, None])[:, :, 0]
    return found


def _outer(values: Array) -> Array:
    return values[:, :, None] * values[:, None, :]
