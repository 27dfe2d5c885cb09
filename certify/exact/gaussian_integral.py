"""E sigma(a z)^power for z ~ N(0, 1), by rigorous integration and a bound of the tails."""

from __future__ import annotations

from collections.abc import Callable
from math import isqrt

from flint import acb, arb, ctx

from .balls import Hopeless, spend


def gaussian_integral(
    wide: Callable[[acb, bool], acb], a: arb, at_zero: arb, L: arb, *, power: int
) -> arb:
    """The integral over [-T, T]; beyond, |sigma(a z)| <= |sigma(0)| + L a |z|.

    Args:
        wide: sigma on complex balls, told whether it must be analytic there.
        a: scale, >= 0.
        at_zero: |sigma(0)|.
        L: Lipschitz constant of sigma.
        power: 1 or 2.
    """
    bits = int(ctx.prec)
    spend(bits * bits // 4)  # beforehand: nothing can be raised from within the integrator
    T = arb(isqrt(2 * bits) + 2)

    def weighed(z: acb, analytic: bool) -> acb:  # noqa: FBT001  as the integrator calls it
        return wide(a * z, analytic) ** power * (-z * z / 2).exp()

    root = (2 * arb.pi()).sqrt()
    inner = acb.integral(weighed, acb(-T), acb(T)).real / root
    beyond, density = (T / arb(2).sqrt()).erfc(), (-T * T / 2).exp() / root
    if power == 1:
        tail = at_zero * beyond + 2 * L * a * density
    else:  # (p + q)^2 <= 2 p^2 + 2 q^2
        tail = 2 * (at_zero**2 * beyond + (L * a) ** 2 * (beyond + 2 * T * density))
    if not inner.is_finite():
        raise Hopeless("a Gaussian mean cannot be integrated")
    return inner + (-tail).union(tail)
