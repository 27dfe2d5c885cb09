"""Enclosures: real numbers known to lie between two floats."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

Rigor: TypeAlias = Literal["proved", "estimated"]
Floats: TypeAlias = NDArray[np.float64]

_LARGEST = float(np.finfo(np.float64).max)


def _down(value: Floats) -> Floats:
    return np.nextafter(value, -np.inf)


def _up(value: Floats) -> Floats:
    return np.nextafter(value, np.inf)


@dataclass(frozen=True, slots=True, init=False, eq=False)
class Approx:
    """A real number, or an array of them, enclosed in [low, high].

    Arithmetic rounds outwards, so an enclosure of the operands gives one of the result; a plain
    number is taken as exact. There is no ordering and no conversion to a bare float on purpose:
    inequalities between enclosures are made with `at_least`, `at_most` and `equal_to`.

    Attributes:
        lower, upper: float64 arrays of one shape; `low` and `high` give floats for a scalar.
        rigor: "proved" if the bounds are theorems, "estimated" if they rest on an error estimate.

    Raises:
        ValueError: a bound is NaN, or low > high.
    """

    lower: Floats
    upper: Floats
    rigor: Rigor

    # numpy hands `array * approx` to us instead of looping over an object array.
    __array_ufunc__ = None
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, low: ArrayLike, high: ArrayLike, rigor: Rigor = "estimated") -> None:
        lower, upper = np.broadcast_arrays(
            np.asarray(low, dtype=np.float64), np.asarray(high, dtype=np.float64)
        )
        if np.isnan(lower).any() or np.isnan(upper).any():
            raise ValueError(
                f"Approx: a bound is NaN, low={low!r}, high={high!r}; the number is undefined, "
                "so say which premise failed instead"
            )
        if (lower > upper).any():
            raise ValueError(f"Approx: low={low!r} exceeds high={high!r}; give low <= high")
        object.__setattr__(self, "lower", lower)
        object.__setattr__(self, "upper", upper)
        object.__setattr__(self, "rigor", rigor)

    @classmethod
    def around(cls, value: ArrayLike, error: ArrayLike, rigor: Rigor = "estimated") -> Approx:
        """The enclosure value +- error (error >= 0, same units as value), rounded outwards.

        An infinite value is an overflow: it is enclosed by [largest float, inf].
        """
        centre = np.asarray(value, dtype=np.float64)
        radius = np.asarray(error, dtype=np.float64)
        if (radius < 0).any():
            raise ValueError(f"Approx.around: error={error!r} is negative; give one >= 0")
        with np.errstate(invalid="ignore", over="ignore"):
            low = np.where(radius == 0, centre, _down(centre - radius))
            high = np.where(radius == 0, centre, _up(centre + radius))
        low = np.where(centre == np.inf, _LARGEST, low)
        high = np.where(centre == -np.inf, -_LARGEST, high)
        return cls(low, high, rigor)

    @property
    def low(self) -> float:
        """The lower bound of a scalar. Raises ValueError for an array (use `lower`)."""
        return self._scalar(self.lower)

    @property
    def high(self) -> float:
        """The upper bound of a scalar. Raises ValueError for an array (use `upper`)."""
        return self._scalar(self.upper)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the array of numbers; () for a scalar."""
        return self.lower.shape

    @property
    def width(self) -> Floats:
        """High - low, elementwise; 0 where both are the same infinity."""
        with np.errstate(invalid="ignore", over="ignore"):
            return np.where(self.lower == self.upper, 0.0, self.upper - self.lower)

    def _scalar(self, bound: Floats) -> float:
        if bound.shape != ():
            raise ValueError(
                f"Approx: shape={bound.shape} has no single bound; use `lower` and `upper`"
            )
        return float(bound)

    def joined(self, other: Approx) -> Rigor:
        """The rigor of what is computed from both: "proved" if both are."""
        return "proved" if self.rigor == other.rigor == "proved" else "estimated"

    def __repr__(self) -> str:
        if self.shape == ():
            return f"Approx[{self.low!r}, {self.high!r}]"
        low, high = self.lower.min(initial=np.inf), self.upper.max(initial=-np.inf)
        return f"Approx(shape={self.shape}, low={float(low)!r}, high={float(high)!r})"

    def __getitem__(self, index: Any) -> Approx:  # whatever numpy takes
        return Approx(self.lower[index], self.upper[index], self.rigor)

    def __neg__(self) -> Approx:
        return Approx(-self.upper, -self.lower, self.rigor)

    def __abs__(self) -> Approx:
        low = np.maximum(0.0, np.maximum(self.lower, -self.upper))
        return Approx(low, np.maximum(-self.lower, self.upper), self.rigor)

    def __add__(self, other: Approx | float | Fraction) -> Approx:
        b = _enclosed(other)
        with np.errstate(invalid="ignore", over="ignore"):
            bounds = [self.lower + b.lower, self.upper + b.upper]
        return _outward(bounds, self.joined(b), exact=_is_zero(self) | _is_zero(b))

    def __sub__(self, other: Approx | float | Fraction) -> Approx:
        return self + -_enclosed(other)

    def __mul__(self, other: Approx | float | Fraction) -> Approx:
        b = _enclosed(other)
        with np.errstate(invalid="ignore", over="ignore"):
            corners = [x * y for x in (self.lower, self.upper) for y in (b.lower, b.upper)]
        # 0 * inf: the zero is a true zero, so the product is zero.
        corners = [np.where(np.isnan(c), 0.0, c) for c in corners]
        exact = _is_zero(self) | _is_zero(b) | _is_one(self) | _is_one(b)
        return _outward(corners, self.joined(b), exact=exact)

    def __truediv__(self, other: Approx | float | Fraction) -> Approx:
        b = _enclosed(other)
        if ((b.lower <= 0) & (b.upper >= 0)).any():
            raise ZeroDivisionError(f"Approx: the divisor {b!r} may be zero; divide by b != 0")
        with np.errstate(invalid="ignore", over="ignore"):
            corners = [x / y for x in (self.lower, self.upper) for y in (b.lower, b.upper)]
        corners = [np.where(np.isnan(c), 0.0, c) for c in corners]
        return _outward(corners, self.joined(b), exact=_is_zero(self) | _is_one(b))

    __radd__ = __add__
    __rmul__ = __mul__

    def __rsub__(self, other: float | Fraction) -> Approx:
        return _enclosed(other) - self

    def __rtruediv__(self, other: float | Fraction) -> Approx:
        return _enclosed(other) / self

    def __pow__(self, power: int) -> Approx:
        """An integer power >= 1; the square of [-1, 2] is [0, 4]."""
        if not isinstance(power, int) or power < 1:
            raise ValueError(f"Approx: power={power!r}; use an integer >= 1")
        if power == 1:
            return self
        base = abs(self) if power % 2 == 0 else self
        return Approx(
            _power(base.lower, power, downwards=True),
            _power(base.upper, power, downwards=False),
            self.rigor,
        )

    def sqrt(self) -> Approx:
        """Square root; a lower bound below 0 counts as 0 (the number itself must be >= 0)."""
        if (self.upper < 0).any():
            raise ValueError(f"Approx.sqrt: {self!r} is certainly negative; give a number >= 0")
        return self._increasing(np.sqrt, floor=0.0)

    def exp(self) -> Approx:
        """Exponential, by a libm good to one unit in the last place (two are allowed for)."""
        return self._increasing(np.exp)

    def log(self) -> Approx:
        """Natural logarithm; a lower bound <= 0 gives -inf (the number itself must be > 0)."""
        if (self.upper <= 0).any():
            raise ValueError(f"Approx.log: {self!r} is certainly not positive; give a number > 0")
        return self._increasing(np.log, floor=0.0)

    def _increasing(
        self, function: Callable[[Floats], Floats], *, floor: float = -math.inf
    ) -> Approx:
        with np.errstate(divide="ignore", over="ignore"):
            low = function(np.maximum(self.lower, floor))
            high = function(self.upper)
        low, high = _down(_down(low)), _up(_up(high))
        if function is not np.log:
            low = np.maximum(low, 0.0)
        return Approx(low, high, self.rigor)

    def min(self, axis: int | None = None) -> Approx:
        """Smallest entry, over all or along one axis."""
        return Approx(self.lower.min(axis=axis), self.upper.min(axis=axis), self.rigor)

    def max(self, axis: int | None = None) -> Approx:
        """Largest entry, over all or along one axis."""
        return Approx(self.lower.max(axis=axis), self.upper.max(axis=axis), self.rigor)

    def sum(self, axis: int | None = None) -> Approx:
        """Sum over all entries or along one axis, with the rounding error of the summation."""
        count = self.lower.size if axis is None else self.lower.shape[axis]
        eps = np.finfo(np.float64).eps
        with np.errstate(invalid="ignore", over="ignore"):
            sizes = np.maximum(np.abs(self.lower), np.abs(self.upper))
            slack = count * eps * sizes.sum(axis=axis)
            low = _down(self.lower.sum(axis=axis) - slack)
            high = _up(self.upper.sum(axis=axis) + slack)
        # inf - inf: an overflow on the way says nothing about that side.
        low = np.where(np.isnan(low), -np.inf, low)
        return Approx(low, np.where(np.isnan(high), np.inf, high), self.rigor)


