"""A two-layer network at its initial weights, on its data: what deterministic statements need."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import torch
from jaxtyping import Float64
from torch import Tensor

from models.dataset import inputs
from models.randomness import SeedNumber, gaussian_weights, rademacher_signs
from models.recipes.recipe import (
    Number,
    exact_row,
    exact_rows,
    pasted_row,
    pasted_rows,
    rounded,
    without,
    written,
    zero_columns,
)
from models.start_on_data import StartOnData, check_posed, posed_labels
from models.two_layer.network import predictions

_KEYS = {"rows", "normalised", "weights", "signs", "residual", "labels"}


@dataclass(frozen=True, slots=True, init=False, eq=False, repr=False)
class Start(StartOnData):
    """Data and initial weights; equality, hash, text and JSON come from the exact recipe alone.

    Attributes:
        x: inputs, one row per sample.
        y: labels; the recipe's own, or u(W(0)) + residual.
        w: first-layer weights W(0).
        a: output weights.

    Raises:
        ValueError: the recipe has a NaN, infinite, zero, missing or ragged row, or a wrong key.
    """

    x: Float64[Tensor, "n d"]
    y: Float64[Tensor, " n"]
    w: Float64[Tensor, "m d"]
    a: Float64[Tensor, " m"]

    def __init__(self, recipe: dict[str, Any]) -> None:
        normalised = _checked(recipe)
        rows, texts = inputs(recipe["rows"], "Start", normalised=normalised)
        x = torch.tensor(rows, dtype=torch.float64)
        w, weights = _weights(recipe["weights"], x.shape[1])
        a, signs = _signs(recipe.get("signs"), weights, w.shape[0])
        y, labels = posed_labels(recipe, len(rows), "Start", lambda: predictions(x, w, a))
        exact_recipe = {"rows": texts, "normalised": normalised, "weights": weights, "signs": signs}
        self._keep({**exact_recipe, **labels}, x=x, y=y, w=w, a=a)

    @classmethod
    def of(
        cls,
        *,
        rows: Sequence[Sequence[Number]],
        weights: Sequence[Sequence[Number]] | None = None,
        gaussian: tuple[int, int] | None = None,
        signs: Sequence[Number] | None = None,
        residual: Sequence[Number] | None = None,
        labels: Sequence[Number] | None = None,
        normalised: bool = True,
    ) -> Start:
        """A start from exact numbers (ints, Fractions, Decimals or text such as "1/3", "0.25").

        Args:
            rows: input rows z_i, none of them zero.
            weights: first-layer weights, one row per neuron; or instead
            gaussian: (m, seed): standard normal weights of m neurons, 0 <= seed < 2**62.
            signs: output weights a_r; None takes the Gaussian seed's fair signs.
            residual: y - u(W(0)), one number per row; or instead
            labels: y itself.
            normalised: x_i = z_i/|z_i| if true, else x_i = z_i.

        Raises:
            ValueError: as for the class, or not exactly one of weights and gaussian, or of
                residual and labels, or explicit weights without signs.
        """
        if (weights is None) == (gaussian is None):
            raise ValueError("Start: give exactly one of weights and gaussian")
        drawn = {"gaussian": gaussian} if weights is None else weights
        recipe: dict[str, Any] = {"rows": rows, "normalised": normalised, "weights": drawn}
        return cls({**recipe, "signs": signs, "residual": residual, "labels": labels})

    @property
    def exact_recipe(self) -> dict[str, Any]:
        """The recipe with every weight and sign written out, drawn ones as the floats they are."""
        recipe = {key: value for key, value in self.recipe.items() if value is not None}
        if isinstance(recipe["weights"], dict):
            rows = self.w.tolist()
            recipe["weights"] = [[written(Fraction(value)) for value in row] for row in rows]
            recipe["signs"] = [written(Fraction(value)) for value in self.a.tolist()]
        return recipe

    @property
    def d(self) -> int:
        """Input dimension."""
        return int(self.x.shape[1])

    @property
    def m(self) -> int:
        """Number of neurons."""
        return int(self.w.shape[0])

    def simpler(self) -> Iterator[Start]:
        """The start without one sample, without one neuron, without a coordinate that is 0."""
        yield from map(Start, self._without_samples())
        recipe = self.recipe
        if isinstance(recipe["weights"], dict):
            return
        for r in reversed(range(self.m)) if self.m > 1 else ():
            smaller = {key: without(recipe[key], r) for key in ("weights", "signs")}
            yield Start({**recipe, **smaller})
        for j in zero_columns(recipe["rows"]) if self.d > 1 else ():
            smaller = {key: [without(row, j) for row in recipe[key]] for key in ("rows", "weights")}
            yield Start({**recipe, **smaller})

    def plainer(self) -> Iterator[Start]:
        """Starts nearby whose numbers are integers, halves or short decimals, plainest first."""
        yield from map(Start, self._plainer(("rows", "weights", "residual", "labels")))

    def __repr__(self) -> str:
        recipe = self.recipe
        parts = [f"rows={pasted_rows(recipe['rows'])}"]
        if isinstance(recipe["weights"], dict):
            parts.append(f"gaussian={tuple(recipe['weights']['gaussian'])!r}")
        else:
            parts.append(f"weights={pasted_rows(recipe['weights'])}")
        given = [name for name in ("signs", "residual", "labels") if recipe.get(name) is not None]
        parts += [f"{name}={pasted_row(recipe[name])}" for name in given]
        if not recipe["normalised"]:
            parts.append("normalised=False")
        return f"Start.of({', '.join(parts)})"


def _checked(recipe: dict[str, Any]) -> bool:
    if not isinstance(recipe, dict) or not {"rows", "weights"} <= set(recipe) <= _KEYS:
        raise ValueError(f"Start: recipe={recipe!r}; give a dict with keys {sorted(_KEYS)}")
    check_posed(recipe, "Start")
    return bool(recipe.get("normalised", True))


def _weights(weights: Any, d: int) -> tuple[Tensor, Any]:
    if isinstance(weights, dict):
        drawn = weights.get("gaussian")
        if set(weights) != {"gaussian"} or not isinstance(drawn, list | tuple) or len(drawn) != 2:
            raise ValueError(f"Start: weights={weights!r}; give gaussian=(m, seed)")
        m, seed = drawn
        return gaussian_weights(m, d, SeedNumber(seed))[0], {"gaussian": [m, seed]}
    exact = exact_rows(weights, "Start.weights")
    if len(exact[0]) != d:
        raise ValueError(f"Start: weights have {len(exact[0])} entries, rows {d}; give equal many")
    floats = [[rounded(z, "Start.weights") for z in row] for row in exact]
    return torch.tensor(floats, dtype=torch.float64), [[written(z) for z in row] for row in exact]


def _signs(signs: Any, weights: Any, m: int) -> tuple[Tensor, list[str] | None]:
    if signs is None:
        if not isinstance(weights, dict):
            raise ValueError("Start: explicit weights have no signs; give signs=[1, -1, ...]")
        return rademacher_signs(m, SeedNumber(weights["gaussian"][1]))[0], None
    exact = exact_row(signs, "Start.signs")
    if len(exact) != m:
        raise ValueError(f"Start: {m} neurons, {len(exact)} signs; give one per neuron")
    floats = [rounded(z, "Start.signs") for z in exact]
    return torch.tensor(floats, dtype=torch.float64), [written(z) for z in exact]
