"""Implicit networks are drawn of every kind, within their bounds."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
import torch

from models import implicit_pass
from strategies import either, implicit_starts, real_datasets, unit_sphere_datasets
from strategies.premises import premises_of
from tests.strategies.drawing import draws, minimal

DATA = either(unit_sphere_datasets(max_n=6), real_datasets(max_n=4))
TINY = unit_sphere_datasets(max_n=2, max_d=2)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"min_lambda_G": 0.001},
        {"heads": ("signs",), "quarter": True, "max_rho": 0.5},
        {"model": "ling", "activations": ("relu", "sin(2z)")},
        {"model": "ling", "min_lambda_G": 0.001, "heads": ("zero",)},
        {"signs": "nonnegative", "weights": "explicit"},
    ],
)
def test_premises_hold_of_all_that_is_drawn(options: dict[str, Any]) -> None:
    strategy = implicit_starts(data=DATA, **options)
    drawn = draws(strategy, 80)
    for start in drawn:
        assert all(holds(start) for holds in premises_of(strategy).values())
        assert float(implicit_pass(start.x, start.network).rho) <= options.get("max_rho", 0.9)
        if options.get("signs") == "nonnegative":
            assert bool((start.network.A >= 0).all())
        if options.get("heads") == ("signs",):
            assert bool((start.network.u.abs() == 1).all())
    assert len({start.m for start in drawn}) > 4
    assert max(start.d for start in drawn) > 8
    assert Counter("gaussian" in start.recipe for start in drawn)[False] > 10


def test_dead_neurons_and_dead_samples_occur() -> None:
    drawn = draws(implicit_starts(data=DATA), 100)
    phi = [implicit_pass(start.x, start.network).phi for start in drawn]
    assert sum(bool((rows.amax(dim=0) == 0).any()) for rows in phi) > 20
    assert sum(bool((rows.amax(dim=1) == 0).any()) for rows in phi) > 10
    assert sum(not bool(start.network.u.any()) for start in drawn) > 20
    rho = torch.stack([implicit_pass(start.x, start.network).rho for start in drawn])
    assert float(rho.max()) > 0.85


def test_starts_shrink_to_one_neuron() -> None:
    start = minimal(implicit_starts(data=TINY, weights="explicit"), lambda s: bool(s.y[0] != 0))
    assert (start.n, start.d, start.m) == (1, 1, 1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"max_rho": 1}, r"max_rho=1; give a number in \(0, 1\)"),
        ({"min_m": 3, "max_m": 2}, "min_m=3 > max_m=2"),
        ({"min_m": 9, "weights": "explicit"}, "min_m=9 with explicit weights"),
        ({"model": "deq"}, "model='deq'"),
        ({"model": "ling", "quarter": True}, "are of 'gao'"),
        ({"heads": ("none",)}, "heads='none'"),
        ({"activations": "relu"}, "give a tuple of names"),
        ({"min_lambda_G": 0}, "min_lambda_G=0; give a number > 0"),
        ({"max_residual_digits": 13}, "give 0 ... 12"),
        ({"signs": "some"}, "signs='some'"),
    ],
)
def test_wrong_arguments_are_told(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        implicit_starts(data=TINY, **options)
