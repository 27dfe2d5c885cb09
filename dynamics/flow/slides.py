"""The neurons that are held on kinks, and what keeps them there."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dynamics.enclosures import Array, Mask
from dynamics.flow.kinks import projections
from dynamics.flow.roots import Indices
from dynamics.flow.units import Units

KINK, UNDER, OVER, WAKING = 0, 1, 2, 3  # what happens: a kink is reached, a hold or a rest ends


class Holds(NamedTuple):
    """Linear functions of e that must stay >= 0, and whose they are.

    Attributes:
        kind, rows, place, sample: of each function, (N,); for those that wake from a rest the place
            is the sign of a.
        lines: the functions, (N, n).
    """

    kind: Indices
    rows: Indices
    place: Indices
    sample: Indices
    lines: Array


class Slides(NamedTuple):
    """The sliding neurons of a batch, until one of them changes.

    Attributes:
        rows, place: which ones, (N,).
        maps: from a residual to their coefficients, (N, n, n).
        felt: from a residual to their speeds, without the gain, G maps; (N, n, n).
        flow: what they add to the matrix of the flow, (b, n, n).
        held: the kinks of all neurons that slide or rest; None if there are none.
        holds: what keeps them there; None likewise.
    """

    rows: Indices
    place: Indices
    maps: Array
    felt: Array
    flow: Array
    held: Mask | None
    holds: Holds | None

    @classmethod
    def of(
        cls,
        units: Units,
        m: int,
        G: Array,
        jumps: tuple[Array, Array],
        first: Mask,
        resting: NDArray[np.int64],
    ) -> Slides:
        """Those among some units.

        Args:
            units: all that may slide.
            m: neurons of the whole network.
            G: inner products of the inputs, (b, n, n).
            jumps: `pushes` of a map that is 0.
            first: the samples that stand for their hyperplane, (n,).
            resting: how many rest on each kink, by the sign of a, (b, 2, n).
        """
        active, none = units.held & ~units.rest, np.zeros((0, *G.shape[1:]))
        flow, nobody = np.zeros_like(G), np.zeros(0, dtype=np.intp)
        if not (active.any() or resting.any()):
            return cls(nobody, nobody, none, none, flow, None, None)
        rows, place = np.nonzero(active.any(axis=2))
        mine, on = active[rows, place] & first, units.on[rows, place]
        maps = projections(on, mine, G[rows])
        felt = G[rows] @ maps
        # What is orthogonal to them does not matter to projections: maps^T G maps is on G maps.
        squares = (units.a[rows, place] ** 2 / m)[:, None, None] * (on[:, :, None] * felt)
        np.add.at(flow, rows, (squares + squares.transpose(0, 2, 1)) / 2)
        holds = _holds(units, (rows, place), mine, maps, jumps, resting)
        return cls(rows, place, maps, felt, flow, units.held.copy(), holds)


def _holds(
    units: Units,
    at: tuple[Indices, Indices],
    mine: Mask,
    maps: Array,
    jumps: tuple[Array, Array],
    resting: NDArray[np.int64],
) -> Holds:
    """What keeps the neurons at the given places, and those that rest, on their kinks."""
    number, j = np.nonzero(mine)
    r, p = at[0][number], at[1][number]
    a = units.a[r, p][:, None]
    below = maps[number, j] + jumps[0][r, j]
    under, over = -a * below, a * (below - jumps[1][r, j])
    rests, sign, i = np.nonzero(resting)
    waking = (2.0 * sign - 1)[:, None] * jumps[1][rests, i]
    return Holds(
        kind=np.repeat([UNDER, OVER, WAKING], [len(r), len(r), len(rests)]),
        rows=np.concatenate((r, r, rests)),
        place=np.concatenate((p, p, sign)),
        sample=np.concatenate((j, j, i)),
        lines=np.concatenate((under, over, waking)),
    )
