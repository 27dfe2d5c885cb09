"""Bounds of Appendix G over the exact model "gaussian_dual", as terms of certificates."""

from collections.abc import Callable
from functools import partial
from typing import TypeAlias

from verdicts import PI, Proof, Term, given, greatest, least, number, quantity

Law: TypeAlias = tuple[float, float, float]  # deviations and correlation

L, BETA, AT_ZERO = (quantity(name) for name in ("L", "beta", "at_zero"))


def mean_moves(sigma: str, factor: float, *, squared: bool) -> Proof:
    """Lemma G.3."""
    a, b = given("a"), given("b")
    moved = abs(a**2 - b**2) if squared else abs(a - b)
    gap = abs(quantity("mean", a=a) - quantity("mean", a=b))
    return _about(sigma)(gap, "<=", number(factor) * L * (2 / PI).sqrt() * moved)


def dual_moves(
    sigma: str, first: Law, second: Law, *, off_diagonal: float, diagonal: float
) -> Proof:
    """Lemma G.4."""
    widest = greatest(*(a**2 for a in _deviations(first, second)))
    reach = AT_ZERO + L * (2 * widest / PI).sqrt()
    slope = number(diagonal) * BETA / 2 * reach
    bound = number(off_diagonal) * L**2 * _crossed(first, second) + slope * _spread(first, second)
    return _about(sigma)(_gap("dual", first, second), "<=", bound)


def dual_slope_moves(
    sigma: str, first: Law, second: Law, *, off_diagonal: float, diagonal: float
) -> Proof:
    """Lemma G.4 for sigma'."""
    widest = greatest(*(a**2 for a in _deviations(first, second)))
    narrowest = least(*(a**2 for a in _deviations(first, second)))
    slope = BETA * L / (2 * PI * narrowest).sqrt() + BETA**2 * (widest / narrowest).sqrt() / 2
    bound = number(off_diagonal) * BETA**2 * _crossed(first, second)
    bound = bound + number(diagonal) * slope * _spread(first, second)
    return _about(sigma)(_gap("dual_slope", first, second), "<=", bound)


def _about(sigma: str) -> Callable[..., Proof]:
    return partial(Proof, "gaussian_dual", {"activation": sigma})


def _deviations(first: Law, second: Law) -> list[Term]:
    return [number(float(a)) for a in (*first[:2], *second[:2])]


def _gap(name: str, first: Law, second: Law) -> Term:
    one, other = (
        quantity(name, a=float(a), b=float(b), rho=float(rho)) for a, b, rho in (first, second)
    )
    return abs(one - other)


def _crossed(first: Law, second: Law) -> Term:
    one, other = (number(float(rho)) * float(a) * float(b) for a, b, rho in (first, second))
    return abs(one - other)


def _spread(first: Law, second: Law) -> Term:
    a, b, c, d = _deviations(first, second)
    return abs(a**2 - c**2) + abs(b**2 - d**2)
