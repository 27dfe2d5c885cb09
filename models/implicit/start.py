"""An implicit network at its initial parameters, on its data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from typing import Any

import torch
from jaxtyping import Float64
from torch import Tensor

from models.dataset import inputs
from models.implicit.initial import Heads
from models.implicit.network import ImplicitModel, ImplicitNetwork, implicit_pass, pass_predictions
from models.implicit.recipe import checked_recipe, read_network, simpler_networks
from models.recipes.recipe import Number, pasted, pasted_row, pasted_rows, written
from models.start_on_data import StartOnData, posed_labels

_WRITTEN_OUT = 400  # parameters
_PLAIN = ("rows", "A", "W", "u", "v", "residual", "labels")


@dataclass(frozen=True, slots=True, init=False, eq=False, repr=False)
class ImplicitStart(StartOnData):
    """Data and initial parameters; equality, hash, text and JSON come from the exact recipe alone.

    Attributes:
        x: inputs, one row per sample.
        y: labels; the recipe's own, or yhat(0) + residual.
        network: the initial parameters, without seed dimensions.

    Raises:
        ValueError: the recipe has a NaN, infinite, zero, missing or ragged row, or a wrong key, or
            a residual although L scale ||A||_2 >= 1, where yhat(0) may not exist.
    """

    x: Float64[Tensor, "n d"]
    y: Float64[Tensor, " n"]
    network: ImplicitNetwork

    def __init__(self, recipe: dict[str, Any]) -> None:
        known = checked_recipe(recipe)
        rows, texts = inputs(known["rows"], "ImplicitStart", normalised=known["normalised"])
        x = torch.tensor(rows, dtype=torch.float64)
        network, written_out = read_network(known, x.shape[1])
        y, labels = posed_labels(
            known, len(rows), "ImplicitStart", lambda: _certified_predictions(x, network)
        )
        exact_recipe = {"rows": texts, "normalised": known["normalised"], **written_out, **labels}
        self._keep(exact_recipe, x=x, y=y, network=network)

    @classmethod
    def of(
        cls,
        *,
        rows: Sequence[Sequence[Number]],
        model: ImplicitModel = "gao",
        gamma: Number | None = None,
        s_w: Number | None = None,
        A: Sequence[Sequence[Number]] | None = None,
        W: Sequence[Sequence[Number]] | None = None,
        gaussian: tuple[int, int] | None = None,
        u: Sequence[Number] | None = None,
        v: Sequence[Number] | None = None,
        heads: Heads | None = None,
        residual: Sequence[Number] | None = None,
        labels: Sequence[Number] | None = None,
        activation: str = "relu",
        normalised: bool = True,
    ) -> ImplicitStart:
        """A start from exact numbers (ints, Fractions, Decimals or text such as "1/3", "0.25").

        Args:
            rows: input rows z_i, none of them zero.
            model: "gao" or "ling", see `ImplicitNetwork`; "ling" writes W, U, a for A, W, u.
            gamma: the scale of A, > 0; for "gao" only.
            s_w: the size of Gaussian A; for "ling" with Gaussian weights only.
            A: what multiplies z, one row per neuron, and
            W: what multiplies the inputs; or instead of both
            gaussian: (m, seed): the paper's own initial law, 0 <= seed < 2**62.
            u: output weights of z, and
            v: of phi, for "gao" only; or instead of both
            heads: "zero", or, with Gaussian weights, "drawn" from the paper's law.
            residual: y - yhat(0), one number per row; or instead
            labels: y itself.
            activation: the name of s, see `nonlinearity`.
            normalised: x_i = z_i/|z_i| if true, else x_i = z_i.

        Raises:
            ValueError: as for the class, or one of the alternatives given twice or not at all.
        """
        given = {"gamma": gamma, "s_w": s_w, "A": A, "W": W, "gaussian": gaussian, "u": u, "v": v}
        given |= {"heads": heads, "residual": residual, "labels": labels, "activation": activation}
        return cls({"rows": rows, "model": model, "normalised": normalised, **given})

    @property
    def exact_recipe(self) -> dict[str, Any]:
        """The recipe with every parameter written out, drawn ones as the floats they are.

        Of more than 400 parameters they stay drawn: no exact model reads as many.
        """
        recipe = self.recipe
        blocks = self.network.named()
        if "gaussian" in recipe and sum(b.numel() for b in blocks.values()) > _WRITTEN_OUT:
            return recipe
        exact = {name: recipe.get(name) or _fractions(block) for name, block in blocks.items()}
        dropped = ("gaussian", "heads", "s_w")
        return {**{k: value for k, value in recipe.items() if k not in dropped}, **exact}

    @property
    def d(self) -> int:
        """Input dimension."""
        return self.network.d

    @property
    def m(self) -> int:
        """Width."""
        return self.network.m

    def simpler(self) -> Iterator[ImplicitStart]:
        """The start without one sample, without one neuron, without a coordinate that is 0."""
        recipe = self.recipe
        smaller = ({**recipe, **change} for change in simpler_networks(recipe))
        for simple in chain(self._without_samples(), smaller):
            yield from _if_posed(simple)

    def plainer(self) -> Iterator[ImplicitStart]:
        """Starts nearby whose numbers are integers, halves or short decimals, plainest first."""
        for plain in self._plainer(_PLAIN):
            yield from _if_posed(plain)

    def __repr__(self) -> str:
        recipe = self.recipe
        parts = [f"rows={pasted_rows(recipe['rows'])}"]
        parts += ["model='ling'"] if recipe["model"] == "ling" else []
        parts += [f"{name}={pasted(recipe[name])}" for name in ("gamma", "s_w") if name in recipe]
        parts += [f"{name}={pasted_rows(recipe[name])}" for name in ("A", "W") if name in recipe]
        if "gaussian" in recipe:
            parts.append(f"gaussian={tuple(recipe['gaussian'])!r}")
        given = [name for name in ("u", "v") if name in recipe]
        parts += [f"{name}={pasted_row(recipe[name])}" for name in given]
        parts += [] if given else [f"heads={recipe['heads']!r}"]
        kind = "labels" if "labels" in recipe else "residual"
        parts.append(f"{kind}={pasted_row(recipe[kind])}")
        if recipe["activation"] != "relu":
            parts.append(f"activation={recipe['activation']!r}")
        parts += [] if recipe["normalised"] else ["normalised=False"]
        return f"ImplicitStart.of({', '.join(parts)})"


def _certified_predictions(x: Tensor, network: ImplicitNetwork) -> Tensor:
    run = implicit_pass(x, network)
    if not float(run.rho) < 1:
        raise ValueError(
            f"ImplicitStart: L scale ||A||_2 = {float(run.rho):.6g} >= 1, so yhat(0) may not exist "
            "and a residual says nothing; give labels, or a smaller gamma or A"
        )
    return pass_predictions(run, network)


def _if_posed(recipe: dict[str, Any]) -> Iterator[ImplicitStart]:
    """The start, unless fewer neurons (a larger gamma/sqrt(m)) have made it ill-posed."""
    try:
        yield ImplicitStart(recipe)
    except ValueError:
        return


def _fractions(block: Tensor) -> Any:
    if block.ndim > 1:
        return [_fractions(row) for row in block]
    return [written(Fraction(value)) for value in block.tolist()]
