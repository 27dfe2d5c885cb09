"""Neurons of a wide network that rest and may leave: what they can do at most.

What rests on a hyperplane w.x_j = 0 may leave it once e_j has changed its sign, or stay: every
neuron at a time of its own, so that there are many solutions. Here such neurons are free: none of
their events is looked at any more, and what they may do is an error. For another solution let e
differ by delta from the e of this run. Both obey de/dt = -K e, where K is a sum over neurons of
positive semidefinite matrices of norm (a_r^2 |X|^2 + |z_r|^2)/m at most, whatever the pattern; so
with F the sum of these norms over the free ones, and mu the least eigenvalue of this run's K since
then,

    d|delta|/dt <= -mu |delta| + (F + C |X| int |delta|/sqrt(m)) (|e| + |delta|).

The second term is that of all others: delta moves each by a share eps = |X| int |delta|/sqrt(m) of
|v|, which changes their matrices by 2 eps of themselves, and the patterns of those as near to a
hyperplane, about 2 eps |v|/sqrt(2 pi) of them for each: C = |X|^2 (n + 1) (2 + n sqrt(n + 1)) is
more than both, for Gaussian neurons. Let theta = |X| int |e|/sqrt(m) since then, and lambda = mu -
2 F. As long as C theta <= lambda/2 the bracket stays below 2 F, since int |delta| <= (2/lambda) F
int |e|; so |delta| is at most the integral of 2 F |e|, which decays at the rate mu - 2 F: that is
the error. Beyond, nothing is known but that the loss does not grow. Others at rest leave in some
solution as soon as what keeps them is no larger than the error, and are free from then on.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from dynamics.enclosures import Array, Mask

_SLIGHT = 0.5  # C theta/lambda up to which free neurons are an error and no more,
_LITTLE = 0.05  # and theta
_LARGEST_POWER = 700.0  # of e
_NO_BOUND = 1e300


@dataclass(slots=True, eq=False)
class Free:
    """The free neurons of b rows.

    Attributes:
        m: neurons of the whole network.
        C: as above, (b,).
        strength: |X|, (b,).
        burden: F, (b,).
        since: how far the weights had turned when the first was freed, (b,).
        least: lambda, (b,).
        given_up: rows where they may do too much, of which nothing is said any more, (b,).
    """

    m: int
    C: Array
    strength: Array
    burden: Array
    since: Array
    least: Array
    given_up: Mask

    @classmethod
    def of(cls, b: int, n: int, m: int, strength: Array) -> Free:
        """None yet."""
        C = strength**2 * (n + 1) * (2 + n * math.sqrt(n + 1))
        burden, since, given_up = np.zeros(b), np.zeros(b), np.zeros(b, dtype=np.bool_)
        return cls(m, C, strength, burden, since, np.full(b, _NO_BOUND), given_up)

    @property
    def some(self) -> Mask:
        """Rows with free neurons that are an error and no more, (b,)."""
        return np.asarray((self.burden > 0) & ~self.given_up)

    def take(self, row: int, z: Array, a: Array, length: Array, turned: float) -> None:
        """Some more of a row, with their z (k, n), a and |w|; and how far the row has turned."""
        # No larger than this once they have turned by as much as is allowed.
        weight = np.abs(a) * math.cosh(_LITTLE) + length * math.sinh(_LITTLE)
        moved = length * (math.cosh(_LITTLE) - 1) + np.abs(a) * math.sinh(_LITTLE)
        strength = self.strength[row]
        seen = np.sqrt((z**2).sum(axis=1)) + strength * moved
        self.since[row] = self.since[row] if self.burden[row] else turned
        self.burden[row] += float(((strength * weight) ** 2 + seen**2).sum()) / self.m

    def turn(self, turned: Array) -> Array:
        """How far the weights have turned since, (b,)."""
        return np.where(self.some, turned - self.since, 0.0)

    def slower(self, h: Array) -> Array:
        """By how much less an error has decayed after the time h, (b,)."""
        return np.asarray(np.exp(np.minimum(2 * self.burden * self.some * h, _LARGEST_POWER)))

    def error(self, spent: Array) -> Array:
        """Of |e|, from the integral of |e|/sqrt(m), (b,)."""
        return 2 * self.burden * self.some * spent * math.sqrt(self.m)

    def apart(self, left: Array, spent: Array) -> Array:
        """How far the residual of another solution may be from the run's, 0 if there is none."""
        return np.where(self.some, left + self.error(spent), 0.0)

    def blurred(self, slowest: Array, turned: Array) -> Mask:
        """Rows that are given up now, from the least eigenvalue of K, (b,)."""
        least = np.minimum(self.least, slowest - 2 * self.burden)
        self.least = np.where(self.some, least, _NO_BOUND)
        turn = self.turn(turned)
        found = self.some & ((self.C * turn > _SLIGHT * self.least) | (turn > _LITTLE))
        self.given_up |= found
        return found
