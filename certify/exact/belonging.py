"""Which recipes a certificate may speak about: nobody proves something about another network."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .canonical import canonical


def belongs(recipe: Any, instance: Any) -> bool:
    """Whether a certificate may speak about this recipe at this instance.

    It may if the instance has no recipe with explicit rows, or has this one; weights that the
    instance draws at random are written out in the certificate.
    """
    given = list(_recipes(instance))
    return not recipe or not given or any(_agrees(recipe, one) for one in given)


def _agrees(recipe: Any, given: Mapping[str, Any]) -> bool:
    if not isinstance(recipe, Mapping):
        return False
    drawn, free = _drawn(given)
    kept = {key for key in given if given[key] is not None and key not in drawn}
    free = free - kept
    heads = given.get("heads")
    if heads == "zero" and not all(_is_zero(recipe.get(key)) for key in ("u", "v")):
        return False
    stated = {key for key in recipe if recipe[key] is not None}
    same = all(key in stated and canonical(recipe[key]) == canonical(given[key]) for key in kept)
    return same and stated <= kept | free and recipe.get("heads") in (None, heads)


def _drawn(given: Mapping[str, Any]) -> tuple[set[str], set[str]]:
    """Which keys of an instance say how weights are drawn, and which may be written instead."""
    drawn, free = set(), set()
    if isinstance(given.get("weights"), Mapping):
        drawn = {"weights", "outputs"} if isinstance(given.get("outputs"), str) else {"weights"}
        free = {"signs"} | drawn
    if given.get("gaussian") is not None:
        drawn, free = drawn | {"gaussian", "s_w"}, free | {"A", "W"}
    if given.get("heads") is not None:
        drawn, free = drawn | {"heads"}, free | {"u", "v", "heads"}
    return drawn, free


def _is_zero(row: Any) -> bool:
    return row is None or (isinstance(row, list | tuple) and all(z in (0, "0") for z in row))


def _recipes(value: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, Mapping):
        if "rows" in value or {"W", "b"} <= set(value):
            yield value
        value = list(value.values())
    if isinstance(value, list | tuple):
        for item in value:
            yield from _recipes(item)
