"""The quantities of the model "sigmoid_net", exact but for eigenvalues and lengths.

Where all units coincide at (w, b), phi(q) = sum_k e_k sigma(q.(x_k, 1)) decides about a minimum.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import cached_property

from .arguments import Arguments, unknown
from .balls import UnreadableError
from .eigen import extreme_eigenvalues
from .sigmoid_net import SigmoidNet
from .surds import Surd, surd_rank
from .values import Value, greatest, least, logarithm, magnitude, over, plus, square_root, times

THIRD = Fraction(1, 8)  # sup |sigma'''|


class SigmoidModel:
    """Quantities of a network at the working precision."""

    def __init__(self, net: SigmoidNet) -> None:
        self.net = net

    def quantity(self, name: str, arguments: Arguments) -> Value:
        """Its value.

        Raises:
            UnreadableError: there is no such quantity with such arguments.
            Undecided: the precision does not tell.
        """
        keys = " ".join(sorted(arguments))
        if keys == "weights" and name in _ELSEWHERE:
            units, v = self.net.moved(arguments["weights"].given)
            return _ELSEWHERE[name](self, units, v)
        if keys or name not in _HERE:
            raise unknown("sigmoid_net", name, arguments)
        return _HERE[name](self)

    @cached_property
    def features(self) -> list[list[Surd]]:
        """Phi."""
        return self.net.features(self.net.units)

    @cached_property
    def slopes(self) -> tuple[list[Surd], list[Surd]]:
        """e_k sigma' and e_k sigma'' at the common unit, for every pattern."""
        one, two = self.net.exact(1), self.net.exact(2)
        first, second = [], []
        for e, s in zip(self.net.e, self.net.sigma(self._common()), strict=True):
            first.append(e * s * (one - s))
            second.append(first[-1] * (one - two * s))
        return first, second

    def phi(self) -> Value:
        """The function phi at the common unit."""
        return self.net.dot(self.net.e, self.net.sigma(self._common())).value

    def slope(self) -> Value:
        """Largest |d phi| over the coordinates."""
        first = self.slopes[0]
        sums = [self._moment(first, (c,)) for c in range(len(self.net.x[0]))]
        return greatest(*(magnitude(total.value) for total in sums))

    def curvature(self) -> Value:
        """Least eigenvalue of -D^2 phi at the common unit."""
        second, size = self.slopes[1], len(self.net.x[0])
        hessian = [[self._moment(second, (a, b)).value for b in range(size)] for a in range(size)]
        return times(Fraction(-1), extreme_eigenvalues(hessian)[1])

    def radius(self) -> Value:
        """3 curvature/(sup |sigma'''| sum_k |e_k| |(x_k, 1)|^3): phi <= 0 as far as that."""
        squares = [Fraction(sum(z * z for z in row)) for row in self.net.x]
        cubes = [times(square, square_root(square)) for square in squares]
        sizes = [magnitude(e.value) for e in self.net.e]
        total = plus(*(times(size, cube) for size, cube in zip(sizes, cubes, strict=True)))
        return over(times(Fraction(3), self.curvature()), times(THIRD, total))

    def squared_output_gradient(self) -> Value:
        """||Phi^T e||^2."""
        gradient = [self.net.dot(list(c), self.net.e) for c in zip(*self.features, strict=True)]
        return self.net.dot(gradient, gradient).value

    def lambda_min_of(self, vectors: list[list[Surd]]) -> Value:
        """Least eigenvalue of the Gram matrix of some vectors; an exact 0 where they depend."""
        if surd_rank(vectors) < len(vectors):
            return Fraction(0)
        gram = [[self.net.dot(p, q).value for q in vectors] for p in vectors]
        return extreme_eigenvalues(gram)[0]

    def reach(self, units: list[list[Surd]]) -> Value:
        """Largest distance of a unit (w_j, b_j) from where it was."""
        gaps = [
            plus(*(_squared_log(new, old) for new, old in zip(after, before, strict=True)))
            for after, before in zip(units, self.net.units, strict=True)
        ]
        return square_root(greatest(*gaps))

    def _common(self) -> list[Surd]:
        first, *others = self.net.units
        if any(unit != first for unit in others):
            raise UnreadableError(
                "sigmoid_net: the units differ; this quantity asks for equal ones"
            )
        return first

    def _moment(self, weights: list[Surd], coordinates: tuple[int, ...]) -> Surd:
        total = self.net.exact(0)
        for weight, row in zip(weights, self.net.x, strict=True):
            for c in coordinates:
                weight = weight * self.net.exact(row[c])
            total = total + weight
        return total


def _squared_log(new: Surd, old: Surd) -> Value:
    gap = logarithm((new / old).value)
    return times(gap, gap)


_HERE: dict[str, Callable[[SigmoidModel], Value]] = {
    "n": lambda model: Fraction(len(model.net.x)),
    "m": lambda model: Fraction(len(model.net.units)),
    "squared_residual": lambda model: model.net.dot(model.net.e, model.net.e).value,
    "sum_residual": lambda model: sum(model.net.e, model.net.exact(0)).value,
    "least_output": lambda model: least(*(v.value for v in model.net.v)),
    "rank_features": lambda model: Fraction(surd_rank(model.features)),
    "lambda_min_kernel": lambda model: model.lambda_min_of(model.features),
    "lambda_min_columns": lambda model: model.lambda_min_of(
        [list(column) for column in zip(*model.features, strict=True)]
    ),
    "squared_output_gradient": SigmoidModel.squared_output_gradient,
    **{name: getattr(SigmoidModel, name) for name in ("phi", "slope", "curvature", "radius")},
}
_ELSEWHERE: dict[str, Callable[[SigmoidModel, list[list[Surd]], list[Surd]], Value]] = {
    "squared_residual": lambda model, units, v: model.net.squared_residual(units, v).value,
    "least_output": lambda _, __, v: least(*(output.value for output in v)),
    "reach": lambda model, units, _: model.reach(units),
    "rank_features": lambda model, units, _: Fraction(surd_rank(model.net.features(units))),
}
