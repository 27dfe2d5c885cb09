"""The limit covariance of equilibria: Sigma_ij = E s(g_i + s(h_i)) s(g_j + s(h_j)).

h ~ N(0, C) with the cosines C of unit inputs, g ~ N(0, gamma^2 Sigma) independent of it. With
sigma_g^2 = gamma^2 q and the coefficients f_kl = E f(z_1, z_2) h_k(z_1) h_l(z_2) of
f(z_1, z_2) = s(sigma_g z_1 + s(z_2)),

    Sigma_ij = sum_kl f_kl^2 (Sigma_ij/q)^k C_ij^l,      Sigma_ii = q = sum_kl f_kl^2.
"""

from __future__ import annotations

import math
from functools import lru_cache

import torch
from jaxtyping import Float64
from torch import Tensor

from models.activation.hermite_features import hermite_values
from models.arguments import as_annotated
from models.equilibrium.limits import branch_activity, limit_square

_TERMS = 80
_NODES = 120  # of each piece of the half line
_FAR = 30.0
_REACH = 13.0  # beyond it the normal law counts for nothing


@as_annotated
def limit_covariance(
    cosines: Float64[Tensor, "n n"], gamma: float
) -> tuple[Float64[Tensor, "n n"], Float64[Tensor, "n n"]]:
    """Sigma of unit inputs with these cosines, and a bound of its entries' errors.

    Args:
        cosines: between the inputs, 1 on the diagonal.
        gamma: > 0 and below sqrt(2).

    Returns:
        Sigma, with q on the diagonal, and bounds of its entries' errors: what 80 terms leave of the
        series, over 1 - gamma^2 P(active); 1e-11 q at moderate cosines, up to 1e-3 q beyond 0.99.

    Raises:
        ValueError: gamma is none of these, or a cosine is beyond 1.
    """
    if not 0 < gamma < math.sqrt(2) or bool((cosines.abs() > 1 + 1e-12).any()):
        raise ValueError(f"limit_covariance: gamma={gamma!r}; give 0 < gamma < sqrt(2) and cosines")
    q = limit_square(gamma)
    squares = _squares(gamma * math.sqrt(q))
    powers = cosines.clamp(-1, 1).unsqueeze(-1) ** torch.arange(_TERMS)
    per_power = powers @ squares.T  # coefficients of (Sigma_ij/q)^k
    rho = torch.zeros_like(cosines)
    for _ in range(400):
        after = (per_power * rho.unsqueeze(-1) ** torch.arange(_TERMS)).sum(dim=-1) / q
        if float((after - rho).abs().max()) < 1e-15:
            break
        rho = after
    diagonal = torch.eye(len(cosines), dtype=torch.bool)
    # The map's slope in Sigma_ij is at most gamma^2 P(active) < 1, that at Sigma_ij = q.
    left = max(0.0, q - float(squares.sum()))
    largest = torch.maximum(cosines.abs(), rho.abs()).clamp_max(1.0)
    slope = gamma**2 * branch_activity(gamma * math.sqrt(q))
    error = left * largest**_TERMS / (1 - slope) + 1e-11 * q
    covariance = (q * rho).masked_fill(diagonal, q)
    return covariance, error.masked_fill(diagonal, 1e-12 * q)


@lru_cache(maxsize=32)
def _squares(sigma_g: float) -> Float64[Tensor, "k l"]:
    """f_kl^2 for k, l < 80."""
    pieces = sorted({0.0, *(sigma_g * c for c in (0.5, 1, 2, 4, 8)), 1.0, 2.0, 4.0, _REACH})
    pieces = [end for end in pieces if end <= _REACH]
    ends = torch.tensor(pieces, dtype=torch.float64)
    x, weights = _legendre(_NODES)
    half, middle = (ends[1:] - ends[:-1]) / 2, (ends[1:] + ends[:-1]) / 2
    h = (middle.unsqueeze(-1) + half.unsqueeze(-1) * x).flatten()
    mass = (half.unsqueeze(-1) * weights).flatten() * torch.exp(-h.square() / 2)
    mass = mass / math.sqrt(2 * math.pi)
    above = (_given(h, sigma_g) * mass.unsqueeze(-1)).T @ hermite_values(h, _TERMS)
    # h < 0: the function of z_1 alone, times E 1{h < 0} h_l.
    at_zero = hermite_values(torch.zeros(1, dtype=torch.float64), _TERMS)[0]
    below = -at_zero[:-1] / torch.arange(1, _TERMS).sqrt() / math.sqrt(2 * math.pi)
    below = torch.cat((torch.tensor([0.5], dtype=torch.float64), below))
    alone = _given(torch.zeros(1, dtype=torch.float64), sigma_g)[0]
    return (above + torch.outer(alone, below)).square()


def _given(b: Float64[Tensor, " p"], sigma_g: float) -> Float64[Tensor, "p k"]:
    """E s(sigma_g z + b) h_k(z) for each b, by Stein's identity."""
    t = (b / sigma_g).clamp_max(_FAR)  # the density is 0 there, and polynomials still finite
    density = torch.exp(-t.square() / 2) / math.sqrt(2 * math.pi)
    below = torch.special.ndtr(t)
    k = torch.arange(2, _TERMS, dtype=torch.float64)
    bends = sigma_g * density.unsqueeze(-1) * hermite_values(-t, _TERMS - 2) / (k * (k - 1)).sqrt()
    first = torch.stack((b * below + sigma_g * density, sigma_g * below), dim=-1)
    return torch.cat((first, bends), dim=-1)


def _legendre(nodes: int) -> tuple[Tensor, Tensor]:
    """Nodes and weights of Gauss and Legendre on [-1, 1], after Golub and Welsch."""
    k = torch.arange(1, nodes, dtype=torch.float64)
    beside = k / (4 * k**2 - 1).sqrt()
    x, vectors = torch.linalg.eigh(beside.diag(1) + beside.diag(-1))
    return x, 2 * vectors[0] ** 2
