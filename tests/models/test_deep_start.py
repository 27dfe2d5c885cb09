import json
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from models import (
    ACTIVATIONS,
    ARCHITECTURES,
    Dataset,
    DeepStart,
    SeedNumber,
    deep_predictions,
    gaussian_outputs,
    gaussian_weights,
    rademacher_signs,
)

CONVOLUTIONAL: dict[str, Any] = {
    "rows": [[1, 2, 0, 0, 1, 3]],
    "weights": [[[1, 2, 3, 4, 5, 6], [0, 0, 0, 1, 1, 1]]] * 2,
    "outputs": [1, 2, 3, 4, 5, 6],
    "labels": [1],
    "architecture": "convolutional",
    "c_res": "1/3",
    "pixels": 3,
    "patch": 3,
}


@st.composite
def starts(draw: st.DrawFn) -> DeepStart:
    n, d, m, H = (draw(st.integers(1, 3)) for _ in range(4))
    architecture = draw(st.sampled_from(ARCHITECTURES))
    conv = architecture == "convolutional"
    p, q = (draw(st.integers(1, 3)), draw(st.integers(1, 3))) if conv else (1, 1)

    def lists(size: int) -> st.SearchStrategy[list[Any]]:
        return st.lists(st.fractions(-9, 9, max_denominator=9), min_size=size, max_size=size)

    def matrices(k: int) -> st.SearchStrategy[list[list[Any]]]:
        return st.lists(lists(k), min_size=m, max_size=m)

    drawn: dict[str, Any] = {"gaussian": (m, H, draw(st.integers(0, 9)))}
    drawn["outputs"] = draw(st.sampled_from([None, "gaussian", "signs"]) | lists(m * p))
    if draw(st.booleans()):
        weights = [draw(matrices(q * (d if h == 0 else m))) for h in range(H)]
        drawn = {"weights": weights, "outputs": draw(lists(m * p))}
    drawn[draw(st.sampled_from(["residual", "labels"]))] = draw(lists(n))
    return DeepStart.of(
        rows=draw(st.lists(lists(d * p).filter(any), min_size=n, max_size=n)),
        **drawn,
        activation=draw(st.sampled_from(list(ACTIVATIONS))),
        architecture=architecture,
        c_res=draw(st.sampled_from(("1/2", "1/3", "0.99"))),
        pixels=p,
        patch=q,
        normalised=draw(st.booleans()),
    )


@settings(max_examples=40)
@given(starts())
def test_recipes_survive_json_and_pasting_to_the_last_bit(start: DeepStart) -> None:
    for again in (DeepStart.from_recipe(json.loads(json.dumps(start.recipe))), eval(repr(start))):  # noqa: S307
        assert again == start
        assert hash(again) == hash(start)
        assert torch.equal(again.x, start.x)
        assert torch.equal(again.y, start.y)
        assert torch.equal(again.network.a, start.network.a)
        pairs = zip(again.network.weights, start.network.weights, strict=True)
        assert all(torch.equal(one, other) for one, other in pairs)
        assert again.network.c_res == start.network.c_res


@settings(max_examples=40)
@given(starts())
def test_simpler_and_plainer_starts_are_starts_of_smaller_size(start: DeepStart) -> None:
    size = (start.n, start.m, start.H, start.data.d)
    for smaller in start.simpler():
        less = (smaller.n, smaller.m, smaller.H, smaller.data.d)
        assert sum(less) == sum(size) - 1
        assert smaller.y.shape == (smaller.n,)
    for plain in start.plainer():
        assert (plain.n, plain.m, plain.H, plain.data.d) == size
        assert plain != start


def test_the_instance_against_lemma_b_3() -> None:
    start = DeepStart.of(
        rows=[[1]], weights=[[[1]], [[1]]], outputs=[1], residual=[1], activation="100 sin(z/100)"
    )
    assert (start.n, start.d, start.m, start.H) == (1, 1, 1, 2)
    assert repr(start) == (
        "DeepStart.of(rows=[[1]], weights=[[[1]], [[1]]], outputs=[1], residual=[1], "
        "activation='100 sin(z/100)')"
    )
    assert float(start.y) == pytest.approx(2, abs=1e-3)


def test_gaussian_starts_are_the_seeds_draws() -> None:
    start = DeepStart.of(rows=[[1, 2]], gaussian=(4, 3, 7), labels=["1/3"])
    seed = SeedNumber(7)
    assert torch.equal(start.network.weights[0], gaussian_weights(4, 2, seed)[0])
    assert torch.equal(start.network.weights[2], gaussian_weights(4, 4, seed, layer=3)[0])
    assert torch.equal(start.network.a, gaussian_outputs(4, seed)[0])
    assert start.y.tolist() == [1 / 3]
    signs = DeepStart.of(rows=[[1, 2]], gaussian=(4, 3, 7), outputs="signs", labels=[1])
    assert torch.equal(signs.network.a, rademacher_signs(4, seed)[0])
    given_a = DeepStart.of(rows=[[1, 2]], gaussian=(4, 3, 7), outputs=[1, 0, 2, "1/2"], labels=[1])
    assert given_a.network.a.tolist() == [1, 0, 2, 0.5]
    assert torch.equal(given_a.network.weights[1], start.network.weights[1])


