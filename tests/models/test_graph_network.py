"""Graph networks: their gradient, all samples, and what is registered."""

import pytest
import torch

from models import GraphNetwork, all_samples, graph_gradient, register_graph, sampled_gradient
from strategies import GRAPHS

KARATE = GraphNetwork.of(graph="karate", width=3, seed=1)


def test_the_karate_club_is_that_of_zachary() -> None:
    assert KARATE.n == 34
    assert int((KARATE.A > 0).sum()) == 34 + 2 * 78
    assert torch.equal(KARATE.A, KARATE.A.mT)
    assert set(KARATE.y.tolist()) == {-1.0, 1.0}


@pytest.mark.parametrize("graph", GRAPHS)
def test_the_gradient_is_that_of_autograd(graph: str) -> None:
    net = GraphNetwork.of(graph=graph, width=2, seed=3)
    w = net.w.clone().requires_grad_()
    risk = (net.A @ net.features @ w - net.y).square().sum() / (2 * net.n)
    (wanted,) = torch.autograd.grad(risk, w)
    assert torch.allclose(graph_gradient(net, net.w), wanted, atol=1e-14)


def test_every_node_once_gives_the_gradient() -> None:
    found = sampled_gradient(KARATE, KARATE.w, torch.ones(34, dtype=torch.float64))
    assert torch.allclose(found, graph_gradient(KARATE, KARATE.w), atol=1e-14)


def test_a_sampled_estimate_is_that_of_autograd_on_the_sampled_graph() -> None:
    counts = torch.zeros(34, dtype=torch.float64)
    counts[[0, 5, 5, 33]] += torch.tensor([1.0, 2.0, 2.0, 1.0], dtype=torch.float64)
    counts[5] = 2
    w = KARATE.w.clone().requires_grad_()
    rows = (KARATE.A * counts * 34 / 4) @ KARATE.features
    risk = (rows @ w - KARATE.y).square().sum() / (2 * 34)
    (wanted,) = torch.autograd.grad(risk, w)
    assert torch.allclose(sampled_gradient(KARATE, KARATE.w, counts), wanted, atol=1e-12)


def test_all_samples_are_there_with_their_chances() -> None:
    counts, chances = all_samples(3, 2)
    assert counts.tolist() == [[2, 0, 0], [1, 1, 0], [1, 0, 1], [0, 2, 0], [0, 1, 1], [0, 0, 2]]
    assert (chances * 9).tolist() == [1, 2, 2, 1, 2, 1]
    assert float(all_samples(34, 3)[1].sum()) == pytest.approx(1)


def test_what_is_wrong_is_told() -> None:
    with pytest.raises(ValueError, match="give one of"):
        GraphNetwork.of(graph="cora", width=1, seed=0)
    with pytest.raises(ValueError, match="width=0; give an integer >= 1"):
        GraphNetwork.of(graph="karate", width=0, seed=0)
    with pytest.raises(ValueError, match="GraphNetwork: recipe="):
        GraphNetwork({"graph": "karate"})
    with pytest.raises(ValueError, match="samples; draw fewer"):
        all_samples(40, 3)
    with pytest.raises(ValueError, match="'karate' is registered already"):
        register_graph("karate", lambda: (1, [], [1.0]))
