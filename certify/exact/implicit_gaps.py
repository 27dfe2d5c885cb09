"""How far derivatives of an equilibrium network are off when they are written down wrongly."""

from __future__ import annotations

from flint import arb

from .balls import dot
from .deep_numbers import norm
from .implicit_numbers import gram, woven
from .implicit_point import Point
from .implicit_solver import linear
from .pixel_rows import Rows, apart, outer
from .values import Value

DROPPED = ("no_inverse", "no_D", "swapped", "no_v", "no_E")


def tangent_gap(point: Point, *, identity: bool) -> Value:
    """Frobenius distance of H from the same with two misprints, one at a time.

    With `identity` the share of u is the diagonal of Z Z^T alone; else b_i of one side has
    D_i (I - c D_i A)^(-1) u in place of p_i.
    """
    if identity:
        features = gram(point.Z)
        return norm([[z * int(i != j) for j, z in enumerate(r)] for i, r in enumerate(features)])
    k, right = point.frame.k, point.b
    left = point.lowered(point.adjoints(transposed=False))
    wrong = [[dot(p, q) for q in right] for p in left]
    return norm(woven(k * k, apart(wrong, gram(right)), gram(point.frame.x)))


def gradient_gap(dropped: str, point: Point) -> Value:
    """How far dyhat in A and W is off when something is left out, as a norm over all samples."""
    u, v = point.head("u"), point.head("v")
    true = point.p, point.b
    p = true[0]
    if dropped == "no_inverse":
        p = [[slope * z for slope, z in zip(D, u, strict=True)] for D in point.D]
    elif dropped == "swapped":
        p = point.adjoints(transposed=True, swapped=True)
    elif dropped == "no_D":
        p = point.adjoints(transposed=True, masked=False)
    b = point.lowered(p)
    if dropped == "no_E":
        b = [[z + w for z, w in zip(row, v, strict=True)] for row in p]
    elif dropped == "no_v":
        b = [
            [e * z for e, z in zip(*pair, strict=True)] for pair in zip(point.gates, p, strict=True)
        ]
    first = _lengths(apart(p, true[0]), point.Z)
    second = _lengths(apart(b, true[1]), point.frame.x)
    c, k = point.frame.c, point.frame.k
    return (c * c * first + k * k * second).nonnegative_part().sqrt()


def mixed_gap(point: Point, e: list[arb]) -> Value:
    """How far the gradient in A is off with a kron I_n for I_n kron a^T: samples are mixed up.

    The vector that J^(-T) acts on has u_r e_i at the place r n + i in place of i m + r.
    """
    n, m, u = point.frame.net.n, point.frame.net.m, point.head("u")
    mixed = [u[k // n] * e[k % n] for k in range(n * m)]
    places, gaps = range(m), []
    for i, (D, p) in enumerate(zip(point.D, point.p, strict=True)):
        J = [[int(r == c) - D[c] * point.scaled[c][r] for c in places] for r in places]
        q = linear(J, mixed[i * m : (i + 1) * m])
        gaps.append([d * z - e[i] * w for d, z, w in zip(D, q, p, strict=True)])
    return norm(outer(point.frame.c, [arb(1)] * n, gaps, point.Z))


def _lengths(left: Rows, right: Rows) -> arb:
    """sum_i |left_i|^2 |right_i|^2."""
    return sum((dot(p, p) * dot(q, q) for p, q in zip(left, right, strict=True)), arb(0))
