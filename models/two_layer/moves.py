"""The least moves of one neuron's weight that change its pattern, within a ball."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from models.two_layer.kernels import gram, norms, tie_distance

_PAIRS_UP_TO = 4  # samples; beyond, pairs would cost more than they find
_BEYOND = 1e-12  # of R|x|: how far past a hyperplane a move ends


@dataclass(frozen=True, slots=True)
class Moves:
    """Candidate moves w_r + c_0 x_i + c_1 x_j; candidate 0 stays, as does every unreachable one.

    Attributes:
        pairs: the samples (i, j) of every candidate.
        steps: the coefficients (c_0, c_1).
        costs: squared length of the move.
        on: the pattern that it ends with.
    """

    pairs: Int64[Tensor, "c 2"]
    steps: Float[Tensor, "s k c 2"]
    costs: Float[Tensor, "s k c"]
    on: Bool[Tensor, "s k c n"]

    def moved(
        self, x: Float[Tensor, "n d"], w: Float[Tensor, "s k d"], choice: Int64[Tensor, "s k"]
    ) -> Float[Tensor, "s k d"]:
        """The weights after every neuron made its chosen move."""
        chosen = choice[..., None, None].expand(-1, -1, 1, 2)
        step = self.steps.gather(2, chosen).squeeze(2)
        ends = self.pairs[choice]
        return w + step[..., :1] * x[ends[..., 0]] + step[..., 1:] * x[ends[..., 1]]


def reachable_moves(
    x: Float[Tensor, "n d"], w: Float[Tensor, "s k d"], R: Float[Tensor, " s"]
) -> Moves:
    """Least moves of length at most R to the far side of one hyperplane, or to given sides of two.

    For n <= 2 these reach every pattern that the ball holds, up to 1e-12 R.
    """
    G, n = gram(x).to(w), x.shape[0]
    pre = w @ x.mT
    side = torch.where(pre >= 0, 1.0, -1.0).to(w)
    # A few ties past the hyperplane, so that the pattern there is certain.
    past = _BEYOND * R.unsqueeze(-1) + 4 * tie_distance(w)
    beyond = past.unsqueeze(-1) * norms(x, w)
    across, back = -side * beyond - pre, side * beyond - pre
    zero = torch.zeros_like(pre[..., 0])
    plan = [(0, 0, zero, zero, zero)]
    plan += [_single(G, across, i) for i in range(n)]
    if n <= _PAIRS_UP_TO:
        for i, j in combinations(range(n), 2):
            for rise_i, rise_j in ((across, across), (across, back), (back, across)):
                plan.append(_double(G, rise_i[..., i], rise_j[..., j], i, j))
    pairs = torch.tensor([(i, j) for i, j, *_ in plan], device=w.device)
    steps = torch.stack([torch.stack((c_0, c_1), dim=-1) for _, _, c_0, c_1, _ in plan], dim=-2)
    costs = torch.stack([cost for *_, cost in plan], dim=-1)
    # Rounding of w + move must not leave the ball, so the limit keeps an ulp of |w| in hand.
    ulps = 4 * torch.finfo(w.dtype).eps * torch.linalg.vector_norm(w, dim=-1)
    limit = (R[:, None] * (1 - _BEYOND) - ulps).clamp_min(0.0)
    possible = costs <= limit.square().unsqueeze(-1)
    steps, costs = steps * possible.unsqueeze(-1), torch.where(possible, costs, 0.0)
    after = pre.unsqueeze(-2) + steps[..., :1] * G[pairs[:, 0]] + steps[..., 1:] * G[pairs[:, 1]]
    return Moves(pairs, steps, costs, after >= 0)


_Plan = tuple[int, int, Tensor, Tensor, Tensor]


def _single(G: Tensor, rise: Tensor, i: int) -> _Plan:
    step = rise[..., i] / G[i, i]
    return i, i, step, torch.zeros_like(step), step * rise[..., i]


def _double(G: Tensor, rise_i: Tensor, rise_j: Tensor, i: int, j: int) -> _Plan:
    """The least move with w.x_i rising by rise_i and w.x_j by rise_j."""
    determinant = G[i, i] * G[j, j] - G[i, j].square()
    if bool(determinant <= 1e-12 * G[i, i] * G[j, j]):
        zero = torch.zeros_like(rise_i)
        return i, j, zero, zero, zero
    c_0 = (G[j, j] * rise_i - G[i, j] * rise_j) / determinant
    c_1 = (G[i, i] * rise_j - G[i, j] * rise_i) / determinant
    return i, j, c_0, c_1, c_0 * rise_i + c_1 * rise_j
