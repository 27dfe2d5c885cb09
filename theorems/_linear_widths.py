"""Where implicit networks of Gao and Gao certainly train: constants, and starts on the edge.

z = s(c A z + phi), phi = k s(W x), yhat = u.z, c = gamma/sqrt(m), k = 1/sqrt(m). With radii of
balls around 0 that all iterates stay in, K = 1/(1 - c ||A||) and Zb = K k ||W|| ||X||_F,
gA = c K ||u|| Zb, gW = k K ||u|| ||X||_F and gu = Zb bound the gradients per unit of residual.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
import torch

from certify import lambda_min
from claims import assume_premise
from dynamics import ImplicitTraining, implicit_descent
from models import ImplicitNetwork, ImplicitStart, implicit_pass, pass_predictions
from verdicts import Approx, Margin, at_least, at_most, decays, every, exactly

STEPS = (3, 12)
_UP = 1 + 1e-12  # more than what singular values of small matrices are rounded by
_INSIDE = 0.999  # of the edge
_HALVINGS = 60


@dataclass(frozen=True, slots=True)
class Bounds:
    """gA, gW and gu = Zb: of the gradients, per unit of residual; and K."""

    A: float
    W: float
    u: float
    k: float

    @property
    def curved(self) -> float:
        """gA^2 + gW^2."""
        return self.A**2 + self.W**2


@dataclass(frozen=True, slots=True)
class Sizes:
    """Norms at the start, rounded up, and the scales of the network."""

    A: float
    W: float
    X: float
    c: float
    k: float

    @classmethod
    def of(cls, start: ImplicitStart) -> Sizes:
        """Those of a start."""
        net = start.network
        A, W = (float(torch.linalg.matrix_norm(p, ord=2)) * _UP for p in (net.A, net.W))
        return cls(A, W, float(start.x.norm()) * _UP, net.scale, net.input_scale)

    def bounds(self, delta: float, heads: float) -> Bounds:
        """The bounds in balls of radius delta and `heads`; c (||A|| + delta) < 1."""
        k = 1 / (1 - self.c * (self.A + delta))
        features = k * self.k * (self.W + delta) * self.X
        return Bounds(self.c * k * heads * features, self.k * k * heads * self.X, features, k)


@dataclass(frozen=True, slots=True, eq=False)
class Edge:
    """A start that meets the conditions of the theorem, hardly.

    Attributes:
        network: with heads u of its own, v = 0.
        x, y: inputs, and labels at the distance r_0 from the predictions.
        lambda_0: lambda_min(Z(0) Z(0)^T).
        bounds: of the gradients.
        sizes: norms and scales.
        step: the largest.
    """

    network: ImplicitNetwork
    x: torch.Tensor
    y: torch.Tensor
    lambda_0: Approx
    bounds: Bounds
    sizes: Sizes

    @property
    def step(self) -> float:
        """Just below 1/Zb^2."""
        return _INSIDE / self.bounds.u**2


def on_the_edge(start: ImplicitStart, share: float, *, largeness: float = 1.0) -> Edge:
    """The start with the largest heads and the largest residual that the conditions allow.

    Heads keep their direction and get the norm `share` times the largest, 0 if they are zero; delta
    is the rest. The residual keeps its direction.

    Args:
        start: of the model "gao".
        share: in [0, 1).
        largeness: times the largest residual; above 1 the conditions fail.
    """
    run = implicit_pass(start.x, start.network)
    size = float(run.z.square().sum())
    lambda_0 = lambda_min(run.z @ run.z.mT, entries=1e-13 * size)
    assume_premise("lambda_min(Z Z^T) > 0", at_least(lambda_0, exactly(1e-9 * size)))
    sizes, length = Sizes.of(start), float(start.network.u.norm())
    kept = share if length > 0 else 0.0
    heads = _INSIDE * _largest_heads(sizes, lambda_0.low, kept)
    delta = (1 - kept) * heads
    bounds = sizes.bounds(delta, heads)
    stays = lambda_0.low * delta / (4 * max(bounds.A, bounds.W, bounds.u))
    curved = (1 - sqrt(0.5)) * lambda_0.low**1.5 * heads / (4 * bounds.curved)
    r_0 = largeness * _INSIDE * min(stays, curved)
    zero = torch.zeros_like(start.network.u)
    u = start.network.u * (kept * heads / length) if length > 0 else zero
    A, W = start.network.A, start.network.W
    network = start.network.with_parameters([A, W, u, zero])
    direction = start.y - pass_predictions(run, start.network)
    if not float(direction.norm()) > 0:
        direction = torch.ones_like(start.y)
    e = r_0 * direction / direction.norm()
    y = pass_predictions(run, network) + e
    return Edge(network, start.x, y, lambda_0, bounds, sizes)


def _largest_heads(sizes: Sizes, lambda_0: float, kept: float) -> float:
    """The largest ||u|| with 4 (gA^2 + gW^2) <= lambda_0 and c (||A|| + delta) < 1."""
    low, high = 0.0, (1 / sizes.c - sizes.A) / (1 - kept)
    for _ in range(_HALVINGS):
        heads = (low + high) / 2
        delta = (1 - kept) * heads
        posed = sizes.c * (sizes.A + delta) < 1
        fits = posed and 4 * sizes.bounds(delta, heads).curved <= lambda_0
        low, high = (heads, high) if fits else (low, heads)
    return low


def trains(edge: Edge, *, eta: float, factor: float, floor: float) -> Margin:
    """Decay in every step, curvature at some of them, and well-posedness.

    Args:
        edge: the start.
        eta: step size.
        factor: ||r|| falls by at least factor eta lambda_0 of itself.
        floor: of lambda_min(Z Z^T)/lambda_0.
    """
    runs = [
        implicit_descent(
            edge.x, edge.y, edge.network, eta=eta, steps=steps, trained=("A", "W", "u")
        )
        for steps in STEPS
    ]
    kept = exactly(1.0) - factor * eta * edge.lambda_0
    rate = -2 * exactly(max(kept.high, 1e-9)).log()
    least = {
        f"eigenvalue {steps}": at_least(
            _curvature(edge, run), floor * edge.lambda_0, scale=edge.lambda_0
        )
        for steps, run in zip(STEPS, runs, strict=True)
    }
    return every(
        decay=decays(runs[-1].step_logs(), rate, over=np.ones(STEPS[-1])),
        well_posed=at_most(runs[-1].rho.max(axis=-1), exactly(1.0)),
        **least,
    )


def _curvature(edge: Edge, run: ImplicitTraining) -> Approx:
    """lambda_min(Z Z^T) at the end of a run, with what the run's own error makes of it."""
    if bool(run.lost[-1]):
        return Approx(0.0, float("inf"), "estimated")
    z = implicit_pass(edge.x, run.network).z
    off = [float(run.movement.upper[-1, p] - run.movement.lower[-1, p]) for p in (0, 1)]
    bounds, sizes, norm = edge.bounds, edge.sizes, float(z.norm())
    moved = bounds.k * (sizes.c * off[0] * norm + sizes.k * off[1] * sizes.X)
    error = moved * (2 * norm + moved) + 1e-13 * norm**2  # more than every entry's
    return lambda_min(z @ z.mT, entries=error)
