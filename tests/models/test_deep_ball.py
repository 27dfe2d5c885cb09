import math
from typing import Any

import pytest
import torch
from torch import Tensor

from models import (
    MOVES,
    BallMove,
    DeepNetwork,
    activation,
    ascent,
    deep_features,
    displacements,
    inside_ball,
)
from tests.models.deep_networks import KINDS, drawn, single

Kind = tuple[Any, int, int]

of_every_kind = pytest.mark.parametrize("kind", KINDS[:4])


def moved_features(x: Tensor, start: DeepNetwork) -> Any:
    before = deep_features(x, start)[-1]

    def goal(network: DeepNetwork) -> Tensor:
        change = deep_features(x, network)[-1] - before
        lengths: Tensor = change.flatten(len(start.seeds) + 1).norm(dim=-1)
        return lengths.amax(dim=-1)

    return goal


@of_every_kind
@pytest.mark.parametrize("move", MOVES)
def test_moves_reach_the_sphere_of_their_ball(kind: Kind, move: Any) -> None:
    _, network = drawn(kind)
    R = 0.25
    moved = BallMove(move, seed=3).applied(network, R)
    lengths = displacements(moved, network)
    torch.testing.assert_close(lengths, torch.full_like(lengths, R * math.sqrt(5)))
    assert bool((lengths <= R * math.sqrt(5)).all())
    assert inside_ball(moved, network, R)
    assert not inside_ball(moved, network, R * (1 - 1e-9))
    one = BallMove(move, seed=3).applied(single(network), R)
    torch.testing.assert_close(one.weights[1], moved.weights[1][0])


def test_moves_are_what_they_say() -> None:
    W = torch.tensor([[3.0, 0.0], [0.0, -1.0]], dtype=torch.float64)
    a = torch.tensor([1.0, -1.0], dtype=torch.float64)
    network = DeepNetwork((W,), a, activation("tanh"))
    R = math.sqrt(2)  # each matrix moves by a length of 2
    expected = {
        "up": [[1, 1], [1, 1]],
        "down": [[-1, -1], [-1, -1]],
        "outward": [[6 / math.sqrt(10), 0], [0, -2 / math.sqrt(10)]],
        "inward": [[-6 / math.sqrt(10), 0], [0, 2 / math.sqrt(10)]],
        "signs": [[1, 1], [1, -1]],
        "singular": [[2, 0], [0, 0]],
        "against singular": [[-2, 0], [0, 0]],
    }
    for kind, step in expected.items():
        move = BallMove.from_recipe({"kind": kind, "seed": 0, "layer": 0})
        found = move.applied(network, R).weights[0] - W
        torch.testing.assert_close(found, torch.tensor(step, dtype=torch.float64))
    signs = BallMove("signs").applied(network, R).a - a
    assert signs.tolist() == pytest.approx([math.sqrt(2), -math.sqrt(2)])
    assert torch.equal(BallMove("signs").applied(network, R, outputs=False).a, a)


def test_a_layer_may_move_alone() -> None:
    _, network = drawn(KINDS[1])
    for layer in (1, 2, 3, 4):
        lengths = displacements(BallMove("up", layer=layer).applied(network, 1.0), network)[0]
        assert [float(length) > 0 for length in lengths] == [h == layer for h in (1, 2, 3, 4)]


def test_random_moves_differ_by_seed_and_layer() -> None:
    _, network = drawn(KINDS[0], d=5)
    first, second = (BallMove("gaussian", seed=k).applied(network, 1.0) for k in (1, 2))
    steps = [W - W_0 for W, W_0 in zip(first.weights, network.weights, strict=True)]
    assert not torch.allclose(first.weights[0], second.weights[0])
    assert not torch.allclose(steps[1], steps[2])


def test_a_zero_direction_moves_nothing() -> None:
    zero = DeepNetwork((torch.zeros(1, 1),), torch.zeros(1), activation("tanh"))
    assert displacements(BallMove("outward").applied(zero, 1.0), zero).tolist() == [0, 0]
    assert displacements(BallMove("up").applied(zero, 0.0), zero).tolist() == [0, 0]


@of_every_kind
def test_ascent_stays_inside_and_beats_the_simple_moves(kind: Kind) -> None:
    x, network = drawn(kind, sigma="tanh")
    goal, R = moved_features(x, network), 0.3
    best = ascent(network, R, goal)
    assert inside_ball(best, network, R)
    assert torch.equal(best.a, network.a)
    for move in ("up", "outward", "signs", "singular", "gaussian"):
        simple = BallMove(move).applied(network, R, outputs=False)
        assert bool((goal(ascent(network, R, goal, moved=simple)) >= goal(simple)).all())
    assert bool((goal(best) > goal(BallMove("gaussian").applied(network, R, outputs=False))).all())


def test_ascent_may_move_the_outputs_and_keeps_what_has_no_gradient() -> None:
    _, network = drawn(KINDS[0])
    best = ascent(network, 0.5, lambda one: one.a.sum(dim=-1), outputs=True)
    torch.testing.assert_close(best.a - network.a, torch.full_like(network.a, 0.5))
    still = ascent(network, 0.5, lambda one: 0 * one.a.sum(dim=-1), rounds=1)
    assert inside_ball(still, network, 0.5)


def test_bad_moves_are_refused() -> None:
    _, network = drawn(KINDS[0])
    with pytest.raises(ValueError, match="kind='left'"):
        BallMove("left")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="number=-1"):
        BallMove("gaussian", seed=-1)
    with pytest.raises(ValueError, match="layer=-1"):
        BallMove(layer=-1)
    with pytest.raises(ValueError, match="BallMove: recipe="):
        BallMove.from_recipe({"kind": "up"})
    for R in (-1.0, math.nan, math.inf):
        with pytest.raises(ValueError, match="R="):
            BallMove().applied(network, R)
    with pytest.raises(ValueError, match="rounds=0"):
        ascent(network, 1.0, lambda one: one.a.sum(dim=-1), rounds=0)


def test_recipes_of_moves() -> None:
    move = BallMove("gaussian", seed=7, layer=2)
    assert BallMove.from_recipe(move.recipe) == move
    assert eval(repr(move)) == move  # noqa: S307
