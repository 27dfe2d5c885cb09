"""Data sets by family and size, as exact recipes: the n of a map."""

from __future__ import annotations

import math
from typing import Any

from models import Dataset, SeedNumber, gaussian_weights
from strategies.sources import SETS, size

FAMILIES = ("random", "orthonormal", "circle")
_UNIT = 30  # integers of Gaussian directions have about this size
_DIGITS = 1000  # of points of a circle
_DIMENSION = 10
_MOST = 2000  # samples


def named_data(family: str, n: int) -> Dataset:
    """Unit inputs of a family; labels are 1, -1, 1, ... but for real sets, which bring theirs.

    Args:
        family: "random" or "random:D" (rounded Gaussian directions of dimension D = 10, those of
            n - 1 samples and one more), "orthonormal" (d = n), "circle" (equal angles of a half
            circle), or a set: "iris", ... (rows spread over it, standardised).
        n: samples, 1 to 2000.

    Raises:
        ValueError: no such family, or not so many samples.
    """
    name, colon, dimension = family.partition(":")
    if n < 1:
        raise ValueError(f"--data: n={n}; give at least one sample")
    if n > _MOST:
        raise ValueError(f"--data: n={n}; give at most {_MOST} samples, kernels are n x n")
    if name in SETS and not colon:
        return Dataset.from_recipe(_real(name, n))
    if name not in FAMILIES or (colon and (name != "random" or not _counts(dimension))):
        raise ValueError(
            f"--data: {family!r} is no family of data; give random, random:D, orthonormal, "
            f"circle, {', '.join(SETS)}"
        )
    rows = _rows(name, n, int(dimension) if colon else _DIMENSION)
    return Dataset.of(rows=rows, labels=[1 - 2 * (i % 2) for i in range(n)])


def _rows(name: str, n: int, d: int) -> list[list[int]]:
    if name == "orthonormal":
        return [[int(i == j) for j in range(n)] for i in range(n)]
    if name == "circle":
        angles = [math.pi * (i + 0.5) / n for i in range(n)]
        return [[round(_DIGITS * math.cos(t)), round(_DIGITS * math.sin(t))] for t in angles]
    # Each row has counters of its own, so more samples leave the first ones as they are.
    directions = (_UNIT * gaussian_weights(n, d, SeedNumber(0))).round().long().reshape(n, d)
    return [row if any(row) else [1] * d for row in directions.tolist()]


def _real(name: str, n: int) -> dict[str, Any]:
    if n > size(name):
        raise ValueError(f"--data {name}: n={n}, and it has {size(name)} rows; give no more")
    indices = [i * size(name) // n for i in range(n)]
    return {"source": name, "indices": indices, "scaling": "standardised", "labels": "own"}


def _counts(text: str) -> bool:
    return text.isdecimal() and int(text) >= 1
