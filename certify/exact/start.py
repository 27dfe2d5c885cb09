"""An exact start of the two-layer network: what its recipe says, by integers alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import floor
from typing import TypeAlias

from flint import fmpz_mat

from .balls import Undecided, UnreadableError, spend
from .inputs import Inputs
from .recipes import MOST_NEURONS, field, integers, numbers, product, rows
from .values import Value, ball

Table: TypeAlias = "list[list[bool]]"  # m rows of n


class Start:
    """Weights and labels of a network; w_r.x_i = scale_i P_ri/E for integers P_ri.

    Args:
        recipe: {"rows", "normalised", "weights": [[...], ...], "signs": [...], and "residual"
            or "labels": [...]}.

    Raises:
        UnreadableError: it is none of these, or its weights are drawn at random.
    """

    def __init__(self, recipe: object) -> None:
        self.inputs = Inputs(recipe)
        weights = field(recipe, "weights", "network")
        if isinstance(weights, Mapping):
            raise UnreadableError("weights: they are drawn at random; write them out exactly")
        self.W, self.E, self.P = self.pulled(weights)
        self.m = len(self.P)
        signs = field(recipe, "signs", "network")
        self.a = numbers(signs, "signs", most=MOST_NEURONS, count=self.m)
        kinds = [key for key in ("residual", "labels") if _gives(recipe, key)]
        if len(kinds) != 1:
            raise UnreadableError("network: give exactly one of residual and labels")
        self.kind = kinds[0]
        n = self.inputs.n
        self.targets = numbers(field(recipe, self.kind, "network"), self.kind, most=n, count=n)

    def pulled(self, weights: object) -> tuple[fmpz_mat, int, list[list[int]]]:
        """Integer weights, their denominator, and their products with the integer inputs."""
        exact = rows(weights, "weights", most=MOST_NEURONS, coordinates=self.inputs.d)
        W, denominator = integers(exact, "weights")
        return W, denominator, product(W, self.inputs.Z)

    def sums(self) -> list[Fraction]:
        """sum_r a_r max(P_ri, 0)/E for every sample."""
        a, denominator = integers([self.a], "signs")
        relu = fmpz_mat([[max(entry, 0) for entry in row] for row in self.P])
        spend(self.m * self.inputs.n)
        return [Fraction(int(z), denominator * self.E) for z in (a * relu).entries()]

    def patterns(self) -> Table:
        """w_r.x_i >= 0."""
        return on(self.P)

    def near(self, radius: Value) -> Table:
        """|w_r.x_i| <= radius.

        Raises:
            Undecided: a pre-activation of just that size, or a radius of unknown sign.
        """
        if radius < 0:
            return [[False] * self.inputs.n for _ in self.P]
        if not radius >= 0:
            raise Undecided("a radius is too near 0 for its sign")
        spend(3 * self.m * self.inputs.n)
        columns = [
            self._below(radius, i, [entry * entry for entry in column])
            for i, column in enumerate(zip(*self.P, strict=True))
        ]
        return [list(row) for row in zip(*columns, strict=True)]

    def _below(self, radius: Value, i: int, squares: Sequence[int]) -> list[bool]:
        unit = self.E**2 / self.inputs.squared_scales[i]
        if isinstance(radius, Fraction):
            most = floor(radius * radius * unit)
            return [square <= most for square in squares]
        limit = radius * radius * ball(unit)
        if not all(limit >= square or limit < square for square in squares):
            raise Undecided("a pre-activation is too near a radius")
        return [bool(limit >= square) for square in squares]

    def squared_distance(self, weights: object) -> Fraction:
        """max_r ||w_r' - w_r||^2 to other weights.

        Raises:
            UnreadableError: they are not of the same shape.
        """
        other, denominator, _ = self.pulled(weights)
        if other.nrows() != self.m:
            raise UnreadableError(f"weights: {other.nrows()} rows; give {self.m}")
        gap = (other * self.E - self.W * denominator).tolist()
        largest = max(sum(int(entry) ** 2 for entry in row) for row in gap)
        return Fraction(largest, (denominator * self.E) ** 2)

    def other_patterns(self, weights: object) -> Table:
        """w_r'.x_i >= 0 at other weights, of the same shape."""
        self.squared_distance(weights)
        return on(self.pulled(weights)[2])


def _gives(recipe: object, key: str) -> bool:
    return isinstance(recipe, Mapping) and recipe.get(key) is not None


def on(products: list[list[int]]) -> Table:
    """The paper's side: a neuron on a hyperplane is on."""
    return [[entry >= 0 for entry in row] for row in products]
