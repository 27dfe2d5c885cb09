"""Linear algebra over the rationals: ranks and solutions without rounding."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import TypeAlias

Row: TypeAlias = "list[Fraction]"


def reduced(rows: Sequence[Sequence[Fraction]]) -> tuple[list[Row], list[int]]:
    """The reduced echelon form, without zero rows, and the columns of its leading ones."""
    left, done, pivots = [list(row) for row in rows], 0, []
    for column in range(len(left[0])):
        found = next((i for i in range(done, len(left)) if left[i][column]), None)
        if found is None:
            continue
        left[done], left[found] = left[found], left[done]
        lead = left[done][column]
        left[done] = [z / lead for z in left[done]]
        for i, row in enumerate(left):
            if i != done and (factor := row[column]):
                left[i] = [z - factor * p for z, p in zip(row, left[done], strict=True)]
        pivots.append(column)
        done += 1
    return left[:done], pivots


def rank(rows: Sequence[Sequence[Fraction]]) -> int:
    """Rank, exactly."""
    return len(reduced(rows)[1])


def solution(
    rows: Sequence[Sequence[Fraction]], right: Sequence[Fraction], free: Sequence[Fraction]
) -> Row | None:
    """The solution of a linear system whose undetermined entries are as given; None without one.

    Args:
        rows: the matrix.
        right: the right side.
        free: a value for every unknown, used where the system leaves it open.
    """
    echelon, pivots = reduced([[*row, value] for row, value in zip(rows, right, strict=True)])
    if len(free) in pivots:
        return None
    found = list(free)
    for row, pivot in zip(echelon, pivots, strict=True):
        others = sum((row[j] * free[j] for j in range(len(free)) if j not in pivots), Fraction(0))
        found[pivot] = row[-1] - others
    return found


def least_squares(columns: Sequence[Sequence[Fraction]], y: Sequence[Fraction]) -> Row:
    """Weights v with sum_j v_j c_j nearest to y; 0 for columns that depend on earlier ones."""
    _, basis = reduced(list(zip(*columns, strict=True)))
    chosen = [columns[j] for j in basis]
    gram = [[dot(p, q) for q in chosen] for p in chosen]
    weights = solution(gram, [dot(p, y) for p in chosen], [Fraction(0)] * len(chosen))
    found = dict(zip(basis, weights or (), strict=True))
    return [found.get(j, Fraction(0)) for j in range(len(columns))]


def dot(left: Sequence[Fraction], right: Sequence[Fraction]) -> Fraction:
    """Inner product."""
    return sum((p * q for p, q in zip(left, right, strict=True)), Fraction(0))
