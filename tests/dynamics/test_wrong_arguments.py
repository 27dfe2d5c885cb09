import math
from typing import Any

import pytest
import torch
from torch import Tensor

from dynamics import (
    WitnessPlan,
    energy_distance,
    langevin,
    map_descent,
    mmd,
    node_counts,
    svgd,
    train,
    wide_descent,
)
from models.randomness import SeedNumber


def ones(*shape: int) -> Tensor:
    return torch.ones(shape, dtype=torch.float64)


HALF: Any = 1.5
PULL = torch.neg


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: mmd(ones(3, 2), ones(4, 3)),
            r"mmd: y has shape \(4, 3\); give \(\*s, m, d\) with d=2",
        ),
        (lambda: mmd(ones(3, 2), ones(0, 2)), r"mmd: y has shape \(0, 2\); give"),
        (lambda: mmd(ones(3, 2), ones(4, 2).float()), "torch.float32; give"),
        (lambda: energy_distance(ones(3), ones(3)), r"energy_distance: x has shape \(3,\)"),
        (lambda: energy_distance(ones(3, 1), ones(3, 1) * math.nan), "is not finite; give"),
        (
            lambda: svgd(PULL, ones(1, 3, 2), eps=0.1, steps=HALF),
            "svgd: steps=1.5; give",
        ),
        (
            lambda: langevin(PULL, ones(1, 3, 2), SeedNumber(0), eps=0.1, steps=HALF),
            "langevin: steps=1.5; give an integer",
        ),
        (
            lambda: map_descent(torch.square, ones(2), ones(2), eta=0.1, steps=HALF),
            "map_descent: steps=1.5; give an integer",
        ),
        (
            lambda: wide_descent(ones(1, 2), ones(1), SeedNumber(0), m=2, eta=0.1, steps=HALF),
            "wide_descent: steps=1.5; give a whole",
        ),
        (
            lambda: train("x", ones(2), ones(3, 1), ones(3), eta=0.1, steps=2),  # type: ignore[arg-type]
            "train: x='x'; give a tensor",
        ),
        (lambda: svgd(PULL, ones(1, 3, 2) * math.nan, eps=0.1, steps=1), "svgd: x has an entry"),
        (lambda: svgd(HALF, ones(1, 3, 2), eps=0.1, steps=1), "svgd: score=1.5; give a function"),
        (lambda: WitnessPlan(hidden=math.nan), "WitnessPlan: hidden=nan; give an integer"),  # type: ignore[arg-type]
        (lambda: WitnessPlan(rate=math.nan), "WitnessPlan: rate=nan; give a number"),
        (
            lambda: node_counts(ones(2) / 2, HALF, SeedNumber(0)),
            "node_counts: drawn=1.5; give",
        ),
    ],
)
def test_mistakes_are_told_in_a_line(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
