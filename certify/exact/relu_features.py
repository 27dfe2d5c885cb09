"""The model "relu_features": Phi = s(W X^T)/sqrt(m) of an exact start, its Gram matrix, and norms.

Quantities without arguments are at the start's weights, those with `weights` compare others.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import cached_property

from flint import fmpz_mat

from .arguments import Arguments, unknown
from .balls import UnreadableError, spend
from .eigen import Matrix, extreme_eigenvalues, spectral_norm
from .start import Start
from .values import Value, ball, over, square_root, times


class FeatureModel:
    """Quantities of a layer of ReLUs at the working precision."""

    def __init__(self, start: Start) -> None:
        self.exact = start

    def quantity(self, name: str, arguments: Arguments) -> Value:
        """Its value.

        Raises:
            UnreadableError: there is no such quantity with such arguments.
        """
        keys = " ".join(sorted(arguments))
        if not keys and name in _OF_THE_START:
            return _OF_THE_START[name](self)
        if keys == "weights" and name in _OF_TWO:
            return _OF_TWO[name](self, arguments["weights"].given)
        raise unknown("relu_features", name, arguments)

    @cached_property
    def gram(self) -> Matrix:
        """Phi Phi^T."""
        return self.gram_of(self.exact.P, self.exact.E)

    def gram_at(self, weights: object) -> Matrix:
        """The same at other weights."""
        _, denominator, pulled = self.exact.pulled(weights)
        return self.gram_of(pulled, denominator)

    def change(self, weights: object) -> Value:
        """||G' - G||_2."""
        other = self.gram_at(weights)
        n = range(self.exact.inputs.n)
        gap: Matrix = [[ball(other[i][j]) - ball(self.gram[i][j]) for j in n] for i in n]
        return spectral_norm(gap)

    def moved(self, weights: object) -> tuple[fmpz_mat, int]:
        """W' - W as integers over one denominator.

        Raises:
            UnreadableError: they are not of the same shape.
        """
        other, denominator, _ = self.exact.pulled(weights)
        if other.nrows() != self.exact.m:
            raise UnreadableError(f"weights: {other.nrows()} rows; give {self.exact.m}")
        return other * self.exact.E - self.exact.W * denominator, denominator * self.exact.E

    def norm_of_other(self, weights: object) -> Value:
        """||W'||_2."""
        other, denominator, _ = self.exact.pulled(weights)
        return norm(other, denominator)

    @property
    def norm_of_inputs(self) -> Value:
        """||X||_2."""
        g, squared = self.exact.inputs.products, self.exact.inputs.squared_scales
        n = range(self.exact.inputs.n)
        gram: Matrix = [
            [times(Fraction(g[i][j]), square_root(squared[i] * squared[j])) for j in n] for i in n
        ]
        return _root(extreme_eigenvalues(gram)[1])

    def gram_of(self, pulled: list[list[int]], denominator: int) -> Matrix:
        """Phi Phi^T of integer pre-activations over one denominator."""
        inputs, m = self.exact.inputs, self.exact.m
        spend(m * inputs.n**2)
        phi = fmpz_mat([[max(entry, 0) for entry in row] for row in pulled])
        products = (phi.transpose() * phi).tolist()
        size, n = m * denominator**2, range(inputs.n)
        scale = inputs.squared_scales
        return [
            [
                times(Fraction(int(products[i][j]), size), square_root(scale[i] * scale[j]))
                for j in n
            ]
            for i in n
        ]


def norm(matrix: fmpz_mat, denominator: int) -> Value:
    """||M/q||_2."""
    small = matrix.transpose() if matrix.nrows() > matrix.ncols() else matrix
    squared = (small * small.transpose()).tolist()
    gram: Matrix = [[Fraction(int(entry)) for entry in row] for row in squared]
    return over(_root(extreme_eigenvalues(gram)[1]), Fraction(denominator))


def frobenius(matrix: fmpz_mat, denominator: int) -> Value:
    """||M/q||_F."""
    total = Fraction(sum(int(entry) ** 2 for entry in matrix.entries()))
    return over(square_root(total), Fraction(denominator))


def _root(value: Value) -> Value:
    return square_root(value if isinstance(value, Fraction) else value.nonnegative_part())


_OF_THE_START: dict[str, Callable[[FeatureModel], Value]] = {
    "m": lambda model: Fraction(model.exact.m),
    "lambda_min_G2": lambda model: extreme_eigenvalues(model.gram)[0],
    "norm_X": lambda model: model.norm_of_inputs,
    "norm_W": lambda model: norm(model.exact.W, model.exact.E),
    "frobenius_X": lambda model: _root(
        sum(
            (
                Fraction(model.exact.inputs.products[i][i]) * scale
                for i, scale in enumerate(model.exact.inputs.squared_scales)
            ),
            Fraction(0),
        )
    ),
}
_OF_TWO: dict[str, Callable[[FeatureModel, object], Value]] = {
    "G2_change": FeatureModel.change,
    "lambda_min_G2": lambda model, weights: extreme_eigenvalues(model.gram_at(weights))[0],
    "norm_W": FeatureModel.norm_of_other,
    "distance": lambda model, weights: norm(*model.moved(weights)),
    "frobenius_distance": lambda model, weights: frobenius(*model.moved(weights)),
}
