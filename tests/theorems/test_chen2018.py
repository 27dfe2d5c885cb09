"""What the claims about sampled graphs rest on, number by number."""

import pytest
import torch

from dynamics import node_counts
from models import (
    NODE_LAWS,
    GraphNetwork,
    layers_curvature,
    layers_gradient,
    layers_risk,
    node_law,
    node_shares,
    start_parameters,
)
from theorems.chen2018layers import _error, _widest
from theorems.chen2018training import _longest
from verdicts import Seeds, hashed_key

STREAM = Seeds(hashed_key("chen2018"))


def roots(net: GraphNetwork, q: torch.Tensor, first: torch.Tensor, last: torch.Tensor) -> float:
    """The largest of the six means' errors, each in units of the largest term of its sum."""
    A, n = net.A, net.n
    Z = A @ net.W
    s = torch.stack([net.activation.value(Z)[j] @ net.w for j in range(n)])
    v = A @ (A @ s - net.y)
    inner = torch.stack([v[j] * net.w * net.activation.derivative(Z)[j] for j in range(n)])
    back = A @ inner
    found = []
    for shares, terms in (
        (first, [torch.outer(A[:, j], net.W[j]) for j in range(n)]),
        (first, [torch.outer(torch.eye(n)[j].double(), A[j]) for j in range(n)]),
        (first, [torch.outer(torch.eye(n)[j].double(), back[j]) for j in range(n)]),
        (last, [torch.outer(torch.eye(n)[j].double(), A[j]) for j in range(n)]),
        (last, [A[:, j] * s[j] for j in range(n)]),
        (last, [torch.eye(n)[j].double() * v[j] for j in range(n)]),
    ):
        off = sum((shares[j] - 1) * terms[j] for j in range(n))
        largest = max(float(terms[j].norm() / q[j]) for j in range(n))
        found.append(float(torch.as_tensor(off).norm()) / largest)
    return max(found)


@pytest.mark.parametrize("law", NODE_LAWS)
@pytest.mark.parametrize("activation", ["tanh", "identity"])
def test_six_means_bound_the_error_of_the_estimate(activation: str, law: str) -> None:
    for seed, drawn in ((0, 3), (1, 100), (2, 10**6)):
        net = GraphNetwork.of(graph="karate", width=2, seed=seed, activation=activation)
        theta, q = start_parameters(net), node_law(net, law)
        first, last = node_shares(node_counts(q, drawn, STREAM.block(seed, 1), rows=2)[0], q)
        found = layers_gradient(net, theta, first, last) - layers_gradient(net, theta)
        assert float(found.norm()) <= _error(net, q, roots(net, q, first, last))


def test_the_widest_root_reaches_its_goal_and_no_less() -> None:
    net = GraphNetwork.of(graph="karate", width=2, seed=0)
    q = node_law(net, "uniform")
    for goal in (1e-3, 1.0, 1e3):
        root = _widest(net, q, goal)
        assert _error(net, q, root) <= goal <= _error(net, q, root * (1 + 1e-9))


def test_the_longest_step_descends_along_the_worst_estimate() -> None:
    """Half of the gradient too long, too short, and aside, from three starts."""
    for scale in (0.3, 1.0, 3.0):
        net = GraphNetwork.of(graph="karate", width=1, seed=0)
        theta = scale * start_parameters(net)
        h = layers_gradient(net, theta)
        gamma = _longest(net, theta, float(h.norm()))
        largest = layers_curvature(net, theta)(1.5 * gamma * float(h.norm()))
        assert gamma * largest * 2.25 == pytest.approx(0.5)
        aside = torch.randn(20, len(h), generator=torch.Generator().manual_seed(1)).double()
        errors = [0.5 * h, -0.5 * h, *(0.5 * h.norm() * one / one.norm() for one in aside)]
        for error in errors:
            gone = layers_risk(net, theta) - layers_risk(net, theta - gamma * (h + error))
            assert float(gone) >= float(gamma / 4 * h.square().sum())
