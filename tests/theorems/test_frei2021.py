"""Proxy convexity: where the bounds are attained, and their constants by brute force."""

import math
from fractions import Fraction

import numpy as np
import pytest
import scipy.integrate
import torch

from models import LeakyNet, neuron_look
from strategies import leaky_neurons, margin_networks
from tests.strategies.drawing import draws
from theorems import frei2021, frei2021dominated, frei2021leaky, frei2021realizable
from theorems._frei2021 import (
    largest_curvature,
    logistic,
    margin_of,
    near,
    proxies,
    rounded_up,
    squared_distance,
)
from theorems._frei2021networks import seen, training_error
from verdicts import Margin, exactly

SQUARE = frei2021dominated.SQUARE


def slack(margin: Margin) -> float:
    assert margin.slack.low == pytest.approx(margin.slack.high, abs=1e-12)
    return margin.slack.high


@pytest.mark.parametrize("part", [Fraction(k, 10) for k in range(1, 10)])
def test_a_square_attains_the_dominated_bound_at_every_step_size(part: Fraction) -> None:
    # The sum of (1 - eta)^(2 t) is the bound less (1 - eta)^(2 T) of it.
    statement = frei2021dominated.dominated_gradient.statement
    for steps in (1, 4, 60):
        margin = statement(net=SQUARE, scale=Fraction(1), part=part, steps=steps)
        assert isinstance(margin, Margin)
        left = float((1 - 2 * part) ** (2 * steps))
        assert slack(margin) == pytest.approx(left, abs=1e-12)


def test_a_line_attains_the_bound_of_bounded_gradients() -> None:
    statement = frei2021.bounded_gradient.statement
    for T in (1, 3, 7):
        net = LeakyNet({**frei2021.LINE.recipe, "reference": [[str(-T)]]})
        margin = statement(net=net, scale=Fraction(1), eta=Fraction(1), steps=T)
        assert isinstance(margin, Margin)
        assert abs(slack(margin)) < 1e-15


@pytest.mark.parametrize("gamma", [Fraction(k, 10) for k in range(1, 10)])
def test_the_constant_for_any_labels_is_the_least(gamma: Fraction) -> None:
    """The supremum of (gamma F(w) - <grad F(w), w - v>)/F(v), one sample, by brute force."""
    z, zeta = np.meshgrid(np.linspace(-1, 1, 81), np.linspace(-1, 1, 81))
    g = float(gamma)
    best = 0.0
    for kink in (g, 1.0):
        slope = np.where(z > 0, 1.0, np.where(z < 0, g, kink))
        sigma, target = np.where(z > 0, z, g * z), np.where(zeta > 0, zeta, g * zeta)
        for y in np.linspace(-12, 12, 961):
            u, e = sigma - y, target - y
            top = g * u**2 / 2 - slope * u * (z - zeta)
            best = max(best, float(np.max(top[np.abs(e) > 1e-9] / (e[np.abs(e) > 1e-9] ** 2 / 2))))
    constant = 1 / (g * (2 - g**2))
    assert best <= constant * (1 + 1e-9)
    assert best >= constant * 0.999
    # And the closed form is attained at a kink.
    y = gamma / (1 - gamma**2)
    net = LeakyNet.of(
        rows=[[1]], labels=[y], weights=[[0]], reference=[[-1]], gamma=gamma, kinks=[[1]]
    )
    margin = frei2021leaky.any_labels.statement(net=net)
    assert isinstance(margin, Margin)
    assert abs(slack(margin)) < 1e-14


def test_a_realizable_neuron_attains_its_bound_at_a_kink() -> None:
    for gamma in ("1/10", "1/2", "9/10"):
        net = LeakyNet({**frei2021realizable.KINK.recipe, "gamma": gamma, "kinks": [[gamma]]})
        margin = frei2021realizable.realizable.statement(net=net)
        assert isinstance(margin, Margin)
        assert abs(slack(margin)) < 1e-14


