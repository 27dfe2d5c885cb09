"""Leaky networks with one hidden layer: exact data, weights, and selections at the kinks.

f(W; x) = m^(-1/2) sum_j s_j sigma(w_j.x), sigma(z) = max(z, gamma z) with 0 < gamma <= 1; only W is
trained, and F(W) = (1/n) sum_i loss(f(W; x_i), y_i). At z = 0 any sigma'(0) in [gamma, 1] may be
selected, another one for every neuron and input.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float64
from torch import Tensor

from models.leaky.numbers import LeakyNumbers, Row
from models.recipes.exact_value import ExactValue
from models.recipes.plain import plainer_recipes
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
    zero_columns,
)

LOSSES = ("squared", "absolute", "huber", "linear", "logistic")
_NEEDED = {"rows", "labels", "weights", "gamma"}
_KEYS = _NEEDED | {"reference", "direction", "signs", "kinks", "loss", "threshold", "sigma"}


@dataclass(frozen=True, slots=True, init=False, eq=False, repr=False)
class LeakyNet(ExactValue):
    """A network, its data and a reference; equality, hash, text and JSON come from the recipe.

    Attributes:
        x: inputs, one row per sample; a row may be zero.
        y: labels.
        w: weights W, one row per neuron.
        s: the neurons' signs; a_j = s_j/sqrt(m).
        V: what the run is compared with: reference weights, or rows a_j v of a direction v.
        exact: the same numbers without rounding.
        loss: "squared" (u - y)^2/2, "absolute" |u - y|, "huber" (the square up to a threshold),
            "linear" u - y, or "logistic" log(1 + exp(-y u)).
        sigma: "leaky"; "smooth leaky", gamma z + (1 - gamma) log(1 + exp(z)); or the name of a
            smooth activation.

    Raises:
        ValueError: a wrong key, numbers that are none, shapes that do not fit together, gamma
            outside of [0, 1], a kink outside of [gamma, 1], an unknown loss.
    """

    x: Float64[Tensor, "n d"]
    y: Float64[Tensor, " n"]
    w: Float64[Tensor, "m d"]
    s: Float64[Tensor, " m"]
    V: Float64[Tensor, "m d"]
    exact: LeakyNumbers
    loss: str
    sigma: str

    def __init__(self, recipe: Mapping[str, Any]) -> None:
        known = _checked(recipe)
        numbers = _numbers(known)
        exact_recipe: dict[str, Any] = {
            "rows": _texts(numbers.x),
            "labels": [written(z) for z in numbers.y],
            "weights": _texts(numbers.w),
            "signs": [written(z) for z in numbers.s],
            "gamma": written(numbers.gamma),
            "loss": known.get("loss", "squared"),
            "sigma": known.get("sigma", "leaky"),
        }
        if known.get("direction") is None:
            exact_recipe["reference"] = _texts(numbers.v)
        else:
            exact_recipe["direction"] = _texts(numbers.v)[0]
        if any(z != 1 for row in numbers.kinks for z in row):
            exact_recipe["kinks"] = _texts(numbers.kinks)
        if exact_recipe["loss"] == "huber":
            exact_recipe["threshold"] = written(numbers.threshold)
        s, v = _tensor([numbers.s])[0], _tensor(numbers.v)
        self._keep(
            exact_recipe,
            x=_tensor(numbers.x),
            y=_tensor([numbers.y])[0],
            w=_tensor(numbers.w),
            s=s,
            V=v if known.get("direction") is None else s[:, None] * v / len(s) ** 0.5,
            exact=numbers,
            loss=exact_recipe["loss"],
            sigma=exact_recipe["sigma"],
        )

    @classmethod
    def of(
        cls,
        *,
        rows: Sequence[Sequence[Number]],
        labels: Sequence[Number],
        weights: Sequence[Sequence[Number]],
        reference: Sequence[Sequence[Number]] | None = None,
        direction: Sequence[Number] | None = None,
        gamma: Number = 1,
        signs: Sequence[Number] | None = None,
        kinks: Sequence[Sequence[Number]] | None = None,
        loss: str = "squared",
        threshold: Number | None = None,
        sigma: str = "leaky",
    ) -> LeakyNet:
        """A network from exact numbers (ints, Fractions, Decimals or text such as "1/3", "0.25").

        Args:
            rows: inputs.
            labels: one per row.
            weights: W, one row per neuron.
            reference: V, which the run is compared with, one row per neuron; or instead
            direction: v, for V with the rows a_j v.
            gamma: the smaller slope, in [0, 1].
            signs: s_j; ones if None.
            kinks: sigma'(0) in [gamma, 1], for every neuron a number per input; ones if None.
            loss: see the class.
            threshold: for the Huber loss alone, > 0; 1 if None.
            sigma: see the class.

        Raises:
            ValueError: as for the class.
        """
        given: dict[str, Any] = {"signs": signs, "kinks": kinks, "threshold": threshold}
        given |= {"reference": reference, "direction": direction}
        needed = {"rows": rows, "labels": labels, "weights": weights}
        optional = {key: value for key, value in given.items() if value is not None}
        return cls({**needed, "gamma": gamma, "loss": loss, "sigma": sigma, **optional})

    @property
    def n(self) -> int:
        """Number of samples."""
        return int(self.x.shape[0])

    @property
    def d(self) -> int:
        """Input dimension."""
        return int(self.x.shape[1])

    @property
    def m(self) -> int:
        """Number of neurons."""
        return int(self.w.shape[0])

    @property
    def gamma(self) -> float:
        """The smaller slope."""
        return float(self.exact.gamma)

    def simpler(self) -> Iterator[LeakyNet]:
        """The network without one sample, one neuron, or a coordinate that is 0 in all inputs."""
        recipe, kinks = self.recipe, "kinks" in self.recipe
        for i in reversed(range(self.n)) if self.n > 1 else ():
            fewer = {key: without(recipe[key], i) for key in ("rows", "labels")}
            fewer |= {"kinks": [without(row, i) for row in recipe["kinks"]]} if kinks else {}
            yield LeakyNet({**recipe, **fewer})
        per_neuron = ["weights", "signs", *(["kinks"] if kinks else [])]
        per_neuron += ["reference"] if "reference" in recipe else []
        for j in reversed(range(self.m)) if self.m > 1 else ():
            yield LeakyNet({**recipe, **{key: without(recipe[key], j) for key in per_neuron}})
        for c in zero_columns(recipe["rows"]) if self.d > 1 else ():
            tables = [key for key in ("rows", "weights", "reference") if key in recipe]
            fewer = {key: [without(row, c) for row in recipe[key]] for key in tables}
            if "direction" in recipe:
                fewer["direction"] = without(recipe["direction"], c)
            yield LeakyNet({**recipe, **fewer})

    def plainer(self) -> Iterator[LeakyNet]:
        """Networks nearby whose numbers are integers, halves or short decimals."""
        names = ("rows", "labels", "weights", "reference", "direction")
        yield from map(LeakyNet, plainer_recipes(self.recipe, names))

    def __repr__(self) -> str:
        recipe = self.recipe
        parts = [f"rows={pasted_rows(recipe['rows'])}", f"labels={pasted_row(recipe['labels'])}"]
        parts.append(f"weights={pasted_rows(recipe['weights'])}")
        if "reference" in recipe:
            parts.append(f"reference={pasted_rows(recipe['reference'])}")
        else:
            parts.append(f"direction={pasted_row(recipe['direction'])}")
        parts += [f"gamma={pasted(recipe['gamma'])}"] if recipe["gamma"] != "1" else []
        if any(sign != "1" for sign in recipe["signs"]):
            parts.append(f"signs={pasted_row(recipe['signs'])}")
        if "kinks" in recipe:
            parts.append(f"kinks={pasted_rows(recipe['kinks'])}")
        parts += [f"loss={self.loss!r}"] if self.loss != "squared" else []
        parts += [f"threshold={pasted(recipe['threshold'])}"] if "threshold" in recipe else []
        parts += [f"sigma={self.sigma!r}"] if self.sigma != "leaky" else []
        return f"LeakyNet.of({', '.join(parts)})"


def _checked(recipe: Mapping[str, Any]) -> dict[str, Any]:
    if not isinstance(recipe, Mapping) or not set(recipe) <= _KEYS:
        raise ValueError(f"LeakyNet: recipe={recipe!r}; give a dict with keys {sorted(_KEYS)}")
    missing = _NEEDED - set(recipe)
    if missing:
        raise ValueError(f"LeakyNet: no {sorted(missing)}; give {sorted(_NEEDED)}")
    loss, sigma = recipe.get("loss", "squared"), recipe.get("sigma", "leaky")
    if loss not in LOSSES or not isinstance(sigma, str):
        raise ValueError(f"LeakyNet: loss={loss!r}, sigma={sigma!r}; give one of {LOSSES}, a name")
    if (recipe.get("threshold") is not None) and loss != "huber":
        raise ValueError(f"LeakyNet: threshold with loss={loss!r}; leave it out")
    if (recipe.get("reference") is None) == (recipe.get("direction") is None):
        raise ValueError("LeakyNet: give exactly one of reference and direction")
    return dict(recipe)


def _numbers(recipe: Mapping[str, Any]) -> LeakyNumbers:
    directed = recipe.get("direction") is not None
    rows = [recipe["direction"]] if directed else recipe["reference"]
    tables = (("rows", recipe["rows"]), ("weights", recipe["weights"]), ("reference", rows))
    x, w, v = (exact_rows(table, f"LeakyNet.{key}") for key, table in tables)
    y = exact_row(recipe["labels"], "LeakyNet.labels")
    n, m = len(x), len(w)
    s = exact_row(recipe.get("signs") or [1] * m, "LeakyNet.signs")
    kinks = exact_rows(recipe.get("kinks") or [[1] * n] * m, "LeakyNet.kinks")
    widths = {len(row) for row in (x[0], w[0], v[0])}
    fits = len(y) == n and len(s) == len(kinks) == m and len(v) == (1 if directed else m)
    if len(widths) > 1 or not fits or len(kinks[0]) != n:
        raise ValueError(
            f"LeakyNet: {n} rows, {len(y)} labels, {m} weights, {len(s)} signs, {len(v)} reference "
            f"rows, {len(kinks)} rows of kinks, lengths {sorted(widths)}; give as many of each"
        )
    gamma = exact(recipe["gamma"], "LeakyNet.gamma")
    threshold = exact(recipe.get("threshold") or 1, "LeakyNet.threshold")
    if not 0 <= gamma <= 1 or threshold <= 0:
        raise ValueError(f"LeakyNet: gamma={gamma}, threshold={threshold}; give [0, 1] and > 0")
    if any(not gamma <= z <= 1 for row in kinks for z in row):
        raise ValueError(f"LeakyNet: kinks={kinks!r}; give numbers in [gamma, 1]")
    return LeakyNumbers(x, y, w, s, v, gamma, kinks, threshold)


def _texts(rows: Sequence[Row]) -> list[list[str]]:
    return [[written(z) for z in row] for row in rows]


def _tensor(rows: Sequence[Row]) -> Tensor:
    table = [[rounded(z, "LeakyNet") for z in row] for row in rows]
    return torch.tensor(table, dtype=torch.float64)
