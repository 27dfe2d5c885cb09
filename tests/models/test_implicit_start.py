"""Recipes of implicit networks: exact, readable, and refused where they say nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest
import torch

from models import ImplicitStart, implicit_predictions
from strategies import either, implicit_starts, real_datasets, unit_sphere_datasets
from tests.strategies.drawing import draws

DATA = either(unit_sphere_datasets(max_n=3), real_datasets(max_n=2))
EXPLICIT: dict[str, Any] = {
    "rows": [[1, 0], [0, 1]],
    "gamma": "1/3",
    "A": [[1, "1/2"], [0, "0.25"]],
    "W": [[1, 2], ["-1/3", 1]],
    "u": [1, -1],
    "v": ["1/7", 0],
    "residual": [1, "1/3"],
}


@pytest.mark.parametrize("model", ["gao", "ling"])
def test_a_start_is_its_recipe(model: Any) -> None:
    drawn = draws(implicit_starts(data=DATA, model=model, activations=("relu", "tanh+0.7")), 60)
    for start in drawn:
        through_json = ImplicitStart.from_recipe(json.loads(json.dumps(start.recipe)))
        assert through_json == start
        assert hash(through_json) == hash(start)
        assert eval(repr(start), {"ImplicitStart": ImplicitStart}) == start  # noqa: S307
        for block, same in zip(
            start.network.named().values(), through_json.network.named().values(), strict=True
        ):
            assert torch.equal(block, same)
        e = torch.tensor([float(z) for z in start.y - implicit_predictions(start.x, start.network)])
        assert bool((e.abs() <= 1 + 1e-9).all())
    assert len({hash(start) for start in drawn}) > 30


def test_what_is_drawn_can_be_written_out() -> None:
    for start in draws(implicit_starts(data=DATA, weights="gaussian", max_m=8), 20):
        exact = start.exact_recipe
        assert not {"gaussian", "heads", "s_w"} & set(exact)
        again = ImplicitStart.from_recipe(exact)
        for block, same in zip(
            start.network.named().values(), again.network.named().values(), strict=True
        ):
            assert torch.equal(block, same)
    wide = ImplicitStart.of(rows=[[1]], gamma="1/9", gaussian=(30, 1), heads="zero", residual=[1])
    assert wide.exact_recipe == wide.recipe


def test_simpler_starts_are_smaller_and_plainer_ones_are_near() -> None:
    start = ImplicitStart.of(**EXPLICIT)
    sizes = [(one.n, one.m, one.d) for one in start.simpler()]
    assert sizes == [(1, 2, 2), (1, 2, 2), (2, 1, 2), (2, 1, 2)]
    assert {one.n for one in start.plainer()} == {2}
    assert next(start.plainer()).recipe["residual"] == ["1", "0"]
    # One neuron less makes gamma/sqrt(m) larger: the start that is then ill-posed is left out.
    full = {**EXPLICIT, "gamma": "1.2", "A": [[1, 0], [0, 1]]}
    assert [one.m for one in ImplicitStart.of(**full).simpler()] == [2, 2]


def test_zero_heads_and_real_rows() -> None:
    plain = {key: value for key, value in EXPLICIT.items() if key not in ("u", "v")}
    start = ImplicitStart.of(**plain, heads="zero")
    assert torch.equal(start.y, torch.tensor([1.0, 1 / 3], dtype=torch.float64))
    assert start.exact_recipe["u"] == ["0", "0"]
    assert start.data.n == 2


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"gamma": None}, "give gamma for 'gao'"),
        ({"model": "ling"}, "give gamma for 'gao'"),
        ({"model": "ling", "gamma": None}, "give v beside u for 'gao', and only there"),
        ({"gaussian": (2, 1)}, "exactly one of A and gaussian"),
        ({"A": None, "gaussian": (2, 1)}, "W beside gaussian"),
        ({"labels": [1, 1]}, "exactly one of residual and labels"),
        ({"heads": "zero"}, "heads beside u"),
        ({"u": None}, "no output weights"),
        ({"u": None, "v": None, "heads": "drawn"}, "'drawn' only with Gaussian weights"),
        ({"u": [1]}, "2 neurons, 1 entries of u"),
        ({"residual": [1]}, "2 rows, 1 residual"),
        ({"W": [[1], [1]]}, "rows of 2 entries, W takes 1"),
        ({"gamma": 3}, "yhat.0. may not exist"),
        ({"model": "deq"}, "model='deq'"),
        ({"normalised": 1}, "normalised=1; give True or False"),
        ({"activation": "step"}, "step"),
    ],
)
def test_wrong_recipes_are_told(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ImplicitStart.of(**{**EXPLICIT, **change})


def test_labels_need_no_equilibrium() -> None:
    recipe = {**EXPLICIT, "gamma": 3, "residual": None, "labels": [1, 1]}
    assert torch.equal(ImplicitStart.of(**recipe).y, torch.ones(2, dtype=torch.float64))
    with pytest.raises(ValueError, match="give a dict with keys"):
        ImplicitStart({"rows": [[1]], "depth": 3})
    with pytest.raises(ValueError, match=r"gaussian=3; give \(m, seed\)"):
        ImplicitStart({"rows": [[1]], "gamma": 1, "gaussian": 3, "heads": "zero", "labels": [1]})
