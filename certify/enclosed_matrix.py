"""A matrix known entry by entry: floats, and how far the true entries may be from them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import TypeAlias

import numpy as np
from flint import arb, arb_mat, ctx
from numpy.typing import ArrayLike
from torch import Tensor

from certify.balls import exact_ball
from certify.rounding import Floats, norm_above, safe_exponent, up
from verdicts import Approx, Rigor

BALL_ORDER = 128  # largest order for which ball elimination is quick
FIRST_BITS = 128  # of working precision: float64 has 53

Balls: TypeAlias = Callable[[int], arb_mat]


class NotSymmetricError(ValueError):
    """A matrix that should be symmetric is not, beyond rounding."""


@dataclass(frozen=True, slots=True, init=False, eq=False, repr=False)
class EnclosedMatrix:
    """A real matrix A with |A_ij - middle_ij| <= radius_ij.

    Make one by `of_rows`, `of_floats` or `of_balls`, whose enclosures are proved.

    Attributes:
        middle: p x q floats, read-only.
        radius: p x q floats >= 0, read-only.
        balls: the same matrix to any number of bits, where it is small and known exactly; the
            answer is not to be written to.
        gram: A is known to be positive semidefinite, by a theorem about where it comes from.
        rigor: of the enclosure, and so of every number that is computed from it.
        spread: a proved upper bound of ||A - middle||_2.
        exponent: the power of 2 by which `scaled` divides; 0 for ordinary sizes.
        symmetric: middle and radius equal their transposes.

    Raises:
        ValueError: not a nonempty matrix of finite numbers, or a radius is negative.
    """

    middle: Floats
    radius: Floats
    balls: Balls | None
    gram: bool
    rigor: Rigor
    spread: float
    exponent: int
    symmetric: bool

    def __init__(
        self,
        middle: ArrayLike,
        radius: ArrayLike,
        *,
        balls: Balls | None = None,
        gram: bool = False,
        rigor: Rigor = "estimated",
    ) -> None:
        if np.iscomplexobj(middle) or np.iscomplexobj(radius):
            raise ValueError("EnclosedMatrix: complex entries; give real ones")
        entries = np.array(middle, dtype=np.float64)
        if entries.ndim != 2 or not entries.size or not np.isfinite(entries).all():
            raise ValueError(
                f"EnclosedMatrix: middle has shape {entries.shape} or an entry that is not finite; "
                "give a nonempty finite matrix"
            )
        errors = np.array(np.broadcast_to(np.asarray(radius, dtype=np.float64), entries.shape))
        if not (errors >= 0).all() or np.isinf(errors).any():
            raise ValueError(
                "EnclosedMatrix: a radius is negative, infinite or NaN; give finite ones >= 0"
            )
        for array in (entries, errors):
            array.flags.writeable = False
        values = {
            "middle": entries,
            "radius": errors,
            "balls": balls,
            "gram": gram,
            "rigor": rigor,
            # Each costs a pass over the matrix, which every question would pay again.
            "spread": norm_above(errors),
            "exponent": safe_exponent(np.maximum(np.abs(entries), errors)),
            "symmetric": _is_symmetric(entries) and _is_symmetric(errors),
        }
        for name, value in values.items():
            object.__setattr__(self, name, value)

    @classmethod
    def of_floats(cls, A: Tensor | ArrayLike) -> EnclosedMatrix:
        """The matrix whose entries are exactly these floats, of any precision and device."""
        if np.iscomplexobj(A.detach().cpu() if isinstance(A, Tensor) else A):
            raise ValueError("EnclosedMatrix.of_floats: complex entries; give real ones")
        middle = np.asarray(A.detach().cpu() if isinstance(A, Tensor) else A, dtype=np.float64)
        balls = _exact_balls(middle.tolist()) if _is_small(middle) else None
        return cls(middle, 0.0, balls=balls, rigor="proved")

    @classmethod
    def of_rows(cls, rows: Sequence[Sequence[Fraction | int | str]]) -> EnclosedMatrix:
        """The matrix of exact rational entries: ints, Fractions, or text such as "-2/3" and "0.1".

        Raises:
            ValueError: the rows are ragged or empty, or an entry is beyond the range of floats.
        """
        exact = [[Fraction(entry) for entry in row] for row in rows]
        if len({len(row) for row in exact}) != 1:
            raise ValueError("EnclosedMatrix.of_rows: rows of several lengths; give equal lengths")
        try:
            middle = np.array([[float(entry) for entry in row] for row in exact])
        except OverflowError:
            raise ValueError(
                "EnclosedMatrix.of_rows: an entry exceeds 1.8e308; scale the matrix"
            ) from None
        radius = [
            [_above(abs(entry - Fraction(m))) for entry, m in zip(row, near, strict=True)]
            for row, near in zip(exact, middle.tolist(), strict=True)
        ]
        balls = _exact_balls(exact) if _is_small(middle) else None
        return cls(middle, radius, balls=balls, rigor="proved")

    @classmethod
    def of_balls(cls, balls: Balls, *, gram: bool = False) -> EnclosedMatrix:
        """The matrix that a function of the working precision encloses in balls.

        Args:
            balls: gives, at each number of bits, balls that contain one and the same true matrix.
            gram: that matrix is positive semidefinite by a theorem.
        """
        first = balls(FIRST_BITS)
        middle = np.array([[float(entry.mid()) for entry in row] for row in first.tolist()])
        with ctx.workprec(FIRST_BITS):
            radius = [
                [_distance(entry, m) for entry, m in zip(row, near, strict=True)]
                for row, near in zip(first.tolist(), middle.tolist(), strict=True)
            ]
        kept = _remembered(balls, first) if _is_small(middle) else None
        return cls(middle, radius, balls=kept, gram=gram, rigor="proved")

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.middle.shape[0], self.middle.shape[1]

    @property
    def entries(self) -> Approx:
        """All entries, as one array of numbers."""
        return Approx.around(self.middle, self.radius, self.rigor)

    def scaled(self) -> EnclosedMatrix:
        """A 2^-exponent, such that the floats' products neither overflow nor vanish; no balls."""
        if self.exponent == 0:
            return self
        with np.errstate(under="ignore"):
            middle, radius = (np.ldexp(M, -self.exponent) for M in (self.middle, self.radius))
        # What underflows is rounded to a multiple of the smallest float, in both.
        radius = np.nextafter(radius, np.inf)
        return EnclosedMatrix(middle, radius, gram=self.gram, rigor=self.rigor)

    def __neg__(self) -> EnclosedMatrix:
        balls = self.balls
        negative = None if balls is None else lambda bits: -balls(bits)
        return EnclosedMatrix(-self.middle, self.radius, balls=negative, rigor=self.rigor)

    def __repr__(self) -> str:
        return f"EnclosedMatrix(shape={self.shape}, {self.rigor} within {self.spread:.3g})"


