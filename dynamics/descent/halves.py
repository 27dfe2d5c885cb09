"""Plain training where all output weights are signs: as few passes over memory as there are."""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

_NEVER_ON = -1e30
_WORST_CONDITION = 1e3  # of x: reading displacements off pre-activations costs three digits


class Halves:
    """Neurons of some seeds, those with a_r = 1 and those with a_r = -1 apart.

    Within a half no pass is needed for a. Arrays are (2 s, n, P): the positive halves of all
    seeds, then the negative ones, each filled up to P neurons with some that are never on.
    Displacements are not followed: w - w(0) = pinv(x) (p - p(0)) in the end.
    """

    def __init__(self, x: Tensor, w: Float[Tensor, "s m d"], a: Float[Tensor, "s m"]) -> None:
        self.x, self.w0 = x, w
        G = x @ x.T
        self.signed_G = torch.stack((G, -G)).unsqueeze(1)
        self.places, real = _halves(a)
        chosen = w.reshape(-1, w.shape[2]).index_select(0, self.places.flatten())
        self.start = (x @ chosen.view(*self.places.shape, -1).mT).contiguous()
        self.start.masked_fill_(~real.unsqueeze(1), _NEVER_ON)
        self.p = self.start.clone()
        self.spare, self.moved = torch.empty_like(self.p), torch.empty_like(self.p)
        self.maps = x.new_empty(2, len(w), len(x), len(x))
        # numpy's BLAS is twice as fast as torch's on some processors, for these flat products,
        # which more than pays for a pass of its own to add them.
        self.by_numpy = x.device.type == "cpu"

    def sums(self) -> Float[Tensor, "n s"]:
        """sum_r a_r max(p_ri, 0)."""
        positive, negative = torch.clamp_min(self.p, 0.0, out=self.spare).sum(dim=2).chunk(2)
        return (positive - negative).T

    def push(self, scaled: Float[Tensor, "n s"]) -> None:
        """Adds sum_i G_ij scaled_i a_r 1{p_ri >= 0} to p_rj."""
        on = torch.ge(self.p, 0.0, out=self.spare)
        maps = torch.mul(self.signed_G, scaled.T.unsqueeze(1), out=self.maps).flatten(0, 1)
        if self.by_numpy:
            np.matmul(maps.numpy(), on.numpy(), out=self.moved.numpy())
            self.p.add_(self.moved)
        else:
            self.p.baddbmm_(maps, on)

    def weights(self) -> Float[Tensor, "s m d"]:
        """w_r now."""
        # Those that fill up have not moved, and count with the first neuron.
        moved = (torch.linalg.pinv(self.x) @ self.p.sub_(self.start)).mT
        flat = self.w0.flatten(0, 1).index_add(0, self.places.flatten(), moved.flatten(0, 1))
        return flat.view_as(self.w0)


def halves_apply(x: Float[Tensor, "n d"], a: Float[Tensor, "s m"]) -> bool:
    """Whether `Halves` can do it: a of signs, and x well enough conditioned."""
    if not bool((a.abs() == 1).all()):
        return False
    values = torch.linalg.svdvals(x)
    return bool(values[-1] * _WORST_CONDITION > values[0])


def _halves(a: Float[Tensor, "s m"]) -> tuple[Int64[Tensor, "s2 P"], Bool[Tensor, "s2 P"]]:
    """Places in a flat order of the positive and negative neurons, and which of them are such."""
    s, m = a.shape
    positive = torch.cat((a > 0, a < 0))
    counts = positive.sum(dim=1, keepdim=True)
    most = int(counts.max())
    real = torch.arange(most, device=a.device) < counts
    places = torch.zeros(2 * s, most, dtype=torch.int64, device=a.device)
    places[real] = torch.nonzero(positive)[:, 1]
    seeds = torch.arange(s, device=a.device).repeat(2).unsqueeze(1)
    return places + seeds * m, real
