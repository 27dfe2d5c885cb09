"""Plainer numbers: recipes whose entries are rounded to integers, halves or short decimals."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

from models.recipes.recipe import written

_DENOMINATORS = (1, 2, 10, 100)  # of the grids, the plainest first
_SHORT = 99  # integers beyond it are no plainer than fractions


def plainer_recipes(recipe: dict[str, Any], names: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Recipes with plainer numbers under the given names, the plainest first.

    All names are rounded to one grid, then each of them alone. Directions are also cleared of
    their denominators, which leaves the inputs what they are.

    Args:
        recipe: canonical, numbers as text.
        names: entries that hold a number, a list of them, or rows of them.
    """
    seen = [recipe]
    present = [name for name in names if isinstance(recipe.get(name), list)]
    for denominator in _DENOMINATORS:
        for chosen in (present, *([name] for name in present if len(present) > 1)):
            rounded = {name: _on_grid(recipe[name], denominator) for name in chosen}
            if (plain := {**recipe, **rounded}) not in seen:
                seen.append(plain)
                yield plain
    if recipe.get("normalised") and "rows" in present:
        whole = [_whole(row) for row in recipe["rows"]]
        if whole != recipe["rows"]:
            yield {**recipe, "rows": whole}


def _on_grid(value: Any, denominator: int) -> Any:
    if isinstance(value, list):
        return [_on_grid(item, denominator) for item in value]
    rounded = written(Fraction(round(Fraction(value) * denominator), denominator))
    # 1/3 stays where the nearest hundredth is longer.
    return rounded if len(rounded) < len(value) else value


def _whole(row: list[str]) -> list[str]:
    """The shortest integers in the direction of a row; the row itself if they are long."""
    exact = [Fraction(text) for text in row]
    scale = math.lcm(*(z.denominator for z in exact))
    integers = [int(z * scale) for z in exact]
    common = math.gcd(*integers) or 1
    shortest = [z // common for z in integers]
    return [str(z) for z in shortest] if max(map(abs, shortest)) <= _SHORT else row
