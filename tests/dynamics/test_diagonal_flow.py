"""The diagonal linear flow beside closed forms and another integrator."""

import math

import numpy as np
import pytest
import torch
from scipy.integrate import quad, solve_ivp

from dynamics import diagonal_flow
from models import SeedNumber, gaussian_outputs, gaussian_weights

ONE = torch.ones(1, 1, dtype=torch.float64)
TIMES = torch.tensor([0.0, 0.5, 2.0], dtype=torch.float64)


def test_one_weight_takes_the_time_of_its_separated_equation() -> None:
    """beta' = beta^4 (y - beta) for n = d = 1, so t is an integral over beta."""
    y = torch.tensor([1.5], dtype=torch.float64)
    flow = diagonal_flow(ONE, y, torch.zeros(1, dtype=torch.float64), times=TIMES)
    for time, w in zip(TIMES.tolist(), flow.w[:, 0].tolist(), strict=True):
        beta = 1 / (1 - w)
        assert quad(lambda b: 1 / (b**4 * (1.5 - b)), 1, beta)[0] == pytest.approx(time, abs=1e-9)


@pytest.mark.parametrize("seed", range(6))
def test_it_agrees_with_an_implicit_method_within_its_error(seed: int) -> None:
    n, d = 1 + seed % 3, 2 + seed
    x = gaussian_weights(n, d, SeedNumber(seed))[0]
    y = x @ gaussian_outputs(d, SeedNumber(seed))[0].mul(0.3).exp()
    flow = diagonal_flow(x, y, torch.zeros(d, dtype=torch.float64), times=TIMES)

    def velocity(_: float, w: np.ndarray) -> np.ndarray:
        w_ = torch.tensor(w, requires_grad=True)
        loss = (x @ (1 / (1 - w_)) - y).square().sum() / 2
        (gradient,) = torch.autograd.grad(loss, w_)
        return -gradient.numpy()

    other = solve_ivp(velocity, (0, 2), np.zeros(d), "Radau", TIMES.numpy(), rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(flow.w.numpy(), other.y.T, atol=1e-7, rtol=0)
    assert 0 < flow.error < 1e-8


def test_a_solution_of_the_labels_stays() -> None:
    w = torch.tensor([0.25, -0.5], dtype=torch.float64)
    x = torch.tensor([[1.0, 2.0]], dtype=torch.float64)
    flow = diagonal_flow(x, x @ (1 / (1 - w)), w, times=TIMES)
    torch.testing.assert_close(flow.w, w.expand(3, 2), atol=1e-12, rtol=0)


@pytest.mark.parametrize(
    ("w", "times", "words"),
    [
        ([1.0], [0.0, 1.0], "weights < 1"),
        ([0.0], [1.0, 2.0], "increasing from 0 on"),
        ([0.0], [0.0, 0.0], "increasing from 0 on"),
        ([0.0], [0.0], "give at least two"),
        ([0.0], [], "give at least two"),
        ([0.0], [0.0, math.inf], "an infinity"),
        ([0.0, 0.0], [0.0, 1.0], r"w \(2,\)"),
    ],
)
def test_bad_arguments_are_named(w: list[float], times: list[float], words: str) -> None:
    tensors = (torch.tensor(values, dtype=torch.float64) for values in ([1.0], w, times))
    y, weights, t = tensors
    with pytest.raises(ValueError, match=words):
        diagonal_flow(ONE, y, weights, times=t)


def test_a_blow_up_is_no_silent_answer() -> None:
    """With y = 1e6 beta grows like (1 - 3 t y)^(-1/3), so fast that nothing can follow it."""
    y = torch.tensor([1e6], dtype=torch.float64)
    zero = torch.zeros(1, dtype=torch.float64)
    try:
        flow = diagonal_flow(ONE, y, zero, times=TIMES)
    except ArithmeticError:
        return
    assert math.isfinite(flow.error)
    assert bool((flow.w < 1).all())
