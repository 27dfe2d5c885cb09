"""Descent with energy, against steps by hand and its continuous limit."""

import math

import pytest
import torch
from scipy.integrate import solve_ivp
from torch import Tensor

from dynamics import energy_descent


def parabola(theta: Tensor) -> tuple[Tensor, Tensor]:
    return theta.square().sum() / 2, theta


def test_a_step_by_hand() -> None:
    run = energy_descent(parabola, torch.tensor([1.0]).double(), eta=1e6, c=1.0, steps=1)
    root = math.sqrt(1.5)
    v = 1 / (2 * root)
    energy = root / (1 + 2e6 * v * v)
    assert float(run.energy[1, 0]) == pytest.approx(energy, rel=1e-14)
    assert float(run.theta[1, 0]) == pytest.approx(1 - 2e6 * energy * v, rel=1e-12)
    assert float(run.theta[1, 0]) == pytest.approx(-2.0, abs=1e-4)


def test_one_coordinate_alone_is_the_scalar_version() -> None:
    start = torch.tensor([0.7]).double()
    runs = [
        energy_descent(parabola, start, eta=0.3, c=0.5, steps=9, version=version)
        for version in ("scalar", "by coordinate")
    ]
    assert torch.equal(runs[0].theta, runs[1].theta)
    assert torch.equal(runs[0].energy, runs[1].energy)


def test_small_steps_follow_the_gradient_flow() -> None:
    start = torch.tensor([1.0, -2.0]).double()
    run = energy_descent(parabola, start, eta=1e-4, c=1.0, steps=5000)
    found = solve_ivp(lambda _, z: -z, (0, 0.5), start.numpy(), rtol=1e-10, atol=1e-12)
    assert torch.allclose(run.theta[-1], torch.from_numpy(found.y[:, -1]), atol=1e-3)
    assert float((run.energy[:, 0] - run.root).abs().max()) < 1e-3


def test_momentum_adds_older_vectors_up() -> None:
    start = torch.tensor([1.0]).double()
    plain = energy_descent(parabola, start, eta=0.1, c=1.0, steps=1)
    heavy = energy_descent(parabola, start, eta=0.1, c=1.0, steps=2, momentum=0.5)
    assert torch.equal(heavy.theta[1], plain.theta[1])
    v = [float(heavy.theta[k, 0] / (2 * heavy.root[k])) for k in (0, 1)]
    wanted = -0.2 * float(heavy.energy[2, 0]) * (0.5 * v[0] + v[1])
    assert float(heavy.moves[1, 0]) == pytest.approx(wanted, rel=1e-14)


def test_what_is_wrong_is_told() -> None:
    start = torch.tensor([0.0]).double()
    for wrong in ({"eta": 0.0}, {"steps": 0}, {"momentum": 1.0}):
        arguments = {"eta": 1.0, "steps": 1, "momentum": 0.0} | wrong
        with pytest.raises(ValueError, match="give eta > 0, steps >= 1 and momentum in"):
            energy_descent(
                parabola,
                start,
                c=1.0,
                eta=arguments["eta"],
                steps=int(arguments["steps"]),
                momentum=arguments["momentum"],
            )
    with pytest.raises(ValueError, match=r"give a larger c=0\.0"):
        energy_descent(parabola, start, eta=1.0, c=0.0, steps=1)
