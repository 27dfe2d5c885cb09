"""The witness: a tanh network with an affine path, with its divergence, for many runs at once.

f(x) = W_3 (h_2, x) + b_3, h_2 = tanh(W_2 h_1 + b_2), h_1 = tanh(W_1 x + b_1): the last layer sees
the input as well, so that scores that grow are no burden to bounded units.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeAlias

import torch
from jaxtyping import Float64
from torch import Tensor

from models import Keys, gaussian_weights
from models.arguments import as_annotated

Weights: TypeAlias = list[Tensor]  # W_1, b_1, W_2, b_2, W_3, b_3, each with a leading run
Moments: TypeAlias = tuple[Weights, Weights, int]
_FIRST_LAYER = 11  # of the stream: far from what particles and noise draw
_FADE, _FADE_SQUARES, _FLOOR = 0.9, 0.999, 1e-8


def initial_witness(d: int, hidden: int, seeds: Keys) -> Weights:
    """Weights of variance 1/fan-in, biases 0, and a last layer of 0: the witness f = 0.

    Args:
        d: dimension of the particles.
        hidden: units of each of two layers.
        seeds: a network for each.
    """
    s = seeds.count
    first = gaussian_weights(d, hidden, seeds, layer=_FIRST_LAYER) / math.sqrt(d)
    second = gaussian_weights(hidden, hidden, seeds, layer=_FIRST_LAYER + 1) / math.sqrt(hidden)
    zero = first.new_zeros
    last = zero(s, hidden + d, d)
    return [first, zero(s, 1, hidden), second, zero(s, 1, hidden), last, zero(s, 1, d)]


@as_annotated(finite=False)
def witness_values(weights: Sequence[Tensor], x: Float64[Tensor, "s n d"]) -> Tensor:
    """The values f(x)."""
    first, b1, second, b2, third, b3 = weights
    hidden = torch.tanh(torch.tanh(x @ first + b1) @ second + b2)
    return torch.cat((hidden, x), dim=-1) @ third + b3


@as_annotated(finite=False)
def witness_and_divergence(
    weights: Sequence[Tensor], x: Float64[Tensor, "s n d"], directions: Float64[Tensor, "s n k d"]
) -> tuple[Float64[Tensor, "s n d"], Float64[Tensor, "s n"]]:
    """Values f and sums over k of z_k.(Df z_k), at all particles.

    Args:
        weights: of one network for each run.
        x: particles.
        directions: z_k; the unit vectors give the divergence itself, one vector of signs
            Hutchinson's estimate of it.
    """
    first, b1, second, b2, third, b3 = weights
    s, n, k, d = directions.shape
    one = torch.tanh(x @ first + b1)
    two = torch.tanh(one @ second + b2)
    flat = directions.reshape(s, n * k, d)
    along = (flat @ first).reshape(s, n, k, -1) * (1 - one.square())[:, :, None]
    along = (along.reshape(s, n * k, -1) @ second).reshape(s, n, k, -1)
    along = along * (1 - two.square())[:, :, None]
    turned = torch.cat((along.reshape(s, n * k, -1), flat), dim=-1) @ third
    values = torch.cat((two, x), dim=-1) @ third + b3
    return values, (turned * flat).reshape(s, n, k * d).sum(dim=-1)


@as_annotated(finite=False)
def witness_objective(
    weights: Sequence[Tensor],
    x: Float64[Tensor, "s n d"],
    score: Float64[Tensor, "s n d"],
    directions: Float64[Tensor, "s n k d"],
    *,
    weight: float = 0.5,
    spread: float = 1.0,
) -> Float64[Tensor, " s"]:
    """Mean over particles of s_p.f + div f - weight |f|^2, for each run.

    Args:
        weights: of the witnesses.
        x: particles.
        score: s_p there.
        directions: as for `witness_and_divergence`.
        weight: the lambda of the penalty, > 0.
        spread: factor of the divergence, 1; 0 drops it, for mutants.
    """
    values, divergence = witness_and_divergence(weights, x, directions)
    inner = (score * values).sum(dim=-1) - weight * values.square().sum(dim=-1)
    mean: Tensor = (inner + spread * divergence).mean(dim=-1)
    return mean


@as_annotated(finite=False)
def unit_directions(x: Float64[Tensor, "s n d"]) -> Float64[Tensor, "s n d d"]:
    """The unit vectors at each particle."""
    return torch.eye(x.shape[-1], dtype=x.dtype, device=x.device).expand(*x.shape, -1)


def no_moments(weights: Weights) -> Moments:
    """Adam's memory before its first step."""
    return [torch.zeros_like(w) for w in weights], [torch.zeros_like(w) for w in weights], 0


def adam_ascent(
    weights: Weights, slopes: Sequence[Tensor], moments: Moments, rate: float
) -> tuple[Weights, Moments]:
    """One step of Adam upwards. Source: Kingma and Ba 2015 (arXiv:1412.6980), recalled."""
    means, squares, t = moments
    t += 1
    means = [torch.lerp(g, m, _FADE) for m, g in zip(means, slopes, strict=True)]
    squares = [torch.lerp(g * g, v, _FADE_SQUARES) for v, g in zip(squares, slopes, strict=True)]
    scale, unbiased = rate / (1 - _FADE**t), 1 / (1 - _FADE_SQUARES**t)
    moved = [
        w + scale * m / ((v * unbiased).sqrt() + _FLOOR)
        for w, m, v in zip(weights, means, squares, strict=True)
    ]
    return moved, (means, squares, t)
