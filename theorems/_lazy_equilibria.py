"""The kernel of A alone in an equilibrium network, and training of A near its start.

z_i = s(c A z_i + phi_i), p_i = D_i (I - c A^T D_i)^(-1) u, J_i = c p_i z_i^T, H_A = J J^T. Errors
of z_i are at most residual/(1 - rho), those of p_i the residual of its linear system over 1 - rho.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, log, sqrt

import torch
from torch import Tensor

from certify import enclosed, equilibrium_error, lambda_max, lambda_min
from models import (
    ImplicitNetwork,
    ImplicitStart,
    implicit_pass,
    implicit_slopes,
    pass_predictions,
)
from verdicts import Approx, exactly

STEP = 0.64  # times 1/lambda_max(H_A(0)): J grows by a quarter at most
MOST_STEPS = 1000
_EPS = torch.finfo(torch.float64).eps
_ROOM = 0.1  # of 1 - rho, for the ball
_INSIDE = 0.999


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """A symmetric matrix, and an elementwise bound of its error."""

    value: Tensor
    error: Tensor

    @classmethod
    def gram(cls, rows: Tensor, off: Tensor) -> Known:
        """Inner products of rows that are known up to a distance each."""
        size = rows.norm(dim=-1)
        rounding = (rows.shape[-1] + 2) * _EPS * torch.outer(size, size)
        cross = torch.outer(off, size) + torch.outer(size, off) + torch.outer(off, off)
        return cls(rows @ rows.mT, cross + rounding)

    def times(self, other: Known) -> Known:
        """The product entry by entry."""
        error = self.error * (other.value.abs() + other.error) + self.value.abs() * other.error
        value = self.value * other.value
        return Known(value, error + _EPS * value.abs())

    def scaled(self, factor: float) -> Known:
        """A multiple."""
        return Known(self.value * factor, self.error * factor * (1 + 4 * _EPS))

    @property
    def diagonal(self) -> Approx:
        """Its diagonal."""
        return enclosed(self.value.diagonal(), self.error.diagonal())

    @property
    def least(self) -> Approx:
        """Least eigenvalue."""
        return lambda_min(self.value, entries=self.error)

    @property
    def most(self) -> Approx:
        """Largest eigenvalue."""
        return lambda_max(self.value, entries=self.error)


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """An equilibrium network at its start.

    Attributes:
        D: slopes, (n, m).
        pre: pre-activations of z, (n, m).
        off: how far each z_i may be from the equilibrium, (n,).
        yhat: predictions.
        phi: what enters, (n, m).
        Z: the Gram matrix of the features.
        P: that of the p_i.
        rho: c ||A||.
        phi_norm: ||Phi||_F.
    """

    D: Tensor
    pre: Tensor
    off: Tensor
    yhat: Tensor
    phi: Tensor
    Z: Known
    P: Known
    rho: float
    phi_norm: float

    @classmethod
    def at(cls, start: ImplicitStart, *, frozen: bool = False) -> Look:
        """The look at a start; with `frozen` p is taken as if all neurons were on."""
        net = start.network
        run = implicit_pass(start.x, net)
        rho = float(run.rho)
        off = equilibrium_error(run.residual, run.rho)
        D = implicit_slopes(run, net).D
        p, p_off = _adjoints(net, torch.ones_like(D) if frozen else D, rho)
        return cls(
            D=D,
            pre=run.pre,
            off=off,
            yhat=pass_predictions(run, net),
            phi=run.phi,
            Z=Known.gram(run.z, off),
            P=Known.gram(p, p_off),
            rho=rho,
            phi_norm=float(run.phi.norm()),
        )

    def sizes(self, start: ImplicitStart) -> tuple[float, float]:
        """What |p_i|^2 and |z_i|^2 can be at most: ||u||^2 and ||Phi||^2 over (1 - rho)^2."""
        gap = (1 - self.rho) ** 2
        return float(start.network.u.square().sum()) / gap, self.phi_norm**2 / gap

    def kernel(self, c: float) -> Known:
        """H_A."""
        return self.P.times(self.Z).scaled(c * c)


def _adjoints(net: ImplicitNetwork, D: Tensor, rho: float) -> tuple[Tensor, Tensor]:
    """Rows p_i, and bounds of their errors."""
    m = net.m
    system = torch.eye(m).to(D) - (net.scale * net.A).mT * D.unsqueeze(-2)
    q = torch.linalg.solve(system, net.u.expand(len(D), m))
    left = torch.einsum("nij,nj->ni", system, q) - net.u
    rounding = 4 * m * _EPS * (net.u.norm() + 2 * q.norm(dim=-1))
    return D * q, (left.norm(dim=-1) + rounding) / (1 - rho)


@dataclass(frozen=True, slots=True, eq=False)
class Lazy:
    """What bounds the training of A from a small residual.

    Attributes:
        look: at the start.
        H: H_A(0).
        c: gamma/sqrt(m).
        bend: the Lipschitz constant of the Jacobian in the ball.
        radius: of a ball around A(0) without a kink, where rho stays below 1.
    """

    look: Look
    H: Known
    c: float
    bend: float
    radius: float

    @classmethod
    def around(cls, start: ImplicitStart) -> Lazy:
        """The constants of a start."""
        look, c = Look.at(start), start.network.scale
        k = 1 / ((1 - _ROOM) * (1 - look.rho))
        size = look.Z.value.diagonal().sqrt() + look.off
        clear = look.pre.abs().amin(dim=-1) - look.off - 1e-14 * look.phi_norm
        kinks = clear.clamp_min(0) / (c * k * size).clamp_min(1e-300)
        radius = _INSIDE * min(_ROOM * (1 - look.rho) / c, float(kinks.min()))
        bend = 2 * c**2 * k**3 * float(start.network.u.norm()) * look.phi_norm * (1 + 1e-12)
        return cls(look, look.kernel(c), c, bend, radius)

    @property
    def lam(self) -> Approx:
        """lambda_min(H_A(0))."""
        return self.H.least

    def largest_residual(self) -> float:
        """The largest r_0 that the premises allow."""
        lam = self.lam.low
        return _INSIDE * min(lam / (16 * self.bend), sqrt(lam) * self.radius / 4)

    def norm_of_step(self, e: Tensor, *, kernel: Known | None = None) -> Approx:
        """D = (e^T H^(-1) e)^(1/2)."""
        H = self.H if kernel is None else kernel
        solution = torch.linalg.solve(H.value, e)
        square = float(e @ solution)
        off = float(H.error.norm()) + 20 * len(e) * _EPS * float(H.value.norm())
        return enclosed(torch.tensor(square), 4 * off / H.least.low * square).sqrt()


def moved(start: ImplicitStart, lazy: Lazy, r_0: float) -> tuple[Tensor, Approx]:
    """The first residual, and how far descent on A alone goes from it.

    What is left after the last step is at most 4 ||r||/sqrt(lambda).
    """
    direction = start.y - lazy.look.yhat
    if not float(direction.norm()) > 0:
        direction = torch.ones_like(start.y)
    y = lazy.look.yhat + r_0 * direction / direction.norm()
    e = y - lazy.look.yhat
    top, lam = lazy.H.most.high, lazy.lam.low
    share = r_0 * lazy.bend / lam
    steps = min(MOST_STEPS, ceil(top / lam / STEP * log(1e5 / share)))
    lengths, left = _on_pattern(start.network, lazy.look, y, STEP / top, steps)
    rest = 4 * left / sqrt(lam)
    rounding = 10 * abs(lengths[0] - lengths[1]) + steps * _EPS * lengths[0]
    return e, Approx(lengths[0] - rounding - rest, lengths[0] + rounding + rest, "estimated")


def _on_pattern(
    net: ImplicitNetwork, look: Look, y: Tensor, eta: float, steps: int
) -> tuple[list[float], float]:
    """||A - A(0)||_F after descent on A, of two runs an ulp apart, and ||r|| at the end.

    The pattern of signs stays what it is in the ball of `Lazy`, so z is (I - c D A)^(-1) D phi.
    Displacements are summed apart: small ones keep their digits.
    """
    c, D, phi = net.scale, look.D, look.D * look.phi
    one = torch.eye(net.m).to(D)
    ulp = torch.tensor([0.0, 4 * _EPS]).to(D)[:, None, None]
    A, target = net.A * (1 + ulp), y * (1 + ulp[:, 0])
    gone = torch.zeros_like(A)
    fixed = (look.phi @ net.v) if net.v is not None else torch.zeros_like(y)
    r = torch.zeros_like(target)
    for _ in range(steps + 1):
        inverse = torch.linalg.inv(one - c * D.unsqueeze(-1) * (A + gone).unsqueeze(-3))
        z = (inverse @ phi.unsqueeze(-1)).squeeze(-1)
        p = D * (inverse.mT @ net.u)
        r = z @ net.u + fixed - target
        gone = gone - eta * c * (r.unsqueeze(-1) * p).mT @ z
    size = 8 * net.m * _EPS * float(y.abs().max() + 1) * len(y)
    return [float(one.norm()) for one in gone], float(r.norm(dim=-1).max()) + size


def deviation(lazy: Lazy, r_0: float, length: Approx) -> Approx:
    """(88/3) bend r_0^2/(lambda^(3/2) D).

    Write b for bend, l = 4 r_0/sqrt(lambda). In the ball ||J - J(0)|| <= b l <= sqrt(lambda)/4, so
    J J^T >= (9/16) lambda, eta ||J||^2 <= 0.64 (5/4)^2 = 1, and a step with g = J^T r has
    ||r'||^2 <= ||r||^2 - (2/3) eta ||g||^2: the mean Jacobian of the step is off by at most
    b eta ||g||/2. As ||g|| >= (3/4) sqrt(lambda) ||r||, ||r'|| is at most (1 - 3 eta lambda/16)
    ||r|| and at most ||r|| - eta ||g|| sqrt(lambda)/4, whence sum eta ||r|| <= 16 r_0/(3 lambda)
    and a path no longer than l. In the row space of J(0) the sum of the steps is -J(0)^+ r(0) up to
    b l^2/(2 sqrt(lambda)) = 8 b r_0^2/lambda^(3/2); across it, at most b l 16 r_0/(3 lambda) =
    (64/3) b r_0^2/lambda^(3/2). 8 + 64/3 = 88/3.
    """
    return exactly(88 / 3 * lazy.bend * r_0**2) / (lazy.lam * lazy.lam.sqrt() * length)
