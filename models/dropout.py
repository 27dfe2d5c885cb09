"""Small networks of scalar weights whose edges or units are dropped at random, exactly.

Every function adds up all masks, so its result is an expectation without error; it takes whatever
can be added and multiplied: fractions, enclosures, or the terms of a proof.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Any, TypeAlias

from models.arguments import as_annotated

Real: TypeAlias = Any  # a number of any kind that has + - * **
Table: TypeAlias = "Sequence[Sequence[Real]]"
Edge: TypeAlias = "tuple[int, Real]"
_MOST_FILTERS = 24  # 2^24 masks take seconds


@as_annotated
def weighted_masks(count: int, keep: Real) -> Iterator[tuple[tuple[int, ...], Real]]:
    """All masks of 0 and 1, each with its probability.

    Args:
        count: how many independent filters.
        keep: the probability p of a 1.

    Raises:
        ValueError: no count of filters, or over 24 of them.
    """
    if not 0 <= count <= _MOST_FILTERS:
        raise ValueError(f"weighted_masks: count={count}; give 0 ... {_MOST_FILTERS}")
    for mask in product((0, 1), repeat=count):
        yield mask, keep ** sum(mask) * (1 - keep) ** (count - sum(mask)) if count else 1


@as_annotated
def mean_over_masks(count: int, keep: Real, value: Any) -> Real:
    """E value(f) over independent filters f with P(f_l = 1) = keep.

    Args:
        count: how many filters.
        keep: p.
        value: takes a mask, returns a number.
    """
    return sum(chance * value(mask) for mask, chance in weighted_masks(count, keep))


@as_annotated
def chain_output(weights: Sequence[Real], x: Real, mask: Sequence[int]) -> Real:
    """The output x f_1 w_1 ... f_L w_L of a chain."""
    return prod((w for w in weights), start=x) if all(mask) else x * 0


@dataclass(frozen=True, slots=True)
class Tree:
    """A rooted tree: edge k leads from node `edges[k][0]` <= k to node k + 1; the root is node 0.

    Attributes:
        edges: (parent, weight) of each edge.
    """

    edges: tuple[Edge, ...]

    def __post_init__(self) -> None:
        for k, (parent, _) in enumerate(self.edges):
            if not 0 <= parent <= k:
                raise ValueError(f"Tree: edge {k} has parent={parent}; give one in 0..{k}")

    @property
    def leaves(self) -> list[int]:
        """Nodes without children."""
        parents = {parent for parent, _ in self.edges}
        return [node for node in range(1, len(self.edges) + 1) if node not in parents]

    def path(self, node: int) -> list[int]:
        """The edges from the root to a node."""
        found: list[int] = []
        while node > 0:
            found.append(node - 1)
            node = self.edges[node - 1][0]
        return found[::-1]

    def output(self, leaf: int, x: Real, mask: Sequence[int]) -> Real:
        """What reaches a leaf: x times the kept weights on its path."""
        path = self.path(leaf)
        return chain_output([self.edges[k][1] for k in path], x, [mask[k] for k in path])


@as_annotated(finite=False)
def matrix_product(A: Table, other: Table) -> list[list[Real]]:
    """The product of two matrices given by rows."""
    columns = list(zip(*other, strict=True))
    return [[_dot(row, column) for column in columns] for row in A]


@as_annotated
def squared_norm(A: Table) -> Real:
    """||A||_F^2."""
    return sum(a**2 for row in A for a in row)


@as_annotated
def matrix_difference(A: Table, other: Table) -> list[list[Real]]:
    """The difference of two matrices given by rows."""
    pairs = zip(A, other, strict=True)
    return [[a - b for a, b in zip(p, q, strict=True)] for p, q in pairs]


@as_annotated
def masked_rows(A: Table, mask: Sequence[int]) -> list[list[Real]]:
    """diag(mask) A."""
    return [[a * f for a in row] for row, f in zip(A, mask, strict=True)]


def _dot(row: Sequence[Real], column: Sequence[Real]) -> Real:
    return sum(a * b for a, b in zip(row, column, strict=True))
