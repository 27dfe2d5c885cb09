"""Wide networks: neurons that keep their patterns act together as one n x n matrix.

While (|a_r|/sqrt m) sum_i |G_ij| |c_i| stays below |w_r(0).x_j| for every j, with c the integral
of the residual, neuron r has kept its pattern. So only those near a hyperplane are followed, and
afterwards it is checked that nobody else can have reached one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from dynamics.flow.frozen import Neurons

_SAFETY = 2.0  # how far beyond the decay at the initial rate neurons may go
_GUARD = 1 - 1e-9
_MOST_SAMPLES = 5  # 2**n patterns are told apart


@dataclass(frozen=True, slots=True, eq=False)
class Folded:
    """What is known of the neurons that are not followed.

    Attributes:
        u: their part of the predictions at the start.
        reach: they start at least this far from each hyperplane, in units of z.
        largest: the largest |a_r| of each pattern, 0 for a pattern that does not occur.
        masks: the patterns.
        bound: the largest |a_r| of all.
    """

    u: Float[Tensor, "b n"]
    reach: Float[Tensor, "b n"]
    largest: Float[Tensor, "b p"]
    masks: Float[Tensor, "p n"]
    bound: Float[Tensor, " b"]

    def safe(self, state: Neurons, most: Float[Tensor, "b n"]) -> Bool[Tensor, " b"]:
        """Rows where no folded neuron can have reached a kink; most = the largest |c_i| so far."""
        moved = (most @ state.G.abs()) * (self.bound / math.sqrt(state.width)).unsqueeze(-1)
        return (moved <= _GUARD * self.reach).all(dim=-1)

    def movement(self, state: Neurons) -> Float[Tensor, " b"]:
        """The largest |w_r - w_r(0)| over the folded neurons."""
        c = state.total.unsqueeze(-2) * self.masks
        length = ((c @ state.G) * c).sum(dim=-1).clamp_min(0).sqrt()
        moves: Tensor = (length * self.largest).amax(dim=-1) / math.sqrt(state.width)
        return moves


def folded(state: Neurons) -> tuple[Neurons, Folded] | None:
    """The neurons near a hyperplane, and the rest as a matrix; None if that would save nothing."""
    n = state.G.shape[-1]
    least = torch.linalg.eigvalsh(state.H())[:, 0]
    if n > _MOST_SAMPLES or bool((least <= 1e-3).any()):
        return None
    bound = state.a.abs().amax(dim=-1)
    most = (_SAFETY * state.e.norm(dim=-1) / least).unsqueeze(-1).expand(-1, n)
    reach = (most @ state.G.abs()) * (bound / math.sqrt(state.width)).unsqueeze(-1)
    near = (state.z.abs() <= reach.unsqueeze(-2)).any(dim=-1)
    kept = int(near.sum(dim=-1).amax())
    if 2 * kept > state.width:
        return None
    far = (~near).to(state.z)
    part = replace(state, a=state.a * far)
    followed = _followed(state, near, max(kept, 1))
    return replace(followed, rest=part.H()), _summary(part, far, reach, bound)


def _followed(state: Neurons, near: Bool[Tensor, "b m"], kept: int) -> Neurons:
    """The near neurons of each row, filled up with neurons of weight 0."""
    row, neuron = near.nonzero(as_tuple=True)
    column = (near.cumsum(dim=-1) - 1)[row, neuron]
    place = torch.zeros(len(near), kept, dtype=torch.int64)
    place[row, column] = neuron
    real = torch.zeros_like(place)
    real[row, column] = 1
    wide = place.unsqueeze(-1).expand(-1, -1, state.G.shape[-1])
    return replace(
        state,
        z=state.z.gather(1, wide),
        c=state.c.gather(1, wide),
        a=state.a.gather(1, place) * real.to(state.a),
        on=state.on.gather(1, wide),
    )


def _summary(
    part: Neurons,
    far: Float[Tensor, "b m"],
    reach: Float[Tensor, "b n"],
    bound: Float[Tensor, " b"],
) -> Folded:
    n = part.G.shape[-1]
    powers = 2 ** torch.arange(n)
    code = (part.on.to(torch.int64) * powers).sum(dim=-1)
    largest = torch.zeros(len(far), 2**n, dtype=part.z.dtype)
    largest.scatter_reduce_(1, code, part.a.abs(), "amax")
    masks = ((torch.arange(2**n).unsqueeze(-1) // powers) % 2).to(part.z)
    return Folded(part.outputs(), reach, largest, masks, bound)
