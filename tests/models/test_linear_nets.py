"""Deep linear networks: recipes, derivatives, global minima."""

from typing import Any

import pytest
import torch

from models import (
    LinearNet,
    flattened,
    higher_neighbour,
    least_linear_loss,
    linear_gradient,
    linear_hessian,
    linear_loss,
    linear_map,
    lower_neighbour,
    shaped,
)

NET = LinearNet.of(
    rows=[[1, 0], [1, 2], [0, 1]],
    labels=[[1, 2], [0, "1/2"], [3, -1]],
    layers=[[[1, 2], ["1/3", -1], [0, 1]], [[1, 0, 2]], [[2], [-1]]],
)
SCALARS = LinearNet.of(rows=[[1]], labels=[[1]], layers=[[[0]], [[0]], [[0]]])


def test_a_recipe_comes_back_from_json_and_from_its_text() -> None:
    assert LinearNet.from_recipe(NET.recipe) == NET
    assert eval(repr(NET)) == NET  # noqa: S307
    assert hash(LinearNet.from_recipe(NET.recipe)) == hash(NET)
    assert SCALARS != NET
    assert SCALARS.__eq__(1) is NotImplemented
    assert (NET.n, NET.d, NET.depth, NET.p) == (3, 2, 3, 1)
    assert NET.with_layers(NET.layers).layers[0].tolist() == NET.layers[0].tolist()


def test_the_map_is_the_product_and_the_loss_half_a_square() -> None:
    first, second, third = NET.layers
    whole = third @ second @ first
    assert linear_map(NET.layers).tolist() == whole.tolist()
    gaps = [whole @ x - y for x, y in zip(NET.x, NET.y, strict=True)]
    assert float(linear_loss(NET)) == pytest.approx(sum(float(g @ g) for g in gaps) / 2)


def test_derivatives_are_those_of_small_differences() -> None:
    weights = torch.tensor(flattened(NET.layers), dtype=torch.float64)
    assert [layer.shape for layer in shaped(NET, weights)] == [w.shape for w in NET.layers]
    step, slope = 1e-5, linear_gradient(NET)
    bend = linear_hessian(NET)
    for k in range(len(weights)):
        shift = torch.zeros_like(weights)
        shift[k] = step
        up, down = (shaped(NET, weights + s * shift) for s in (1, -1))
        quotient = (linear_loss(NET, up) - linear_loss(NET, down)) / (2 * step)
        assert float(slope[k]) == pytest.approx(float(quotient), rel=1e-6, abs=1e-6)
        change = linear_gradient(NET.with_layers(up)) - linear_gradient(NET.with_layers(down))
        assert torch.allclose(bend[k], change / (2 * step), rtol=1e-5, atol=1e-5)


def test_the_least_loss_of_a_rank_is_that_of_truncation() -> None:
    inverse = torch.linalg.pinv(NET.x.mT)
    best = NET.y.mT @ inverse @ NET.x.mT
    left, s, right = torch.linalg.svd(best)
    for rank in (1, 2):
        cut = (left[:, :rank] * s[:rank]) @ right[:rank]
        exact = float((cut - NET.y.mT).square().sum()) / 2
        assert float(least_linear_loss(NET, rank=rank)) == pytest.approx(exact, rel=1e-12)


def test_the_origin_of_three_scalars_has_lower_and_higher_neighbours() -> None:
    assert float(linear_hessian(SCALARS).abs().max()) == 0
    low, high = (shaped(SCALARS, find(SCALARS)) for find in (lower_neighbour, higher_neighbour))
    assert float(linear_loss(SCALARS, low)) < 0.5 - 1e-3
    assert float(linear_loss(SCALARS, high)) > 0.5 + 1e-3


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"layers": []}, "list of matrices"),
        ({"layers": [[[1]]]}, "fit together"),
        ({"labels": [[1, 2]]}, "fit together"),
        ({"width": 3}, "give a dict"),
    ],
)
def test_what_is_no_network_is_refused(change: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        LinearNet.from_recipe({**NET.recipe, **change})
