"""Smooth activations by name, in balls: sigma, sigma', and the constants that theorems ask for.

c_sigma = 1/E sigma(z)^2, z ~ N(0, 1), has a closed form for sines, erf and lines; for tanh,
softplus and sigmoid `gaussian_integral` integrates.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from flint import acb, arb

from .balls import rational
from .gaussian_integral import gaussian_integral
from .sines import Sine, sum_mean
from .smooth import Function, Smooth
from .values import ball


def _sines(*terms: Sine, L: int, beta: Fraction) -> Smooth:
    slopes = tuple(term.slope for term in terms)
    return Smooth(
        value=lambda z: sum((term.value(z) for term in terms), arb(0)),
        slope=lambda z: sum((term.value(z) for term in slopes), arb(0)),
        L=arb(L),
        beta=ball(beta),
        mean=lambda a: sum((term.mean(a) for term in terms), arb(0)),
        mean_square=lambda: sum_mean(terms, arb(1), arb(1), arb(1)),
        dual=lambda a, b, c: sum_mean(terms, a, b, c),
        dual_slope=lambda a, b, c: sum_mean(slopes, a, b, c),
    )


def _erf() -> Smooth:
    top = 2 / arb.pi().sqrt()

    def dual(a: arb, b: arb, c: arb) -> arb:
        return 2 / arb.pi() * (2 * c / ((1 + 2 * a) * (1 + 2 * b)).sqrt()).asin()

    def dual_slope(a: arb, b: arb, c: arb) -> arb:
        return 4 / arb.pi() / (1 + 2 * (a + b) + 4 * (a * b - c * c)).sqrt()

    return Smooth(
        value=lambda z: z.erf(),
        slope=lambda z: top * (-z * z).exp(),
        L=top,
        beta=(8 / (arb.pi() * arb(1).exp())).sqrt(),
        mean=lambda _: arb(0),
        mean_square=lambda: 2 / arb.pi() * rational(2, 3).asin(),
        dual=dual,
        dual_slope=dual_slope,
    )


def _line(slope: int, shift: int) -> Smooth:
    return Smooth(
        value=lambda z: slope * z + shift,
        slope=lambda _: arb(slope),
        L=arb(slope),
        beta=arb(0),
        mean=lambda _: arb(shift),
        mean_square=lambda: arb(slope**2 + shift**2),
        dual=lambda _, __, c: slope**2 * c + shift**2,
        dual_slope=lambda _, __, ___: arb(slope**2),
    )


def _integrated(
    value: Function, slope: Function, L: arb, beta: arb, wide: Callable[[acb, bool], acb]
) -> Smooth:
    """One whose means are integrals; `wide` is sigma on complex balls."""
    at_zero = abs(value(arb(0)))
    return Smooth(
        value,
        slope,
        L,
        beta,
        mean=lambda a: gaussian_integral(wide, a, at_zero, L, power=1),
        mean_square=lambda: gaussian_integral(wide, arb(1), at_zero, L, power=2),
    )


def _logistic(z: arb) -> arb:
    return 1 / (1 + (-z).exp())


def _stretched(T: int) -> Callable[[], Smooth]:
    return lambda: _sines(Sine(Fraction(T), Fraction(1, T)), L=1, beta=Fraction(1, T))


_RIPPLE = Sine(Fraction(1, 200), Fraction(200))
SMOOTH: dict[str, Callable[[], Smooth]] = {
    "sin": lambda: _sines(Sine(), L=1, beta=Fraction(1)),
    "sin+pi/4": lambda: _sines(Sine(turn=Fraction(1, 4)), L=1, beta=Fraction(1)),
    "10 sin(z/10)": _stretched(10),
    "100 sin(z/100)": _stretched(100),
    "sin(z)+sin(200z)/200": lambda: _sines(Sine(), _RIPPLE, L=2, beta=Fraction(201)),
    "erf": _erf,
    "tanh": lambda: _integrated(
        lambda z: z.tanh(),
        lambda z: 1 / z.cosh() ** 2,
        arb(1),
        4 / arb(27).sqrt(),
        lambda z, _: z.tanh(),
    ),
    "softplus": lambda: _integrated(
        lambda z: z.exp().log1p(),
        _logistic,
        arb(1),
        rational(1, 4),
        lambda z, analytic: (1 + z.exp()).log(analytic=analytic),
    ),
    "sigmoid": lambda: _integrated(
        _logistic,
        lambda z: _logistic(z) * _logistic(-z),
        rational(1, 4),
        1 / arb(108).sqrt(),
        lambda z, _: 1 / (1 + (-z).exp()),
    ),
    "sqrt(z^2+1e-4)": lambda: _integrated(
        lambda z: (z * z + rational(1, 10**4)).sqrt(),
        lambda z: z / (z * z + rational(1, 10**4)).sqrt(),
        arb(1),
        arb(100),
        lambda z, analytic: (z * z + acb(rational(1, 10**4))).sqrt(analytic=analytic),
    ),
    "identity": lambda: _line(1, 0),
    "2z+1": lambda: _line(2, 1),
}
"""What makes each activation, in a block of `precision`."""
