"""Numbers of an equilibrium network at some weights: norms, Gram matrices, gradients."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from flint import arb

from .balls import dot, spend
from .deep_numbers import largest_singular, norm
from .eigen import Matrix, extreme_eigenvalues
from .implicit_point import Point
from .pixel_rows import Rows, apart, inner
from .values import Value, greatest, least, magnitude, square_root


def gram(rows: Rows) -> Rows:
    """Inner products of the rows."""
    spend(len(rows) ** 2 * len(rows[0]))
    half = [[dot(rows[i], rows[j]) for j in range(i + 1)] for i in range(len(rows))]
    return [[half[max(i, j)][min(i, j)] for j in range(len(rows))] for i in range(len(rows))]


def shares(point: Point) -> list[Rows]:
    """What A, W, u and v give to the tangent kernel H."""
    c, k, features = point.frame.c, point.frame.k, gram(point.Z)
    return [
        woven(c * c, gram(point.p), features),
        woven(k * k, gram(point.b), gram(point.frame.x)),
        features,
        *([gram(point.Phi)] if point.frame.net.gao else []),
    ]


def woven(scale: arb, left: Rows, right: Rows) -> Rows:
    """The products of entries, times a scale."""
    return [
        [scale * p * q for p, q in zip(*pair, strict=True)]
        for pair in zip(left, right, strict=True)
    ]


def total(parts: list[Rows]) -> Rows:
    """The sum of matrices."""
    return [
        [sum(entries, arb(0)) for entries in zip(*rows, strict=True)]
        for rows in zip(*parts, strict=True)
    ]


def eigenvalues(rows: Rows) -> tuple[Value, Value]:
    """Least and largest one of a symmetric matrix."""
    matrix: Matrix = [list(row) for row in rows]
    return extreme_eigenvalues(matrix)


def prediction_gram(point: Point) -> Rows:
    """G: Phi Phi^T, or Z Z^T for "ling"."""
    return gram(point.Phi if point.frame.net.gao else point.Z)


def residual(point: Point, y: list[arb]) -> list[arb]:
    """The residual y - yhat."""
    return [target - u for target, u in zip(y, point.yhat, strict=True)]


def active_heads(point: Point, D: list[arb]) -> arb:
    """||D u||^2."""
    return sum(((d * u) ** 2 for d, u in zip(D, point.head("u"), strict=True)), arb(0))


def least_singular(point: Point) -> Value:
    """The least singular value of I - c D_i A, over all samples."""
    places, found = range(point.frame.net.m), []
    for D in point.D:
        J = [[int(r == c) - D[r] * point.scaled[r][c] for c in places] for r in places]
        value = eigenvalues(gram(J))[0]
        found.append(value if isinstance(value, Fraction) else value.nonnegative_part())
    return square_root(least(*found))


def distance(point: Point, other: Point, name: str) -> Value:
    """The Frobenius distance of a block."""
    return norm(apart(point.blocks[name], other.blocks[name]))


def longest(rows: Rows) -> Value:
    """The largest norm of a row."""
    return greatest(*(norm([row]) for row in rows))


def squared(rows: Rows) -> arb:
    """The sum of all squares."""
    return inner(rows, rows)


def norm_of_change(point: Point, other: Point) -> Value:
    """||G' - G||_2."""
    low, high = eigenvalues(apart(prediction_gram(point), prediction_gram(other)))
    return greatest(magnitude(low), magnitude(high))


AT_POINT: dict[str, Callable[[Point], Value]] = {
    "rho": lambda point: point.rho,
    "norm_Phi": lambda point: largest_singular(point.Phi),
    "frobenius_Phi": lambda point: norm(point.Phi),
    "norm_Z": lambda point: largest_singular(point.Z),
    "frobenius_Z": lambda point: norm(point.Z),
    "lambda_min_G": lambda point: eigenvalues(prediction_gram(point))[0],
    "lambda_min_Phi": lambda point: eigenvalues(gram(point.Phi))[0],
    "lambda_min_Z": lambda point: eigenvalues(gram(point.Z))[0],
    "lambda_min_H": lambda point: eigenvalues(total(shares(point)))[0],
    "lambda_max_H": lambda point: eigenvalues(total(shares(point)))[1],
    "lambda_min_above": lambda point: eigenvalues(total(shares(point)[:2]))[0],
    "lambda_max_between": lambda point: eigenvalues(total(shares(point)[:2]))[1],
    "lambda_min_H_A": lambda point: eigenvalues(shares(point)[0])[0],
    "least_M": lambda point: least(*(dot(p, p) / point.frame.net.m for p in point.p)),
    "least_active": lambda point: Fraction(min(sum(t > 0 for t in row) for row in point.pre)),
    "least_preactivation": lambda point: least(*(abs(t) for row in point.pre for t in row)),
    "least_active_heads": lambda point: least(*(active_heads(point, D) for D in point.D)),
    "least_singular_J": least_singular,
    "prediction_norm": lambda point: norm([point.yhat]),
}
