"""The Gram matrix H_ij = G_ij (1/m) #{r: on at i and at j} of activation patterns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from fractions import Fraction
from functools import cached_property
from typing import TypeAlias

from flint import fmpz_mat

from .balls import spend
from .eigen import Matrix, extreme_eigenvalues
from .input_kernels import positive_extremes
from .inputs import Inputs
from .values import Value, times

Pattern: TypeAlias = "tuple[bool, ...]"
Patterns: TypeAlias = "Counter[Pattern]"  # with the number of neurons that have it

_LARGEST_RANK = 10**6  # entries of a matrix whose rank is taken exactly


class Kernel:
    """A positive semidefinite matrix whose eigenvalues are found when they are asked for."""

    def __init__(self, matrix: Matrix, rank: Callable[[], int] | None = None) -> None:
        self.matrix = matrix
        self._rank = rank

    @cached_property
    def extremes(self) -> tuple[Value, Value]:
        """Least and largest eigenvalue."""
        if self._rank is None:
            return extreme_eigenvalues(self.matrix)
        return positive_extremes(self.matrix, self._rank)


def of_patterns(inputs: Inputs, G: Matrix, patterns: Patterns, m: int) -> Kernel:
    """H of m neurons, of which these have a pattern."""
    return Kernel(weighed(G, joint_counts(patterns, inputs.n), m), lambda: rank(inputs, patterns))


def counted(patterns: Iterable[Iterable[bool]]) -> Patterns:
    """How many neurons have each pattern."""
    return Counter(tuple(pattern) for pattern in patterns)


def joint_counts(patterns: Patterns, n: int) -> list[list[int]]:
    """#{r: on at i and at j}."""
    spend(n * n * len(patterns))
    counts = [[0] * n for _ in range(n)]
    for pattern, times_seen in patterns.items():
        active = [i for i in range(n) if pattern[i]]
        for i in active:
            for j in active:
                counts[i][j] += times_seen
    return counts


def weighed(G: Matrix, counts: list[list[int]], m: int) -> Matrix:
    """G_ij counts_ij/m."""
    return [
        [times(Fraction(count, m), entry) for count, entry in zip(row, products, strict=True)]
        for row, products in zip(counts, G, strict=True)
    ]


def rank(inputs: Inputs, patterns: Patterns) -> int:
    """Exact rank of H: sum_i beta_i x_i 1{on at i} vanishes for every pattern iff H beta = 0."""
    if len(patterns) * inputs.d * inputs.n > _LARGEST_RANK:
        return inputs.n  # not decided: the caller's enclosure stands as it is
    spend(len(patterns) * inputs.d * inputs.n**2)
    columns = inputs.Z.transpose().tolist()
    table = [
        [z * is_on for z, is_on in zip(row, pattern, strict=True)]
        for pattern in patterns
        for row in columns
    ]
    return int(fmpz_mat(table).rank() if table else 0)
