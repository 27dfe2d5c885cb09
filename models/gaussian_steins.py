"""Stein operators between Gaussian laws, for affine functions: all means are finite sums.

q = N(m, L L^T) with L lower triangular. A polynomial of degree two (in fact three) has under q the
mean of its values at m + L z over all sign vectors z, so that nothing here is rounded if the
numbers are not. Everything takes fractions, enclosures or the terms of a proof.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, TypeAlias

from models.arguments import as_annotated

Real: TypeAlias = Any
Vector: TypeAlias = "Sequence[Real]"
Table: TypeAlias = "Sequence[Sequence[Real]]"
Field: TypeAlias = Callable[["Vector"], "list[Real]"]


@dataclass(frozen=True, slots=True)
class GaussianLaw:
    """N(mean, root root^T).

    Attributes:
        mean: of d numbers.
        root: lower triangular, by rows of d numbers, with a positive diagonal.
    """

    mean: Vector
    root: Table

    def score(self, x: Vector) -> list[Real]:
        """Grad log density at x, -S^{-1} (x - mean), by two triangular solutions."""
        d = len(self.mean)
        forward: list[Real] = []
        for i in range(d):
            known = sum((self.root[i][j] * forward[j] for j in range(i)), start=0)
            forward.append((self.mean[i] - x[i] - known) / self.root[i][i])
        backward: list[Real] = [None] * d
        for i in reversed(range(d)):
            known = sum((self.root[j][i] * backward[j] for j in range(i + 1, d)), start=0)
            backward[i] = (forward[i] - known) / self.root[i][i]
        return backward

    def expectation(self, value: Callable[[Vector], Real]) -> Real:
        """The mean of a polynomial of degree at most three."""
        d, total = len(self.mean), 0
        for signs in product((-1, 1), repeat=d):
            point = [
                self.mean[i] + sum((self.root[i][j] * signs[j] for j in range(i + 1)), start=0)
                for i in range(d)
            ]
            total = total + value(point)
        return total / 2**d


@dataclass(frozen=True, slots=True)
class AffineField:
    """f(x) = A x + b.

    Attributes:
        A: by rows.
        b: as long as A has rows.
    """

    A: Table
    b: Vector

    def __call__(self, x: Vector) -> list[Real]:
        """Its value."""
        return [vector_dot(row, x) + shift for row, shift in zip(self.A, self.b, strict=True)]

    @property
    def divergence(self) -> Real:
        """The trace of A."""
        return sum((row[i] for i, row in enumerate(self.A)), start=0)


@as_annotated(finite=False)
def vector_dot(p: Vector, q: Vector) -> Real:
    """The inner product."""
    return sum((a * b for a, b in zip(p, q, strict=True)), start=0)


@as_annotated(finite=False)
def stein(law: GaussianLaw, f: AffineField, x: Vector) -> Real:
    """The trace of the Stein operator of a law at x: score(x).f(x) + div f(x)."""
    return vector_dot(law.score(x), f(x)) + f.divergence


@as_annotated
def score_gap(p: GaussianLaw, q: GaussianLaw) -> Field:
    """The field s_p - s_q."""
    return lambda x: [a - b for a, b in zip(p.score(x), q.score(x), strict=True)]
