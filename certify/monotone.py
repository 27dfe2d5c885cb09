"""Equilibria z = max(W z + b, 0) for W that is no contraction, but strongly monotone.

With P > 0 diagonal and mu = lambda_min(P (I - W) + (I - W)^T P)/2 > 0 there is exactly one solution
z* for every b. For any z put q = max(W z + b, 0) and r = z - q: then q solves the equation
with b + W r, and two solutions q, z* for offsets that differ by W r have
mu ||q - z*||^2 <= (q - z*)^T P W r, so ||q - z*|| <= ||P W r||/mu.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from jaxtyping import Bool, Float64
from torch import Tensor

from certify.equilibria import Found, IllPosedError, equilibrium_error
from certify.linalg import euclidean, lambda_min
from certify.real import check_real
from verdicts import Approx

_EPS = torch.finfo(torch.float64).eps
_TINY = torch.finfo(torch.float64).tiny  # what one operation loses where it underflows


def monotonicity(W: Float64[Tensor, "*s m m"], weights: Float64[Tensor, "*#s m"]) -> Approx:
    """The mu = lambda_min(P (I - W) + (I - W)^T P)/2; if it is > 0, every b has one solution.

    Args:
        W: finite.
        weights: the diagonal of P, > 0.

    Raises:
        ValueError: shapes that do not fit, a weight is not > 0, or one of W is not finite.

    Source:
        Winston, Kolter 2020 (arXiv:2006.08591), for P = I; Revay, Wang, Manchester 2020
        (arXiv:2010.01732).
    """
    check_real("monotonicity", W=W, weights=weights)
    m = W.shape[-1] if W.ndim else 0
    if W.ndim < 2 or m == 0 or W.shape[-2] != m or weights.shape[-1:] != (m,):
        raise ValueError(
            f"monotonicity: W has shape {tuple(W.shape)}, weights {tuple(weights.shape)}; give "
            "(*s, m, m) and (*s, m)"
        )
    if not bool((weights > 0).all()):
        raise ValueError(f"monotonicity: weights={weights!r}; give numbers > 0")
    identity = torch.eye(m, dtype=W.dtype, device=W.device)
    scaled = weights.unsqueeze(-1) * (identity - W)
    sizes = weights.unsqueeze(-1) * (identity + W.abs())
    return lambda_min((scaled + scaled.mT) / 2, entries=2 * _EPS * (sizes + sizes.mT))


def monotone_error(
    W: Float64[Tensor, "*s m m"],
    b: Float64[Tensor, "*s n m"],
    z: Float64[Tensor, "*s n m"],
    weights: Float64[Tensor, "*#s m"],
) -> Float64[Tensor, "*s n"]:
    """An upper bound of ||q - z*||_2 for q = max(W z + b, 0); inf where mu > 0 is not certain.

    Args:
        W: of the equation.
        b: of the equation, with the batch dimensions of W.
        z: any iterate, finite.
        weights: the diagonal of P, > 0.

    Raises:
        ValueError: as for `monotonicity`, or b and z do not fit.
    """
    check_real("monotone_error", W=W, b=b, z=z, weights=weights)
    if len({each.dtype for each in (W, b, z, weights)}) > 1:
        raise ValueError(
            f"monotone_error: W of {W.dtype}, b of {b.dtype}, z of {z.dtype}, weights of "
            f"{weights.dtype}; give torch.float64"
        )
    mu = torch.as_tensor(np.array(monotonicity(W, weights).lower), device=W.device)
    m = W.shape[-1]
    if b.shape != z.shape or z.ndim < 2 or z.shape[-1] != m:
        raise ValueError(
            f"monotone_error: b has shape {tuple(b.shape)}, z {tuple(z.shape)}; give both of shape "
            f"(*s, n, m) with m={m}"
        )
    r = z - (z @ W.mT + b).clamp_min(0)
    hidden = (m + 8) * _EPS / 2 * (z.abs() @ W.abs().mT + b.abs() + z.abs())
    weighted = weights.unsqueeze(-1) * W
    moved = _length(r @ weighted.mT)
    sizes = (hidden + (m + 4) * _EPS * r.abs()) @ weighted.abs().mT
    bound = (moved + _length(sizes) + m * _TINY * (1 + weighted.abs().sum())) * (1 + (m + 8) * _EPS)
    bound = bound / mu.clamp_min(_TINY).unsqueeze(-1) * (1 + 4 * _EPS) + _TINY
    certain = (mu > 0).unsqueeze(-1) & torch.isfinite(bound)
    return torch.where(certain, bound, torch.full_like(bound, math.inf))


def monotone_solved(
    W: Float64[Tensor, "*s m m"],
    b: Float64[Tensor, "*s n m"],
    z: Float64[Tensor, "*s n m"],
    weights: Float64[Tensor, "*#s m"],
    *,
    within: float = 1e-6,
) -> Approx:
    """The equilibria, enclosed around max(W z + b, 0), or an error that says why they are not.

    Args:
        W: of the equation.
        b: of the equation, with the batch dimensions of W.
        z: any iterate, finite.
        weights: the diagonal of P, > 0.
        within: the error that is still called a solution, per row, relative to 1 + ||z||.

    Raises:
        IllPosedError: mu > 0 is not certain, or a row's error bound is larger than asked.
    """
    error = monotone_error(W, b, z, weights)
    size = 1 + torch.linalg.vector_norm(z, dim=-1)
    if not bool((error <= within * size).all()):
        mu, worst = float(monotonicity(W, weights).lower.min()), float((error / size).max())
        rho = float(torch.linalg.matrix_norm(W, ord=2).max())
        why = (
            f"mu = lambda_min(P (I - W) + (I - W)^T P)/2 >= {mu:.6g} only: not strongly monotone"
            if mu <= 0
            else f"with mu >= {mu:.3g} an error of {worst:.3g} (1 + ||z||) is left"
        )
        raise IllPosedError(
            f"monotone_solved: {why}; ||W||_2 = {rho:.6g}, asked for {within:g}",
            rho=rho,
            residual=worst,
        )
    q = (z @ W.mT + b).clamp_min(0)
    slack = (W.shape[-1] + 8) * _EPS * (z.abs() @ W.abs().mT + b.abs())
    return Approx.around(q.numpy(force=True), (error.unsqueeze(-1) + slack).numpy(force=True))


def pattern_certain(
    W: Float64[Tensor, "*s m m"], b: Float64[Tensor, "*s n m"], found: Found
) -> Bool[Tensor, "*s n"]:
    """Whether W z + b certainly has the signs of W z* + b, all of them not 0.

    True where min_r(|(W z + b)_r| - ||W_r|| e) exceeds rounding, e being `equilibrium_error`; then
    z* = (I - D W)^(-1) D b for ReLU with the diagonal D of these signs.

    Args:
        W: of the equation that `found` solves.
        b: of that equation, with the batch dimensions of W.
        found: what the solver returned.
    """
    error = equilibrium_error(found.residual, found.rho).unsqueeze(-1)
    preactivation = found.z @ W.mT + b
    sizes = found.z.abs() @ W.abs().mT + b.abs()
    rounding = (W.shape[-1] + 8) * _EPS * sizes
    moved = _length(W).unsqueeze(-2) * error * (1 + (W.shape[-1] + 4) * _EPS)
    vanished = W.shape[-1] * _TINY
    certain: Tensor = (preactivation.abs() > moved + rounding + vanished).all(dim=-1)
    return certain


def _length(v: Tensor) -> Tensor:
    """||v||_2 of the last dimension."""
    return euclidean(v.unsqueeze(-2))
