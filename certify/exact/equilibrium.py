"""The model "equilibrium": z = sigma(W z + b) with rational W and b, solved exactly.

sigma(t) = max(t, slope t), 0 <= slope <= 1; ReLU is slope 0. On each of the 2^m patterns of signs
the equation is linear, so all solutions are found, also where there are none or infinitely many.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from flint import fmpq, fmpq_mat

from .balls import UnreadableError, spend
from .digits import number
from .recipes import field, integers, rows

MOST_WIDTH, MOST_EQUATIONS, _MOST_BITS, _MOST_SWITCHES = 12, 16, 256, 40
Point = tuple[Fraction, ...]
Pattern = tuple[bool, ...]


class Equation:
    """What a recipe says.

    Args:
        recipe: {"W": m rows of m, "b": n rows of m, "slope": "0" if missing}.

    Raises:
        UnreadableError: it is none of these, or the shapes do not fit.
    """

    def __init__(self, recipe: object) -> None:
        self.W = read_matrix(field(recipe, "W", "equilibrium"), "W", most=MOST_WIDTH)
        b = read_matrix(field(recipe, "b", "equilibrium"), "b", most=MOST_EQUATIONS)
        self.m = self.W.nrows()
        if self.W.ncols() != self.m or b.ncols() != self.m:
            raise UnreadableError(
                f"equilibrium: W has {self.m} rows of {self.W.ncols()}, b has rows of "
                f"{b.ncols()}; give m rows of m for W, and rows of m for b"
            )
        self.b = [[fraction(z) for z in row] for row in b.tolist()]
        slope = recipe.get("slope") if isinstance(recipe, Mapping) else None
        self.slope = Fraction(0) if slope is None else number(slope, "slope")
        if not 0 <= self.slope <= 1:
            raise UnreadableError(f"slope: {self.slope} is not within [0, 1]; give one that is")

    def sigma(self, t: Fraction) -> Fraction:
        """The activation."""
        return t if t > 0 else self.slope * t

    def before(self, z: Sequence[Fraction], i: int) -> list[Fraction]:
        """W z + b_i."""
        spend(self.m**2)
        column = self.W * fmpq_mat(self.m, 1, [exactly(x) for x in z])
        pairs = zip(column.entries(), self.b[i], strict=True)
        return [fraction(one) + other for one, other in pairs]

    def settled(self, i: int) -> Point | None:
        """A solution found by switching patterns until they repeat; None where they do not."""
        pattern: Pattern = tuple(z > 0 for z in self.b[i])
        for _ in range(_MOST_SWITCHES):
            reduced, rank = self.on_pattern(i, pattern)
            if rank < self.m or any(reduced[r, r] != 1 for r in range(self.m)):
                return None
            z = tuple(fraction(reduced[r, self.m]) for r in range(self.m))
            before = self.before(z, i)
            if fits(pattern, before):
                return z
            pattern = tuple(t > 0 for t in before)
        return None

    def on_pattern(self, i: int, pattern: Pattern) -> tuple[fmpq_mat, int]:
        """[I - D W | D b_i], reduced, and its rank; D is 1 where the pattern is on, else slope."""
        spend(self.m**3)
        table = []
        for r, is_on in enumerate(pattern):
            scale = fmpq(1) if is_on else exactly(self.slope)
            row = [-scale * self.W[r, c] + int(r == c) for c in range(self.m)]
            table.append([*row, scale * exactly(self.b[i][r])])
        reduced, rank = fmpq_mat(self.m, self.m + 1, [z for row in table for z in row]).rref()
        return reduced, int(rank)


def read_matrix(given: object, where: str, *, most: int) -> fmpq_mat:
    """An exact matrix.

    Raises:
        UnreadableError: it is none, or has more rows or digits than can be borne.
    """
    whole, denominator = integers(rows(given, where, most=most), where)
    size = max(abs(int(z)).bit_length() for z in whole.entries())
    if max(size, denominator.bit_length()) > _MOST_BITS:
        raise UnreadableError(f"{where}: numbers of over {_MOST_BITS} bits; give shorter ones")
    return fmpq_mat(whole) / denominator


def exactly(value: Fraction) -> fmpq:
    """The same number."""
    return fmpq(value.numerator, value.denominator)


def fraction(value: fmpq) -> Fraction:
    """The same number."""
    return Fraction(int(value.p), int(value.q))


def fits(pattern: Pattern, before: Sequence[Fraction]) -> bool:
    """Whether W z + b has the signs of a pattern; 0 has both."""
    return all(z >= 0 if is_on else z <= 0 for is_on, z in zip(pattern, before, strict=True))
