"""Graph networks and laws of their nodes, as Hypothesis draws them."""

import pytest
from hypothesis import find

from models import GRAPH_ACTIVATIONS, NODE_LAWS, GraphNetwork
from strategies import graph_networks, node_laws


@pytest.mark.parametrize("activation", GRAPH_ACTIVATIONS)
def test_every_activation_is_drawn_and_the_karate_club_is_the_simplest(activation: str) -> None:
    found = find(
        graph_networks(activations=GRAPH_ACTIVATIONS), lambda net: net.activation.name == activation
    )
    assert found == GraphNetwork.of(graph="karate", width=1, seed=0, activation=activation)


@pytest.mark.parametrize("law", NODE_LAWS)
def test_every_law_is_drawn(law: str) -> None:
    assert find(node_laws(), lambda name: name == law) == law


def test_what_is_wrong_is_told() -> None:
    with pytest.raises(ValueError, match="activations='sin'; give one of"):
        graph_networks(activations=("sin",))
    with pytest.raises(ValueError, match="graphs='cora'; give one of"):
        graph_networks(graphs=("cora",))
    with pytest.raises(ValueError, match="max_width=0; give an integer >= 1"):
        graph_networks(max_width=0)
