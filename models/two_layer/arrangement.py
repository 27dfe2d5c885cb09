"""The hyperplanes D_i = {w: w.x_i = 0} of a data set, by exact rational arithmetic.

Signs, parallel pairs and null spaces are decided on the recipe's rows z_i = c_i x_i, c_i > 0;
real rows count as the floats that they are.
"""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from typing import TypeAlias

import torch
from jaxtyping import Float64
from torch import Tensor

from models.arguments import as_annotated
from models.dataset import Dataset
from models.randomness import SeedNumber, gaussian_weights

Rows: TypeAlias = list[list[Fraction]]

_CANDIDATES = 64  # points of each hyperplane that are tried


def exact_rows_of(data: Dataset) -> Rows:
    """Positive multiples of the inputs, exact."""
    rows = data.recipe.get("rows", data.x.tolist())
    return [[Fraction(z) for z in row] for row in rows]


@as_annotated
def parallel_pairs(data: Dataset) -> int:
    """Pairs i < j with x_i and x_j on one line through 0, in the same or opposite directions."""
    return sum(count * (count - 1) // 2 for count in _lines(exact_rows_of(data)).values())


@as_annotated
def hyperplanes_shared(data: Dataset) -> int:
    """How many of the n hyperplanes equal another one."""
    return sum(count for count in _lines(exact_rows_of(data)).values() if count > 1)


@as_annotated
def hyperplanes_uncovered(data: Dataset) -> int:
    """How many D_i have a point, found here, that is certainly on no other D_j.

    Returns:
        A lower bound of the true number: 64 points of each D_i are tried.
    """
    x: Float64[Tensor, "n d"] = data.x / data.x.norm(dim=1, keepdim=True)
    drawn = gaussian_weights(_CANDIDATES, data.d, SeedNumber(0))[0]
    points = drawn - (drawn @ x.T).T.unsqueeze(-1) * x.unsqueeze(1)  # (n, candidates, d)
    distance = (points @ x.T).abs() / points.norm(dim=-1, keepdim=True).clamp_min(1e-30)
    off_diagonal = ~torch.eye(data.n, dtype=torch.bool).unsqueeze(1)
    # (d + 2) eps |w| for each of two products, before the projection shortened w.
    size = drawn.norm(dim=-1, keepdim=True) / points.norm(dim=-1, keepdim=True).clamp_min(1e-30)
    error = 4 * (data.d + 2) * torch.finfo(torch.float64).eps * size
    apart = (distance > error.clamp_min(1e-15)) | ~off_diagonal
    return int(apart.all(dim=-1).any(dim=-1).sum())


@as_annotated
def limit_kernel_nullity(data: Dataset, *, indicator: bool = True) -> int:
    """Exact dimension of the null space of H_inf; of X X^T without the indicator.

    beta is in it iff phi(w) = sum_i beta_i x_i 1{w.x_i >= 0} vanishes almost everywhere. phi is
    constant between the hyperplanes, so it vanishes iff its jump across each of them does, and
    its value at one point off all of them.
    """
    rows = exact_rows_of(data)
    if not indicator:
        return len(rows) - _rank(rows)
    equations: Rows = []
    directions = [_line(row) for row in rows]
    for direction in dict.fromkeys(directions):
        # x_i = c_i z jumps by |c_i| z, whichever way it points.
        equations.append(
            [
                abs(_ratio(row, line)) if line == direction else Fraction(0)
                for row, line in zip(rows, directions, strict=True)
            ]
        )
    on = _active_somewhere(rows)
    equations += [
        [row[k] if active else Fraction(0) for row, active in zip(rows, on, strict=True)]
        for k in range(len(rows[0]))
    ]
    return len(rows) - _rank(equations)


def _lines(rows: Rows) -> Counter[tuple[Fraction, ...]]:
    return Counter(_line(row) for row in rows)


def _line(row: list[Fraction]) -> tuple[Fraction, ...]:
    """The multiple of the row whose first nonzero entry is 1: one name per line through 0."""
    first = next(z for z in row if z)
    return tuple(z / first for z in row)


def _ratio(row: list[Fraction], line: tuple[Fraction, ...]) -> Fraction:
    return next(z / p for z, p in zip(row, line, strict=True) if p)


def _active_somewhere(rows: Rows) -> list[bool]:
    """Which rows have w.z > 0 at a point w off all hyperplanes, exactly."""
    base = 2
    while True:
        w = [Fraction(base) ** k for k in range(len(rows[0]))]
        products = [sum((p * z for p, z in zip(w, row, strict=True)), Fraction(0)) for row in rows]
        # On the moment curve each hyperplane has at most d - 1 points, so this ends.
        if all(products):
            return [product > 0 for product in products]
        base += 1


def _rank(matrix: Rows) -> int:
    """Rank by exact elimination."""
    rows, rank = [row[:] for row in matrix], 0
    for column in range(len(rows[0])):
        pivot = next((i for i in range(rank, len(rows)) if rows[i][column]), None)
        if pivot is None:
            continue
        rows[rank], rows[pivot] = rows[pivot], rows[rank]
        for i in range(rank + 1, len(rows)):
            factor = rows[i][column] / rows[rank][column]
            rows[i] = [p - factor * q for p, q in zip(rows[i], rows[rank], strict=True)]
        rank += 1
    return rank
