"""Both layers of a graph network: the gradient, all samples, and a bound of the curvature."""

import math
from collections.abc import Callable
from itertools import product
from typing import Any

import pytest
import torch
from torch import Tensor

from models import (
    GRAPH_ACTIVATIONS,
    NODE_LAWS,
    GraphNetwork,
    drawn_samples,
    layers_curvature,
    layers_gradient,
    layers_risk,
    mean_given_first,
    mean_gradient,
    node_gradients,
    node_law,
    node_shares,
    register_graph,
    sampling_variance,
    start_parameters,
)
from strategies import GRAPHS

SCALARS: dict[str, Callable[[float], float]] = {
    "tanh": math.tanh,
    "relu": lambda z: max(z, 0.0),
    "identity": lambda z: z,
}
register_graph("path of three", lambda: (3, [(0, 1), (1, 2)], [1.0, -1.0, 1.0]))
of_every_activation = pytest.mark.parametrize("activation", GRAPH_ACTIVATIONS)


def three(activation: str = "tanh") -> GraphNetwork:
    return GraphNetwork.of(graph="path of three", width=2, seed=4, activation=activation)


def risk_by_hand(
    net: GraphNetwork, theta: list[float], first: list[float], last: list[float]
) -> float:
    """f from its formula, number by number."""
    A, y, n, h = net.A.tolist(), net.y.tolist(), net.n, net.m
    sigma = SCALARS[net.recipe["activation"]]
    W = [theta[i * h : (i + 1) * h] for i in range(n)]
    w = theta[n * h :]
    s = []
    for j in range(n):
        Z = [sum(A[j][k] * first[k] * W[k][r] for k in range(n)) for r in range(h)]
        s.append(sum(sigma(z) * out for z, out in zip(Z, w, strict=True)))
    u = [sum(A[i][j] * last[j] * s[j] for j in range(n)) for i in range(n)]
    return float(sum((a - b) ** 2 for a, b in zip(u, y, strict=True)) / (2 * n))


@of_every_activation
def test_risk_and_gradient_are_those_of_the_formula(activation: str) -> None:
    net = three(activation)
    theta = start_parameters(net)
    shares = torch.tensor([[0.5, 1.5, 1.0], [3.0, 0.0, 2.0]], dtype=torch.float64)
    first, last = shares.tolist()
    found = layers_risk(net, theta, shares[0], shares[1])
    assert float(found) == pytest.approx(risk_by_hand(net, theta.tolist(), first, last))
    slopes = layers_gradient(net, theta, shares[0], shares[1])
    for place in range(len(theta)):
        moved = [theta.tolist() for _ in range(2)]
        moved[0][place] += 1e-6
        moved[1][place] -= 1e-6
        up, down = (risk_by_hand(net, point, first, last) for point in moved)
        assert float(slopes[place]) == pytest.approx((up - down) / 2e-6, abs=1e-8)


@of_every_activation
@pytest.mark.parametrize("graph", GRAPHS)
def test_the_gradient_is_that_of_autograd(graph: str, activation: str) -> None:
    net = GraphNetwork.of(graph=graph, width=2, seed=3, activation=activation)
    counts = torch.arange(4 * net.n, dtype=torch.float64).reshape(2, 2, net.n) % 3
    first, last = node_shares(counts, node_law(net, "importance"))
    theta = (start_parameters(net) * torch.tensor([[1.0], [0.5]])).requires_grad_()
    risks = layers_risk(net, theta, first, last)
    (wanted,) = torch.autograd.grad(risks.sum(), theta)
    found = layers_gradient(net, theta.detach(), first, last)
    assert torch.allclose(found, wanted, atol=1e-12)
    alone = layers_gradient(net, theta.detach()[1], first[1], last[1])
    assert torch.allclose(found[1], alone, atol=1e-13)


