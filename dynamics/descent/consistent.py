"""Descent along gradients that are off by a known factor, over exact numbers.

The functions are sums over coordinates, so that an error which scales every coordinate of the
gradient by a factor in [1 - delta, 1 + delta] is at most delta in relation to its norm.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

from models.arguments import as_annotated

Point: TypeAlias = tuple[Fraction, ...]
Slope: TypeAlias = Callable[[Point], Point]
Factors: TypeAlias = Sequence[Sequence[Fraction]]  # of the coordinates, by turns


@dataclass(frozen=True, slots=True)
class ConsistentDescent:
    """The iterates w_1, ..., w_T and what was known of them.

    Attributes:
        points: w_k.
        slopes: h_k, the true (sub)gradient at w_k.
        largest: max_k |h_k|^2.
        squared_delta: max_k |g_k - h_k|^2/|h_k|^2 over the iterates with h_k != 0, g_k being the
            estimate.
    """

    points: tuple[Point, ...]
    slopes: tuple[Point, ...]
    largest: Fraction
    squared_delta: Fraction


@as_annotated
def consistent_descent(
    slope: Slope, start: Point, factors: Factors, step: Callable[[int], Fraction], count: int
) -> ConsistentDescent:
    """w_{k+1} = w_k - step(k) g_k, where coordinate i of g_k is that of h_k times a factor.

    Args:
        slope: h at a point.
        start: w_1.
        factors: one list for each step, by turns; each is repeated over the coordinates.
        step: of k = 1, 2, ...
        count: T >= 1.

    Raises:
        ValueError: T < 1, or no factors.
    """
    if count < 1 or not factors or not all(factors):
        raise ValueError(
            f"consistent_descent: count={count}, factors={factors!r}; give a step, and factors"
        )
    points, slopes, worst = [start], [slope(start)], Fraction(0)
    for k in range(1, count + 1):
        w, h = points[-1], slopes[-1]
        turn = factors[(k - 1) % len(factors)]
        g = tuple(turn[i % len(turn)] * z for i, z in enumerate(h))
        size = squared(h)
        if size:
            worst = max(worst, squared([p - q for p, q in zip(g, h, strict=True)]) / size)
        if k < count:
            points.append(tuple(p - step(k) * q for p, q in zip(w, g, strict=True)))
            slopes.append(slope(points[-1]))
    return ConsistentDescent(tuple(points), tuple(slopes), max(map(squared, slopes)), worst)


def squared(point: Sequence[Fraction]) -> Fraction:
    """|w|^2."""
    return sum((z * z for z in point), start=Fraction(0))
