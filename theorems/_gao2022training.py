"""Balls in which the networks of Gao et al. certainly train, their premises and certificates.

While all blocks are in the balls, (G1) keeps lambda_min(Phi Phi^T) >= mu. A step of descent makes
r' = (I - alpha (Z Z^T + Phi Phi^T)) r + e, where e is what A and W do under the new heads, at most
alpha B2 ||r||: so ||r'|| <= (1 - alpha mu + alpha mu/2) ||r|| by (G3) and (G2), alpha sum ||r|| is
at most 2 r_0/mu, and no block moves farther than its gradient bound times this: (G4). The flow has
no e and r_0/mu.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import sqrt

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from certify import lambda_min
from claims import assume_premise
from dynamics import ImplicitTraining
from models import ImplicitNetwork, ImplicitStart, implicit_kernels, implicit_predictions
from theorems._gao2022 import (
    EXACT_SIZES,
    Bounds,
    Exact,
    Look,
    N,
    Radii,
    Sizes,
    about,
    bounds,
    direction_of,
    gram_of,
    sizes_at,
)
from verdicts import Approx, Margin, Proof, Term, at_most, exactly, number, quantity

BLOCKS = ("A", "W", "u", "v")
INSIDE = 0.999  # of every edge
_LONGEST = 30  # steps of a certificate


@dataclass(frozen=True, slots=True, eq=False)
class Ball:
    """A network, the radii around it, and what (G1) to (G4) are made of.

    Attributes:
        x, network: the start; the recipe's, or with smaller output weights.
        theta: share of mu_0 that stays.
        sizes, d, bounds: norms at the start, radii, and bounds in the balls.
        factor: of (G4): 2 for descent, 1 for the flow.
        e: the direction of y - yhat(0), of length 1.
    """

    x: Tensor
    network: ImplicitNetwork
    theta: float
    sizes: Sizes[Approx]
    d: Radii
    bounds: Bounds[Approx]
    factor: float
    e: Tensor

    @classmethod
    def around(
        cls, start: ImplicitStart, network: ImplicitNetwork, theta: float, *, factor: float
    ) -> Ball:
        """Radii so large that (G1) is hardly met; output weights may double, or reach (G2)."""
        s = _sizes(start.x, network)
        A, W, most = _outer(s, theta)
        heads = max(s.u.high, s.v.high)
        head = most - heads if heads <= most / 2 else heads / 2
        d = Radii(A, W, head, head)
        return cls(start.x, network, theta, s, d, bounds(s, d), factor, direction_of(start))

    @property
    def mu_0(self) -> Approx:
        """lambda_min(Phi(0) Phi(0)^T)."""
        return self.sizes.G

    @property
    def mu(self) -> Approx:
        """Theta mu_0."""
        return self.theta * self.sizes.G

    @property
    def r_0(self) -> float:
        """The largest ||r_0|| of (G4), and a little less."""
        ends = zip(self._radii(), _per_residual(self.bounds), strict=True)
        return INSIDE * min((d * self.mu / (self.factor * g)).low for d, g in ends)

    @property
    def alpha(self) -> float:
        """The largest step of (G3), and a little less."""
        return INSIDE / (self.bounds.Z**2 + self.bounds.Phi**2).high

    def _radii(self) -> tuple[float, ...]:
        return self.d.A, self.d.W, self.d.u, self.d.v

    def labels(self, length: float) -> Tensor:
        """yhat(0) + length e."""
        return implicit_predictions(self.x, self.network) + length * self.e

    def suppose(self, exact: Exact | None, *, skip: tuple[str, ...] = ()) -> None:
        """Premises, also over the exact network where that is the recipe's."""
        t, root = EXACT_SIZES, sqrt(self.theta)
        there, s = bounds(t, self.d), self.sizes
        mu = number(self.theta) * t.G
        limit = (1 - number(self.theta).sqrt()) * (t.m * t.G).sqrt() / t.X
        parts: dict[str, tuple[Approx, Approx, Term, Term]] = {
            "(G1)": (
                exactly(self.d.W),
                (1 - exactly(root)) * (s.m * s.G).sqrt() / s.X,
                number(self.d.W),
                limit,
            ),
            "(G2)": (self.bounds.B2, self.mu / 2, there.B2, mu / 2),
            "(G3)": (
                exactly(self.alpha),
                1 / (self.bounds.Z**2 + self.bounds.Phi**2),
                number(self.alpha),
                1 / (there.Z**2 + there.Phi**2),
            ),
        }
        for q, d, g, h in zip(
            BLOCKS, self._radii(), _per_residual(self.bounds), _per_residual(there), strict=True
        ):
            moved = self.factor * self.r_0 * g / self.mu
            told = number(self.factor) * number(self.r_0) * h / mu
            parts[f"(G4) for {q}"] = (moved, exactly(d), told, number(d))
        for name, (low, high, left, right) in parts.items():
            if not name.startswith(skip):
                proof = None if exact is None else exact(left, "<=", right)
                assume_premise(name, at_most(low, high, scale=high.high, proof=proof))

    def confined(self, run: ImplicitTraining, told: Told) -> dict[str, Margin]:
        """Every block stays in its ball."""
        return {
            f"ball_{q}": at_most(
                run.movement[..., place].max(),
                exactly(d),
                scale=d,
                proof=told(f"farthest_{q}", "<=", number(d)),
            )
            for place, (q, d) in enumerate(zip(BLOCKS, self._radii(), strict=True))
        }


