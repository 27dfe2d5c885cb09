"""One equation z = sigma(W z + b) with several right-hand sides, as an exact recipe."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import torch
from jaxtyping import Float64
from torch import Tensor

from models.activation.nonlinearities import LEAK, nonlinearity
from models.equilibrium.solver import Equilibrium, equilibrium
from models.randomness import SeedNumber, gaussian_weights
from models.recipes.exact_value import ExactValue
from models.recipes.plain import plainer_recipes
from models.recipes.recipe import (
    Number,
    exact,
    exact_rows,
    pasted,
    pasted_rows,
    rounded,
    without,
    written,
)

_KINDS = {"relu": "0", "leaky relu": written(Fraction(LEAK))}  # sigma(t) = max(t, slope t)


@dataclass(frozen=True, slots=True, init=False, eq=False, repr=False)
class EquilibriumProblem(ExactValue):
    """An equation; equality, hash, text and JSON come from the exact recipe alone.

    Attributes:
        W: (m, m).
        b: right-hand sides, (n, m).
        activation: the name of sigma, see `nonlinearity`.

    Raises:
        ValueError: a wrong key, numbers that are none, or shapes that do not fit together.
    """

    W: Float64[Tensor, "m m"]
    b: Float64[Tensor, "n m"]
    activation: str

    def __init__(self, recipe: Any) -> None:
        if not isinstance(recipe, dict) or {"W", "b"} != set(recipe) - {"activation", "slope"}:
            raise ValueError(
                f"EquilibriumProblem: recipe={recipe!r}; give a dict with W, b, and activation or "
                "slope"
            )
        name = _activation(recipe)
        if isinstance(recipe["W"], dict):
            W, b, texts = _drawn(recipe)
        else:
            W, b, texts = _explicit(recipe)
        # What the exact model reads says the slope, and only it.
        kind = {"slope": _KINDS[name]} if name in _KINDS else {"activation": name}
        self._keep({**texts, **kind}, W=W, b=b, activation=name)

    @classmethod
    def of(
        cls,
        *,
        W: Sequence[Sequence[Number]] | None = None,
        b: Sequence[Sequence[Number]] | None = None,
        gaussian: tuple[int, int, int] | None = None,
        scale: Number = 1,
        activation: str = "relu",
    ) -> EquilibriumProblem:
        """An equation from exact numbers (ints, Fractions, Decimals, text such as "1/3", "0.25").

        Args:
            W: one row per neuron, and
            b: one row per right-hand side, m entries each; or instead of both
            gaussian: (m, n, seed): W = scale N/sqrt(m) and b of standard normal entries,
                0 <= seed < 2**62.
            scale: of a Gaussian W.
            activation: the name of sigma.

        Raises:
            ValueError: as for the class, or both or neither of W and b, and gaussian.
        """
        if (W is None) == (gaussian is None) or (b is None) == (gaussian is None):
            raise ValueError("EquilibriumProblem: give W and b, or gaussian instead of both")
        if gaussian is None:
            return cls({"W": W, "b": b, "activation": activation})
        m, n, seed = gaussian
        drawn = {"gaussian": [m, seed], "scale": scale}
        return cls({"W": drawn, "b": {"gaussian": n}, "activation": activation})

    @property
    def m(self) -> int:
        """Width."""
        return int(self.W.shape[0])

    @property
    def n(self) -> int:
        """Number of right-hand sides."""
        return int(self.b.shape[0])

    def solve(self) -> Equilibrium:
        """What `equilibrium` finds."""
        return equilibrium(self.W, self.b, self.activation)

    def simpler(self) -> Iterator[EquilibriumProblem]:
        """The equation without one right-hand side, without one neuron; with one number 0."""
        recipe = self.recipe
        W, b = recipe["W"], recipe["b"]
        if isinstance(W, dict):
            return
        for i in reversed(range(self.n)) if self.n > 1 else ():
            yield EquilibriumProblem({**recipe, "b": without(b, i)})
        for r in reversed(range(self.m)) if self.m > 1 else ():
            smaller = {"W": [without(row, r) for row in without(W, r)]}
            yield EquilibriumProblem({**recipe, **smaller, "b": [without(row, r) for row in b]})
        for name in ("W", "b"):
            for i, row in enumerate(recipe[name]):
                for j, z in enumerate(row):
                    if z != "0":
                        less = [*row[:j], "0", *row[j + 1 :]]
                        table = [*recipe[name][:i], less, *recipe[name][i + 1 :]]
                        yield EquilibriumProblem({**recipe, name: table})

    def plainer(self) -> Iterator[EquilibriumProblem]:
        """Equations nearby whose numbers are integers, halves or short decimals, plainest first."""
        for plain in plainer_recipes(self.recipe, ("W", "b")):
            yield EquilibriumProblem(plain)

    def __repr__(self) -> str:
        recipe = self.recipe
        W, b = recipe["W"], recipe["b"]
        if isinstance(W, dict):
            m, seed = W["gaussian"]
            parts = [f"gaussian=({m}, {b['gaussian']}, {seed})", f"scale={pasted(W['scale'])}"]
        else:
            parts = [f"W={pasted_rows(W)}", f"b={pasted_rows(b)}"]
        parts += [] if self.activation == "relu" else [f"activation={self.activation!r}"]
        return f"EquilibriumProblem.of({', '.join(parts)})"


def _activation(recipe: dict[str, Any]) -> str:
    if ("slope" in recipe) == ("activation" in recipe):
        raise ValueError("EquilibriumProblem: give one of slope and activation")
    if "activation" in recipe:
        return nonlinearity(recipe["activation"]).name
    slope = written(exact(recipe["slope"], "EquilibriumProblem.slope"))
    names = {text: name for name, text in _KINDS.items()}
    if slope not in names:
        raise ValueError(f"EquilibriumProblem: slope={slope}; give one of {sorted(names)}")
    return names[slope]


def _explicit(recipe: dict[str, Any]) -> tuple[Tensor, Tensor, dict[str, Any]]:
    rows = {name: exact_rows(recipe[name], f"EquilibriumProblem.{name}") for name in ("W", "b")}
    m = len(rows["W"])
    if len(rows["W"][0]) != m or len(rows["b"][0]) != m:
        raise ValueError(
            f"EquilibriumProblem: W has {m} rows of {len(rows['W'][0])}, b rows of "
            f"{len(rows['b'][0])}; give m rows of m for W, and rows of m for b"
        )
    tensors = {
        name: torch.tensor(
            [[rounded(z, "EquilibriumProblem") for z in row] for row in table], dtype=torch.float64
        )
        for name, table in rows.items()
    }
    texts = {name: [[written(z) for z in row] for row in table] for name, table in rows.items()}
    return tensors["W"], tensors["b"], texts


def _drawn(recipe: dict[str, Any]) -> tuple[Tensor, Tensor, dict[str, Any]]:
    given, count = recipe["W"], recipe["b"]
    drawn = given.get("gaussian")
    pair = isinstance(drawn, list | tuple) and len(drawn) == 2
    n = count.get("gaussian") if isinstance(count, dict) else None
    if set(given) != {"gaussian", "scale"} or not pair or not isinstance(n, int) or n < 1:
        raise ValueError(
            f"EquilibriumProblem: W={given!r}, b={count!r}; give W as "
            '{"gaussian": [m, seed], "scale": s} and b as {"gaussian": n}'
        )
    m, seed = drawn
    scale = exact(given["scale"], "EquilibriumProblem.scale")
    entries = gaussian_weights(m, m + n, SeedNumber(seed))[0]
    W = entries[:, :m] * (rounded(scale, "EquilibriumProblem.scale") / m**0.5)
    texts = {"W": {"gaussian": [m, seed], "scale": written(scale)}, "b": {"gaussian": n}}
    return W.contiguous(), entries[:, m:].mT.contiguous(), texts
