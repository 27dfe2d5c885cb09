"""The first sign change among many functions of time, none of them missed.

A function f is left of its first root as long as a parabola below it is positive: with M >= -f''
from now on, f(s + t) >= f(s) + f'(s) t - M t^2/2. Stepping to the root of the parabola never steps
over one of f, not even over two close together, and near a root it converges as Newton does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from dynamics.enclosures import EPS, Array, Mask

_ROUNDS = 200  # of steps to parabolas, before a touching that never ends is given up
_JUST_AFTER = 1e-8  # of the fastest time scale: where a function that starts at 0 is first read

FLAT = 1e-9  # a speed this small, relative to its terms, has no certain sign

Indices = NDArray[np.intp]


class Reading(NamedTuple):
    """Some functions at some times.

    Attributes:
        value, slope: there, (N,).
        bend: a bound of -f'' from there on.
        above: how long the function is certainly above its tangent.
        noise: rounding of the value.
    """

    value: Array
    slope: Array
    bend: Array
    above: Array
    noise: Array


class Functions(Protocol):
    """Functions of time that must stay >= 0, each in one row of a batch."""

    @property
    def rows(self) -> Indices:
        """The row of each function."""

    @property
    def begin(self) -> Array:
        """Where to start: after 0 for functions that start at 0 and go up."""

    def at(self, which: Indices, s: Array) -> Reading:
        """Some of the functions, each at its own time."""


@dataclass(frozen=True, slots=True, eq=False)
class Exponentials:
    """start + drift s + sum_k weights_k (1 - exp(-rates_k s))/rates_k, over the rates > 0.

    Attributes:
        rows, begin: as in `Functions`.
        lines: start and drift, (2, N).
        terms: -rates, weights and -weights/rates, 0 where the rate is 0, (3, n, N).
    """

    rows: Indices
    begin: Array
    lines: Array
    terms: Array

    @classmethod
    def of(
        cls, rows: Indices, start: Array, weights: Array, rates: Array, small: Array
    ) -> Exponentials:
        """The functions of some rows; the rates are those of all rows, (b, n).

        Values up to `small`, (N,), are not told from 0 by rounding.
        """
        still = rates == 0
        table = np.stack((-rates, -1 / (rates + still) * ~still), axis=1)[rows]
        terms = np.empty((3, weights.shape[1], len(rows)))
        terms[0], terms[1] = table[:, 0].T, weights.T
        np.multiply(terms[1], table[:, 1].T, out=terms[2])
        lines, begin = np.zeros((2, len(rows))), np.zeros(len(rows))
        lines[0] = start
        if still.any():
            np.add.reduce(weights * still[rows], axis=1, out=lines[1])
        near = np.flatnonzero(np.abs(start) <= small)
        if len(near):
            fastest = np.maximum(rates[rows[near], -1], np.finfo(np.float64).tiny)
            # What just left 0 has a slope of 0, up to rounding.
            slope, size = weights[near].sum(axis=1), np.abs(weights[near]).sum(axis=1)
            begin[near] = np.where(slope >= -FLAT * size, _JUST_AFTER / fastest, 0.0)
        return cls(rows, begin, lines, terms)

    def at(self, which: Indices, s: Array) -> Reading:
        """Some of the functions, each at its own time."""
        start, drift = self.lines.take(which, axis=1)
        slow, weights, sizes = self.terms.take(which, axis=2)
        drift *= s
        lost = np.expm1(slow * s)  # less than nothing, as the sizes are
        parts = np.empty((6, *lost.shape))
        value, size, falling, bends, concave, twists = parts
        np.multiply(sizes, lost, out=value)
        np.abs(value, out=size)
        np.multiply(weights, lost + 1, out=falling)
        np.multiply(falling, slow, out=bends)  # the second derivatives
        np.minimum(bends, 0.0, out=concave)
        np.subtract(bends, concave, out=twists)
        np.multiply(twists, slow, out=twists)
        value, size, slope, bow, down, twist = np.add.reduce(parts, axis=1)
        # The third derivative is never below twist: bow t^2/2 >= -twist t^3/6 up to this time.
        above = np.where(bow > 0, np.inf, 0.0)
        np.divide(-3 * np.maximum(bow, 0.0), twist, out=above, where=twist < 0)
        noise = 4 * EPS * (np.abs(start) + np.abs(drift) + size)
        return Reading(start + drift + value, slope, -down, above, noise)


@dataclass(frozen=True, slots=True, eq=False)
class Polynomials:
    """sum_k coefs_k s^k on [0, h].

    Attributes:
        rows, begin: as in `Functions`.
        coefs: (p + 1, N).
        bend: bounds of -f'' on [0, h], (N,).
    """

    rows: Indices
    begin: Array
    coefs: Array
    bend: Array

    @classmethod
    def of(cls, rows: Indices, coefs: Array, h: Array) -> Polynomials:
        """The functions of some rows, which are followed up to h, (b,)."""
        ahead, orders = h[rows], np.arange(2.0, len(coefs))[:, None]
        terms = np.maximum(-coefs[2:], 0.0) * (orders * (orders - 1) * ahead ** (orders - 2))
        terms[0] = -2 * coefs[2]  # the same everywhere
        begin = np.where(coefs[0] == 0, _JUST_AFTER * ahead, 0.0)
        return cls(rows, begin, coefs, terms.sum(axis=0))

    def at(self, which: Indices, s: Array) -> Reading:
        """Some of the functions, each at its own time."""
        coefs, orders = self.coefs[:, which], np.arange(1.0, len(self.coefs))[:, None]
        powers = s ** np.arange(len(coefs))[:, None]
        terms = coefs * powers
        slope, bend = (orders * coefs[1:] * powers[:-1]).sum(axis=0), self.bend[which]
        noise = 4 * EPS * np.abs(terms).sum(axis=0)
        return Reading(terms.sum(axis=0), slope, bend, np.zeros_like(s), noise)


@dataclass(frozen=True, slots=True, eq=False)
class Event:
    """The first sign change of each row.

    Attributes:
        h: when it is, or how far was looked, (b,).
        which: whose it is, -1 where there is none, (b,).
        found: False in rows where the search gave up, (b,).
    """

    h: Array
    which: Indices
    found: Mask


def first_event(functions: Functions, limit: Array) -> Event:
    """The first sign change in [0, limit) of every row.

    Functions below zero by no more than rounding, and falling, change their sign at once.
    """
    search, everyone = _Search(functions, limit), np.arange(len(functions.rows))
    with np.errstate(divide="ignore", invalid="ignore"):
        search.step(everyone)
        # Once the most likely root of a row is found, few others have to be followed so far.
        leader, order = np.full(len(limit), -1), np.argsort(-search.s)
        leader[functions.rows[order]] = order
        search.go(leader[leader >= 0])
        lost = search.go(everyone)
    found = np.ones(len(limit), dtype=np.bool_)
    found[functions.rows[lost]] = False
    return Event(search.h, search.which, found)


class _Search:
    def __init__(self, functions: Functions, limit: Array) -> None:
        self.functions, self.s = functions, functions.begin.copy()
        self.h, self.which = limit.copy(), np.full(len(limit), -1)

    def go(self, alive: Indices) -> Indices:
        """Follow some functions to their roots; those that were not decided."""
        rows = self.functions.rows
        for _ in range(_ROUNDS):
            alive = alive[self.s[alive] < self.h[rows[alive]]]
            if not len(alive):
                break
            self.step(alive)
        return alive

    def step(self, alive: Indices) -> None:
        """One step of some functions, to where they are certainly positive, or to their roots."""
        s = self.s[alive]
        read = self.functions.at(alive, s)
        self.s[alive] = s + _safe_step(read)
        found = ((read.value <= read.noise) & (read.slope < 0)).nonzero()[0]
        if len(found):
            landed, s = alive[found], s[found]
            # A function that starts at 0 and falls has its root there, not where it is read.
            self._land(landed, s * (s > self.functions.begin[landed]))

    def _land(self, landed: Indices, roots: Array) -> None:
        """Note the earliest of the roots found in every row."""
        rows = self.functions.rows[landed]
        for k in np.argsort(-roots, kind="stable").tolist():
            if roots[k] < self.h[rows[k]]:
                self.h[rows[k]], self.which[rows[k]] = roots[k], landed[k]
        # The search for theirs is over.
        self.s[landed] = np.inf


def _safe_step(read: Reading) -> Array:
    """To the root of the parabola below, or of the tangent as long as that is below.

    Divisions by 0 are expected.
    """
    value, slope, bend = np.maximum(read.value, 0.0), read.slope, read.bend
    falls, size = slope < 0, np.abs(slope)
    root = np.sqrt(slope * slope + 2 * bend * value)
    tops = size + root
    steps = np.where(falls, 2 * value, tops) / np.where(falls, tops, bend)
    tangent = np.where(falls, value / size, np.inf)
    # No root at all, or a function that is flat and stays so.
    steps[~(np.isfinite(root) & (steps >= 0))] = np.inf
    return np.maximum(steps, np.minimum(tangent, read.above))
