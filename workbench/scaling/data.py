"""The data of a scaling: named families with exact recipes, shipped sets, and the user's files."""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from claims.locate import NotFoundError
from models import Dataset
from strategies import SETS
from strategies.sources import size

FAMILIES = ("orthonormal", "plane")
_FINE = 10_000  # denominators of rational half-angle tangents


def family(name: str, n: int) -> Dataset:
    """Unit vectors of a named family, with labels 1, -1, 1, ...

    Args:
        name: "orthonormal": the axes of R^n, lambda_0 = 1/2; "plane": angles k pi/n in the plane,
            near by rational points.
        n: how many, >= 1.
    """
    if name == "orthonormal":
        rows = [[int(i == j) for j in range(n)] for i in range(n)]
    else:
        rows = [_direction(math.pi * k / n) for k in range(n)]
    return Dataset.of(rows=rows, labels=_signs(n))


def pair(lambda_0: float) -> Dataset:
    """Two unit vectors at an acute angle whose lambda_0 is near the given one, exactly rational.

    lambda_0 = 1/2 - cos(t)(pi - t)/(2 pi) grows with the angle t from 0 to 1/2 at pi/2.

    Raises:
        NotFoundError: lambda_0 is outside of (0, 1/2].
    """
    if not 0 < lambda_0 <= 0.5:
        raise NotFoundError(f"--over lambda_0: {lambda_0:g}; two unit vectors have one in (0, 1/2]")
    low, high = 0.0, math.pi / 2
    for _ in range(60):
        t = (low + high) / 2
        below = 0.5 - math.cos(t) * (math.pi - t) / (2 * math.pi) < lambda_0
        low, high = (t, high) if below else (low, t)
    return Dataset.of(rows=[[1, 0], _direction(high)], labels=_signs(2))


def rows_of(source: str, n: int) -> Dataset:
    """The first n rows of a shipped set or of a file, on the unit sphere.

    Columns of a shipped set are standardised over the whole set before its rows are normalised;
    those of a file are taken as they are.

    Args:
        source: iris, ..., or a file: .npz with arrays x and y, .csv with the label last.
        n: how many.

    Raises:
        NotFoundError: no such data, too few rows, or rows that cannot be used.
    """
    if source in SETS:
        _check_count(source, n, size(source))
        recipe = {"source": source, "indices": list(range(n)), "labels": "own"}
        return Dataset.from_recipe({**recipe, "scaling": "standardised"})
    rows, labels = _file(source)
    _check_count(source, n, len(rows))
    try:
        return Dataset.of(rows=rows[:n], labels=labels[:n])
    except ValueError as error:
        raise NotFoundError(f"--data {source}: {error}") from error


def words(source: str | None, name: str, n: int) -> str:
    """The data in words."""
    if source is None:
        shown = {"orthonormal": f"{n} axes of R^{n}", "plane": f"{n} directions k pi/{n}"}
        return shown[name]
    return f"the first {n} rows of {source}, normalised"


def _file(source: str) -> tuple[list[list[float]], list[float]]:
    path = Path(source)
    readers = {".npz": _arrays, ".csv": _table}
    if path.suffix not in readers:
        raise NotFoundError(
            f"--data {source}: no such data; give one of {', '.join(SETS)}, or a file .npz or .csv"
        )
    try:
        x, y = readers[path.suffix](path)
    except (OSError, KeyError, ValueError) as error:
        raise NotFoundError(f"--data {source}: {error}; give arrays x and y, or numbers") from error
    if x.ndim != 2 or y.shape != x.shape[:1] or not np.isfinite(x).all():
        raise NotFoundError(
            f"--data {source}: x has shape {x.shape} and y {y.shape}; give finite rows, one label "
            "for each"
        )
    return x.tolist(), y.tolist()


def _arrays(path: Path) -> tuple[Any, Any]:
    with np.load(path, allow_pickle=False) as arrays:
        return np.asarray(arrays["x"], dtype=float), np.asarray(arrays["y"], dtype=float)


def _table(path: Path) -> tuple[Any, Any]:
    with path.open(newline="", encoding="utf-8") as stream:
        lines = [line for line in csv.reader(stream) if line]
    if lines and not _numbers(lines[0]):
        lines = lines[1:]  # a header
    table = np.array([[float(cell) for cell in line] for line in lines], dtype=float)
    if table.ndim != 2 or table.shape[1] < 2:
        raise ValueError(f"{len(lines)} rows of one column or none")
    return table[:, :-1], table[:, -1]


def _numbers(cells: Sequence[str]) -> bool:
    try:
        [float(cell) for cell in cells]
    except ValueError:
        return False
    return True


def _check_count(source: str, n: int, most: int) -> None:
    if n > most:
        raise NotFoundError(f"--data {source}: {n} rows asked for; it has {most}")


def _direction(angle: float) -> list[int]:
    """Integers in a direction within 1e-4 of an angle in [0, pi)."""
    s = Fraction(math.tan(angle / 2)).limit_denominator(_FINE)
    p, q = s.numerator, s.denominator
    return [q * q - p * p, 2 * p * q]


def _signs(n: int) -> list[int]:
    return [1 - 2 * (i % 2) for i in range(n)]
