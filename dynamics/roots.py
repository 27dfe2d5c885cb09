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
        start, drift: (N,).
        weights, rates: (N, n).
        sizes: weights/rates, 0 where the rate is 0, (N, n).
    """

    rows: Indices
    begin: Array
    start: Array
    drift: Array
    weights: Array
    rates: Array
    sizes: Array

    @classmethod
    def of(
        cls, rows: Indices, start: Array, weights: Array, rates: Array, small: Array
    ) -> Exponentials:
        """The functions of some rows; the rates are those of all rows, (b, n).

        Values up to `small`, (N,), are not told from 0 by rounding.
        """
        mine = rates[rows]
        fastest = np.maximum(mine[:, -1], np.finfo(np.float64).tiny)
        # What just left 0 has a slope of 0, up to rounding.
        leaves = weights.sum(axis=1) >= -FLAT * np.abs(weights).sum(axis=1)
        begin = np.where((np.abs(start) <= small) & leaves, _JUST_AFTER / fastest, 0.0)
        sizes = np.divide(weights, mine, out=np.zeros_like(weights), where=mine > 0)
        drift = np.where(mine > 0, 0.0, weights).sum(axis=1)
        return cls(rows, begin, start, drift, weights, mine, sizes)

    def at(self, which: Indices, s: Array) -> Reading:
        """Some of the functions, each at its own time."""
        rates, drift, start = self.rates[which], self.drift[which] * s, self.start[which]
        lost = -np.expm1(-rates * s[:, None])
        falling, terms = self.weights[which] * (1 - lost), self.sizes[which] * lost
        bends = falling * rates
        bend, bow = np.maximum(bends, 0.0).sum(axis=1), np.maximum(-bends.sum(axis=1), 0.0)
        # The third derivative is never below -twist, and bow t^2/2 >= twist t^3/6 up to this time.
        twist = -(np.minimum(bends, 0.0) * rates).sum(axis=1)
        above = np.where(bow > 0, _ratio(3 * bow, twist), 0.0)
        noise = 4 * EPS * (np.abs(start) + np.abs(drift) + np.abs(terms).sum(axis=1))
        value = start + drift + terms.sum(axis=1)
        return Reading(value, falling.sum(axis=1), bend, above, noise)


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
    search = _Search(functions, limit)
    everyone = np.arange(len(functions.rows))
    search.step(everyone)
    # Once the most likely root of a row is found, few other functions have to be followed so far.
    order = np.lexsort((search.s, functions.rows))
    ahead = functions.rows[order]
    search.go(order[np.append(True, ahead[1:] != ahead[:-1])[: len(order)]])
    found = np.ones(len(limit), dtype=np.bool_)
    found[functions.rows[search.go(everyone)]] = False
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
        read = self.functions.at(alive, self.s[alive])
        landed = alive[(read.value <= read.noise) & (read.slope < 0)]
        if len(landed):
            # A function that starts at 0 and falls has its root there, not where it is read.
            self.s[landed] *= self.s[landed] > self.functions.begin[landed]
            self._land(landed)
        self.s[alive] += _safe_step(read)

    def _land(self, landed: Indices) -> None:
        """Note the earliest of the roots found in every row."""
        rows = self.functions.rows
        for place in landed[np.argsort(-self.s[landed], kind="stable")].tolist():
            if self.s[place] < self.h[rows[place]]:
                self.h[rows[place]], self.which[rows[place]] = self.s[place], place
        # The search for theirs is over.
        self.s[landed] = np.inf


def _safe_step(read: Reading) -> Array:
    """To the root of the parabola below, or of the tangent as long as that is below."""
    value, slope, bend = np.maximum(read.value, 0.0), read.slope, read.bend
    with np.errstate(invalid="ignore"):
        root = np.sqrt(slope**2 + 2 * bend * value)
    falls = slope < 0
    steps = _ratio(np.where(falls, 2 * value, slope + root), np.where(falls, root - slope, bend))
    # No root at all, or a function that is flat and stays so.
    steps = np.where(np.isfinite(root) & (steps >= 0), steps, np.inf)
    tangent = np.where(falls, _ratio(value, -slope), np.inf)
    return np.maximum(steps, np.minimum(tangent, read.above))


def _ratio(numerator: Array, denominator: Array) -> Array:
    """With x/0 = inf."""
    infinite = np.full_like(numerator, np.inf)
    return np.divide(numerator, denominator, out=infinite, where=denominator != 0)
