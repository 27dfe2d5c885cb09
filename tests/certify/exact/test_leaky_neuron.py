"""Leaky networks in exact arithmetic: closed forms, torch, and what breaks."""

from fractions import Fraction
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings

from certify.exact.balls import Undecided, UnreadableError
from certify.exact.check import check
from models import LeakyNet, exact_slopes, leaky_pass, neuron_look
from strategies import leaky_neurons, margin_networks, smooth_pairs
from tests.certify.exact.documents import certificate, ends, holds_number, quantity, value

few = settings(
    max_examples=25, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)
NEURON: dict[str, Any] = {
    "rows": [["1"]],
    "labels": ["1"],
    "weights": [["-1"]],
    "signs": ["1"],
    "reference": [["1"]],
    "gamma": "1/10",
    "loss": "squared",
    "sigma": "leaky",
}
LINE = {**NEURON, "labels": ["0"], "weights": [["1"]], "reference": [["0"]], "gamma": "1"}


def found(recipe: Any, name: str, **arguments: Any) -> Any:
    return value("leaky_neuron", recipe, quantity(name, **arguments))


def test_a_neuron_on_the_wrong_side() -> None:
    assert found(NEURON, "loss") == Fraction(121, 200)
    assert found(NEURON, "product", scale="1") == Fraction(22, 100)
    assert found(NEURON, "reference_loss", scale="1") == 0
    assert found(NEURON, "squared_gradient") == Fraction(11, 100) ** 2
    assert found(NEURON, "squared_distance", scale="3") == 16
    assert [found(NEURON, name) for name in ("n", "m", "gamma")] == [1, 1, Fraction(1, 10)]
    assert found(NEURON, "gated_square") == 0
    assert found({**NEURON, "weights": [["1/2"]]}, "gated_square") == Fraction(1, 4)


def test_at_the_kink_the_selected_slope_is_taken() -> None:
    for kink in ("1/10", "1/2", "1"):
        recipe = {**NEURON, "weights": [["0"]], "kinks": [[kink]]}
        assert found(recipe, "product", scale="1") == Fraction(kink)


def test_descent_of_a_square() -> None:
    run = {"eta": "1/2", "steps": "3"}
    assert (
        found(LINE, "mean_loss", **run) == (Fraction(1, 2) + Fraction(1, 8) + Fraction(1, 32)) / 3
    )
    assert found(LINE, "least_loss", **run) == Fraction(1, 32)
    assert found(LINE, "squared_distance", **run) == Fraction(1, 64)
    assert found(LINE, "largest_squared_gradient", **run) == 1
    assert found(LINE, "least_squared_gradient", **run) == Fraction(1, 16)
    assert found(LINE, "largest_moment", **run) == 1
    assert found(LINE, "largest_ratio", **run) == 2
    assert found(LINE, "least_pull", **run) == 0
    assert found({**LINE, "weights": [["0"]]}, "largest_ratio", **run) == 0


def test_all_orders_are_averaged() -> None:
    two = {**LINE, "rows": [["1"], ["1"]], "labels": ["1", "-1"], "weights": [["0"]]}
    run = {"eta": "1/4", "steps": "2", "orders": "1"}
    # From 0 to 1/4 or -1/4, where F is (1 + 1/16)/2.
    assert found(two, "mean_loss", **run) == (Fraction(1, 2) + Fraction(17, 32)) / 2
    assert found(two, "largest_moment", **run) == Fraction(17, 16)
    assert found(two, "largest_squared_gradient", **run) == Fraction(1, 16)


@pytest.mark.parametrize(
    ("loss", "w", "expected", "slope"),
    [
        ("absolute", "-3", "3", "-1"),
        ("absolute", "0", "0", "0"),
        ("linear", "-3", "-3", "1"),
        ("huber", "-3", "11/8", "-1/2"),
        ("huber", "1/4", "1/32", "1/4"),
        ("squared", "3", "9/2", "3"),
    ],
)
def test_losses_and_their_slopes(loss: str, w: str, expected: str, slope: str) -> None:
    recipe = {**LINE, "loss": loss, "weights": [[w]], "threshold": "1/2"}
    assert found(recipe, "loss") == Fraction(expected)
    assert found(recipe, "product", scale="0") == Fraction(slope) * Fraction(w)


@few
@given(leaky_neurons(losses=("squared", "absolute", "huber", "linear"), convex=True))
def test_convex_neurons_are_those_of_the_house(net: LeakyNet) -> None:
    look = neuron_look(net, net.exact.w[0])
    assert found(net.recipe, "loss") == look.loss
    assert found(net.recipe, "squared_gradient") == sum(z * z for z in look.gradient)
    low, high = ends(found(net.recipe, "lambda_max"))
    largest = float(torch.linalg.eigvalsh(net.x.mT @ net.x / net.n)[-1])
    assert low - 1e-12 * (1 + largest) <= largest <= high + 1e-12 * (1 + largest)


