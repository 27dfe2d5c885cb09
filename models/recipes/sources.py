"""Real data by name: whoever knows a data set registers a loader, recipes name its rows."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any

from models.recipes.recipe import unit_row

Loader = Callable[[], tuple[Any, Any]]

SCALINGS = ("standardised", "raw-sphere", "raw")

_loaders: dict[str, Loader] = {}


@dataclass(frozen=True, slots=True)
class _Table:
    rows: list[list[float]]
    labels: list[float]
    standardised: list[list[float]]


def register_source(name: str, loader: Loader) -> None:
    """Makes the rows of a real data set available to recipes.

    Args:
        name: what recipes call it, such as "iris".
        loader: gives (rows, labels), (N, d) and (N,) lists, arrays or tensors of finite numbers;
            called at the first use, and once.

    Raises:
        ValueError: another loader has the name already.
    """
    if _loaders.get(name, loader) is not loader:
        raise ValueError(f"register_source: {name!r} is registered already; choose another name")
    _loaders[name] = loader


def source_rows(name: str, indices: Sequence[int], scaling: str) -> list[list[float]]:
    """The chosen rows, scaled.

    As they are ("raw"), on the unit sphere ("raw-sphere"), or on it after every column of the
    whole set got mean 0 and variance 1 ("standardised").

    Raises:
        ValueError: no such source, row or scaling, or a zero row that the sphere has no place for.
    """
    where = f"source {name!r}"
    if scaling not in SCALINGS:
        raise ValueError(f"{where}: scaling={scaling!r}; give one of {', '.join(SCALINGS)}")
    table = _table(name)
    _check_indices(where, indices, len(table.rows))
    chosen = [(table.standardised if scaling == "standardised" else table.rows)[i] for i in indices]
    if scaling == "raw":
        return chosen
    return [unit_row([Fraction(value) for value in row], where) for row in chosen]


def source_labels(name: str, indices: Sequence[int]) -> list[float]:
    """The data set's own labels of the chosen rows. Raises ValueError: no such source or row."""
    table = _table(name)
    _check_indices(f"source {name!r}", indices, len(table.labels))
    return [table.labels[i] for i in indices]


@cache
def _table(name: str) -> _Table:
    if name not in _loaders:
        known = ", ".join(sorted(_loaders)) or "none"
        raise ValueError(f"source {name!r}: it is not registered; registered: {known}")
    rows, labels = _loaders[name]()
    plain = [[float(value) for value in row] for row in rows]
    own = [float(value) for value in labels]
    if not plain or len(own) != len(plain) or len({len(row) for row in plain}) != 1:
        raise ValueError(f"source {name!r}: rows or labels of unequal lengths; mend the loader")
    if not all(math.isfinite(value) for row in [*plain, own] for value in row):
        raise ValueError(f"source {name!r}: a number is not finite; mend the loader")
    return _Table(plain, own, _standardised(plain))


def _standardised(rows: list[list[float]]) -> list[list[float]]:
    columns = []
    for column in zip(*rows, strict=True):
        # fsum is exactly rounded, so these floats do not depend on the machine's summation order.
        mean = math.fsum(column) / len(column)
        centred = [value - mean for value in column]
        deviation = math.sqrt(math.fsum(c * c for c in centred) / len(column))
        columns.append([c / deviation for c in centred] if deviation > 0 else [0.0] * len(column))
    return [list(row) for row in zip(*columns, strict=True)]


def _check_indices(where: str, indices: Sequence[int], available: int) -> None:
    for index in indices:
        if isinstance(index, bool) or not isinstance(index, int) or not 0 <= index < available:
            raise ValueError(f"{where}: row {index!r}; give integers from 0 to {available - 1}")
