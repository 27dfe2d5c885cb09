"""What statements about the networks of Gao et al. are made of: enclosures at a start, and proofs.

The letters are the paper's: phi_i = s(W x_i)/sqrt(m), z_i = s(gamma/sqrt(m) A z_i + phi_i), rho =
gamma ||A||/sqrt(m) < 1, k = 1/(1 - rho). Every formula of norms is written once, for enclosures
and for the terms of certificates alike.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from math import sqrt
from typing import Generic, TypeAlias, TypeVar

import torch
from torch import Tensor

from certify import enclosed
from models import (
    ImplicitNetwork,
    ImplicitPass,
    ImplicitSlopes,
    ImplicitStart,
    implicit_pass,
    implicit_slopes,
)
from verdicts import Approx, Proof, Term, exactly, quantity

Exact: TypeAlias = Callable[..., Proof]  # a relation over the exact network
N = TypeVar("N", Approx, Term)

_EPS = 2.0**-52
_ULPS = 64.0  # of a sum of m + d products, and of one linear system


def about(start: ImplicitStart) -> Exact:
    """Relations over the start's network."""
    return partial(Proof, "implicit", start.exact_recipe)


def direction_of(start: ImplicitStart) -> Tensor:
    """The direction of the recipe's y - yhat(0), of length 1; of y where it has labels."""
    recipe = start.recipe
    numbers = recipe["residual"] if "residual" in recipe else recipe["labels"]
    e = torch.tensor([float(Fraction(z)) for z in numbers], dtype=torch.float64)
    return e / e.norm() if bool(e.any()) else torch.full_like(e, len(e) ** -0.5)


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """A network at its inputs.

    Attributes:
        network, run, slopes: as `models` has them.
        relative: what features and adjoints are rounded by, relative to the bounds of their norms:
            64 (m + d) ulps, times k^2 for the equation and its linearisation.
    """

    network: ImplicitNetwork
    run: ImplicitPass
    slopes: ImplicitSlopes
    relative: float

    @classmethod
    def at(cls, x: Tensor, network: ImplicitNetwork) -> Look:
        """One network, without seed dimensions, whose rho is below 1."""
        run = implicit_pass(x, network)
        k = 1 / (1 - float(run.rho))
        relative = _ULPS * (network.m + network.d) * _EPS * k**2
        return cls(network, run, implicit_slopes(run, network), relative)

    def value(self, number: Tensor | float, size: Tensor | float) -> Approx:
        """A number computed from features and adjoints whose terms are at most that large."""
        error = self.relative * torch.as_tensor(size, dtype=torch.float64)
        return enclosed(torch.as_tensor(number, dtype=torch.float64), error + 1e-300)

    def norm(self, matrix: Tensor) -> Approx:
        """||matrix||_2; of a vector its length."""
        flat = matrix if matrix.ndim > 1 else matrix.unsqueeze(-1)
        size = torch.linalg.matrix_norm(flat, ord=2)
        error = self.relative * size
        return Approx(max(float(size - error), 0.0), float(size + error))

    def frobenius(self, matrix: Tensor) -> Approx:
        """||matrix||_F."""
        return self.norm(matrix.flatten())


@dataclass(frozen=True, slots=True)
class Sizes(Generic[N]):
    """The numbers that bounds are made of.

    Attributes:
        m, n, gamma: of the network and the data.
        A, W, u, v: spectral norms.
        X, F: ||X||_2 and ||X||_F.
        G: lambda_min(Phi Phi^T).
    """

    m: N
    n: N
    gamma: N
    A: N
    W: N
    u: N
    v: N
    X: N
    F: N
    G: N


def sizes_at(x: Tensor, network: ImplicitNetwork, gram: Approx) -> Sizes[Approx]:
    """The numbers at a start, as enclosures."""
    assert network.v is not None  # noqa: S101  "gao" has both heads
    frobenius = float(x.norm())
    return Sizes(
        m=exactly(float(network.m)),
        n=exactly(float(len(x))),
        gamma=Approx.around(network.gamma, _EPS * network.gamma),
        A=_norm_of(network.A),
        W=_norm_of(network.W),
        u=_norm_of(network.u),
        v=_norm_of(network.v),
        X=_norm_of(x),
        F=Approx.around(frobenius, 1e-14 * frobenius),
        G=gram,
    )


def _norm_of(matrix: Tensor) -> Approx:
    flat = matrix if matrix.ndim > 1 else matrix.unsqueeze(-1)
    size = float(torch.linalg.matrix_norm(flat, ord=2))
    error = 20 * (sum(flat.shape) + 4) * _EPS * size
    return Approx(max(size - error, 0.0), size + error)


EXACT_SIZES: Sizes[Term] = Sizes(
    m=quantity("m"),
    n=quantity("n"),
    gamma=quantity("gamma"),
    A=quantity("norm_A"),
    W=quantity("norm_W"),
    u=quantity("norm_u"),
    v=quantity("norm_v"),
    X=quantity("norm_X"),
    F=quantity("frobenius_X"),
    G=quantity("lambda_min_G"),
)


@dataclass(frozen=True, slots=True)
class Radii:
    """Radii of balls around A(0), W(0), u(0), v(0): spectral for A, Frobenius for W."""

    A: float
    W: float
    u: float
    v: float


HERE = Radii(0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Bounds(Generic[N]):
    """Bounds of features and gradients in the balls, per unit of ||r||.

    Attributes:
        rho, k: rho in the balls, 1/(1 - rho).
        Phi, Z: of ||Phi||_F and ||Z||_F.
        A, W: of ||grad_A||_F and ||grad_W||_F; those of u and v are Z and Phi.
        B2: of lambda_max(gamma^2 M o ZZ^T + Q o XX^T).
    """

    rho: N
    k: N
    Phi: N
    Z: N
    A: N
    W: N
    B2: N


def bounds(s: Sizes[N], d: Radii = HERE) -> Bounds[N]:
    """Gradient norms with operator norms, uniformly in the balls."""
    root = s.m.sqrt()
    rho = s.gamma * (s.A + d.A) / root
    k = 1 / (1 - rho)
    W, u, v = s.W + d.W, s.u + d.u, s.v + d.v
    lifted = W * s.F / root
    Z = k * lifted
    left, right = s.gamma * k * u * Z / root, (k * u + v) * s.X / root
    return Bounds(rho, k, lifted, Z, left, right, left**2 + right**2)


def gram_of(x: Tensor, network: ImplicitNetwork) -> Tensor:
    """Phi Phi^T."""
    phi = (x @ network.W.T).clamp_min(0) / sqrt(network.m)
    return phi @ phi.T


def adjoint_form(look: Look, form: str) -> tuple[Tensor, Tensor]:
    """P and b as a formula has them, true ("TB-5") or with something left out or swapped."""
    network, slopes = look.network, look.slopes
    p = slopes.p
    assert network.v is not None  # noqa: S101  "gao" has both heads
    eye, recurrent = torch.eye(network.m).to(p), network.scale * network.A
    D = slopes.D.unsqueeze(-1)
    u = network.u.expand_as(p).unsqueeze(-1)
    if form == "no inverse":
        p = slopes.D * network.u
    elif form == "no D":
        p = torch.linalg.solve(eye - recurrent.T * D.mT, u).squeeze(-1)
    elif form == "swapped":
        p = slopes.D * torch.linalg.solve(eye - D * recurrent, u).squeeze(-1)
    b = slopes.E * (p + network.v)
    if form == "no v":
        b = slopes.E * p
    elif form == "no E":
        b = p + network.v
    return p, b
