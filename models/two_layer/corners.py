"""Where a two-layer ReLU loss has a corner: one-sided derivatives on a hyperplane w_r.x = 0."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

import torch
from jaxtyping import Float64
from torch import Tensor

from models.arguments import as_annotated
from models.dataset import Dataset
from models.recipes.rational import dot
from models.two_layer.arrangement import exact_rows_of
from models.two_layer.network import predictions
from models.two_layer.start import Start


@as_annotated
def antiparallel_pairs(data: Dataset) -> int:
    """Pairs of inputs in opposite directions, exactly."""
    rows = exact_rows_of(data)
    return sum(
        dot(p, q) < 0 and dot(p, q) ** 2 == dot(p, p) * dot(q, q)
        for i, p in enumerate(rows)
        for q in rows[:i]
    )


@as_annotated
def hyperplane_weights(start: Start, t: int, *, aside: Fraction) -> list[list[Fraction]]:
    """Exact weights with w_1.z_1 = aside |z_1|^2 and w_2 = t z_1, z_1 the recipe's first row."""
    recipe = start.exact_recipe
    z = [Fraction(entry) for entry in recipe["rows"][0]]
    first, *others = ([Fraction(entry) for entry in row] for row in recipe["weights"])
    share = aside - dot(first, z) / dot(z, z)
    moved = [p + share * q for p, q in zip(first, z, strict=True)]
    return [moved, *([[t * entry for entry in z]] if others else []), *others[1:]]


@as_annotated
def corner_sides(start: Start, weights: Sequence[Sequence[Fraction]]) -> Float64[Tensor, " n"]:
    """How inputs with w_1.x_k = 0 appear along x_1: 1 if they come on, -1 if they go off, else 0.

    Decided exactly, by the recipe's rows.

    Args:
        start: the data.
        weights: exact ones; only w_1 matters.
    """
    rows = [[Fraction(entry) for entry in row] for row in start.exact_recipe["rows"]]
    along = [dot(rows[0], row) for row in rows]
    tied = [dot(weights[0], row) == 0 for row in rows]
    sides = [((z > 0) - (z < 0)) * tie for z, tie in zip(along, tied, strict=True)]
    return torch.tensor(sides, dtype=torch.float64)


@as_annotated
def gradient_jump(
    x: Float64[Tensor, "n d"],
    y: Float64[Tensor, " n"],
    w: Float64[Tensor, "m d"],
    a: Float64[Tensor, " m"],
    sides: Float64[Tensor, " n"],
) -> Float64[Tensor, " d"]:
    """dL/dw_1 just beyond the hyperplane of x_1, less that just before it.

    m^(-1/2) a_1 (sum of (u_k - y_k) x_k over inputs that come on, less those that go off), for
    L = ||y - u||^2/2. `sides` is what `corner_sides` gives.
    """
    error = predictions(x, w, a) - y
    jump: Tensor = (sides * error) @ x * a[0] / math.sqrt(len(w))
    return jump


@as_annotated
def hessian_jump(
    x: Float64[Tensor, "n d"], a: Float64[Tensor, " m"], sides: Float64[Tensor, " n"]
) -> Float64[Tensor, "d d"]:
    """The same of d^2 L/dw_1^2: (a_1^2/m) (sum of x_k x_k^T that come on, less those that go)."""
    jump: Tensor = (x.mT * sides) @ x * a[0].square() / len(a)
    return jump