@few
@given(margin_networks(flips=True) | margin_networks(sigma="smooth leaky") | smooth_pairs(max_m=4))
def test_networks_are_those_of_torch(net: LeakyNet) -> None:
    slopes = exact_slopes(net) if net.sigma == "leaky" else None
    there = leaky_pass(net, net.w, slopes)
    gradient = there.gradients.mean(-3)
    size = 1 + float(net.w.abs().max() + net.V.abs().max())
    expected = {
        "loss": there.losses.mean(),
        "pull": there.pulls.mean(),
        "squared_gradient": gradient.square().sum(),
        "toward": -(gradient * net.V).sum(),
    }
    for name, number in expected.items():
        low, high = ends(found(net.recipe, name))
        assert low == pytest.approx(float(number), rel=1e-9, abs=1e-11 * size), name
        assert high == pytest.approx(float(number), rel=1e-9, abs=1e-11 * size), name
    low, _ = ends(found(net.recipe, "product", scale="2"))
    exact = float((gradient * (net.w - 2 * net.V)).sum())
    assert low == pytest.approx(exact, rel=1e-9, abs=1e-10 * size)


def test_what_labels_and_directions_say() -> None:
    net = LeakyNet.of(
        rows=[[1], ["-1/2"], ["1/4"]],
        labels=[1, 1, 1],
        weights=[[-1], [2]],
        signs=[1, -1],
        direction=[1],
        gamma="1/2",
        loss="logistic",
    )
    assert found(net.recipe, "margin") == Fraction(1, 4)
    assert found(net.recipe, "flipped") == Fraction(1, 3)
    assert found(net.recipe, "largest_input") == 1
    # f is negative at 1, 1/4, and 1/2 + 1/2 > 0 at -1/2.
    assert found(net.recipe, "error") == Fraction(2, 3)
    toward = float(found(net.recipe, "toward_unsigned"))
    flat = leaky_pass(net, net.w, exact_slopes(net)).gradients.mean(-3)
    assert toward == pytest.approx(-float(flat.sum()) / 2**0.5)
    assert holds_number(found({**net.recipe, "sigma": "smooth leaky"}, "most_bend"), 1 / 8)
    assert holds_number(found({**net.recipe, "sigma": "tanh"}, "most_bend"), 4 / 27**0.5)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"rows": [["1"] * 17]}, "17 coordinates"),
        ({"rows": [["1"]] * 17}, "rows"),
        ({"labels": ["1", "2"]}, "labels"),
        ({"weights": [["1", "2"]]}, "weights"),
        ({"signs": ["1", "2"]}, "signs"),
        ({"reference": [["1"], ["1"]]}, "do not fit"),
        ({"kinks": [["1"], ["1"]]}, "do not fit|kinks"),
        ({"kinks": [["1/20"]]}, "do not fit"),
        ({"gamma": "-1"}, "do not fit"),
        ({"gamma": "2"}, "do not fit"),
        ({"loss": "cubic"}, "do not fit"),
        ({"sigma": "relu"}, "do not fit"),
        ({"gamma": None}, "gamma"),
    ],
)
def test_what_is_no_network_is_refused(change: dict[str, Any], words: str) -> None:
    with pytest.raises(UnreadableError, match=words):
        found({**NEURON, **change}, "loss")


def test_quantities_that_do_not_exist_are_refused() -> None:
    with pytest.raises(UnreadableError, match="there is no quantity"):
        found(NEURON, "lost")
    with pytest.raises(UnreadableError, match="there is no quantity"):
        found(NEURON, "product")
    with pytest.raises(UnreadableError, match="there is no quantity"):
        found(NEURON, "mean_loss", eta="1")
    with pytest.raises(UnreadableError, match="none, or over"):
        found(NEURON, "mean_loss", eta="1", steps="0")
    with pytest.raises(UnreadableError, match="none, or over"):
        found(
            {**NEURON, "rows": [["1"]] * 2, "labels": ["1"] * 2},
            "mean_loss",
            eta="1",
            steps="11",
            orders="1",
        )
    with pytest.raises(UnreadableError, match="no second derivative"):
        found(NEURON, "most_bend")


def test_a_sign_that_balls_cannot_tell_is_undecided() -> None:
    # Opposite labels on one input keep w at 0, which a ball does not show.
    stuck = {**NEURON, "rows": [["1/3"]] * 2, "labels": ["1", "-1"], "weights": [["0"]]}
    with pytest.raises(Undecided, match="too near 0"):
        found({**stuck, "loss": "logistic"}, "mean_loss", eta="1/3", steps="2")


def test_a_certificate_is_checked() -> None:
    said = certificate(
        "leaky_neuron", NEURON, quantity("product", scale="1"), ">=", ["*", "2", quantity("loss")]
    )
    assert check(said, {}, {"net": NEURON}).verdict == "refuted"
    true = {**said, "right": ["*", "2", ["*", quantity("gamma"), quantity("loss")]]}
    assert check(true, {}, {"net": NEURON}).verdict == "not refuted"