def test_rows_with_pixels_are_channel_after_channel() -> None:
    start = DeepStart.of(**CONVOLUTIONAL, normalised=False)
    assert start.x.tolist() == [[[1, 2, 0], [0, 1, 3]]]
    assert start.network.a.tolist() == [[1, 2, 3], [4, 5, 6]]
    assert (start.d, start.network.p, start.network.q) == (2, 3, 3)
    # Dropping a neuron drops its pixels' outputs and its columns in the next layer.
    smaller = list(start.simpler())
    assert [each.recipe["weights"] for each in smaller] == [
        [[["1", "2", "3", "4", "5", "6"], ["0", "0", "0", "1", "1", "1"]]],
        [[["1", "2", "3", "4", "5", "6"]], [["1", "2", "3"]]],
        [[["0", "0", "0", "1", "1", "1"]], [["1", "1", "1"]]],
    ]
    assert smaller[2].recipe["outputs"] == ["4", "5", "6"]


def test_residuals_are_added_to_the_first_outputs() -> None:
    start = DeepStart.of(rows=[[1, 2], [0, 1]], gaussian=(5, 2, 3), residual=["1/100", 0])
    e = start.y - deep_predictions(start.x, start.network)
    assert e.tolist() == pytest.approx([0.01, 0], abs=1e-15)
    assert start.data == Dataset.of(rows=[[1, 2], [0, 1]], labels=start.y.tolist())
    assert start != "DeepStart"


def test_a_fully_connected_network_has_no_c_res() -> None:
    start = DeepStart.of(rows=[[1]], gaussian=(3, 2, 5), labels=[1], c_res="1/3")
    assert start == DeepStart.of(rows=[[1]], gaussian=(3, 2, 5), labels=[1])


def test_a_coordinate_of_zeros_goes_with_its_weights() -> None:
    start = DeepStart.of(rows=[[1, 0]], weights=[[[2, 3]]], outputs=[1], labels=[1])
    assert list(start.simpler()) == [
        DeepStart.of(rows=[[1]], weights=[[[2]]], outputs=[1], labels=[1])
    ]
    gaussian = DeepStart.of(rows=[[1, 0]], gaussian=(3, 2, 5), labels=[1])
    assert [each.H for each in gaussian.simpler()] == [1]


def test_hypothesis_prints_the_pasteable_text() -> None:
    class Page:
        written = ""

        def text(self, text: str) -> None:
            self.written += text

    page, start = Page(), DeepStart.of(**CONVOLUTIONAL)
    start._repr_pretty_(page, cycle=False)
    assert page.written == repr(start)


GOOD: dict[str, Any] = {"rows": [[1, 0]], "weights": [[[1, 2]]], "outputs": [1], "labels": [0]}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rows": [[0, 0]]}, "zero"),
        ({"rows": [[float("nan"), 1]]}, "no exact number"),
        ({"weights": None}, "exactly one of weights and gaussian"),
        ({"gaussian": (1, 1, 1)}, "exactly one of weights and gaussian"),
        ({"weights": []}, "one matrix per layer"),
        ({"weights": [[[1]]]}, "the network takes 1 x 1"),
        ({"weights": [[[1, 2]], [[1, 2]]]}, "weights of shapes"),
        ({"weights": [[["inf", 1]]]}, "no exact number"),
        ({"outputs": None}, "give outputs="),
        ({"outputs": "signs"}, "give outputs="),
        ({"outputs": [1, 1]}, "2 outputs"),
        ({"labels": None}, "exactly one of residual and labels"),
        ({"residual": [1]}, "exactly one of residual and labels"),
        ({"labels": [1, 2]}, "one per row"),
        ({"activation": "relu"}, "name='relu'"),
        ({"architecture": "dense"}, "architecture='dense'"),
        ({"architecture": "residual", "c_res": 0}, "c_res=0.0"),
        ({"pixels": 2}, "pixels=2"),
        ({"patch": True}, "patch=True"),
        ({"architecture": "convolutional", "pixels": 3}, "2 entries, 3 pixels"),
        ({"weights": None, "gaussian": (0, 1, 1), "outputs": None}, "m=0"),
        ({"weights": None, "gaussian": (1, 0, 1), "outputs": None}, "H=0"),
        ({"weights": None, "gaussian": (1, 2), "outputs": None}, "gaussian"),
        ({"weights": None, "gaussian": (1, 1, 1), "outputs": "ones"}, "outputs='ones'"),
        ({"normalised": 2}, "normalised"),
    ],
)
def test_bad_starts_are_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        DeepStart.of(**{**GOOD, **change})


@pytest.mark.parametrize("recipe", [3, {}, {"rows": [["1"]], "weights": [[["1"]]], "odd": 1}])
def test_bad_recipes_are_refused(recipe: Any) -> None:
    with pytest.raises(ValueError, match="DeepStart: recipe="):
        DeepStart.from_recipe(recipe)
