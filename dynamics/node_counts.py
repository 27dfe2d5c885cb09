"""Exact samples of many draws at a cost that does not depend on how many they are."""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float64
from scipy.stats import binom
from torch import Tensor

from models import Keys, gaussian_weights
from models.arguments import as_annotated

_LEAST = 2.0**-60  # of a uniform number, and _MOST the largest below 1
_MOST = 1 - 2.0**-53
_MOST_DRAWN = 10**15  # above, the inverse of the binomial law is not found


@as_annotated
def node_counts(
    q: Float64[Tensor, " n"], drawn: int, seeds: Keys, *, rows: int = 1
) -> Float64[Tensor, "s rows n"]:
    """How often each node comes up in N draws from a law, for every seed and row.

    The nodes are halved again and again; given its total, the count of a half is binomial, and one
    uniform number gives it by the inverse of its distribution function.

    Args:
        q: the law; probabilities >= 0, their sum is 1.
        drawn: N from 1 to 10^15.
        seeds: one sample of each row a seed.
        rows: independent samples for each seed.

    Raises:
        ValueError: N < 1 or N > 10^15, rows < 1, or q is no law.
    """
    if not all(isinstance(each, int) and each >= 1 for each in (drawn, rows)):
        raise ValueError(f"node_counts: drawn={drawn!r}, rows={rows!r}; give whole numbers >= 1")
    if drawn > _MOST_DRAWN:
        raise ValueError(f"node_counts: drawn={drawn!r}; give at most 10^15")
    if not bool((q >= 0).all()) or abs(float(q.sum()) - 1) > 1e-9:
        raise ValueError(
            f"node_counts: the sum of q is {float(q.sum())!r}, its least entry "
            f"{float(q.min())!r}; give a law"
        )
    depth = max(1, (len(q) - 1).bit_length())
    levels = [np.pad(q.cpu().numpy(), (0, 2**depth - len(q)))]
    for _ in range(depth):
        levels.append(levels[-1].reshape(-1, 2).sum(axis=-1))
    normal = gaussian_weights(rows, 2**depth - 1, seeds)
    uniform = torch.special.ndtr(normal).clamp(_LEAST, _MOST).cpu().numpy()
    counts = np.full((*uniform.shape[:2], 1), float(drawn))
    for level in range(depth):
        half, whole = levels[depth - level - 1][::2], levels[depth - level]
        share = np.divide(half, whole, out=np.zeros_like(half), where=whole > 0)
        left = binom.ppf(uniform[..., 2**level - 1 : 2 ** (level + 1) - 1], counts, share)
        counts = np.stack([left, counts - left], axis=-1).reshape(*counts.shape[:2], -1)
    return torch.from_numpy(counts[..., : len(q)].copy())
