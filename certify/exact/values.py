"""Values of expressions: fractions while they are exact and short, balls from then on."""

from __future__ import annotations

from fractions import Fraction
from math import isqrt
from typing import TypeAlias

from flint import arb

from .balls import Hopeless, Undecided, rational

Value: TypeAlias = "Fraction | arb"

_LONGEST = 8192  # bits of a fraction that is kept exact
_LARGEST_POWER = 10**6


def ball(value: Value) -> arb:
    """The value as a ball of the working precision."""
    return rational(*value.as_integer_ratio()) if isinstance(value, Fraction) else value


def plus(*terms: Value) -> Value:
    """Sum; 0 of nothing."""
    total: Value = Fraction(0)
    for term in terms:
        if isinstance(total, Fraction) and isinstance(term, Fraction):
            total = _short(total + term)
        else:
            total = ball(total) + ball(term)
    return total


def times(*factors: Value) -> Value:
    """Product; 1 of nothing."""
    product: Value = Fraction(1)
    for factor in factors:
        if isinstance(product, Fraction) and isinstance(factor, Fraction):
            product = _short(product * factor)
        else:
            product = ball(product) * ball(factor)
    return product


def minus(left: Value, right: Value) -> Value:
    """Difference."""
    return plus(left, times(Fraction(-1), right))


def over(left: Value, right: Value) -> Value:
    """Quotient; raises Undecided if the divisor may be 0, Hopeless if it is."""
    if right == 0:
        raise Hopeless("a division by zero")
    if isinstance(left, Fraction) and isinstance(right, Fraction):
        return _short(left / right)
    divisor = ball(right)
    if divisor.contains(0):
        raise Undecided("a divisor is too near 0")
    return ball(left) / divisor


def power(base: Value, exponent: Value) -> Value:
    """base^exponent; the exponent is rational, and an integer where the base is negative.

    Raises:
        Undecided: the sign of the base; Hopeless: no such exponent.
    """
    if not isinstance(exponent, Fraction) or abs(exponent) > _LARGEST_POWER:
        raise Hopeless("an exponent is no rational number of size up to 1e6")
    if exponent < 0:
        return over(Fraction(1), power(base, -exponent))
    whole, root = exponent.as_integer_ratio()
    if root == 1:
        return _whole_power(base, whole)
    if root == 2:
        return _whole_power(square_root(base), whole)
    return Fraction(0) if base == 0 else exponential(times(exponent, logarithm(base)))


def square_root(value: Value) -> Value:
    """Square root, exact of a square.

    Raises:
        Undecided: the sign of the value; Hopeless: it is negative.
    """
    if value < 0:
        raise Hopeless("a square root of a negative number")
    if isinstance(value, Fraction):
        roots = [isqrt(part) for part in value.as_integer_ratio()]
        if [root * root for root in roots] == list(value.as_integer_ratio()):
            return Fraction(*roots)
    elif not value >= 0:
        raise Undecided("a square root of a number too near 0 for its sign")
    return ball(value).sqrt()


def exponential(value: Value) -> Value:
    """The exponential."""
    return Fraction(1) if value == 0 else ball(value).exp()


def logarithm(value: Value) -> Value:
    """Natural logarithm.

    Raises:
        Undecided: the sign of the value; Hopeless: it is not positive.
    """
    if value <= 0:
        raise Hopeless("a logarithm of a number that is not positive")
    if not value > 0:
        raise Undecided("a logarithm of a number too near 0 for its sign")
    return Fraction(0) if value == 1 else ball(value).log()


def magnitude(value: Value) -> Value:
    """Absolute value."""
    return value if value >= 0 else abs(ball(value)) if isinstance(value, arb) else -value


def greatest(*values: Value) -> Value:
    """The largest."""
    best = values[0]
    for value in values[1:]:
        if isinstance(best, Fraction) and isinstance(value, Fraction):
            best = max(best, value)
        else:
            best = ball(best).max(ball(value))
    return best


def least(*values: Value) -> Value:
    """The smallest."""
    return times(Fraction(-1), greatest(*(times(Fraction(-1), value) for value in values)))


def _whole_power(base: Value, exponent: int) -> Value:
    result: Value = Fraction(1)
    square = base
    for digit in reversed(f"{exponent:b}"):
        if digit == "1":
            result = times(result, square)
        square = times(square, square)
    return result


def _short(value: Fraction) -> Value:
    parts = value.as_integer_ratio()
    return value if sum(part.bit_length() for part in parts) <= _LONGEST else rational(*parts)
