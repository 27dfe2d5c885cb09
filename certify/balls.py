"""Between floats, fractions and the balls of Arb."""

from __future__ import annotations

from fractions import Fraction

from flint import arb, fmpq

from certify.rounding import down
from verdicts import Approx


def exact_ball(value: Fraction) -> arb:
    """The ball of a fraction at the working precision."""
    return arb(fmpq(value.numerator, value.denominator))


def below(ball: arb) -> float:
    """The largest float, or the next to it, that is <= every number of the ball."""
    if not ball.is_finite():
        return -float("inf")
    near = float(ball.lower())
    return near if arb(near) <= ball.lower() else down(near)


def above(ball: arb) -> float:
    """The least float, or the next to it, that is >= every number of the ball."""
    return -below(-ball)


def enclosure(ball: arb) -> Approx:
    """The proved enclosure of a ball, of width 0 if it is a float."""
    return Approx(below(ball), above(ball), "proved")


def ball_of(value: Approx | Fraction | float) -> arb:
    """A ball that contains the whole enclosure, or the number."""
    if isinstance(value, Approx):
        return arb(value.low).union(arb(value.high))
    return exact_ball(Fraction(value))
