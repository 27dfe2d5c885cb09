"""Leaky networks: exact recipes, kinks, losses and gradients against torch, floats that enclose."""

from fractions import Fraction
from typing import Any

import pytest
import torch
from torch import Tensor

from models import LeakyNet, exact_outputs, exact_slopes, leaky_pass, most_bend, neuron_look
from strategies import leaky_neurons, margin_networks, smooth_pairs
from tests.strategies.drawing import draws

SMALL: dict[str, Any] = {
    "rows": [[1, 2], ["1/3", 0]],
    "labels": [1, "-1/2"],
    "weights": [["1/10", 1]],
    "reference": [[0, 1]],
    "gamma": "1/2",
}
POINT: dict[str, Any] = {"rows": [[1]], "labels": [1], "direction": [1], "loss": "logistic"}


def test_a_recipe_comes_back_whole() -> None:
    kinked = LeakyNet.of(**SMALL, kinks=[["3/4", 1]], loss="huber", threshold="1/4")
    directed = LeakyNet.of(
        **{**POINT, "gamma": 0.1}, weights=[[1], [2]], signs=[1, -1], sigma="smooth leaky"
    )
    for net in (LeakyNet.of(**SMALL), kinked, directed):
        again = LeakyNet.from_recipe(net.recipe)
        assert again == net
        assert hash(again) == hash(net)
        assert eval(repr(net), {"LeakyNet": LeakyNet}) == net  # noqa: S307  what a user pastes
    assert LeakyNet.of(**SMALL) != kinked
    assert (kinked.n, kinked.d, kinked.m, kinked.gamma) == (2, 2, 1, 0.5)
    assert directed.V.flatten().tolist() == pytest.approx([2**-0.5, -(2**-0.5)])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"rows": []}, "no list of rows"),
        ({"labels": [1]}, "give as many"),
        ({"weights": [[1]]}, "give as many"),
        ({"reference": [[1, 1], [1, 1]]}, "give as many"),
        ({"signs": [1, 1]}, "give as many"),
        ({"kinks": [[1]]}, "give as many"),
        ({"kinks": [["1/4", 1]]}, "numbers in"),
        ({"gamma": 2}, "gamma=2"),
        ({"gamma": -1}, "gamma=-1"),
        ({"loss": "cubic"}, "loss='cubic'"),
        ({"sigma": 3}, "sigma=3"),
        ({"threshold": 1}, "leave it out"),
        ({"loss": "huber", "threshold": -1}, "threshold=-1"),
        ({"direction": [1, 0]}, "exactly one of reference and direction"),
        ({"reference": None}, "exactly one of reference and direction"),
        ({"gamma": "nan"}, "no exact number"),
        ({"colour": 1}, "give a dict with keys"),
    ],
)
def test_what_is_no_network_is_refused(change: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        LeakyNet({**SMALL, **change})


def test_a_recipe_without_a_part_is_refused() -> None:
    with pytest.raises(ValueError, match="no \\['gamma'\\]"):
        LeakyNet({key: value for key, value in SMALL.items() if key != "gamma"})
    with pytest.raises(ValueError, match="give a dict"):
        LeakyNet([1])  # type: ignore[arg-type]


def test_simpler_networks_lose_a_sample_a_neuron_or_a_dead_coordinate() -> None:
    net = LeakyNet.of(
        rows=[[1, 0], [2, 0]],
        labels=[1, 1],
        weights=[[1, 5], [2, 6]],
        direction=[1, 0],
        signs=[1, -1],
        gamma="1/2",
        kinks=[[1, "1/2"], ["1/2", 1]],
        loss="logistic",
    )
    shapes = [(one.n, one.m, one.d) for one in net.simpler()]
    assert shapes == [(1, 2, 2)] * 2 + [(2, 1, 2)] * 2 + [(2, 2, 1)]
    last, _, first, *_ = net.simpler()
    assert last.exact.kinks == ((Fraction(1),), (Fraction(1, 2),))
    assert first.exact.s == (Fraction(1),)
    for plain in LeakyNet.of(**SMALL).plainer():
        assert plain != LeakyNet.of(**SMALL)
    pair = LeakyNet.of(**{**SMALL, "weights": [[1, 1]] * 2, "reference": [[1, 2], [3, 4]]})
    left = [one.V.tolist() for one in pair.simpler() if one.m == 1]
    assert left == [[[1.0, 2.0]], [[3.0, 4.0]]]


def torch_loss(net: LeakyNet, w: Tensor) -> Tensor:
    """Another way to compute it: no kink is at 0 here."""
    z = net.x @ w.mT
    f = (torch.where(z > 0, z, net.gamma * z) * net.s).sum(-1) / net.m**0.5
    gap = f - net.y
    if net.loss == "logistic":
        return torch.nn.functional.softplus(-net.y * f, threshold=500).mean()
    if net.loss == "huber":
        delta = float(net.exact.threshold)
        return torch.nn.functional.huber_loss(f, net.y, delta=delta, reduction="mean")
    found: Tensor = {"squared": gap.square() / 2, "absolute": gap.abs(), "linear": gap}[
        net.loss
    ].mean()
    return found


LOSSES = ("squared", "absolute", "huber", "linear")


@pytest.mark.parametrize("convex", [True, False])
def test_a_neuron_has_torch_s_loss_and_gradient(convex: bool) -> None:
    tried = 0
    strategy = leaky_neurons(losses=LOSSES, convex=convex)
    nets = [net for number in range(4) for net in draws(strategy, 40, number=number)]
    for net in nets:
        f = net.x @ net.w.mT
        kinked = bool((f.abs() < 1e-12).any()) or bool((torch_gap(net).abs() < 1e-12).any())
        if kinked:
            continue
        tried += 1
        w = net.w.clone().requires_grad_()
        loss = torch_loss(net, w)
        (gradient,) = torch.autograd.grad(loss, w)
        look = neuron_look(net, net.exact.w[0])
        assert float(look.loss) == pytest.approx(float(loss.detach()), rel=1e-9, abs=1e-12)
        found = torch.tensor([[float(z) for z in look.gradient]], dtype=torch.float64)
        assert torch.allclose(found, gradient, rtol=1e-9, atol=1e-12)
    assert tried > 10


def torch_gap(net: LeakyNet) -> Tensor:
    z = (net.x @ net.w.mT)[:, 0]
    gap: Tensor = torch.where(z > 0, z, net.gamma * z) - net.y
    return gap


def test_at_a_kink_the_selected_slope_counts() -> None:
    for kink in (Fraction(1, 2), Fraction(3, 4), Fraction(1)):
        net = LeakyNet.of(
            rows=[[2]], labels=[-1], weights=[[0]], reference=[[0]], gamma="1/2", kinks=[[kink]]
        )
        look = neuron_look(net, net.exact.w[0])
        assert (look.loss, look.gradient) == (Fraction(1, 2), (2 * kink,))
        assert exact_slopes(net).tolist() == [[float(kink)]]
    assert look.second_moment == 4


def test_the_kinks_of_losses() -> None:
    for loss, expected in (("absolute", (0, 0)), ("huber", (0, 0)), ("linear", (0, 1))):
        net = LeakyNet.of(rows=[[1]], labels=[0], weights=[[0]], reference=[[0]], loss=loss)
        look = neuron_look(net, net.exact.w[0])
        assert [look.loss, look.gradient[0]] == [Fraction(z) for z in expected]
    far = LeakyNet.of(
        rows=[[1]], labels=[0], weights=[[-3]], reference=[[0]], loss="huber", threshold="1/2"
    )
    assert neuron_look(far, far.exact.w[0]).losses == (Fraction(11, 8),)
    assert neuron_look(far, far.exact.w[0]).gradient == (Fraction(-1, 2),)


def test_only_one_neuron_with_a_rational_loss_is_looked_at() -> None:
    for net in (
        LeakyNet.of(**POINT, weights=[[1]]),
        LeakyNet.of(**{**SMALL, "weights": [[1, 1]] * 2, "reference": [[1, 1]] * 2}),
        LeakyNet.of(**SMALL, sigma="tanh"),
    ):
        with pytest.raises(ValueError, match="give one leaky neuron"):
            neuron_look(net, net.exact.w[0])
    with pytest.raises(ValueError, match="decide the slopes"):
        leaky_pass(LeakyNet.of(**POINT, weights=[[1]]), torch.ones(1, 1, dtype=torch.float64))


@pytest.mark.parametrize("sigma", ["leaky", "smooth leaky"])
def test_a_network_has_torch_s_logistic_loss_and_gradient(sigma: str) -> None:
    for net in draws(margin_networks(flips=True, sigma=sigma), 40):
        z = net.x @ net.w.mT
        if bool((z.abs() < 1e-12).any()):
            continue
        w = net.w.clone().requires_grad_()
        z = net.x @ w.mT
        value = torch.where(z > 0, z, net.gamma * z)
        if sigma != "leaky":
            value = net.gamma * z + (1 - net.gamma) * torch.log1p(z.exp())
        f = (value * net.s).sum(-1) / net.m**0.5
        loss = torch.log1p((-net.y * f).exp()).mean()
        (gradient,) = torch.autograd.grad(loss, w)
        there = leaky_pass(net, net.w, exact_slopes(net) if sigma == "leaky" else None)
        assert float(there.losses.mean()) == pytest.approx(float(loss.detach()), rel=1e-12)
        assert torch.allclose(there.gradients.mean(0), gradient, rtol=1e-10, atol=1e-14)
        assert torch.allclose(there.f, f.detach(), rtol=1e-12, atol=1e-14)


def test_outputs_without_rounding_are_those_in_floats() -> None:
    for net in draws(margin_networks(flips=True), 30):
        f = leaky_pass(net, net.w, exact_slopes(net)).f
        exact = [float(z) / net.m**0.5 for z in exact_outputs(net)]
        assert f.tolist() == pytest.approx(exact, rel=1e-12, abs=1e-14)


def test_numbers_of_the_data() -> None:
    net = LeakyNet.of(**SMALL)
    assert net.exact.largest_square == 5
    assert net.exact.margins == (Fraction(2), Fraction(0))
    assert net.exact.squared_distance == Fraction(1, 100)
    assert net.exact.preactivations(net.exact.w[0]) == (Fraction(21, 10), Fraction(1, 30))
    look = neuron_look(net, net.exact.w[0])
    assert look.along(net.exact.w[0], net.exact.v[0]) == look.gradient[0] / 10


def test_a_pass_broadcasts_over_leading_dimensions() -> None:
    net = draws(margin_networks(sigma="smooth leaky"), 5)[-1]
    batch = torch.stack([net.w, 2 * net.w, -net.w])
    together = leaky_pass(net, batch)
    for k in range(3):
        alone = leaky_pass(net, batch[k])
        assert torch.equal(together.losses[k], alone.losses)
        assert torch.allclose(together.gradients[k], alone.gradients, rtol=1e-15, atol=0)


def test_an_error_of_the_weights_is_in_the_errors_of_the_pass() -> None:
    generator = torch.Generator().manual_seed(0)
    for net in draws(smooth_pairs(), 40):
        radius = 1e-3
        step = torch.randn(net.w.shape, generator=generator, dtype=torch.float64)
        step *= radius / torch.linalg.vector_norm(step)
        here, there = leaky_pass(net, net.w, radius=radius), leaky_pass(net, net.w + step)
        for name, error in (("f", "f_error"), ("losses", "loss_error"), ("pulls", "pull_error")):
            gap = (getattr(here, name) - getattr(there, name)).abs()
            assert bool((gap <= getattr(here, error) + 1e-12).all()), name
        gap = torch.linalg.vector_norm(here.gradients - there.gradients, dim=(-2, -1))
        assert bool((gap <= here.gradient_error + 1e-12).all())


def test_second_derivatives_are_bounded() -> None:
    z = torch.linspace(-10, 10, 20001, dtype=torch.float64)
    net = LeakyNet.of(**{**POINT, "gamma": "1/5"}, weights=[[0]], sigma="smooth leaky")
    slopes = net.gamma + (1 - net.gamma) * torch.sigmoid(z)
    steepest = float((slopes.diff() / z.diff()).max())
    assert steepest <= most_bend(net) <= steepest * 1.001
    assert most_bend(LeakyNet.of(**POINT, weights=[[0]], sigma="tanh")) == pytest.approx(
        4 / 27**0.5
    )
