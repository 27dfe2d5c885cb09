"""The limit covariance of equilibria, against simulation of its definition and closed forms."""

import math

import pytest
import torch

from models import branch_activity, branch_moment, limit_covariance, limit_square
from models.equilibrium.covariance import _squares

COSINES = torch.tensor(
    [[1.0, 0.6, -1.0, 0.0], [0.6, 1.0, -0.6, 0.9], [-1.0, -0.6, 1.0, 0.0], [0.0, 0.9, 0.0, 1.0]],
    dtype=torch.float64,
)


@pytest.mark.parametrize("sigma_g", [0.05, 0.3, 1.0, 3.0])
def test_coefficients_add_up_to_the_moment_and_the_activity(sigma_g: float) -> None:
    squares = _squares(sigma_g)
    left = branch_moment(sigma_g) - float(squares.sum())
    assert 0 < left < 1e-4 * (1 + sigma_g**2)
    slope = float((squares.sum(dim=1) * torch.arange(80)).sum()) / sigma_g**2
    assert 0 < branch_activity(sigma_g) - slope < 0.02


@pytest.mark.parametrize("gamma", [0.1, 0.5, 1.2])
def test_entries_are_the_means_that_define_them(gamma: float) -> None:
    covariance, error = limit_covariance(COSINES, gamma)
    q, count = limit_square(gamma), 400_000
    assert torch.equal(covariance.diagonal(), torch.full((4,), q, dtype=torch.float64))
    generator = torch.Generator().manual_seed(0)
    z = torch.randn(4, count, generator=generator, dtype=torch.float64)
    for i, j in ((0, 1), (0, 2), (0, 3), (1, 3)):
        c, r = float(COSINES[i, j]), float(covariance[i, j]) / q
        h = c * z[0] + math.sqrt(1 - c * c) * z[1]
        g = gamma * math.sqrt(q) * (r * z[2] + math.sqrt(1 - r * r) * z[3])
        first = (gamma * math.sqrt(q) * z[2] + z[0].relu()).relu()
        products = first * (g + h.relu()).relu()
        deviation = float(products.std()) / math.sqrt(count)
        assert abs(float(products.mean() - covariance[i, j])) <= 4.5 * deviation + float(
            error[i, j]
        )


def test_it_tends_to_the_limit_kernel_of_the_first_layer() -> None:
    t = COSINES
    first = (torch.sqrt(1 - t**2) + t * (math.pi - torch.arccos(t))) / (2 * math.pi)
    covariance, error = limit_covariance(t, 1e-4)
    assert bool(((covariance - first).abs() <= error + 1e-4).all())


def test_errors_grow_with_the_cosine() -> None:
    near = torch.tensor([[1.0, 0.999], [0.999, 1.0]], dtype=torch.float64)
    _, far_error = limit_covariance(COSINES[:2, :2], 0.5)
    _, near_error = limit_covariance(near, 0.5)
    assert float(far_error[0, 1]) < 1e-10 < float(near_error[0, 1]) < 1e-3


@pytest.mark.parametrize("gamma", [0.0, math.sqrt(2), -0.1])
def test_arguments_are_refused(gamma: float) -> None:
    with pytest.raises(ValueError, match="give 0 < gamma"):
        limit_covariance(COSINES, gamma)
