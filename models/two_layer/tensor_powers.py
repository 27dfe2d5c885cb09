"""How many directions data have, and the rank of their tensor powers, by exact arithmetic."""

from __future__ import annotations

from fractions import Fraction
from math import lcm

from models.arguments import as_annotated
from models.dataset import Dataset
from models.two_layer.arrangement import exact_rows_of


@as_annotated
def distinct_directions(data: Dataset, *, opposite_alike: bool = False) -> int:
    """The number of distinct rays through the inputs, or of distinct lines.

    Args:
        data: nonzero inputs of any norm; real rows count as the floats that they are.
        opposite_alike: count lines, on which x and -x are the same.
    """
    seen = set()
    for row in exact_rows_of(data):
        first = next(z for z in row if z)
        seen.add(tuple(z / (first if opposite_alike else abs(first)) for z in row))
    return len(seen)


@as_annotated
def tensor_power_rank(data: Dataset, power: int) -> int:
    """The exact rank of the columns x_1 (x) ... (x) x_1, ..., x_n (x) ... (x) x_n.

    It is that of their Gram matrix, whose entries are (x_i.x_j)^power, and no scaling of the
    inputs changes it.

    Args:
        data: nonzero inputs of any norm; real rows count as the floats that they are.
        power: how many factors, >= 0; none make every column 1.

    Raises:
        ValueError: power is none of these.
    """
    if isinstance(power, bool) or not isinstance(power, int) or power < 0:
        raise ValueError(f"tensor_power_rank: power={power!r}; give an integer >= 0")
    rows = [_whole(row) for row in exact_rows_of(data)]
    return _rank(
        [[sum(p * q for p, q in zip(z, v, strict=True)) ** power for v in rows] for z in rows]
    )


def _whole(row: list[Fraction]) -> list[int]:
    """A multiple of the row in integers."""
    common = lcm(*(z.denominator for z in row))
    return [int(z * common) for z in row]


def _rank(matrix: list[list[int]]) -> int:
    """Rank by elimination without fractions (Bareiss): every division is exact."""
    rows, rank, last = [row[:] for row in matrix], 0, 1
    for column in range(len(rows[0])):
        pivot = next((i for i in range(rank, len(rows)) if rows[i][column]), None)
        if pivot is None:
            continue
        rows[rank], rows[pivot] = rows[pivot], rows[rank]
        top = rows[rank]
        for i in range(rank + 1, len(rows)):
            rows[i] = [
                (top[column] * z - rows[i][column] * p) // last
                for z, p in zip(rows[i], top, strict=True)
            ]
        rank, last = rank + 1, top[column]
    return rank
