"""Decisions about the least eigenvalue, with proof."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
from flint import ctx

from certify.ball_elimination import is_definite, shifted
from certify.balls import exact_ball
from certify.eigenpair import least_eigenpair
from certify.enclosed_matrix import FIRST_BITS, EnclosedMatrix, check_symmetric
from certify.rounding import up
from certify.rump import (
    above_by_quotient,
    below_by_cholesky,
    below_by_circles,
    cholesky_error,
)

_BITS = (FIRST_BITS, 2 * FIRST_BITS, 4 * FIRST_BITS)
_LARGEST = 2.0**500  # of shifts, beside matrices scaled to 2^400


def decide_lambda_min(A: EnclosedMatrix, c: Fraction | float) -> bool | None:
    """Whether lambda_min(A) >= c: both answers are proved, and None says that neither was found.

    In turn: what is known of Gram matrices; Gershgorin's circles; a shifted floating Cholesky
    factorisation; a floating Rayleigh quotient; and, where n <= 128 and the entries are known
    exactly, elimination in balls of rising precision.

    Args:
        A: symmetric, of rigor "proved".
        c: exactly this number.

    Raises:
        ValueError: A is not symmetric or not proved, or c is not finite.
    """
    check_symmetric(A, "decide_lambda_min")
    if A.rigor != "proved":
        raise ValueError(f"decide_lambda_min: A is {A.rigor}; make one by of_rows or of_floats")
    if isinstance(c, float) and not math.isfinite(c):
        raise ValueError(f"decide_lambda_min: c={c!r}; give a finite number")
    exact = Fraction(c)
    if A.gram and exact <= 0:
        return True
    decided = _in_floats(A, exact)
    return _in_balls(A, exact) if decided is None else decided


def _in_floats(A: EnclosedMatrix, c: Fraction) -> bool | None:
    scaled = A.scaled()
    middle, spread = scaled.middle, scaled.spread
    target = c / Fraction(2) ** A.exponent
    if Fraction(below_by_circles(middle, spread)) >= target:
        return True
    least = up(float(min(max(target, Fraction(-_LARGEST)), Fraction(_LARGEST))))
    slack = cholesky_error(np.maximum(np.diagonal(middle) - least, 0.0), spread)
    low = below_by_cholesky(middle, least + slack * (1 + 2.0**-10), spread)
    if low is not None and Fraction(low) >= target:
        return True
    high = above_by_quotient(middle, least_eigenpair(middle)[1], spread)
    return False if Fraction(high) < target else None


def _in_balls(A: EnclosedMatrix, c: Fraction) -> bool | None:
    if A.balls is None:
        return None
    for bits in _BITS:
        with ctx.workprec(bits):
            decided = is_definite(shifted(A.balls(bits), exact_ball(c)))
        if decided is not None:
            return decided
    return None
