import math

import pytest
import torch
from torch import Tensor

from models import (
    H,
    Start,
    gaussian_weights,
    gradient,
    prediction_jacobian,
    predictions,
    rademacher_signs,
)
from verdicts import Seeds

STEP = 1e-4

Network = tuple[Tensor, Tensor, Tensor]


def network(n: int, d: int, m: int) -> Network:
    """A network none of whose pre-activations changes its sign within a step."""
    seeds = Seeds((1, n), first=m)
    x, w = gaussian_weights(n, d, Seeds((2, d)))[0], gaussian_weights(m, d, seeds)[0]
    assert float((w @ x.T).abs().min()) > 2 * STEP * float(x.abs().max())
    return x, w, rademacher_signs(m, seeds)[0]


def output(x: list[float], w: list[list[float]], a: list[float]) -> float:
    """u_i without a tensor."""
    active = [max(sum(p * q for p, q in zip(row, x, strict=True)), 0.0) for row in w]
    return sum(p * q for p, q in zip(a, active, strict=True)) / math.sqrt(len(a))


def slopes(x: Tensor, w: Tensor, a: Tensor) -> list[list[float]]:
    """Central differences: exact but for rounding where u is linear in W."""
    table = []
    for row in x.tolist():
        differences = []
        for r in range(w.shape[0]):
            for k in range(w.shape[1]):
                ends = []
                for sign in (1, -1):
                    moved = w.tolist()
                    moved[r][k] += sign * STEP
                    ends.append(output(row, moved, a.tolist()))
                differences.append((ends[0] - ends[1]) / (2 * STEP))
        table.append(differences)
    return table


sizes = pytest.mark.parametrize(("n", "d", "m"), [(1, 1, 1), (1, 3, 2), (4, 2, 7), (3, 5, 4)])


@sizes
def test_it_is_what_finite_differences_find(n: int, d: int, m: int) -> None:
    x, w, a = network(n, d, m)
    J = prediction_jacobian(x, w, 1.5 * a)
    assert J.shape == (n, m * d)
    expected = torch.tensor(slopes(x, w, 1.5 * a), dtype=torch.float64)
    torch.testing.assert_close(J, expected, rtol=0, atol=1e-10)


@sizes
def test_off_the_kinks_it_gives_the_kernel(n: int, d: int, m: int) -> None:
    x, w, a = network(n, d, m)
    J = prediction_jacobian(x, w, a)
    torch.testing.assert_close(J @ J.T, H(x, w), rtol=1e-13, atol=1e-13)
    J = prediction_jacobian(x, w, 3 * a)
    torch.testing.assert_close(J @ J.T, H(x, w, 3 * a), rtol=1e-13, atol=1e-13)


@sizes
def test_off_the_kinks_it_gives_the_gradient(n: int, d: int, m: int) -> None:
    x, w, a = network(n, d, m)
    y = torch.linspace(-1, 1, n, dtype=torch.float64)
    pulled = prediction_jacobian(x, w, a).T @ (predictions(x, w, a) - y)
    torch.testing.assert_close(pulled.reshape(m, d), gradient(x, y, w, a), rtol=1e-13, atol=1e-13)


def test_at_a_kink_it_lacks_what_the_paper_counts() -> None:
    start = Start.of(rows=[[1]], weights=[[0]], signs=[1], labels=[1])
    assert prediction_jacobian(start.x, start.w, start.a).tolist() == [[0.0]]
    assert H(start.x, start.w).tolist() == [[1.0]]


def test_only_the_unit_on_the_kink_is_lacking() -> None:
    # The first neuron is orthogonal to the first input, and on for the second.
    start = Start.of(rows=[[1, 0], [0, 1]], weights=[[0, 1], [1, 1]], signs=[1, -1], labels=[0, 0])
    J = prediction_jacobian(start.x, start.w, start.a)
    lacking = torch.tensor([[0.5, 0.0], [0.0, 0.0]], dtype=torch.float64)
    torch.testing.assert_close(H(start.x, start.w) - J @ J.T, lacking)