@pytest.mark.parametrize("law", NODE_LAWS)
def test_the_mean_is_that_over_all_pairs_of_samples(law: str) -> None:
    net = three()
    theta, q = start_parameters(net), node_law(net, law)
    total: Tensor = torch.zeros_like(theta)
    for first in product(range(3), repeat=2):
        for last in product(range(3), repeat=2):
            counts = [torch.bincount(torch.tensor(s), minlength=3).double() for s in (first, last)]
            chance = q[list(first)].prod() * q[list(last)].prod()
            shares = [node_shares(one, q) for one in counts]
            total += chance * layers_gradient(net, theta, *shares)
    assert torch.allclose(mean_gradient(net, theta, q, first=2, last=2), total, atol=1e-13)
    samples, chances = drawn_samples(net, 2, q)
    assert float(chances.sum()) == pytest.approx(1)
    assert torch.allclose(chances @ samples, torch.ones(3, dtype=torch.float64))
    given = mean_given_first(net, theta, q, samples, None)
    assert torch.allclose(given, layers_gradient(net, theta, samples), atol=1e-14)
    assert torch.allclose(mean_gradient(net, theta, q), layers_gradient(net, theta), atol=1e-14)


def test_the_variance_is_what_samples_of_the_last_layer_add_to_the_risk() -> None:
    net = three("relu")
    theta, q = start_parameters(net), node_law(net, "importance")
    samples, chances = drawn_samples(net, 3, q)
    added = chances @ layers_risk(net, theta, None, samples) - layers_risk(net, theta)
    assert float(added) == pytest.approx(float(sampling_variance(net, theta, q)) / 3)


def test_laws_are_those_of_the_columns() -> None:
    net = three()
    assert node_law(net, "uniform").tolist() == pytest.approx([1 / 3] * 3)
    squares = (net.A**2).sum(dim=0)
    assert torch.allclose(node_law(net, "importance"), squares / squares.sum())
    with pytest.raises(ValueError, match="give one of"):
        node_law(net, "degree")


def test_nodes_have_gradients_whose_mean_is_that_of_the_risk() -> None:
    net = three()
    theta = start_parameters(net).requires_grad_()
    each = node_gradients(net, theta.detach())
    u = net.A @ torch.tanh(net.A @ theta[:6].reshape(3, 2)) @ theta[6:]
    for i in range(3):
        loss = (u[i] - net.y[i]).square() / 2
        (wanted,) = torch.autograd.grad(loss, theta, retain_graph=True)
        assert torch.allclose(each[i], wanted, atol=1e-14)


@pytest.mark.parametrize("activation", ["tanh", "identity"])
def test_the_curvature_bounds_all_hessians_where_the_risk_is_no_larger(activation: str) -> None:
    net = GraphNetwork.of(graph="path of three", width=1, seed=4, activation=activation)
    theta = start_parameters(net)
    bound, start = layers_curvature(net, theta), layers_risk(net, theta)
    hessian: Any = torch.autograd.functional.hessian

    def norm(point: Tensor) -> float:
        found = hessian(lambda at: layers_risk(net, at), point)
        return float(torch.linalg.matrix_norm(found, 2))

    assert 0.2 * bound(0.0) < norm(theta) <= bound(0.0)
    generator = torch.Generator().manual_seed(1)
    ways = torch.randn(300, len(theta), generator=generator, dtype=torch.float64)
    near = theta + 0.5 * ways / ways.norm(dim=-1, keepdim=True)
    below = [point for point in near if layers_risk(net, point) <= start]
    assert len(below) > 30
    assert max(map(norm, below)) <= bound(0.5)
    with pytest.raises(ValueError, match="'relu' has no Lipschitz derivative"):
        layers_curvature(three("relu"), start_parameters(three("relu")))


def test_a_recipe_without_an_activation_is_that_of_tanh() -> None:
    old = GraphNetwork.from_recipe({"graph": "path of three", "width": 2, "seed": 4})
    assert old == three()
    assert old != three("relu")
    assert repr(old) == (
        "GraphNetwork.of(activation='tanh', graph='path of three', seed=4, width=2)"
    )
    with pytest.raises(ValueError, match="activation='sin'; give one of"):
        three("sin")
