"""Systems of n equations F(w) = y in m unknowns, exact: linear, quadratic and wavy terms.

    F_i(w) = a_i.w + w^T Q_i w / 2 + sum_k (B_ik + D_ik.w) phi(c_k.w),
    L(w) = ||F(w) - y||^2/2

with phi = sin, or phi = ramp: t for t <= 0 and 1 - e^(-t) beyond. Both have |phi'| <= 1, and phi'
has the Lipschitz constant 1.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeAlias

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
    without,
    written,
)

Rows: TypeAlias = "Sequence[Sequence[Number]]"

_KEYS = ("rows", "squares", "outer", "inner", "twists", "wave", "labels", "point")
_PLAIN = ("rows", "squares", "outer", "inner", "twists", "labels", "point")
WAVES = ("sin", "ramp")


@dataclass(frozen=True, slots=True, init=False, eq=False, repr=False)
class System(ExactValue):
    """Equations, labels and a point; equality, hash, text and JSON come from the recipe alone.

    Attributes:
        A: the linear part a_i, one row per equation.
        Q: symmetric matrices, one per equation.
        B, C, D: the wavy part; no rows of C where there is none.
        wave: phi, "sin" or "ramp".
        y: labels.
        w: the point w_0.

    Raises:
        ValueError: a wrong key, numbers that are none, shapes that do not fit together, or a
            matrix Q_i that is not symmetric.
    """

    A: Float64[Tensor, "n m"]
    Q: Float64[Tensor, "n m m"]
    B: Float64[Tensor, "n p"]
    C: Float64[Tensor, "p m"]
    D: Float64[Tensor, "n p m"]
    wave: str
    y: Float64[Tensor, " n"]
    w: Float64[Tensor, " m"]

    def __init__(self, recipe: Mapping[str, Any]) -> None:
        if not isinstance(recipe, Mapping) or not {"rows", "labels", "point"} <= set(recipe):
            raise ValueError(f"System: recipe={recipe!r}; give a dict with rows, labels and point")
        if not set(recipe) <= set(_KEYS):
            raise ValueError(f"System: keys {sorted(recipe)}; give some of {sorted(_KEYS)}")
        exact: dict[str, Any] = {"rows": exact_rows(recipe["rows"], "System.rows")}
        for key in ("labels", "point"):
            exact[key] = exact_row(recipe[key], f"System.{key}")
        for key in ("outer", "inner"):
            exact[key] = _optional(recipe, key, exact_rows)
        for key in ("squares", "twists"):
            exact[key] = _optional(recipe, key, _tables)
        exact["wave"] = recipe.get("wave") or "sin"
        _check(exact)
        self._keep({key: _texts(value) for key, value in exact.items()}, **_tensors(exact))

    @classmethod
    def of(
        cls,
        *,
        rows: Rows,
        labels: Sequence[Number],
        point: Sequence[Number],
        squares: Sequence[Rows] | None = None,
        outer: Rows | None = None,
        inner: Rows | None = None,
        twists: Sequence[Rows] | None = None,
        wave: str = "sin",
    ) -> System:
        """A system from exact numbers (ints, Fractions, Decimals or text such as "1/3", "0.25").

        Args:
            rows: a_i, n rows of m.
            labels: y, n of them.
            point: w_0, m numbers.
            squares: Q_1, ..., Q_n, each m x m and symmetric; none without quadratic terms.
            outer: B, n rows of p; none without waves.
            inner: C, p rows of m.
            twists: D_1, ..., D_n, each p x m.
            wave: "sin" or "ramp".

        Raises:
            ValueError: as for the class.
        """
        recipe = {"rows": rows, "labels": labels, "point": point, "squares": squares}
        return cls({**recipe, "outer": outer, "inner": inner, "twists": twists, "wave": wave})

    @property
    def n(self) -> int:
        """Number of equations."""
        return int(self.A.shape[0])

    @property
    def m(self) -> int:
        """Number of unknowns."""
        return int(self.A.shape[1])

    @property
    def p(self) -> int:
        """Number of waves."""
        return int(self.C.shape[0])

    @property
    def linear(self) -> bool:
        """Whether F is linear."""
        return self.p == 0 and self.recipe["squares"] is None

    def at(self, point: Sequence[Number]) -> System:
        """The same system with another point w_0."""
        return System({**self.recipe, "point": list(point)})

    def simpler(self) -> Iterator[System]:
        """The system without one equation, without its squares, without its waves, one unknown."""
        recipe = self.recipe
        of_equations = [k for k in ("rows", "squares", "outer", "twists", "labels") if recipe[k]]
        for i in reversed(range(self.n)) if self.n > 1 else ():
            yield System({**recipe, **{key: without(recipe[key], i) for key in of_equations}})
        if recipe["squares"]:
            yield System({**recipe, "squares": None})
        if self.p:
            yield System({**recipe, "outer": None, "inner": None, "twists": None, "wave": "sin"})
        for j in reversed(range(self.m)) if self.m > 1 else ():
            yield System(_without_unknown(recipe, j))

    def plainer(self) -> Iterator[System]:
        """Systems nearby whose numbers are integers, halves or short decimals, plainest first."""
        for plain in plainer_recipes(self.recipe, _PLAIN):
            yield System(plain)

    def __repr__(self) -> str:
        return f"System.of({_pasted(self.recipe)})"


@dataclass(frozen=True, slots=True)
class Composition:
    """G = outer o inner, two systems one after the other; labels are those of `outer`.

    Raises:
        ValueError: `outer` has not as many unknowns as `inner` has equations.
    """

    outer: System
    inner: System

    def __post_init__(self) -> None:
        if self.outer.m != self.inner.n:
            raise ValueError(
                f"Composition: {self.inner.n} equations inside, {self.outer.m} unknowns outside; "
                "give equal many"
            )

    @classmethod
    def from_recipe(cls, recipe: Mapping[str, Any]) -> Composition:
        """The value whose `recipe` this is; raises ValueError where it is none."""
        if not isinstance(recipe, Mapping) or "within" not in recipe:
            raise ValueError(f"Composition: recipe={recipe!r}; give a system's with 'within'")
        outer = {key: value for key, value in recipe.items() if key != "within"}
        return cls(System(outer), System(recipe["within"]))

    @property
    def recipe(self) -> dict[str, Any]:
        """The recipe of `outer`, with that of `inner` as "within"."""
        return {**self.outer.recipe, "within": self.inner.recipe}

    @property
    def n(self) -> int:
        """Number of equations."""
        return self.outer.n

    @property
    def m(self) -> int:
        """Number of unknowns."""
        return self.inner.m


def _optional(recipe: Mapping[str, Any], key: str, read: Any) -> Any:
    value = recipe.get(key)
    return None if value is None else read(value, f"System.{key}")


def _tables(values: Any, where: str) -> list[Any]:
    if not isinstance(values, list | tuple) or not values:
        raise ValueError(f"{where}: {values!r}; give a list of matrices, one per equation")
    return [exact_rows(table, where) for table in values]


def _check(exact: Mapping[str, Any]) -> None:
    n, m = len(exact["rows"]), len(exact["rows"][0])
    shapes = {key: _shape(exact[key]) for key in _KEYS if key != "wave" and exact[key] is not None}
    p = len(exact["inner"] or ())
    right = {"rows": (n, m), "labels": (n,), "point": (m,), "squares": (n, m, m)}
    right |= {"outer": (n, p), "inner": (p, m), "twists": (n, p, m)}
    off = {key: shape for key, shape in shapes.items() if shape != right[key]}
    if off or (exact["outer"] is None) != (exact["inner"] is None):
        raise ValueError(
            f"System: rows of shape {(n, m)}, but {off or 'only one of outer and inner'}; "
            f"give shapes { ({key: right[key] for key in off} or 'of both') }"
        )
    if exact["twists"] is not None and exact["inner"] is None:
        raise ValueError(
            "System: twists without inner; give outer and inner, 0 where there is none"
        )
    if exact["wave"] not in WAVES:
        raise ValueError(f"System: wave={exact['wave']!r}; give one of {WAVES}")
    for table in exact["squares"] or ():
        if [list(row) for row in table] != [list(row) for row in zip(*table, strict=True)]:
            raise ValueError("System: a matrix of squares is not symmetric; give symmetric ones")


def _shape(value: Any) -> tuple[int, ...]:
    shape: tuple[int, ...] = ()
    while isinstance(value, list | tuple):
        shape, value = (*shape, len(value)), value[0]
    return shape


def _tensors(exact: Mapping[str, Any]) -> dict[str, Any]:
    n, m = len(exact["rows"]), len(exact["rows"][0])
    p = len(exact["inner"] or ())
    shapes = {"A": ("rows", (n, m)), "Q": ("squares", (n, m, m)), "B": ("outer", (n, p))}
    shapes |= {"C": ("inner", (p, m)), "D": ("twists", (n, p, m))}
    shapes |= {"y": ("labels", (n,)), "w": ("point", (m,))}
    found: dict[str, Any] = {"wave": exact["wave"]}
    for name, (key, shape) in shapes.items():
        value = exact[key]
        empty = torch.zeros(shape, dtype=torch.float64)
        found[name] = empty if value is None else torch.tensor(_floats(value), dtype=torch.float64)
    return found


def _floats(value: Any) -> Any:
    if isinstance(value, Fraction):
        return rounded(value, "System")
    return [_floats(item) for item in value]


def _texts(value: Any) -> Any:
    if isinstance(value, Fraction):
        return written(value)
    return [_texts(item) for item in value] if isinstance(value, list | tuple) else value


def _without_unknown(recipe: dict[str, Any], j: int) -> dict[str, Any]:
    smaller = {**recipe, "point": without(recipe["point"], j)}
    for key in ("rows", "inner"):
        if recipe[key]:
            smaller[key] = [without(row, j) for row in recipe[key]]
    if recipe["squares"]:
        smaller["squares"] = [
            [without(row, j) for row in without(table, j)] for table in recipe["squares"]
        ]
    if recipe["twists"]:
        smaller["twists"] = [[without(row, j) for row in table] for table in recipe["twists"]]
    return smaller


def _pasted(recipe: Mapping[str, Any]) -> str:
    parts = [f"rows={pasted_rows(recipe['rows'])}"]
    for key in ("squares", "twists"):
        parts += [f"{key}=[{', '.join(map(pasted_rows, recipe[key]))}]"] if recipe[key] else []
    parts += [f"{key}={pasted_rows(recipe[key])}" for key in ("outer", "inner") if recipe[key]]
    parts += [f"wave={recipe['wave']!r}"] if recipe["wave"] != "sin" else []
    return ", ".join([*parts, *(f"{key}={pasted_row(recipe[key])}" for key in ("labels", "point"))])
