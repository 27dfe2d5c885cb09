"""Gradient descent on all layers and the output weights of a deep network, in balls."""

from __future__ import annotations

from fractions import Fraction

from flint import arb

from .balls import Undecided, dot
from .deep_numbers import distance, gram_eigenvalues, step_length
from .deep_passes import Point
from .values import Value, ball, greatest, least, power


class Descent:
    """W^(h) <- W^(h) - eta dL/dW^(h), a <- a - eta dL/da with L = ||y - u||^2/2.

    Args:
        start: the network at its start.
        eta: step size.
        length: of e_0; the recipe's residual or labels give its direction then. None keeps it.
    """

    def __init__(self, start: Point, eta: Value, length: Value | None) -> None:
        self.eta = ball(eta)
        e = residual(start)
        if length is not None:
            norm = dot(e, e).nonnegative_part().sqrt()
            if norm.contains(0):
                raise Undecided("the residual is too near 0 to have a direction")
            e = [z * ball(length) / norm for z in e]
        self._y = [u + z for u, z in zip(start.u, e, strict=True)]
        self._points, self._e = [start], [e]

    def point(self, k: int) -> Point:
        """The network after k steps."""
        while len(self._points) <= k:
            here = self._points[-1].stepped([self.eta * z for z in self._e[-1]])
            self._points.append(here)
            self._e.append([y - u for y, u in zip(self._y, here.u, strict=True)])
        return self._points[k]

    def e(self, k: int) -> list[arb]:
        """The residual y - u after k steps."""
        self.point(k)
        return self._e[k]

    def squared_residual(self, k: int) -> arb:
        """||y - u(k)||^2."""
        return dot(self.e(k), self.e(k))

    def decay_factor(self, k: int) -> Value:
        """The largest (||e_s||^2/||e_0||^2)^(1/s), 1 <= s <= k.

        Raises:
            Undecided: e_0 is too near 0.
        """
        first = self.squared_residual(0)
        if first.contains(0):
            raise Undecided("the residual is too near 0 for a ratio")
        ratios = [(self.squared_residual(s) / first).nonnegative_part() for s in range(1, k + 1)]
        return greatest(*(power(z, Fraction(1, s)) for s, z in enumerate(ratios, start=1)))

    def farthest(self, k: int, layer: int | None) -> Value:
        """The largest ||W^(h)(s) - W^(h)(0)||_F, s <= k, of one layer or of all; H + 1 means a."""
        points = [self.point(s) for s in range(1, k + 1)]
        return greatest(Fraction(0), *(distance(self._points[0], one, layer) for one in points))

    def least_eigenvalue(self, k: int, layer: int | None) -> Value:
        """The least eigenvalue, s = 0, ..., k, of G^(h)(s), or of the sum of all layers."""
        return least(*(gram_eigenvalues(self.point(s), layer)[0] for s in range(k + 1)))

    def step_length(self, k: int, layer: int | None) -> Value:
        """||W^(h)(k + 1) - W^(h)(k)||_F, of one layer or the longest, a included."""
        return step_length(self.point(k), self.point(k + 1), layer)

    def change(self, k: int) -> list[arb]:
        """u(k + 1) - u(k)."""
        return [p - q for p, q in zip(self.point(k + 1).u, self.point(k).u, strict=True)]

    def beyond_first_order(self, k: int) -> list[arb]:
        """u(k + 1) - u(k) - eta G(k) e_k."""
        point, e = self.point(k), self.e(k)
        found = self.change(k)
        for h in range(1, len(point.W) + 2):
            first = [self.eta * dot(row, e) for row in point.gram(h)]
            found = [z - g for z, g in zip(found, first, strict=True)]
        return found


def residual(start: Point) -> list[arb]:
    """The residual y - u(0) as the recipe gives it."""
    net = start.frame.net
    given = [ball(z) for z in net.targets]
    if net.kind == "residual":
        return given
    return [y - u for y, u in zip(given, start.u, strict=True)]
