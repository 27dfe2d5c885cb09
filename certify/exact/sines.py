"""Sums of sines weight sin(frequency z + turn pi) and their Gaussian means, in balls."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

from flint import arb

from .values import ball

_QUARTER = Fraction(1, 2)  # of pi: the derivative is a quarter of a turn ahead


@dataclass(frozen=True, slots=True)
class Sine:
    """weight sin(frequency z + turn pi)."""

    weight: Fraction = Fraction(1)
    frequency: Fraction = Fraction(1)
    turn: Fraction = Fraction(0)

    @property
    def slope(self) -> Sine:
        """The derivative."""
        return replace(self, weight=self.weight * self.frequency, turn=self.turn + _QUARTER)

    def value(self, z: arb) -> arb:
        """Its value at z."""
        angle = ball(self.frequency) * z + ball(self.turn) * arb.pi()
        return ball(self.weight) * angle.sin()

    def mean(self, a: arb) -> arb:
        """Its mean under N(0, a^2)."""
        damped = (-((ball(self.frequency) * a) ** 2) / 2).exp()
        return ball(self.weight) * (ball(self.turn) * arb.pi()).sin() * damped


def product_mean(s: Sine, t: Sine, a: arb, b: arb, c: arb) -> arb:
    """E s(u) t(v) for variances a, b and covariance c.

    With f and g their frequencies: (cos(s - t) e^(-Var(f u - g v)/2) - cos(s + t) e^(-Var(f u + g
    v)/2))/2.
    """
    f, g = ball(s.frequency), ball(t.frequency)
    both, cross = f * f * a + g * g * b, 2 * f * g * c
    near, far = (-(both - cross) / 2).exp(), (-(both + cross) / 2).exp()
    apart, joint = (ball(s.turn + sign * t.turn) * arb.pi() for sign in (-1, 1))
    return ball(s.weight * t.weight / 2) * (apart.cos() * near - joint.cos() * far)


def sum_mean(terms: tuple[Sine, ...], a: arb, b: arb, c: arb) -> arb:
    """E sigma(u) sigma(v) of a sum of sines."""
    return sum((product_mean(s, t, a, b, c) for s in terms for t in terms), arb(0))
