"""Small networks of scalar weights, for exact expectations over masks."""

from __future__ import annotations

from fractions import Fraction
from typing import TypeAlias

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from strategies.arguments import check_sizes
from strategies.gaussian import Matrix
from strategies.numbers import exact_decimals

Edges: TypeAlias = tuple[tuple[int, Fraction], ...]  # (parent, weight)
Shallow: TypeAlias = tuple[Matrix, Matrix, Matrix, Matrix]  # W_2, W_1, X, Y


def weighted_trees(*, max_edges: int = 6) -> SearchStrategy[Edges]:
    """Rooted trees, edge k from node parent <= k to node k + 1, with decimal weights.

    Args:
        max_edges: 1 to 99.

    Raises:
        ValueError: max_edges < 1.
    """
    check_sizes("weighted_trees", "edges", 1, max_edges)
    weight = exact_decimals(min_value=-2, max_value=2)
    return st.integers(1, max_edges).flatmap(
        lambda count: st.tuples(*(st.tuples(st.integers(0, k), weight) for k in range(count)))
    )


def shallow_networks(
    *, max_h: int = 4, max_size: int = 3, max_n: int = 5, max_entry: int = 9
) -> SearchStrategy[Shallow]:
    """Integer matrices W_2 (k, h), W_1 (h, d), X (d, n) and Y (k, n).

    Args:
        max_h: hidden units at most.
        max_size: inputs and outputs, d and k, at most.
        max_n: samples at most.
        max_entry: entries are within +- this, 1 to 99.

    Raises:
        ValueError: a bound below 1.
    """
    for name, most in (("h", max_h), ("size", max_size), ("n", max_n), ("entry", max_entry)):
        check_sizes("shallow_networks", name, 1, most)
    return _shallow(max_h, max_size, max_n, max_entry)


@st.composite
def _shallow(draw: DrawFn, max_h: int, max_size: int, max_n: int, max_entry: int) -> Shallow:
    k, h, d, n = (draw(st.integers(1, most)) for most in (max_size, max_h, max_size, max_n))
    entry = st.integers(-max_entry, max_entry)
    shapes = ((k, h), (h, d), (d, n), (k, n))
    tables = [draw(st.tuples(*[st.tuples(*[entry] * q)] * p)) for p, q in shapes]
    return tables[0], tables[1], tables[2], tables[3]
