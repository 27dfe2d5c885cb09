"""Exact numbers of recipes: rows and lists, brought to integers over one denominator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import lcm

from flint import fmpz_mat

from .balls import UnreadableError, spend
from .digits import number

MOST_SAMPLES, MOST_COORDINATES, MOST_NEURONS = 64, 200, 5000
_DENOMINATOR_BITS = 2048


def field(recipe: object, key: str, where: str) -> object:
    """One entry of a recipe.

    Raises:
        UnreadableError: it is not there, or the recipe is no object.
    """
    if not isinstance(recipe, Mapping) or recipe.get(key) is None:
        raise UnreadableError(f"{where}: the recipe has no {key!r}; give it")
    return recipe[key]


def numbers(values: object, where: str, *, most: int, count: int | None = None) -> list[Fraction]:
    """A list of exact numbers.

    Raises:
        UnreadableError: no list, empty, too long, not `count` numbers, or one is no number.
    """
    if not isinstance(values, list | tuple) or not 1 <= len(values) <= most:
        raise UnreadableError(f"{where}: no list of 1 to {most} entries; give one")
    if count is not None and len(values) != count:
        raise UnreadableError(f"{where}: {len(values)} entries; give {count}")
    return [number(value, where) for value in values]


def rows(
    values: object, where: str, *, most: int, coordinates: int | None = None
) -> list[list[Fraction]]:
    """Rows of exact numbers, of one length.

    Raises:
        UnreadableError: no list, empty, too many, ragged, or an entry is no number.
    """
    if not isinstance(values, list | tuple) or not 1 <= len(values) <= most:
        raise UnreadableError(f"{where}: no list of 1 to {most} rows; give one")
    first = numbers(values[0], where, most=MOST_COORDINATES, count=coordinates)
    rest = [numbers(row, where, most=MOST_COORDINATES, count=len(first)) for row in values[1:]]
    return [first, *rest]


def integers(matrix: Sequence[Sequence[Fraction]], where: str) -> tuple[fmpz_mat, int]:
    """A matrix of integers and the denominator that all of them have.

    Raises:
        UnreadableError: the denominator has too many digits.
    """
    denominator = 1
    for row in matrix:
        denominator = lcm(denominator, *(entry.denominator for entry in row))
        if denominator.bit_length() > _DENOMINATOR_BITS:
            raise UnreadableError(f"{where}: the common denominator has over 600 digits")
    spend(len(matrix) * len(matrix[0]))
    table = [
        [entry.numerator * (denominator // entry.denominator) for entry in row] for row in matrix
    ]
    return fmpz_mat(table), denominator


def product(left: fmpz_mat, right: fmpz_mat) -> list[list[int]]:
    """The product left right^T, exact.

    Raises:
        Hopeless: the work of this check is done.
    """
    spend(left.nrows() * left.ncols() * right.nrows())
    return [[int(entry) for entry in row] for row in (left * right.transpose()).tolist()]
