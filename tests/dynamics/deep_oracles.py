"""Deep networks and their descent in extended precision, sample by sample, with no batch at all."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from models import DeepNetwork
from tests.dynamics.oracles import Array

Long = NDArray[np.longdouble]
Function = Callable[[Long], Long]


def _logistic(z: Long) -> Long:
    return np.asarray(1 / (1 + np.exp(-z)))


def _root_tanh(z: Long) -> Long:
    return np.asarray(1 / np.cosh(z) ** 2)


def _softplus(z: Long) -> Long:
    return np.asarray(np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z))))


FUNCTIONS: dict[str, tuple[Function, Function]] = {
    "tanh": (np.tanh, _root_tanh),
    "sin": (np.sin, np.cos),
    "softplus": (_softplus, _logistic),
    "sigmoid": (_logistic, lambda z: _logistic(z) * _logistic(-z)),
    "100 sin(z/100)": (lambda z: 100 * np.sin(z / 100), lambda z: np.cos(z / 100)),
    "identity": (lambda z: z, np.ones_like),
}


def long(values: Tensor) -> Long:
    return values.numpy().astype(np.longdouble)


@dataclass
class Layers:
    """One network's parameters: matrices, and the output weights as channels by pixels."""

    weights: list[Long]
    a: Long

    @classmethod
    def of(cls, network: DeepNetwork) -> "Layers":
        a = long(network.a)
        return cls([long(W) for W in network.weights], a if network.convolutional else a[:, None])

    def scaled(self, factor: Any) -> "Layers":
        return Layers([factor * W for W in self.weights], factor * self.a)

    def plus(self, others: "list[Layers]") -> "Layers":
        weights = [W + sum(one.weights[h] for one in others) for h, W in enumerate(self.weights)]
        return Layers(weights, self.a + sum(one.a for one in others))

    def lengths(self) -> list[Any]:
        """Layer by layer, the output weights at the end."""
        return [np.sqrt((part**2).sum()) for part in (*self.weights, self.a)]


def patched(x: Long, q: int) -> Long:
    """Row c q + t of column l is x[c, l + t - (q - 1)//2], or 0 outside; entry by entry."""
    d, p = x.shape
    result = np.zeros((d * q, p), dtype=np.longdouble)
    for c in range(d):
        for t in range(q):
            for pixel in range(p):
                source = pixel + t - (q - 1) // 2
                if 0 <= source < p:
                    result[c * q + t, pixel] = x[c, source]
    return result


def unpatched(g: Long, q: int) -> Long:
    """The adjoint, from the matrix of phi."""
    d, p = g.shape[0] // q, g.shape[1]
    result = np.zeros((d, p), dtype=np.longdouble)
    for c in range(d):
        for pixel in range(p):
            unit = np.zeros((d, p), dtype=np.longdouble)
            unit[c, pixel] = 1
            result[c, pixel] = (patched(unit, q) * g).sum()
    return result


class Oracle:
    """The network of one start, as the paper writes it."""

    def __init__(self, network: DeepNetwork) -> None:
        self.kind, self.q, self.H = network.architecture, network.q, network.H
        self.sigma, self.slope = FUNCTIONS[network.activation.name]
        self.first = np.sqrt(np.longdouble(network.activation.c_sigma) / network.m)
        self.residual = np.longdouble(network.c_res) / (
            network.H * np.sqrt(np.longdouble(network.m))
        )

    def forward(self, x: Long, at: Layers) -> tuple[Any, list[Long], list[Long]]:
        """u, all features and all pre-activations of one input, channels by pixels."""
        features, pre = [x], []
        for h, W in enumerate(at.weights, start=1):
            pre.append(W @ patched(features[-1], self.q))
            bent = self.sigma(pre[-1])
            plain = h == 1 or self.kind == "fully connected"
            features.append(self.first * bent if plain else features[-1] + self.residual * bent)
        return (at.a * features[-1]).sum(), features, pre

    def gradient(self, x: Long, at: Layers) -> tuple[Any, Layers]:
        """u and its gradient."""
        u, features, pre = self.forward(x, at)
        g, grads = at.a, []
        for h in range(self.H, 0, -1):
            plain = h == 1 or self.kind == "fully connected"
            D = (self.first if plain else self.residual) * g * self.slope(pre[h - 1])
            grads.append(D @ patched(features[h - 1], self.q).T)
            if h > 1:
                back = unpatched(at.weights[h - 1].T @ D, self.q)
                g = back if self.kind == "fully connected" else g + back
        return u, Layers(grads[::-1], features[-1])


@dataclass
class DeepPath:
    """The residual; how long moves from the start and single steps are, layer by layer."""

    e: Array
    squared: Array
    moved: Array
    steps: Array


def deep_path(x: Tensor, y: Tensor, network: DeepNetwork, *, eta: float, steps: int) -> DeepPath:
    """Descent on all layers in extended precision."""
    oracle, start = Oracle(network), Layers.of(network)
    rate, labels = np.longdouble(eta), long(y)
    # Displacements are summed apart: even these digits lose a move of 1e-12 beside a weight of 1.
    moved = start.scaled(np.longdouble(0))
    inputs = [row if network.convolutional else row[:, None] for row in long(x)]
    e_all, moves, lengths = [], [], []
    for k in range(steps + 1):
        at = start.plus([moved])
        found = [oracle.gradient(row, at) for row in inputs]
        e = labels - np.array([u for u, _ in found])
        e_all.append(e)
        moves.append(moved.lengths())
        if k == steps:
            break
        pulls = [grad.scaled(r * rate) for r, (_, grad) in zip(e, found, strict=True)]
        step = pulls[0].plus(pulls[1:])
        lengths.append(step.lengths())
        moved = moved.plus([step])
    residuals = np.array(e_all)
    kept = (residuals, (residuals**2).sum(axis=-1), np.array(moves), np.array(lengths))
    return DeepPath(*(part.astype(float) for part in kept))
