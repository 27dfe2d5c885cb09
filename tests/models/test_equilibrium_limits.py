"""Limits of random equilibria: the dossier's numbers, proved integrals, and simulation."""

import math

import pytest
import torch

from certify import stacked_relu_activity, stacked_relu_square
from models import (
    SeedNumber,
    branch_activity,
    branch_moment,
    equilibrium,
    gaussian_weights,
    limit_square,
    limit_weight,
)


@pytest.mark.parametrize(
    ("gamma", "q"),
    [(0, 0.5), (0.1, 0.5037), (0.25, 0.5239), (0.5, 0.6079), (0.9, 1.0812), (1.2, 3.663)],
)
def test_squares_are_the_dossiers(gamma: float, q: float) -> None:
    assert limit_square(gamma) == pytest.approx(q, abs=5e-4 if gamma == 1.2 else 6e-5)


def test_the_weight_of_the_kernel_is_the_dossiers() -> None:
    assert limit_weight(0.5) == pytest.approx(0.8351, abs=5e-5)
    assert math.isnan(limit_weight(1.5))


@pytest.mark.parametrize("sigma_g", [0.01, 0.3, 1.0, 4.0, 50.0])
def test_closed_forms_are_inside_the_proved_integrals(sigma_g: float) -> None:
    slack = 1e-14 * (1 + sigma_g**2)
    square, activity = stacked_relu_square(sigma_g), stacked_relu_activity(sigma_g)
    assert square.low - slack <= branch_moment(sigma_g) <= square.high + slack
    assert activity.low - slack <= branch_activity(sigma_g) <= activity.high + slack


@pytest.mark.parametrize("gamma", [0.0, 0.2, 0.7, 1.0, 1.3, 1.41, 1.41421])
def test_squares_solve_their_equation(gamma: float) -> None:
    q = limit_square(gamma)
    assert branch_moment(gamma * math.sqrt(q)) == pytest.approx(q, rel=1e-12)


@pytest.mark.parametrize("gamma", [math.sqrt(2) + 1e-15, 1.42, 5.0])
def test_there_is_none_from_the_root_of_two_on(gamma: float) -> None:
    assert limit_square(gamma) == math.inf
    for q in (0.1, 1.0, 1e3, 1e6):
        assert branch_moment(gamma * math.sqrt(q)) > q


def test_the_activity_jumps_at_zero() -> None:
    assert branch_activity(0.0) == 0.5
    assert branch_activity(1e-9) == pytest.approx(0.75)


@pytest.mark.parametrize("gamma", [0.1, 0.45])
def test_wide_networks_are_near_the_limits_in_the_mean(gamma: float) -> None:
    m, squares, shares, weights = 600, [], [], []
    for number in range(6):
        seed = SeedNumber(number)
        phi = gaussian_weights(m, 1, seed).relu().mT / math.sqrt(m)
        A = gamma / math.sqrt(m) * gaussian_weights(m, m, seed, layer=2)
        found = equilibrium(A, phi)
        squares.append(float(found.z.square().sum()))
        shares.append(float(found.pattern.double().mean()))
        mask = found.pattern[0, 0].double()
        u = torch.sign(gaussian_weights(1, m, seed, layer=3)[0, 0])
        p = mask * torch.linalg.solve(torch.eye(m) - A[0].T * mask, u)
        weights.append(float(p.square().mean()))
    q = limit_square(gamma)
    # Four standard deviations of the mean of |phi|^2 are 7 %.
    assert sum(squares) / 6 == pytest.approx(q, rel=0.08)
    assert sum(shares) / 6 == pytest.approx(branch_activity(gamma * math.sqrt(q)), abs=0.02)
    assert sum(weights) / 6 == pytest.approx(limit_weight(gamma), rel=0.05)


@pytest.mark.parametrize("function", [branch_moment, branch_activity, limit_square, limit_weight])
def test_arguments_are_refused(function: object) -> None:
    assert callable(function)
    with pytest.raises(ValueError, match="give a finite number >= 0"):
        function(-1.0)
