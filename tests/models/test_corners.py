"""Corners of a two-layer ReLU loss: jumps are limits of derivatives from both sides."""

from fractions import Fraction

import torch
from torch import Tensor

from models import (
    Start,
    corner_sides,
    gradient,
    gradient_jump,
    hessian_jump,
    hyperplane_weights,
    predictions,
)

START = Start.of(
    rows=[[1, 0], [-2, 0], [1, 1], [3, 0]],
    weights=[[5, 2], [1, -1], [-3, 1]],
    signs=[1, -1, 1],
    labels=[1, -2, 3, "1/2"],
    normalised=False,
)


def test_weights_lie_on_the_hyperplane_exactly() -> None:
    weights = hyperplane_weights(START, 2, aside=Fraction(0))
    assert [[float(z) for z in row] for row in weights] == [[0, 2], [2, 0], [-3, 1]]
    assert corner_sides(START, weights).tolist() == [1, -1, 0, 1]


def test_jumps_are_the_limits_of_derivatives_from_both_sides() -> None:
    x, y, a = START.x, START.y, START.a
    weights = hyperplane_weights(START, 2, aside=Fraction(0))
    w = torch.tensor([[float(z) for z in row] for row in weights], dtype=torch.float64)
    sides = corner_sides(START, weights)
    beyond, before = w.clone(), w.clone()
    beyond[0] += 1e-7 * x[0]
    before[0] -= 1e-7 * x[0]
    jump = gradient(x, y, beyond, a)[0] - gradient(x, y, before, a)[0]
    assert torch.allclose(jump, gradient_jump(x, y, w, a, sides), atol=1e-5)

    def bent(at: Tensor) -> Tensor:
        def loss(first: Tensor) -> Tensor:
            moved = torch.cat([first[None], at[1:]])
            total: Tensor = (predictions(x, moved, a) - y).square().sum() / 2
            return total

        found: Tensor = torch.autograd.functional.hessian(loss, at[0])  # type: ignore[no-untyped-call]
        return found

    assert torch.allclose(bent(beyond) - bent(before), hessian_jump(x, a, sides), atol=1e-5)
