"""Solutions and Picard iterates of exact equations z = sigma(W z + b), at the working precision."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from functools import cached_property

from flint import fmpq_mat

from .balls import Hopeless, spend
from .eigen import Matrix, extreme_eigenvalues
from .equilibrium import Equation, Point, exactly, fraction
from .equilibrium_solutions import Solutions
from .values import Value, greatest, minus, plus, square_root, times


class Solved:
    """What follows from an equation."""

    def __init__(self, equation: Equation) -> None:
        self.equation = equation
        self._found: dict[int, Solutions] = {}

    def solutions(self, i: int) -> Solutions:
        """All solutions for b_i."""
        if i not in self._found:
            self._found[i] = Solutions(self.equation, i)
        return self._found[i]

    @cached_property
    def norm(self) -> Value:
        """||W||_2."""
        return spectral(self.equation.W)

    def point(self, i: int) -> Point:
        """z*, the only solution for b_i.

        Raises:
            Hopeless: there is none, or another one.
        """
        z = self.equation.settled(i)
        if z is not None and self.norm < 1:
            return z
        found = self.solutions(i)
        if found.infinite or len(found.points) != 1:
            count = "infinitely many" if found.infinite else len(found.points)
            raise Hopeless(f"an equation has {count} solutions where one is spoken of")
        return found.points[0]

    def points(self, samples: Iterable[int]) -> Matrix:
        """z* of some samples."""
        return [list(self.point(i)) for i in samples]

    def right(self, samples: Iterable[int]) -> Matrix:
        """b_i of some samples."""
        return [list(self.equation.b[i]) for i in samples]

    def count(self, i: int) -> Fraction:
        """How many solutions there are for b_i; infinitely many count as 2^m + 1."""
        found = self.solutions(i)
        return Fraction(2**self.equation.m + 1 if found.infinite else len(found.points))

    def picard(self, i: int, k: int) -> list[Value]:
        """z^k, from z^0 = 0."""
        z: list[Value] = [Fraction(0)] * self.equation.m
        for _ in range(k):
            z = self.applied(z, i)
        return z

    def applied(self, z: Sequence[Value], i: int) -> list[Value]:
        """sigma(W z + b_i)."""
        spend(10 * self.equation.m**2)
        found = []
        for row, b in zip(self.equation.W.tolist(), self.equation.b[i], strict=True):
            t = plus(b, *(times(fraction(w), x) for w, x in zip(row, z, strict=True)))
            found.append(greatest(t, times(self.equation.slope, t)))
        return found

    def beyond_linear(self, samples: Iterable[int]) -> Matrix:
        """z* - (I - W)^(-1) b_i of some samples.

        Raises:
            Hopeless: I - W is singular.
        """
        m, rows = self.equation.m, []
        gap = fmpq_mat(m, m, [int(r == c) for r in range(m) for c in range(m)]) - self.equation.W
        if gap.det() == 0:
            raise Hopeless("I - W is singular")
        for i in samples:
            linear = gap.solve(fmpq_mat(m, 1, [exactly(z) for z in self.equation.b[i]]))
            rows.append(apart(self.point(i), [fraction(z) for z in linear.entries()]))
        return rows


def spectral(matrix: fmpq_mat) -> Value:
    """Largest singular value."""
    gram = (matrix.transpose() * matrix).tolist()
    found = extreme_eigenvalues([[fraction(z) for z in row] for row in gram])[1]
    return square_root(found if isinstance(found, Fraction) else found.nonnegative_part())


def apart(left: Sequence[Value], right: Sequence[Value]) -> list[Value]:
    """The difference."""
    return [minus(p, q) for p, q in zip(left, right, strict=True)]
