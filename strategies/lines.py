"""Exact tests on recipes: which rows are parallel, decided with integers alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import count, permutations
from math import gcd, lcm
from typing import TypeAlias

Row: TypeAlias = tuple[int, ...]

_FINEST = 10**9  # 1/angle
_LARGE = 10**3  # the sine of two lines is 0 or at least 1/(|p||q|), far above 1e-9 below this


def ray(row: Sequence[int | Fraction]) -> Row:
    """The primitive integer vector of the same direction: equal iff positive multiples.

    Raises:
        ValueError: the row is zero.
    """
    scale = lcm(*(z.denominator for z in row))
    integers = [z.numerator * (scale // z.denominator) for z in row]
    divisor = gcd(*integers)
    if divisor == 0:
        raise ValueError(f"ray: row={tuple(row)!r} is zero; give a nonzero row")
    return tuple(z // divisor for z in integers)


def line(row: Sequence[int | Fraction]) -> Row:
    """The ray of the row or of its negative: equal iff parallel or antiparallel."""
    direction = ray(row)
    leading = next(z for z in direction if z != 0)
    return direction if leading > 0 else negated(direction)


def negated(row: Row) -> Row:
    """-z."""
    return tuple(-z for z in row)


def axis(j: int, d: int) -> Row:
    """The j-th axis vector of R^d."""
    return tuple(int(k == j) for k in range(d))


def dot(first: Sequence[int], second: Sequence[int]) -> int:
    """Exact inner product."""
    return sum(p * q for p, q in zip(first, second, strict=True))


def all_distinct(rows: Sequence[Sequence[int | Fraction]], *, antiparallel: bool) -> bool:
    """No two rows are parallel; antiparallel ones pass if `antiparallel` says so."""
    key = ray if antiparallel else line
    return len({key(row) for row in rows}) == len(rows)


def made_distinct(rows: Sequence[Row], *, antiparallel: bool) -> list[Row]:
    """The rows, each zero, repeated or hardly different one replaced by a simple free one nearby.

    A replacement, unlike a rejection, costs Hypothesis no draw; a zero row becomes the first
    free axis, so that rows shrink to axes. Rows at an angle below 1e-9 count as repeated: their
    floats could not be told apart.
    """
    key = ray if antiparallel else line
    seen: set[Row] = set()
    result: list[Row] = []
    for row in rows:
        free = next(
            z
            for z in _neighbours(row)
            if any(z) and key(z) not in seen and not any(_hardly_differ(z, q) for q in result)
        )
        seen.add(key(free))
        result.append(free)
    return result


def _hardly_differ(p: Row, q: Row) -> bool:
    """Not on one line, but at an angle (or pi minus it) below 1e-9."""
    if max(map(abs, p)) < _LARGE or max(map(abs, q)) < _LARGE:
        return False
    squares = dot(p, p) * dot(q, q)
    return 0 < (squares - dot(p, q) ** 2) * _FINEST**2 < squares


def _neighbours(row: Row) -> Iterator[Row]:
    yield row
    d = len(row)
    if not any(row):
        yield from simplest(d)
        yield from map(negated, simplest(d))
    for size in count(1):
        for step in (size, -size):
            yield from (_shifted(row, j, step) for j in range(d))
            # A second axis: along one alone a row would meet finitely many lines.
            for j, k in permutations(range(d), 2):
                yield _shifted(_shifted(row, j, step), k, 1)
                yield _shifted(_shifted(row, j, step), k, -1)


def simplest(d: int) -> list[Row]:
    """The axes, and the sums of two."""
    axes = [axis(j, d) for j in range(d)]
    sums = [_shifted(axes[j], k, 1) for j in range(d) for k in range(j + 1, d)]
    return axes + sums


def _shifted(row: Row, j: int, step: int) -> Row:
    return (*row[:j], row[j] + step, *row[j + 1 :])


def upright(rows: Sequence[Row]) -> list[Row]:
    """The rows with axes renamed and turned round, which no theorem on the sphere sees.

    Columns come in the order of their first nonzero number, which is positive. A shrinker, which
    changes one number at a time, then need not move or flip an input together with the weights.
    """

    def first(column: Row) -> int:
        return next((i for i, z in enumerate(column) if z), len(column))

    columns = sorted(zip(*rows, strict=True), key=first)
    turned = [negated(c) if any(c) and c[first(c)] < 0 else c for c in columns]
    return list(zip(*turned, strict=True))


def has_exact_half(rows: Sequence[Sequence[int | Fraction]]) -> bool:
    """All pairs are orthogonal or antiparallel, so that H_inf = I/2 and lambda_0 = 1/2 exactly."""
    rays = [ray(row) for row in rows]
    return all(
        dot(first, second) == 0 or first == negated(second)
        for i, first in enumerate(rays)
        for second in rays[:i]
    )
