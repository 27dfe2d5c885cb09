"""What features and gradients of the networks of Ling et al. are at most, anywhere in a ball."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import torch
from torch import Tensor

from certify import equilibrium_error
from models import (
    ImplicitNetwork,
    ImplicitStart,
    SeedNumber,
    gaussian_weights,
    implicit_gradients,
    implicit_pass,
    implicit_slopes,
    nonlinearity,
)
from verdicts import Approx, Margin, at_most, every, exactly

_UP = 1 + 1e-12  # more than what singular values of small matrices are rounded by
_RELATIVE = 1e-12  # of norms and gradients, times 1/(1 - L rw)^2


@dataclass(frozen=True, slots=True)
class Bounds:
    """What holds at all parameters with ||W|| <= rw, ||U|| <= ru, ||a|| <= ra, L rw < 1.

    Attributes:
        ra: of ||a||.
        per_w, per_u: of the change of Z, per unit of ||dW|| and ||dU||: k Zb and k ||X||_F.
        a: Zb, of ||Z||_F and of the gradient in a, per unit of residual.
    """

    ra: float
    per_w: float
    per_u: float
    a: float

    @property
    def w(self) -> float:
        """gW, of the gradient in W, per unit of residual."""
        return self.ra * self.per_w

    @property
    def u(self) -> float:
        """gU, of the gradient in U, per unit of residual."""
        return self.ra * self.per_u

    @property
    def curved(self) -> float:
        """gW^2 + gU^2, (cw^2 + cu^2) ||X||_F^2 for ReLU."""
        return self.w**2 + self.u**2

    @property
    def largest(self) -> float:
        """Of gW, gU and ga."""
        return max(self.w, self.u, self.a)


@dataclass(frozen=True, slots=True)
class Sizes:
    """What the constants are made of, all rounded up.

    Attributes:
        W, U, a: norms of the parameters.
        X: ||X||_F.
        L, at_zero: of f.
        entries: m n.
    """

    W: float
    U: float
    a: float
    X: float
    L: float
    at_zero: float
    entries: int

    def bounds(
        self,
        delta: float,
        ra: float,
        *,
        gap_power: int = 2,
        closed: bool = True,
        slope: bool = True,
        shifted: bool = True,
    ) -> Bounds:
        """The bounds in the balls of radius delta, the heads within ra; L rw < 1.

        With rw = ||W|| + delta, ru = ||U|| + delta,
        Zb = (L ru ||X||_F + |f(0)| (mn)^(1/2))/(1 - L rw), k = L/(1 - L rw).

        Args:
            delta: radius of the balls.
            ra: of the heads.
            gap_power: of 1 - L rw in gW; like the next, other values are for mutants.
            closed: whether ga has the division.
            slope: whether k has its L.
            shifted: whether Zb has the term of f(0).
        """
        gap = 1 - self.L * (self.W + delta)
        raw = self.L * (self.U + delta) * self.X
        raw += self.at_zero * sqrt(self.entries) if shifted else 0.0
        k = (self.L if slope else 1.0) / gap
        features = raw / gap if closed else raw
        return Bounds(ra, k * raw / gap ** (gap_power - 1), k * self.X, features)


def sizes_of(start: ImplicitStart, *others: ImplicitNetwork) -> Sizes:
    """Norms of a start, or the largest of it and of other networks on its data."""
    f = nonlinearity(start.network.activation)
    networks = (start.network, *others)
    return Sizes(
        W=max(spectral(network.A) for network in networks),
        U=max(spectral(network.W) for network in networks),
        a=max(spectral(network.u[None]) for network in networks),
        X=float(start.x.norm()) * _UP,
        L=f.L,
        at_zero=f.at_zero,
        entries=start.m * start.n,
    )


def residual_direction(start: ImplicitStart) -> Tensor:
    """Of y - yhat(0), a unit vector; that of ones where there is no residual."""
    e = start.y - implicit_pass(start.x, start.network).z @ start.network.u
    length = float(e.norm())
    return e / length if length > 0 else torch.ones_like(e) / sqrt(start.n)


def spectral(matrix: Tensor) -> float:
    """||.||_2, rounded up."""
    return float(torch.linalg.matrix_norm(matrix, ord=2)) * _UP


def moved_network(network: ImplicitNetwork, t: float, seed: SeedNumber) -> ImplicitNetwork:
    """Another network: (1 - t) W, and U and a moved by t in a drawn direction.

    W shrinks, so that it stays a contraction; seed 0 shrinks U and a as well.
    """
    if seed.number == 0:
        return network.with_parameters([(1 - t) * p for p in network.named().values()])
    m, d = network.m, network.d
    drawn = gaussian_weights(m, d + 1, seed, layer=3)[0]
    return network.with_parameters(
        [(1 - t) * network.A, network.W + t * drawn[:, :d], network.u + t * drawn[:, d]]
    )


def local_bounds(start: ImplicitStart, other: ImplicitNetwork, bounds: Bounds) -> Margin:
    """All inequalities of Lemma 8 of Ling et al. between two networks of one ball.

    Args:
        start: the first network, data, and a residual.
        other: the second network.
        bounds: of a ball that holds both.
    """
    network = start.network
    runs = [implicit_pass(start.x, one) for one in (network, other)]
    errors = [float(equilibrium_error(run.residual, run.rho).norm()) for run in runs]
    blur = _RELATIVE / (1 - float(runs[0].rho)) ** 2
    moves = [
        spectral((p - q).reshape(-1, p.shape[-1]))
        for p, q in zip(network.named().values(), other.named().values(), strict=True)
    ]
    first, second = (run.z @ one.u for run, one in zip(runs, (network, other), strict=True))
    r = -residual_direction(start)
    gradients = implicit_gradients(
        runs[0], implicit_slopes(runs[0], network), network, r / r.norm()
    )
    sizes = [float(run.z.norm()) for run in runs]
    heads = [float(one.u.norm()) for one in (network, other)]
    near = sum(h * (e + 1e-14 * z) for h, e, z in zip(heads, errors, sizes, strict=True))
    change = bounds.per_w * moves[0] + bounds.per_u * moves[1]
    parts = {
        "features": _below(sizes[0], errors[0] + blur * sizes[0], bounds.a),
        "other_features": _below(sizes[1], errors[1] + blur * sizes[1], bounds.a),
        "change": _below(
            float((runs[0].z - runs[1].z).norm()), sum(errors) + 1e-15 * sum(sizes), change
        ),
        "predictions": _below(
            float((first - second).norm()), near, bounds.ra * change + bounds.a * moves[2]
        ),
    }
    limits = (bounds.w, bounds.u, bounds.a)
    for name, gradient, limit in zip(("W", "U", "a"), gradients, limits, strict=True):
        length = float(gradient.norm())
        parts[f"gradient_{name}"] = _below(length, blur * (1 + length), limit)
    return every(**parts)


def _below(value: float, error: float, bound: float) -> Margin:
    return at_most(Approx.around(value, error), exactly(bound), scale=max(bound, 1.0))
