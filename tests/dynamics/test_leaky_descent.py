"""Descent on leaky networks: against balls of 200 bits, by hand, and where signs are open."""

from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
import pytest
import torch
from flint import arb

from certify.exact.balls import precision
from certify.exact.leaky_neuron import LeakyNet as ExactNet
from certify.exact.leaky_runs import followed
from certify.exact.values import Value, ball
from dynamics import LeakyDescent, enclosed_fractions, leaky_descent
from models import LeakyNet, neuron_look
from strategies import leaky_neurons, margin_networks
from tests.strategies.drawing import draws
from verdicts import Approx

POINT: dict[str, Any] = {"rows": [[1]], "labels": [1], "direction": [1], "loss": "logistic"}
CONVEX = ("linear", "absolute", "squared", "huber")


def holds(found: Approx, values: list[Value]) -> None:
    """Every value lies in its enclosure, which is narrow."""
    assert found.shape == (len(values),)
    for low, high, value in zip(found.lower, found.upper, map(ball, values), strict=True):
        # A squared norm that is 0 is a ball around 0.
        assert value.rad() <= 1e-30 * (1 + abs(value))
        assert not value < arb(float(low))
        assert not value > arb(float(high))
        assert high - low <= 1e-9 * (1 + abs(high))


def compared(net: LeakyNet, eta: Fraction, steps: int, *, stochastic: bool = False) -> LeakyDescent:
    found = leaky_descent(net, eta=eta, steps=steps, stochastic=stochastic)
    with precision(200):
        run = followed(ExactNet(net.recipe), eta, found.steps, orders=stochastic)
        holds(found.losses, run.losses)
        holds(found.pulls, run.pulls)
        holds(found.squared_gradients, run.squared)
        holds(found.moments, run.moments)
        if net.loss != "logistic" and not stochastic:
            holds(found.distances, run.distances)
    return found


@pytest.mark.parametrize("flips", [True, False])
@pytest.mark.parametrize("sigma", ["leaky", "smooth leaky"])
def test_logistic_runs_hold_the_exact_ones(sigma: str, flips: bool) -> None:
    nets = draws(margin_networks(flips=flips, sigma=sigma, max_n=5, max_m=4, max_d=3), 25)
    for k, net in enumerate(nets):
        found = compared(net, Fraction(1 + k % 20, 10), 10)
        assert found.steps == 10


@pytest.mark.parametrize("sigma", ["leaky", "smooth leaky"])
def test_all_orders_hold_the_exact_ones(sigma: str) -> None:
    nets = draws(margin_networks(sigma=sigma, max_n=3, max_m=2, max_d=2), 15)
    for k, net in enumerate(nets):
        compared(net, Fraction(1 + k % 20, 10), 3, stochastic=True)


@pytest.mark.parametrize("stochastic", [True, False])
def test_rational_runs_are_exact(stochastic: bool) -> None:
    strategy = leaky_neurons(max_n=3, max_d=2) | leaky_neurons(
        losses=CONVEX, convex=True, max_n=3, max_d=2
    )
    for k, net in enumerate(draws(strategy, 40)):
        found = compared(net, Fraction(1 + k, 20), 3, stochastic=stochastic)
        assert found.losses.rigor == "proved"


def test_a_square_halves_its_way() -> None:
    net = LeakyNet.of(rows=[[1]], labels=[0], weights=[[1]], reference=[[0]])
    found = leaky_descent(net, eta=Fraction(1, 2), steps=3)
    assert found.losses.lower.tolist() == [0.5, 0.125, 1 / 32]
    assert found.distances.upper.tolist() == [1.0, 0.25, 1 / 16, 1 / 64]
    assert found.ratios.lower.tolist() == [2.0, 2.0, 2.0]


def test_orders_are_gone_through_one_by_one() -> None:
    net = LeakyNet.of(
        rows=[[1], [2]], labels=[1, -1], weights=[["1/2"]], reference=[[0]], gamma="1/3"
    )
    eta, total = Fraction(1, 5), Fraction(0)
    for order in product(range(2), repeat=2):
        w = net.exact.w[0]
        for i in order:
            gradient = neuron_look(net, w).gradients[i]
            w = tuple(p - eta * q for p, q in zip(w, gradient, strict=True))
        total += neuron_look(net, w).loss / 4
    found = leaky_descent(net, eta=eta, steps=3, stochastic=True)
    assert found.losses.lower[2] <= total <= found.losses.upper[2]


def test_floats_of_torch_lie_inside() -> None:
    for net in draws(margin_networks(max_n=4, max_m=3, max_d=2, max_abs_weight=3), 20):
        if bool(((net.x @ net.w.mT).abs() < 1e-9).any()):
            continue
        w, losses = net.w.clone(), []
        for _ in range(5):
            w.requires_grad_()
            z = net.x @ w.mT
            f = (torch.where(z > 0, z, net.gamma * z) * net.s).sum(-1) / net.m**0.5
            loss = torch.log1p((-net.y * f).exp()).mean()
            (gradient,) = torch.autograd.grad(loss, w)
            losses.append(float(loss.detach()))
            w = (w - 0.5 * gradient).detach()
        found = leaky_descent(net, eta=Fraction(1, 2), steps=5)
        assert np.allclose(found.losses.lower, losses, rtol=1e-10)


def test_a_run_ends_where_a_sign_is_not_certain() -> None:
    # Opposite labels on one input: the gradient is 0 at w = 0, where the neuron stays.
    net = LeakyNet.of(
        **{**POINT, "rows": [[1], [1]], "labels": [1, -1], "gamma": "1/2"}, weights=[[0]]
    )
    found = leaky_descent(net, eta=Fraction(1), steps=5)
    assert found.steps == 1
    assert found.losses.lower[0] <= np.log(2) <= found.losses.upper[0]


def test_every_selection_at_the_start_is_followed() -> None:
    ends = []
    for kink in ("1/4", "1/2", 1):
        net = LeakyNet.of(**{**POINT, "gamma": "1/4"}, weights=[[0]], kinks=[[kink]])
        found = compared(net, Fraction(1), 4)
        assert found.steps == 4
        ends.append(found.losses.lower[1])
    assert ends[0] > ends[1] > ends[2]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"steps": 0}, "a step"),
        ({"eta": Fraction(0)}, "eta > 0"),
        ({"steps": 13, "stochastic": True}, "orders"),
        ({"eta": Fraction(9)}, "errors may grow"),
    ],
)
def test_what_cannot_be_followed_is_refused(change: dict[str, Any], words: str) -> None:
    net = LeakyNet.of(**{**POINT, "rows": [[1], [1]], "labels": [1, 1]}, weights=[[1]])
    with pytest.raises(ValueError, match=words):
        leaky_descent(net, **{"eta": Fraction(1), "steps": 2, **change})


def test_smooth_runs_ask_for_short_steps() -> None:
    net = LeakyNet.of(**{**POINT, "gamma": "1/2"}, weights=[[1]], sigma="smooth leaky")
    leaky_descent(net, eta=Fraction(8, 3), steps=2)
    with pytest.raises(ValueError, match="errors may grow"):
        leaky_descent(net, eta=Fraction(27, 10), steps=2)


def test_fractions_lie_between_their_floats() -> None:
    values = [Fraction(1, 3), Fraction(-2, 7), Fraction(1, 2), Fraction(10**40, 3), Fraction(0)]
    found = enclosed_fractions(values)
    for low, high, value in zip(found.lower, found.upper, values, strict=True):
        assert Fraction(float(low)) <= value <= Fraction(float(high))
    assert found.lower[2] == found.upper[2] == 0.5
