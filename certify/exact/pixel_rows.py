"""Images as rows of balls, pixels in front of channels: sums, products, and patches of pixels."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import TypeAlias

from flint import arb

from .balls import dot, spend

Rows: TypeAlias = "list[list[arb]]"


def inner(left: Rows, right: Rows) -> arb:
    """Sum of the products of all entries."""
    return sum((dot(p, q) for p, q in zip(left, right, strict=True)), arb(0))


def pixel_product(left: tuple[Rows, Rows], right: tuple[Rows, Rows]) -> arb:
    """The inner product of two sums over pixels l of D_l v_l^T, each given as (D, v)."""
    pairs = (tuple(zip(*one, strict=True)) for one in (left, right))
    both = product(*pairs)
    return sum((dot(D, E) * dot(v, w) for (D, v), (E, w) in both), arb(0))


def added(left: Rows, right: Rows) -> Rows:
    """The sum, entry by entry."""
    return [[p + q for p, q in zip(*pair, strict=True)] for pair in zip(left, right, strict=True)]


def spread(rows: Rows, q: int) -> Rows:
    """Patches: at pixel l, for every channel, the pixels l - (q - 1)//2 + t, t < q; 0 outside."""
    p, left = len(rows), (q - 1) // 2

    def at(k: int, c: int) -> arb:
        return rows[k][c] if 0 <= k < p else arb(0)

    return [[at(k + t - left, c) for c in range(len(rows[0])) for t in range(q)] for k in range(p)]


def gathered(patches: Rows, q: int) -> Rows:
    """The transpose of `spread`."""
    p, left = len(patches), (q - 1) // 2
    found = [[arb(0)] * (len(patches[0]) // q) for _ in range(p)]
    for pixel, patch in enumerate(patches):
        for place, value in enumerate(patch):
            k = pixel + place % q - left
            if 0 <= k < p:
                found[k][place // q] += value
    return found


def apart(left: Rows, right: Rows) -> Rows:
    """The difference, entry by entry."""
    return [[p - q for p, q in zip(*pair, strict=True)] for pair in zip(left, right, strict=True)]


def outer(scale: arb, weights: Sequence[arb], left: Rows, right: Rows) -> Rows:
    """The matrix scale sum_i w_i left_i right_i^T."""
    spend(len(left) * len(left[0]) * len(right[0]))
    bent = [[scale * w * z for z in row] for w, row in zip(weights, left, strict=True)]
    columns = list(zip(*right, strict=True))
    return [[dot(list(p), list(q)) for q in columns] for p in zip(*bent, strict=True)]
