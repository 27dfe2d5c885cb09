"""What every drawn instance has in common: it is its exact recipe."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, Self

from models.recipes.recipe import canonical


class Printer(Protocol):
    """What Hypothesis and IPython hand to `_repr_pretty_`."""

    def text(self, text: str) -> None: ...  # noqa: D102


@dataclass(frozen=True, slots=True, init=False, eq=False, repr=False)
class ExactValue:
    """Equality, hash, text and JSON from the exact recipe alone.

    A kind of instance is a frozen, slotted dataclass with `eq=False, repr=False` whose `__init__`
    takes the recipe, checks it, and hands its canonical form with all attributes to `_keep`.
    """

    _text: str

    def __init__(self, recipe: Any) -> None:
        raise NotImplementedError(f"{type(self).__name__}: no way to read {recipe!r}")

    def _keep(self, exact_recipe: Mapping[str, Any], **attributes: Any) -> None:
        for name, value in attributes.items():
            object.__setattr__(self, name, value)
        object.__setattr__(self, "_text", canonical(dict(exact_recipe)))

    @classmethod
    def from_recipe(cls, recipe: Any) -> Self:
        """The value whose `recipe` this is, also after a round trip through JSON."""
        return cls(recipe)

    @property
    def recipe(self) -> dict[str, Any]:
        """JSON-able exact description, a fresh copy."""
        recipe: dict[str, Any] = json.loads(self._text)
        return recipe

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ExactValue) or type(other) is not type(self):
            return NotImplemented
        return self._text == other._text

    def __hash__(self) -> int:
        return hash(self._text)

    def _repr_pretty_(self, printer: Printer, cycle: bool) -> None:  # noqa: FBT001, ARG002
        printer.text(repr(self))
