"""The flow of a single neuron, against hand-solved cases, differences and simulation."""

import math

import numpy as np
import pytest
import torch

from dynamics import angle_between, neuron_flow, neuron_gradient


def risk(w: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
    """(|w|^2 + |v|^2)/4 - |w||v| h/(2 pi), by the arc-cosine kernel of order 1 (Cho, Saul)."""
    lengths = w.norm() * v.norm()
    theta = torch.acos(w @ v / lengths)
    kernel = lengths * (torch.sin(theta) + (math.pi - theta) * torch.cos(theta)) / (2 * math.pi)
    value: torch.Tensor = (w @ w + v @ v) / 4 - kernel
    return value


@pytest.mark.parametrize("seed", range(20))
def test_the_gradient_is_that_of_the_closed_risk(seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    w = torch.randn(4, generator=generator, dtype=torch.float64, requires_grad=True)
    v = torch.randn(4, generator=generator, dtype=torch.float64)
    (wanted,) = torch.autograd.grad(risk(w, v), w)
    found = neuron_gradient(w.detach().numpy(), v.numpy())
    assert np.abs(found - wanted.numpy()).max() < 1e-12


def test_the_risk_is_that_of_a_simulation() -> None:
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(400_000, 2, generator=generator, dtype=torch.float64)
    w, v = torch.tensor([0.3, 1.1]).double(), torch.tensor([1.0, 0.0]).double()
    losses = ((x @ w).relu() - (x @ v).relu()).square() / 2
    error = float(losses.std()) / len(x) ** 0.5
    assert abs(float(losses.mean()) - float(risk(w, v))) < 5 * error


def test_an_aligned_neuron_approaches_its_teacher() -> None:
    times = np.linspace(0.0, 10.0, 11)
    flow = neuron_flow(0.0, 3.0, 2.0, times)
    wanted = 2.0 + np.exp(-times / 2)
    assert (flow.norm.lower <= wanted).all()
    assert (wanted <= flow.norm.upper).all()
    assert flow.angle.upper.max() < 1e-8


def test_an_opposite_neuron_fades() -> None:
    times = np.linspace(0.0, 4.0, 5)
    flow = neuron_flow(math.pi, 1.5, 1.0, times)
    wanted = 1.5 * np.exp(-times / 2)
    assert (flow.norm.lower <= wanted).all()
    assert (wanted <= flow.norm.upper).all()


def test_angles_keep_their_digits() -> None:
    v = np.array([1.0, 0.0])
    for angle in (1e-9, 1.0, math.pi - 1e-9, math.pi):
        w = 7 * np.array([math.cos(angle), math.sin(angle)])
        assert angle_between(w, v) == pytest.approx(angle, rel=1e-6, abs=1e-16)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((1.0, 0.0, 1.0, [0.0, 1.0]), "norm=0.0; give a number > 0"),
        ((1.0, 1.0, -1.0, [0.0, 1.0]), "size=-1.0; give a number > 0"),
        ((4.0, 1.0, 1.0, [0.0, 1.0]), "angle=4.0; give one in"),
        ((1.0, 1.0, 1.0, [0.0]), "give increasing times"),
        ((1.0, 1.0, 1.0, [1.0, 2.0]), "give increasing times"),
    ],
)
def test_what_is_wrong_is_told(
    arguments: tuple[float, float, float, list[float]], message: str
) -> None:
    *numbers, times = arguments
    with pytest.raises(ValueError, match=message):
        neuron_flow(numbers[0], numbers[1], numbers[2], np.array(times))
    with pytest.raises(ValueError, match="give vectors that are not 0"):
        neuron_gradient(np.zeros(2), np.ones(2))
