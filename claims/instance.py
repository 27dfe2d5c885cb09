"""Instances as exact recipes: JSON for machines, code to paste for people."""

from __future__ import annotations

import json
import math
import typing
from collections.abc import Mapping
from fractions import Fraction
from typing import Any, Literal, Protocol, TypeAlias

Json: TypeAlias = bool | int | float | str | list["Json"] | dict[str, "Json"] | None
Recipe: TypeAlias = dict[str, Json]


class HasRecipe(Protocol):
    """A value that knows the exact data it was made from; its class has `from_recipe`."""

    @property
    def recipe(self) -> Any:
        """JSON-able data that `from_recipe` turns into an equal value."""


def encode(value: object) -> Json:
    """The exact recipe of one drawn value.

    Raises:
        TypeError: the value is neither plain (bool, int, float, str, Fraction, a tuple or list of
            such) nor has a `recipe`.
        ValueError: a float is not finite.
    """
    if hasattr(type(value), "from_recipe"):
        recipe: Json = typing.cast("HasRecipe", value).recipe
        return recipe
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"instance: value={value!r} has no recipe; draw finite numbers only")
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Fraction):
        return str(value)
    if isinstance(value, tuple | list):
        return [encode(item) for item in value]
    raise TypeError(
        f"instance: a value of type {type(value).__name__} has no recipe; draw numbers, strings, "
        "Fractions, tuples of these, or a class with `recipe` and `from_recipe`"
    )


def encode_instance(values: Mapping[str, object]) -> Recipe:
    """The recipe of an instance, one entry for each parameter; errors as for `encode`."""
    return {name: encode(value) for name, value in values.items()}


def canonical(recipe: Mapping[str, Json]) -> str:
    """The one JSON text of a recipe: the key of caches and random streams."""
    return json.dumps(recipe, sort_keys=True, separators=(",", ":"), allow_nan=False)


def decode(recipe: object, annotation: object, where: str) -> object:
    """The value of a recipe, by the type that the claim's parameter is annotated with.

    A value that already is of that type is passed through, so `examples=` may hold either.

    Raises:
        ValueError: the recipe does not fit the annotation.
    """
    if annotation is Any:
        return recipe
    origin = typing.get_origin(annotation)
    if origin in (tuple, list):
        return _decode_items(recipe, annotation, where)
    if not isinstance(annotation, type):
        return _decode_choice(recipe, annotation, where)
    if hasattr(annotation, "from_recipe"):
        return recipe if isinstance(recipe, annotation) else annotation.from_recipe(recipe)
    return _decode_plain(recipe, annotation, where)


def decode_instance(
    recipe: Mapping[str, object], annotations: Mapping[str, object], where: str
) -> dict[str, object]:
    """The values of an instance, in the order of the claim's parameters.

    Raises:
        ValueError: a parameter is missing, one is unknown, or a recipe does not fit.
    """
    if set(recipe) != set(annotations):
        raise ValueError(
            f"{where}: the instance gives {sorted(recipe)}; "
            f"give the parameters {list(annotations)}, no more and no less"
        )
    return {
        name: decode(recipe[name], annotation, f"{where}: {name}")
        for name, annotation in annotations.items()
    }


def pasteable(values: Mapping[str, object]) -> str:
    """An instance as Python code, {"data": Dataset.of(...), "delta": 0.1}."""
    return "{" + ", ".join(f'"{name}": {value!r}' for name, value in values.items()) + "}"


def sizes(values: Mapping[str, object]) -> dict[str, int]:
    """The letters n, d, m and steps of an instance, from its values or their attributes."""
    letters = ("n", "d", "m", "steps")
    found: dict[str, int] = {}
    for name, value in values.items():
        if hasattr(type(value), "from_recipe"):
            given = {letter: getattr(value, letter, None) for letter in letters}
        else:
            given = {name: value} if name in letters else {}
        for letter, size in given.items():
            if isinstance(size, int):
                found[letter] = max(size, found.get(letter, 0))
    return found


def _decode_plain(recipe: object, annotation: type, where: str) -> object:
    whole = isinstance(recipe, int) and not isinstance(recipe, bool)
    if annotation is float and (whole or isinstance(recipe, float)):
        return float(typing.cast("float", recipe))
    if annotation is Fraction and (whole or isinstance(recipe, str | Fraction)):
        return Fraction(typing.cast("str", recipe))
    fits = whole if annotation is int else isinstance(recipe, annotation)
    if not fits:
        raise ValueError(
            f"{where}: recipe={recipe!r} is not of type {annotation.__name__}; give one that is"
        )
    return recipe


def _decode_items(recipe: object, annotation: object, where: str) -> object:
    kind, inner = typing.get_origin(annotation), typing.get_args(annotation)
    if not isinstance(recipe, tuple | list):
        raise ValueError(f"{where}: recipe={recipe!r} is no list; give a list of values")
    if kind is tuple and (len(inner) != 2 or inner[1] is not ...):
        if len(inner) != len(recipe):
            raise ValueError(
                f"{where}: recipe={recipe!r} has {len(recipe)} entries; give {len(inner)}"
            )
        return tuple(decode(item, kinds, where) for item, kinds in zip(recipe, inner, strict=True))
    items = [decode(item, inner[0], where) for item in recipe]
    return tuple(items) if kind is tuple else items


def _decode_choice(recipe: object, annotation: object, where: str) -> object:
    choices = typing.get_args(annotation)
    if typing.get_origin(annotation) is Literal:
        if recipe in choices:
            return recipe
        choices = ()
    for choice in choices:
        try:
            return decode(recipe, choice, where)
        except (ValueError, TypeError, KeyError, AttributeError):
            continue
    raise ValueError(
        f"{where}: recipe={recipe!r} does not fit {annotation}; give a value of that type"
    )
