import math

import pytest
import torch
from flint import arb, ctx
from torch import Tensor

from models import (
    ACTIVATIONS,
    activation,
    fully_connected_errors,
    fully_connected_recursion,
    resnet_errors,
    resnet_recursion,
)
from models.deep import recursion_errors

SIXTY = torch.tensor([[1.0, 0.0], [0.5, math.sqrt(0.75)]], dtype=torch.float64)
UNEQUAL = torch.tensor([[2.0, 0.0], [0.3, 0.4], [-0.5, 1.0]], dtype=torch.float64)


def test_sin_of_sum_recursion_in_balls_is_within_the_bound_of_the_error() -> None:
    # sin(z + pi/4): K^(h)_ij = c_sigma e^-((a + b)/2 - c)/2 in 200 bits, from the same floats.
    sigma, H = activation("sin+pi/4"), 5
    K = fully_connected_recursion(UNEQUAL, sigma, H)
    errors = [float(e) for e in fully_connected_errors(K, sigma)]
    with ctx.workprec(200):
        rows = [[arb(v) for v in row] for row in UNEQUAL.tolist()]
        exact = [
            [sum((u * v for u, v in zip(p, q, strict=True)), arb(0)) for q in rows] for p in rows
        ]
        for h in range(1, H + 1):
            block = exact
            exact = [
                [
                    (block[i][j] - (block[i][i] + block[j][j]) / 2).exp()
                    * (block[i][j] if h == H else 1)
                    for j in range(3)
                ]
                for i in range(3)
            ]
            gap = max(
                abs(float(exact[i][j]) - float(K[h][i, j])) for i in range(3) for j in range(3)
            )
            assert gap <= errors[h] < 1e-6


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("c_res", [None, 0.9, 3.0])
def test_a_change_of_the_data_moves_the_matrices_within_the_bound(
    name: str, c_res: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The bounds are those of Lemma G.4: try them with a change of the data as the error of X X^T.
    monkeypatch.setattr(recursion_errors, "ACCURACY", 0.0)
    sigma, H, t = activation(name), 4, 1e-6

    def recursion(x: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        if c_res is None:
            return fully_connected_recursion(x, sigma, H), []
        return resnet_recursion(x, sigma, H, c_res)

    generator = torch.Generator().manual_seed(2)
    direction = torch.randn(3, 2, generator=generator, dtype=torch.float64)
    K, b = recursion(UNEQUAL)
    errors = (
        fully_connected_errors(K, sigma) if c_res is None else resnet_errors(K, b, sigma, c_res)
    )
    for step in (t * UNEQUAL, t * direction, -t * direction):
        moved, _ = recursion(UNEQUAL + step)
        factor = float((moved[0] - K[0]).abs().max() / errors[0])
        for h in range(H + 1):
            assert float((moved[h] - K[h]).abs().max()) <= factor * float(errors[h])


def test_errors_of_half_a_recursion_are_refused() -> None:
    sigma = activation("sin")
    K, b = resnet_recursion(SIXTY, sigma, 3, 0.5)
    with pytest.raises(ValueError, match=r"fully_connected_errors: 1 matrices; give K"):
        fully_connected_errors(K[:1], sigma)
    with pytest.raises(ValueError, match=r"resnet_errors: 1 means for H=3; give b"):
        resnet_errors(K, b[:1], sigma, 0.5)
    one = resnet_recursion(SIXTY, sigma, 1, 0.5)[0]
    assert resnet_errors(one, [], sigma, 0.5) == fully_connected_errors(one, sigma)
