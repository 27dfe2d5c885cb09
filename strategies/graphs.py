"""Graph networks on real and on planted graphs."""

from __future__ import annotations

from functools import partial
from typing import Any

import networkx
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from models import GRAPH_ACTIVATIONS, NODE_LAWS, GraphNetwork, register_graph
from strategies.arguments import check_sizes, check_words
from strategies.numbers import LARGEST

# Zachary's karate club, two groups of seventeen nodes, and four groups of fifty.
GRAPHS = ("karate", "partition 2x17", "partition 4x50")
_INSIDE, _ACROSS, _SEED = 0.4, 0.05, 1


def graph_networks(
    *,
    graphs: tuple[str, ...] = GRAPHS,
    max_width: int = 4,
    activations: tuple[str, ...] = ("tanh",),
) -> SearchStrategy[GraphNetwork]:
    """Two-layer graph networks, the karate club first.

    Labels are +-1: the club that a member joined, or the parity of the group.

    Args:
        graphs: some of GRAPHS.
        max_width: hidden units at most.
        activations: some of GRAPH_ACTIVATIONS.

    Raises:
        ValueError: an unknown graph or activation, or max_width < 1.
    """
    chosen = check_words("graph_networks", "graphs", graphs, GRAPHS)
    sigmas = check_words("graph_networks", "activations", activations, GRAPH_ACTIVATIONS)
    check_sizes("graph_networks", "width", 1, max_width)
    return st.builds(
        lambda graph, width, seed, sigma: GraphNetwork.of(
            graph=graph, width=width, seed=seed, activation=sigma
        ),
        st.sampled_from(chosen),
        st.integers(1, max_width),
        st.integers(0, LARGEST),
        st.sampled_from(sigmas),
    )


def node_laws() -> SearchStrategy[str]:
    """Names of the laws that nodes are sampled from, "uniform" first."""
    return st.sampled_from(NODE_LAWS)


def _karate() -> tuple[int, list[tuple[int, int]], list[float]]:
    graph: Any = networkx.karate_club_graph()
    labels = [1.0 if graph.nodes[i]["club"] == "Mr. Hi" else -1.0 for i in graph.nodes]
    return len(labels), [(int(i), int(j)) for i, j in graph.edges], labels


def _partition(groups: int, size: int) -> tuple[int, list[tuple[int, int]], list[float]]:
    graph: Any = networkx.planted_partition_graph(groups, size, _INSIDE, _ACROSS, seed=_SEED)
    labels = [1.0 if i // size % 2 == 0 else -1.0 for i in range(groups * size)]
    return groups * size, [(int(i), int(j)) for i, j in graph.edges], labels


register_graph("karate", _karate)
register_graph("partition 2x17", partial(_partition, 2, 17))
register_graph("partition 4x50", partial(_partition, 4, 50))
