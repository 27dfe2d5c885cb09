import json
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from models import Dataset, SeedNumber, Start, gaussian_weights, predictions, rademacher_signs


@st.composite
def starts(draw: st.DrawFn) -> Start:
    n, d, m = (draw(st.integers(1, 3)) for _ in range(3))

    def lists(size: int) -> st.SearchStrategy[list[Any]]:
        return st.lists(st.fractions(-9, 9, max_denominator=9), min_size=size, max_size=size)

    given_weights = draw(st.booleans())
    weights = draw(st.lists(lists(d), min_size=m, max_size=m)) if given_weights else None
    return Start.of(
        rows=draw(st.lists(lists(d).filter(any), min_size=n, max_size=n)),
        weights=weights,
        gaussian=None if given_weights else (m, draw(st.integers(0, 9))),
        signs=draw(lists(m)) if given_weights or draw(st.booleans()) else None,
        **{draw(st.sampled_from(["residual", "labels"])): draw(lists(n))},
        normalised=draw(st.booleans()),
    )


@given(starts())
def test_recipes_survive_json_and_pasting_to_the_last_bit(start: Start) -> None:
    for again in (Start.from_recipe(json.loads(json.dumps(start.recipe))), eval(repr(start))):  # noqa: S307
        assert again == start
        assert hash(again) == hash(start)
        for name in "xywa":
            assert torch.equal(getattr(again, name), getattr(start, name))


def test_the_papers_four_neurons() -> None:
    # n = d = 1, W(0) = (5, -1, -1, -1): u(0) = 5/2.
    start = Start.of(rows=[[1]], weights=[[5], [-1], [-1], [-1]], signs=[1, 1, 1, 1], residual=[1])
    assert (start.n, start.d, start.m) == (1, 1, 4)
    assert start.y.tolist() == [3.5]
    assert repr(start) == (
        "Start.of(rows=[[1]], weights=[[5], [-1], [-1], [-1]], signs=[1, 1, 1, 1], residual=[1])"
    )


def test_gaussian_starts_are_the_seeds_draws() -> None:
    start = Start.of(rows=[[1, 2]], gaussian=(5, 3), labels=["1/3"])
    assert torch.equal(start.w, gaussian_weights(5, 2, SeedNumber(3))[0])
    assert torch.equal(start.a, rademacher_signs(5, SeedNumber(3))[0])
    assert start.y.tolist() == [1 / 3]
    assert start.data == Dataset.of(rows=[[1, 2]], labels=["1/3"])


def test_a_residual_is_added_to_the_first_predictions() -> None:
    start = Start.of(rows=[[1, 2], [0, 1]], gaussian=(5, 3), residual=["1/100", 0])
    e = start.y - predictions(start.x, start.w, start.a)
    torch.testing.assert_close(
        e, torch.tensor([0.01, 0.0], dtype=torch.float64), rtol=0, atol=1e-15
    )
    assert torch.equal(start.data.y, start.y)
    assert start.data.recipe["rows"] == [["1", "2"], ["0", "1"]]


def test_starts_differ_from_other_things() -> None:
    start = Start.of(rows=[[1]], gaussian=(1, 0), labels=[1])
    assert start != "Start"
    assert start != Start.of(rows=[[1]], gaussian=(1, 1), labels=[1])


GOOD: dict[str, Any] = {"rows": [[1, 0]], "weights": [[1, 2]], "signs": [1], "labels": [0]}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rows": [[0, 0]]}, "zero"),
        ({"rows": []}, "no list of rows"),
        ({"rows": [[float("nan"), 1]]}, "no exact number"),
        ({"weights": None}, "exactly one of weights and gaussian"),
        ({"gaussian": (1, 1)}, "exactly one of weights and gaussian"),
        ({"weights": []}, "no list of rows"),
        ({"weights": [[1]]}, "weights have 1 entries"),
        ({"weights": [["inf", 1]]}, "no exact number"),
        ({"signs": None}, "signs"),
        ({"signs": [1, 1]}, "1 neurons, 2 signs"),
        ({"labels": None}, "exactly one of residual and labels"),
        ({"residual": [1]}, "exactly one of residual and labels"),
        ({"labels": [1, 2]}, "one per row"),
        ({"weights": None, "gaussian": (0, 1)}, "m=0"),
        ({"weights": None, "gaussian": (1, -1)}, "number=-1"),
        ({"weights": None, "gaussian": (1, 2, 3)}, "gaussian"),
        ({"normalised": 2}, "normalised"),
    ],
)
def test_bad_starts_are_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Start.of(**{**GOOD, **change})


@pytest.mark.parametrize("recipe", [3, {}, {"rows": [["1"]], "weights": [["1"]], "odd": 1}])
def test_bad_recipes_are_refused(recipe: Any) -> None:
    with pytest.raises(ValueError, match="Start: recipe="):
        Start.from_recipe(recipe)


def test_hypothesis_prints_the_pasteable_text() -> None:
    class Page:
        written = ""

        def text(self, text: str) -> None:
            self.written += text

    page, start = Page(), Start.of(**GOOD)
    start._repr_pretty_(page, cycle=False)
    assert page.written == repr(start)


def test_simpler_starts_lose_a_sample_a_neuron_or_a_coordinate_of_zeros() -> None:
    start = Start.of(rows=[[1, 0]], weights=[[1, 2], [3, 4]], signs=[1, -1], residual=[1])
    expected = [
        Start.of(rows=[[1, 0]], weights=[[1, 2]], signs=[1], residual=[1]),
        Start.of(rows=[[1, 0]], weights=[[3, 4]], signs=[-1], residual=[1]),
        Start.of(rows=[[1]], weights=[[1], [3]], signs=[1, -1], residual=[1]),
    ]
    assert list(start.simpler()) == expected
    gaussian = Start.of(rows=[[1], [-1]], gaussian=(3, 5), labels=[1, 2])
    assert [each.n for each in gaussian.simpler()] == [1, 1]


def test_the_exact_recipe_writes_drawn_weights_out() -> None:
    start = Start.of(rows=[[3, 4]], gaussian=(3, 7), labels=["1/3"])
    written_out = Start.from_recipe(start.exact_recipe)
    assert (written_out.w == start.w).all()
    assert (written_out.a == start.a).all()
    assert written_out.recipe["labels"] == ["1/3"]
    assert written_out.exact_recipe == {k: v for k, v in written_out.recipe.items() if v}
