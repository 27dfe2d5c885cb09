"""Numbers p + q sqrt(root) with rational p, q: a field, so ranks and zeros are decided exactly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import isqrt

from .balls import Hopeless, UnreadableError, spend
from .digits import number
from .values import Value, plus, square_root, times

_LARGEST_ROOT = 10**6
_MOST_BITS = 20000  # of a part: powers of a number grow
_PAIR = 2


@dataclass(frozen=True, slots=True)
class Surd:
    """p + q sqrt(root); root is no square, so it is 0 if and only if p = q = 0."""

    p: Fraction
    q: Fraction
    root: int

    def __add__(self, other: Surd) -> Surd:
        return Surd(self.p + other.p, self.q + other.q, self.root)

    def __sub__(self, other: Surd) -> Surd:
        return Surd(self.p - other.p, self.q - other.q, self.root)

    def __mul__(self, other: Surd) -> Surd:
        p = self.p * other.p + self.root * self.q * other.q
        return _short(Surd(p, self.p * other.q + self.q * other.p, self.root))

    def __truediv__(self, other: Surd) -> Surd:
        norm = other.p**2 - self.root * other.q**2
        if norm == 0:
            raise Hopeless("a division by zero")
        return self * Surd(other.p / norm, -other.q / norm, self.root)

    def __pow__(self, exponent: int) -> Surd:
        power = Surd(Fraction(1), Fraction(0), self.root)
        for _ in range(abs(exponent)):
            power = power * self
        return power if exponent >= 0 else Surd(Fraction(1), Fraction(0), self.root) / power

    @property
    def sign(self) -> int:
        """-1, 0 or 1."""
        if self.p >= 0 and self.q >= 0:
            return int(self.p > 0 or self.q > 0)
        if self.p <= 0 and self.q <= 0:
            return -1
        larger = self.p if self.p**2 > self.root * self.q**2 else self.q
        return 1 if larger > 0 else -1

    @property
    def value(self) -> Value:
        """A fraction if it is rational, else a ball of the working precision."""
        return plus(self.p, times(self.q, square_root(Fraction(self.root)))) if self.q else self.p


def surd_root(value: object) -> int:
    """The number under the root; 2 where none is given, and then none is needed.

    Raises:
        UnreadableError: no integer from 2 to 1e6, or a square.
    """
    root = Fraction(2) if value is None else number(value, "root")
    if root.denominator != 1 or not 1 < root <= _LARGEST_ROOT or isqrt(int(root)) ** 2 == root:
        raise UnreadableError("root: no integer from 2 to 1e6, or a square; give one that is none")
    return int(root)


def surd(written: object, root: int, where: str) -> Surd:
    """What was written: p, or [p, q].

    Raises:
        UnreadableError: neither.
    """
    parts = written if isinstance(written, list | tuple) else [written, 0]
    if len(parts) != _PAIR:
        raise UnreadableError(f"{where}: {len(parts)} parts; give p, or [p, q] for p + q sqrt(r)")
    return Surd(number(parts[0], where), number(parts[1], where), root)


def surds(values: object, root: int, where: str, *, count: int | None, most: int) -> list[Surd]:
    """A list of them.

    Raises:
        UnreadableError: no list, empty, too long, not `count`, or an entry is no number.
    """
    if not isinstance(values, list | tuple) or not 1 <= len(values) <= most:
        raise UnreadableError(f"{where}: no list of 1 to {most} entries; give one")
    if count is not None and len(values) != count:
        raise UnreadableError(f"{where}: {len(values)} entries; give {count}")
    return [surd(value, root, where) for value in values]


def surd_rank(matrix: Sequence[Sequence[Surd]]) -> int:
    """Rank, by elimination."""
    rows, rank = [list(row) for row in matrix], 0
    for column in range(len(rows[0])):
        spend(20 * len(rows) * len(rows[0]))
        pivot = next((i for i in range(rank, len(rows)) if rows[i][column].sign), None)
        if pivot is None:
            continue
        rows[rank], rows[pivot] = rows[pivot], rows[rank]
        for i in range(rank + 1, len(rows)):
            factor = rows[i][column] / rows[rank][column]
            rows[i] = [a - factor * b for a, b in zip(rows[i], rows[rank], strict=True)]
        rank += 1
        if rank == len(rows):
            break
    return rank


def _short(product: Surd) -> Surd:
    spend(2)
    sizes = [part.bit_length() for z in (product.p, product.q) for part in z.as_integer_ratio()]
    if max(sizes) > _MOST_BITS:
        raise Hopeless("an exact number has over 6000 digits")
    return product