def test_proxies_are_those_of_the_instance() -> None:
    linear = proxies(frei2021.LINE, Fraction(3))
    assert [linear.factor, linear.scale] == [Fraction(1)] * 2
    assert linear.h.low == -1.0
    realizable = proxies(frei2021realizable.KINK, Fraction(3))
    assert (realizable.factor, realizable.h.high) == (Fraction(1, 5), 0.0)
    agnostic = proxies(frei2021leaky.EXTREMAL, Fraction(3))
    there = neuron_look(frei2021leaky.EXTREMAL, (Fraction(-1),)).loss
    assert agnostic.factor == Fraction(1, 2)
    assert agnostic.h.low == pytest.approx(float(there / (Fraction(1, 2) * Fraction(7, 4))))
    net = draws(margin_networks(), 10)[-1]
    ray = proxies(net, Fraction(3))
    reach = 3 * net.gamma * float(margin_of(net))
    assert ray.h.low == pytest.approx(math.log1p(math.exp(-reach)))


def test_the_logistic_loss_is_enclosed() -> None:
    for z in (-700.0, -30.0, -1.0, 0.0, 1e-8, 2.0, 40.0, 700.0):
        found = logistic(exactly(z))
        # The loss is the integral of 1/(1 + e^t) from z on.
        assert found.low <= max(-z, 0) + math.log1p(math.exp(-abs(z))) <= found.high
    value, error = scipy.integrate.quad(lambda t: 1 / (1 + math.exp(t)), 0.5, 60, epsabs=1e-13)
    assert logistic(exactly(0.5)).low == pytest.approx(value, abs=10 * error + 1e-12)


def test_curvatures_are_bounded_from_above_and_nearly() -> None:
    for net in draws(leaky_neurons(), 60):
        largest = float(torch.linalg.eigvalsh(net.x.mT @ net.x / net.n)[-1])
        bound = float(largest_curvature(net))
        if largest < 1e-12:
            assert bound == 1 or bound < 1e-10
        else:
            assert largest * (1 - 1e-12) <= bound <= largest * 1.0101
    assert [rounded_up(z) for z in (0.0, 1.0, 1.0001, 123456.0)] == [
        1,
        1,
        Fraction(101, 100),
        124000,
    ]


def test_distances_are_those_in_floats() -> None:
    for net in draws(margin_networks(), 40):
        for scale in (Fraction(0), Fraction(7, 2)):
            found = squared_distance(net, scale)
            exact = float((net.w - float(scale) * net.V).square().sum())
            assert found.low <= exact * (1 + 1e-12) + 1e-15
            assert exact * (1 - 1e-12) - 1e-15 <= found.high


def test_what_is_seen_is_what_torch_sees() -> None:
    for net in draws(margin_networks(flips=True), 40):
        z = net.x @ net.w.mT
        if bool((z.abs() < 1e-9).any()):
            continue
        w = net.w.clone().requires_grad_()
        z = net.x @ w.mT
        f = (torch.where(z > 0, z, net.gamma * z) * net.s).sum(-1) / net.m**0.5
        loss = torch.log1p((-net.y * f).exp()).mean()
        (gradient,) = torch.autograd.grad(loss, w)
        here = seen(net)
        assert here.loss.low <= float(loss.detach()) * (1 + 1e-12)
        assert float(loss.detach()) * (1 - 1e-12) <= here.loss.high
        assert here.norm.low == pytest.approx(float(gradient.norm()), rel=1e-9, abs=1e-14)
        toward = here.product(net.V)
        assert toward.low == pytest.approx(float((gradient * net.V).sum()), rel=1e-6, abs=1e-12)
        wrong = float((net.y * f.detach() <= 0).double().mean())
        assert float(training_error(net)) == pytest.approx(wrong)


def test_near_holds_its_fraction() -> None:
    assert near(3).low == near(3).high == 3.0
    third = near(Fraction(1, 3))
    assert Fraction(third.low) < Fraction(1, 3) < Fraction(third.high)
