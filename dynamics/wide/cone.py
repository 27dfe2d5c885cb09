"""How large a linear function can be over the neurons of one pattern, given their length."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

_SWEEPS = 5  # over the samples; every one of them leaves an upper bound


def largest_in_cone(
    v: Float[Tensor, "*k p d"], x: Float[Tensor, "n d"], masks: Float[Tensor, "p n"]
) -> Float[Tensor, "*k p"]:
    """An upper bound of v.w over all |w| <= 1 with w.x_i >= 0 where the mask is 1, else <= 0.

    For any mu_i >= 0 it is at most |v + sum_i mu_i s_i x_i|, with s_i = 1 or -1 as the mask says;
    the least of these is the length of v's projection on the cone, which coordinate descent finds.

    Args:
        v: the functions, one for each pattern.
        x: inputs, nonzero.
        masks: patterns.
    """
    sides = (2 * masks - 1).mT.unsqueeze(-1) * x.unsqueeze(1)  # (n, p, d)
    squares = x.square().sum(dim=-1).tolist()
    mu = [torch.zeros_like(v[..., :1]) for _ in sides]
    for _ in range(_SWEEPS):
        for i, side in enumerate(sides):
            pull = (v * side).sum(dim=-1, keepdim=True) / squares[i]
            kept = (mu[i] - pull).clamp_min(0)
            v = v + (kept - mu[i]) * side
            mu[i] = kept
    lengths: Tensor = v.square().sum(dim=-1).sqrt()
    return lengths
