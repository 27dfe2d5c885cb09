"""Neural variational gradient descent: particles along a witness that is trained as they move.

At every step the witness f is trained by Adam on three quarters of the particles to maximise
    mean(s_p.f + div f) - lambda mean |f|^2,   lambda = 1/2,
and kept as it was when the same mean over the other quarter was largest; then x <- x + eps f(x).
The best witness is s_p - s_q, along which KL(q || p) falls. The objective on finitely many
particles is unbounded (theorems/langosco2021flow.py), hence the quarter that is held out.

Source: di Langosco, Fortuin, Strathmann 2021 (arXiv:2107.10731v2); the abstract and the authors'
code were read.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Float64, Int64
from torch import Tensor

from dynamics.particles.methods import NEVER, Movement, Score, check_run
from dynamics.particles.net import (
    Moments,
    Weights,
    adam_ascent,
    initial_witness,
    no_moments,
    unit_directions,
    witness_objective,
    witness_values,
)
from models import Keys, rademacher_signs
from models.arguments import as_annotated, check_fields

HELD_OUT = 4  # every fourth particle, always the same: a witness that goes on from step to step
# would else have been trained on those that are to judge it


@dataclass(frozen=True, slots=True)
class WitnessPlan:
    """How a witness is trained.

    Attributes:
        hidden: units of each of two layers.
        rate: Adam's step size.
        updates: Adam's steps at most, at every step of the particles.
        patience: updates without a better objective on the held-out quarter that end them.
        exact_up_to: dimension up to which the divergence is exact; above it Hutchinson's estimate
            with one vector of signs is taken.
        weight: lambda > 0.
        early_stopping: False keeps the last witness instead of the best one, for mutants.
        spread: factor of the divergence, 1; 0 drops it, for mutants.

    Raises:
        ValueError: a number out of range.
    """

    hidden: int = 32
    rate: float = 2e-3
    updates: int = 10
    patience: int = 5
    exact_up_to: int = 4
    weight: float = 0.5
    early_stopping: bool = True
    spread: float = 1.0

    def __post_init__(self) -> None:
        check_fields(self)
        if min(self.hidden, self.updates, self.patience) < 1 or self.exact_up_to < 0:
            raise ValueError(f"WitnessPlan: {self}; give hidden, updates and patience >= 1")
        if not 0 < self.rate < math.inf or not 0 < self.weight < math.inf:
            raise ValueError(f"WitnessPlan: {self}; give rate > 0 and weight > 0")


@dataclass(frozen=True, slots=True, eq=False)
class NeuralRun:
    """What became of the particles and of their witnesses.

    Attributes:
        points: particles after the last step, or after the last one before divergence.
        witness: weights of the last witness, for `witness_values`.
        held_out: objective of the witness of each step on the particles held out.
        trained: the same on those it was trained on.
        updates: Adam's steps at each step.
        moved: mean length of a particle's move at each step; 0 after divergence.
        diverged_at: the step, from 1, that was not taken because of divergence; NEVER if all were.
        witness_diverged: whether it was the witness: a objective that is not finite, or a
            witness that is kept although the held-out quarter finds it worse than f = 0 by more
            than the penalty can explain (below -1e3 times one plus the largest one before).
    """

    points: Float64[Tensor, "s n d"]
    witness: Weights
    held_out: Float64[Tensor, "K s"]
    trained: Float64[Tensor, "K s"]
    updates: Int64[Tensor, "K s"]
    moved: Float64[Tensor, "K s"]
    diverged_at: Int64[Tensor, " s"]
    witness_diverged: Tensor

    @property
    def diverged(self) -> bool:
        """Whether any run did."""
        return bool((self.diverged_at != NEVER).any())

    def told(self) -> str:
        """Which runs diverged, when and how, in words; empty if none did."""
        lines = []
        for run, step in enumerate(self.diverged_at.tolist()):
            if step != NEVER:
                what = "witness" if self.witness_diverged[run] else "particles"
                lines.append(f"run {run}: the {what} diverged at step {step}; give a smaller step")
        return "\n".join(lines)


@as_annotated
def neural_descent(
    score: Score,
    x: Float64[Tensor, "s n d"],
    seeds: Keys,
    *,
    eps: float,
    steps: int,
    plan: WitnessPlan | None = None,
    sign: float = 1.0,
) -> NeuralRun:
    """Move particles along trained witnesses, all runs at once.

    Args:
        score: s_p, of particles (s, n, d).
        x: the start, one row of runs for each seed; at least HELD_OUT particles.
        seeds: of the witnesses' first weights and of Hutchinson's signs.
        eps: step size > 0.
        steps: how many, >= 1.
        plan: how witnesses are trained; None takes the plan's defaults.
        sign: 1; -1 moves the particles backwards, for mutants.

    Raises:
        ValueError: eps or steps out of range, fewer than HELD_OUT particles, or another number of
            runs than of seeds.
    """
    check_run("neural_descent", x, eps, steps)
    if x.shape[1] < HELD_OUT or seeds.count != len(x):
        raise ValueError(
            f"neural_descent: x of shape {tuple(x.shape)} with {seeds.count} seeds; give a seed "
            f"for each run, and at least {HELD_OUT} particles"
        )
    plan = WitnessPlan() if plan is None else plan
    training = _Training(plan, seeds, x)
    going = Movement(x)
    for _ in range(steps):
        training.fit(going.x, score(going.x))
        move = eps * sign * witness_values(training.weights, going.x)
        going.step(move, sound=training.sound)
    return NeuralRun(
        points=going.x,
        witness=training.weights,
        held_out=torch.stack(training.held_out),
        trained=torch.stack(training.trained),
        updates=torch.stack(training.updates),
        moved=going.moved(),
        diverged_at=going.diverged_at,
        witness_diverged=~training.sound,
    )


class _Training:
    """The witnesses of all runs, from one step of the particles to the next."""

    def __init__(self, plan: WitnessPlan, seeds: Keys, x: Tensor) -> None:
        self.plan = plan
        self.weights = initial_witness(x.shape[-1], plan.hidden, seeds)
        self.sound = torch.ones(len(x), dtype=torch.bool)
        self.held_out: list[Tensor] = []
        self.trained: list[Tensor] = []
        self.updates: list[Tensor] = []
        self._moments: Moments = no_moments(self.weights)
        self._signs = _signs(seeds, *x.shape) if x.shape[-1] > plan.exact_up_to else None
        self._most = x.new_zeros(len(x))

    def fit(self, x: Tensor, score: Tensor) -> None:
        """Train on three quarters of the particles; keep what does best on the others."""
        held = torch.arange(x.shape[1]) % HELD_OUT == HELD_OUT - 1
        on_held = self._measure(x[:, held], score[:, held], self._directions(x)[:, held])
        best, found = self.weights, on_held(self.weights)
        waited = torch.zeros(len(x), dtype=torch.int64)
        taken = torch.zeros_like(waited)
        trained = found
        for _ in range(self.plan.updates):
            trying = self._measure(x[:, ~held], score[:, ~held], self._directions(x)[:, ~held])
            going = waited < self.plan.patience
            trained = self._update(trying, going)
            value = on_held(self.weights)
            better = going & (value > found) if self.plan.early_stopping else going
            best = _chosen(better, self.weights, best)
            found = torch.where(better, value, found)
            taken += going
            waited = torch.where(better, 0, waited + 1)
            if not bool((waited < self.plan.patience).any()):
                break
        self.weights = best
        self._keep(found, trained, taken)

    def _update(self, objective: Callable[[Weights], Tensor], going: Tensor) -> Tensor:
        """One step of Adam for the runs that still train; the objective before it."""
        leaves = [w.detach().requires_grad_() for w in self.weights]
        values = objective(leaves)
        slopes = torch.autograd.grad(values.sum(), leaves)
        moved, moments = adam_ascent(self.weights, slopes, self._moments, self.plan.rate)
        self.weights = _chosen(going, moved, self.weights)
        means, squares, t = moments
        old_means, old_squares, _ = self._moments
        self._moments = (
            _chosen(going, means, old_means),
            _chosen(going, squares, old_squares),
            t,
        )
        return values.detach()

    def _keep(self, found: Tensor, trained: Tensor, taken: Tensor) -> None:
        finite = torch.isfinite(found) & torch.isfinite(trained)
        self.sound = self.sound & finite & (found > -1e3 * (1 + self._most))
        self._most = torch.maximum(self._most, found)
        self.held_out.append(found)
        self.trained.append(trained)
        self.updates.append(taken)

    def _measure(self, x: Tensor, score: Tensor, directions: Tensor) -> Callable[[Weights], Tensor]:
        plan = self.plan

        def objective(weights: Weights) -> Tensor:
            return witness_objective(
                weights, x, score, directions, weight=plan.weight, spread=plan.spread
            )

        return objective

    def _directions(self, x: Tensor) -> Tensor:
        return unit_directions(x) if self._signs is None else next(self._signs)


def _signs(seeds: Keys, s: int, n: int, d: int) -> Iterator[Tensor]:
    """Vectors of signs for every particle, new ones for every estimate."""
    first = 0
    while True:
        yield rademacher_signs(n * d, seeds, first_neuron=first).reshape(s, n, 1, d)
        first += n * d


def _chosen(rows: Tensor, new: Weights, old: Weights) -> Weights:
    """The new weights of the runs that are named, the old ones of the others."""
    if bool(rows.all()):
        return new
    return [torch.where(rows[:, None, None], p, q) for p, q in zip(new, old, strict=True)]
