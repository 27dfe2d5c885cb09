"""Gaussian duals of an activation: E sigma(u), E sigma(u)sigma(v), E sigma'(u)sigma'(v).

Closed forms where the activation has them, otherwise the trapezoidal rule in two dimensions, whose
step is found from the activation and the largest variance (see `activation_quadrature`).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache

import torch
from jaxtyping import Float, Float64
from torch import Tensor

from models.activation.kind import Activation, Dual
from models.activation.quadrature import gaussian_nodes, gaussian_step
from models.arguments import as_annotated

ACCURACY = 1e-11
"""Relative to what Lipschitz functions allow; `dual_error` makes an elementwise bound of it."""

_CHUNK = 2**20  # values of sigma at once
_ROUNDING = 1e-9  # relative; by how much a covariance matrix may miss symmetry and |c|^2 <= ab


@as_annotated
def dual(activation: Activation, A: Float[Tensor, "*s n n"]) -> Float64[Tensor, "*s n n"]:
    """E sigma(u_i) sigma(u_j) for u ~ N(0, A), for all pairs of coordinates.

    Args:
        activation: sigma.
        A: covariances; only its 2 x 2 blocks need to be positive semi-definite, and a block may be
            degenerate (u_j = +-u_i, or constant 0).

    Returns:
        A matrix that is symmetric to the last bit; `dual_error` bounds its error.

    Raises:
        ValueError: A is not a symmetric matrix with such blocks, or sigma is not smooth enough for
            quadrature.
    """
    check_covariances(A, "dual")
    return _all_pairs(activation.value, activation.dual, A)


@as_annotated
def dual_derivative(
    activation: Activation, A: Float[Tensor, "*s n n"]
) -> Float64[Tensor, "*s n n"]:
    """E sigma'(u_i) sigma'(u_j) for u ~ N(0, A), for all pairs of coordinates.

    Raises:
        ValueError: as `dual`.
    """
    check_covariances(A, "dual_derivative")
    return _all_pairs(activation.derivative, activation.dual_derivative, A)


@as_annotated
def mean_activation(
    activation: Activation, variances: Float[Tensor, "*s"]
) -> Float64[Tensor, "*s"]:
    """E sigma(u) for u ~ N(0, a), for every variance a, to `ACCURACY` times |sigma(0)| + L sqrt(a).

    Raises:
        ValueError: a variance is negative or not finite, or sigma is not smooth enough.
    """
    a = variances.double()
    if not bool(((a >= 0) & torch.isfinite(a)).all()):
        raise ValueError(
            f"mean_activation: a variance is {float(a.min())!r}; give finite ones >= 0"
        )
    if activation.mean is not None:
        return activation.mean(a)
    z, weights = _nodes(activation.value, a)
    return activation.value(a.sqrt().unsqueeze(-1) * z) @ weights


@as_annotated
def dual_error(
    activation: Activation, A: Float[Tensor, "*s n n"], *, derivative: bool = False
) -> Float64[Tensor, "*s n n"]:
    """Elementwise bound of the error of `dual`, or of `dual_derivative`, for exact A.

    `ACCURACY` times (|sigma(0)| + L sqrt(A_ii)) (|sigma(0)| + L sqrt(A_jj)), or times L^2. It is an
    estimate; the tests hold it against Mehler's series, Gauss-Hermite and adaptive quadrature.
    """
    if derivative:
        return torch.full_like(A.double(), ACCURACY * activation.L**2)
    sizes = activation.at_zero + activation.L * torch.diagonal(A.double(), dim1=-2, dim2=-1).sqrt()
    return ACCURACY * sizes.unsqueeze(-1) * sizes.unsqueeze(-2)


def check_covariances(A: Tensor, where: str) -> None:
    """Raises ValueError: A is not symmetric and finite with positive semi-definite 2 x 2 blocks."""
    if A.ndim < 2 or A.shape[-1] != A.shape[-2] or 0 in A.shape or not A.is_floating_point():
        raise ValueError(
            f"{where}: A has shape {tuple(A.shape)} and dtype {A.dtype}; give a nonempty square "
            "floating-point matrix"
        )
    variances = torch.diagonal(A, dim1=-2, dim2=-1)
    if not bool(torch.isfinite(A).all()) or not bool((variances >= 0).all()):
        raise ValueError(
            f"{where}: an entry of A is not finite, or a variance is negative "
            f"(least {float(variances.min())!r}); give covariances"
        )
    bound = variances.sqrt().unsqueeze(-1) * variances.sqrt().unsqueeze(-2)
    excess = float((A.abs() - bound * (1 + _ROUNDING)).max())
    if excess > 0:
        raise ValueError(
            f"{where}: |A_ij| exceeds sqrt(A_ii A_jj) by {excess:.3g}; give covariances"
        )
    lopsided = float(((A - A.mT).abs() - _ROUNDING * bound).max())
    if lopsided > 0:
        raise ValueError(f"{where}: A_ij and A_ji differ by {lopsided:.3g}; give equal ones")


def _all_pairs(
    function: Callable[[Tensor], Tensor], closed: Dual | None, A: Tensor
) -> Float64[Tensor, "*s n n"]:
    A = A.double()
    variances = torch.diagonal(A, dim1=-2, dim2=-1)
    if closed is not None:
        a, b = variances.unsqueeze(-1).expand_as(A), variances.unsqueeze(-2).expand_as(A)
        pairs = closed(a, b, A)
        return (pairs + pairs.mT) / 2
    i, j = torch.triu_indices(*A.shape[-2:], device=A.device)
    entries = _quadrature(function, variances[..., i], variances[..., j], A[..., i, j])
    pairs = torch.zeros_like(A)
    pairs[..., i, j] = entries
    pairs[..., j, i] = entries
    return pairs


def _quadrature(
    function: Callable[[Tensor], Tensor], a: Tensor, b: Tensor, c: Tensor
) -> Float64[Tensor, "*s e"]:
    """E f(u) f(v) with u = sqrt(a) z_1 and v = (c/sqrt(a)) z_1 + sqrt(b - c^2/a) z_2.

    An error of c^2/a enters through z_2^2 alone, so that almost degenerate pairs lose no digits.
    """
    z, weights = _nodes(function, torch.stack((a, b)))
    first = a.sqrt()
    shared = torch.where(a > 0, c / first, 0.0)
    own = (b - shared.square()).clamp_min(0.0).sqrt()
    centres = (shared.unsqueeze(-1) * z).reshape(-1, 1)
    spreads = own.unsqueeze(-1).expand(*own.shape, len(z)).reshape(-1, 1)
    height = max(1, _CHUNK // len(z))
    inner = [
        function(centre + spread * z) @ weights
        for centre, spread in zip(
            torch.split(centres, height), torch.split(spreads, height), strict=True
        )
    ]
    outer = function(first.unsqueeze(-1) * z) * weights
    return (outer * torch.cat(inner).view_as(outer)).sum(dim=-1)


def _nodes(function: Callable[[Tensor], Tensor], variances: Tensor) -> tuple[Tensor, Tensor]:
    """Nodes and weights that are enough up to the largest of the variances."""
    largest = float(variances.max())
    # The next power of sqrt(sqrt(2)): neighbours of one instance share their nodes.
    quarter = math.ceil(2 * math.log2(largest)) if largest > 0 else 0
    z, weights = gaussian_nodes(_step(function, quarter))
    return z.to(variances.device), weights.to(variances.device)


@lru_cache(maxsize=1024)
def _step(function: Callable[[Tensor], Tensor], quarter: int) -> float:
    return gaussian_step(function, 2.0 ** (quarter / 4))
