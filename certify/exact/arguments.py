"""Arguments of a quantity, as its model meets them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Protocol, TypeAlias

from .balls import Undecided, UnreadableError
from .values import Value

MOST_STEPS = 20000


@dataclass(frozen=True, slots=True, eq=False)
class Argument:
    """One argument.

    Attributes:
        text: the canonical text of its tree: equal texts mean equal arguments.
        given: what was written, rows of numbers for one.
        value: what its tree amounts to; 0 of rows.
    """

    text: str
    given: Any
    value: Value


Arguments: TypeAlias = "Mapping[str, Argument]"


class Model(Protocol):
    """An exact model at the working precision."""

    def quantity(self, name: str, arguments: Arguments) -> Value:
        """A named quantity; raises UnreadableError where there is no such one."""


def unknown(model: str, name: str, arguments: Arguments) -> UnreadableError:
    """The error for a quantity that a model does not have."""
    asked = f"{ascii(name)[:60]} with arguments {ascii(sorted(arguments))[:80]}"
    return UnreadableError(f"{model}: there is no quantity {asked}")


def steps(argument: Argument) -> int:
    """A number of steps.

    Raises:
        UnreadableError: no integer from 0 to 20000.
    """
    count = argument.value
    if not isinstance(count, Fraction) or count.denominator != 1 or not 0 <= count <= MOST_STEPS:
        raise UnreadableError(f"steps: no integer from 0 to {MOST_STEPS}; give one")
    return int(count)


def index(argument: Argument, where: str, count: int) -> int:
    """A place among `count`, from 0.

    Raises:
        UnreadableError: no integer from 0 to count - 1.
    """
    found = argument.value
    if not isinstance(found, Fraction) or found.denominator != 1 or not 0 <= found < count:
        raise UnreadableError(f"{where}: no integer from 0 to {count - 1}; give one")
    return int(found)


def positive(argument: Argument, where: str) -> Value:
    """A number > 0.

    Raises:
        UnreadableError: it is not; Undecided: its sign is not certain.
    """
    if argument.value <= 0:
        raise UnreadableError(f"{where}: not positive; give a number > 0")
    if not argument.value > 0:
        raise Undecided(f"{where}: too near 0 for its sign")
    return argument.value
