"""Means over two correlated normals, by the Hermite expansion of each function."""

from __future__ import annotations

import math
from fractions import Fraction

from flint import acb, arb, ctx

from certify.balls import ball_of, enclosure
from certify.gaussian_means import Growth, Integrand, mean_ball
from certify.hermite import hermite
from verdicts import Approx


def correlated_mean(
    f: Integrand,
    g: Integrand,
    *,
    growth: tuple[Growth, Growth],
    correlation: Approx | Fraction | float,
    terms: int = 24,
    bits: int = 64,
) -> Approx:
    """E f(u) g(v) for standard normals u, v with E u v = rho, proved if the growth is as stated.

    Mehler: E f(u) g(v) = sum_k rho^k f_k g_k with the coefficients f_k = E f(z) He_k(z)/sqrt(k!);
    by Cauchy and Parseval what is left beyond k = K is at most
    |rho|^(K + 1) sqrt((E f^2 - sum f_k^2)(E g^2 - sum g_k^2)).

    Args:
        f: as for `gaussian_mean`, real on the real line.
        g: likewise; g is f saves half of the work.
        growth: of f and of g.
        correlation: rho, within -1 to 1.
        terms: K + 1; more are needed for correlations near 1 and functions with kinks.
        bits: of each coefficient's mean.

    Returns:
        Enclosure of rigor "proved" (that of the correlation, if it is an Approx).

    Raises:
        ValueError: the correlation is certainly outside of -1 to 1, or terms < 1.
    """
    if terms < 1:
        raise ValueError(f"correlated_mean: terms={terms}; give at least 1")
    with ctx.workprec(bits + 16):
        rho = ball_of(correlation)
        if abs(rho) > 1:
            raise ValueError(f"correlated_mean: correlation={correlation!r}; give -1 to 1")
        first, left = _expansion(f, growth[0], terms, bits)
        second, right = (first, left) if g is f else _expansion(g, growth[1], terms, bits)
        total = sum(
            (rho**k * a * b for k, (a, b) in enumerate(zip(first, second, strict=True))), arb(0)
        )
        rest = abs(rho) ** terms * (left * right).sqrt()
        found = enclosure(total + arb(0, rest.abs_upper()))
    rigor = correlation.rigor if isinstance(correlation, Approx) else "proved"
    return Approx(found.low, found.high, rigor)


def _expansion(f: Integrand, growth: Growth, terms: int, bits: int) -> tuple[list[arb], arb]:
    """f_0, ..., f_K, and an exact upper bound of what is left of E f^2."""
    coefficients = [_coefficient(f, growth, k, bits) for k in range(terms)]
    square = mean_ball(
        lambda z, analytic: f(z, analytic) ** 2, growth=growth.times(growth), bits=bits
    )
    left = square - sum((a * a for a in coefficients), arb(0))
    return coefficients, left.upper().nonnegative_part()


def _coefficient(f: Integrand, growth: Growth, k: int, bits: int) -> arb:
    polynomial, size = hermite(k), arb(math.factorial(k)).sqrt()
    # |He_k(z)| <= (sum of its |coefficients|) (1 + |z|^k).
    own = Growth(sum(abs(int(c)) for c in polynomial.coeffs()), k)

    def product(z: acb, analytic: bool) -> acb:  # noqa: FBT001
        return f(z, analytic) * polynomial(z)

    return mean_ball(product, growth=growth.times(own), bits=bits) / size
