"""All solutions of z = sigma(W z + b), exactly, for sigma(t) = max(t, slope t) and m <= 12.

With u = W z + b and D = 1 where u >= 0, slope where u <= 0, a solution is u with the signs of D and
(I - W D) u = b: on each of the 2^m patterns a polyhedron without lines. It is a point, or it is
empty, or it holds a segment, also where I - W D is singular: its vertices and rays are found by
making inequalities tight, as many as there are free directions.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations, product
from math import comb
from typing import TypeAlias

from flint import fmpq, fmpq_mat

Point: TypeAlias = tuple[Fraction, ...]
Rows: TypeAlias = Sequence[Sequence[Fraction | int | str]]

MOST_WIDTH = 12
_MOST_CHOICES = 1000  # of tight inequalities on one pattern: 12 choose 6 is less


@dataclass(frozen=True, slots=True)
class EquilibriumSet:
    """The solutions of one equation.

    Attributes:
        points: all of them, in lexicographic order; without a segment.
        segment: two different solutions, between which all points are solutions, if there are
            infinitely many; then `points` is empty.
    """

    points: tuple[Point, ...]
    segment: tuple[Point, Point] | None = None

    @property
    def count(self) -> float:
        """How many there are: 0, 1, ..., or inf."""
        return float("inf") if self.segment else float(len(self.points))


def all_equilibria(
    W: Rows, b: Sequence[Fraction | int | str], *, slope: Fraction | int | str = 0
) -> EquilibriumSet:
    """Every z with z = sigma(W z + b), sigma(t) = max(t, slope t), in exact arithmetic.

    Args:
        W: m rows of m exact numbers, m <= 12.
        b: m exact numbers.
        slope: of sigma below 0, in [0, 1]; 0 is ReLU.

    Raises:
        ValueError: other shapes, m > 12, a slope that is none, or so many free directions on one
            pattern that its vertices cannot be listed.
    """
    matrix, offset, leak = _read(W, b, slope)
    found: set[Point] = set()
    for on in product((True, False), repeat=len(offset)):
        ends = _solutions_on(matrix, offset, leak, on)
        points = [
            tuple(u if is_on else leak * u for u, is_on in zip(p, on, strict=True)) for p in ends
        ]
        if len(points) > 1:
            return EquilibriumSet((), (points[0], points[1]))
        found.update(points)
    return EquilibriumSet(tuple(sorted(found)))


def exact_equilibrium(
    W: Rows,
    b: Sequence[Fraction | int | str],
    pattern: Sequence[bool],
    *,
    slope: Fraction | int | str = 0,
) -> Point | None:
    """The one solution with W z + b >= 0 where the pattern is on, <= 0 elsewhere; None if not one.

    Args and Raises: as for `all_equilibria`; pattern has m entries.
    """
    matrix, offset, leak = _read(W, b, slope)
    on = tuple(bool(is_on) for is_on in pattern)
    if len(on) != len(offset):
        raise ValueError(f"exact_equilibrium: {len(on)} signs for m = {len(offset)}; give m")
    ends = _solutions_on(matrix, offset, leak, on)
    if len(ends) != 1:
        return None
    return tuple(u if is_on else leak * u for u, is_on in zip(ends[0], on, strict=True))


def least_principal_minor(A: Rows) -> Fraction:
    """The least of the 2^m - 1 principal minors; A is a P-matrix iff it is > 0.

    For A = I - W that is so iff z = max(W z + b, 0) has exactly one solution for every b.

    Raises:
        ValueError: A is not square, or m > 12.

    Source:
        Samelson, Thrall, Wesler 1958; Cottle, Pang, Stone 1992, Theorem 3.3.7.
    """
    rows = [[Fraction(entry) for entry in row] for row in A]
    m = len(rows)
    if not 0 < m <= MOST_WIDTH or any(len(row) != m for row in rows):
        raise ValueError(f"least_principal_minor: {m} rows; give a square matrix, m <= 12")
    minors = (
        _matrix([[rows[i][j] for j in some] for i in some]).det()
        for size in range(1, m + 1)
        for some in combinations(range(m), size)
    )
    return _fraction(min(minors))


def _read(
    W: Rows, b: Sequence[Fraction | int | str], slope: Fraction | int | str
) -> tuple[list[list[Fraction]], list[Fraction], Fraction]:
    matrix = [[Fraction(entry) for entry in row] for row in W]
    offset, leak = [Fraction(entry) for entry in b], Fraction(slope)
    m = len(offset)
    if not 0 < m <= MOST_WIDTH or len(matrix) != m or any(len(row) != m for row in matrix):
        raise ValueError(
            f"all_equilibria: W has {len(matrix)} rows, b {m} entries; give m x m and m, m <= 12"
        )
    if not 0 <= leak <= 1:
        raise ValueError(f"all_equilibria: slope={slope!r}; give one within [0, 1]")
    return matrix, offset, leak


def _solutions_on(
    W: list[list[Fraction]], b: list[Fraction], leak: Fraction, on: tuple[bool, ...]
) -> list[Point]:
    """No, one, or (of infinitely many) two points u with (I - W D) u = b and the signs of `on`."""
    m = len(b)
    scales = [Fraction(1) if is_on else leak for is_on in on]
    system = [[int(r == c) - W[r][c] * scales[c] for c in range(m)] + [b[r]] for r in range(m)]
    signs = [1 if is_on else -1 for is_on in on]
    vertices = list(dict.fromkeys(_vertices(system, signs)))[:2]
    if len(vertices) != 1:
        return vertices
    # A ray: (I - W D) v = 0, v of these signs, and |v|_1 = 1.
    cone = [[*row[:m], Fraction(0)] for row in system]
    cone.append([*map(Fraction, signs), Fraction(1)])
    ray = next(_vertices(cone, signs), None)
    if ray is not None:
        vertices.append(tuple(p + v for p, v in zip(vertices[0], ray, strict=True)))
    return vertices


def _vertices(system: list[list[Fraction]], signs: list[int]) -> Iterator[Point]:
    """Vertices of {u: system, sign_r u_r >= 0}: u_r = 0 on as many r as directions are free."""
    m = len(signs)
    echelon, rank = _matrix(system).rref()
    if rank == m and all(echelon[r, r] == 1 for r in range(m)):
        yield from _fitting([_fraction(echelon[r, m]) for r in range(m)], signs)
        return
    reduced, pivots = _rows(echelon, int(rank))
    if m in pivots or any(_impossible(row, signs) for row in reduced):
        return
    free = m - len(pivots)
    if comb(m, free) > _MOST_CHOICES:
        raise ValueError(f"all_equilibria: {free} free directions of {m} are too many to follow")
    for choice in combinations(range(m), free):
        zeros = [[Fraction(int(c == r)) for c in range(m + 1)] for r in choice]
        full, places = _rows(*_matrix([*reduced, *zeros]).rref())
        if places == list(range(m)):
            yield from _fitting([row[m] for row in full], signs)


def _impossible(row: list[Fraction], signs: list[int]) -> bool:
    """Whether an equation has no solution of these signs: its terms have one, its right another."""
    terms = [c * s for c, s in zip(row, signs, strict=False) if c]
    return (row[-1] < 0 and min(terms) > 0) or (row[-1] > 0 and max(terms) < 0)


def _fitting(u: list[Fraction], signs: list[int]) -> list[Point]:
    return [tuple(u)] if all(s * z >= 0 for s, z in zip(signs, u, strict=True)) else []


def _rows(echelon: fmpq_mat, rank: int) -> tuple[list[list[Fraction]], list[int]]:
    """The nonzero rows of a reduced echelon form, and the columns of their pivots."""
    rows = [[_fraction(z) for z in row] for row in echelon.tolist()[: int(rank)]]
    return rows, [next(c for c, z in enumerate(row) if z) for row in rows]


def _matrix(rows: Sequence[Sequence[Fraction]]) -> fmpq_mat:
    entries = [fmpq(z.numerator, z.denominator) for row in rows for z in row]
    return fmpq_mat(len(rows), len(rows[0]), entries)


def _fraction(value: fmpq) -> Fraction:
    return Fraction(int(value.p), int(value.q))