Told = Callable[..., "Proof | None"]  # (quantity along the descent, relation, bound)


def told_of(exact: Exact | None, eta: float, length: float, steps: int) -> Told:
    """Relations between a quantity of the first steps and a bound; None without an exact start."""

    def tell(name: str, relation: str, bound: Term | float, *, upto: int = steps) -> Proof | None:
        if exact is None:
            return None
        last = max(1, min(upto, _LONGEST))
        there = quantity(name, eta=number(eta), length=number(length), steps=last)
        return exact(there, relation, bound)

    return tell


def worst_step(run: ImplicitTraining) -> int:
    """The step after which a certificate has seen the slowest decay."""
    return int(np.argmax(run.step_logs().upper)) + 1


def shrunk_heads(start: ImplicitStart, theta: float) -> tuple[ImplicitNetwork, Exact | None]:
    """Output weights of at most half the size that (G2) allows, and what certifies them, if so.

    Certificates speak about the recipe, so they exist only where nothing had to shrink.
    """
    s = _sizes(start.x, start.network)
    most, heads = _outer(s, theta)[2], max(s.u.high, s.v.high)
    if heads <= most / 2:
        return start.network, about(start)
    A, W, u, v = start.network.named().values()
    share = most / (2 * heads)
    return start.network.with_parameters([A, W, share * u, share * v]), None


def kernel_of(x: Tensor, network: ImplicitNetwork) -> Tensor:
    """H."""
    look = Look.at(x, network)
    return torch.stack(implicit_kernels(look.run, look.slopes, network)).sum(dim=0)


def decay_times_of(start: ImplicitStart, rate: Approx) -> NDArray[np.float64]:
    """Seven times, up to 2/rate or, if that is less, to six times the fastest decay time."""
    fastest = float(kernel_of(start.x, start.network).trace())
    return min(2 / rate.low, 6 / fastest) * np.array([0, 0.05, 0.1, 0.2, 0.4, 0.7, 1])


def _sizes(x: Tensor, network: ImplicitNetwork) -> Sizes[Approx]:
    gram = gram_of(x, network)
    return sizes_at(x, network, lambda_min(gram, entries=1e-14 * float(gram.trace())))


def _outer(s: Sizes[Approx], theta: float) -> tuple[float, float, float]:
    """Radii of A (half of what rho < 1 leaves) and W (of (G1)), and U: B2 <= mu/2 at u = v = U."""
    A = ((s.m.sqrt() / s.gamma - s.A) / 2).low
    W = INSIDE * ((1 - sqrt(theta)) * (s.m * s.G).sqrt() / s.X).low
    unit = bounds(replace(s, u=exactly(0.0), v=exactly(0.0)), Radii(A, W, 1.0, 1.0))
    return A, W, INSIDE * (theta * s.G / (2 * unit.B2)).sqrt().low


def _per_residual(b: Bounds[N]) -> tuple[N, ...]:
    return b.A, b.W, b.Z, b.Phi
