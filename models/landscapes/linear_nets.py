"""Deep linear networks with exact weights and data: L = (1/2) sum_i |W_D ... W_1 x_i - y_i|^2."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from typing import Any, TypeAlias

import torch
from jaxtyping import Float64
from torch import Tensor

from models.arguments import as_annotated
from models.recipes.exact_value import ExactValue
from models.recipes.recipe import Number, exact_rows, pasted_rows, rounded, written

Matrix: TypeAlias = "Sequence[Sequence[Number]]"

_KEYS = {"rows", "labels", "layers"}


@dataclass(frozen=True, slots=True, init=False, eq=False, repr=False)
class LinearNet(ExactValue):
    """A network and its data; equality, hash, text and JSON come from the exact recipe alone.

    Attributes:
        x: inputs, one row per sample.
        y: labels, one row per sample.
        layers: W_1, ..., W_D.

    Raises:
        ValueError: a wrong key, numbers that are none, or shapes that do not fit together.
    """

    x: Float64[Tensor, "n d"]
    y: Float64[Tensor, "n k"]
    layers: tuple[Float64[Tensor, "_ _"], ...]

    def __init__(self, recipe: Mapping[str, Any]) -> None:
        if not isinstance(recipe, Mapping) or set(recipe) != _KEYS:
            raise ValueError(f"LinearNet: recipe={recipe!r}; give a dict with {sorted(_KEYS)}")
        if not isinstance(recipe["layers"], list | tuple) or not recipe["layers"]:
            raise ValueError(f"LinearNet: layers={recipe['layers']!r}; give a list of matrices")
        x, y = (exact_rows(recipe[key], f"LinearNet.{key}") for key in ("rows", "labels"))
        layers = [exact_rows(layer, "LinearNet.layers") for layer in recipe["layers"]]
        ends = [len(x[0]), *(len(layer) for layer in layers)]
        widths = [len(layer[0]) for layer in layers]
        if len(x) != len(y) or ends[-1] != len(y[0]) or widths != ends[:-1]:
            raise ValueError(
                f"LinearNet: {len(x)} inputs of size {len(x[0])}, {len(y)} labels of size "
                f"{len(y[0])}, layers {list(zip(ends[1:], widths, strict=True))}; "
                "give sizes that fit together"
            )
        exact_recipe = {"rows": _texts(x), "labels": _texts(y), "layers": list(map(_texts, layers))}
        self._keep(exact_recipe, x=_tensor(x), y=_tensor(y), layers=tuple(map(_tensor, layers)))

    @classmethod
    def of(cls, *, rows: Matrix, labels: Matrix, layers: Sequence[Matrix]) -> LinearNet:
        """A network from exact numbers.

        Args:
            rows: inputs, one row per sample.
            labels: as many rows.
            layers: W_1, ..., W_D; W_1 is applied first.

        Raises:
            ValueError: as for the class.
        """
        return cls({"rows": rows, "labels": labels, "layers": layers})

    @property
    def n(self) -> int:
        """Number of samples."""
        return int(self.x.shape[0])

    @property
    def d(self) -> int:
        """Input dimension."""
        return int(self.x.shape[1])

    def with_layers(self, layers: Sequence[Tensor]) -> LinearNet:
        """The same data with other weights, floats as the decimals that print them."""
        return LinearNet({**self.recipe, "layers": [layer.tolist() for layer in layers]})

    @property
    def depth(self) -> int:
        """Number of weight matrices, one more than of hidden layers."""
        return len(self.layers)

    @property
    def p(self) -> int:
        """Smallest hidden width; without hidden layers the smaller side of the one matrix."""
        widths = [len(layer) for layer in self.layers[:-1]]
        return min(widths, default=min(self.layers[0].shape))

    def __repr__(self) -> str:
        recipe = self.recipe
        layers = ", ".join(map(pasted_rows, recipe["layers"]))
        rows, labels = pasted_rows(recipe["rows"]), pasted_rows(recipe["labels"])
        return f"LinearNet.of(rows={rows}, labels={labels}, layers=[{layers}])"


@as_annotated
def linear_map(layers: Sequence[Tensor]) -> Tensor:
    """W_D ... W_1."""
    return reduce(lambda right, layer: layer @ right, layers[1:], layers[0])


@as_annotated(finite=False)
def linear_loss(net: LinearNet, layers: Sequence[Tensor] | None = None) -> Float64[Tensor, ""]:
    """L = (1/2) ||W_D ... W_1 X - Y||_F^2, at other layers if they are given."""
    outputs = net.x @ linear_map(layers or net.layers).mT
    loss: Tensor = (outputs - net.y).square().sum() / 2
    return loss


@as_annotated(finite=False)
def linear_gradient(net: LinearNet) -> Float64[Tensor, " w"]:
    """First derivatives in all weights: W_1 first, row by row."""
    error = (net.x @ linear_map(net.layers).mT - net.y).mT @ net.x
    parts = [
        (_above(net, k).mT @ error @ _below(net, k).mT).flatten() for k in range(len(net.layers))
    ]
    return torch.cat(parts)


@as_annotated
def linear_hessian(net: LinearNet) -> Float64[Tensor, "w w"]:
    """Second derivatives in all weights, in the order of `linear_gradient`."""
    weights = torch.cat([layer.flatten() for layer in net.layers])

    def loss(flat: Tensor) -> Tensor:
        return linear_loss(net, shaped(net, flat))

    hessian: Tensor = torch.autograd.functional.hessian(loss, weights)  # type: ignore[no-untyped-call]
    return hessian


@as_annotated
def shaped(net: LinearNet, flat: Float64[Tensor, " w"]) -> list[Tensor]:
    """Layers from a list of all their entries, in the order of `linear_gradient`."""
    sizes = [layer.numel() for layer in net.layers]
    parts = torch.split(flat, sizes)
    return [part.reshape(layer.shape) for part, layer in zip(parts, net.layers, strict=True)]


@as_annotated
def flattened(layers: Sequence[Tensor]) -> list[float]:
    """All entries, W_1 first, row by row: the reverse of `shaped`."""
    return [float(z) for layer in layers for z in layer.flatten()]


@as_annotated
def linear_rounding(net: LinearNet) -> float:
    """An error bound of the loss and its derivatives as floats.

    It holds at the network's own weights, and where the last layer is at most twice as large.
    """
    sizes = [1 + float(layer.square().sum()) for layer in net.layers]
    data = float(net.x.square().sum() + net.y.square().sum())
    return 256 * torch.finfo(torch.float64).eps * (1 + data) * math.prod(sizes)


@as_annotated
def least_linear_loss(net: LinearNet, *, rank: int) -> Float64[Tensor, ""]:
    """Least loss of a linear map of at most this rank, for inputs that span their space.

    (1/2) (||Y||_F^2 - the largest eigenvalues of S), S = Y X^T (X X^T)^(-1) X Y^T.

    Source: Eckart, Young 1936; Baldi, Hornik 1989.
    """
    cross = net.y.mT @ net.x
    S = cross @ torch.linalg.solve(net.x.mT @ net.x, cross.mT)
    largest = torch.linalg.eigvalsh((S + S.mT) / 2).flip(0)[:rank]
    least: Tensor = (net.y.square().sum() - largest.sum()) / 2
    return least


def _above(net: LinearNet, k: int) -> Tensor:
    later = net.layers[k + 1 :]
    return linear_map(later) if later else torch.eye(len(net.layers[k]), dtype=torch.float64)


def _below(net: LinearNet, k: int) -> Tensor:
    return linear_map(net.layers[:k]) if k else torch.eye(net.d, dtype=torch.float64)


def _texts(table: Sequence[Sequence[Fraction]]) -> list[list[str]]:
    return [[written(z) for z in row] for row in table]


def _tensor(table: Sequence[Sequence[Fraction]]) -> Tensor:
    floats = [[rounded(z, "LinearNet") for z in row] for row in table]
    return torch.tensor(floats, dtype=torch.float64)
