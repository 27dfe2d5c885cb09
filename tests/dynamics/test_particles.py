"""Particles and discrepancies, against plain loops, closed forms and autograd."""

import math

import pytest
import torch
from torch import Tensor

from dynamics import (
    NEVER,
    energy_distance,
    langevin,
    mmd,
    stein_discrepancy,
    svgd,
    svgd_direction,
)
from models import FunnelTarget, GaussianTarget, SeedNumber, gaussian_weights
from verdicts import Seeds

EYE = GaussianTarget(torch.zeros(2).double(), torch.eye(2).double())
FUNNEL = FunnelTarget(2)


def cloud(n: int, d: int = 2, seed: int = 0) -> Tensor:
    return gaussian_weights(n, d, SeedNumber(seed))[0]


def looped_direction(score: Tensor, x: Tensor) -> Tensor:
    n = len(x)
    squares = sorted(float((x[i] - x[j]).square().sum()) for i in range(n) for j in range(i))
    h = squares[(len(squares) - 1) // 2] / math.log(n + 1)
    rows = []
    for i in range(n):
        total = torch.zeros_like(x[0])
        for j in range(n):
            k = math.exp(-float((x[i] - x[j]).square().sum()) / h)
            total = total + k * score[j] + 2 / h * (x[i] - x[j]) * k
        rows.append(total / n)
    return torch.stack(rows)


def test_svgd_is_the_double_loop() -> None:
    x = cloud(7)
    found = svgd_direction(FUNNEL.score, x)
    assert torch.allclose(found, looped_direction(FUNNEL.score(x), x), rtol=1e-10, atol=1e-12)
    run = svgd(FUNNEL.score, x[None], eps=0.1, steps=2)
    once = x + 0.1 * found
    twice = once + 0.1 * looped_direction(FUNNEL.score(once), once)
    assert torch.allclose(run.points[0], twice, rtol=1e-10, atol=1e-12)
    assert not run.diverged


def test_one_particle_of_svgd_climbs_the_density() -> None:
    x = torch.tensor([[[1.0, -2.0]]], dtype=torch.float64)
    run = svgd(EYE.score, x, eps=0.1, steps=3)
    assert run.points.flatten().tolist() == pytest.approx([0.729, -1.458])
    equal = svgd_direction(EYE.score, x.expand(1, 4, 2))
    assert torch.allclose(equal, -x.expand(1, 4, 2))


def test_runs_of_a_batch_are_those_alone() -> None:
    x = gaussian_weights(9, 2, Seeds((1, 2), 0, 3))
    seeds = Seeds((1, 2), 0, 3)
    together = langevin(FUNNEL.score, x, seeds, eps=0.01, steps=5)
    for i in range(3):
        alone = langevin(FUNNEL.score, x[i : i + 1], seeds.block(i, 1), eps=0.01, steps=5)
        assert torch.allclose(alone.points[0], together.points[i], rtol=1e-12, atol=1e-14)


def test_langevin_has_its_stationary_variance() -> None:
    """v/(1 - eps/(2 v)), not v: of x <- (1 - eps/v) x + sqrt(2 eps) z."""
    v, eps = 2.0, 0.8
    target = GaussianTarget(torch.zeros(1).double(), torch.tensor([[v**0.5]]).double())
    run = langevin(target.score, cloud(20_000, 1)[None], SeedNumber(0), eps=eps, steps=60)
    found, wanted = float(run.points.var()), v / (1 - eps / (2 * v))
    assert abs(found - wanted) < 5 * wanted * (2 / 20_000) ** 0.5
    assert abs(found - v) > 5 * wanted * (2 / 20_000) ** 0.5


def test_divergence_is_said_and_stops_the_run_alone() -> None:
    x = torch.stack((cloud(6), cloud(6, seed=1)))
    x[1] = 0.0
    run = svgd(lambda z: -100 * z**3, x, eps=1.0, steps=20)
    assert run.diverged
    assert run.diverged_at[1] == NEVER
    step = int(run.diverged_at[0])
    assert 1 <= step <= 20
    assert bool(torch.isfinite(run.points).all())
    assert float(run.moved[step - 1 :, 0].abs().sum()) == 0.0


@pytest.mark.parametrize("bandwidth", [1.0, 0.3])
def test_mmd_is_the_direct_sum(bandwidth: float) -> None:
    x, y = cloud(5), cloud(4, seed=1)

    def mean(p: Tensor, q: Tensor) -> float:
        values = [math.exp(-float((a - b).square().sum()) / 2 / bandwidth**2) for a in p for b in q]
        return sum(values) / len(values)

    wanted = mean(x, x) + mean(y, y) - 2 * mean(x, y)
    assert float(mmd(x, y, bandwidth=bandwidth)) == pytest.approx(wanted, rel=1e-10)
    assert float(mmd(x, x)) == pytest.approx(0, abs=1e-15)


def test_the_energy_distance_is_the_direct_sum() -> None:
    x, y = cloud(5), cloud(4, seed=1)

    def mean(p: Tensor, q: Tensor) -> float:
        values = [math.dist(a.tolist(), b.tolist()) for a in p for b in q]
        return sum(values) / len(values)

    wanted = 2 * mean(x, y) - mean(x, x) - mean(y, y)
    assert float(energy_distance(x, y)) == pytest.approx(wanted, rel=1e-12)


def test_the_stein_discrepancy_is_the_direct_sum_of_derivatives() -> None:
    x, c, beta = cloud(4), 1.3, -0.4
    total = 0.0
    for p in x:
        for q in x:
            a, b = p.clone().requires_grad_(), q.clone().requires_grad_()
            k = (c**2 + (a - b).square().sum()) ** beta
            (over_a,) = torch.autograd.grad(k, a, create_graph=True)
            (over_b,) = torch.autograd.grad(k, b, create_graph=True)
            mixed = sum(
                torch.autograd.grad(over_a[i], b, retain_graph=True)[0][i] for i in range(2)
            )
            s, t = FUNNEL.score(p), FUNNEL.score(q)
            total += float(((s @ t) * k + s @ over_b + t @ over_a + mixed).detach())
    found = stein_discrepancy(FUNNEL.score, x, c=c, beta=beta)
    assert float(found) == pytest.approx(total / 16, rel=1e-10)


def test_discrepancies_tell_right_draws_from_wrong_ones() -> None:
    right, other = EYE.draws(500, SeedNumber(1))[0], EYE.draws(500, SeedNumber(2))[0]
    wrong = right + torch.tensor([0.7, 0.0]).double()
    assert float(mmd(wrong, other)) > 5 * float(mmd(right, other))
    assert float(energy_distance(wrong, other)) > 5 * float(energy_distance(right, other))
    assert float(stein_discrepancy(EYE.score, wrong)) > 5 * float(
        stein_discrepancy(EYE.score, right)
    )


def test_what_is_wrong_is_told() -> None:
    x = cloud(5)[None]
    with pytest.raises(ValueError, match=r"eps=0, .*give eps > 0 and steps >= 1"):
        svgd(EYE.score, x, eps=0, steps=1)
    with pytest.raises(ValueError, match="steps=0"):
        langevin(EYE.score, x, SeedNumber(0), eps=0.1, steps=0)
    with pytest.raises(ValueError, match="2 runs, 1 seeds"):
        langevin(EYE.score, x.expand(2, 5, 2), SeedNumber(0), eps=0.1, steps=1)
    with pytest.raises(ValueError, match="give finite"):
        svgd(EYE.score, x / 0, eps=0.1, steps=1)
    with pytest.raises(ValueError, match="bandwidth=0"):
        mmd(x, x, bandwidth=0)
    with pytest.raises(ValueError, match="-1 < beta < 0"):
        stein_discrepancy(EYE.score, x, beta=0.5)