def check_symmetric(A: EnclosedMatrix, where: str) -> None:
    """Raises ValueError, or its NotSymmetricError: A is not square, or its floats not symmetric."""
    if A.shape[0] != A.shape[1]:
        raise ValueError(f"{where}: A has shape {A.shape}; give a square matrix")
    if not A.symmetric:
        raise NotSymmetricError(f"{where}: A differs from its transpose; give a symmetric matrix")


def _is_symmetric(array: Floats) -> bool:
    return array.shape[0] == array.shape[1] and np.array_equal(array, array.T)


def _is_small(middle: Floats) -> bool:
    return bool(max(middle.shape) <= BALL_ORDER)


def _exact_balls(rows: Sequence[Sequence[Fraction | float]]) -> Balls:
    def balls(bits: int) -> arb_mat:
        with ctx.workprec(bits):
            return arb_mat([[exact_ball(Fraction(entry)) for entry in row] for row in rows])

    return balls


def _remembered(balls: Balls, first: arb_mat) -> Balls:
    """The same function, which does the work of one precision once."""
    again = lru_cache(maxsize=2)(balls)
    return lambda bits: first if bits == FIRST_BITS else again(bits)


def _above(value: Fraction) -> float:
    """A float >= value >= 0, equal to it if it is one."""
    near = float(value)
    return near if Fraction(near) >= value else up(near)


def _distance(ball: arb, middle: float) -> float:
    gap = ball - arb(middle)
    return 0.0 if gap.is_zero() else up(float(gap.abs_upper()))
