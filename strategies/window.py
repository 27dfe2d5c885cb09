"""Keeping lambda_0 = lambda_min(H_inf) in a window, by mending rows instead of rejecting them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import atan2, cos, log10, pi, sqrt
from typing import TypeAlias

import numpy as np
import torch
from jaxtyping import Float64
from numpy.typing import NDArray
from torch import Tensor

from certify import lambda_min
from models import Dataset, H_inf
from strategies.directions import MAX_DIGITS, half_circle, in_plane
from strategies.lines import Row, axis, dot, has_exact_half, made_distinct, negated, ray

Floats: TypeAlias = NDArray[np.float64]

HALF = Fraction(1, 2)
_FINEST = 16  # digits of a float


@dataclass(frozen=True, slots=True)
class Window:
    """least <= lambda_0 <= most, and how opposite rows are seen; None means no bound."""

    least: Fraction | None = None
    most: Fraction | None = None
    antiparallel: bool = True

    @property
    def needs_pair(self) -> bool:
        """Whether lambda_0 = 1/2, the value of a single input, is too large."""
        return self.most is not None and self.most < HALF

    @property
    def digits(self) -> int:
        """How near, 10**-digits, a pair may come: its lambda_0 is about angle/(2 pi)."""
        if self.least is None or self.least <= 0:
            return MAX_DIGITS
        return max(0, min(MAX_DIGITS, int(-log10(2 * pi * self.least))))


def inputs(rows: Sequence[Row]) -> Float64[Tensor, "n d"]:
    """x_i = z_i/|z_i|."""
    return Dataset.of(rows=rows, labels=[0] * len(rows)).x


def certainly_at_least(
    x: Float64[Tensor, "n d"],
    bound: Fraction,
    *,
    rows: Sequence[Sequence[int | Fraction]] | None = None,
) -> bool:
    """lambda_0 >= bound for certain; with the unit rows' recipe, exact where H_inf = I/2."""
    found = lambda_min(H_inf(x))
    if found.low >= bound or found.high < bound or rows is None:
        return found.low >= bound
    return bound <= HALF and has_exact_half(rows)


def strong_subset(
    x: Float64[Tensor, "n d"], bound: Fraction, *, rows: Sequence[Row] | None = None
) -> list[int]:
    """Indices of rows that keep lambda_0 >= bound, offenders dropped one by one; maybe none.

    By interlacing lambda_0 never falls when a row goes.
    """
    kernel = H_inf(x).numpy()
    kept = list(range(len(x)))
    while kept:
        values, vectors = np.linalg.eigh(kernel[np.ix_(kept, kept)])
        if values[0] >= _nearly(bound):
            chosen = None if rows is None else [rows[i] for i in kept]
            if certainly_at_least(x[kept], bound, rows=chosen):
                break
        del kept[_leading(vectors[:, 0])]
    return kept


def _nearly(bound: Fraction) -> float:
    """A bit less than the bound: what passes is checked with care."""
    return float(bound) * (1 - 1e-9)


def _leading(vector: Floats) -> int:
    """Index of the largest entry; the last of equals, which a solver's last bits must not rank."""
    sizes = np.abs(vector)
    return int(np.flatnonzero(sizes >= 0.999 * sizes.max())[-1])


def strong_rows(rows: list[Row], window: Window, min_n: int) -> list[Row] | None:
    """Rows with lambda_0 >= window.least: offenders dropped, then simple rows up to min_n.

    None if even those do not reach min_n.
    """
    if window.least is None:
        return rows
    kept = [rows[i] for i in strong_subset(inputs(rows), window.least, rows=rows)]
    return kept if len(kept) >= min_n else _filled(kept, len(rows[0]), window, min_n)


def _filled(rows: list[Row], d: int, window: Window, min_n: int) -> list[Row] | None:
    # The second and third attempts give up the drawn rows: an orthonormal set, an even spread.
    for start in (rows, [], _spread(d, min_n)):
        if len(kept := _extended(start, d, window, min_n)) >= min_n:
            return kept
    return None


