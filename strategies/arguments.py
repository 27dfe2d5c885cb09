"""Argument checks that every strategy shares: one wording for one mistake."""

from __future__ import annotations

from collections.abc import Collection
from fractions import Fraction
from typing import TypeAlias

Real: TypeAlias = int | float | Fraction


def check_sizes(where: str, name: str, low: int, high: int, *, floor: int = 1) -> None:
    """Raise ValueError unless floor <= min_<name> <= max_<name> are integers."""
    for key, value in ((f"min_{name}", low), (f"max_{name}", high)):
        if isinstance(value, bool) or not isinstance(value, int) or value < floor:
            raise ValueError(f"{where}: {key}={value!r}; give an integer >= {floor}")
    if low > high:
        raise ValueError(
            f"{where}: min_{name}={low} > max_{name}={high}; give min_{name} <= max_{name}"
        )


def check_choice(where: str, name: str, value: object, allowed: Collection[str]) -> None:
    """Raise ValueError unless the value is one of the allowed words."""
    if value not in allowed:
        raise ValueError(f"{where}: {name}={value!r}; give one of {sorted(allowed)}")


def check_words(where: str, name: str, values: object, allowed: Collection[str]) -> tuple[str, ...]:
    """A tuple of distinct allowed words, at least one.

    Raises:
        ValueError: a bare word, none, a repeated one, or one that is not allowed.
    """
    if isinstance(values, str) or not isinstance(values, Collection):
        raise ValueError(f"{where}: {name}={values!r}; give a tuple of {sorted(allowed)}")
    words = tuple(values)
    for word in words:
        check_choice(where, name, word, allowed)
    if not words or len(set(words)) < len(words):
        raise ValueError(f"{where}: {name}={words!r}; give at least one of each name, once")
    return words


def exact(where: str, name: str, value: Real) -> Fraction:
    """The number that was written: a float means the decimal that prints it, so 0.1 is 1/10.

    Raises:
        ValueError: not a finite real number.
    """
    try:
        if isinstance(value, bool):
            raise TypeError
        return Fraction(repr(value)) if isinstance(value, float) else Fraction(value)
    except (TypeError, ValueError):
        raise ValueError(f"{where}: {name}={value!r}; give a finite number") from None


def exact_positive(where: str, name: str, value: Real) -> Fraction:
    """As `exact`, for a number > 0."""
    number = exact(where, name, value)
    if number <= 0:
        raise ValueError(f"{where}: {name}={value!r}; give a number > 0")
    return number
