"""Neurons that keep their patterns: together one n x n matrix, or second moments by pattern.

If only the first layer is trained, a neuron with pattern P that has kept it has moved by
m^(-1/2) a_r sum_{i in P} c_i x_i, with c the accumulated eta*e. All of them together change the
predictions by F c with F_ij = G_ij (1/m) #{r: on for i and j}.

If both layers are trained, v_r = (z_r, a_r) has become a linear function of v_r(0) that is the same
for the whole pattern: z_r = z_r(0) + G Gamma v_r(0) and a_r = a_r(0) + alpha.v_r(0). The
predictions are quadratic in v, so the sums of v_r v_r^T at the start are enough.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import torch
from jaxtyping import Float
from torch import Tensor

from dynamics.wide.band import subset_sums
from dynamics.wide.cone import largest_in_cone
from dynamics.wide.streaming import Sums

_BLOCK_FLOATS = 2**20


@dataclass(frozen=True, slots=True, eq=False)
class Drift:
    """How far folded neurons went, of both runs, at one step or at the steps 0..K.

    Attributes:
        reach: at most so far did any pre-activation.
        low, high: the largest |w_r - w_r(0)| is between these.
        output: at most so far did any a_r.
    """

    reach: Float[Tensor, "*k n"]
    low: Float[Tensor, "*k"]
    high: Float[Tensor, "*k"]
    output: Float[Tensor, "*k"]


class Folded(Protocol):
    """Neurons that act together."""

    def observe(self) -> Float[Tensor, "2 n"]:
        """Their part of the predictions at present, which `drift` will remember."""

    def move(self, pull: Float[Tensor, "2 n"]) -> None:
        """One step, with pull = eta*e."""

    def H(self) -> Float[Tensor, "n n"]:
        """Their part of H, of the unmoved run."""

    def G2(self) -> Float[Tensor, "n n"] | None:
        """Their part of G2, of the unmoved run; None if the output layer is not trained."""

    def drift(self) -> Drift:
        """How far they went."""


class FirstLayer:
    """The folded part where the first layer alone is trained."""

    def __init__(self, sums: Sums, x: Float[Tensor, "2 n d"], m: int) -> None:
        self.x, self.m, self.masks = x, m, sums.masks()
        self.G = x @ x.mT
        self.F = self.G * (sums.joint_counts() / m)
        self.start = sums.u / math.sqrt(m)
        self.c = torch.zeros_like(x[..., 0])
        self.path: list[Tensor] = []

    def observe(self) -> Float[Tensor, "2 n"]:
        """Their part of the predictions."""
        self.path.append(self.c)
        changed: Tensor = (self.F @ self.c.unsqueeze(-1)).squeeze(-1)
        return self.start + changed

    def move(self, pull: Float[Tensor, "2 n"]) -> None:
        """One step."""
        self.c = self.c + pull

    def H(self) -> Float[Tensor, "n n"]:
        """Their part of H; it never changes."""
        return self.F[0]

    def G2(self) -> None:
        """The output layer is not trained."""

    def drift(self) -> Drift:
        """How far they went: of every pattern a function of c."""
        c = torch.stack(self.path, dim=1) / math.sqrt(self.m)
        moved = torch.zeros_like(c[..., 0])
        if len(self.masks) == 0:
            return Drift(torch.zeros_like(c), moved, moved, moved)
        several = max(1, _BLOCK_FLOATS // c.numel())
        for masks in torch.split(self.masks, several):
            ways = (masks[:, None, None] * c) @ self.x
            moved = torch.maximum(moved, ways.square().sum(dim=-1).amax(dim=0).sqrt())
        reach = torch.stack([subset_sums(*pair) for pair in zip(self.G, c, strict=True)])
        return Drift(reach, moved, moved, torch.zeros_like(moved))


class BothLayers:
    """The folded part where both layers are trained.

    Gamma has a row per sample and, as alpha, an entry per coordinate of v; both runs and all
    patterns lie in front.
    """

    def __init__(self, sums: Sums, x: Float[Tensor, "2 n d"], m: int, radius: float) -> None:
        if sums.moments is None:
            raise ValueError("BothLayers: no second moments; stream them")
        self.x, self.m, self.radius, self.moments = x, m, radius, sums.moments
        self.masks = sums.masks()
        self.G = x @ x.mT
        p, n = self.masks.shape
        self.unit = torch.eye(n + 1, dtype=x.dtype, device=x.device)
        self.gamma = x.new_zeros(2, n, p, n + 1)
        self.alpha = x.new_zeros(2, p, n + 1)
        self.z, self.a = self._maps()
        self.record: list[Drift] = []

    def observe(self) -> Float[Tensor, "2 n"]:
        """Their part of the predictions."""
        self.record.append(self._went())
        weighed = (self.moments @ self.a.unsqueeze(-1)).squeeze(-1)
        by_pattern = (self.z * weighed.unsqueeze(1)).sum(dim=-1) * self.masks.mT
        return by_pattern.sum(dim=-1) / math.sqrt(self.m)

    def move(self, pull: Float[Tensor, "2 n"]) -> None:
        """One step: w_r gains a_r q and a_r gains w_r.q, q = m^(-1/2) sum_{i in P} pull_i x_i."""
        h = (pull.unsqueeze(-1) * self.masks.mT / math.sqrt(self.m)).unsqueeze(-1)
        self.alpha = self.alpha + (h * self.z).sum(dim=1)
        self.gamma = self.gamma + h * self.a.unsqueeze(1)
        self.z, self.a = self._maps()

    def H(self) -> Float[Tensor, "n n"]:
        """Their part of H, with a_r^2."""
        a = self.a[0]
        squares = ((self.moments @ a.unsqueeze(-1)).squeeze(-1) * a).sum(dim=-1)
        return self.G[0] * (self.masks.mT @ (self.masks * squares.unsqueeze(-1)) / self.m)

    def G2(self) -> Float[Tensor, "n n"]:
        """Their part of G2."""
        z = (self.z[0] * self.masks.mT.unsqueeze(-1)).transpose(0, 1)
        return (z @ self.moments @ z.mT).sum(dim=0) / self.m

    def drift(self) -> Drift:
        """How far they went."""
        return Drift(
            reach=torch.stack([each.reach for each in self.record], dim=1),
            low=torch.stack([each.low for each in self.record], dim=1),
            high=torch.stack([each.high for each in self.record], dim=1),
            output=torch.stack([each.output for each in self.record], dim=1),
        )

    def _maps(self) -> tuple[Tensor, Tensor]:
        """z_r and a_r as linear functions of v_r(0): (2, n, p, n + 1) and (2, p, n + 1)."""
        flat = self.gamma.flatten(2)
        z = (self.G @ flat).view_as(self.gamma)
        return z + self.unit[:-1].unsqueeze(1), self.alpha + self.unit[-1]

    def _went(self) -> Drift:
        """Bounds of all movements at present: of w_r(0) pattern and length are known."""
        if len(self.masks) == 0:
            none = torch.zeros_like(self.x[:, 0, 0])
            return Drift(torch.zeros_like(self.x[..., 0]), none, none, none)
        by_part = self.gamma.permute(0, 2, 3, 1) @ self.x.unsqueeze(1)
        of_sign = by_part[:, :, -1]  # w_r moved by a_r times this and by of_weight w_r
        of_weight = by_part[:, :, :-1].mT @ self.x.unsqueeze(1)
        length = of_sign.square().sum(dim=-1).sqrt()
        second = of_weight.square().sum(dim=(-2, -1)).sqrt() * self.radius
        norms = self.x.square().sum(dim=-1).sqrt().unsqueeze(1)
        reach = (of_sign @ self.x.mT).abs() + norms * second.unsqueeze(-1)
        along = (of_weight.mT @ of_sign.unsqueeze(-1)).squeeze(-1)
        along = along / length.clamp_min(1e-300).unsqueeze(-1)
        sideways = self.alpha[..., :-1] @ self.x
        gained, turned = self._largest(torch.stack((along, sideways)))
        # |p + q| <= |p| + p.q/|p| + |q|^2/(2 |p|), and no more than |p| + |q|.
        over = gained + second.square() / (2 * length.clamp_min(1e-300))
        high = length + torch.minimum(second, over)
        output = turned + self.alpha[..., -1].abs()
        low = (length - second).clamp_min(0)
        return Drift(*(part.amax(dim=1) for part in (reach, low, high, output)))

    def _largest(self, v: Float[Tensor, "k 2 p d"]) -> Float[Tensor, "k 2 p"]:
        """The largest |v.w_r| that the neurons of each pattern can have."""
        ways = largest_in_cone(torch.stack((v, -v)), self.x[0], self.masks)
        return ways.amax(dim=0) * self.radius
