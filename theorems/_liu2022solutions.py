"""How far the solutions of a system are from its point."""

from __future__ import annotations

from math import inf

import torch

from certify import enclosed, nearby_root
from dynamics import solution_path
from models import System, system_taylor
from theorems._liu2022 import EPS, least_sigma, on_ball, residual_norm, vector_norm
from verdicts import Approx, exactly


def solution_distance(system: System) -> Approx:
    """The distance from w_0 to the solutions of F(w) = y; [inf, inf] where there are none."""
    if out_of_range(system):
        return exactly(inf)
    r_0 = residual_norm(system)
    w = solution_path(system)
    beta = on_ball(system, inf).beta
    near = nearby_root(residual_norm(system, w), least_sigma(system, w), beta)
    high = enclosed((w - system.w).norm(), 4 * system.m * EPS * float(w.norm())) + near.high
    return Approx(min(_no_nearer(system, r_0).low, high.high), high.high)


def _no_nearer(system: System, r_0: Approx) -> Approx:
    """A lower bound of that distance.

    r_0 = |r| <= ||DF|| times it; of linear systems r.z = -(A^T z).(w* - w_0) for all z.
    """
    if not system.linear:
        bound = r_0 / on_ball(system, inf).L_F
        return bound if bound.high > 0 else exactly(0.0)
    taylor = system_taylor(system, system.w)
    r = taylor.F - system.y
    z = torch.linalg.lstsq(system.A @ system.A.mT, r, driver="gelsd").solution
    error = (taylor.F_error + 2 * EPS * (r.abs() + system.y.abs())) @ z.abs()
    pulled = z @ system.A
    rounding = 4 * system.n * EPS * (z.abs() @ system.A.abs())
    if not float(pulled.norm() - rounding.norm()) > 0:
        return exactly(0.0)
    return enclosed((r @ z).abs(), system.n * EPS * float(r.abs() @ z.abs()) + error) / vector_norm(
        pulled, rounding
    )


def out_of_range(system: System) -> bool:
    """Whether an equation without linear and square terms has a label that no wave reaches."""
    flat = ~(system.A.any(-1) | system.Q.flatten(1).any(-1) | system.D.flatten(1).any(-1))
    top = (1 + 1e-12) * system.B.abs().sum(dim=-1)
    above = system.y > top
    if system.wave == "ramp":  # it has no least value
        return bool((flat & above & (system.B >= 0).all(dim=-1)).any())
    return bool((flat & (above | (system.y < -top))).any())
