"""Equilibrium layers that are well-posed by monotonicity, from their free parameters, exactly."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from typing import Any, TypeAlias

import torch
from jaxtyping import Float64
from torch import Tensor

from models.recipes.exact_value import ExactValue
from models.recipes.plain import plainer_recipes
from models.recipes.rational import dot, reduced
from models.recipes.recipe import (
    Number,
    exact,
    exact_row,
    exact_rows,
    pasted,
    pasted_row,
    pasted_rows,
    rounded,
    without,
    written,
)

Table: TypeAlias = list[list[Fraction]]

_TABLES = ("G", "inputs", "free", "twist")
_KEYS = {"weights", "margin", "g", *_TABLES}


@dataclass(frozen=True, slots=True, init=False, eq=False, repr=False)
class MonotoneLayer(ExactValue):
    """The layer z = max(W z + U x + b, 0), y = G z, with W made from free parameters.

    W = I - P^(-1) [(G^T G + P U U^T P)/(c g) + V^T V + T - T^T + margin I] with c = 2, where P is
    the diagonal of the weights, U the inputs, V the free rows and T the twist; so P (I - W) +
    (I - W)^T P = (2/(c g)) (G^T G + P U U^T P) + 2 V^T V + 2 margin I. Equality, hash, text and
    JSON come from the recipe alone.

    Attributes:
        m: number of neurons.
        weights: the diagonal of P, (m,).
        G: (k, m).
        inputs: U, (m, d).

    Raises:
        ValueError: a wrong key, numbers that are none, shapes that do not fit together, or a
            weight, margin or g that is not > 0.
    """

    m: int
    weights: Float64[Tensor, " m"]
    G: Float64[Tensor, "k m"]
    inputs: Float64[Tensor, "m d"]

    def __init__(self, recipe: Any) -> None:
        if not isinstance(recipe, dict) or set(recipe) != _KEYS:
            raise ValueError(f"MonotoneLayer: recipe={recipe!r}; give a dict with {sorted(_KEYS)}")
        weights = exact_row(recipe["weights"], "MonotoneLayer.weights")
        numbers = {key: exact(recipe[key], f"MonotoneLayer.{key}") for key in ("margin", "g")}
        tables = {key: exact_rows(recipe[key], f"MonotoneLayer.{key}") for key in _TABLES}
        m = len(weights)
        columns = {key: len(tables[key][0]) for key in ("G", "free", "twist")}
        if set(columns.values()) != {m} or {len(tables[k]) for k in ("inputs", "twist")} != {m}:
            raise ValueError(
                f"MonotoneLayer: {m} weights, columns {columns}, {len(tables['inputs'])} rows of "
                f"inputs, {len(tables['twist'])} of twist; give one of them for each neuron"
            )
        if min(*weights, *numbers.values()) <= 0:
            raise ValueError(
                f"MonotoneLayer: weights={recipe['weights']!r}, margin={recipe['margin']!r}, "
                f"g={recipe['g']!r}; give numbers > 0"
            )
        texts: dict[str, Any] = {key: written(value) for key, value in numbers.items()}
        texts["weights"] = [written(z) for z in weights]
        texts |= {key: [[written(z) for z in row] for row in tables[key]] for key in _TABLES}
        G, inputs = (_tensor(tables[key]) for key in ("G", "inputs"))
        self._keep(texts, m=m, weights=_tensor([weights])[0], G=G, inputs=inputs)

    @classmethod
    def of(
        cls,
        *,
        G: Sequence[Sequence[Number]],
        inputs: Sequence[Sequence[Number]],
        weights: Sequence[Number] | None = None,
        free: Sequence[Sequence[Number]] | None = None,
        twist: Sequence[Sequence[Number]] | None = None,
        margin: Number = "1/100",
        g: Number = 1,
    ) -> MonotoneLayer:
        """A layer from exact numbers.

        Args:
            G: one row per output, one column per neuron.
            inputs: U, one row per neuron, one column per input.
            weights: the diagonal of P, > 0; ones by default.
            free: V, any rows of m entries; a row of zeros by default.
            twist: T, one row per neuron; zeros by default.
            margin: > 0.
            g: the Lipschitz constant of y, > 0.

        Raises:
            ValueError: as for the class.
        """
        m = len(inputs)
        given: dict[str, Any] = {"weights": weights or [1] * m, "free": free or [[0] * m]}
        given |= {"twist": twist or [[0] * m] * m, "margin": margin, "g": g}
        return cls({"G": G, "inputs": inputs, **given})

    def exact_weights(self, *, c: Number = 2, inputs: bool = True) -> Table:
        """W, in exact numbers; for mutants with another c, or without the term of the inputs."""
        recipe, m = self.recipe, self.m
        known = {key: [[Fraction(z) for z in row] for row in recipe[key]] for key in _TABLES}
        weights = [Fraction(z) for z in recipe["weights"]]
        lifted = [[p * z for z in row] for p, row in zip(weights, known["inputs"], strict=True)]
        scale = 1 / (exact(c, "MonotoneLayer.c") * Fraction(recipe["g"]))
        margin, twist = Fraction(recipe["margin"]), known["twist"]

        def entry(i: int, j: int) -> Fraction:
            pulled = sum((row[i] * row[j] for row in known["G"]), Fraction(0))
            if inputs:
                pulled += sum(p * q for p, q in zip(lifted[i], lifted[j], strict=True))
            own = sum((row[i] * row[j] for row in known["free"]), Fraction(0))
            own += twist[i][j] - twist[j][i] + (margin if i == j else 0)
            return (i == j) - (scale * pulled + own) / weights[i]

        return [[entry(i, j) for j in range(m)] for i in range(m)]

    def W(self, *, c: Number = 2, inputs: bool = True) -> Float64[Tensor, "m m"]:
        """The nearest floats to `exact_weights`."""
        return _tensor(self.exact_weights(c=c, inputs=inputs))

    def jacobians(self, *, c: Number = 2, inputs: bool = True) -> Float64[Tensor, "p k d"]:
        """The slopes dy/dx = G (I - D W)^(-1) D U on all 2^m patterns D of zeros and ones.

        Solved exactly and rounded at the end; c and inputs as for `exact_weights`.
        """
        W, recipe = self.exact_weights(c=c, inputs=inputs), self.recipe
        columns = [[Fraction(z) for z in row] for row in recipe["inputs"]]
        G = [[Fraction(z) for z in row] for row in recipe["G"]]
        found = []
        for on in product((0, 1), repeat=self.m):
            rows = [
                [(r == s) - on[r] * w for s, w in enumerate(W[r])] + [on[r] * z for z in columns[r]]
                for r in range(self.m)
            ]
            # Strong monotonicity makes I - D W invertible, so every pivot is there.
            slopes = [row[self.m :] for row in reduced(rows)[0]]
            found.append([[dot(row, column) for column in zip(*slopes, strict=True)] for row in G])
        return torch.stack([_tensor(table) for table in found])

    @property
    def g(self) -> Fraction:
        """The Lipschitz constant that is promised."""
        return Fraction(self.recipe["g"])

    def simpler(self) -> Iterator[MonotoneLayer]:
        """The layer without one neuron, one input, one output, or one free row."""
        recipe = self.recipe
        for r in reversed(range(self.m)) if self.m > 1 else ():
            fewer = {key: [without(row, r) for row in recipe[key]] for key in ("G", "free")}
            fewer |= {
                "inputs": without(recipe["inputs"], r),
                "weights": without(recipe["weights"], r),
            }
            fewer["twist"] = [without(row, r) for row in without(recipe["twist"], r)]
            yield MonotoneLayer({**recipe, **fewer})
        for key in ("G", "free"):
            for i in reversed(range(len(recipe[key]))) if len(recipe[key]) > 1 else ():
                yield MonotoneLayer({**recipe, key: without(recipe[key], i)})
        d = len(recipe["inputs"][0])
        for j in reversed(range(d)) if d > 1 else ():
            fewer = {"inputs": [without(row, j) for row in recipe["inputs"]]}
            yield MonotoneLayer({**recipe, **fewer})

    def plainer(self) -> Iterator[MonotoneLayer]:
        """Layers nearby whose numbers are integers, halves or short decimals, plainest first."""
        for plain in plainer_recipes(self.recipe, (*_TABLES, "weights")):
            if all(Fraction(z) > 0 for z in plain["weights"]):
                yield MonotoneLayer(plain)

    def __repr__(self) -> str:
        recipe = self.recipe
        parts = [f"{key}={pasted_rows(recipe[key])}" for key in _TABLES]
        parts.append(f"weights={pasted_row(recipe['weights'])}")
        parts += [f"{key}={pasted(recipe[key])}" for key in ("margin", "g")]
        return f"MonotoneLayer.of({', '.join(parts)})"


def _tensor(table: Sequence[Sequence[Fraction]]) -> Tensor:
    floats = [[rounded(z, "MonotoneLayer") for z in row] for row in table]
    return torch.tensor(floats, dtype=torch.float64)
