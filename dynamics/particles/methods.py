"""Particles that move towards a law: along kernel witnesses (SVGD), and by Langevin's noise.

Batched over leading runs; a run that diverges is stopped where it is, and its step is kept.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float64, Int64
from torch import Tensor

from models import Keys, gaussian_weights
from models.arguments import as_annotated

Score = Callable[[Tensor], Tensor]

NEVER = -1
_FAR = 1e8  # times 1 + the start's largest coordinate: a particle there has diverged
_NOISE = 3  # the layer of the stream that noise takes
_AT_ONCE = 2**20  # normals drawn at a time


@dataclass(frozen=True, slots=True, eq=False)
class ParticleRun:
    """What became of the particles.

    Attributes:
        points: where they are after the last step, or after the last one before divergence.
        moved: mean length of a particle's move at each step; 0 after divergence.
        diverged_at: the step, from 1, whose result was not finite or far away; NEVER if none was.
    """

    points: Float64[Tensor, "s n d"]
    moved: Float64[Tensor, "K s"]
    diverged_at: Int64[Tensor, " s"]

    @property
    def diverged(self) -> bool:
        """Whether any run did."""
        return bool((self.diverged_at != NEVER).any())


class Movement:
    """The particles while they move."""

    def __init__(self, x: Tensor) -> None:
        self.x = x
        self.diverged_at = torch.full((len(x),), NEVER, dtype=torch.int64)
        self._far = _FAR * (1 + float(x.abs().max()))
        self._moved: list[Tensor] = []

    def step(self, move: Tensor, *, sound: Tensor | None = None) -> None:
        """Move all particles of the runs that have not diverged.

        Args:
            move: as large as x.
            sound: of each run, whether what made its move can be used; None for all.
        """
        found = self.x + move
        # A NaN compares as false, so that it counts as far away.
        good = (found.abs() <= self._far).flatten(1).all(dim=1)
        if sound is not None:
            good = good & sound
        alive = self.diverged_at == NEVER
        now = torch.full_like(self.diverged_at, len(self._moved) + 1)
        self.diverged_at = torch.where(alive & ~good, now, self.diverged_at)
        going = alive & good
        self.x = torch.where(going[:, None, None], found, self.x)
        length = torch.linalg.vector_norm(move, dim=-1).mean(dim=-1)
        self._moved.append(torch.where(going, length, torch.zeros_like(length)))

    def moved(self) -> Tensor:
        """The mean lengths so far."""
        return torch.stack(self._moved)


@as_annotated
def svgd(
    score: Score, x: Float64[Tensor, "s n d"], *, eps: float, steps: int, sign: float = 1.0
) -> ParticleRun:
    """Stein variational gradient descent: x_i <- x_i + eps phi(x_i) for all particles at once.

    phi(x) = mean_j [k(x_j, x) s_p(x_j) + grad_{x_j} k(x_j, x)] with k(x, y) = exp(-|x - y|^2/h).

    Args:
        score: s_p.
        x: the start.
        eps: step size > 0.
        steps: how many, >= 1.
        sign: 1; -1 moves away from the law, for mutants.

    Raises:
        ValueError: eps or steps out of range.
    Source: Liu and Wang 2016 (arXiv:1608.04471v3), recalled; h as in `median_bandwidth`.
    """
    check_run("svgd", x, eps, steps)
    going = Movement(x)
    for _ in range(steps):
        going.step(sign * eps * svgd_direction(score, going.x))
    return ParticleRun(going.x, going.moved(), going.diverged_at)


@as_annotated(finite=False)
def svgd_direction(score: Score, x: Float64[Tensor, "*s n d"]) -> Float64[Tensor, "*s n d"]:
    """The direction phi of `svgd` at all particles."""
    distances = squared_distances(x, x)
    h = median_bandwidth(distances)[..., None, None]
    k = (-distances / h).exp()
    # sum_j 2 (x_i - x_j) k_ji/h, without a tensor of all differences.
    push = 2 / h * (k.sum(dim=-1, keepdim=True) * x - k @ x)
    return (k @ score(x) + push) / x.shape[-2]


def median_bandwidth(distances: Float64[Tensor, "*s n n"]) -> Float64[Tensor, "*s"]:
    """The h of `svgd`: median |x_i - x_j|^2/log(n + 1) over i < j.

    It is 1 where that is 0, or where there is one particle.

    The logarithm is of n + 1 in place of Liu and Wang's n, so that n = 1 is no exception.
    """
    n = distances.shape[-1]
    if n == 1:
        return distances.new_ones(distances.shape[:-2])
    i, j = torch.triu_indices(n, n, offset=1)
    h = distances[..., i, j].median(dim=-1).values / math.log(n + 1)
    return torch.where(h > 0, h, torch.ones_like(h))


@as_annotated
def langevin(
    score: Score,
    x: Float64[Tensor, "s n d"],
    seeds: Keys,
    *,
    eps: float,
    steps: int,
    sign: float = 1.0,
) -> ParticleRun:
    """Unadjusted Langevin: x <- x + eps s_p(x) + sqrt(2 eps) z, z standard normal.

    Args:
        score: s_p.
        x: the start, one row of runs for each seed.
        seeds: of the noise, which is independent of the seeds' first two layers.
        eps: step size > 0.
        steps: how many, >= 1.
        sign: 1; -1 turns the drift, for mutants.

    Raises:
        ValueError: eps or steps out of range, or another number of runs than of seeds.
    """
    check_run("langevin", x, eps, steps)
    if seeds.count != len(x):
        raise ValueError(f"langevin: {len(x)} runs, {seeds.count} seeds; give a seed for each run")
    going = Movement(x)
    s, n, d = x.shape
    chunk = max(1, _AT_ONCE // (s * n * d))
    for k in range(steps):
        if k % chunk == 0:
            wanted = min(chunk, steps - k) * n
            noise = gaussian_weights(wanted, d, seeds, first_neuron=k * n, layer=_NOISE)
        z = noise[:, (k % chunk) * n :][:, :n]
        going.step(sign * eps * score(going.x) + math.sqrt(2 * eps) * z)
    return ParticleRun(going.x, going.moved(), going.diverged_at)


def squared_distances(
    x: Float64[Tensor, "*s n d"], y: Float64[Tensor, "*s m d"]
) -> Float64[Tensor, "*s n m"]:
    """|x_i - y_j|^2, never below 0."""
    shift = x.mean(dim=-2, keepdim=True)  # so that far clouds lose no digits
    x, y = x - shift, y - shift
    squares = x.square().sum(dim=-1)[..., :, None] + y.square().sum(dim=-1)[..., None, :]
    return (squares - 2 * x @ y.mT).clamp_min(0)


def check_run(where: str, x: Tensor, eps: float, steps: int) -> None:
    """Raises ValueError: particles of another shape, or eps or steps out of range."""
    if x.ndim != 3 or not x.numel() or not bool(torch.isfinite(x).all()):
        raise ValueError(f"{where}: x of shape {tuple(x.shape)}; give finite (runs, particles, d)")
    if not 0 < eps < math.inf or not isinstance(steps, int) or steps < 1 or isinstance(steps, bool):
        raise ValueError(f"{where}: eps={eps!r}, steps={steps!r}; give eps > 0 and steps >= 1")
