"""A network of one input, both layers trained: its flow in closed form, kinks included.

With g = (|x|/4 sqrt(m)) sum (zeta + a)^2 and f the same of zeta - a, over the neurons that are on,
u = g - f. As theta turns, g grows as exp(2 theta) and f fades, and de/dt = -2 p (g + f) e with
p = |x|/sqrt(m). Between kinks 1/e is a combination of 1, exp(omega t) and exp(-omega t), where
omega = 2 p D and D^2 = y^2 + 4 g f: times, too, have a closed form.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from dynamics.enclosures import Array
from dynamics.flow.roots import Indices

_SMALL = 1e-150  # its square is still a number


@dataclass(frozen=True, slots=True, eq=False)
class Turning:
    """The neurons that are on at the start, some of them one by one.

    Attributes:
        zeta, a: of those: w.x/|x| and the output weight +-1, (c,).
        rest: sums of zeta^2, zeta a and a^2 over the others, which stay on.
        y, e: the label, and the residual at the start.
        length: |x|.
        m: width of the network.
    """

    zeta: Array
    a: Array
    rest: tuple[float, float, float]
    y: float
    e: float
    length: float
    m: int

    @property
    def pull(self) -> float:
        """p, where d theta/dt = p e."""
        return self.length / math.sqrt(self.m)

    @property
    def sign(self) -> float:
        """Of e, for ever."""
        return float(np.sign(self.e))

    def stops(self) -> Array:
        """The |theta| at which each one comes to rest; inf if it does not, (c,)."""
        falls = (self.a * self.sign < 0) & (self.zeta < 1)
        return np.where(falls, np.arctanh(np.where(falls, self.zeta, 0.0)), np.inf)

    def moved(self, theta: Array, radius: float) -> tuple[Array, Array]:
        """Bounds of the largest |w_r - w_r(0)| at some angles; zeta <= radius for the rest."""
        own = np.minimum(np.abs(theta)[:, None], self.stops())
        ways = self.zeta * _cosh_less_one(own) + self.a * self.sign * np.sinh(own)
        known = np.abs(ways).max(axis=1, initial=0.0)
        if self.rest[2] == 0:
            return known, known
        straight, bow = np.sinh(np.abs(theta)), radius * _cosh_less_one(theta)
        return np.maximum(known, straight - bow), np.maximum(known, straight + bow)

    def turned(self, theta: Array, radius: float) -> tuple[Array, Array]:
        """The same for the largest |a_r - a_r(0)|."""
        own = np.minimum(np.abs(theta)[:, None], self.stops())
        ways = self.a * self.sign * _cosh_less_one(own) + self.zeta * np.sinh(own)
        known = np.abs(ways).max(axis=1, initial=0.0)
        if self.rest[2] == 0:
            return known, known
        far = radius * np.sinh(np.abs(theta)) + _cosh_less_one(theta)
        return known, np.maximum(known, far)


class Seen(NamedTuple):
    """What a run shows at some times: the residual, the angle and the paper's H, (T,) each."""

    e: Array
    theta: Array
    H: Array


