"""Eigenvalues and norms of an `EnclosedMatrix`: enclosures that are theorems about the true matrix.

Small matrices with exact entries go through ball arithmetic and come out a few ulps wide. Others go
through one floating Cholesky factorisation and are wider by about (n + 2) u trace(A - lambda I).
"""

from __future__ import annotations

import math

import numpy as np
from flint import arb, ctx

from certify import ball_elimination
from certify.eigenpair import least_eigenpair
from certify.enclosed_matrix import FIRST_BITS, Balls, EnclosedMatrix, check_symmetric
from certify.rounding import (
    UNIT,
    Floats,
    down,
    frobenius_bounds,
    scaled_down,
    scaled_up,
    up,
)
from certify.rump import (
    above_by_quotient,
    below_by_cholesky,
    below_by_circles,
    cholesky_error,
)
from verdicts import Approx

_BITS = (FIRST_BITS, 2 * FIRST_BITS)
_NARROW = 2.0**-49  # relative width at which more bits would not show in floats
_TRIES = 14  # eightfold growths of the shift's distance from the eigenvalue


def lambda_min(A: EnclosedMatrix, where: str = "lambda_min") -> Approx:
    """Smallest eigenvalue of the symmetric matrix that A encloses; >= 0 where A.gram.

    Raises:
        NotSymmetricError: the floats of A differ from their transpose.
        ValueError: A is not square.
    """
    check_symmetric(A, where)
    scaled, exponent = A.scaled(), A.exponent
    value, v = least_eigenpair(scaled.middle)
    low, high = _in_floats(scaled, value, v)
    if A.balls is not None:
        found = _in_balls(A.balls, exponent, v, low)
        low, high = found.low, min(found.high, high)
    return Approx(scaled_down(low, exponent), scaled_up(high, exponent), A.rigor)


def lambda_max(A: EnclosedMatrix, where: str = "lambda_max") -> Approx:
    """Largest eigenvalue; as `lambda_min`."""
    return -lambda_min(-A, where)


def spectral_norm(A: EnclosedMatrix) -> Approx:
    """||A||_2 of a symmetric matrix; as `lambda_min`."""
    largest = lambda_max(A, "spectral_norm")
    if A.gram:
        return _not_negative(largest)
    ends = abs(largest), abs(lambda_min(A, "spectral_norm"))
    low, high = (max(getattr(end, side) for end in ends) for side in ("low", "high"))
    return Approx(low, high, A.rigor)


def frobenius_norm(A: EnclosedMatrix) -> Approx:
    """||A||_F of any matrix."""
    low, high = frobenius_bounds(A.middle)
    radius = frobenius_bounds(A.radius)[1]
    if radius > 0:
        low, high = down(low - radius), up(high + radius)
    return _not_negative(Approx(low, high, A.rigor))


def _in_floats(A: EnclosedMatrix, value: float, v: Floats) -> tuple[float, float]:
    """Proved bounds of lambda_min(A) for a matrix of safe sizes, given an approximate eigenpair."""
    middle, spread = A.middle, A.spread
    low = max(below_by_circles(middle, spread), 0.0 if A.gram else -math.inf)
    slack = cholesky_error(np.maximum(np.diagonal(middle) - value, 0.0), 0.0)
    # Rounding is far less than its bound, so the factor mostly exists at a fraction of it.
    gap = max(slack / 16, UNIT * abs(value))
    for _ in range(_TRIES):
        bound = below_by_cholesky(middle, value - gap, spread)
        if bound is not None:
            low = max(low, bound)
            break
        gap *= 8
    return low, above_by_quotient(middle, v, spread)


def _in_balls(balls: Balls, exponent: int, v: Floats, floor: float) -> Approx:
    """The enclosure for A 2^-exponent, with more bits if the first ones do not make it narrow."""
    for bits in _BITS:
        with ctx.workprec(bits):
            scaled = balls(bits) * arb(2) ** -exponent
            found = ball_elimination.least_eigenvalue(scaled, v, floor)
        if found.width <= _NARROW * abs(found.high):
            break
    return found


def _not_negative(norm: Approx) -> Approx:
    return Approx(max(norm.low, 0.0), norm.high, norm.rigor)
