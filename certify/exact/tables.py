"""Tables of values, and the waves of systems."""

from __future__ import annotations

from fractions import Fraction
from typing import TypeAlias

from flint import fmpq, fmpq_mat

from .balls import Undecided, UnreadableError, spend
from .recipes import rows
from .values import Value, ball, exponential, minus, plus, times

Row: TypeAlias = "list[Value]"
Table: TypeAlias = "list[Row]"
ONE, ZERO = Fraction(1), Fraction(0)


def dot(left: Row, right: Row) -> Value:
    """Inner product."""
    return plus(*(times(p, q) for p, q in zip(left, right, strict=True)))


def applied(table: Table, vector: Row) -> Row:
    """The table times the vector."""
    return [dot(row, vector) for row in table]


def product(left: Table, right: Table) -> Table:
    """The product left right^T."""
    spend(len(left) * len(right) * len(right[0]))
    return [[dot(row, other) for other in right] for row in left]


def turned(given: Table) -> Table:
    """The transpose."""
    return [list(row) for row in zip(*given, strict=True)]


def table(given: object, where: str, most: int, shape: tuple[int | None, int]) -> Table:
    """Rows of exact numbers of a shape, none without a height; [] of nothing.

    Raises:
        UnreadableError: another shape, or no numbers.
    """
    if given is None:
        return []
    found: Table = [list(row) for row in rows(given, where, most=most, coordinates=shape[1])]
    if shape[0] is not None and len(found) != shape[0]:
        raise UnreadableError(f"{where}: {len(found)} rows; give {shape[0]}")
    return found


def rank(rows: Table) -> int:
    """Rank of a table of fractions.

    Raises:
        UnreadableError: an entry is no fraction.
    """
    return int(exact_matrix(rows).rank())


def exact_matrix(rows: Table) -> fmpq_mat:
    """The same table, of fractions.

    Raises:
        UnreadableError: an entry is no fraction.
    """
    return fmpq_mat([[fmpq(*_pair(z)) for z in row] for row in rows])


def _pair(value: Value) -> tuple[int, int]:
    if not isinstance(value, Fraction):
        raise UnreadableError("system: an entry is no fraction")
    return value.as_integer_ratio()


def wave_at(t: Value, wave: str) -> tuple[Value, Value, Value]:
    """The wave phi with phi' and phi'', at t."""
    if wave == "sin":
        if t == 0:
            return ZERO, ONE, ZERO
        sine, cosine = ball(t).sin_cos()
        return sine, cosine, -sine
    if t <= 0:
        return t, ONE, ZERO
    if not t > 0:
        raise Undecided("a ramp's argument is too near 0 for its sign")
    slope = exponential(times(Fraction(-1), t))
    return minus(ONE, slope), slope, times(Fraction(-1), slope)
