"""What rounding can do: the constants of floating-point error analysis, and sums bounded by them.

The arithmetic is IEEE 754 binary64, rounded to nearest, with or without fused multiply-add. Sums
may be taken in any order. An operation that underflows errs by at most TINY more, also where its
result is flushed to zero. Source: Higham 2002, Accuracy and Stability of Numerical Algorithms,
chapters 2 and 3.
"""

from __future__ import annotations

import math
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]

UNIT = 2.0**-53  # of rounding
TINY = 2.0**-1022  # smallest normal number
_SAFE = 400  # entries of sizes 2^-400 to 2^400 have products and sums without overflow


def gamma(k: int) -> float:
    """An upper bound of gamma_k = k u/(1 - k u), the relative error that k roundings can make.

    Raises:
        ValueError: k u >= 1/2, where the analysis ends.
    """
    product = k * UNIT
    if not 0 <= product < 0.5:
        raise ValueError(f"gamma: k={k}; give 0 <= k < 2**52")
    return product / (1 - product) * (1 + 4 * UNIT)


def down(value: float) -> float:
    """The next float below."""
    return math.nextafter(value, -math.inf)


def up(value: float) -> float:
    """The next float above."""
    return math.nextafter(value, math.inf)


def sums_above(terms: Floats) -> Floats:
    """Upper bounds of the exact sums of the rows of terms >= 0; a row of zeros has 0.

    A computed sum of q such terms is at least 1/(1 + gamma_q) of the exact one.
    """
    q = terms.shape[-1]
    bounds = terms.sum(axis=-1) * (1 + 2 * gamma(q)) + q * TINY
    return np.where(terms.any(axis=-1), np.nextafter(bounds, np.inf), 0.0)


def norm_above(radius: Floats) -> float:
    """An upper bound of ||E||_2 for all E with |E_ij| <= radius_ij.

    ||E||_2^2 <= ||E||_1 ||E||_inf, and the larger of the two factors bounds their geometric mean.
    """
    return max(float(sums_above(radius).max()), float(sums_above(radius.T).max()))


def frobenius_bounds(matrix: Floats) -> tuple[float, float]:
    """Lower and upper bounds of the exact Frobenius norm of a p x q matrix of floats.

    The computed sum of squares has the relative error gamma_(p + q), one rounding for the square,
    q - 1 for its row and p - 1 for the sum of rows, and 2 p q TINY for underflow.
    """
    if not matrix.any():
        return 0.0, 0.0
    exponent = safe_exponent(np.abs(matrix))
    scaled = np.ldexp(matrix, -exponent) if exponent else matrix
    total = float(np.einsum("ij,ij->i", scaled, scaled).sum())
    relative, absolute = 2 * gamma(sum(matrix.shape) + 2), 4 * matrix.size * TINY
    low = math.sqrt(max(0.0, down(total * (1 - relative) - absolute)))
    high = math.sqrt(up(total * (1 + relative) + absolute))
    # Scaling itself moves an entry by TINY at most.
    low, high = max(0.0, down(low - matrix.size * TINY)), up(high + matrix.size * TINY)
    return scaled_down(low, exponent), scaled_up(high, exponent)


def safe_exponent(sizes: Floats) -> int:
    """The power e by which to divide: 0 if the largest size is 0 or within 2^-400 to 2^400."""
    exponent = math.frexp(float(sizes.max()))[1]
    return 0 if abs(exponent) <= _SAFE else exponent


def scaled_down(value: float, exponent: int) -> float:
    """A float <= value 2^exponent."""
    return _scaled(value, exponent, -math.inf)


def scaled_up(value: float, exponent: int) -> float:
    """A float >= value 2^exponent."""
    return _scaled(value, exponent, math.inf)


def _scaled(value: float, exponent: int, direction: float) -> float:
    if exponent == 0 or value == 0 or math.isinf(value):
        return value
    with np.errstate(over="ignore", under="ignore"):
        return math.nextafter(float(np.ldexp(value, exponent)), direction)
