"""Gradient descent on all blocks of an equilibrium network, in balls."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from flint import arb

from .balls import Undecided, dot
from .deep_numbers import norm
from .implicit_numbers import distance, residual
from .implicit_point import Point
from .values import Value, ball, greatest, least, power


class Descent:
    """BLOCK <- BLOCK - eta dL/dBLOCK with L = ||y - yhat||^2/2.

    Args:
        start: the network at its start.
        eta: step size.
        length: of e_0; the recipe's residual or labels give its direction then. None keeps it.
    """

    def __init__(self, start: Point, eta: Value, length: Value | None) -> None:
        self._eta = ball(eta)
        e = first_residual(start, length)
        self._y = [u + z for u, z in zip(start.yhat, e, strict=True)]
        self._points, self._e = [start], [e]

    def point(self, k: int) -> Point:
        """The network after k steps; whether it has an equilibrium is not asked."""
        while len(self._points) <= k:
            weights = [self._eta * z for z in self.e(len(self._points) - 1)]
            self._points.append(self._points[-1].stepped(weights))
        return self._points[k]

    def e(self, k: int) -> list[arb]:
        """The residual y - yhat after k steps."""
        while len(self._e) <= k:
            self._e.append(residual(self.point(len(self._e)), self._y))
        return self._e[k]

    def squared(self, k: int) -> arb:
        """||e_k||^2."""
        return dot(self.e(k), self.e(k)).nonnegative_part()

    def decay_factor(self, k: int) -> Value:
        """The largest (||e_s||^2/||e_0||^2)^(1/s), 1 <= s <= k."""
        ratios = [self._ratio(s, 0) for s in range(1, k + 1)]
        return greatest(*(power(z, Fraction(1, s)) for s, z in enumerate(ratios, start=1)))

    def step_ratio(self, k: int) -> Value:
        """The largest ||e_(s+1)||/||e_s||, s < k."""
        return greatest(*(self._ratio(s + 1, s).sqrt() for s in range(k)))

    def farthest(self, k: int, name: str) -> Value:
        """The largest Frobenius distance of a block from its start."""
        points = [self.point(s) for s in range(1, k + 1)]
        return greatest(Fraction(0), *(distance(one, self._points[0], name) for one in points))

    def most(self, k: int, number: Callable[[Point], Value]) -> Value:
        """The largest of a number at 0, ..., k."""
        return greatest(*(number(self.point(s)) for s in range(k + 1)))

    def least(self, k: int, number: Callable[[Point], Value]) -> Value:
        """The least of a number at 0, ..., k."""
        return least(*(number(self.point(s)) for s in range(k + 1)))

    def _ratio(self, k: int, before: int) -> arb:
        """||e_k||^2/||e_before||^2.

        Raises:
            Undecided: the divisor is too near 0.
        """
        divisor = self.squared(before)
        if divisor.contains(0):
            raise Undecided("the residual is too near 0 for a ratio")
        return (self.squared(k) / divisor).nonnegative_part()


def first_residual(start: Point, length: Value | None) -> list[arb]:
    """The residual y - yhat(0) as the recipe gives it, scaled to a length if there is one.

    Raises:
        Undecided: it is too near 0 to be scaled.
    """
    net = start.frame.net
    e = [ball(z) for z in net.targets]
    if net.kind == "labels":
        e = residual(start, e)
    if length is None:
        return e
    size = norm([e])
    if size.contains(0):
        raise Undecided("the residual is too near 0 to have a direction")
    return [z * ball(length) / size for z in e]
