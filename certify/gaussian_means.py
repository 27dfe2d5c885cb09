"""Means of functions of a standard normal z, by Arb's rigorous integration and a proved tail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeAlias

from flint import acb, arb, ctx

from certify.balls import enclosure, exact_ball
from verdicts import Approx

_GUARD = 16  # bits beyond those asked for

# From a box of complex numbers, and whether f must be analytic on it, to a box of values.
Integrand: TypeAlias = Callable[[acb, bool], acb]


@dataclass(frozen=True, slots=True)
class Growth:
    """The premise |f(z)| <= factor (1 + |z|^power) exp(rate |z|) for all real z.

    Raises:
        ValueError: one of them is negative or no finite number.
    """

    factor: Fraction | float = 1
    power: int = 0
    rate: Fraction | float = 0

    def __post_init__(self) -> None:
        if not all(0 <= value < float("inf") for value in (self.factor, self.power, self.rate)):
            raise ValueError(f"Growth: {self!r}; give finite numbers >= 0")

    def tail(self, length: int) -> arb:
        """A bound of the mean's part beyond |z| > length; infinite if the length is too short.

        The logarithms of z^p e^(az) phi(z) and of e^(az) phi(z) are concave with slopes at most
        a + p/L - L at L, so beyond L both lie under exponentials.
        """
        end, rate = arb(length), exact_ball(Fraction(self.rate))
        slope = end - rate - arb(self.power) / end
        if not slope > 0:
            return arb.pos_inf()
        edge = (1 + end**self.power) * (rate * end - end * end / 2).exp() / (2 * arb.pi()).sqrt()
        return 2 * exact_ball(Fraction(self.factor)) * edge / slope

    def reach(self, tolerance: arb) -> int:
        """A length whose tail is below the tolerance."""
        length = 1 + int(self.rate)
        while not self.tail(length) < tolerance:
            length += 1
        return length

    def times(self, other: Growth) -> Growth:
        """The growth of a product, by (1 + z^p)(1 + z^q) <= 3 (1 + z^(p + q)) for z >= 0."""
        return Growth(
            3 * Fraction(self.factor) * Fraction(other.factor),
            self.power + other.power,
            Fraction(self.rate) + Fraction(other.rate),
        )


def gaussian_mean(function: Integrand, *, growth: Growth, bits: int = 64) -> Approx:
    """E f(z) for z ~ N(0, 1), enclosed with proof if the growth is as stated.

    Args:
        function: f on boxes of complex numbers (flint.acb). Its second argument is true where Arb
            wants to use that f is analytic on the box; a function that is not must then return
            acb("nan"), as acb.real_max, acb.real_abs, acb.real_heaviside and acb.sqrt do when the
            argument is passed on: ReLU is `lambda z, kink: z.real_max(acb(0), analytic=kink)`.
        growth: of f on the real line; it bounds what lies beyond the interval of integration.
        bits: of accuracy wanted, relative to factor + 1; the enclosure is honest in any case.

    Raises:
        ValueError: fewer than 16 bits are asked for, or f is not finite on the real line.
    Source:
        Johansson 2018, Numerical integration in arbitrary-precision ball arithmetic.
    """
    return enclosure(mean_ball(function, growth=growth, bits=bits))


def mean_ball(function: Integrand, *, growth: Growth, bits: int) -> arb:
    """As `gaussian_mean`, a ball."""
    if bits < 16:
        raise ValueError(f"gaussian_mean: bits={bits}; give at least 16")
    with ctx.workprec(bits + _GUARD):
        tolerance = (1 + exact_ball(Fraction(growth.factor))) * arb(2) ** -(bits + 2)
        length = growth.reach(tolerance)
        tail = growth.tail(length).upper()
        inner = _integral(lambda z, analytic: function(z, analytic) * _weight(z), length, tolerance)
        mean = inner / (2 * arb.pi()).sqrt() + arb(0, tail)
        if not mean.is_finite():
            raise ValueError(
                "gaussian_mean: no finite enclosure; give a function that is finite on the line"
            )
        return mean


def _weight(z: acb) -> acb:
    return (-z * z / 2).exp()


def _integral(function: Integrand, length: int, tolerance: arb) -> arb:
    failures: list[Exception] = []

    def guarded(z: acb, analytic: bool) -> Any:  # noqa: FBT001
        # An exception may not cross Arb's own code.
        if failures:
            return acb("nan")
        try:
            return acb(function(z, analytic))
        except Exception as failure:
            failures.append(failure)
            return acb("nan")

    value = acb.integral(guarded, -length, length, abs_tol=tolerance.mid())
    if failures:
        raise failures[0]
    return value.real
