"""Three ways to move particles to a law, from one start, and how far each ends from it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import torch
from jaxtyping import Float64
from torch import Tensor

from dynamics import (
    NEVER,
    NeuralRun,
    ParticleRun,
    WitnessPlan,
    energy_distance,
    langevin,
    mmd,
    neural_descent,
    stein_discrepancy,
    svgd,
)
from models import (
    Dataset,
    FunnelTarget,
    GaussianTarget,
    Keys,
    LogisticPosterior,
    MixtureTarget,
    Target,
    gaussian_weights,
    linear_posterior,
)
from strategies.sources import SETS, size

METHODS = ("neural", "SVGD", "Langevin")
_ROWS = 40  # of a real data set, spread over it
_DRAWS = 2000


@dataclass(frozen=True, slots=True, eq=False)
class Sampled:
    """Where one method ends.

    Attributes:
        method: one of METHODS.
        points: particles at the end, of one run.
        mmd: squared, with the RBF kernel of bandwidth 1, to exact draws; None without them.
        energy: energy distance to exact draws; None without them.
        stein: squared kernel Stein discrepancy, IMQ.
        diverged_at: the step, from 1; -1 if none.
        seconds: of the processor.
    """

    method: str
    points: Float64[Tensor, "n d"]
    mmd: float | None
    energy: float | None
    stein: float
    diverged_at: int
    seconds: float


def targets() -> dict[str, Callable[[], Target]]:
    """Laws by name: three in the plane, the funnel in ten dimensions, posteriors of real data."""
    found: dict[str, Callable[[], Target]] = {
        "gaussian": lambda: GaussianTarget(_table([[1, -1]])[0], _table([[1, 0], [0.8, 0.6]])),
        "mixture": lambda: MixtureTarget(_table([[-2, 0], [2, 0]]), 1.0),
        "funnel": lambda: FunnelTarget(2),
        "funnel-10": lambda: FunnelTarget(10),
    }
    for name in SETS:
        found[f"linear-{name}"] = partial(_posterior, linear_posterior, name)
        found[f"logistic-{name}"] = partial(_posterior, LogisticPosterior, name)
    return found


def compared(
    target: Target,
    seeds: Keys,
    *,
    particles: int,
    steps: int,
    eps: float,
    plan: WitnessPlan | None = None,
    methods: Sequence[str] = METHODS,
) -> list[Sampled]:
    """All methods from the same particles, drawn from N(0, I).

    Args:
        target: the law.
        seeds: one seed.
        particles: how many.
        steps: of each method.
        eps: step size of each method.
        plan: of the neural witness.
        methods: which, of METHODS.

    Raises:
        ValueError: numbers out of range.
    """
    x = gaussian_weights(particles, target.d, seeds)
    runs: dict[str, Callable[[], NeuralRun | ParticleRun]] = {
        "neural": lambda: neural_descent(target.score, x, seeds, eps=eps, steps=steps, plan=plan),
        "SVGD": lambda: svgd(target.score, x, eps=eps, steps=steps),
        "Langevin": lambda: langevin(target.score, x, seeds, eps=eps, steps=steps),
    }
    exact: Callable[[int, Keys], Tensor] | None = getattr(target, "draws", None)
    drawn = None if exact is None else exact(_DRAWS, seeds)[0]
    found = []
    for method in methods:
        before = time.process_time()
        run = runs[method]()
        seconds = time.process_time() - before
        points = run.points[0]
        found.append(
            Sampled(
                method=method,
                points=points,
                mmd=None if drawn is None else float(mmd(points, drawn)),
                energy=None if drawn is None else float(energy_distance(points, drawn)),
                stein=float(stein_discrepancy(target.score, points)),
                diverged_at=int(run.diverged_at[0]),
                seconds=seconds,
            )
        )
    return found


def table(rows: Sequence[Sampled]) -> str:
    """The comparison in words, one line for each method."""
    lines = [f"{'method':10} {'MMD^2':>9} {'energy':>9} {'KSD^2':>9} {'seconds':>8}"]
    for row in rows:
        numbers = [row.mmd, row.energy, row.stein]
        told = " ".join(f"{'-':>9}" if z is None else f"{z:9.4g}" for z in numbers)
        end = "" if row.diverged_at == NEVER else f"  diverged at step {row.diverged_at}"
        lines.append(f"{row.method:10} {told} {row.seconds:8.1f}{end}")
    return "\n".join(lines)


def _posterior(law: Callable[[Dataset], Target], name: str) -> Target:
    return law(_rows(name))


def _rows(name: str) -> Dataset:
    indices = [i * size(name) // _ROWS for i in range(_ROWS)]
    recipe = {"source": name, "indices": indices, "scaling": "standardised", "labels": "own"}
    return Dataset.from_recipe(recipe)


def _table(rows: Sequence[Sequence[float]]) -> Tensor:
    return torch.tensor(rows, dtype=torch.float64)
