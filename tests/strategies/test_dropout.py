"""Chains, trees and shallow networks that Hypothesis may choose."""

import pytest
from hypothesis import given

from models import Tree
from strategies import Edges, Shallow, shallow_networks, weighted_trees


@given(weighted_trees(max_edges=5))
def test_trees_are_trees(edges: Edges) -> None:
    assert 1 <= len(edges) <= 5
    assert Tree(edges).leaves


@given(shallow_networks(max_h=3, max_size=2, max_n=4))
def test_shapes_fit_together(network: Shallow) -> None:
    outer, inner, x, y = network
    assert {len(row) for row in outer} == {len(inner)}
    assert {len(row) for row in inner} == {len(x)}
    assert len(outer) == len(y)
    assert {len(row) for row in x} == {len(row) for row in y}


def test_wrong_bounds_are_told() -> None:
    with pytest.raises(ValueError, match="max_edges=0"):
        weighted_trees(max_edges=0)
    with pytest.raises(ValueError, match="max_h=0"):
        shallow_networks(max_h=0)
