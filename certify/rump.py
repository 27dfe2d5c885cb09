"""Bounds of the least eigenvalue of a matrix of floats, from floating-point arithmetic alone.

M is symmetric with entries of sizes up to 2^400, and the true matrix A has ||A - M||_2 <= spread.

Below: if a Cholesky factorisation of B = fl(M - s I) ends with positive pivots, its factor R has
|B - R^T R| <= gamma_(n + 2) |R|^T |R| + e 1 1^T entrywise, whatever the order of the sums, with
division or with multiplication by a rounded reciprocal; e = 8 (n + max R_jj) TINY for underflow.
Its columns have ||R_j||^2 <= (B_jj + e)/(1 - gamma), and || |R|^T |R| ||_2 <= ||R||_F^2, hence

    lambda_min(B) >= -(gamma/(1 - gamma) (trace B + n e) + n e).

The shift rounds the diagonal by u max B_jj. LAPACK's potrf as of OpenBLAS is such a factorisation.

Above: a Rayleigh quotient, whose two products err by gamma_(2n) |v|^T |M| |v|.

Source: Rump 2006, Verification of positive definiteness, BIT 46; Demmel 1989 (the columns' norms);
Higham 2002, Lemma 8.4 and Theorem 10.3 (any order of the sums).
"""

from __future__ import annotations

import numpy as np
from scipy.linalg.lapack import dpotrf

from certify.rounding import TINY, UNIT, Floats, down, frobenius_bounds, gamma, sums_above, up
from verdicts import Approx


def cholesky(middle: Floats, shift: float) -> Floats | None:
    """The lower factor of fl(M - shift I), its upper triangle arbitrary; None if there is none."""
    shifted = middle.copy()
    np.fill_diagonal(shifted, np.diagonal(middle) - shift)
    # The transpose is in Fortran's order, so nothing is copied.
    factor, info = dpotrf(shifted.T, lower=1, clean=0, overwrite_a=1)
    pivots = np.diagonal(factor)
    # OpenBLAS goes on after a NaN, which then reaches a pivot.
    return factor if info == 0 and ((pivots > 0) & (pivots < np.inf)).all() else None


def below_by_cholesky(middle: Floats, shift: float, spread: float) -> float | None:
    """A lower bound of lambda_min(A), a little below the shift; None if there is no factor."""
    factor = cholesky(middle, shift)
    if factor is None:
        return None
    pivot = float(np.diagonal(factor).max())
    return down(shift - cholesky_error(np.diagonal(middle) - shift, spread, pivot))


def cholesky_error(diagonal: Floats, spread: float, pivot: float = 1.0) -> float:
    """How far the bound may lie below the shift, given the diagonal of B and the largest pivot."""
    n = len(diagonal)
    underflow = 8 * (n + pivot) * TINY
    trace = float(sums_above(diagonal)) + n * underflow
    g = gamma(n + 2)
    shifted = UNIT * float(diagonal.max()) + TINY
    return (g / (1 - g) * trace + n * underflow + shifted + spread) * (1 + 16 * UNIT)


def below_by_circles(middle: Floats, spread: float) -> float:
    """Gershgorin's lower bound of lambda_min(A): crude, always there, exact for diagonal floats."""
    others = np.abs(middle)
    np.fill_diagonal(others, 0.0)
    sums = sums_above(others)
    diagonal = np.diagonal(middle)
    least = np.where(sums > 0, np.nextafter(diagonal - sums, -np.inf), diagonal)
    return down(float(least.min()) - spread) if spread else float(least.min())


def above_by_quotient(middle: Floats, v: Floats, spread: float) -> float:
    """An upper bound of lambda_min(A): v^T A v/v^T v, for any v != 0 with entries up to 1."""
    n = len(v)
    value, square = float(v @ (middle @ v)), float(v @ v)
    length = Approx.around(square, 2 * gamma(n) * square + 2 * n * TINY, "proved")
    error = gamma(2 * n) * frobenius_bounds(middle)[1] * length.high + 8 * n * n * TINY
    quotient = Approx.around(value, error * (1 + 8 * UNIT), "proved") / length
    return up(quotient.high + spread)
