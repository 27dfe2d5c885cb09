"""The real data sets that scikit-learn ships: floats for models, exact decimals for our tests."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import cache, lru_cache, partial
from typing import Any, TypeAlias

from sklearn import datasets as shipped

from models import Dataset, register_source
from strategies.lines import Row, line, ray

Table: TypeAlias = tuple[list[list[float]], list[float]]

SCALINGS = ("standardised", "raw-sphere", "raw")
_SIZES = {"iris": 150, "wine": 178, "breast_cancer": 569, "digits": 1797, "diabetes": 442}
_COLUMNS = {"iris": 4, "wine": 13, "breast_cancer": 30, "digits": 64, "diabetes": 10}
SETS = tuple(_SIZES)


@cache
def table(name: str) -> Table:
    """All rows as shipped, and the labels divided by the largest one, so that |y_i| <= 1."""
    load = getattr(shipped, f"load_{name}")
    bunch = load(scaled=False) if name == "diabetes" else load()
    rows: list[list[float]] = bunch.data.tolist()
    most = float(bunch.target.max())
    return rows, [float(label) / most for label in bunch.target]


for _name in SETS:
    register_source(_name, partial(table, _name))


def size(name: str) -> int:
    """Number of rows of a set, without loading it."""
    return _SIZES[name]


def columns(name: str) -> int:
    """Number of columns of a set, without loading it."""
    return _COLUMNS[name]


def exact_rows(data: Dataset) -> list[tuple[Fraction, ...]] | list[Row]:
    """Exact rows that are zero or parallel iff those of x are; for real rows, one per line."""
    recipe: dict[str, Any] = data.recipe
    if "source" not in recipe:
        return [tuple(Fraction(z) for z in row) for row in recipe["rows"]]
    return [real_ray(recipe["source"], index, recipe["scaling"]) for index in recipe["indices"]]


@lru_cache(maxsize=8192)
def real_ray(name: str, index: int, scaling: str) -> Row:
    """The primitive integer direction of a real row, up to a common positive factor per column.

    Standardised rows are compared before the division by the deviations: it multiplies every
    column by one positive number, which keeps what is parallel parallel, and is irrational.
    """
    row = _decimals(table(name)[0][index])
    if scaling == "standardised":
        row = [size(name) * z - total for z, total in zip(row, _totals(name), strict=True)]
    return ray(row)


def real_line(name: str, index: int, scaling: str) -> Row:
    """As `real_ray`, with opposite directions alike."""
    return line(real_ray(name, index, scaling))


@cache
def _totals(name: str) -> list[Fraction]:
    return [sum(_decimals(column), Fraction(0)) for column in zip(*table(name)[0], strict=True)]


def _decimals(values: Sequence[float]) -> list[Fraction]:
    # repr gives back the decimal that the file has.
    return [Fraction(repr(value)) for value in values]
