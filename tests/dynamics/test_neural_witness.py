"""Witnesses and the particles that follow them, against autograd, torch's Adam and Gaussians."""

import itertools

import pytest
import torch
from torch import Tensor

from dynamics import (
    NEVER,
    WitnessPlan,
    neural_descent,
    unit_directions,
    witness_and_divergence,
    witness_objective,
    witness_values,
)
from dynamics.particles.net import adam_ascent, initial_witness, no_moments
from models import GaussianTarget, SeedNumber, gaussian_weights
from verdicts import Seeds

TARGET = GaussianTarget(
    torch.tensor([1.0, -1.0]).double(), torch.tensor([[1.0, 0.0], [0.5, 0.5]]).double()
)


def some_weights(s: int, d: int, hidden: int = 5) -> list[Tensor]:
    seeds = Seeds((3, 4), 0, s)
    weights = initial_witness(d, hidden, seeds)
    for k, w in enumerate(weights):
        rows, columns = w.shape[1:]
        w += gaussian_weights(rows, columns, seeds, layer=40 + k) / 3
    return weights


def test_the_divergence_is_that_of_autograd() -> None:
    weights = some_weights(2, 3)
    x = gaussian_weights(4, 3, Seeds((1, 1), 0, 2))
    values, divergence = witness_and_divergence(weights, x, unit_directions(x))
    assert torch.allclose(values, witness_values(weights, x))
    for s, i in itertools.product(range(2), range(4)):

        def f(z: Tensor, s: int = s) -> Tensor:
            return witness_values([w[s : s + 1] for w in weights], z[None, None])[0, 0]

        J = torch.autograd.functional.jacobian(f, x[s, i])  # type: ignore[no-untyped-call]
        assert float(divergence[s, i]) == pytest.approx(float(J.trace()), rel=1e-12)


def test_hutchinson_over_all_signs_is_the_divergence() -> None:
    weights, x = some_weights(1, 3), gaussian_weights(2, 3, SeedNumber(0))
    _, exact = witness_and_divergence(weights, x, unit_directions(x))
    found = [
        witness_and_divergence(weights, x, torch.tensor(z, dtype=torch.float64).expand(1, 2, 1, 3))[
            1
        ]
        for z in itertools.product((-1.0, 1.0), repeat=3)
    ]
    assert torch.allclose(torch.stack(found).mean(dim=0), exact)


def test_the_objective_is_its_formula() -> None:
    weights, x = some_weights(1, 2), gaussian_weights(6, 2, SeedNumber(1))
    values, divergence = witness_and_divergence(weights, x, unit_directions(x))
    s = TARGET.score(x)
    rows = [
        float(s[0, i] @ values[0, i] + divergence[0, i] - 0.7 * values[0, i] @ values[0, i])
        for i in range(6)
    ]
    found = witness_objective(weights, x, s, unit_directions(x), weight=0.7)
    assert float(found) == pytest.approx(sum(rows) / 6)


def test_adam_is_torchs() -> None:
    start = torch.tensor([[[1.0, -2.0]]], dtype=torch.float64)
    other = start.clone().requires_grad_()
    theirs = torch.optim.Adam([other], lr=0.1, maximize=True)
    ours, moments = [start], no_moments([start])
    for _ in range(5):
        theirs.zero_grad()
        (-(other**4).sum()).backward()  # type: ignore[no-untyped-call]
        theirs.step()
        ours, moments = adam_ascent(ours, [-4 * ours[0] ** 3], moments, 0.1)
        assert torch.allclose(ours[0], other, rtol=1e-12)


def test_the_first_witness_is_zero() -> None:
    x = gaussian_weights(8, 2, SeedNumber(1))
    assert float(witness_values(initial_witness(2, 6, SeedNumber(1)), x).abs().max()) == 0.0


def test_particles_approach_a_gaussian_target() -> None:
    seeds = Seeds((7, 7), 0, 4)
    x = gaussian_weights(80, 2, seeds)
    plan = WitnessPlan(hidden=8, rate=0.02, updates=6)
    run = neural_descent(TARGET.score, x, seeds, eps=0.05, steps=100, plan=plan)
    assert not run.diverged
    assert run.told() == ""
    means = run.points.mean(dim=1)
    assert float((means - TARGET.mean).abs().mean()) < 0.2
    variances = run.points.var(dim=1).mean(dim=0) / TARGET.covariance.diagonal()
    assert bool(((variances > 0.5) & (variances < 2)).all())


