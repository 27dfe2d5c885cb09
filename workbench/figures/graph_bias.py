"""How biased a sampled gradient on a graph is, against the number N of nodes drawn."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from models import (
    GraphNetwork,
    all_samples,
    gaussian_weights,
    graph_gradient,
    layers_gradient,
    mean_given_first,
    mean_gradient,
    node_law,
    node_shares,
    sampled_gradient,
    start_parameters,
)
from verdicts import Seeds, hashed_key

LAYERS = ("last", "both")
_EXACT = 3  # nodes up to which all samples are added up
_MOST_SAMPLES = 10_000
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


@dataclass(frozen=True, slots=True)
class _Sampling:
    """What is sampled: the law, the gradient, the mean at one N, and estimates from counts."""

    q: Tensor
    wanted: Tensor
    mean: Callable[[int], Tensor]
    estimates: Callable[[Tensor, int], Tensor]


def biases(
    net: GraphNetwork,
    *,
    most: int,
    repeats: int,
    seed: int,
    layers: str = "last",
    law: str = "uniform",
) -> list[Bias]:
    """The bias for N = 1, 2, 3 exactly (large graphs: fewer), for N = 4, 8, 16, ... by simulation.

    Args:
        net: the network; its weights are those of its start.
        most: the largest N at most, >= 1.
        repeats: samples drawn for every simulated N, >= 2.
        seed: of the samples.
        layers: whose gradient, one of LAYERS: of the last layer, its nodes sampled uniformly; or of
            both, N nodes of each layer being sampled.
        law: of the nodes for both layers, one of NODE_LAWS; "uniform" for the last one alone.

    Raises:
        ValueError: most < 1, repeats < 2, an unknown word, or another law for the last layer.
    """
    if most < 1 or repeats < 2:
        raise ValueError(f"biases: most={most}, repeats={repeats}; give most >= 1, repeats >= 2")
    if layers not in LAYERS:
        raise ValueError(f"biases: layers={layers!r}; give one of {sorted(LAYERS)}")
    if layers == "last" and law != "uniform":
        raise ValueError(f"biases: law={law!r} with layers='last'; give 'uniform', or both layers")
    sampling = _last_layer(net) if layers == "last" else _both_layers(net, node_law(net, law))
    found, drawn = [], 1
    while drawn <= most:
        if drawn <= _EXACT and math.comb(net.n + drawn - 1, drawn) <= _MOST_SAMPLES:
            off = sampling.mean(drawn) - sampling.wanted
            found.append(Bias(drawn, float(off.norm()), 0.0))
        else:
            found.append(_simulated(sampling, drawn, repeats, seed))
        drawn = drawn + 1 if drawn <= _EXACT else 2 * drawn
    return found


def leading_bias(net: GraphNetwork, *, layers: str = "last", law: str = "uniform") -> float:
    """What N times the bias tends to: half the second derivatives of the estimate, by the law.

    Args:
        net: the network.
        layers: as for `biases`; for the last layer alone N times the bias is this at every N.
        law: as for `biases`.
    """
    if layers == "last":
        return biases(net, most=1, repeats=2, seed=0)[0].size
    theta, q = start_parameters(net), node_law(net, law)
    ways = torch.eye(net.n, dtype=torch.float64) / q - 1
    along: list[Callable[[Tensor, Tensor], Tensor]] = [
        lambda eps, way: layers_gradient(net, theta, 1 + eps * way),
        lambda eps, way: layers_gradient(net, theta, None, 1 + eps * way),
    ]
    zero, total = torch.zeros((), dtype=torch.float64), torch.zeros_like(theta)
    for estimate in along:
        second = torch.func.jacfwd(torch.func.jacfwd(estimate))
        total = total + q @ torch.func.vmap(partial(second, zero))(ways) / 2
    return float(total.norm())


def slope(found: Sequence[Bias]) -> tuple[float, float]:
    """The secant exponent of the bias from the first N to the last: the least and the largest.

    Simulated sizes may be off by their error; where one may be 0 the least is -inf.

    Raises:
        ValueError: fewer than two sizes.
    """
    if len(found) < 2:
        raise ValueError(f"slope: found has {len(found)} sizes; give at least two")
    first, last = found[0], found[-1]
    run = math.log(last.drawn / first.drawn)

    def between(start: float, end: float) -> float:
        if end <= 0:
            return -math.inf
        return math.inf if start <= 0 else math.log(end / start) / run

    return (
        between(first.size + first.error, last.size - last.error),
        between(first.size - first.error, last.size + last.error),
    )


def _last_layer(net: GraphNetwork) -> _Sampling:
    def mean(drawn: int) -> Tensor:
        counts, chances = all_samples(net.n, drawn)
        return chances @ sampled_gradient(net, net.w, counts)

    return _Sampling(
        node_law(net, "uniform"),
        graph_gradient(net, net.w),
        mean,
        lambda counts, _: sampled_gradient(net, net.w, counts),
    )


def _both_layers(net: GraphNetwork, q: Tensor) -> _Sampling:
    """The first layer's samples are drawn; over the last layer's the mean is known."""
    theta = start_parameters(net)
    return _Sampling(
        q,
        layers_gradient(net, theta),
        lambda drawn: mean_gradient(net, theta, q, first=drawn, last=drawn),
        lambda counts, drawn: mean_given_first(net, theta, q, node_shares(counts, q), drawn),
    )


def _simulated(sampling: _Sampling, drawn: int, repeats: int, seed: int) -> Bias:
    total, squares = torch.zeros_like(sampling.wanted), 0.0
    stream = Seeds(hashed_key("graph bias", str(seed), str(drawn)))
    edges = sampling.q.cumsum(dim=0)[:-1]
    for first in range(0, repeats, _AT_ONCE):
        block = stream.block(first, min(_AT_ONCE, repeats - first))
        uniform = torch.special.ndtr(gaussian_weights(drawn, 1, block)[..., 0])
        places = torch.searchsorted(edges, uniform, right=True)
        counts = torch.zeros(len(places), len(sampling.q), dtype=torch.float64)
        counts.scatter_add_(1, places, torch.ones_like(uniform))
        off = sampling.estimates(counts, drawn) - sampling.wanted
        total, squares = total + off.sum(dim=0), squares + float(off.square().sum())
    mean = total / repeats
    size = float(mean.norm())
    variance = max(0.0, squares / repeats - size**2)  # summed over coordinates
    return Bias(drawn, size, 2 * (variance / repeats) ** 0.5)
