"""Drawn leaky networks: their premises hold exactly, hard cases occur, and they shrink."""

from collections import Counter
from fractions import Fraction
from typing import Any

import pytest

from models import LeakyNet, exact_slopes, neuron_look
from models.recipes.rational import dot
from strategies import flipped, is_realizable, leaky_neurons, margin_networks, smooth_pairs
from tests.strategies.drawing import draws, minimal

ALL = {
    "any": leaky_neurons(),
    "realizable": leaky_neurons(fit="realizable"),
    "relu": leaky_neurons(fit="realizable", slope="relu", kinks="on"),
    "convex": leaky_neurons(losses=("squared", "huber"), convex=True),
    "networks": margin_networks(),
    "flips": margin_networks(flips=True),
    "smooth": margin_networks(sigma="smooth leaky", min_margin=0.5, max_abs_weight=2),
    "large": margin_networks(inputs="any"),
    "pairs": smooth_pairs(),
}
PREMISES = {
    "any": {"gamma > 0"},
    "realizable": {"gamma > 0", "realizable"},
    "relu": {"realizable", "sigma'(0) = 1"},
    "convex": {"gamma > 0", "gamma = 1", "smooth"},
    "networks": {"|v| = 1", "|x_i| <= 1", "y_i = sign(v.x_i)", "homogeneous"},
    "flips": {"|v| = 1", "|x_i| <= 1", "v.x_i != 0", "homogeneous"},
    "smooth": {"|v| = 1", "|x_i| <= 1", "y_i = sign(v.x_i)"},
    "large": {"|v| = 1", "y_i = sign(v.x_i)", "homogeneous"},
    "pairs": {"|a_k| <= 1"},
}


@pytest.mark.parametrize("name", ALL)
def test_premises_are_named_and_hold(name: str) -> None:
    strategy: Any = ALL[name]
    assert set(strategy.premises) == PREMISES[name]
    for net in draws(strategy, 60):
        assert all(holds(net) for holds in strategy.premises.values())
        assert LeakyNet.from_recipe(net.recipe) == net


def test_premises_can_fail() -> None:
    off = LeakyNet.of(
        rows=[[2]],
        labels=[-1],
        weights=[[0]],
        direction=[2],
        signs=[2],
        gamma=0,
        kinks=[[0]],
        loss="logistic",
        sigma="tanh",
    )
    wide = LeakyNet.of(rows=[[1]], labels=[3], weights=[[0]], reference=[[1]], loss="linear")
    flat = LeakyNet({**wide.recipe, "rows": [[0]]})
    for name, strategy in ALL.items():
        marked: Any = strategy
        for premise, holds in marked.premises.items():
            assert not all(map(holds, (off, wide, flat))), (name, premise)


def test_hard_neurons_occur() -> None:
    seen: Counter[str] = Counter()
    for net in draws(leaky_neurons(), 150):
        exact = net.exact
        z = [dot(exact.w[0], x) for x in exact.x]
        seen["kink"] += any(value == 0 for value in z)
        seen["selected"] += "kinks" in net.recipe
        seen["tiny"] += any(0 < abs(value) < Fraction(1, 1000) for value in z)
        seen["zero input"] += any(not any(x) for x in exact.x)
        seen["duplicate"] += len(set(exact.x)) < net.n
        seen["opposite"] += any(tuple(-c for c in x) in exact.x for x in exact.x if any(x))
        seen["linear"] += exact.gamma == 1
        seen["wide"] += net.d > net.n
        seen["attained"] += attained(net)
    assert min(seen.values()) >= 4, seen


def attained(net: LeakyNet) -> bool:
    """Whether the bound for any labels is an equality, and F(w) > 0."""
    gamma, w, v = net.exact.gamma, net.exact.w[0], net.exact.v[0]
    look, there = neuron_look(net, w), neuron_look(net, v).loss
    product = dot(look.gradient, [p - q for p, q in zip(w, v, strict=True)])
    return look.loss > 0 and product == gamma * look.loss - there / (gamma * (2 - gamma**2))


def test_hard_networks_occur() -> None:
    seen: Counter[str] = Counter()
    for net in draws(margin_networks(flips=True), 150):
        slopes = exact_slopes(net)
        z = net.x @ net.w.mT
        seen["kink"] += bool((z == 0).any())
        seen["off"] += bool((slopes < 1).all())
        seen["narrow"] += net.m == 1
        seen["both signs"] += len(set(net.exact.s)) == 2
        seen["flipped"] += flipped(net) > 0
        seen["clean"] += flipped(net) == 0
        seen["one input"] += net.n == 1
        seen["many"] += net.n > 4
    assert min(seen.values()) >= 4, seen


def test_they_shrink_to_one_input_and_zero_weights() -> None:
    assert repr(minimal(leaky_neurons())) == (
        "LeakyNet.of(rows=[[0]], labels=[0], weights=[[0]], reference=[[0]], gamma='1/2')"
    )
    network = minimal(margin_networks())
    assert (network.n, network.d, network.m) == (1, 1, 1)
    assert network.exact.w == ((Fraction(0),),)
    assert network.exact.x == network.exact.v == ((Fraction(1),),)


def test_realizable_labels_are_recognised() -> None:
    assert is_realizable(draws(leaky_neurons(fit="realizable"), 30)[-1])
    off = LeakyNet.of(rows=[[1]], labels=[2], weights=[[0]], reference=[[1]])
    assert not is_realizable(off)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: leaky_neurons(max_n=0), "max_n"),
        (lambda: leaky_neurons(max_d=0), "max_d"),
        (lambda: leaky_neurons(losses=("logistic",)), "losses"),
        (lambda: leaky_neurons(fit="some"), "fit"),  # type: ignore[arg-type]
        (lambda: leaky_neurons(slope="steep"), "slope"),  # type: ignore[arg-type]
        (lambda: leaky_neurons(kinks="off"), "kinks"),  # type: ignore[arg-type]
        (lambda: margin_networks(max_m=0), "max_m"),
        (lambda: margin_networks(sigma="tanh"), "sigma"),
        (lambda: margin_networks(inputs="some"), "inputs"),  # type: ignore[arg-type]
        (lambda: margin_networks(max_abs_weight=0), "abs_weight"),
        (lambda: smooth_pairs(max_m=0), "max_m"),
    ],
)
def test_bounds_that_make_no_sense_are_refused(call: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        call()
