"""Log densities, scores and draws of the laws that are sampled."""

import math

import numpy as np
import pytest
import torch
from scipy import integrate, stats
from torch import Tensor

from models import (
    Dataset,
    FunnelTarget,
    GaussianTarget,
    LogisticPosterior,
    MixtureTarget,
    SeedNumber,
    Target,
    gaussian_weights,
    linear_posterior,
)
from strategies import SETS

ROOT = torch.tensor([[0.5, 0.0], [-0.75, 2.0]], dtype=torch.float64)
MEAN = torch.tensor([1.0, -2.0], dtype=torch.float64)
DATA = Dataset.of(rows=[[1, 2], [0, 1], [3, -1]], labels=[1, 0, 1], normalised=False)
TARGETS: list[Target] = [
    GaussianTarget(MEAN, ROOT),
    MixtureTarget(torch.tensor([[-2.0, 0.0], [2.0, 1.0], [0.0, 3.0]], dtype=torch.float64), 0.7),
    FunnelTarget(2),
    FunnelTarget(9),
    LogisticPosterior(DATA, 2.0),
]


@pytest.mark.parametrize("target", TARGETS)
def test_a_score_is_the_gradient_of_the_log_density(target: Target) -> None:
    x = gaussian_weights(5, target.d, SeedNumber(3)).requires_grad_()
    (wanted,) = torch.autograd.grad(target.log_density(x).sum(), x)
    assert torch.allclose(target.score(x.detach()), wanted, rtol=1e-11, atol=1e-11)
    assert torch.allclose(target.score(x.detach()[0, 1]), wanted[0, 1], rtol=1e-11, atol=1e-11)


def test_a_gaussian_is_that_of_scipy() -> None:
    x = gaussian_weights(4, 2, SeedNumber(1))[0]
    wanted = stats.multivariate_normal(MEAN.numpy(), (ROOT @ ROOT.mT).numpy()).logpdf(x.numpy())
    assert GaussianTarget(MEAN, ROOT).log_density(x).tolist() == pytest.approx(wanted.tolist())


@pytest.mark.parametrize("target", TARGETS[1:3])
def test_densities_have_the_mass_one(target: Target) -> None:
    def density(b: float, a: float) -> float:
        return math.exp(float(target.log_density(torch.tensor([a, b], dtype=torch.float64))))

    # In the funnel's mouth the second coordinate reaches far: integrate over what it is scaled by.
    if isinstance(target, FunnelTarget):
        mass, _ = integrate.dblquad(
            lambda z, a: density(z * math.exp(a / 2), a) * math.exp(a / 2), -15, 15, -7, 7,
            epsabs=1e-4,
        )  # fmt: skip
    else:
        mass, _ = integrate.dblquad(density, -8, 8, -8, 8, epsabs=1e-4)
    assert mass == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("target", [TARGETS[0], TARGETS[1], TARGETS[2]])
def test_draws_have_the_law(target: GaussianTarget | MixtureTarget | FunnelTarget) -> None:
    """Stein's identity: E[s(x) g(x) + grad g(x)] = 0 for g = tanh of the first coordinate."""
    x = target.draws(40_000, SeedNumber(5))[0]
    g = torch.tanh(x[:, 0])
    first = target.score(x)[:, 0] * g + 1 - g.square()
    assert abs(float(first.mean())) < 5 * float(first.std()) / len(x) ** 0.5


def test_a_funnel_has_its_moments() -> None:
    x = FunnelTarget(5).draws(100_000, SeedNumber(2))[0]
    assert float(x[:, 0].var()) == pytest.approx(9, rel=0.03)
    assert (x[:, 1:] * (-x[:, :1] / 2).exp()).var(dim=0).numpy() == pytest.approx(1, rel=0.03)


def test_draws_are_independent_of_the_first_layer() -> None:
    start = gaussian_weights(1000, 2, SeedNumber(0))[0]
    drawn = GaussianTarget(torch.zeros(2).double(), torch.eye(2).double()).draws(
        1000, SeedNumber(0)
    )
    assert abs(float(np.corrcoef(start[:, 0], drawn[0, :, 0])[0, 1])) < 0.15


def test_a_linear_posterior_is_bayes_rule() -> None:
    """Prior times likelihood differ from the posterior by one constant."""
    found = linear_posterior(DATA, prior_variance=2.0, noise_variance=0.5)

    def joint(w: Tensor) -> Tensor:
        residual = DATA.x @ w - DATA.y
        return -residual.square().sum() / 2 / 0.5 - w.square().sum() / 2 / 2.0

    points = gaussian_weights(6, 2, SeedNumber(9))[0]
    constants = [float(found.log_density(w) - joint(w)) for w in points]
    assert constants == pytest.approx([constants[0]] * 6)


def test_a_logistic_posterior_on_real_rows_has_a_concave_density() -> None:
    indices = [0, 7, 60, 70, 110, 140]
    recipe = {"source": SETS[0], "indices": indices, "scaling": "standardised", "labels": "own"}
    target = LogisticPosterior(Dataset.from_recipe(recipe))
    x = gaussian_weights(2, 4, SeedNumber(4))[0]
    between = target.log_density(x.mean(dim=0))
    assert float(between) > float(target.log_density(x).mean())


@pytest.mark.parametrize("d", [1, 51, True, 2.0])
def test_a_funnel_has_two_to_fifty_dimensions(d: int) -> None:
    with pytest.raises(ValueError, match="give an integer from 2 to 50"):
        FunnelTarget(d)


def test_what_is_wrong_is_told() -> None:
    with pytest.raises(ValueError, match="give a lower triangle"):
        GaussianTarget(MEAN, ROOT.mT)
    with pytest.raises(ValueError, match="give a lower triangle"):
        GaussianTarget(MEAN, -ROOT)
    with pytest.raises(ValueError, match="deviation=0"):
        MixtureTarget(ROOT, 0)
    with pytest.raises(ValueError, match="noise_variance=0"):
        linear_posterior(DATA, noise_variance=0)
    with pytest.raises(ValueError, match="prior_variance=nan"):
        LogisticPosterior(DATA, math.nan)
