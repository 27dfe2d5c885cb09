import math
from typing import Any

import pytest
import torch
from torch import Tensor

from dynamics import (
    energy_distance,
    langevin,
    map_descent,
    mmd,
    node_counts,
    svgd,
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
            r"mmd: samples of shape \(3, 2\), torch.float64, and",
        ),
        (lambda: mmd(ones(3, 2), ones(0, 2)), "not empty"),
        (lambda: mmd(ones(3, 2), ones(4, 2).float()), "torch.float32; give"),
        (lambda: energy_distance(ones(3), ones(3)), "energy_distance: samples"),
        (lambda: energy_distance(ones(3, 1), ones(3, 1) * math.nan), "is not finite; give"),
        (lambda: svgd(PULL, ones(1, 3, 2), eps=0.1, steps=HALF), "svgd: eps=0.1, steps=1.5"),
        (
            lambda: langevin(PULL, ones(1, 3, 2), SeedNumber(0), eps=0.1, steps=HALF),
            "langevin: eps=0.1, steps=1.5",
        ),
        (
            lambda: map_descent(torch.square, ones(2), ones(2), eta=0.1, steps=HALF),
            "map_descent: steps=1.5; give a whole",
        ),
        (
            lambda: wide_descent(ones(1, 2), ones(1), SeedNumber(0), m=2, eta=0.1, steps=HALF),
            "wide_descent: steps=1.5; give a whole",
        ),
        (lambda: node_counts(ones(2) / 2, HALF, SeedNumber(0)), "drawn=1.5, rows=1; give whole"),
    ],
)
def test_mistakes_are_told_in_a_line(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
