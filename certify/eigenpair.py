"""An approximate least eigenvalue and its vector.

Nothing is proved here, and nothing need be: any vector gives a bound, a good one a narrow bound.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import eigh, eigh_tridiagonal
from scipy.linalg.lapack import dpotrs

from certify.rounding import Floats
from certify.rump import cholesky

_LARGE = 400  # order from which factors and solves cost less than a reduction to tridiagonal form
_STEPS = 60  # of Lanczos; about 20 are taken
_ROUGH, _FINE = 0.05, 1e-6  # relative residuals of the first and of the second run
_BACK = 1e-10  # relative distance that a shift keeps from the eigenvalue it approaches


def least_eigenpair(middle: Floats) -> tuple[float, Floats]:
    """The least eigenvalue of a symmetric matrix and a vector of largest entry 1, approximately."""
    found = _by_inverse(middle) if len(middle) >= _LARGE else None
    value, v = _by_reduction(middle) if found is None else found
    largest = np.abs(v).max()
    if not np.isfinite(value) or not 0 < largest < np.inf:
        position = int(np.diagonal(middle).argmin())
        return float(middle[position, position]), np.eye(len(middle))[position]
    return value, v / largest


def _by_reduction(middle: Floats) -> tuple[float, Floats]:
    try:
        values, vectors = eigh(middle, subset_by_index=(0, 0), check_finite=False)
    except np.linalg.LinAlgError:
        return np.nan, middle[0]
    return float(values[0]), vectors[:, 0]


def _by_inverse(middle: Floats) -> tuple[float, Floats] | None:
    """Lanczos with the inverse, then again with a shift that is a little below the first result.

    None if the matrix is not positive definite.
    """
    factor = cholesky(middle, 0.0)
    if factor is None:
        return None
    start = np.random.default_rng(0).standard_normal(len(middle))
    theta, residual, v = _lanczos(factor, start, _ROUGH)
    value = 1 / theta
    for backwards in (1, 4, 16):
        shift = value * (1 - backwards * (_BACK + residual / (theta + residual)))
        factor = cholesky(middle, shift)
        if factor is not None:
            theta, _, v = _lanczos(factor, v, _FINE)
            return shift + 1 / theta, v
    return value, v


def _lanczos(factor: Floats, start: Floats, tolerance: float) -> tuple[float, float, Floats]:
    """The largest eigenvalue of the factored matrix's inverse, its residual, and its vector."""
    basis = np.empty((_STEPS, len(start)))
    diagonal: list[float] = []
    beside: list[float] = []
    q = start / np.linalg.norm(start)
    for step in range(_STEPS):
        basis[step] = q
        known = basis[: step + 1]
        image = dpotrs(factor, q, lower=1)[0]
        diagonal.append(float(q @ image))
        for _ in range(2):  # twice is enough to stay orthogonal
            image -= known.T @ (known @ image)
        size = float(np.linalg.norm(image))
        values, vectors = eigh_tridiagonal(diagonal, beside, select="i", select_range=(step, step))
        residual = abs(size * float(vectors[-1, 0]))
        if residual <= tolerance * values[0]:
            break
        beside.append(size)
        q = image / size
    return float(values[0]), residual, known.T @ vectors[:, 0]
