"""Neurons that keep their patterns along a flow on the first layer: one matrix, whoever they are.

A neuron with pattern P that has kept it has moved by m^{-1/2} a_r sum_{i in P} c_i x_i, with c the
integral of e and |a_r| = 1. So all of them together are a matrix of counts, and c alone says how
far any of them can have come.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from dynamics.enclosures import Array
from dynamics.flow.decay import Decay
from dynamics.flow.roots import Indices


@dataclass(slots=True, eq=False)
class Background:
    """b rows of such neurons.

    Attributes:
        G: inner products of the inputs, (b, n, n).
        m: neurons of the whole network.
        counts: sum_r 1{r on i} 1{r on j} over them, (b, n, n).
        masks: the patterns that occur, as zeros and ones, (b, p, n).
        c: the integral of e so far, (b, n).
        rows: the numbers of the rows, (b,).
        reach: of every row that ever was, the farthest that any w_r.x_j can have come, (B, n).
    """

    G: Array
    m: int
    counts: Array
    masks: Array
    c: Array
    rows: Indices
    reach: Array

    @classmethod
    def of(cls, G: Array, m: int, counts: Array, masks: Array) -> Background:
        """At time 0."""
        b, n = G.shape[:2]
        zero, rows = np.zeros((b, n)), np.arange(b)
        return cls(G, m, counts, masks, zero, rows, zero.copy())

    def at(self, rows: Indices) -> Background:
        """Some of the rows; what they reach is still noted for all."""
        G, counts, masks, c = (v[rows] for v in (self.G, self.counts, self.masks, self.c))
        return replace(self, G=G, counts=counts, masks=masks, c=c, rows=self.rows[rows])

    def advance(self, decay: Decay, h: Array) -> None:
        """Move on as e decays for the time h of each row."""
        low, high = (self.c + bound for bound in decay.between(h))
        # Whatever the pattern, w_r.x_j comes no farther than its terms of one sign.
        below, above = (self.G * c[:, None, :] for c in (low, high))
        up = np.maximum(np.maximum(below, above), 0.0).sum(axis=2)
        down = np.minimum(np.minimum(below, above), 0.0).sum(axis=2)
        came = np.maximum(up, -down) / math.sqrt(self.m)
        self.reach[self.rows] = np.maximum(self.reach[self.rows], came)
        self.c = self.c + decay.integral(h)

    def movement(self, rows: Indices) -> Array:
        """The largest |w_r - w_r(0)| among them, in some rows."""
        c = self.masks[rows] * self.c[rows][:, None, :]
        squared = ((c @ self.G[rows]) * c).sum(axis=2).max(axis=1, initial=0.0)
        return np.asarray(np.sqrt(squared / self.m))