@dataclass(frozen=True, slots=True, eq=False)
class Pieces:
    """A run between kinks; the last piece goes on for ever.

    Attributes:
        t, theta, e: time, angle and residual at the start of each piece, (k,).
        grow, fade, total: g, f and g + f there, (k,).
        D: constant throughout the piece, (k,).
        conserved: sum of zeta^2 - a^2 over the neurons that are on, (k,).
        resting: sum of a^2 over those at rest, (k,).
    """

    t: Array
    theta: Array
    e: Array
    grow: Array
    fade: Array
    total: Array
    D: Array
    conserved: Array
    resting: Array

    @classmethod
    def of(cls, run: Turning) -> Pieces:
        """All of them."""
        stops = run.stops()
        falling = np.flatnonzero(np.isfinite(stops))
        order = falling[np.argsort(stops[falling], kind="stable")]
        theta = run.sign * np.append(0.0, stops[order])
        zz, za, aa = run.rest
        scale = run.pull / 4
        grow = scale * _remaining((run.zeta + run.a) ** 2, order, zz + 2 * za + aa)
        fade = scale * _remaining((run.zeta - run.a) ** 2, order, zz - 2 * za + aa)
        grow, fade = grow * np.exp(2 * theta), fade * np.exp(-2 * theta)
        turns = 2 * np.diff(theta)
        lost = np.abs(grow[:-1] * np.expm1(turns) - fade[:-1] * np.expm1(-turns))
        sums = np.cumsum(lost)
        last = int((sums < abs(run.e)).sum())  # kinks that are reached
        end = abs(run.e) - (sums[last - 1] if last else 0.0)
        # Summed from the end, small residuals keep their digits.
        e = run.sign * np.cumsum(np.append(end, lost[:last][::-1]))[::-1]
        kept = slice(last + 1)
        grow, fade = grow[kept], fade[kept]
        t = np.append(0.0, np.cumsum(_durations(run, e, grow, fade)))
        conserved = _remaining(run.zeta**2 - run.a**2, order, zz - aa)[kept]
        resting = np.append(0.0, np.cumsum(1 - run.zeta[order] ** 2))[kept]
        D = _root(run.y, grow, fade)
        return cls(t, theta[kept], e, grow, fade, grow + fade, D, conserved, resting)

    def at(self, run: Turning, times: Array) -> Seen:
        """What is shown at some times."""
        k = np.searchsorted(self.t, times, side="right") - 1
        e, total, D = self.e[k], self.total[k], self.D[k]
        ahead = 2 * run.pull * D * (times - self.t[k])
        ahead *= total > 0  # nobody is on, and nothing decays
        q, past = np.exp(-ahead), -np.expm1(-ahead)
        # e(0)/e - 1 = (1 - y e(0)/D^2) (cosh - 1) + ((g + f)/D) sinh of the angle `ahead`.
        more = ((1 - run.y * e / D**2) * past**2 + total / D * past * (1 + q)) / 2
        now, lost = e * q / (q + more), e * more / (q + more)
        later = np.sqrt(4 * self.grow[k] * self.fade[k] + (run.y - now) ** 2)
        slope = (2 * run.y - now - e) / np.maximum(total + later, _SMALL)
        # From g or f, whichever is larger.
        up = self.grow[k] >= self.fade[k]
        change = np.where(up, lost * (1 + slope), -lost * (1 - slope))
        base = 2 * np.where(up, self.grow[k], self.fade[k])
        turn = np.where(up, 0.5, -0.5) * np.log1p(change / np.maximum(base, _SMALL))
        squares = later / run.pull - self.conserved[k] / 2 + self.resting[k]
        return Seen(now, self.theta[k] + turn, squares * (run.length**2 / run.m))


def _remaining(values: Array, order: Indices, rest: float) -> Array:
    """The sum of all, then without the first of the order, then without two, ..."""
    kept = np.ones(len(values), dtype=np.bool_)
    kept[order] = False
    there = rest + float(values[kept].sum())
    return np.asarray(there + np.append(0.0, np.cumsum(values[order][::-1]))[::-1])


def _root(y: float, grow: Array, fade: Array) -> Array:
    return np.asarray(np.maximum(np.sqrt(y**2 + 4 * grow * fade), _SMALL))


def _durations(run: Turning, e: Array, grow: Array, fade: Array) -> Array:
    """Of all pieces but the last, whose kinks are at the ends."""
    before, after, grow, fade = e[:-1], e[1:], grow[:-1], fade[:-1]
    D, begin = _root(run.y, grow, fade), grow + fade
    end = np.sqrt(4 * grow * fade + (run.y - after) ** 2)
    lost = before - after
    bent = run.y - D * (before + after - 2 * run.y) / (begin + end)
    steep = D * (D + begin) - run.y * before
    decays = -np.log1p(-lost / before) + np.log1p(lost * bent / steep)
    return np.asarray(decays / (2 * run.pull * D))


def _cosh_less_one(angle: Array) -> Array:
    return np.asarray(2 * np.sinh(angle / 2) ** 2)
