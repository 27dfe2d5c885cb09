"""How near to a hyperplane a neuron must start to change its pattern: guesses before a run.

A guess need not be right. The run itself says how far neurons went, and is repeated if they went
further than guessed.
"""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

_DEVIATIONS = 3.0  # of the random predictions at the start
_FIRST_STEPS, _LATER_STEPS = 256, 256  # all of the first, and as many in geometric progression


def first_reach(
    K: Float[Tensor, "n n"],
    G2: Float[Tensor, "n n"],
    G: Float[Tensor, "n n"],
    y: Float[Tensor, " n"],
    *,
    eta: float,
    steps: int,
) -> Float[Tensor, " n"]:
    """sqrt(m) times the largest change of any w_r.x_j that is likely, before u(0) is known.

    Args:
        K: the matrix of training, estimated.
        G2: the covariance of the predictions at the start, estimated.
        G: X X^T.
        y: labels.
        eta: step size.
        steps: of the run.
    """
    sums = _geometric_sums(K, eta, steps)
    mean = subset_sums(G, sums @ y)
    spread = sums @ G2 @ sums.mT
    # The variance of sum_{i in P} G_ij c_i is at most the sum of its positive terms.
    terms = [(row.unsqueeze(-1) * spread * row).clamp_min(0).sum(dim=(-2, -1)) for row in G]
    deviation = torch.stack(terms, dim=-1).sqrt()
    return _largest(mean + _DEVIATIONS * deviation)


def likely_reach(
    K: Float[Tensor, "n n"],
    G: Float[Tensor, "n n"],
    e: Float[Tensor, " n"],
    *,
    eta: float,
    steps: int,
) -> Float[Tensor, " n"]:
    """The same once the residual e at the start is known: as if no pattern changed at all."""
    return _largest(subset_sums(G, _geometric_sums(K, eta, steps) @ e))


def subset_sums(G: Float[Tensor, "n n"], c: Float[Tensor, "*k n"]) -> Float[Tensor, "*k n"]:
    """The largest |sum_{i in P} G_ij c_i| over all subsets P, for each j."""
    terms = G * c.unsqueeze(-2)
    positive = terms.clamp_min(0).sum(dim=-1)
    return torch.maximum(positive, positive - terms.sum(dim=-1))


def _geometric_sums(K: Tensor, eta: float, steps: int) -> Float[Tensor, "t n n"]:
    """The sums eta sum_{s < k} (I - eta K)^s at some steps k, the last among them."""
    last = np.geomspace(1, max(steps, 1), _LATER_STEPS).round()
    chosen = np.union1d(np.arange(min(steps, _FIRST_STEPS) + 1), last[last <= steps])
    k = torch.from_numpy(chosen).to(K).unsqueeze(-1)
    rates, vectors = torch.linalg.eigh((K + K.mT) / 2)
    factor = 1 - eta * rates
    still = (1 - factor).abs() < 1e-9
    sums = torch.where(still, eta * k, (1 - factor**k) / torch.where(still, 1.0, rates))
    found: Tensor = (vectors * sums.unsqueeze(-2)) @ vectors.mT
    return found


def _largest(reach: Float[Tensor, "t n"]) -> Float[Tensor, " n"]:
    # A run that diverges reaches everything.
    return torch.nan_to_num(reach, nan=torch.inf, posinf=torch.inf).amax(dim=0)
