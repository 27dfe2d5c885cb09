"""One-sided derivatives of a ReLU loss: closed forms, torch, and what breaks."""

from fractions import Fraction
from typing import Any

import pytest
import torch
from hypothesis import given, settings

from certify.exact.balls import UnreadableError
from models import (
    Dataset,
    Start,
    antiparallel_pairs,
    corner_sides,
    gradient_jump,
    hessian_jump,
    hyperplane_weights,
)
from strategies import nonzero_datasets, starts
from tests.certify.exact.documents import ends, quantity, value

PAIR = Start.of(rows=[[1], [-1]], weights=[[1]], signs=[1], labels=[1, -1])


def found(start: Start, name: str, **arguments: Any) -> Any:
    return value("relu_corner", start.exact_recipe, quantity(name, **arguments))


def test_opposite_data_have_no_corner_and_one_input_has() -> None:
    assert found(PAIR, "antiparallel_pairs") == 1 == antiparallel_pairs(PAIR.data)
    assert found(PAIR, "gradient_jump", weights=[["0"]]) == 0
    assert found(PAIR, "hessian_jump", weights=[["0"]]) == 0
    # L = (max(w, 0) - 3)^2/2: slopes 0 and -3 at 0, second derivatives 0 and 1.
    one = Start.of(rows=[[1]], weights=[[1]], signs=[1], labels=[3])
    assert found(one, "gradient_jump", weights=[["0"]]) == 3
    assert found(one, "hessian_jump", weights=[["0"]]) == 1
    assert found(one, "gradient_jump", weights=[["1"]]) == 0
    assert (found(one, "m"), found(one, "least_sign")) == (1, 1)


@settings(max_examples=25, deadline=None, database=None)
@given(starts(data=nonzero_datasets(), max_m=4, weights="explicit", labels="own"))
def test_jumps_are_those_of_torch(start: Start) -> None:
    weights = hyperplane_weights(start, 2, aside=Fraction(0))
    texts = [[str(z) for z in row] for row in weights]
    w = torch.tensor([[float(z) for z in row] for row in weights], dtype=torch.float64)
    sides = corner_sides(start, weights)
    assert float(sides[0]) == 1
    weight = float(start.x.square().sum())
    size = weight * float(w.norm()) + float(start.y.norm()) * weight**0.5
    jump = gradient_jump(start.x, start.y, w, start.a, sides).norm()
    assert ends(found(start, "gradient_jump", weights=texts))[0] == pytest.approx(
        float(jump), rel=1e-9, abs=1e-12 * size
    )
    bend = hessian_jump(start.x, start.a, sides).norm()
    assert ends(found(start, "hessian_jump", weights=texts))[0] == pytest.approx(
        float(bend), rel=1e-9, abs=1e-12 * weight
    )


def test_opposite_pairs_are_counted_by_direction() -> None:
    data = Dataset.of(rows=[[1, 2], [-2, -4], [3, 6], [0, 1]], labels=[0] * 4)
    assert antiparallel_pairs(data) == 2


def test_what_is_no_network_is_refused() -> None:
    residual = Start.of(rows=[[1]], weights=[[1]], signs=[1], residual=[3])
    with pytest.raises(UnreadableError, match="give labels"):
        found(residual, "gradient_jump", weights=[["0"]])
    with pytest.raises(UnreadableError, match="there is no quantity"):
        found(PAIR, "gradient_jump")
    with pytest.raises(UnreadableError, match="there is no quantity"):
        found(PAIR, "third_jump", weights=[["0"]])
