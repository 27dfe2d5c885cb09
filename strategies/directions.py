"""Integer directions by kind: from small coordinates to pairs at an angle of 1e-8.

Every kind makes n rows of Z^d out of n rows of small integers that were drawn before, and of a few
integers of its own; a row z stands for z/|z|. So the first kind, which takes the rows as they are,
needs the fewest choices, and is what the others shrink to. Rows may come out zero or repeated:
`lines.made_distinct` mends them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from itertools import permutations
from math import pi, tan

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from strategies.lines import Row, axis, dot, made_distinct, negated
from strategies.numbers import LARGEST

MAX_DIGITS = 8  # near-parallel rows come as close as about 10**-8
SMALL = 3


@dataclass(frozen=True, slots=True)
class Shape:
    """What a kind has to draw.

    Attributes:
        n, d: number of rows and coordinates, >= 1.
        antiparallel: whether opposite rows are welcome.
        digits: rows of one pair are about 10**-digits apart at the nearest.
    """

    n: int
    d: int
    antiparallel: bool = True
    digits: int = MAX_DIGITS


@cache
def _grid(count: int, d: int, largest: int) -> SearchStrategy[list[Row]]:
    row = st.tuples(*[st.integers(-largest, largest)] * d)
    return st.tuples(*[row] * count).map(list)


def directions(_draw: DrawFn, _shape: Shape, rows: list[Row]) -> list[Row]:
    """The rows as they are: whatever small integers can say, or points in general position."""
    return rows


def orthonormal(_draw: DrawFn, shape: Shape, rows: list[Row]) -> list[Row]:
    """Axis vectors, then reflected along the first rows; n > d goes on with the negatives.

    The reflection of z in the hyperplane orthogonal to v is, times v.v, integral: (v.v) z - 2 (v.z)
    v, so the result is orthogonal exactly. v = 0 leaves the axes.
    """
    d = shape.d
    axes = [axis(i, d) for i in range(min(shape.n, d))]
    for v in rows[:2]:
        axes = [reflected(z, v) for z in axes] if any(v) else axes
    opposite = [negated(z) for z in axes] if shape.antiparallel else []
    return [*axes, *opposite, *rows[len(axes) + len(opposite) :]][: shape.n]


def reflected(z: Row, v: Row) -> Row:
    """v.v times the mirror image of z in the hyperplane orthogonal to v != 0."""
    scale, along = dot(v, v), 2 * dot(v, z)
    return tuple(scale * p - along * q for p, q in zip(z, v, strict=True))


def plane(draw: DrawFn, shape: Shape, _rows: list[Row]) -> list[Row]:
    """Rational angles in one coordinate plane: (1 - s^2, 2s)/(1 + s^2) with s = p/q."""
    j, k = draw(st.sampled_from(_planes(shape.d)))
    slopes = draw(_slopes(shape.n))
    return [in_plane(angle_row(p, q), j, k, shape.d) for p, q in slopes]


@cache
def _slopes(count: int) -> SearchStrategy[tuple[Row, ...]]:
    return st.tuples(*[st.tuples(st.integers(-9, 9), st.integers(1, 9))] * count)


@cache
def _planes(d: int) -> list[tuple[int, int]]:
    return [(j, k) for j, k in permutations(range(min(d, 8)), 2) if j < k]


def angle_row(p: int, q: int) -> Row:
    """The direction at angle 2 atan(p/q), as (q^2 - p^2, 2 p q)."""
    return (q * q - p * p, 2 * p * q)


def in_plane(point: Row, j: int, k: int, d: int) -> Row:
    """A point of the plane as a row of R^d, on the axes j and k."""
    row = [0] * d
    row[j], row[k] = point
    return tuple(row)


def spread(draw: DrawFn, shape: Shape, _rows: list[Row]) -> list[Row]:
    """About evenly over a half circle of one coordinate plane: n > 2 with a large lambda_0."""
    j, k = draw(st.sampled_from(_planes(shape.d)))
    points = half_circle(shape.n, draw(st.integers(0, 9)))
    return [in_plane(point, j, k, shape.d) for point in points]


def half_circle(n: int, turn: int = 0) -> list[Row]:
    """Rational points, n of them, near the angles pi (i + turn/10)/n."""
    # tan(angle/2) lies in [0, inf) and is below 99 wherever the angle is not within 1 degree of pi.
    half_angles = [pi * (i + turn / 10) / (2 * n) for i in range(n)]
    return [angle_row(round(50 * tan(h)), 50) for h in half_angles]


def near_parallel(draw: DrawFn, shape: Shape, rows: list[Row]) -> list[Row]:
    """Two rows z and 10^k z + v (or its negative), at an angle of about 10^-k; others small."""
    scale = 10 ** draw(st.integers(1, shape.digits))
    sign = draw(st.sampled_from((1, -1))) if shape.antiparallel else 1
    base = rows[0] if any(rows[0]) else axis(0, shape.d)
    near = tuple(sign * (scale * p + q) for p, q in zip(base, rows[-1], strict=True))
    return [base, *rows[1:-1], near]


def clusters(draw: DrawFn, shape: Shape, rows: list[Row]) -> list[Row]:
    """Up to three centres, and the rows around them at angles of about 10^-k."""
    count = draw(st.integers(1, min(3, shape.n)))
    scale = 10 ** draw(st.integers(1, shape.digits))
    centres = draw(_grid(count, shape.d, SMALL))
    return [
        tuple(scale * p + q for p, q in zip(centres[i % count], offset, strict=True))
        for i, offset in enumerate(rows)
    ]


def antipodal(_draw: DrawFn, shape: Shape, rows: list[Row]) -> list[Row]:
    """Pairs z, -z; in the plane three pairs have lambda_0 = 0."""
    return antipodal_pairs(rows[: (shape.n + 1) // 2], shape)[: shape.n]


def antipodal_pairs(centres: list[Row], shape: Shape) -> list[Row]:
    """z_1, -z_1, z_2, -z_2, ... with a zero centre replaced by an axis."""
    nonzero = [z if any(z) else axis(i % shape.d, shape.d) for i, z in enumerate(centres)]
    return [sign for z in nonzero for sign in (z, negated(z))]


def subspace(draw: DrawFn, shape: Shape, rows: list[Row]) -> list[Row]:
    """Integer combinations of a few rows: X of low rank."""
    rank = draw(st.integers(2, max(2, min(shape.n, shape.d, 4))))
    return in_subspace(draw, shape, rows, rank)


def in_subspace(draw: DrawFn, shape: Shape, rows: list[Row], rank: int) -> list[Row]:
    """Integer combinations, on n distinct lines, of `rank` <= d independent rows.

    Those are (I | B), so independence needs no test.
    """
    tail = draw(_grid(rank, shape.d - rank, SMALL))
    basis = [axis(i, rank) + tail[i] for i in range(rank)]
    columns = list(zip(*basis, strict=True))
    weights = made_distinct([row[:rank] for row in rows], antiparallel=False)
    return [tuple(dot(row, c) for c in columns) for row in weights]


Kind = Callable[[DrawFn, Shape, list[Row]], list[Row]]

KINDS: dict[str, Kind] = {
    "directions": directions,
    "orthonormal": orthonormal,
    "antipodal": antipodal,
    "plane": plane,
    "spread": spread,
    "subspace": subspace,
    "wide": directions,
    "near-parallel": near_parallel,
    "clusters": clusters,
}


_STRONG = {"directions", "orthonormal", "antipodal", "wide"}


def coordinate_bound(kind: str) -> int:
    """The rows that a kind is given have coordinates within plus or minus this."""
    return LARGEST if kind == "wide" else SMALL


@cache
def fitting_kinds(kinds: tuple[str, ...], shape: Shape) -> tuple[str, ...]:
    """Those of the kinds that can draw the shape."""
    in_line = {"directions", "orthonormal", "wide", "antipodal"}
    in_groups = {"near-parallel", "clusters", "subspace", "antipodal"}
    return tuple(
        kind
        for kind in kinds
        if (shape.d > 1 or kind in in_line)
        and (shape.n > 1 or kind not in in_groups)
        and (shape.digits >= 1 or kind not in {"near-parallel", "clusters"})
        and (shape.antiparallel or kind != "antipodal")
    )


def promising_kinds(kinds: tuple[str, ...], least: Fraction | None) -> tuple[str, ...]:
    """Those of the kinds that reach lambda_0 >= least with more than two rows; all if none do."""
    if least is None or least <= Fraction(1, 5):
        return kinds
    reaching = {"orthonormal"} if least > Fraction(2, 5) else _STRONG
    return tuple(kind for kind in kinds if kind in reaching) or kinds
