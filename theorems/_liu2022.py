"""What the statements of Liu, Zhu, Belkin share: enclosed systems, bounds on balls, PL* roots."""

from __future__ import annotations

from collections.abc import Callable
from math import inf, isfinite, pi
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from certify import (
    enclosed,
    lambda_max,
    lambda_min,
    largest_certain,
    operator_norm,
    sigma_min,
)
from models import System, Taylor, system_hessians, system_taylor
from verdicts import Approx, Margin, at_least, exactly

EPS = 2.0**-52
_POINTS = 65  # on a segment
_ROUNDS = 8


class Bounds(NamedTuple):
    """What holds on a whole set of points.

    Attributes:
        sigma: a lower bound of sigma_min(DF), proved from the recipe up to rounding; may be < 0.
        L_F: an upper bound of ||DF||.
        beta: a Lipschitz constant of DF, operator norm.
    """

    sigma: Approx
    L_F: Approx
    beta: Approx


def residual_norm(system: System, w: Tensor | None = None, y: Tensor | None = None) -> Approx:
    """||F(w) - y||, at w_0 and the system's own labels where nothing else is given."""
    taylor = system_taylor(system, system.w if w is None else w)
    return _norm(taylor, system.y if y is None else y)


def least_sigma(system: System, w: Tensor | None = None) -> Approx:
    """sigma_min(DF(w)), n <= m."""
    taylor = system_taylor(system, system.w if w is None else w)
    return sigma_min(taylor.J, entries=taylor.J_error)


def kernel(taylor: Taylor) -> tuple[Tensor, Tensor]:
    """K = DF DF^T and an elementwise bound of its error."""
    J, size = taylor.J, taylor.J.abs()
    error = taylor.J_error @ size.mT
    error = error + error.mT + taylor.J_error @ taylor.J_error.mT
    return J @ J.mT, error + (J.shape[-1] + 2) * EPS * (size @ size.mT)


def kernel_range(system: System, w: Tensor | None = None) -> tuple[Approx, Approx]:
    """lambda_min(K(w)) and lambda_max(K(w)); the former from sigma_min(DF) where n <= m."""
    taylor = system_taylor(system, system.w if w is None else w)
    K, error = kernel(taylor)
    top = lambda_max(K, entries=error)
    if system.n <= system.m:
        sigma = sigma_min(taylor.J, entries=taylor.J_error)
        return sigma * sigma, top
    return lambda_min(K, entries=error), top


def half_gradient(system: System, w: Tensor, y: Tensor) -> Approx:
    """||grad L||^2/2 = ||DF^T (F - y)||^2/2."""
    return gradient_norm(system, w, y) ** 2 / 2


def gradient_norm(system: System, w: Tensor, y: Tensor) -> Approx:
    """||grad L|| = ||DF^T (F - y)||."""
    taylor = system_taylor(system, w)
    r = (taylor.F - y).unsqueeze(-2)
    r_error = (taylor.F_error + EPS * y.abs()).unsqueeze(-2)
    gradient = (r @ taylor.J).squeeze(-2)
    error = r_error @ taylor.J.abs() + (r.abs() + r_error) @ taylor.J_error
    error = error + (system.n + 2) * EPS * (r.abs() @ taylor.J.abs())
    return vector_norm(gradient, error.squeeze(-2))


def on_ball(system: System, R: float) -> Bounds:
    """Bounds on the ball of radius R >= 0 around w_0; R = inf for all of R^m.

    DF is split into DF with each phi' at the middle of its range on the ball, and the rest: waves
    differ by ||B|| ||C|| times half of the widest range, squares by R ||sum Q_i^2||^(1/2).
    """
    w = system.w
    middle, half = _slopes(system, w, R)
    middles = system.A + (system.Q @ w) + (system.B * middle) @ system.C
    slack = 8 * (system.m + system.p + 4) * EPS
    size = system.A.abs() + system.Q.abs() @ w.abs() + system.B.abs() @ system.C.abs()
    bends, waves = _bends(system), _waves_norm(system)
    off = waves * float(half.max()) if system.p else exactly(0.0)
    if bends.high > 0:
        off = off + bends * min(R, 1e150)
    if bool(system.D.any()):
        off = exactly(inf)
    sigma = sigma_min(middles, entries=slack * size)
    low = Approx(sigma.lower - off.upper, sigma.upper)
    top = operator_norm(middles, entries=slack * size) + off
    beta = bends + waves * float(
        torch.linalg.vector_norm(system.C, dim=-1).max() if system.p else 0
    )
    return Bounds(low, top, exactly(inf) if bool(system.D.any()) else beta)


def along(system: System, first: Tensor, last: Tensor) -> Bounds:
    """Bounds on the segment between two points, of sin waves: 65 points and what is between them.

    D^2 F has the Lipschitz constant T = sum |weights| |c_k|^3 + 3 |D_ik| |c_k|^2, in the root of
    the sum of squares over i, so DF and D^2 F are known up to half a gap between the points.
    """
    share = torch.linspace(0, 1, _POINTS, dtype=first.dtype)[:, None]
    points = first + share * (last - first)
    taylor, hessians = system_taylor(system, points), system_hessians(system, points)
    gap = float((last - first).norm()) / (_POINTS - 1) / 2
    c = torch.linalg.vector_norm(system.C, dim=-1)
    reach = float(points.norm(dim=-1).max())
    twists = torch.linalg.vector_norm(system.D, dim=-1)
    third = ((system.B.abs() + twists * reach) @ c**3 + 3 * (twists @ c**2)).norm()
    squares = (hessians @ hessians).sum(dim=-3)
    bend = lambda_max(squares).max().sqrt() + 2 * float(third) * gap
    off = bend * gap
    sigma = sigma_min(taylor.J, entries=taylor.J_error).min() - off
    return Bounds(sigma, operator_norm(taylor.J, entries=taylor.J_error).max() + off, bend)


