"""Scores and means of Gaussian laws, against torch's own distributions and simulation."""

from fractions import Fraction

import pytest
import torch

from models import AffineField, GaussianLaw, score_gap, stein, vector_dot

ROOT = [[Fraction(1, 2), Fraction(0)], [Fraction(-3, 4), Fraction(2)]]
LAW = GaussianLaw([Fraction(1), Fraction(-2)], ROOT)
FIELD = AffineField([[Fraction(1), Fraction(3)], [Fraction(-1), Fraction(1, 2)]], [Fraction(1)] * 2)


def tensors(law: GaussianLaw) -> torch.distributions.MultivariateNormal:
    mean = torch.tensor([float(z) for z in law.mean], dtype=torch.float64)
    root = torch.tensor([[float(z) for z in row] for row in law.root], dtype=torch.float64)
    return torch.distributions.MultivariateNormal(mean, scale_tril=root)


def test_a_score_is_the_gradient_of_the_log_density() -> None:
    point = [Fraction(3, 10), Fraction(7, 5)]
    x = torch.tensor([0.3, 1.4], dtype=torch.float64, requires_grad=True)
    (wanted,) = torch.autograd.grad(tensors(LAW).log_prob(x), x)  # type: ignore[no-untyped-call]
    assert [float(z) for z in LAW.score(point)] == pytest.approx(wanted.tolist(), rel=1e-12)


def test_means_of_polynomials_are_those_of_a_simulation() -> None:
    torch.manual_seed(0)
    x = tensors(LAW).sample((400_000,))
    values = x[:, 0] * x[:, 1] ** 2 - x[:, 0]
    exact = LAW.expectation(lambda z: z[0] * z[1] ** 2 - z[0])
    error = float(values.std()) / len(x) ** 0.5
    assert abs(float(values.mean()) - float(exact)) < 5 * error


def test_the_covariance_is_exact() -> None:
    spread = LAW.expectation(lambda z: (z[0] - 1) * (z[1] + 2))
    assert spread == Fraction(1, 2) * Fraction(-3, 4)


def test_the_operator_adds_divergence_to_score() -> None:
    point = [Fraction(2), Fraction(1)]
    assert FIELD(point) == [Fraction(6), Fraction(-1, 2)]
    assert FIELD.divergence == Fraction(3, 2)
    wanted = vector_dot(LAW.score(point), FIELD(point)) + Fraction(3, 2)
    assert stein(LAW, FIELD, point) == wanted
    assert score_gap(LAW, LAW)(point) == [0, 0]
