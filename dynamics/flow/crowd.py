"""The neurons of a batch of flows on the first layer, and the few of them that are watched.

Along the flow w_r(t) = w_r(0) + m^{-1/2} a_r sum_i c_ri x_i, so that a neuron is its coefficients
c_r and its pre-activations z_r; no weights are needed. |e| never grows, and its integral bounds
how far z_r can have come: neurons that this cannot bring to a kink are not watched, keep their
patterns, and are brought up to date when it has grown too large.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dynamics.enclosures import Array, Mask
from dynamics.flow.background import Background
from dynamics.flow.decay import Passage
from dynamics.flow.kinks import Standing, first_of, pushes
from dynamics.flow.roots import Indices
from dynamics.flow.slides import Slides
from dynamics.flow.units import Units

_WATCHED_FLOATS = 2**14  # in the slopes of the watched neurons of a batch: what numpy does at once
_FEWEST = 24  # neurons that are watched in each row at least


@dataclass(slots=True, eq=False)
class Crowd:
    """b rows of m neurons, which are followed one by one or keep their patterns in the background.

    Attributes:
        G: inner products of the inputs, (b, n, n).
        mates: +-1 for parallel and opposite inputs, (n, n).
        units: every neuron that is followed, up to date only where `waiting` is 0.
        background: all others; None if there are none.
        m: neurons of each row, those in the background included.
        counts: sum a_r^2 1{r on i} 1{r on j}, without the sliding neurons, (b, n, n).
        paper: the same with every held neuron counted as on.
        resting: neurons that rest on each kink, by the sign of a, (b, 2, n).
        place, watched: the watched neurons, (b, k).
        waiting: the integral of e since the others were up to date, (b, n).
        budget: how much further the integral of |e| may grow before that, (b,).
        speed: the speed of z_r is at most this times |a_r||e|, (b, n).
        jumps: `pushes` of a map that is 0, (b, n, n) each.
        first: the samples that stand for their hyperplane, (n,).
        sliding: the neurons that are held now, None until they are asked for.
    """

    G: Array
    mates: Indices
    units: Units
    background: Background | None
    m: int
    counts: Array
    paper: Array
    resting: NDArray[np.int64]
    place: Indices
    watched: Units
    waiting: Array
    budget: Array
    speed: Array
    jumps: tuple[Array, Array]
    first: Mask
    sliding: Slides | None = None

    @classmethod
    def of(
        cls,
        G: Array,
        mates: Indices,
        z: Array,
        a: Array,
        *,
        background: Background | None = None,
    ) -> Crowd:
        """At time 0."""
        b, followed, n = z.shape
        m = followed if background is None else background.m
        units = Units.starting(z, a)
        counts = pattern_counts(units.on, a)
        if background is not None:
            counts += background.counts
        few = max(_FEWEST, _WATCHED_FLOATS // (b * n * n))
        place = np.tile(np.arange(min(few, followed)), (b, 1))
        watched = units.at(np.arange(b), place) if few < followed else units
        norms, strength = np.diagonal(G, axis1=1, axis2=2), np.linalg.eigvalsh(G)[:, -1:]
        crowd = cls(
            G=G,
            mates=mates,
            units=units,
            background=background,
            m=m,
            counts=counts,
            paper=counts.copy(),
            resting=np.zeros((b, 2, n), dtype=np.int64),
            place=place,
            watched=watched,
            waiting=np.zeros((b, n)),
            budget=np.full(b, np.inf),
            speed=np.sqrt(norms * strength / m),
            jumps=pushes(np.zeros_like(G), G, mates),
            first=first_of(mates),
        )
        crowd.watch(np.arange(b))
        return crowd

    def kept(self, rows: Indices) -> Crowd:
        """Some of the rows."""
        shared = ("mates", "m", "jumps", "first", "sliding")
        taken: dict[str, Any] = {}
        for name in (field.name for field in fields(self) if field.name not in shared):
            part = getattr(self, name)
            whole = part is None or isinstance(part, np.ndarray)
            taken[name] = part.at(rows) if not whole else None if part is None else part[rows]
        if self.everyone:
            taken["watched"] = taken["units"]
        taken["jumps"] = (self.jumps[0][rows], self.jumps[1][rows])
        return replace(self, sliding=None, **taken)

    @property
    def everyone(self) -> bool:
        """Whether all neurons are watched."""
        return self.watched is self.units

    @property
    def followed(self) -> int:
        """Neurons of each row that are followed one by one."""
        return int(self.units.a.shape[1])

    @property
    def H(self) -> Array:
        """The paper's matrix: a neuron on its kink is on."""
        return self.G * (self.paper / self.m)

    @property
    def H_flow(self) -> Array:
        """The matrix of the flow: de/dt = -H_flow e."""
        return self.G * (self.counts / self.m) + self.slides().flow

    def slides(self) -> Slides:
        """The neurons that are held now; those that slide are all watched."""
        if self.sliding is None:
            self.sliding = Slides.of(
                self.watched, self.m, self.G, self.jumps, self.first, self.resting
            )
        return self.sliding

    def advance(self, passage: Passage, spent: Array) -> None:
        """Move the watched neurons, and the background, as e decays; |e| adds up to `spent`."""
        units, phi, slides = self.watched, passage.integral, self.slides()
        added = units.on * phi[:, None, :]
        if len(slides.rows):
            moved = slides.maps @ phi[slides.rows][:, :, None]
            added[slides.rows, slides.place] = moved[:, :, 0]
        units.c += added
        added *= (units.a / math.sqrt(self.m))[:, :, None]
        units.z += added @ self.G
        if slides.held is not None:
            units.z *= ~slides.held
        self.waiting += phi
        self.budget -= spent
        if self.background is not None:
            self.background.advance(passage.decay, passage.h)

    def update(self, rows: Indices) -> Units:
        """Bring all neurons of some rows up to date."""
        part = self.units.at(rows)
        if not self.everyone:
            added = part.on * self.waiting[rows][:, None, :]
            part.c += added
            part.z += (added * (part.a / math.sqrt(self.m))[:, :, None]) @ self.G[rows]
            part.put(np.arange(len(rows)), self.place[rows], self.watched.at(rows))
            self.units.put(rows, None, part)
            self.waiting[rows] = 0.0
        return part

    def watch(self, rows: Indices, part: Units | None = None) -> None:
        """Choose whom to watch in some rows, all neurons of which (the part) are up to date."""
        self.sliding = None
        if self.everyone:
            return
        part, kept = part or self.units.at(rows), self.place.shape[1]
        distance = self._distances(part, rows)
        order = np.argpartition(distance, kept, axis=1)
        budget = np.take_along_axis(distance, order[:, kept : kept + 1], 1)[:, 0]
        if 2 * int((distance <= 0).sum(axis=1).max()) > kept:
            self._widen()
            return
        self.place[rows], self.budget[rows] = order[:, :kept], budget * (1 - 1e-6)
        self.watched.put(rows, None, part.at(np.arange(len(rows)), order[:, :kept]))

    def _distances(self, part: Units, rows: Indices) -> Array:
        """The least integral of |e| that brings each neuron to a kink; -1 if it slides."""
        with np.errstate(divide="ignore", invalid="ignore"):
            far = np.where(part.held, np.inf, np.abs(part.z) / self.speed[rows][:, None, :])
            distance = far.min(axis=2) / np.abs(part.a)
        distance[(part.held & ~part.rest).any(axis=2)] = -1.0
        return np.asarray(np.nan_to_num(distance, nan=np.inf, posinf=np.inf))

    def _widen(self) -> None:
        """Twice as many watched neurons in every row."""
        everyone = np.arange(len(self.G))
        self.update(everyone)
        kept = 2 * self.place.shape[1]
        self.watched = self.units
        if kept < self.followed:
            self.place = np.tile(np.arange(kept), (len(everyone), 1))
            self.watched = self.units.at(everyone, self.place)
            self.watch(everyone)
        else:
            self.budget[:] = np.inf

    def standing(self, rows: Indices, place: Indices, e: Array) -> Standing:
        """One watched neuron in each given row."""
        u, at = self.watched, (rows, place)
        return Standing(u.on[at], u.held[at], u.rest[at], u.a[at], e[rows], self.G[rows])

    def replace(self, rows: Indices, place: Indices, old: Standing, new: Standing) -> None:
        """Watched neurons that stand otherwise from now on, at most one in each row."""
        units, at, squared = self.watched, (rows, place), (old.gain**2)[:, None, None]
        units.on[at] = new.on
        change = squared * (_outer(new.seen) - _outer(old.seen))
        self.counts[rows] += change
        if not (old.held.any() or new.held.any()):
            self.paper[rows] += change
            return
        self.sliding = None
        units.held[at], units.rest[at] = new.held, new.rest
        self.paper[rows] += squared * (_outer(new.on | new.held) - _outer(old.on | old.held))
        sign, rest = (old.gain < 0).astype(np.intp), (new.rest & self.first).astype(np.int64)
        self.resting[rows, sign] += rest - (old.rest & self.first)

    def wake(self, row: int, group: Mask, sign: int) -> None:
        """Let all neurons that rest on a kink, with this sign of a, go to its on side."""
        part = self.update(only := np.array([row]))
        woken = part.rest & group & (np.sign(part.a) == sign)[:, :, None]
        part.on |= woken
        part.held &= ~woken
        part.rest &= ~woken
        self.units.put(only, None, part)
        sliding = (part.held & ~part.rest).any(axis=2, keepdims=True)
        self.counts[only] = pattern_counts(part.on & ~sliding, part.a)
        self.paper[only] = pattern_counts(part.on | part.held, part.a)
        if self.background is not None:
            self.counts[only] += self.background.counts[only]
            self.paper[only] += self.background.counts[only]
        self.resting[row, int(sign < 0), group] = 0
        self.watch(only, part)

    def movement(self, rows: Indices) -> Array:
        """max_r |w_r - w_r(0)| in some rows, all neurons of which are up to date."""
        c = self.units.c[rows]
        squared = ((c @ self.G[rows]) * c).sum(axis=2)
        lengths = np.sqrt(np.maximum(squared, 0.0) / self.m) * np.abs(self.units.a[rows])
        largest = np.asarray(lengths.max(axis=1))
        if self.background is None:
            return largest
        return np.asarray(np.maximum(largest, self.background.movement(rows)))


def pattern_counts(on: Mask, a: Array) -> Array:
    """sum_r a_r^2 1{r on i} 1{r on j}, (b, n, n); exact for a_r = +-1."""
    seen = on.astype(np.float64)
    counts: Array = (seen * (a**2)[:, :, None]).transpose(0, 2, 1) @ seen
    return counts


def _outer(on: Mask) -> Array:
    return (on[:, :, None] & on[:, None, :]).astype(np.float64)
