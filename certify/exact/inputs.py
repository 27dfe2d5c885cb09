"""Exact inputs: ranks, parallels and hyperplanes {w: w.x_i = 0} by integers alone."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from functools import cached_property
from math import gcd

from flint import fmpz_mat

from .balls import UnreadableError, spend
from .recipes import MOST_SAMPLES, field, integers, product, rows


class Inputs:
    """x_i = scale_i Z_i for integer rows Z_i, exact.

    Args:
        recipe: {"rows": [["1", "-2/3"], ...], "normalised": true or false}.

    Raises:
        UnreadableError: the recipe has no rows like these, or a row is zero.
    """

    def __init__(self, recipe: object) -> None:
        given = field(recipe, "rows", "inputs")
        self.Z, denominator = integers(rows(given, "rows", most=MOST_SAMPLES), "rows")
        self.n, self.d = self.Z.nrows(), self.Z.ncols()
        normalised = recipe.get("normalised", True) if isinstance(recipe, dict) else True
        if not isinstance(normalised, bool):
            raise UnreadableError("normalised: neither true nor false; give one of them")
        self.products = product(self.Z, self.Z)
        if any(self.products[i][i] == 0 for i in range(self.n)):
            raise UnreadableError("rows: a row is zero and has no direction; give nonzero rows")
        unit = Fraction(1, denominator**2)
        self.squared_scales = [
            Fraction(1, self.products[i][i]) if normalised else unit for i in range(self.n)
        ]

    @cached_property
    def lines(self) -> list[tuple[int, ...]]:
        """The line through 0 of each input: its primitive integer vector, first entry > 0."""
        return [_line([int(z) for z in row]) for row in self.Z.tolist()]

    @property
    def parallel_pairs(self) -> int:
        """Pairs i < j on one line, in the same or opposite directions."""
        return sum(count * (count - 1) // 2 for count in Counter(self.lines).values())

    @property
    def hyperplanes(self) -> int:
        """How many of the n hyperplanes equal no other one."""
        return sum(count == 1 for count in Counter(self.lines).values())

    @cached_property
    def rank_G(self) -> int:
        """Rank of X X^T."""
        return int(self.Z.rank())

    @cached_property
    def rank_H_inf(self) -> int:
        """Rank, as n less the independent beta with sum_i beta_i x_i 1{w.x_i >= 0} = 0 a.e.

        The sum is constant between the hyperplanes: it vanishes iff its jump across each of them
        does, and its value at one point off all of them.
        """
        table = [[int(z) for z in row] for row in self.Z.tolist()]
        jumps = [
            [
                gcd(*row) if line == other else 0
                for row, other in zip(table, self.lines, strict=True)
            ]
            for line in dict.fromkeys(self.lines)
        ]
        on = self._on_somewhere(table)
        values = [
            [row[k] * is_on for row, is_on in zip(table, on, strict=True)] for k in range(self.d)
        ]
        return int(fmpz_mat(jumps + values).rank())

    def _on_somewhere(self, table: list[list[int]]) -> list[int]:
        """Signs 0 or 1 at a point off all hyperplanes: the moment curve has one."""
        for base in range(2, 2 + self.n * self.d):
            spend(self.n * self.d)
            w = [base**k for k in range(self.d)]
            signs = [sum(p * z for p, z in zip(w, row, strict=True)) for row in table]
            if all(signs):
                return [int(sign > 0) for sign in signs]
        raise AssertionError("n polynomials of degree < d have at most n (d - 1) roots")


def _line(row: list[int]) -> tuple[int, ...]:
    divisor = gcd(*row)
    first = next(z for z in row if z)
    return tuple(z // (divisor if first > 0 else -divisor) for z in row)
