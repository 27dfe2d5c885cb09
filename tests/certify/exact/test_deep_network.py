"""Deep networks in balls: against torch in floats, closed forms, and what breaks."""

from fractions import Fraction
from math import asin, pi, sin, sqrt
from typing import Any

import pytest
import torch
from hypothesis import given, settings

from certify.exact.balls import UnreadableError, precision
from certify.exact.belonging import belongs
from certify.exact.smooth_activations import SMOOTH
from certify.exact.values import ball
from dynamics import deep_descent
from models import (
    BallMove,
    DeepStart,
    activation,
    deep_features,
    layer_grams,
    output_norm,
    spectral_norms,
)
from models.deep.layer_grams import displacements
from strategies import deep_starts, unit_sphere_datasets
from tests.certify.exact.documents import ends, quantity, value

DATA = unit_sphere_datasets(max_n=3, max_d=4)
SMALL = deep_starts(
    data=DATA,
    architectures=("fully connected", "residual", "convolutional"),
    min_m=1,
    max_m=4,
    max_H=3,
)
WIDE = DeepStart.of(rows=[[1]], gaussian=(50, 2, 3), residual=[1])


def found(start: DeepStart, name: str, **arguments: Any) -> tuple[float, float]:
    return ends(value("deep_network", start.exact_recipe, quantity(name, **arguments)))


def assert_holds(pair: tuple[float, float], expected: float, size: float = 1.0) -> None:
    low, high = pair
    slack = 1e-10 * (size + abs(expected))
    assert low - slack <= expected <= high + slack
    assert high - low <= slack


@pytest.mark.parametrize("name", SMOOTH)
def test_activations_agree_with_the_house(name: str) -> None:
    one = activation(name)
    points = [Fraction(k, 7) for k in (-40, -3, 0, 1, 5, 200)]
    z = torch.tensor([float(point) for point in points], dtype=torch.float64)
    with precision(128):
        exact = SMOOTH[name]()
        values = [float(exact.value(ball(point)).mid()) for point in points]
        slopes = [float(exact.slope(ball(point)).mid()) for point in points]
        assert float(exact.L.mid()) == pytest.approx(one.L, rel=1e-14)
        assert float(exact.beta.mid()) == pytest.approx(one.beta, rel=1e-14)
        assert 1 / float(exact.mean_square().mid()) == pytest.approx(one.c_sigma, rel=1e-12)
        assert float(exact.mean_square().rad()) < 1e-20
    torch.testing.assert_close(torch.tensor(values, dtype=torch.float64), one.value(z))
    torch.testing.assert_close(torch.tensor(slopes, dtype=torch.float64), one.derivative(z))


def test_closed_forms_of_one_neuron() -> None:
    start = DeepStart.of(
        rows=[[1]], weights=[[["1/2"]]], outputs=[3], residual=[1], activation="erf"
    )
    assert_holds(found(start, "c_sigma"), pi / (2 * asin(2 / 3)))
    sine = DeepStart.of(rows=[[1]], weights=[[[1]]], outputs=[2], labels=[0], activation="sin")
    c = 2 / (1 - torch.e**-2)
    u = 2 * sqrt(c) * sin(1)
    assert_holds(found(sine, "squared_residual", eta="1", steps="0"), u * u)
    assert_holds(found(sine, "most_feature"), sqrt(c) * sin(1))
    moved = found(sine, "displacement", weights=[[["2"]], [["2"]]])
    assert_holds(moved, sqrt(c) * (sin(2) - sin(1)))
    assert found(sine, "distance", weights=[[["3"]], [["7"]]]) == (2.0, 2.0)
    assert found(sine, "distance", weights=[[["3"]], [["7"]]], layer="2") == (5.0, 5.0)


@settings(max_examples=25, deadline=None, database=None)
@given(start=SMALL)
def test_a_network_agrees_with_floats(start: DeepStart) -> None:
    network, last = start.network, start.H
    features = [x.flatten(1).norm(dim=-1) for x in deep_features(start.x, network)]
    grams = layer_grams(start.x, network)
    size = float(grams.abs().max())
    assert_holds(found(start, "most_feature"), float(torch.stack(features[1:]).max()), 10)
    assert_holds(found(start, "most_feature", layer="0"), float(features[0].max()))
    assert_holds(found(start, "least_feature", layer=str(last)), float(features[last].min()), 10)
    assert_holds(found(start, "spectral_norm"), float(spectral_norms(network).max()))
    assert_holds(found(start, "output_norm"), float(output_norm(network)))
    total = torch.linalg.eigvalsh(grams.sum(dim=0))
    assert_holds(found(start, "lambda_max_G"), float(total[-1]), size)
    assert_holds(found(start, "lambda_min_G"), float(total[0]), size)
    hidden = torch.linalg.eigvalsh(grams[-2])
    assert_holds(found(start, "lambda_max_G", layer=str(last)), float(hidden[-1]), size)


