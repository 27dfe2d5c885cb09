"""Gram matrix and limit kernel of exact inputs, at the working precision.

H_inf_ij = x_i.x_j (pi - angle_ij)/(2 pi), the arc-cosine kernel of order 0 (Cho, Saul 2009).
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import cached_property

from flint import arb

from .eigen import Matrix, extreme_eigenvalues
from .inputs import Inputs
from .values import Value, ball, minus, over, square_root, times

# cos^2 of an angle between 0 and pi/2 : the angle as a part of pi, where both are rational.
_RATIONAL_ANGLES = {
    Fraction(0): Fraction(1, 2),
    Fraction(1, 4): Fraction(1, 3),
    Fraction(1, 2): Fraction(1, 4),
    Fraction(3, 4): Fraction(1, 6),
    Fraction(1): Fraction(0),
}


class InputKernels:
    """G and H_inf at the working precision, and the eigenvalues of both."""

    def __init__(self, inputs: Inputs) -> None:
        self.inputs = inputs

    @cached_property
    def G(self) -> Matrix:
        """x_i.x_j."""
        g, squared = self.inputs.products, self.inputs.squared_scales
        return _symmetric(
            self.inputs.n,
            lambda i, j: times(Fraction(g[i][j]), square_root(squared[i] * squared[j])),
        )

    @cached_property
    def H_inf(self) -> Matrix:
        """The limit kernel."""
        return _symmetric(
            self.inputs.n,
            lambda i, j: times(self.G[i][j], minus(Fraction(1), self._angle(i, j)), Fraction(1, 2)),
        )

    @cached_property
    def of_G(self) -> tuple[Value, Value]:
        """Least and largest eigenvalue of G."""
        return positive_extremes(self.G, lambda: self.inputs.rank_G)

    @cached_property
    def of_H_inf(self) -> tuple[Value, Value]:
        """Least and largest eigenvalue of H_inf."""
        return positive_extremes(self.H_inf, lambda: self.inputs.rank_H_inf)

    def _angle(self, i: int, j: int) -> Value:
        """The angle between two inputs as a part of pi."""
        g = self.inputs.products
        squares = g[i][i] * g[j][j]
        cosine = Fraction(g[i][j] ** 2, squares)
        if cosine in _RATIONAL_ANGLES:
            angle = _RATIONAL_ANGLES[cosine]
            return angle if g[i][j] >= 0 else 1 - angle
        sine = square_root(Fraction(squares - g[i][j] ** 2))
        return over(arb.atan2(ball(sine), arb(g[i][j])), arb.pi())


def positive_extremes(A: Matrix, rank: Callable[[], int]) -> tuple[Value, Value]:
    """Extreme eigenvalues of a matrix that is positive semidefinite, by exact rank where needed."""
    low, high = extreme_eigenvalues(A)
    if isinstance(low, arb) and low.contains(0):
        low = low.nonnegative_part() if rank() == len(A) else Fraction(0)
    return low, high


def _symmetric(n: int, entry: Callable[[int, int], Value]) -> Matrix:
    half = [[entry(i, j) for j in range(i + 1)] for i in range(n)]
    return [[half[max(i, j)][min(i, j)] for j in range(n)] for i in range(n)]
