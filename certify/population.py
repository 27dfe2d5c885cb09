"""Kernels of infinitely wide implicit ReLU networks, in balls from exact inputs.

Q(t) = (sqrt(1 - t^2) + t (pi - arccos t))/pi = 2 E max(u, 0) max(v, 0) for standard normals u, v
of correlation t. It increases from Q(-1) = 0 to Q(1) = 1 with slope (pi - arccos t)/pi, and its
power series sum_k 2 c_k^2 t^k has no negative coefficient: c_k are ReLU's Hermite coefficients.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache

import numpy as np
from flint import arb, arb_mat, ctx
from numpy.typing import NDArray

from certify.balls import exact_ball
from certify.enclosed_matrix import EnclosedMatrix
from verdicts import Approx

_TERMS = 20_000  # of ReLU's series; what is left of sum_k c_k^2 = 1/2 is 2e-8
_SLACK = 1e-14  # rounding of sums of at most 1/2


def population_kernel(
    cosines: EnclosedMatrix,
    s: Fraction | float,
    depth: int | None = None,
    *,
    printed: bool = False,
) -> EnclosedMatrix:
    """K^(l) of a deep equilibrium model of l layers, or K, that of infinitely many.

    K^(0) = 0 and K^(l)_ij = 2 E max(u, 0) max(v, 0) for (u, v) of the covariance block (i, j) of
    s K^(l-1) + C, where C are the cosines: K^(l) = rho_l Q(cos_l) with
    rho_l = (1 - s^l)/(1 - s), cos_l = ((rho_l - 1) Q(cos_(l-1)) + C)/rho_l; and K = Q(cos)/(1 - s)
    with cos = s Q(cos) + (1 - s) C.

    Args:
        cosines: of the inputs, from `row_cosines`.
        s: s_w^2, the variance of the weights, in [0, 1).
        depth: l >= 0; None for the limit.
        printed: cos_l with rho_(l-1) in place of rho_l, as the paper prints it.

    Raises:
        ValueError: s or depth is none of these, or the cosines have no balls.
    Source:
        Ling, Xie, Wang, Zhang, Lin 2023 (arXiv:2205.13814), Definition 1 and equation (13).
    """
    variance = _checked(s, depth)

    def entry(c: arb) -> arb:
        if depth is None:
            return _q(_limit_cosine(c, exact_ball(variance))) / (1 - exact_ball(variance))
        return _layers(c, variance, depth, printed=printed)

    return EnclosedMatrix.of_balls(_entrywise(cosines, entry), gram=not printed)


def population_cosines(cosines: EnclosedMatrix, s: Fraction | float) -> EnclosedMatrix:
    """The solution of cos = s Q(cos) + (1 - s) C, entry by entry; arguments as above."""
    variance = _checked(s, None)
    return EnclosedMatrix.of_balls(
        _entrywise(cosines, lambda c: _limit_cosine(c, exact_ball(variance))), gram=True
    )


def series_floor(overlap: Approx, neighbours: int) -> Approx:
    """sum_k c_k^2 max(0, 1 - k' |t|^k): Gershgorin's circles in every Hadamard power.

    Args:
        overlap: |t|, the largest cosine in absolute value, in [0, 1]; a scalar.
        neighbours: k' >= 0, how many others a row has, n - 1.

    Returns:
        An enclosure, good to about 1e-14.

    Raises:
        ValueError: neighbours is negative, or the overlap is certainly none.
    """
    if neighbours < 0 or overlap.high < 0 or overlap.low > 1:
        raise ValueError(
            f"series_floor: overlap={overlap!r}, neighbours={neighbours}; give [0, 1], >= 0"
        )
    low, _ = _floor_at(min(overlap.high, 1.0), neighbours)
    _, high = _floor_at(max(overlap.low, 0.0), neighbours)
    return Approx(max(0.0, low - _SLACK), high + _SLACK, overlap.rigor)


@lru_cache(maxsize=4)
def relu_series(terms: int) -> NDArray[np.float64]:
    """c_0^2, ..., c_(terms - 1)^2 with c_k = E max(z, 0) h_k(z), good to k roundings.

    c_0^2 = 1/(2 pi), c_1^2 = 1/4, c_(2j)^2 = ((2j-3)!!)^2/(2 pi (2j)!), other odd ones vanish.

    Raises:
        ValueError: terms < 2.
    """
    if isinstance(terms, bool) or not isinstance(terms, int) or terms < 2:
        raise ValueError(f"relu_series: terms={terms!r}; give a whole number >= 2")
    squares = np.zeros(terms)
    j = np.arange(1, (terms - 1) // 2)
    ratios = (2 * j - 1) ** 2 / ((2 * j + 1.0) * (2 * j + 2))
    even = np.concatenate(([1 / (2 * np.pi), 1 / (4 * np.pi)], np.cumprod(ratios) / (4 * np.pi)))
    squares[::2] = even[: len(squares[::2])]
    squares[1] = 0.25
    squares.flags.writeable = False
    return squares


def _floor_at(t: float, neighbours: int) -> tuple[float, float]:
    """Bounds of the sum, which has no terms below k_0, the first k with k' t^k < 1.

    From there on it is sum c_k^2 - k' sum c_k^2 t^k, and both whole sums are known: 1/2 and Q(t)/2.
    """
    if neighbours == 0:
        return 0.5, 0.5
    if t >= 1:
        return 0.0, 0.0
    first = 1 if t == 0 or neighbours == 1 else int(math.log(neighbours) / -math.log(t)) + 1
    squares = relu_series(_TERMS)
    if first >= _TERMS:
        # What is left beyond k falls like k^(-3/2).
        return 0.0, 1.01 * (0.5 - float(squares.sum())) * (_TERMS / first) ** 1.5
    with np.errstate(under="ignore"):
        powers = t ** np.arange(first, dtype=np.float64)
    whole = (math.sqrt((1 - t) * (1 + t)) + t * (math.pi - math.acos(t))) / (2 * math.pi)
    left = 0.5 - float(squares[:first].sum())
    found = left - neighbours * (whole - float(squares[:first] @ powers))
    return found, found


def _checked(s: Fraction | float, depth: int | None) -> Fraction:
    if not 0 <= s < 1:
        raise ValueError(f"population_kernel: s={s!r}; give a variance in [0, 1)")
    if depth is not None and depth < 0:
        raise ValueError(f"population_kernel: depth={depth}; give a number of layers >= 0")
    return Fraction(s)


def _entrywise(cosines: EnclosedMatrix, entry: Callable[[arb], arb]) -> Callable[[int], arb_mat]:
    balls = cosines.balls
    if balls is None:
        raise ValueError("population_kernel: the cosines have no balls; make them by row_cosines")

    def image(bits: int) -> arb_mat:
        with ctx.workprec(bits):
            rows = balls(bits).tolist()
            found = [[entry(rows[i][j]) for j in range(i + 1)] for i in range(len(rows))]
            n = range(len(rows))
            return arb_mat([[found[max(i, j)][min(i, j)] for j in n] for i in n])

    return image


def _layers(c: arb, s: Fraction, depth: int, *, printed: bool) -> arb:
    """rho_l Q(cos_l)."""
    if depth == 0:
        return arb(0)
    rho, cosine = Fraction(1), c
    for _ in range(2, depth + 1):
        former, rho = rho, 1 + s * rho
        divisor = exact_ball(former if printed else rho)
        cosine = ((divisor - 1) * _q(cosine) + c) / divisor
    return exact_ball(rho) * _q(cosine)


def _limit_cosine(c: arb, s: arb) -> arb:
    """By the increasing map t -> s Q(t) + (1 - s) c, from both ends of [-1, 1]."""
    if c == 1:
        return arb(1)
    low, high = arb(-1), arb(1)
    tolerance = arb(2) ** (8 - ctx.prec)
    while True:
        image = s * _q(low.union(high)) + (1 - s) * c
        lower, upper = image.lower().max(low), image.upper().min(high)
        # Rounding stops the shrinking before an interval that has the solution would be lost.
        if upper - lower < tolerance or not (lower > low or upper < high):
            return lower.union(upper)
        low, high = lower.mid(), upper.mid()


def _q(c: arb) -> arb:
    """Q on the part of the ball within [-1, 1], by its monotony."""
    return _q_at(c.lower()).lower().union(_q_at(c.upper()).upper())


def _q_at(c: arb) -> arb:
    """Q of an exact number, continued by 0 and 1."""
    if c >= 1:
        return arb(1)
    if c <= -1:
        return arb(0)
    sine = ((1 - c) * (1 + c)).sqrt()
    return (sine + c * arb.atan2(sine, -c)) / arb.pi()
