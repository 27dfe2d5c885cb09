"""The limit kernel of an exact recipe, in ball arithmetic: numbers that are proved.

Real rows by name are not known here, and float rows mean the fractions that their recipe writes.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
from flint import arb, arb_mat, ctx, fmpq
from numpy.typing import NDArray

from verdicts import Approx

_BITS = 192  # of working precision: float64 has 53
_STEPS = 60  # fourfold growths of the gap between the two bounds


def limit_lambda_min(recipe: dict[str, Any]) -> Approx:
    """Smallest eigenvalue of H_inf, proved for the exact inputs and not for their floats.

    From below by a Cholesky factorisation of H_inf - c I whose pivots are balls > 0, from above
    by a Rayleigh quotient in balls.

    Args:
        recipe: of a data set with explicit rows, {"rows": [["1", "-2/3"], ...],
            "normalised": true, ...}.

    Returns:
        Enclosure of rigor "proved", a few ulps wide down to eigenvalues of 1e-30 of the largest.

    Raises:
        ValueError: the recipe has no explicit rows, or a row is zero.
    Source:
        Cho, Saul 2009 (arc-cosine kernel of order 0).
    """
    rows, normalised = _exact_rows(recipe)
    before, ctx.prec = ctx.prec, _BITS
    try:
        balls = _limit_kernel(rows, normalised=normalised)
        return _least_eigenvalue(balls)
    finally:
        ctx.prec = before


def _exact_rows(recipe: dict[str, Any]) -> tuple[list[list[Fraction]], bool]:
    if "rows" not in recipe:
        raise ValueError(
            f"limit_lambda_min: recipe with keys {sorted(recipe)}; give one with explicit rows"
        )
    rows = [[Fraction(z) for z in row] for row in recipe["rows"]]
    if not rows or not all(any(row) for row in rows):
        raise ValueError("limit_lambda_min: a row is zero or missing; give nonzero rows")
    return rows, bool(recipe.get("normalised", True))


def _limit_kernel(rows: list[list[Fraction]], *, normalised: bool) -> arb_mat:
    return arb_mat([[_entry(p, q, normalised=normalised) for q in rows] for p in rows])


def _entry(first: list[Fraction], second: list[Fraction], *, normalised: bool) -> arb:
    """x_i.x_j (pi - angle)/(2 pi)."""
    product = _dot(first, second)
    squared_norms = _dot(first, first) * _dot(second, second)
    # sin^2 is an exact fraction, so parallel and antipodal pairs are decided and not rounded.
    squared_sine = squared_norms - product * product
    angle = arb.atan2(_ball(squared_sine).sqrt(), _ball(product)) if product else arb.pi() / 2
    if squared_sine == 0:
        angle = arb(0) if product > 0 else arb.pi()
    size = _ball(product) / _ball(squared_norms).sqrt() if normalised else _ball(product)
    if squared_sine == 0 and product < 0:
        return arb(0)
    return size * (1 - angle / arb.pi()) / 2


def _least_eigenvalue(A: arb_mat) -> Approx:
    n = A.nrows()
    middle = np.array([[float(A[i, j].mid()) for j in range(n)] for i in range(n)])
    values, vectors = np.linalg.eigh(middle)
    high = _rayleigh_quotient(A, vectors[:, 0])
    size = float(np.abs(values).max())
    for step in range(_STEPS):
        # The quotient's error is the square of the eigenvector's, hence a first gap of 1e-31.
        low = high - (abs(high) * 1e-16 + size * 1e-31) * 4.0**step
        if _is_positive_definite(A, low):
            return Approx(low, high, "proved")
    raise ArithmeticError(f"limit_lambda_min: no lower bound found at {_BITS} bits")


def _rayleigh_quotient(A: arb_mat, v: NDArray[np.float64]) -> float:
    column = arb_mat([[arb(float(entry))] for entry in v])
    quotient = (column.transpose() * A * column)[0, 0] / (column.transpose() * column)[0, 0]
    return float(np.nextafter(float(quotient.upper()), np.inf))


def _is_positive_definite(A: arb_mat, shift: float) -> bool:
    """A - shift I has balls > 0 for all pivots: proved; False means not decided."""
    n = A.nrows()
    rest = [[A[i, j] - (arb(shift) if i == j else 0) for j in range(n)] for i in range(n)]
    for k in range(n):
        if not rest[k][k] > 0:
            return False
        for i in range(k + 1, n):
            factor = rest[i][k] / rest[k][k]
            for j in range(k + 1, i + 1):
                rest[i][j] -= factor * rest[j][k]
                rest[j][i] = rest[i][j]
    return True


def _dot(first: list[Fraction], second: list[Fraction]) -> Fraction:
    return sum((p * q for p, q in zip(first, second, strict=True)), Fraction(0))


def _ball(value: Fraction) -> arb:
    return arb(fmpq(value.numerator, value.denominator))
