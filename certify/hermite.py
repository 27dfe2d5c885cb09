"""Hermite polynomials and Gauss-Hermite sums for the weight of a standard normal."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache
from typing import TypeAlias, cast

from flint import acb, arb, ctx, fmpz_poly

from certify.balls import enclosure, exact_ball
from verdicts import Approx

_BITS = 128
_BITS_PER_NODE = 4  # lost in the evaluation of a polynomial by its coefficients
_MOST_NODES = 200

RealFunction: TypeAlias = Callable[[arb], arb]


@lru_cache(maxsize=512)
def hermite(k: int) -> fmpz_poly:
    """He_k, with E He_k(z)^2 = k! for z ~ N(0, 1)."""
    if k < 2:
        return fmpz_poly([0, 1] if k else [1])
    return fmpz_poly([0, 1]) * hermite(k - 1) - (k - 1) * hermite(k - 2)


def gauss_hermite(
    function: RealFunction, *, nodes: int, derivative_bound: Fraction | float
) -> Approx:
    """E f(z) for z ~ N(0, 1) by Gauss-Hermite quadrature in balls, with the classical error.

    The sum over N nodes is wrong by N!/(2N)! f^(2N)(s) for some real s, so it is proved if the
    derivative's bound is one.

    Args:
        function: f on real balls (flint.arb).
        nodes: N, at most 200.
        derivative_bound: of |f^(2N)| on the whole real line.

    Raises:
        ValueError: nodes is not within 1 to 200, or the bound is negative or no finite number.
    Source:
        Hildebrand 1956, Introduction to numerical analysis, section 8.7.
    """
    if not 1 <= nodes <= _MOST_NODES:
        raise ValueError(f"gauss_hermite: nodes={nodes}; give 1 to {_MOST_NODES}")
    if not 0 <= derivative_bound < math.inf:
        raise ValueError(
            f"gauss_hermite: derivative_bound={derivative_bound!r}; give a finite number >= 0"
        )
    share = Fraction(math.factorial(nodes), math.factorial(2 * nodes))
    with ctx.workprec(_BITS):
        value = sum((weight * function(node) for node, weight in gauss_nodes(nodes)), arb(0))
        error = exact_ball(share * Fraction(derivative_bound))
        return enclosure(value + arb(0, error.upper()))


@lru_cache(maxsize=64)
def gauss_nodes(nodes: int) -> tuple[tuple[arb, arb], ...]:
    """The zeros of He_N, each isolated with proof, and their weights N!/(N He_(N-1))^2."""
    with ctx.workprec(_BITS + _BITS_PER_NODE * nodes):
        # Typed wrongly by python-flint: pairs of a root and its multiplicity.
        roots = cast("list[tuple[acb, int]]", hermite(nodes).complex_roots())
        zeros = [root.real for root, _ in roots]
        factorial = arb(math.factorial(nodes))
        lower = hermite(nodes - 1)
        return tuple((zero, factorial / (nodes * lower(zero)) ** 2) for zero in zeros)