@settings(max_examples=15, deadline=None, database=None)
@given(start=SMALL)
def test_other_weights_agree_with_floats(start: DeepStart) -> None:
    moved = BallMove("gaussian").applied(start.network, 0.5)
    given = [W.tolist() for W in moved.weights] + [[moved.a.flatten().tolist()]]
    before, after = (deep_features(start.x, one) for one in (start.network, moved))
    gaps = [(x - y).flatten(1).norm(dim=-1) for x, y in zip(after, before, strict=True)]
    assert_holds(found(start, "displacement", weights=given), float(torch.stack(gaps[1:]).max()))
    apart = displacements(moved, start.network)
    assert_holds(found(start, "distance", weights=given), float(apart[:-1].max()))
    assert_holds(found(start, "distance", weights=given, layer=str(start.H + 1)), float(apart[-1]))
    grams = [layer_grams(start.x, one)[-2] for one in (moved, start.network)]
    change = float((grams[0] - grams[1]).norm())
    assert_holds(found(start, "gram_change", weights=given), change, float(grams[0].norm()))


@settings(max_examples=10, deadline=None, database=None)
@given(start=SMALL)
def test_descent_agrees_with_floats(start: DeepStart) -> None:
    eta = 0.05 / (1 + float(layer_grams(start.x, start.network).sum(dim=0).norm()))
    run = deep_descent(start.x, start.y, start.network, eta=eta, steps=3, observed=(2,))
    squared = run.squared_residual
    size = 1 + float(start.y.square().sum())
    at = {"eta": repr(eta), "steps": "3"}
    assert_holds(found(start, "squared_residual", **at), float(squared.upper[3]), size)
    assert_holds(found(start, "distance", **at), float(run.movement.upper.max()), size)
    steps = found(start, "step_length", eta=repr(eta), steps="2")
    assert_holds(steps, float(run.step_lengths.upper[2].max()), size)
    rest = found(start, "second_order", eta=repr(eta), steps="2")
    assert_holds(rest, float(run.second_order.upper[0]), size)


def test_a_length_scales_the_residual_alone() -> None:
    start = DeepStart.of(rows=[[1]], weights=[[[1]]], outputs=[2], residual=[-4], activation="sin")
    at = {"eta": "0.1", "length": "3"}
    assert found(start, "squared_residual", steps="0", **at) == (9.0, 9.0)
    same = found(start, "output_change", steps="0", eta="0.075")  # 0.1 times 3 is 0.075 times 4
    assert found(start, "output_change", steps="0", **at) == pytest.approx(same, rel=1e-12)


def test_what_is_no_such_network_is_refused() -> None:
    recipe = DeepStart.of(rows=[[1]], weights=[[[1]]], outputs=[2], residual=[1]).recipe
    drawn = WIDE.recipe
    for wrong, words in (
        (drawn, "drawn at random"),
        ({**recipe, "activation": "relu"}, "no exact model"),
        ({**recipe, "weights": [[["1", "2"]]]}, "other shapes"),
        ({**recipe, "pixels": 2}, "pixels = patch = 1"),
        ({**recipe, "labels": ["1"]}, "exactly one"),
        ({**recipe, "outputs": ["1", "2"]}, "give one"),
    ):
        with pytest.raises(UnreadableError, match=words):
            value("deep_network", wrong, quantity("n"))


@pytest.mark.parametrize(
    "tree",
    [
        quantity("speed"),
        quantity("displacement"),
        quantity("squared_residual"),
        quantity("most_feature", layer="7"),
        quantity("distance", weights=[[["1"]]]),
        quantity("n", layer="1"),
    ],
)
def test_unknown_quantities_are_refused(tree: Any) -> None:
    recipe = DeepStart.of(rows=[[1]], weights=[[[1]]], outputs=[2], residual=[1]).recipe
    with pytest.raises(UnreadableError):
        value("deep_network", recipe, tree)


def test_drawn_weights_are_written_out_while_they_are_few() -> None:
    start = DeepStart.of(rows=[[1]], gaussian=(3, 2, 5), residual=[1])
    assert_holds(found(start, "output_norm"), float(output_norm(start.network)))
    assert isinstance(WIDE.exact_recipe["weights"], dict)
    instance = {"start": start.recipe}
    assert belongs(start.exact_recipe, instance)
    assert not belongs({**start.exact_recipe, "c_res": "1/3"}, instance)
    explicit = DeepStart.of(rows=[[1]], weights=[[[1]]], outputs=[2], residual=[1])
    assert not belongs({**explicit.recipe, "outputs": ["3"]}, {"start": explicit.recipe})


def test_three_pixels_of_a_convolution_by_hand() -> None:
    start = DeepStart.of(
        rows=[[1, 2, 3]],
        weights=[[[1, 10, 100]]],
        outputs=[1, 1, 1],
        residual=[1],
        activation="identity",
        architecture="convolutional",
        pixels=3,
        patch=3,
        normalised=False,
    )
    # Pixel k sees its neighbours, 0 past the edges: 210, 321 and 32.
    assert_holds(found(start, "prediction_norm"), 210 + 321 + 32)
    assert_holds(found(start, "most_feature"), sqrt(210**2 + 321**2 + 32**2))
