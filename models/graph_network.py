"""A two-layer graph convolutional network on a graph by name; here its last layer is trained.

A = D^(-1/2) (E + I) D^(-1/2) for the edges E, Phi = sigma(A W) for standard normal W (the
features of the nodes are the unit vectors), predictions h = A Phi w, and the risk
f(w) = |A Phi w - y|^2/(2 n). Sampling replaces (A Phi)_i = sum_j A_ij Phi_j by (n/N) times the sum
over N nodes j drawn with replacement, the same ones for value and derivative.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations_with_replacement
from math import comb, factorial, prod
from typing import Any

import torch
from jaxtyping import Float64
from torch import Tensor

from models.activation.kind import Activation
from models.activation.nonlinearities import nonlinearity
from models.arguments import as_annotated
from models.randomness import SeedNumber, gaussian_weights
from models.recipes.exact_value import ExactValue

Edges = Sequence[tuple[int, int]]
Loader = Callable[[], tuple[int, Edges, Sequence[float]]]  # nodes, edges, labels
GRAPH_ACTIVATIONS = ("tanh", "relu", "identity")
_KEYS = {"activation", "graph", "width", "seed"}
_loaders: dict[str, Loader] = {}


def register_graph(name: str, loader: Loader) -> None:
    """Makes a graph available to recipes.

    Args:
        name: what recipes call it.
        loader: gives the number of nodes, the edges without repetition, and a label of each node.

    Raises:
        ValueError: another loader has the name already.
    """
    if _loaders.get(name, loader) is not loader:
        raise ValueError(f"register_graph: {name!r} is registered already; choose another name")
    _loaders[name] = loader


@dataclass(frozen=True, slots=True, init=False, eq=False, repr=False)
class GraphNetwork(ExactValue):
    """A network on a graph; equality, hash, text and JSON come from the recipe.

    Attributes:
        A: normalised adjacency, symmetric.
        W: first-layer weights at the start, standard normal.
        features: Phi, a row for each node.
        y: labels.
        w: output weights at the start, standard normal.

    Raises:
        ValueError: a wrong key, an unknown graph or activation, width < 1, or no seed.
    """

    A: Float64[Tensor, "n n"]
    W: Float64[Tensor, "n h"]
    features: Float64[Tensor, "n h"]
    y: Float64[Tensor, " n"]
    w: Float64[Tensor, " h"]

    def __init__(self, recipe: dict[str, Any]) -> None:
        if not isinstance(recipe, dict) or set(recipe) | {"activation"} != _KEYS:
            raise ValueError(f"GraphNetwork: recipe={recipe!r}; give {sorted(_KEYS)}")
        recipe = {"activation": "tanh"} | recipe  # files of before there was a choice
        if recipe["activation"] not in GRAPH_ACTIVATIONS:
            raise ValueError(
                f"GraphNetwork: activation={recipe['activation']!r}; "
                f"give one of {sorted(GRAPH_ACTIVATIONS)}"
            )
        width = recipe["width"]
        if isinstance(width, bool) or not isinstance(width, int) or width < 1:
            raise ValueError(f"GraphNetwork: width={width!r}; give an integer >= 1")
        A, y = _graph(recipe["graph"])
        drawn = gaussian_weights(width, len(y) + 1, SeedNumber(recipe["seed"]))[0]
        W = drawn[:, :-1].mT
        features = nonlinearity(recipe["activation"]).value(A @ W)
        self._keep(recipe, A=A, y=y, W=W, features=features, w=drawn[:, -1])

    @classmethod
    def of(cls, *, graph: str, width: int, seed: int, activation: str = "tanh") -> GraphNetwork:
        """A network.

        Args:
            graph: its registered name.
            width: hidden units, h.
            seed: of all weights.
            activation: one of GRAPH_ACTIVATIONS.

        Raises:
            ValueError: as for the class.
        """
        return cls({"activation": activation, "graph": graph, "width": width, "seed": seed})

    @property
    def activation(self) -> Activation:
        """Sigma."""
        return nonlinearity(self.recipe["activation"])

    @property
    def n(self) -> int:
        """Number of nodes."""
        return int(self.y.shape[0])

    @property
    def m(self) -> int:
        """Number of hidden units."""
        return int(self.w.shape[0])

    @property
    def aggregated(self) -> Float64[Tensor, "n h"]:
        """A Phi."""
        return self.A @ self.features

    def __repr__(self) -> str:
        recipe = self.recipe
        return f"GraphNetwork.of({', '.join(f'{key}={recipe[key]!r}' for key in sorted(_KEYS))})"


@as_annotated(finite=False)
def graph_gradient(net: GraphNetwork, w: Float64[Tensor, "*s h"]) -> Float64[Tensor, "*s h"]:
    """The gradient of the risk."""
    rows = net.aggregated
    return (w @ rows.mT - net.y) @ rows / net.n


@as_annotated(finite=False)
def sampled_gradient(
    net: GraphNetwork, w: Float64[Tensor, "*s h"], counts: Float64[Tensor, "*s n"]
) -> Float64[Tensor, "*s h"]:
    """The estimate from samples in which node j occurs counts_j times.

    Args:
        net: the network.
        w: output weights.
        counts: of the nodes; their sum is N >= 1.
    """
    shares = counts * (net.n / counts.sum(dim=-1, keepdim=True))
    rows = net.A @ (shares[..., :, None] * net.features)
    residual = (rows @ w[..., None])[..., 0] - net.y
    return (residual[..., None, :] @ rows)[..., 0, :] / net.n


@as_annotated
@cache
def all_samples(n: int, drawn: int) -> tuple[Float64[Tensor, "k n"], Float64[Tensor, " k"]]:
    """All multisets of nodes as counts, each with its probability under n^N equal samples.

    Raises:
        ValueError: there are over 10000 of them, or none.
    """
    multisets = _multisets(n, drawn)
    counts = torch.zeros(len(multisets), n, dtype=torch.float64)
    for row, chosen in enumerate(multisets):
        for node in chosen:
            counts[row, node] += 1
    orders = torch.tensor([_orders(chosen) for chosen in multisets], dtype=torch.float64)
    return counts, orders / n**drawn


def _multisets(n: int, drawn: int) -> list[tuple[int, ...]]:
    if min(n, drawn) < 1:
        raise ValueError(f"all_samples: n={n}, drawn={drawn}; give integers >= 1")
    count = comb(n + drawn - 1, min(drawn, n - 1))
    if count > 10_000:
        raise ValueError(f"all_samples: n={n}, drawn={drawn} has {count} samples; draw fewer")
    return list(combinations_with_replacement(range(n), drawn))


def _orders(chosen: tuple[int, ...]) -> int:
    """In how many orders a multiset can be drawn."""
    return factorial(len(chosen)) // prod(factorial(chosen.count(k)) for k in set(chosen))


@cache
def _graph(name: str) -> tuple[Tensor, Tensor]:
    if name not in _loaders:
        raise ValueError(f"GraphNetwork: graph={name!r}; give one of {sorted(_loaders)}")
    n, edges, labels = _loaders[name]()
    A = torch.eye(n, dtype=torch.float64)
    for i, j in edges:
        A[i, j] = A[j, i] = 1.0
    scale = A.sum(dim=-1).rsqrt()
    return scale[:, None] * A * scale, torch.tensor(list(labels), dtype=torch.float64)
