"""The model "relu_corner": one-sided derivatives of a two-layer ReLU loss on a hyperplane.

u_k = m^(-1/2) sum_r a_r max(w_r.x_k, 0), L = ||y - u||^2/2. Where w_1.x_k = 0 the input x_k comes
on along +x_1 if x_k.x_1 > 0, goes off if x_k.x_1 < 0: s_k = 1 or -1, and 0 for the other inputs.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from .arguments import Arguments, unknown
from .balls import UnreadableError, spend
from .start import Start
from .values import Value, ball, least, minus, over, plus, square_root, times


class CornerModel:
    """Quantities of a network at the working precision."""

    def __init__(self, start: Start) -> None:
        self.start = start

    def quantity(self, name: str, arguments: Arguments) -> Value:
        """Its value.

        Raises:
            UnreadableError: there is no such quantity with such arguments.
        """
        keys = " ".join(sorted(arguments))
        if keys == "weights" and name in _ON_A_HYPERPLANE:
            return _ON_A_HYPERPLANE[name](self, arguments["weights"].given)
        if keys or name not in _HERE:
            raise unknown("relu_corner", name, arguments)
        return _HERE[name](self)

    def gradient_jump(self, weights: object) -> Value:
        """|m^(-1/2) a_1 sum_k s_k (u_k - y_k) x_k| at other weights."""
        _, denominator, pulled = self.start.pulled(weights)
        sides, n = self._sides(pulled[0]), self.start.inputs.n
        if self.start.kind != "labels" or len(pulled) != self.start.m:
            raise UnreadableError("relu_corner: give labels, and weights for every neuron")
        root = square_root(Fraction(self.start.m))
        errors: list[Value] = []
        for k in range(n):
            rows = zip(self.start.a, pulled, strict=True)
            total = sum((a * max(row[k], 0) for a, row in rows), Fraction(0)) / denominator
            output = over(times(total, square_root(self.start.inputs.squared_scales[k])), root)
            errors.append(minus(output, self.start.targets[k]))
        pairs = [(k, j) for k in range(n) for j in range(n) if sides[k] * sides[j]]
        spend(20 * n * (n + self.start.m))
        squared = plus(
            *(
                times(Fraction(sides[k] * sides[j]), errors[k], errors[j], self._product(k, j))
                for k, j in pairs
            )
        )
        return times(over(abs(self.start.a[0]), root), _root(squared))

    def hessian_jump(self, weights: object) -> Value:
        """Frobenius norm of (a_1^2/m) sum_k s_k x_k x_k^T at other weights."""
        sides, n = self._sides(self.start.pulled(weights)[2][0]), self.start.inputs.n
        squared = plus(
            *(
                times(Fraction(sides[k] * sides[j]), self._product(k, j), self._product(k, j))
                for k in range(n)
                for j in range(n)
                if sides[k] * sides[j]
            )
        )
        return times(self.start.a[0] ** 2 / self.start.m, _root(squared))

    def antiparallel_pairs(self) -> Value:
        """Pairs i < j of inputs in opposite directions."""
        g, n = self.start.inputs.products, self.start.inputs.n
        pairs = [(i, j) for j in range(n) for i in range(j)]
        opposite = (g[i][j] < 0 and g[i][j] ** 2 == g[i][i] * g[j][j] for i, j in pairs)
        return Fraction(sum(opposite))

    def _sides(self, pulled: list[int]) -> list[int]:
        beside = self.start.inputs.products[0]
        return [(z > 0) - (z < 0) if p == 0 else 0 for p, z in zip(pulled, beside, strict=True)]

    def _product(self, k: int, j: int) -> Value:
        squared = self.start.inputs.squared_scales
        return times(
            Fraction(self.start.inputs.products[k][j]), square_root(squared[k] * squared[j])
        )


def _root(squared: Value) -> Value:
    """Of a sum of squares, which is >= 0 also where its ball says otherwise."""
    if isinstance(squared, Fraction):
        return square_root(squared)
    return square_root(ball(squared).nonnegative_part())


_HERE: dict[str, Callable[[CornerModel], Value]] = {
    "m": lambda model: Fraction(model.start.m),
    "least_sign": lambda model: least(*(abs(a) for a in model.start.a)),
    "antiparallel_pairs": CornerModel.antiparallel_pairs,
}
_ON_A_HYPERPLANE: dict[str, Callable[[CornerModel, object], Value]] = {
    "gradient_jump": CornerModel.gradient_jump,
    "hessian_jump": CornerModel.hessian_jump,
}