@pytest.mark.parametrize("exact_up_to", [2, 0])
def test_runs_of_a_batch_are_those_alone(exact_up_to: int) -> None:
    """Also where they stop training after different numbers of updates."""
    seeds = Seeds((7, 7), 0, 3)
    x = gaussian_weights(16, 2, seeds)
    plan = WitnessPlan(hidden=4, rate=0.05, updates=8, patience=2, exact_up_to=exact_up_to)
    together = neural_descent(TARGET.score, x, seeds, eps=0.05, steps=4, plan=plan)
    for i in range(3):
        alone = neural_descent(
            TARGET.score, x[i : i + 1], seeds.block(i, 1), eps=0.05, steps=4, plan=plan
        )
        assert alone.updates[:, 0].tolist() == together.updates[:, i].tolist()
        assert torch.allclose(alone.points[0], together.points[i], rtol=1e-9, atol=1e-12)
    assert len(set(together.updates.flatten().tolist())) > 1


def test_the_held_out_quarter_takes_no_part_in_training() -> None:
    x = gaussian_weights(8, 1, SeedNumber(2))
    target = GaussianTarget(torch.ones(1).double(), torch.eye(1).double())
    moved = x.clone()
    moved[:, 3::4] += 0.3
    plan = WitnessPlan(hidden=3, updates=5, early_stopping=False)
    runs = [
        neural_descent(target.score, z, SeedNumber(2), eps=0.1, steps=1, plan=plan)
        for z in (x, moved)
    ]
    for one, other in zip(runs[0].witness, runs[1].witness, strict=True):
        assert torch.equal(one, other)


def test_without_early_stopping_a_witness_learns_particles_by_heart() -> None:
    seeds = Seeds((2, 2), 0, 4)
    x = gaussian_weights(12, 1, seeds)
    same = GaussianTarget(torch.zeros(1).double(), torch.eye(1).double())
    plan = WitnessPlan(hidden=16, rate=0.05, updates=200, patience=200, early_stopping=False)
    run = neural_descent(same.score, x, seeds, eps=0.01, steps=1, plan=plan)
    assert bool((run.trained > 1).all())  # where the law itself allows 0
    assert bool((run.held_out < 0).any())


def test_diverging_particles_are_said() -> None:
    x = gaussian_weights(8, 2, SeedNumber(0))
    run = neural_descent(lambda z: 50 * z**3, x, SeedNumber(0), eps=5.0, steps=60)
    assert run.diverged
    step = int(run.diverged_at[0])
    assert step != NEVER
    assert f"diverged at step {step}" in run.told()
    assert bool(torch.isfinite(run.points).all())


def test_a_diverging_witness_is_said() -> None:
    """Training steps of 1e200 overflow; nothing that is not finite reaches the particles."""
    x = gaussian_weights(8, 2, SeedNumber(0))
    plan = WitnessPlan(rate=1e200, updates=2, early_stopping=False)
    run = neural_descent(TARGET.score, x, SeedNumber(0), eps=0.1, steps=3, plan=plan)
    assert run.diverged_at.tolist() == [1]
    assert bool(run.witness_diverged[0])
    assert run.told().startswith("run 0: the witness diverged at step 1")
    assert torch.equal(run.points, x)


def test_what_is_wrong_is_told() -> None:
    x = gaussian_weights(3, 2, SeedNumber(0))
    with pytest.raises(ValueError, match="at least 4 particles"):
        neural_descent(TARGET.score, x, SeedNumber(0), eps=0.1, steps=1)
    with pytest.raises(ValueError, match="eps=-1"):
        neural_descent(TARGET.score, x, SeedNumber(0), eps=-1, steps=1)
    for wrong in ({"hidden": 0}, {"rate": 0.0}, {"weight": float("inf")}, {"exact_up_to": -1}):
        with pytest.raises(ValueError, match="WitnessPlan"):
            WitnessPlan(**wrong)
