"""Proved means of Hermite polynomials, of ReLU, and of ReLU stacked on ReLU."""

from __future__ import annotations

import math
from fractions import Fraction

from flint import acb, arb, ctx

from certify.balls import enclosure, exact_ball
from certify.gaussian_means import Growth, mean_ball
from certify.hermite import gauss_hermite, hermite
from verdicts import Approx

_BITS = 64


def hermite_product(k: int, degree: int) -> Approx:
    """E h_k(z) h_l(z) for z ~ N(0, 1), h_k = He_k/sqrt(k!), by an exact quadrature in balls.

    Args:
        k: one degree, 0 to 60.
        degree: the other one, l.

    Raises:
        ValueError: a degree is none of these.
    """
    for one in (k, degree):
        if not 0 <= one <= 60:
            raise ValueError(f"hermite_product: degree {one}; give 0 to 60")

    def product(z: arb) -> arb:
        size = arb(math.factorial(k)) * arb(math.factorial(degree))
        value: arb = hermite(k)(z) * hermite(degree)(z) / size.sqrt()
        return value

    # A polynomial of degree below 2N has no derivative of order 2N.
    return gauss_hermite(product, nodes=(k + degree) // 2 + 1, derivative_bound=0)


def relu_square_mean() -> Approx:
    """E max(z, 0)^2, by integration."""
    return enclosure(
        mean_ball(
            lambda z, kink: z.real_max(acb(0), analytic=kink) ** 2, growth=Growth(1, 2), bits=_BITS
        )
    )


def relu_coefficient(k: int) -> Approx:
    """c_k = E max(z, 0) h_k(z), by integration.

    Raises:
        ValueError: k is not within 0 to 60.
    """
    if not 0 <= k <= 60:
        raise ValueError(f"relu_coefficient: k={k}; give 0 to 60")
    polynomial = hermite(k)
    own = Growth(sum(abs(int(c)) for c in polynomial.coeffs()), k)
    bits = _BITS + int(own.factor).bit_length()

    def product(z: acb, kink: bool) -> acb:  # noqa: FBT001  as Arb calls it
        return z.real_max(acb(0), analytic=kink) * polynomial(z)

    with ctx.workprec(bits + 16):
        mean = mean_ball(product, growth=Growth(1, 1).times(own), bits=bits)
        return enclosure(mean / arb(math.factorial(k)).sqrt())


def stacked_relu_square(sigma_g: Fraction | float) -> Approx:
    """E max(g + max(h, 0), 0)^2 for independent g ~ N(0, sigma_g^2) and h ~ N(0, 1).

    h < 0 leaves max(g, 0), half of the time. For h > 0 the mean over g is
    (h^2 + sigma_g^2) Phi(h/sigma_g) + h sigma_g phi(h/sigma_g).

    Raises:
        ValueError: sigma_g is not positive.
    """
    scale = _positive(sigma_g, "stacked_relu_square")

    def above(h: acb, kink: bool) -> acb:  # noqa: FBT001
        s = acb(exact_ball(scale))
        density = (-((h / s) ** 2) / 2).exp() / acb(2 * arb.pi()).sqrt()
        mean = (h * h + s * s) * _normal(h / s) + h * s * density
        return h.real_heaviside(analytic=kink) * mean

    growth = Growth(3 * (1 + scale**2), 2)
    found = mean_ball(above, growth=growth, bits=_BITS)
    return enclosure(found + exact_ball(scale**2) / 4)


def stacked_relu_activity(sigma_g: Fraction | float) -> Approx:
    """P(g + max(h, 0) > 0), with the same g and h.

    Raises:
        ValueError: sigma_g is not positive.
    """
    scale = _positive(sigma_g, "stacked_relu_activity")

    def above(h: acb, kink: bool) -> acb:  # noqa: FBT001
        return h.real_heaviside(analytic=kink) * _normal(h / acb(exact_ball(scale)))

    return enclosure(mean_ball(above, growth=Growth(1), bits=_BITS) + arb(1) / 4)


def _normal(z: acb) -> acb:
    """The distribution function of N(0, 1)."""
    value: acb = (-z / acb(2).sqrt()).erfc() / 2
    return value


def _positive(sigma_g: Fraction | float, where: str) -> Fraction:
    if not 0 < sigma_g < math.inf:
        raise ValueError(f"{where}: sigma_g={sigma_g!r}; give a finite number > 0")
    return Fraction(sigma_g)
