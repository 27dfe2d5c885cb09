"""Neurons of a batch of flows on the first layer, each with its own state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dynamics.enclosures import Array, Mask
from dynamics.flow.roots import Indices


@dataclass(slots=True, eq=False)
class Units:
    """Some neurons of every row, b rows of k neurons.

    Attributes:
        z: pre-activations, (b, k, n).
        c: coefficients of the movement, (b, k, n).
        a: output weights, (b, k).
        on: which samples each neuron passes on; off on a kink that holds it, (b, k, n).
        held: kinks that hold it, (b, k, n).
        rest: those of them where it rests, (b, k, n).
    """

    z: Array
    c: Array
    a: Array
    on: Mask
    held: Mask
    rest: Mask

    @classmethod
    def starting(cls, z: Array, a: Array) -> Units:
        """Neurons at time 0, held nowhere."""
        nowhere = np.zeros(z.shape, dtype=np.bool_)
        return cls(z.copy(), np.zeros_like(z), a.copy(), z >= 0, nowhere, nowhere.copy())

    def at(self, rows: Indices, place: Indices | None = None) -> Units:
        """Whole rows, or the neurons at the given places of them, as a copy."""
        key = rows if place is None else (rows[:, None], place)
        return Units(*(values[key] for values in self._all()))

    def put(self, rows: Indices, place: Indices | None, part: Units) -> None:
        """Write whole rows, or neurons at the given places of them."""
        key = rows if place is None else (rows[:, None], place)
        for mine, theirs in zip(self._all(), part._all(), strict=True):
            mine[key] = theirs

    def _all(self) -> tuple[NDArray[Any], ...]:
        return self.z, self.c, self.a, self.on, self.held, self.rest