def _extended(rows: list[Row], d: int, window: Window, count: int) -> list[Row]:
    """The rows, and then simple ones up to `count`, each kept if lambda_0 stays >= window.least."""
    least = window.least or Fraction(0)
    candidates = made_distinct(
        list(dict.fromkeys([*rows, *_simple_rows(d, antiparallel=window.antiparallel)])),
        antiparallel=window.antiparallel,
    )
    points = np.array(candidates, dtype=np.float64)
    kernel = H_inf(torch.from_numpy(points / np.linalg.norm(points, axis=1)[:, None])).numpy()
    kept: list[int] = []
    for i in range(len(candidates)):
        trial = [*kept, i]
        if np.linalg.eigvalsh(kernel[np.ix_(trial, trial)])[0] >= _nearly(least):
            kept = trial
        if len(kept) == count:
            break
    result = [candidates[i] for i in kept]
    return result if certainly_at_least(inputs(result), least, rows=result) else []


def _simple_rows(d: int, *, antiparallel: bool) -> list[Row]:
    axes = [axis(j, d) for j in range(d)]
    opposite = [negated(row) for row in axes] if antiparallel else []
    sums = [
        tuple(p + sign * q for p, q in zip(axes[j], axes[k], strict=True))
        for j in range(min(d, 8))
        for k in range(j)
        for sign in (1, -1)
    ]
    return axes + opposite + sums


def _spread(d: int, n: int) -> list[Row]:
    return [in_plane(point, 0, 1, d) for point in half_circle(n)] if d > 1 else []


def weak_rows(rows: list[Row], window: Window, min_n: int) -> list[Row] | None:
    """Rows with lambda_0 <= window.most: if need be the last is moved next to the first.

    lambda_0 is at most that of the pair, and so falls with its angle. None if no pair on a grid
    of angles has its lambda_0 in the window.
    """
    if window.most is None or lambda_min(H_inf(inputs(rows))).high <= window.most:
        return rows
    d = max(2, len(rows[0]))
    base = ray(rows[0]) if len(rows[0]) == d else axis(0, d)
    pair = [base, near_row(base, window.most)]
    distinct = made_distinct([*pair, *rows[1:-1]], antiparallel=window.antiparallel)
    if window.least is None:
        return distinct if len(distinct) >= min_n else None
    kept = _extended(distinct, d, window, max(len(rows), 2))
    return kept if len(kept) >= min_n and kept[:2] == pair else None


def near_row(base: Row, most: Fraction) -> Row:
    """A row so near to the base that the two have lambda_0 <= most, but not much nearer."""
    i = next(i for i, z in enumerate(base) if z)
    j = int(i == 0)
    aside = tuple(base[i] * (k == j) - base[j] * (k == i) for k in range(len(base)))
    for along, across in _angles():
        near = tuple(along * p + across * q for p, q in zip(base, aside, strict=True))
        # A little less than the bound, for the rounding of the kernel that will be tested.
        if pair_lambda_0(base, near) <= 0.9999 * float(most):
            return near
    raise ValueError(f"near_row: max_lambda_0={float(most)} is too small for floats; give >= 1e-13")


def _angles() -> Iterator[tuple[int, int]]:
    """Points of decreasing angle to the first axis, by factors of about two."""
    scales = [c * 10**k for k in range(_FINEST) for c in (1, 2, 5)]
    yield from ((1, scale) for scale in reversed(scales[: len(scales) // 3]))
    yield from ((scale, 1) for scale in scales[1:])


def pair_lambda_0(p: Row, q: Row) -> float:
    """lambda_0 of two rows, in closed form: 1/2 - |cos t| (pi - t)/(2 pi) at the angle t."""
    squares, along = dot(p, p) * dot(q, q), dot(p, q)
    angle = atan2(sqrt(squares - along * along), along)
    return angle / (2 * pi) + (1 - abs(cos(angle))) * (pi - angle) / (2 * pi)
