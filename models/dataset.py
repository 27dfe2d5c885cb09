"""Training data: an exact recipe, and the tensors that it stands for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float64
from torch import Tensor

from models.recipes.exact_value import ExactValue
from models.recipes.plain import plainer_recipes
from models.recipes.recipe import (
    Number,
    exact_row,
    exact_rows,
    pasted_row,
    pasted_rows,
    rounded,
    unit_row,
    without,
    written,
    zero_columns,
)
from models.recipes.sources import register_source, source_labels, source_rows

__all__ = ["Dataset", "register_source"]

_SOURCE_KEYS = {"source", "indices", "scaling", "labels"}
_ROW_KEYS = {"rows", "labels", "normalised"}


@dataclass(frozen=True, slots=True, init=False, eq=False, repr=False)
class Dataset(ExactValue):
    """Inputs and labels; equality, hash, text and JSON come from the exact recipe alone.

    Attributes:
        x: inputs, one row per sample; x_i = z_i/|z_i| for a normalised recipe with rows z_i.
        y: labels.

    Raises:
        ValueError: the recipe has a NaN, infinite, zero, missing or ragged row, or a wrong key.
    """

    x: Float64[Tensor, "n d"]
    y: Float64[Tensor, " n"]

    def __init__(self, recipe: dict[str, Any]) -> None:
        if not isinstance(recipe, dict):
            raise ValueError(f"Dataset: recipe={recipe!r}; give a dict with rows and labels")
        read = _from_source if "source" in recipe else _from_rows
        x, y, exact_recipe = read(recipe)
        tensors = {
            "x": torch.tensor(x, dtype=torch.float64),
            "y": torch.tensor(y, dtype=torch.float64),
        }
        self._keep(exact_recipe, **tensors)

    @classmethod
    def of(
        cls,
        *,
        rows: Sequence[Sequence[Number]],
        labels: Sequence[Number],
        normalised: bool = True,
    ) -> Dataset:
        """Data from exact rows z_i and labels y_i.

        Args:
            rows: ints, Fractions, Decimals or text such as "1/3" and "0.25"; no row may be zero.
                A float means the shortest decimal that prints it.
            labels: one exact number per row.
            normalised: x_i = z_i/|z_i| if true, else x_i = z_i.

        Raises:
            ValueError: as for the class.
        """
        return cls({"rows": rows, "labels": labels, "normalised": normalised})

    @property
    def n(self) -> int:
        """Number of samples."""
        return int(self.x.shape[0])

    @property
    def d(self) -> int:
        """Input dimension."""
        return int(self.x.shape[1])

    def simpler(self) -> Iterator[Dataset]:
        """The data without one sample, then without one coordinate that is 0 throughout."""
        recipe = self.recipe
        key = "indices" if "source" in recipe else "rows"
        for i in reversed(range(self.n)) if self.n > 1 else ():
            labels = recipe["labels"] if recipe["labels"] == "own" else without(recipe["labels"], i)
            yield Dataset({**recipe, key: without(recipe[key], i), "labels": labels})
        for j in zero_columns(recipe[key]) if key == "rows" and self.d > 1 else ():
            yield Dataset({**recipe, "rows": [without(row, j) for row in recipe["rows"]]})

    def plainer(self) -> Iterator[Dataset]:
        """Data nearby whose numbers are integers, halves or short decimals, plainest first."""
        for plain in plainer_recipes(self.recipe, ("rows", "labels")):
            if all(any(z != "0" for z in row) for row in plain.get("rows", ())):
                yield Dataset(plain)

    def __repr__(self) -> str:
        recipe = self.recipe
        if "source" in recipe:
            return f"Dataset.from_recipe({recipe!r})"
        rows, labels = pasted_rows(recipe["rows"]), pasted_row(recipe["labels"])
        normalised = "" if recipe["normalised"] else ", normalised=False"
        return f"Dataset.of(rows={rows}, labels={labels}{normalised})"


def _from_rows(recipe: dict[str, Any]) -> tuple[list[list[float]], list[float], dict[str, Any]]:
    if set(recipe) - {"normalised"} != _ROW_KEYS - {"normalised"}:
        raise ValueError(f"Dataset: keys {sorted(recipe)}; give {sorted(_ROW_KEYS)}")
    normalised = recipe.get("normalised", True)
    if not isinstance(normalised, bool):
        raise ValueError(f"Dataset: normalised={normalised!r}; give True or False")
    x, texts = inputs(recipe["rows"], "Dataset", normalised=normalised)
    labels = exact_row(recipe["labels"], "Dataset.labels")
    if len(labels) != len(x):
        raise ValueError(f"Dataset: {len(x)} rows, {len(labels)} labels; give one label per row")
    y = [rounded(label, "Dataset.labels") for label in labels]
    exact_recipe = {"rows": texts, "labels": [written(label) for label in labels]}
    return x, y, {**exact_recipe, "normalised": normalised}


def inputs(
    rows: Sequence[Sequence[Number]], where: str, *, normalised: bool
) -> tuple[list[list[float]], list[list[str]]]:
    """The floats of exact rows and their canonical text.

    Raises:
        ValueError: a row is zero, ragged, missing or no exact numbers.
    """
    exact = exact_rows(rows, f"{where}.rows")
    texts = [[written(z) for z in row] for row in exact]
    if normalised:
        return [unit_row(row, f"{where}.rows") for row in exact], texts
    x = [[rounded(z, f"{where}.rows") for z in row] for row in exact]
    if not all(any(row) for row in x):
        raise ValueError(f"{where}.rows: a row is zero; give nonzero rows")
    return x, texts


def _from_source(recipe: dict[str, Any]) -> tuple[list[list[float]], list[float], dict[str, Any]]:
    if set(recipe) != _SOURCE_KEYS:
        raise ValueError(f"Dataset: keys {sorted(recipe)}; give {sorted(_SOURCE_KEYS)}")
    name, indices, scaling = recipe["source"], recipe["indices"], recipe["scaling"]
    if not isinstance(name, str) or not isinstance(indices, list | tuple) or not indices:
        raise ValueError(
            f"Dataset: source={name!r}, indices={indices!r}; give a name and at least one row"
        )
    x = source_rows(name, indices, scaling)
    if not all(any(row) for row in x):
        raise ValueError(f"Dataset: a chosen row of {name!r} is zero; choose nonzero rows")
    labels: str | list[str] = "own"
    if recipe["labels"] == "own":
        y = source_labels(name, indices)
    else:
        exact = exact_row(recipe["labels"], "Dataset.labels")
        labels, y = [written(z) for z in exact], [rounded(z, "Dataset.labels") for z in exact]
    if len(y) != len(x):
        raise ValueError(f"Dataset: {len(x)} rows, {len(y)} labels; give one label per row")
    exact_recipe = {"source": name, "indices": list(indices), "scaling": scaling, "labels": labels}
    return x, y, exact_recipe
