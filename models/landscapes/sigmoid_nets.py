"""Small networks of logistic units with exact weights, on integer patterns.

u_k = sum_j v_j sigma(w_j.x_k + b_j) + v_0, sigma(z) = 1/(1 + exp(-z)); all of it is trained.
The recipe gives exp(w_j) and exp(b_j), so every value of sigma is an exact number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import isqrt
from typing import Any, TypeAlias

import torch
from jaxtyping import Float64
from torch import Tensor

from models.recipes.exact_value import ExactValue
from models.recipes.recipe import Number, exact, exact_rows, pasted, rounded, written
from models.tensor_shapes import check_shapes

Surd: TypeAlias = "Number | Sequence[Number]"  # p, or (p, q) for p + q sqrt(root)

_KEYS = ("rows", "factors", "thresholds", "outputs", "dummy", "labels", "residual", "root")
_LARGEST = 100  # of a pattern's coordinates


@dataclass(frozen=True, slots=True, init=False, eq=False, repr=False)
class SigmoidNet(ExactValue):
    """A network and its data; equality, hash, text and JSON come from the exact recipe alone.

    Attributes:
        x: patterns, with a last coordinate 1 if the units have thresholds.
        q: weights w_j, with the threshold b_j last if there are any.
        v: output weights, with v_0 last if there is a dummy unit, whose value is always 1.
        y: labels.
        dummy: whether there is a dummy unit.

    Raises:
        ValueError: a wrong key, numbers that are none, ragged rows, a factor that is not > 0.
    """

    x: Float64[Tensor, "n d"]
    q: Float64[Tensor, "m d"]
    v: Float64[Tensor, " h"]
    y: Float64[Tensor, " n"]
    dummy: bool
    _e: Float64[Tensor, " n"] | None

    def __init__(self, recipe: Mapping[str, Any]) -> None:
        read = _checked(recipe)
        x = _numbers(read["rows"], None, rows=True)
        q = _numbers(read["factors"], read.get("root"), rows=True).log()
        if "thresholds" in read:
            b = _numbers(read["thresholds"], read.get("root")).log()
            x = torch.cat([x, torch.ones_like(x[:, :1])], dim=1)
            q = torch.cat([q, b[:, None]], dim=1)
        dummy = "dummy" in read
        outputs = [*read["outputs"], *([read["dummy"]] if dummy else [])]
        v = _numbers(outputs, read.get("root"))
        kind = "labels" if "labels" in read else "residual"
        e = _numbers(read[kind], read.get("root"))
        y = e if kind == "labels" else sigmoid_features(x, q, dummy=dummy) @ v + e
        self._keep(read, x=x, q=q, v=v, y=y, dummy=dummy, _e=None if kind == "labels" else e)

    @classmethod
    def of(
        cls,
        *,
        rows: Sequence[Sequence[int]],
        factors: Sequence[Sequence[Surd]],
        outputs: Sequence[Surd],
        residual: Sequence[Surd] | None = None,
        labels: Sequence[Surd] | None = None,
        thresholds: Sequence[Surd] | None = None,
        dummy: Surd | None = None,
        root: int | None = None,
    ) -> SigmoidNet:
        """A network from exact numbers; one that is no fraction is a pair (p, q), p + q sqrt(root).

        Args:
            rows: patterns x_k, integers within +-100.
            factors: exp(w_j), one row per unit, > 0.
            outputs: v_j.
            residual: y - u, one number per pattern; or instead
            labels: y itself.
            thresholds: exp(b_j) > 0; None for units without.
            dummy: v_0, the weight of a unit that is always 1; None for no such unit.
            root: an integer that is no square.

        Raises:
            ValueError: as for the class, or not exactly one of residual and labels.
        """
        values = (rows, factors, thresholds, outputs, dummy, labels, residual, root)
        return cls(dict(zip(_KEYS, values, strict=True)))

    @property
    def n(self) -> int:
        """Number of patterns."""
        return int(self.x.shape[0])

    @property
    def m(self) -> int:
        """Number of logistic units."""
        return int(self.q.shape[0])

    @property
    def features(self) -> Float64[Tensor, "n h"]:
        """Values of the units, sigma(w_j.x_k + b_j), with a last column of ones for a dummy."""
        return sigmoid_features(self.x, self.q, dummy=self.dummy)

    @property
    def e(self) -> Float64[Tensor, " n"]:
        """Residual y - u, the recipe's own where it gives it."""
        return self.y - self.features @ self.v if self._e is None else self._e

    def with_weights(
        self, q: Float64[Tensor, "m d"], v: Float64[Tensor, " h"]
    ) -> Float64[Tensor, " n"]:
        """Residual y - u at other weights."""
        moved = sigmoid_features(self.x, q, dummy=self.dummy) @ v
        if self._e is None:
            return self.y - moved
        # Subtracting outputs keeps the digits of a residual that is given exactly.
        return self._e + (self.features @ self.v - moved)

    def __repr__(self) -> str:
        parts = ", ".join(f"{key}={_pasted(value)}" for key, value in self.recipe.items())
        return f"SigmoidNet.of({parts})"


