"""What the starts of all networks have in common: data, and labels, given or by a residual."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float64
from torch import Tensor

from models.dataset import Dataset
from models.recipes.exact_value import ExactValue
from models.recipes.plain import plainer_recipes
from models.recipes.recipe import exact_row, rounded, without, written


@dataclass(frozen=True, slots=True, init=False, eq=False, repr=False)
class StartOnData(ExactValue):
    """Data beside a network at its initial weights; recipes have "rows", "normalised" and labels.

    Attributes:
        x: inputs, one per sample.
        y: labels.
    """

    x: Float64[Tensor, "*shape"]
    y: Float64[Tensor, " n"]

    @property
    def n(self) -> int:
        """Number of samples."""
        return int(self.x.shape[0])

    @property
    def data(self) -> Dataset:
        """Inputs, pixels flattened, and labels; those made from a residual as the floats they are.

        What premises of data are asked of.
        """
        recipe = self.recipe
        labels = recipe.get("labels", self.y.tolist())
        return Dataset.of(rows=recipe["rows"], labels=labels, normalised=recipe["normalised"])

    def _without_samples(self) -> Iterator[dict[str, Any]]:
        """Recipes without one sample, the last first; none where there is one alone."""
        recipe = self.recipe
        numbers = "labels" if "labels" in recipe else "residual"
        for i in reversed(range(self.n)) if self.n > 1 else ():
            yield {**recipe, **{name: without(recipe[name], i) for name in ("rows", numbers)}}

    def _plainer(self, names: Sequence[str]) -> Iterator[dict[str, Any]]:
        """`plainer_recipes` in which no input is 0."""
        for plain in plainer_recipes(self.recipe, names):
            if all(any(z != "0" for z in row) for row in plain["rows"]):
                yield plain


def check_posed(known: Mapping[str, Any], where: str) -> None:
    """That a recipe has labels or a residual, and says whether its rows are normalised.

    Raises:
        ValueError: both, neither, or a word that is no bool.
    """
    if (known.get("residual") is None) == (known.get("labels") is None):
        raise ValueError(f"{where}: give exactly one of residual and labels")
    normalised = known.get("normalised", True)
    if not isinstance(normalised, bool):
        raise ValueError(f"{where}: normalised={normalised!r}; give True or False")


def posed_labels(
    known: Mapping[str, Any], n: int, where: str, u: Callable[[], Tensor]
) -> tuple[Float64[Tensor, " n"], dict[str, list[str]]]:
    """The labels, the recipe's own or u(0) + residual, and their part of the canonical recipe.

    Args:
        known: a recipe that `check_posed` lets pass.
        n: number of samples.
        where: the kind of instance, for errors.
        u: computes the predictions at the start; asked where there is a residual only.

    Raises:
        ValueError: not one number per sample, or no finite one.
    """
    kind = "labels" if known.get("labels") is not None else "residual"
    numbers = exact_row(known[kind], f"{where}.{kind}")
    if len(numbers) != n:
        raise ValueError(f"{where}: {n} rows, {len(numbers)} {kind}; give one per row")
    y = torch.tensor([rounded(z, f"{where}.{kind}") for z in numbers], dtype=torch.float64)
    y = u() + y if kind == "residual" else y
    return y, {kind: [written(z) for z in numbers]}
