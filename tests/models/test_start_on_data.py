"""What all starts share: labels given or by a residual, data, one sample less, no input of 0."""

from typing import Any

import pytest
import torch

from models import DeepStart, ImplicitStart, Start, deep_predictions, implicit_predictions
from models import predictions as two_layer_predictions
from models.start_on_data import StartOnData, check_posed, posed_labels

ROWS = [[3, 4], [1, 0]]
NETWORKS: dict[type[StartOnData], dict[str, Any]] = {
    Start: {"weights": [[1, 2]], "signs": [1]},
    DeepStart: {"weights": [[[1, 2]]], "outputs": [1], "activation": "tanh"},
    ImplicitStart: {"A": [["1/2"]], "W": [[1, 2]], "u": [1], "v": [1], "gamma": "1/2"},
}
of_every_kind = pytest.mark.parametrize("kind", NETWORKS)


def made(kind: type[StartOnData], **labels: Any) -> Any:
    return kind({"rows": ROWS, "normalised": True, **NETWORKS[kind], **labels})


def outputs(start: Any) -> torch.Tensor:
    if isinstance(start, Start):
        return two_layer_predictions(start.x, start.w, start.a)
    ask = deep_predictions if isinstance(start, DeepStart) else implicit_predictions
    return ask(start.x, start.network)


@of_every_kind
def test_labels_are_kept_and_a_residual_is_added_to_the_predictions(
    kind: type[StartOnData],
) -> None:
    given, posed = made(kind, labels=["1/3", -2]), made(kind, residual=["1/3", -2])
    assert given.y.tolist() == [1 / 3, -2.0]
    assert torch.equal(posed.y, outputs(posed) + given.y)
    assert given.recipe["labels"] == posed.recipe["residual"] == ["1/3", "-2"]
    assert torch.equal(given.data.y, given.y)
    assert torch.equal(posed.data.y, posed.y)
    assert torch.equal(posed.data.x, posed.x)


@of_every_kind
def test_one_sample_less_comes_first_the_last_one_before_the_others(
    kind: type[StartOnData],
) -> None:
    simpler = list(made(kind, residual=[1, 2]).simpler())[:2]
    assert [(one.recipe["rows"], one.recipe["residual"]) for one in simpler] == [
        ([["3", "4"]], ["1"]),
        ([["1", "0"]], ["2"]),
    ]
    assert not any(one.n == 0 for one in simpler[0].simpler())


@of_every_kind
def test_no_input_is_rounded_to_nothing(kind: type[StartOnData]) -> None:
    recipe = made(kind, labels=["2/7", 1]).recipe
    start = kind({**recipe, "rows": [["1/7", "1/8"], ["1", "0"]]})
    plainer = [one.recipe for one in start.plainer()]  # type: ignore[attr-defined]
    assert plainer
    assert all(any(z != "0" for z in row) for one in plainer for row in one["rows"])


@of_every_kind
@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"labels": [1, 2], "residual": [1, 2]}, "give exactly one of residual and labels"),
        ({}, "give exactly one of residual and labels"),
        ({"labels": [1]}, "2 rows, 1 labels; give one per row"),
        ({"residual": [1, "nan"]}, r"\.residual: 'nan' is no exact number"),
        ({"labels": [1, "1e399"]}, r"\.labels: a number is beyond 1.8e308"),
        ({"labels": [1, 2], "normalised": 1}, "normalised=1; give True or False"),
    ],
)
def test_a_recipe_that_poses_no_problem_says_so(
    kind: type[StartOnData], change: dict[str, Any], words: str
) -> None:
    with pytest.raises(ValueError, match=words) as caught:
        made(kind, **change)
    assert str(caught.value).startswith(kind.__name__)


def test_predictions_are_asked_for_only_where_there_is_a_residual() -> None:
    known = {"labels": [1]}
    check_posed(known, "Here")
    y, texts = posed_labels(known, 1, "Here", lambda: pytest.fail("asked"))
    assert (y.tolist(), texts) == ([1.0], {"labels": ["1"]})
