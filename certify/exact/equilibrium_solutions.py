"""All solutions of z = sigma(W z + b), by the linear equation on each of the 2^m patterns."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

from .balls import Hopeless
from .equilibrium import Equation, Pattern, Point, fits, fraction


class Solutions:
    """The solutions of z = sigma(W z + b_i).

    Attributes:
        points: those found; with infinitely many the ends of the segments they fill.
        infinite: whether they fill a segment.
    """

    def __init__(self, equation: Equation, i: int) -> None:
        self._equation, self._i = equation, i
        self.infinite = False
        points: dict[Point, None] = {}
        for pattern in product((True, False), repeat=equation.m):
            points.update(dict.fromkeys(self._of(pattern)))
        self.points = list(points)

    def _of(self, pattern: Pattern) -> list[Point]:
        """Solutions on one pattern.

        Raises:
            Hopeless: more than one direction is free there.
        """
        equation, m = self._equation, self._equation.m
        reduced, _ = equation.on_pattern(self._i, pattern)
        pivots = [next((c for c in range(m + 1) if reduced[r, c] != 0), -1) for r in range(m)]
        if m in pivots:
            return []
        free = [c for c in range(m) if c not in pivots]
        if len(free) > 1:
            raise Hopeless("an equation whose solutions may fill more than a line")
        start, way = [Fraction(0)] * m, [Fraction(0)] * m
        for r, c in enumerate(pivots):
            if c >= 0:
                start[c] = fraction(reduced[r, m])
                way[c] = -fraction(reduced[r, free[0]]) if free else Fraction(0)
        if not free:
            return [tuple(start)] if fits(pattern, equation.before(start, self._i)) else []
        way[free[0]] = Fraction(1)
        return self._segment(pattern, start, way)

    def _segment(self, pattern: Pattern, start: list[Fraction], way: list[Fraction]) -> list[Point]:
        """Ends of {start + t way: the signs fit}; of a ray its end, of a line one point."""
        here = self._equation.before(start, self._i)
        there = self._equation.before([p + q for p, q in zip(start, way, strict=True)], self._i)
        lows: list[Fraction] = []
        highs: list[Fraction] = []
        for is_on, value, other in zip(pattern, here, there, strict=True):
            p, slope = (value, other - value) if is_on else (-value, value - other)
            if slope == 0 and p < 0:
                return []
            if slope:
                (lows if slope > 0 else highs).append(-p / slope)
        low, high = max(lows, default=None), min(highs, default=None)
        if low is not None and high is not None and low > high:
            return []
        self.infinite |= low is None or high is None or low < high
        ends = {t for t in (low, high) if t is not None} or {Fraction(0)}
        return [tuple(p + t * q for p, q in zip(start, way, strict=True)) for t in sorted(ends)]
