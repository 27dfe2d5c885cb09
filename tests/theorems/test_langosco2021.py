"""What the claims about trained witnesses rest on, against scipy, torch and many instances."""

import numpy as np
import pytest
import torch
from scipy import integrate, stats
from torch.distributions import MultivariateNormal, kl_divergence

from dynamics import WitnessPlan, neural_descent, unit_directions, witness_and_divergence
from models import SeedNumber, gaussian_weights
from theorems._langosco2021 import divergence_of, gaussian_line, witness_worth
from theorems.langosco2021numbers import MONTE_CARLO, fixed_pair_monte_carlo
from verdicts import Margin


@pytest.mark.parametrize("seed", range(4))
def test_the_worth_of_a_witness_is_an_integral(seed: int) -> None:
    """Also of one that has learnt twelve particles by heart, and is steep."""
    p, x = gaussian_line(1.0, 0.5), gaussian_weights(12, 1, SeedNumber(seed))
    plan = WitnessPlan(hidden=8, rate=0.05, updates=100, early_stopping=False)
    run = neural_descent(p.score, x, SeedNumber(seed), eps=1e-6, steps=1, plan=plan)

    def density(z: float) -> float:
        point = torch.tensor([[[z]]], dtype=torch.float64)
        values, divergence = witness_and_divergence(run.witness, point, unit_directions(point))
        f = float(values)
        return float(stats.norm.pdf(z)) * (
            float(p.score(point)) * f + float(divergence) - f * f / 2
        )

    wanted, error = integrate.quad(density, -10, 10, limit=400, epsabs=1e-10)
    found = witness_worth(run, p)[0]
    assert found.low - 2 * error <= wanted <= found.high + 2 * error
    assert found.high - found.low < 1e-3 * (1 + abs(wanted))


def test_the_divergence_is_that_of_torch() -> None:
    roots = gaussian_weights(3, 3, SeedNumber(0))[0].tril(-1) + torch.eye(3).double()
    other = 2 * torch.eye(3).double() + roots / 3
    means = gaussian_weights(2, 3, SeedNumber(1))[0]
    laws = [(m, L @ L.mT) for m, L in zip(means, (roots, other.tril()), strict=True)]
    wanted = kl_divergence(*(MultivariateNormal(m, S) for m, S in laws))
    assert float(divergence_of(*laws)) == pytest.approx(float(wanted), rel=1e-10)


def test_a_step_along_the_best_witness_lowers_the_divergence_in_many_lines() -> None:
    """The bound of the claim in one dimension, written out, at 100000 random pairs."""
    z = gaussian_weights(100_000, 4, SeedNumber(2))[0]
    S, other = z[:, 0].exp(), z[:, 1].exp()
    gap, share = z[:, 2], torch.special.ndtr(z[:, 3])
    a = 1 / S - 1 / other
    eps = share / (2 * a.abs()).clamp_min(1.0)
    at_m = gap / other
    fisher = at_m.square() + a.square() * S

    def divergence(spread: torch.Tensor, off: torch.Tensor) -> torch.Tensor:
        return (spread / other + off.square() / other - 1 - (spread / other).log()) / 2

    later = divergence((1 + eps * a).square() * S, gap - eps * at_m)
    bound = divergence(S, gap) - eps * fisher + eps.square() * (fisher / other / 2 + a.square())
    assert bool((later <= bound + 1e-12 * (1 + bound.abs() + eps * fisher)).all())


def test_the_fixed_pair_is_what_draws_of_it_give() -> None:
    """s_p.f + div f of the best witness, at 200000 draws, against the sides of the claim."""
    v = np.logspace(-5, 0, 50)
    F = float(((1 / v - 1) ** 2).sum())
    x = np.random.default_rng(0).standard_normal((200_000, 50))
    f, divergence = x - x / v, float((1 - 1 / v).sum())
    values = (-x / v * f).sum(axis=1) + divergence
    error = values.std() / len(values) ** 0.5
    assert abs(values.mean() - F) < 4 * error
    statement = fixed_pair_monte_carlo.function(draws=len(values))
    assert isinstance(statement, Margin)
    assert statement.sides
    off, allowed = statement.sides
    assert float(off.low) == pytest.approx(abs(float(MONTE_CARLO) - F))
    assert float(allowed.low) == pytest.approx(3 * error, rel=0.03)
