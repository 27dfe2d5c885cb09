"""Gram matrix and limit kernel of exact inputs, at the working precision.

H_inf_ij = x_i.x_j (pi - angle_ij)/(2 pi), the arc-cosine kernel of order 0 (Cho, Saul 2009).
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import cached_property

from flint import arb

from .balls import UnreadableError
from .eigen import Matrix, extreme_eigenvalues
from .inputs import Inputs
from .values import Value, ball, minus, over, plus, square_root, times

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

    def cosine(self, i: Value, j: Value) -> Value:
        """x_i.x_j/(|x_i||x_j|), counted from 0.

        Raises:
            UnreadableError: there are no such inputs.
        """
        places = {Fraction(place): place for place in range(self.inputs.n)}
        if not (isinstance(i, Fraction) and isinstance(j, Fraction) and {i, j} <= set(places)):
            raise UnreadableError(f"cosine: there are inputs 0 to {self.inputs.n - 1}; give two")
        g, k, other = self.inputs.products, places[i], places[j]
        return over(Fraction(g[k][other]), square_root(Fraction(g[k][k] * g[other][other])))

    @cached_property
    def G2_inf(self) -> Matrix:
        """E s(w.x_i) s(w.x_j) for s = max(., 0), the arc-cosine kernel of order 1."""
        return _symmetric(self.inputs.n, self._of_order_1)

    @cached_property
    def of_G(self) -> tuple[Value, Value]:
        """Least and largest eigenvalue of G."""
        return positive_extremes(self.G, lambda: self.inputs.rank_G)

    @cached_property
    def of_H_inf(self) -> tuple[Value, Value]:
        """Least and largest eigenvalue of H_inf."""
        return positive_extremes(self.H_inf, lambda: self.inputs.rank_H_inf)

    @cached_property
    def extremes_of_order_1(self) -> tuple[Value, Value]:
        """Least and largest eigenvalue of G2_inf, which has the null space of H_inf."""
        return positive_extremes(self.G2_inf, lambda: self.inputs.rank_H_inf)

    def least_of_homotopy(self, s: Value) -> Value:
        """Least eigenvalue of (1 - s) G + s^2 H_inf, the limit for z -> (1 - s) z + s max(z, 0)."""
        weights = minus(Fraction(1), s), times(s, s)

        def entry(i: int, j: int) -> Value:
            return plus(times(weights[0], self.G[i][j]), times(weights[1], self.H_inf[i][j]))

        return extreme_eigenvalues(_symmetric(self.inputs.n, entry))[0]

    def _of_order_1(self, i: int, j: int) -> Value:
        """(|x_i||x_j| sin t/pi + x_i.x_j (1 - t/pi))/2 for the angle t."""
        g, squared = self.inputs.products, self.inputs.squared_scales
        area = Fraction(g[i][i] * g[j][j] - g[i][j] ** 2) * squared[i] * squared[j]
        sine = square_root(area)
        share = over(sine, arb.pi()) if sine != 0 else Fraction(0)
        return over(
            plus(share, times(self.G[i][j], minus(Fraction(1), self._angle(i, j)))), Fraction(2)
        )

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


def arc_cosine(t: Value) -> Value:
    """Q(t) = (sqrt(1 - t^2) + t (pi - arccos t))/pi for -1 <= t <= 1.

    Raises:
        Hopeless: t is beyond; Undecided: that is not certain.
    """
    sine = square_root(minus(Fraction(1), times(t, t)))
    if sine == 0:
        return Fraction(int(t > 0))
    supplement = over(arb.atan2(ball(sine), -ball(t)), arb.pi())
    return plus(over(sine, arb.pi()), times(t, supplement))


def positive_extremes(A: Matrix, rank: Callable[[], int]) -> tuple[Value, Value]:
    """Extreme eigenvalues of a matrix that is positive semidefinite, by exact rank where needed."""
    low, high = extreme_eigenvalues(A)
    if isinstance(low, arb) and low.contains(0):
        low = low.nonnegative_part() if rank() == len(A) else Fraction(0)
    return low, high


def _symmetric(n: int, entry: Callable[[int, int], Value]) -> Matrix:
    half = [[entry(i, j) for j in range(i + 1)] for i in range(n)]
    return [[half[max(i, j)][min(i, j)] for j in range(n)] for i in range(n)]
