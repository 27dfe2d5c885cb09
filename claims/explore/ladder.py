"""The values of a constant that a calibration tries: rungs away from the true one, and between."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

Side: TypeAlias = Literal["down", "up"]

_NEAR_ZERO = 1e-6  # the first rung beside a true value of 0
_MOST = 1e300  # farther is no number of a float's
_STEPS = (0.5, 1.0, 2.0)  # powers of two beyond a refuted value


@dataclass(frozen=True, slots=True)
class Ladder:
    """Values on one side of the true one.

    Attributes:
        true: the claim's own value.
        side: "down" for smaller values, "up" for larger ones.
        whole: whether only integers are tried.
        digits: significant digits to which the answer is wanted, >= 1.
        limit: the farthest value is the true one times or over this; > 1.
    """

    true: float
    side: Side
    whole: bool
    digits: int
    limit: float

    def rungs(self) -> Iterator[float]:
        """From near to far: the true value times (or over) 2, 4, 16, 256, ... up to the limit."""
        if self.true == 0:
            yield from self._distinct(self._beside_zero())
            return
        yield from self._distinct(self.true * self._factor(power) for power in self._powers())
        if self.whole and self._towards_zero:
            yield 0.0

    def between(self, one: float, other: float) -> float | None:
        """A value between two; None where they agree to the digits wanted, or are neighbours."""
        if self.whole:
            return None if abs(one - other) <= 1 else float((int(one) + int(other)) // 2)
        if abs(one - other) <= 0.5 * 10 ** (1 - self.digits) * max(abs(one), abs(other)):
            return None
        if one * other > 0:
            middle = math.copysign(math.sqrt(one * other), one)
        elif self.true == 0 and max(abs(one), abs(other)) <= _NEAR_ZERO:
            return None
        else:
            middle = (one + other) / 2
        return self.rounded(middle)

    def beyond(self, value: float) -> list[float]:
        """Three values farther from the true one than a given one, or as many as there are."""
        if self.whole:
            step = -1 if self.side == "down" else 1
            return [value + step * k for k in (1, 2, 3) if not self._crosses(value + step * k)]
        if value == 0:
            return []
        grows = (value < 0) == (self.side == "down")
        factors = (2.0 ** (power if grows else -power) for power in _STEPS)
        return [self.rounded(value * factor) for factor in factors]

    def inside(self, value: float) -> list[float]:
        """Three values between a given one and the true one, or as many as there are."""
        if self.whole:
            low, high = sorted((int(value), int(self.true)))
            points = range(low + 1, high)
            return [float(points[len(points) * k // 4]) for k in (1, 2, 3)] if points else []
        if value * self.true > 0:
            ratio = self.true / value
            return [self.rounded(value * ratio ** (k / 4)) for k in (1, 2, 3)]
        return [self.rounded(value + (self.true - value) * k / 4) for k in (1, 2, 3)]

    def farther(self, one: float, other: float) -> bool:
        """Whether one value is farther from the true one than another."""
        return one < other if self.side == "down" else one > other

    def rounded(self, value: float) -> float:
        """The value with one digit more than is asked for, so that what is printed was tried."""
        return float(f"{value:.{self.digits}e}")

    def shown(self, value: float) -> str:
        """A value in words, with the digits in which two that were tried may differ."""
        return f"{value:.{max(self.digits + 1, 6)}g}"

    def typed(self, value: float) -> int | float:
        """The value as the claim's body gets it."""
        return int(value) if self.whole else value

    @property
    def _towards_zero(self) -> bool:
        return (self.true > 0) == (self.side == "down")

    def _powers(self) -> Iterator[float]:
        most, power = math.log2(self.limit), 1.0
        while power < most:
            yield power
            power *= 2
        yield most

    def _factor(self, power: float) -> float:
        return float(2.0 ** (-power if self._towards_zero else power))

    def _beside_zero(self) -> Iterator[float]:
        sign, first = (-1.0 if self.side == "down" else 1.0), (1.0 if self.whole else _NEAR_ZERO)
        most = self.limit if self.whole else min(self.limit / _NEAR_ZERO, _MOST)
        yield sign * first
        power = 1.0
        while power < math.log2(most):
            yield sign * first * 2.0**power
            power *= 2
        yield sign * first * most

    def _distinct(self, values: Iterator[float]) -> Iterator[float]:
        seen = {self.true}
        for value in values:
            if abs(value) > _MOST:
                return
            kept = float(round(value)) if self.whole else self.rounded(value)
            if kept not in seen and not self._crosses(kept):
                seen.add(kept)
                if kept != 0:
                    yield kept

    def _crosses(self, value: float) -> bool:
        """Whether a value has another sign than the true one, where that has one."""
        return self.true * value < 0
