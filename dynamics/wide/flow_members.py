"""Neurons of a wide network that are followed one by one while both layers are trained.

Each belongs to a group of `flow_groups`, and needs nothing of its own but v~ as long as it stays.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from dynamics.enclosures import Array, Mask
from dynamics.flow.kinks import Standing
from dynamics.flow.roots import Indices
from dynamics.wide.flow_groups import Groups, applied

_LOOKED_AT = 256  # neurons of each row, besides those that must be, between two looks at all,
_SHARE = 2**-8  # or this share of all
_FAR = 0.05  # how far any neuron may turn meanwhile,
_FARTHER = 0.5  # or if all are looked at anyhow
FAINT = 0.02  # an |a| that small may soon be 0, where what holds the neuron ends


@dataclass(slots=True, eq=False)
class Members:
    """b rows of c neurons.

    Attributes:
        v: v~, (b, c, k).
        group: where they belong, (b, c).
        c: sqrt(m) w has moved by sum_i c_i x_i, besides what the group says, (b, c, n).
        grown: likewise for a, (b, c).
        spin: |w|^2 - a^2, which never changes, (b, c).
        rest: hyperplanes on which they rest; they are off there, (b, c, n).
        free: those that do something else in other solutions; no event of theirs counts, (b, c).
        near: all, the nearest to a kink first, (b, c).
        distance: how large the integral of |e|/sqrt(m) must become before each can meet it, (b, c).
        budget: how large it may become before all have to be looked at again, (b,).
        used: the integral since they were, (b,).
        width: how many of the nearest may meet a kink until then.
    """

    v: Array
    group: Indices
    c: Array
    grown: Array
    spin: Array
    rest: Mask
    free: Mask
    near: Indices
    distance: Array
    budget: Array
    used: Array
    width: int = 0

    @classmethod
    def of(cls, z: Array, a: Array, lengths: Array, group: Indices) -> Members:
        """At time 0, before they were looked at."""
        b, c = a.shape
        zero = np.zeros((b, c))
        return cls(
            v=np.concatenate((z, a[:, :, None]), axis=2),
            group=group,
            c=np.zeros_like(z),
            grown=zero.copy(),
            spin=lengths**2 - a**2,
            rest=np.zeros(z.shape, dtype=np.bool_),
            free=zero > 0,
            near=np.tile(np.arange(c), (b, 1)),
            distance=zero.copy(),
            budget=np.zeros(b),
            used=np.zeros(b),
        )

    def now(self, groups: Groups, rows: Indices, place: Indices) -> tuple[Array, Array]:
        """Present z and a of some neurons; rows and places of any common shape."""
        z, a = groups.phi()
        v, group = self.v[rows, place], self.group[rows, place]
        return applied(z[rows, group], v), (a[rows, group] * v).sum(axis=-1)

    def moved(self, groups: Groups, rows: Indices, place: Indices) -> tuple[Array, Array]:
        """How far they have come: coefficients c, and a - a(0)."""
        v, group = self.v[rows, place], self.group[rows, place]
        c = applied(groups.gamma[rows, group], v)
        grown = (groups.alpha[rows, group] * v).sum(axis=-1)
        return self.c[rows, place] + c, self.grown[rows, place] + grown

    def held(self, groups: Groups, rows: Indices, place: Indices) -> Mask:
        """Hyperplanes on which they rest or along which they slide."""
        rest = self.rest[rows, place]
        if not groups.slide.any():
            return rest
        slides = groups.slide @ np.abs(groups.mates) > 0
        return np.asarray(slides[self.group[rows, place]] | rest)

    def standing(self, groups: Groups, rows: Indices, place: Indices, e: Array) -> Standing:
        """One neuron in each of some rows."""
        a, on = self.now(groups, rows, place)[1], groups.on[self.group[rows, place]]
        held, rest = self.held(groups, rows, place), self.rest[rows, place]
        return Standing(on, held, rest, a, e[rows], groups.G[rows])

    def move(
        self, groups: Groups, rows: Indices, place: Indices, new: Standing, here: Mask
    ) -> None:
        """Take some neurons, one in a row, to the groups where they belong from now on.

        Args:
            groups: all of them.
            rows: whose they are,
            place: and which ones.
            new: how they stand.
            here: hyperplanes on which they are now, (k, n).
        """
        (z, a), (c, grown) = (f(groups, rows, place) for f in (self.now, self.moved))
        old, v = (rows, self.group[rows, place]), self.v[rows, place]
        groups.moments[old] -= v[:, :, None] * v[:, None, :]
        sides = zip(new.on, new.held & ~new.rest, strict=True)
        group = np.array([groups.place(*side) for side in sides])
        now = np.concatenate((np.where(here, 0.0, z), a[:, None]), axis=1)
        v = _referred(now, *(part[rows, group] for part in groups.phi()))
        v[:, :-1][new.rest & here] = 0.0
        groups.moments[rows, group] += v[:, :, None] * v[:, None, :]
        at = (rows, place)
        self.v[at], self.group[at], self.rest[at] = v, group, new.rest
        self.c[at], self.grown[at] = 0.0, 0.0
        again = self.moved(groups, rows, place)
        self.c[at], self.grown[at] = c - again[0], grown - again[1]

    def refer(self, groups: Groups, rows: Indices) -> None:
        """Take v~ of some rows, in which nobody else is in a group, from the present."""
        at = rows[:, None], np.arange(self.v.shape[1])
        (z, a), moved = self.now(groups, *at), self.moved(groups, *at)
        v = np.concatenate((z, a[:, :, None]), axis=2)
        self.v[rows], (self.c[rows], self.grown[rows]) = v, moved
        for part in (groups.gamma, groups.alpha, groups.moments):
            part[rows] = 0.0
        squares = v[:, :, :, None] * v[:, :, None, :]
        np.add.at(groups.moments, (at[0], self.group[rows]), squares)

    def nearest(self, limit: Array) -> Indices:
        """Those that can meet a kink before the integral is so large, and some more, (b, k)."""
        count = int((self.distance[:, : self.width] <= limit[:, None]).sum(axis=1).max(initial=0))
        return self.near[:, :count]

    def look(self, groups: Groups, rows: Indices) -> Mask:
        """Measure how near all neurons of some rows are; those where what holds one may end."""
        at = rows[:, None], np.arange(self.v.shape[1])
        z, a = self.now(groups, *at)
        held, group = self.held(groups, *at), self.group[rows]
        fixed = held | self.free[rows][:, :, None]
        pull = groups.pulls()[rows[:, None], group]
        length = np.sqrt(np.maximum(self.spin[rows] + a**2, 0.0))
        far = np.abs(a) * math.cosh(_FAR) + length * math.sinh(_FAR)
        with np.errstate(divide="ignore", invalid="ignore"):
            reach = np.abs(z) / (far[:, :, None] * pull)
        distance = np.where(fixed | np.isnan(reach), np.inf, reach).min(axis=2)
        everyone = a.shape[1] <= _LOOKED_AT
        distance[groups.slide[group].any(axis=2) | everyone] = -1.0
        strength = np.sqrt(np.linalg.eigvalsh(groups.G[rows])[:, -1])
        # What holds a neuron depends on the sign of a, which must not change unseen.
        held_at_all = held.any(axis=2) & ~self.free[rows]
        turns = np.where(held_at_all, np.abs(a), np.inf) / np.maximum(2 * length, 1e-300)
        limit = np.minimum(turns.min(axis=1), _FARTHER if everyone else _FAR) / np.maximum(
            strength, 1e-300
        )
        self._sort(rows, distance, limit)
        return np.asarray((held_at_all & (np.abs(a) < FAINT)).any(axis=1))

    def _sort(self, rows: Indices, distance: Array, limit: Array) -> None:
        order = np.argsort(distance, axis=1, kind="stable")
        by = np.take_along_axis(distance, order, 1)
        self.near[rows], self.distance[rows], self.used[rows] = order, by, 0.0
        seen = 2 * (by <= 0).sum(axis=1) + max(_LOOKED_AT, int(_SHARE * by.shape[1]))
        self.width = max(self.width, int(seen.max()))
        last = by[np.arange(len(rows)), np.minimum(seen, by.shape[1] - 1)]
        self.budget[rows] = np.minimum(np.where(seen < by.shape[1], last, np.inf), limit)


class Watched(NamedTuple):
    """Functions of time that must stay >= 0, and whose they are.

    Attributes:
        kind, rows, place, sample: of each function, (N,); for those that wake from a rest the place
            is the sign of a.
        coefs: of its series, (N, p + 1).
    """

    kind: Indices
    rows: Indices
    place: Indices
    sample: Indices
    coefs: Array

    @classmethod
    def of(cls, kind: int, rows: Indices, place: Indices, sample: Indices, coefs: Array) -> Watched:
        """Some of one kind."""
        return cls(np.full(len(rows), kind), rows, place, sample, coefs)


def _referred(now: Array, z: Array, a: Array) -> Array:
    """v~ from v, (k, n + 1), where z and a are functions of v~; z may be small beside a."""
    phi = np.concatenate((z, a[:, :, None]), axis=2).swapaxes(1, 2)
    drift, back = phi - np.eye(phi.shape[1]), np.linalg.inv(phi)
    v: Array = (back @ now[..., None])[..., 0]
    for _ in range(2):  # what the inverse lost to rounding
        off = now - v - (drift @ v[..., None])[..., 0]
        v = v + (back @ off[..., None])[..., 0]
    return v
