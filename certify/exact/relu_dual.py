"""Gaussian means of ReLU, the arc-cosine kernels (Cho, Saul 2009); beta is infinite."""

from __future__ import annotations

from flint import arb

from .balls import rational
from .smooth import Smooth


def relu() -> Smooth:
    """E s(u) s(v) = (sqrt(ab - c^2) + c (pi - arccos(c/sqrt(ab))))/(2 pi) of variances a, b."""
    return Smooth(
        value=lambda z: z.max(arb(0)),
        slope=lambda z: (z.sgn() + 1) / 2,
        L=arb(1),
        beta=arb("inf"),
        mean=lambda a: a / (2 * arb.pi()).sqrt(),
        mean_square=lambda: rational(1, 2),
        dual=lambda a, b, c: (_sine(a, b, c) + c * (arb.pi() - _angle(a, b, c))) / (2 * arb.pi()),
        dual_slope=lambda a, b, c: (arb.pi() - _angle(a, b, c)) / (2 * arb.pi()),
    )


def _sine(a: arb, b: arb, c: arb) -> arb:
    return (a * b - c * c).nonnegative_part().sqrt()


def _angle(a: arb, b: arb, c: arb) -> arb:
    """Between two vectors of squared lengths a, b and product c; 0 of a vanishing one."""
    return arb(0) if a * b == 0 else arb.atan2(_sine(a, b, c), c)
