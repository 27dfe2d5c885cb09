"""The two runs of a flow: what they start from, and what they show on their way.

2 s rows: the given ones, and behind them those of the parameters moved by an ulp.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from dynamics.enclosures import EPS, Array, Mask, array
from dynamics.flow.kinks import grams
from dynamics.flow.roots import Indices
from dynamics.problem import Problem

Piece: TypeAlias = tuple[Indices, Indices, Array, Array, Array, Array]


@dataclass(frozen=True, slots=True, eq=False)
class Opening:
    """b = 2 s rows at time 0.

    Attributes:
        x: inputs, (b, n, d).
        G: their inner products, (b, n, n).
        mates: +-1 for parallel and opposite inputs, (n, n).
        z: pre-activations; ties are exactly 0, (b, m, n).
        a: output weights, (b, m).
        e: residual, (b, n).
        left: rounding of |e|, (b,).
        size: the largest |w_r||x_i|, (b,).
        strength: |X|, the spectral norm, (b,).
        hidden: inputs whose kinks are not told from others, (n,).
        tied: rows with a pre-activation that rounding does not tell from 0, (b,).
    """

    x: Array
    G: Array
    mates: Indices
    z: Array
    a: Array
    e: Array
    left: Array
    size: Array
    strength: Array
    hidden: Mask
    tied: Mask

    @classmethod
    def of(cls, start: Problem) -> Opening:
        """The two runs of a problem."""
        s, b, root = start.y.shape[1], 2 * start.y.shape[1], math.sqrt(start.m)
        x = np.repeat(array(start.x[:, 0]), s, axis=0)
        w, a = array(start.w).reshape(b, start.m, -1), array(start.a).reshape(b, -1)
        z, y = w @ x.transpose(0, 2, 1), array(start.y).reshape(b, -1)
        size = np.linalg.norm(w, axis=2)[:, :, None] * np.linalg.norm(x, axis=2)[:, None, :]
        # Where x_i = 0 there is no hyperplane, and nothing depends on the side.
        tied = (np.abs(z) <= (start.d + 2) * EPS * size) & np.asarray(x.any(axis=2))[:, None]
        z[tied] = 0.0
        e = y - (a[:, None, :] @ np.maximum(z, 0.0))[:, 0] / root
        terms = (np.abs(a)[:, None, :] @ (size * (z >= 0)))[:, 0] / root + np.abs(y)
        rounding = EPS * (start.d + 8 + math.log2(start.m)) * terms
        left, largest = np.linalg.norm(rounding, axis=1), size.max(axis=(1, 2))
        G, mates, hidden = grams(x)
        strength = np.sqrt(np.linalg.eigvalsh(G)[:, -1])
        tied_rows = tied.any(axis=(1, 2))
        return cls(x, G, mates, z, a, e, left, largest, strength, hidden, tied_rows)


@dataclass(slots=True, eq=False)
class Trace:
    """2 s rows: the given runs, and behind them the moved ones.

    Attributes:
        e: residual, (2 s, T, n).
        left: what |e| may be off by besides ten times the difference of the two, (2 s, T).
        movement: of the first layer, (2 s, T).
        output: movement of the output weights, (2 s, T).
        stray: what the movements may be off by besides the difference, (2 s, T).
        H: the paper's matrices, (2 s, T, n, n).
        H_flow: those of the flow.
        since: when a row stopped to be the one solution that is followed, (2 s,).
        slid, several, lost: whether it slid, branched, or met what is not decided, (2 s,).
        relative: whether small residuals keep their digits, as they do in closed form.
        w, a: both layers of the given runs at the end; None where they were folded.
        path: pieces of the given runs: rows, their numbers within the row, durations, matrices,
            and the share of them that is kept within the piece.
    """

    e: Array
    left: Array
    movement: Array
    output: Array
    stray: Array
    H: Array
    H_flow: Array
    since: Array
    slid: Mask
    several: Mask
    lost: Mask
    relative: bool
    w: Array | None = None
    a: Array | None = None
    path: list[Piece] = field(default_factory=list)

    @classmethod
    def blank(cls, start: Problem, count: int, *, relative: bool) -> Trace:
        """To be filled in at `count` times."""
        return cls.of(2 * start.y.shape[1], start.n, count, relative=relative)

    @classmethod
    def of(cls, b: int, n: int, count: int, *, relative: bool) -> Trace:
        """The same for b rows of n samples."""
        row, false = np.zeros((b, count)), np.zeros(b, dtype=np.bool_)
        return cls(
            e=np.zeros((b, count, n)),
            left=row.copy(),
            movement=row.copy(),
            output=row.copy(),
            stray=row.copy(),
            H=np.zeros((b, count, n, n)),
            H_flow=np.zeros((b, count, n, n)),
            since=np.full(b, np.inf),
            slid=false.copy(),
            several=false.copy(),
            lost=false.copy(),
            relative=relative,
        )

    def stop(self, rows: Indices, t: Array, kind: Mask) -> None:
        """From now on these rows are not the one solution; kind is `several` or `lost`."""
        kind[rows] = True
        self.since[rows] = np.minimum(self.since[rows], t)

    def piece(
        self,
        rows: Indices,
        number: Indices,
        h: Array,
        H: Array,
        H_flow: Array,
        kept: Array | None = None,
    ) -> None:
        """The matrices with which some rows go on for a time h, of which a share is kept."""
        given = np.flatnonzero(rows < len(self.e) // 2)
        share = np.ones(len(rows)) if kept is None else kept
        columns = (rows, number, h, H, H_flow, share)
        self.path.append(tuple(values.take(given, axis=0) for values in columns))  # type: ignore[arg-type]

    def paths(self) -> tuple[Array, Array, Array, Array]:
        """Of all pieces: both matrices (s, P, n, n), durations and shares kept (s, P).

        A row with fewer pieces than others ends with copies of its last one, of duration 0.
        """
        s, n = len(self.e) // 2, self.e.shape[2]
        columns = [np.concatenate(column) for column in zip(*self.path, strict=True)]
        rows, number, h, H, H_flow, share = columns
        most = int(number.max()) + 1
        lengths = np.zeros((s, most))
        np.add.at(lengths, (rows, number), h)
        kept = np.ones((s, most))
        np.minimum.at(kept, (rows, number), share)
        # A number that no piece has would read as a matrix of zeros: it repeats the one before.
        there = np.zeros((s, most), dtype=np.intp)
        there[rows, number] = number
        clipped = np.maximum.accumulate(there, axis=1)[:, :, None, None]
        matrices = np.zeros((2, s, most, n, n))
        matrices[0, rows, number], matrices[1, rows, number] = H, H_flow
        paper, flow = (np.take_along_axis(values, clipped, axis=1) for values in matrices)
        return paper, flow, lengths, kept


def joined(parts: list[Trace]) -> Trace:
    """Chunks of seeds put together."""
    if len(parts) == 1:
        return parts[0]
    whole, start = {}, 0
    for name in ("e", "left", "movement", "output", "stray", "H", "H_flow", "since"):
        whole[name] = _stacked([getattr(part, name) for part in parts])
    flags = {k: _stacked([getattr(p, k) for p in parts]) for k in ("slid", "several", "lost")}
    w, a = (_all_of([getattr(part, name) for part in parts]) for name in ("w", "a"))
    path: list[Piece] = []
    for part in parts:
        path += [(rows + start, *rest) for rows, *rest in part.path]  # type: ignore[misc]
        start += len(part.e) // 2
    return Trace(**whole, **flags, relative=parts[0].relative, w=w, a=a, path=path)


def _stacked(parts: list[NDArray[Any]]) -> NDArray[Any]:
    """The given runs of all chunks, and behind them the moved ones."""
    halves = [part.reshape(2, len(part) // 2, *part.shape[1:]) for part in parts]
    whole = np.concatenate(halves, axis=1)
    return whole.reshape(-1, *whole.shape[2:])


def _all_of(parts: list[Array | None]) -> Array | None:
    known = [part for part in parts if part is not None]
    return np.concatenate(known) if len(known) == len(parts) else None
