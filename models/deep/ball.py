"""Weights in a ball around initial ones: ||W^(h) - W^(h)(0)||_F <= R sqrt m, and the same for a.

Statements "for all W in the ball" are attacked by moves on its sphere: constant, along the
weights, along the top singular pair, by signs, at random, or uphill on a function of the weights.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, get_args

import torch
from jaxtyping import Float
from torch import Tensor

from models.arguments import as_annotated
from models.deep.layer_grams import displacements
from models.deep.network import DeepNetwork
from models.randomness import SeedNumber, gaussian_outputs, gaussian_weights

Kind: TypeAlias = Literal[
    "up", "down", "outward", "inward", "signs", "singular", "against singular", "gaussian"
]

MOVES: tuple[Kind, ...] = get_args(Kind)

_KEYS = {"kind", "seed", "layer"}
_INSIDE = 1 - 1e-12  # rounding must not carry a move out of its ball


@dataclass(frozen=True, slots=True)
class BallMove:
    """A way to move the layers of any network by R sqrt m each.

    Attributes:
        kind: "up" and "down": by constants; "outward" and "inward": along W itself; "signs": along
            sign(W); "singular" and "against singular": u v^T and its negative for the top singular
            pair of W; "gaussian": at random.
        seed: of the random move, in 0 ... 2**62 - 1.
        layer: the only layer that moves, H + 1 being the output weights; 0 moves all.

    Raises:
        ValueError: an unknown kind, a bad seed or layer.
    """

    kind: Kind = "up"
    seed: int = 0
    layer: int = 0

    def __post_init__(self) -> None:
        if self.kind not in MOVES:
            raise ValueError(f"BallMove: kind={self.kind!r}; give one of {MOVES}")
        SeedNumber(self.seed)
        if isinstance(self.layer, bool) or not isinstance(self.layer, int) or self.layer < 0:
            raise ValueError(f"BallMove: layer={self.layer!r}; give an integer >= 0")

    @classmethod
    def from_recipe(cls, recipe: dict[str, Any]) -> BallMove:
        """The value whose `recipe` this is."""
        if not isinstance(recipe, dict) or set(recipe) != _KEYS:
            raise ValueError(f"BallMove: recipe={recipe!r}; give a dict with keys {sorted(_KEYS)}")
        return cls(**recipe)

    @property
    def recipe(self) -> dict[str, Any]:
        """JSON-able description."""
        return {"kind": self.kind, "seed": self.seed, "layer": self.layer}

    def applied(self, network: DeepNetwork, R: float, *, outputs: bool = True) -> DeepNetwork:
        """The network moved by R sqrt m in every layer that moves; a zero direction moves nothing.

        Args:
            network: W(0) and a(0).
            R: radius, >= 0.
            outputs: whether the output weights move with the layers.

        Raises:
            ValueError: R is negative or not finite.
        """
        length = _radius(network, R)
        seeds, lead = SeedNumber(self.seed), len(network.seeds)
        weights = [
            W + length * _unit(self._direction(W, seeds, h), lead) if self.layer in (0, h) else W
            for h, W in enumerate(network.weights, start=1)
        ]
        a = network.a
        if outputs and self.layer in (0, network.H + 1):
            # As one matrix of a single column, so that every kind has its meaning.
            column = self._direction(a.reshape(*network.seeds, -1, 1), seeds, 0)
            a = a + length * _unit(column, lead).reshape(a.shape)
        return network.with_parameters(weights, a)

    def _direction(self, W: Tensor, seeds: SeedNumber, layer: int) -> Tensor:
        if self.kind in ("up", "down"):
            return torch.full_like(W, 1.0 if self.kind == "up" else -1.0)
        if self.kind in ("outward", "inward"):
            return W if self.kind == "outward" else -W
        if self.kind == "signs":
            return torch.where(W < 0, -1.0, 1.0).to(W)
        if self.kind == "gaussian":
            m, d = W.shape[-2:]
            drawn = gaussian_weights(m, d, seeds, layer=layer) if layer else _column(m, seeds)
            return drawn[0].to(W).expand_as(W)
        u, _, vh = torch.linalg.svd(W, full_matrices=False)
        pair: Tensor = u[..., :, :1] * vh[..., :1, :]
        return pair if self.kind == "singular" else -pair


@as_annotated
def ascent(
    network: DeepNetwork,
    R: float,
    goal: Callable[[DeepNetwork], Float[Tensor, "*s"]],
    *,
    moved: DeepNetwork | None = None,
    rounds: int = 8,
    outputs: bool = False,
) -> DeepNetwork:
    """The best weights found in the ball by following the gradient of a goal to its sphere.

    Every round replaces each layer's displacement by R sqrt m times its normalised gradient, as
    the Frank-Wolfe method with full steps does; per seed the best of all rounds is kept.

    Args:
        network: W(0) and a(0), the centre.
        R: radius, >= 0.
        goal: what to make large: one number per seed, differentiable by torch.
        moved: where to begin, in the ball; by default a random point of its sphere, since the
            centre is where many goals have no gradient.
        rounds: >= 1.
        outputs: whether the output weights may move.

    Raises:
        ValueError: R is negative or not finite, or rounds < 1.
    """
    length, lead = _radius(network, R), len(network.seeds)
    if rounds < 1:
        raise ValueError(f"ascent: rounds={rounds!r}; give an integer >= 1")
    best = BallMove("gaussian").applied(network, R, outputs=outputs) if moved is None else moved
    here, value = best, goal(best).detach()
    for _ in range(rounds):
        steps = [length * _unit(slope, lead) for slope in _slopes(goal, here)]
        weights = [W + step for W, step in zip(network.weights, steps[:-1], strict=True)]
        here = network.with_parameters(weights, network.a + steps[-1] if outputs else None)
        found = goal(here).detach()
        best, value = _better(found > value, here, best), torch.maximum(value, found)
    return best


@as_annotated
def inside_ball(network: DeepNetwork, start: DeepNetwork, R: float) -> bool:
    """Whether every layer and the output weights lie within R sqrt m of their start, all seeds."""
    return bool((displacements(network, start) <= R * math.sqrt(start.m)).all())


def _radius(network: DeepNetwork, R: float) -> float:
    if not (math.isfinite(R) and R >= 0):
        raise ValueError(f"deep_ball: R={R!r}; give a finite radius >= 0")
    return R * math.sqrt(network.m) * _INSIDE


def _unit(direction: Tensor, lead: int) -> Tensor:
    """Of length 1 over all but the leading dimensions; 0 stays 0."""
    places = tuple(range(lead, direction.ndim))
    length = torch.linalg.vector_norm(direction, dim=places, keepdim=True)
    return torch.where(length > 0, direction / length, torch.zeros_like(direction))


def _slopes(goal: Callable[[DeepNetwork], Tensor], network: DeepNetwork) -> list[Tensor]:
    parameters = [t.detach().clone().requires_grad_() for t in (*network.weights, network.a)]
    total = goal(network.with_parameters(parameters[:-1], parameters[-1])).sum()
    slopes = torch.autograd.grad(total, parameters, allow_unused=True)
    pairs = zip(slopes, parameters, strict=True)
    return [torch.zeros_like(t) if slope is None else slope.detach() for slope, t in pairs]


def _better(rows: Tensor, first: DeepNetwork, second: DeepNetwork) -> DeepNetwork:
    """The first network where the row says so."""

    def chosen(a: Tensor, b: Tensor) -> Tensor:
        return torch.where(rows.reshape(rows.shape + (1,) * (a.ndim - rows.ndim)), a, b)

    weights = [chosen(a, b) for a, b in zip(first.weights, second.weights, strict=True)]
    return first.with_parameters(weights, chosen(first.a, second.a))


def _column(m: int, seeds: SeedNumber) -> Tensor:
    return gaussian_outputs(m, seeds).unsqueeze(-1)