def pl_root(system: System, radius: Callable[[float], float]) -> float:
    """The largest sqrt(mu) found such that DF has sigma_min >= sqrt(mu) on B(w_0, radius).

    Args:
        system: with n <= m.
        radius: of sqrt(mu), decreasing; what a statement asks of PL*.

    Returns:
        0.0 if no mu > 0 is found.
    """

    def holds(root: float) -> Margin:
        return at_least(on_ball(system, radius(root)).sigma, exactly(root))

    return largest_certain(holds, high=centre_root(system))


def centre_root(system: System) -> float:
    """sigma_min(DF(w_0)), a little less."""
    return least_sigma(system).low * (1 - 2e-12)


def flow_radius(system: System, reach: float = 1.0) -> Callable[[float], float]:
    """The radius reach r_0/sqrt(mu)."""
    r_0 = residual_norm(system).high
    return lambda root: reach * r_0 / root


def paper_radius(system: System) -> Callable[[float], float]:
    """R = 2 L_F r_0/mu, L_F an upper bound of ||DF|| on B(w_0, R) itself; inf if none is found."""
    r_0, everywhere = residual_norm(system).high, on_ball(system, inf).L_F.high

    def radius(root: float) -> float:
        R, bound = 2 * everywhere * r_0 / root**2, 0.0
        if isfinite(R):
            return R
        for _ in range(_ROUNDS):
            R = 2 * bound * r_0 / root**2
            found = on_ball(system, R).L_F.high
            if found <= bound:
                return R
            bound = found * (1 + 1e-3)
        return inf

    return radius


def weakest_on_ball(system: System, R: float) -> tuple[Approx, list[float]]:
    """The infimum of sigma_min(DF) over B(w_0, R): found by an adversary, and bounded below.

    Returns:
        Its enclosure, and where the adversary is, a little inside of the ball.
    """
    directions = torch.cat([torch.eye(system.m), -torch.eye(system.m)]).to(system.w)
    for _ in range(_ROUNDS):
        taylor = system_taylor(system, system.w + R * directions)
        u, _, v = torch.linalg.svd(taylor.J, full_matrices=False)
        bent = system_hessians(system, system.w + R * directions)
        slope = (u[..., -1, None] * (bent @ v[..., None, -1, :, None]).squeeze(-1)).sum(dim=-2)
        size = slope.norm(dim=-1, keepdim=True)
        directions = torch.where(size > 1e-12, -slope / size.clamp(min=1e-12), directions)
    # A float direction may be longer than 1.
    points = system.w + R * (1 - 1e-14) * directions
    taylor = system_taylor(system, points)
    values = sigma_min(taylor.J, entries=taylor.J_error)
    where = int(values.upper.argmin())
    bound = on_ball(system, R).sigma
    return Approx(np.maximum(bound.lower, 0.0), values.upper[where]), points[where].tolist()


def _slopes(system: System, w: Tensor, R: float) -> tuple[Tensor, Tensor]:
    """Middle and half width of the range of phi' on the ball, for each wave."""
    t, c = system.C @ w, torch.linalg.vector_norm(system.C, dim=-1)
    wide = 1e-12 * (1 + t.abs()) + torch.where(c > 0, c * min(R, 1e150), 0 * c)
    low, high = t - wide, t + wide
    if system.wave == "ramp":
        ends = [torch.exp(-z.clamp(min=0)) for z in (high, low)]
        return (ends[0] + ends[1]) / 2, (ends[1] - ends[0]) / 2
    least, most = torch.minimum(low.cos(), high.cos()), torch.maximum(low.cos(), high.cos())
    # A top 2 k pi, or a bottom (2 k + 1) pi, lies between the ends.
    most = torch.where(torch.floor(high / (2 * pi)) >= torch.ceil(low / (2 * pi)), 1.0, most)
    turned = [(z - pi) / (2 * pi) for z in (low, high)]
    least = torch.where(torch.floor(turned[1]) >= torch.ceil(turned[0]), -1.0, least)
    return (least + most) / 2, (most - least) / 2 + 1e-15


def _bends(system: System) -> Approx:
    """Largest of ||(Q_i u)_i||_F over |u| = 1, which is lambda_max(sum Q_i^2)^(1/2)."""
    if not bool(system.Q.any()):
        return exactly(0.0)
    return lambda_max((system.Q @ system.Q).sum(dim=0)).sqrt()


def _waves_norm(system: System) -> Approx:
    if not system.p:
        return exactly(0.0)
    norms = [operator_norm(table, entries=EPS * table.abs()) for table in (system.B, system.C)]
    return norms[0] * norms[1]


def _norm(taylor: Taylor, y: Tensor) -> Approx:
    return vector_norm(taylor.F - y, taylor.F_error + EPS * y.abs())


def vector_norm(value: Tensor, error: Tensor) -> Approx:
    """Norms along the last axis, each entry off by at most its error."""
    norm = torch.linalg.vector_norm(value, dim=-1)
    off = torch.linalg.vector_norm(error, dim=-1) + (value.shape[-1] + 2) * EPS * norm
    found = enclosed(norm, off)
    return Approx(np.maximum(found.lower, 0.0), found.upper)
