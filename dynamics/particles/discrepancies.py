"""How far particles are from a law: maximum mean and kernel Stein discrepancies.

All are squared distances of an empirical measure as it is (pairs of a particle with itself count),
so that they are never below 0 but for rounding.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from jaxtyping import Float64
from torch import Tensor

from dynamics.particles.methods import squared_distances
from models.arguments import as_annotated


@as_annotated
def mmd(
    x: Float64[Tensor, "*s n d"], y: Float64[Tensor, "*s m d"], *, bandwidth: float = 1.0
) -> Float64[Tensor, "*s"]:
    """Squared maximum mean discrepancy with the kernel exp(-|x - y|^2/(2 bandwidth^2)).

    Args:
        x: a sample.
        y: another one.
        bandwidth: > 0.

    Raises:
        ValueError: bandwidth <= 0, or samples that do not fit each other.
    Source: Gretton et al. 2012, the biased estimate.
    """
    _check(x, y, "mmd")
    if not bandwidth > 0:
        raise ValueError(f"mmd: bandwidth={bandwidth!r}; give a number > 0")

    def mean(p: Tensor, q: Tensor) -> Tensor:
        return (-squared_distances(p, q) / (2 * bandwidth**2)).exp().mean(dim=(-2, -1))

    return mean(x, x) + mean(y, y) - 2 * mean(x, y)


@as_annotated
def energy_distance(
    x: Float64[Tensor, "*s n d"], y: Float64[Tensor, "*s m d"]
) -> Float64[Tensor, "*s"]:
    """2 E|X - Y| - E|X - X'| - E|Y - Y'| over the two samples.

    Raises:
        ValueError: samples that do not fit each other.
    """
    _check(x, y, "energy_distance")

    def mean(p: Tensor, q: Tensor) -> Tensor:
        return torch.cdist(p, q, compute_mode="donot_use_mm_for_euclid_dist").mean(dim=(-2, -1))

    return 2 * mean(x, y) - mean(x, x) - mean(y, y)


@as_annotated(finite=False)
def stein_discrepancy(
    score: Callable[[Tensor], Tensor],
    x: Float64[Tensor, "*s n d"],
    *,
    c: float = 1.0,
    beta: float = -0.5,
) -> Float64[Tensor, "*s"]:
    """Squared kernel Stein discrepancy with k(x, y) = (c^2 + |x - y|^2)^beta.

    The mean over all pairs of s(x).s(y) k + s(x).grad_y k + s(y).grad_x k + tr grad_x grad_y k.

    Args:
        score: s, the gradient of the log density.
        x: the sample.
        c: > 0.
        beta: in (-1, 0).

    Raises:
        ValueError: c or beta out of range.
    Source: Gorham and Mackey 2017 (arXiv:1703.01717), recalled; the derivatives are derived.
    """
    if not c > 0 or not -1 < beta < 0:
        raise ValueError(f"stein_discrepancy: c={c!r}, beta={beta!r}; give c > 0, -1 < beta < 0")
    s, d = score(x), x.shape[-1]
    r = squared_distances(x, x)
    base = c**2 + r
    # With u = x - y: grad_x k = 2 beta base^(beta - 1) u = -grad_y k.
    first = 2 * beta * base ** (beta - 1)
    own = (s * x).sum(dim=-1)
    across = s @ x.mT  # s_i.x_j
    cross = own[..., :, None] + own[..., None, :] - across - across.mT  # (s_i - s_j).(x_i - x_j)
    second = -first * d - 4 * beta * (beta - 1) * base ** (beta - 2) * r
    return ((s @ s.mT) * base**beta - first * cross + second).mean(dim=(-2, -1))


def _check(x: Tensor, y: Tensor, where: str) -> None:
    fit = x.ndim >= 2 <= y.ndim and x.shape[-1] == y.shape[-1] and x.shape[:-2] == y.shape[:-2]
    if not (fit and x.numel() and y.numel() and x.dtype == y.dtype and x.is_floating_point()):
        raise ValueError(
            f"{where}: samples of shape {tuple(x.shape)}, {x.dtype}, and {tuple(y.shape)}, "
            f"{y.dtype}; give (*s, n, d) and (*s, m, d) of one type, not empty"
        )
    if not bool(torch.isfinite(x).all() & torch.isfinite(y).all()):
        raise ValueError(f"{where}: a sample has an entry that is not finite; give finite ones")
