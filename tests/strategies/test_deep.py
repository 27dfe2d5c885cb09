from __future__ import annotations

from collections import Counter

import pytest

from models import ACTIVATIONS, ARCHITECTURES, MOVES, deep_predictions
from strategies import activation_names, ball_moves, deep_starts, unit_sphere_datasets
from strategies.premises import premises_of
from tests.strategies.drawing import draws, minimal

SMALL = unit_sphere_datasets(max_n=6, max_d=8)
TINY = unit_sphere_datasets(max_n=2, max_d=2)


def test_all_kinds_of_networks_are_drawn_within_their_bounds() -> None:
    drawn = draws(deep_starts(data=SMALL, architectures=ARCHITECTURES), 120)
    assert {start.network.architecture for start in drawn} == set(ARCHITECTURES)
    assert {start.network.activation.name for start in drawn} == set(ACTIVATIONS)
    assert {start.H for start in drawn} == {1, 2, 3, 4}
    assert all(1 <= start.m <= 64 and start.n <= 6 and start.d <= 8 for start in drawn)
    kinds = Counter(isinstance(start.recipe["weights"], dict) for start in drawn)
    assert min(kinds.values()) > 20
    assert max(start.m for start in drawn) > 40
    assert max(start.network.p for start in drawn) > 1
    assert max(start.network.q for start in drawn) > 1
    assert {start.recipe["outputs"] for start in drawn if start.m > 4} == {"gaussian", "signs"}


def test_near_initial_labels_lie_near_the_output_and_own_ones_are_the_datas() -> None:
    near, own = deep_starts(data=TINY), deep_starts(data=TINY, labels="own")
    sizes = []
    for start in draws(near, 60):
        e = start.y - deep_predictions(start.x, start.network)
        sizes.append(float(e.abs().max()))
    assert min(sizes) < 1e-2
    assert all(0 < size <= 1 + 1e-9 for size in sizes)
    assert all("labels" in start.recipe for start in draws(own, 10))
    assert near.near_initial is True  # type: ignore[attr-defined]
    assert own.near_initial is False  # type: ignore[attr-defined]
    assert set(premises_of(near)) == {"unit norm", "not parallel"}
    assert all(holds(start) for start in draws(near, 10) for holds in premises_of(near).values())
    assert "labels bounded" in premises_of(own)


def test_starts_shrink_to_one_weight() -> None:
    start = minimal(deep_starts(data=TINY, weights="explicit"), lambda s: bool(s.y[0] != 0))
    assert (start.n, start.d, start.m, start.H) == (1, 1, 1, 1)
    wide = minimal(deep_starts(data=TINY, weights="gaussian"), lambda s: s.m > 5 and s.H > 1)
    assert wide.recipe["weights"] == {"gaussian": [6, 2, 0]}


def test_wide_starts_are_gaussian_and_bounds_of_weights_hold() -> None:
    wide = draws(deep_starts(data=TINY, min_m=5, max_m=9, min_H=2, max_H=2), 10)
    assert all(isinstance(start.recipe["weights"], dict) and start.H == 2 for start in wide)
    small = draws(deep_starts(data=TINY, weights="explicit"), 20)
    assert all(float(W.abs().max()) <= 9 for start in small for W in start.network.weights)


def test_moves_of_every_kind_are_drawn_and_shrink_to_the_first() -> None:
    drawn = draws(ball_moves(max_layer=3), 150)
    assert {move.kind for move in drawn} == set(MOVES)
    assert {move.layer for move in drawn} == {0, 1, 2, 3}
    assert all(move.seed == 0 or move.kind == "gaussian" for move in drawn)
    assert minimal(ball_moves(max_layer=3)).recipe == {"kind": "up", "seed": 0, "layer": 0}
    assert {move.kind for move in draws(ball_moves(kinds=("signs",)), 5)} == {"signs"}


def test_names_are_those_of_known_activations() -> None:
    assert set(draws(activation_names(), 60)) == set(ACTIVATIONS)
    assert minimal(activation_names(only=("identity", "tanh"))) == "identity"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"data": 3}, "data=3"),
        ({"min_m": 0}, "min_m=0"),
        ({"min_H": 3, "max_H": 2}, "min_H=3"),
        ({"weights": "given"}, "weights='given'"),
        ({"weights": "explicit", "min_m": 5}, "min_m=5 with explicit"),
        ({"activations": ("relu",)}, "name='relu'"),
        ({"activations": "tanh"}, "activations='tanh'"),
        ({"architectures": ("dense",)}, "architectures='dense'"),
        ({"outputs": ()}, "outputs=()"),
        ({"labels": "any"}, "labels='any'"),
        ({"max_residual_digits": 13}, "max_residual_digits=13"),
    ],
)
def test_bad_arguments_are_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=r"deep_starts: |activation: ") as refused:
        deep_starts(**{"data": TINY, **change})  # type: ignore[arg-type]
    assert message in str(refused.value)


def test_bad_moves_and_names_are_refused() -> None:
    with pytest.raises(ValueError, match="ball_moves: kinds='left'"):
        ball_moves(kinds=("left",))
    with pytest.raises(ValueError, match="max_layer=-1"):
        ball_moves(max_layer=-1)
    with pytest.raises(ValueError, match=r"activation_names: activations=\(\)"):
        activation_names(only=())