def exactly(value: ArrayLike | Fraction) -> Approx:
    """A constant that is meant as the float it is (or an array of them), or an exact fraction.

    A fraction that is no float lies between two neighbouring ones.

    Raises:
        ValueError: value is NaN.
    """
    if not isinstance(value, Fraction):
        return Approx(value, value, "proved")
    largest = Fraction(_LARGEST)
    near = float(max(-largest, min(value, largest)))
    low = near if Fraction(near) <= value else math.nextafter(near, -math.inf)
    high = near if Fraction(near) >= value else math.nextafter(near, math.inf)
    return Approx(low, high, "proved")


def _enclosed(value: Approx | float | Fraction) -> Approx:
    return value if isinstance(value, Approx) else exactly(value)


def _is_zero(a: Approx) -> NDArray[np.bool_]:
    return np.asarray((a.lower == 0) & (a.upper == 0))


def _is_one(a: Approx) -> NDArray[np.bool_]:
    return np.asarray((np.abs(a.lower) == 1) & (a.upper == a.lower))


def _outward(bounds: list[Floats], rigor: Rigor, *, exact: NDArray[np.bool_]) -> Approx:
    """The hull of the bounds, one float wider on both sides where the result was rounded."""
    low = np.minimum.reduce(np.broadcast_arrays(*bounds))
    high = np.maximum.reduce(np.broadcast_arrays(*bounds))
    if np.isnan(low).any() or np.isnan(high).any():
        raise ValueError("Approx: inf - inf has no enclosure; keep the operands finite")
    return Approx(np.where(exact, low, _down(low)), np.where(exact, high, _up(high)), rigor)


def _power(base: Floats, power: int, *, downwards: bool) -> Floats:
    # x -> x**power is increasing here (odd, or base >= 0); sizes are rounded by the sign of base.
    negative = base < 0
    size = np.abs(base)
    result = size
    with np.errstate(over="ignore", under="ignore"):
        for _ in range(power - 1):
            smaller = np.maximum(_down(result * size), 0.0)
            result = np.where(negative != downwards, smaller, _up(result * size))
    return np.where(negative, -result, result)