def sigmoid_features(
    x: Float64[Tensor, "n d"], q: Float64[Tensor, "m d"], *, dummy: bool
) -> Float64[Tensor, "n h"]:
    """Phi_kj = sigma(q_j.x_k), with a last column of ones for a dummy unit.

    Raises:
        ValueError: shapes that do not fit.
    """
    check_shapes("sigmoid_features", finite=False, x=(x, "n d"), q=(q, "m d"))
    features = torch.sigmoid(x @ q.mT)
    return torch.cat([features, torch.ones_like(features[:, :1])], dim=1) if dummy else features


def unit_potential(
    x: Float64[Tensor, "n d"], q: Float64[Tensor, " d"], e: Float64[Tensor, " n"]
) -> tuple[Tensor, Tensor, Tensor]:
    """The function phi(q) = sum_k e_k sigma(q.x_k), its gradient and its Hessian.

    A unit with weight v_j at q lowers the loss, to first order in v_j, by 2 v_j phi(q).

    Returns:
        phi (), its gradient (d,), its Hessian (d, d).

    Raises:
        ValueError: shapes that do not fit, or a number that is not finite.
    """
    check_shapes("unit_potential", x=(x, "n d"), q=(q, "d"), e=(e, "n"))
    s = torch.sigmoid(x @ q)
    first = e * s * (1 - s)
    return e @ s, first @ x, (x.mT * (first * (1 - 2 * s))) @ x


def _checked(recipe: Mapping[str, Any]) -> dict[str, Any]:
    """The canonical recipe: numbers as texts, absent parts left out."""
    if not isinstance(recipe, Mapping) or not set(recipe) <= set(_KEYS):
        raise ValueError(f"SigmoidNet: recipe={recipe!r}; give a dict with keys {sorted(_KEYS)}")
    given = {key: value for key, value in recipe.items() if value is not None}
    if not {"rows", "factors", "outputs"} <= set(given):
        raise ValueError(f"SigmoidNet: keys={sorted(given)}; give rows, factors and outputs")
    if ("labels" in given) == ("residual" in given):
        raise ValueError("SigmoidNet: give exactly one of residual and labels")
    root = given.get("root")
    if root is not None and (int(root) < 2 or isqrt(int(root)) ** 2 == int(root)):
        raise ValueError(f"SigmoidNet: root={root!r}; give an integer > 1 that is no square")
    result = _canonical(given, root)
    _check_positive(result)
    return result


def _canonical(given: Mapping[str, Any], root: Any) -> dict[str, Any]:
    x = exact_rows(given["rows"], "SigmoidNet.rows")
    if any(z.denominator != 1 or abs(z) > _LARGEST for row in x for z in row):
        raise ValueError(f"SigmoidNet: rows={given['rows']!r}; give integers within +-{_LARGEST}")
    n, m = len(x), len(given["factors"])
    result: dict[str, Any] = {"rows": [[written(z) for z in row] for row in x]}
    result["factors"] = [_texts(row, len(x[0]), root, "factors") for row in given["factors"]]
    counts = {"outputs": m, "thresholds": m, "labels": n, "residual": n}
    for key in counts.keys() & given.keys():
        result[key] = _texts(given[key], counts[key], root, key)
    if "dummy" in given:
        result["dummy"] = _text_of(given["dummy"], root, "dummy")
    if root is not None:
        result["root"] = str(int(root))
    return result


def _check_positive(recipe: Mapping[str, Any]) -> None:
    for key in {"factors", "thresholds"} & recipe.keys():
        numbers = _numbers(recipe[key], recipe.get("root"), rows=key == "factors")
        if not bool((numbers > 0).all()):
            raise ValueError(f"SigmoidNet: {key}={recipe[key]!r}; give numbers > 0, exp(w), exp(b)")


def _texts(values: Any, count: int, root: Any, where: str) -> list[Any]:
    if not isinstance(values, list | tuple) or len(values) != count:
        raise ValueError(f"SigmoidNet: {where}={values!r}; give a list of {count} numbers")
    return [_text_of(value, root, where) for value in values]


def _text_of(value: Any, root: Any, where: str) -> str | list[str]:
    if not isinstance(value, list | tuple):
        return written(exact(value, f"SigmoidNet.{where}"))
    if len(value) != 2 or root is None:
        raise ValueError(f"SigmoidNet: {where} has {value!r}; give p, or (p, q) and a root")
    return [written(exact(part, f"SigmoidNet.{where}")) for part in value]


def _numbers(values: Any, root: Any, *, rows: bool = False) -> Tensor:
    """Canonical numbers, a list or rows of them, as floats."""
    size = float(root or 0) ** 0.5
    table = [[_float(z, size) for z in row] for row in (values if rows else [values])]
    return torch.tensor(table if rows else table[0], dtype=torch.float64)


def _pasted(value: Any) -> str:
    if isinstance(value, str):
        return pasted(value)
    return f"[{', '.join(_pasted(item) for item in value)}]"


def _float(value: Any, root: float) -> float:
    p, q = value if isinstance(value, list) else (value, "0")
    return rounded(Fraction(p), "SigmoidNet") + rounded(Fraction(q), "SigmoidNet") * root
