"""How biased a sampled gradient on a graph is, against the number N of nodes drawn."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from models import (
    GraphNetwork,
    all_samples,
    gaussian_weights,
    graph_gradient,
    sampled_gradient,
)
from verdicts import Seeds, hashed_key

_EXACT = 3  # nodes up to which all samples are added up
_AT_ONCE = 10_000


@dataclass(frozen=True, slots=True)
class Bias:
    """The bias at one N.

    Attributes:
        drawn: N.
        size: |E g_N - grad f|.
        error: 0 where all samples were added up, else two standard errors of a simulation.
    """

    drawn: int
    size: float
    error: float


def biases(net: GraphNetwork, *, most: int, repeats: int, seed: int) -> list[Bias]:
    """The bias for N = 1, 2, 3 exactly, and for N = 4, 8, 16, ... by simulation.

    Args:
        net: the network; w is its start.
        most: the largest N at most, >= 1.
        repeats: samples drawn for every simulated N, >= 2.
        seed: of the samples.

    Raises:
        ValueError: most < 1 or repeats < 2.
    """
    if most < 1 or repeats < 2:
        raise ValueError(f"biases: most={most}, repeats={repeats}; give most >= 1, repeats >= 2")
    wanted = graph_gradient(net, net.w)
    found = []
    for drawn in range(1, min(_EXACT, most) + 1):
        counts, chances = all_samples(net.n, drawn)
        off = chances @ sampled_gradient(net, net.w, counts) - wanted
        found.append(Bias(drawn, float(torch.linalg.vector_norm(off)), 0.0))
    drawn = _EXACT + 1
    while drawn <= most:
        found.append(_simulated(net, wanted, drawn, repeats, seed))
        drawn *= 2
    return found


def _simulated(net: GraphNetwork, wanted: Tensor, drawn: int, repeats: int, seed: int) -> Bias:
    total, squares = torch.zeros_like(wanted), 0.0
    stream = Seeds(hashed_key("graph bias", str(seed), str(drawn)))
    for first in range(0, repeats, _AT_ONCE):
        block = stream.block(first, min(_AT_ONCE, repeats - first))
        uniform = torch.special.ndtr(gaussian_weights(drawn, 1, block)[..., 0]) * net.n
        places = uniform.long().clamp_max(net.n - 1)
        counts = torch.zeros(len(places), net.n, dtype=torch.float64)
        counts.scatter_add_(1, places, torch.ones_like(uniform))
        off = sampled_gradient(net, net.w, counts) - wanted
        total, squares = total + off.sum(dim=0), squares + float(off.square().sum())
    mean = total / repeats
    size = float(torch.linalg.vector_norm(mean))
    variance = max(0.0, squares / repeats - size**2)  # summed over coordinates
    return Bias(drawn, size, 2 * (variance / repeats) ** 0.5)
