"""The adversary of stability lemmas: explicit weights near W(0) whose H(W) is far or singular."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from models.arguments import as_annotated
from models.two_layer.ball import Radius, near, radii
from models.two_layer.kernels import H, gram
from models.two_layer.moves import Moves, reachable_moves

_ROUNDS = 4
_KEPT = 6  # directions that go on after the first round
_CHUNK_FLOATS = 2**22  # a bigger table of candidates is worked through in chunks of seeds


@as_annotated
def worst_in_ball(
    x: Float[Tensor, "n d"],
    w0: Float[Tensor, "*s m d"],
    R: Radius,
    *,
    norm: Literal["max", "frobenius"] = "max",
    goal: Literal["norm", "lambda_min"] = "norm",
) -> Float[Tensor, "*s m d"]:
    """Explicit weights W in the ball around W(0) that hurt H(W) as much as a greedy search finds.

    For a direction v, the sum v^T H(W) v is a sum over neurons, so every neuron takes the least
    move that raises (or lowers) its own term most; then v becomes the leading eigenvector of what
    was reached, and again. Exact for n = 1 and for orthogonal inputs, up to 1e-12 of R.

    Args:
        x: inputs, nonzero rows.
        w0: W(0).
        R: finite radius >= 0, a number or one per seed.
        norm: "max" is the ball max_r |w_r - w_r(0)| <= R, "frobenius" ||W - W(0)||_F <= R.
        goal: "norm" makes ||H(W) - H(W(0))||_2 large, "lambda_min" makes lambda_min(H(W)) small.

    Raises:
        ValueError: an unknown norm or goal, R negative or infinite, or shapes that do not fit.
    """
    if norm not in ("max", "frobenius") or goal not in ("norm", "lambda_min"):
        raise ValueError(
            f"worst_in_ball: norm={norm!r}, goal={goal!r}; give 'max' or 'frobenius', and 'norm' "
            "or 'lambda_min'"
        )
    _, close = near(x, w0, R, "worst_in_ball")
    radius = radii(R, w0, "worst_in_ball").reshape(-1)
    if not bool(torch.isfinite(radius).all()):
        raise ValueError(f"worst_in_ball: R={R!r}; give a finite radius")
    x, w = x.to(w0), w0.reshape(-1, *w0.shape[-2:])
    movable = close.any(dim=-1).reshape(w.shape[:-1])
    k = int(movable.sum(dim=-1).max())
    if k == 0:
        return w0.clone()
    rows = movable.to(torch.int8).argsort(dim=-1, descending=True, stable=True)[:, :k]
    n = x.shape[0]
    size = max(1, _CHUNK_FLOATS // (k * (1 + n) * max(n * n, 10 * n)))
    parts = [
        _attack(x, w[c : c + size], radius[c : c + size], rows[c : c + size], norm, goal)
        for c in range(0, len(w), size)
    ]
    return torch.cat(parts).reshape(w0.shape)


@dataclass(frozen=True, slots=True)
class _Field:
    """What every direction of attack shares, for a chunk of seeds."""

    G: Tensor  # (n, n)
    m: int
    counts: Tensor  # (s, n, n): joint counts at W(0)
    moves: Moves
    features: Tensor  # (s, k * c, n * n): joint activity of every neuron after every move
    budget: Tensor | None  # (s,): squared radius of the Frobenius ball
    goal: str

    def chosen(self, v: Tensor, sign: Tensor) -> Int64[Tensor, "s D k"]:
        """Every neuron's best candidate for raising sign * v^T H(W) v."""
        weight = (v.unsqueeze(-1) * v.unsqueeze(-2) * self.G).flatten(2) * sign.unsqueeze(-1)
        score = (weight @ self.features.mT).reshape(*v.shape[:2], *self.moves.costs.shape[1:])
        if self.budget is None:
            return score.argmax(dim=3)
        return _within_budget(score - score[..., :1], self.moves.costs, self.budget)

    def reached(self, choice: Tensor) -> Float[Tensor, "s D n n"]:
        """Change of the joint counts, exact."""
        candidates = self.moves.costs.shape[2]
        table = self.features.new_zeros(*choice.shape, candidates)
        taken = table.scatter_(3, choice.unsqueeze(-1), 1.0).flatten(2)
        before = self.features[:, ::candidates].sum(dim=1, keepdim=True)
        return (taken @ self.features - before).reshape(*choice.shape[:2], *self.G.shape)

    def judged(self, change: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """How well each direction did, and the direction and sign to try next."""
        if self.goal == "lambda_min":
            matrix = self.G * ((self.counts.unsqueeze(1) + change) / self.m)
            values, vectors = torch.linalg.eigh(matrix)
            return -values[..., 0], vectors[..., 0], -torch.ones_like(values[..., 0])
        values, vectors = torch.linalg.eigh(self.G * (change / self.m))
        low = -values[..., 0] > values[..., -1]
        vector = torch.where(low.unsqueeze(-1), vectors[..., 0], vectors[..., -1])
        return values.abs().amax(dim=-1), vector, torch.where(low, -1.0, 1.0).to(values)


def _attack(
    x: Tensor, w: Tensor, R: Tensor, rows: Tensor, norm: str, goal: str
) -> Float[Tensor, "s m d"]:
    place = rows.unsqueeze(-1).expand(-1, -1, w.shape[-1])
    near_w = w.gather(1, place)
    moves = reachable_moves(x, near_w, R)
    on = moves.on.to(w)
    features = (on.unsqueeze(-1) * on.unsqueeze(-2)).flatten(3).flatten(1, 2)
    pattern = (w @ x.mT >= 0).to(w)
    rounding = 4 * torch.finfo(w.dtype).eps * torch.linalg.matrix_norm(w)
    budget = (R * (1 - 1e-12) - rounding).clamp_min(0.0).square() if norm == "frobenius" else None
    counts = pattern.mT @ pattern
    field = _Field(gram(x), w.shape[1], counts, moves, features, budget, goal)
    W = w.scatter(1, place, moves.moved(x, near_w, _best_choice(field, H(x, w).to(w))))
    return _inside(W, w, R, norm)


def _best_choice(field: _Field, H_0: Tensor) -> Int64[Tensor, "s k"]:
    v, sign = _first_directions(field, H_0)
    best, winner = None, torch.empty(0)
    for _ in range(_ROUNDS):
        choice = field.chosen(v, sign)
        value, v, sign = field.judged(field.reached(choice))
        top = value.argmax(dim=1, keepdim=True)
        leader = value.gather(1, top).squeeze(1)
        found = choice.gather(1, top.unsqueeze(2).expand(-1, 1, choice.shape[2])).squeeze(1)
        if best is None:
            best, winner = leader, found
        winner = torch.where((leader > best).unsqueeze(1), found, winner)
        best = torch.maximum(best, leader)
        kept = value.topk(min(_KEPT, value.shape[1]), dim=1).indices
        v, sign = v.gather(1, kept.unsqueeze(-1).expand(-1, -1, v.shape[-1])), sign.gather(1, kept)
    return winner


def _first_directions(field: _Field, H_0: Tensor) -> tuple[Tensor, Tensor]:
    """Coordinates, their pairs, eigenvectors of H(0), of G and of what may be gained and lost."""
    n, s = len(field.G), len(H_0)
    axes = torch.eye(n).to(H_0)
    fixed = [axes, torch.linalg.eigh(field.G)[1].mT]
    for i, j in combinations(range(n), 2):
        fixed.append(torch.stack((axes[i] + axes[j], axes[i] - axes[j])) / math.sqrt(2))
    shape = field.moves.costs.shape
    every = field.features.reshape(*shape, n * n)
    stay = every[:, :, :1]
    gained = (every - stay).amax(dim=2).sum(dim=1).reshape(s, n, n)
    lost = (stay - every).amax(dim=2).sum(dim=1).reshape(s, n, n)
    own = torch.linalg.eigh(torch.stack((H_0, field.G * gained, field.G * lost), dim=1))[1]
    v = torch.cat((torch.cat(fixed).expand(s, -1, -1), own.mT.flatten(1, 2)), dim=1)
    down = -torch.ones_like(v[..., 0])
    if field.goal == "lambda_min":
        return v, down
    return torch.cat((v, v), dim=1), torch.cat((down, -down), dim=1)


def _within_budget(gain: Tensor, costs: Tensor, budget: Tensor) -> Int64[Tensor, "s D k"]:
    """The moves of most gain per cost, as many as the squared radius pays for; others stay."""
    ulp, tiny = torch.finfo(gain.dtype).eps, torch.finfo(gain.dtype).tiny
    value, choice = (gain / costs.unsqueeze(1).clamp_min(tiny)).max(dim=3)
    order = value.argsort(dim=2, descending=True)
    price = costs.unsqueeze(1).expand(-1, value.shape[1], -1, -1)
    price = price.gather(3, choice.unsqueeze(3)).squeeze(3)
    spent = price.gather(2, order).cumsum(dim=2)
    affordable = spent <= budget[:, None, None] * (1 - costs.shape[1] * ulp)
    paid = torch.zeros_like(affordable).scatter(2, order, affordable)
    return torch.where(paid, choice, 0)


def _inside(W: Tensor, w: Tensor, R: Tensor, norm: str) -> Tensor:
    """Moves that rounding carried out of the ball are taken back."""
    length = torch.linalg.vector_norm(W - w, dim=-1)
    if norm == "max":
        return torch.where((length <= R[:, None]).unsqueeze(-1), W, w)
    inside = torch.linalg.vector_norm(length, dim=-1) <= R
    return torch.where(inside[:, None, None], W, w)
