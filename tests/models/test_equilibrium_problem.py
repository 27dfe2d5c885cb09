"""Recipes of equations z = sigma(W z + b) and of monotone layers."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
import torch

from certify import all_equilibria
from models import EquilibriumProblem, MonotoneLayer, SeedNumber, gaussian_weights

PROBLEM = EquilibriumProblem.of(W=[["1/2", 0], [0.25, "-1/3"]], b=[[1, -2], [0, "0.1"]])
LEAKY = EquilibriumProblem.of(W=[["1/2"]], b=[[-1]], activation="leaky relu")
SMOOTH = EquilibriumProblem.of(W=[["1/2"]], b=[[1]], activation="tanh+0.7")
DRAWN = EquilibriumProblem.of(gaussian=(20, 3, 7), scale="1/5")
LAYER = MonotoneLayer.of(
    G=[[1, 2]],
    inputs=[[1], ["1/2"]],
    weights=[1, "3/2"],
    free=[[1, -1], [0, 2]],
    twist=[[0, 1], [3, 0]],
    margin="1/10",
    g=2,
)


@pytest.mark.parametrize("value", [PROBLEM, LEAKY, SMOOTH, DRAWN, LAYER])
def test_a_value_comes_back_from_json_and_from_its_text(value: Any) -> None:
    again = type(value).from_recipe(value.recipe)
    assert again == value
    assert hash(again) == hash(value)
    assert eval(repr(value)) == value  # noqa: S307
    assert value != 1


def test_the_recipe_is_what_the_exact_model_reads() -> None:
    assert PROBLEM.recipe == {
        "W": [["1/2", "0"], ["1/4", "-1/3"]],
        "b": [["1", "-2"], ["0", "1/10"]],
        "slope": "0",
    }
    assert LEAKY.recipe["slope"] == "1/4"
    assert SMOOTH.recipe["activation"] == "tanh+0.7"
    assert (PROBLEM.m, PROBLEM.n, LEAKY.activation) == (2, 2, "leaky relu")


def test_the_solutions_are_those_of_the_enumeration() -> None:
    for problem in (PROBLEM, LEAKY):
        recipe, found = problem.recipe, problem.solve()
        for b, z in zip(recipe["b"], found.z.tolist(), strict=True):
            (point,) = all_equilibria(recipe["W"], b, slope=recipe["slope"]).points
            assert z == pytest.approx([float(x) for x in point], abs=1e-14)


def test_drawn_entries_are_those_of_their_seed() -> None:
    entries = gaussian_weights(20, 23, SeedNumber(7))[0]
    torch.testing.assert_close(DRAWN.W, entries[:, :20] / 5 / 20**0.5)
    assert torch.equal(DRAWN.b, entries[:, 20:].mT)
    assert list(DRAWN.simpler()) == []


def test_simpler_and_plainer_equations_are_near() -> None:
    shapes = {(problem.n, problem.m) for problem in PROBLEM.simpler()}
    assert shapes == {(1, 2), (2, 1), (2, 2)}
    zeroed = [p for p in PROBLEM.simpler() if (p.n, p.m) == (2, 2)]
    assert all(str(p.recipe).count("'0'") > str(PROBLEM.recipe).count("'0'") for p in zeroed)
    plain = next(iter(PROBLEM.plainer())).recipe
    assert all(Fraction(z).denominator == 1 for row in plain["W"] for z in row)


def test_the_matrix_of_a_layer_obeys_its_inequality() -> None:
    W, weights = LAYER.W(), LAYER.weights
    lifted = LAYER.inputs * weights[:, None]
    pulled = (LAYER.G.mT @ LAYER.G + lifted @ lifted.mT) / float(LAYER.g)
    gap = weights[:, None] * (torch.eye(2) - W)
    excess = gap + gap.mT - pulled
    free = torch.tensor([[1.0, -1.0], [0.0, 2.0]]).double()
    torch.testing.assert_close(excess, 2 * free.mT @ free + 0.2 * torch.eye(2))
    torch.testing.assert_close((gap - gap.mT) / 2, torch.tensor([[0, -2.0], [2, 0]]).double())
    bare = LAYER.W(c=4, inputs=False) * weights[:, None]
    more = LAYER.W(c=2, inputs=False) * weights[:, None]
    torch.testing.assert_close(bare - more, LAYER.G.mT @ LAYER.G / 8)
    assert LAYER.exact_weights()[0][0] == 1 - (2 * Fraction(1, 4) + 1 + Fraction(1, 10))


def test_simpler_and_plainer_layers_are_layers() -> None:
    sizes = {(layer.m, *layer.G.shape, layer.inputs.shape[1]) for layer in LAYER.simpler()}
    assert sizes == {(1, 1, 1, 1), (2, 1, 2, 1)}
    assert all(layer.m == 2 for layer in LAYER.plainer())


@pytest.mark.parametrize(
    ("recipe", "said"),
    [
        ({"W": [[1]]}, "give a dict"),
        ({"W": [[1, 2]], "b": [[1]], "slope": 0}, "m rows of m"),
        ({"W": [[1]], "b": [[1, 2]], "slope": 0}, "rows of m"),
        ({"W": [[1]], "b": [[1]], "slope": "1/2"}, "slope=1/2"),
        ({"W": [[1]], "b": [[1]], "slope": 0, "activation": "relu"}, "one of slope"),
        ({"W": [[1]], "b": [[1]], "activation": "none"}, "none"),
        ({"W": {"gaussian": [2]}, "b": {"gaussian": 1}, "slope": 0}, "gaussian"),
        ({"W": {"gaussian": [2, 1], "scale": 1}, "b": [[1, 1]], "slope": 0}, "gaussian"),
        ({"W": [["x"]], "b": [[1]], "slope": 0}, "no exact number"),
    ],
)
def test_recipes_that_are_none_are_refused(recipe: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        EquilibriumProblem.from_recipe(recipe)


def test_arguments_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(ValueError, match="gaussian instead"):
        EquilibriumProblem.of(W=[[1]])
    with pytest.raises(ValueError, match="gaussian instead"):
        EquilibriumProblem.of(W=[[1]], b=[[1]], gaussian=(1, 1, 1))
    with pytest.raises(ValueError, match="numbers > 0"):
        MonotoneLayer.of(G=[[1]], inputs=[[1]], margin=0)
    with pytest.raises(ValueError, match="for each neuron"):
        MonotoneLayer.of(G=[[1, 2]], inputs=[[1]])
    with pytest.raises(ValueError, match="give a dict"):
        MonotoneLayer.from_recipe({"G": [[1]]})
