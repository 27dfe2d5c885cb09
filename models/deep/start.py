"""A deep network at its initial weights, on its data: what deterministic statements need."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import torch
from jaxtyping import Float64
from torch import Tensor

from models.dataset import inputs
from models.deep.network import Architecture, DeepNetwork, deep_predictions
from models.deep.recipe import checked_recipe, read_network, simpler_networks
from models.recipes.recipe import Number, pasted, pasted_row, pasted_rows, written
from models.start_on_data import StartOnData, posed_labels

_WRITTEN_OUT = 400  # weights
_PLAIN = ("rows", "weights", "outputs", "c_res", "residual", "labels")


@dataclass(frozen=True, slots=True, init=False, eq=False, repr=False)
class DeepStart(StartOnData):
    """Data and initial weights; equality, hash, text and JSON come from the exact recipe alone.

    Attributes:
        x: inputs, (n, d), or (n, d, p) for a convolutional network.
        y: labels; the recipe's own, or u(0) + residual.
        network: the initial parameters, without seed dimensions.

    Raises:
        ValueError: the recipe has a NaN, infinite, zero, missing or ragged row, or a wrong key.
    """

    x: Float64[Tensor, "*shape"]
    y: Float64[Tensor, " n"]
    network: DeepNetwork

    def __init__(self, recipe: dict[str, Any]) -> None:
        known = checked_recipe(recipe)
        rows, texts = inputs(known["rows"], "DeepStart", normalised=known["normalised"])
        network, written_out = read_network(known, len(rows[0]))
        x = torch.tensor(rows, dtype=torch.float64)
        if network.convolutional:
            x = x.reshape(len(rows), network.d, network.p)
        y, labels = posed_labels(
            known, len(rows), "DeepStart", lambda: deep_predictions(x, network)
        )
        exact_recipe = {"rows": texts, "normalised": known["normalised"], **written_out, **labels}
        self._keep(exact_recipe, x=x, y=y, network=network)

    @classmethod
    def of(
        cls,
        *,
        rows: Sequence[Sequence[Number]],
        weights: Sequence[Sequence[Sequence[Number]]] | None = None,
        gaussian: tuple[int, int, int] | None = None,
        outputs: Sequence[Number] | str | None = None,
        residual: Sequence[Number] | None = None,
        labels: Sequence[Number] | None = None,
        activation: str = "softplus",
        architecture: Architecture = "fully connected",
        c_res: Number = "1/2",
        pixels: int = 1,
        patch: int = 1,
        normalised: bool = True,
    ) -> DeepStart:
        """A start from exact numbers (ints, Fractions, Decimals or text such as "1/3", "0.25").

        Args:
            rows: input rows z_i, none of them zero; channel after channel if there are pixels.
            weights: W^(1), ..., W^(H), each with one row per neuron; or instead
            gaussian: (m, H, seed): standard normal weights of H layers, 0 <= seed < 2**62.
            outputs: output weights, neuron after neuron if there are pixels; or, with Gaussian
                weights, how they are drawn: "gaussian" (also if None) or "signs".
            residual: y - u(0), one number per row; or instead
            labels: y itself.
            activation: by name, see `activation`.
            architecture: "fully connected", "residual" or "convolutional".
            c_res: scale of residual layers, > 0.
            pixels: p, which divides the rows' length; 1 unless convolutional.
            patch: q, pixels in a patch; 1 unless convolutional.
            normalised: x_i = z_i/|z_i| if true, else x_i = z_i.

        Raises:
            ValueError: as for the class, or not exactly one of weights and gaussian, or of
                residual and labels, or explicit weights without explicit outputs.
        """
        if (weights is None) == (gaussian is None):
            raise ValueError("DeepStart: give exactly one of weights and gaussian")
        recipe: dict[str, Any] = {"rows": rows, "normalised": normalised, "outputs": outputs}
        recipe |= {"weights": {"gaussian": gaussian} if weights is None else weights}
        recipe |= {"activation": activation, "architecture": architecture, "c_res": c_res}
        recipe |= {"pixels": pixels, "patch": patch, "residual": residual, "labels": labels}
        return cls(recipe)

    @property
    def exact_recipe(self) -> dict[str, Any]:
        """The recipe without missing entries, drawn weights written out as the floats they are.

        Of more than 400 weights they stay drawn: no exact model reads as many.
        """
        recipe = {key: value for key, value in self.recipe.items() if value is not None}
        network = self.network
        few = sum(W.numel() for W in network.weights) <= _WRITTEN_OUT
        if isinstance(recipe["weights"], dict) and few:
            layers = [W.tolist() for W in network.weights]
            recipe["weights"] = [
                [list(map(written, map(Fraction, row))) for row in W] for W in layers
            ]
            recipe["outputs"] = [written(Fraction(z)) for z in network.a.flatten().tolist()]
        return recipe

    @property
    def d(self) -> int:
        """Input dimension, or input channels."""
        return self.network.d

    @property
    def m(self) -> int:
        """Width."""
        return self.network.m

    @property
    def H(self) -> int:
        """Number of hidden layers."""
        return self.network.H

    def simpler(self) -> Iterator[DeepStart]:
        """The start without one sample, one layer, one neuron, a coordinate that is 0."""
        yield from map(DeepStart, self._without_samples())
        recipe = self.recipe
        for smaller in simpler_networks(recipe):
            yield DeepStart({**recipe, **smaller})

    def plainer(self) -> Iterator[DeepStart]:
        """Starts nearby whose numbers are integers, halves or short decimals, plainest first."""
        yield from map(DeepStart, self._plainer(_PLAIN))

    def __repr__(self) -> str:
        recipe = self.recipe
        weights, outputs = recipe["weights"], recipe["outputs"]
        parts = [f"rows={pasted_rows(recipe['rows'])}"]
        if isinstance(weights, dict):
            parts.append(f"gaussian={tuple(weights['gaussian'])!r}")
        else:
            parts.append(f"weights=[{', '.join(map(pasted_rows, weights))}]")
        drawn = isinstance(outputs, str)
        parts.append(f"outputs={outputs!r}" if drawn else f"outputs={pasted_row(outputs)}")
        kind = "labels" if "labels" in recipe else "residual"
        parts.append(f"{kind}={pasted_row(recipe[kind])}")
        parts.append(f"activation={recipe['activation']!r}")
        if recipe["architecture"] != "fully connected":
            parts.append(f"architecture={recipe['architecture']!r}")
            parts.append(f"c_res={pasted(recipe['c_res'])}")
        if recipe["architecture"] == "convolutional":
            parts.append(f"pixels={recipe['pixels']}, patch={recipe['patch']}")
        parts += [] if recipe["normalised"] else ["normalised=False"]
        return f"DeepStart.of({', '.join(parts)})"
