"""What holds of a system on whole sets: balls, all of R^m, its solutions."""

from __future__ import annotations

from fractions import Fraction

from flint import arb

from .balls import UnreadableError
from .eigen import extreme_eigenvalues, spectral_norm
from .system import System
from .tables import ZERO, Table, applied, dot, exact_matrix, product, rank, turned
from .values import (
    Value,
    ball,
    exponential,
    greatest,
    magnitude,
    minus,
    over,
    plus,
    square_root,
    times,
)

_BEYOND = Fraction(10) ** 300  # a distance that no number of this project exceeds


def bend(system: System) -> Value:
    """lambda_max(sum_i Q_i^2)^(1/2), a Lipschitz constant of the square part of DF."""
    if not system.Q:
        return ZERO
    size = range(system.m)
    squares = [product(Q, Q) for Q in system.Q]
    total = [[plus(*(square[i][j] for square in squares)) for j in size] for i in size]
    return _root(extreme_eigenvalues(total)[1])


def convex(system: System) -> Value:
    """1 if L is seen to be convex on all of R^m, else 0.

    It is for y = 0 and no waves if sum_i (a_i.w) Q_i = 0 for all w and each Q_i is semidefinite:
    then H_L = DF^T DF + sum_i (w^T Q_i w / 2) Q_i.
    """
    if system.C or any(system.y):
        return ZERO
    if not system.Q:
        return Fraction(1)
    size = range(system.m)
    crossed = [
        plus(*(times(system.A[i][j], system.Q[i][k][q]) for i in range(system.n)))
        for j in size
        for k in size
        for q in size
    ]
    ends = [extreme_eigenvalues(Q) for Q in system.Q]
    definite = all(low >= 0 or high <= 0 for low, high in ends)
    return Fraction(int(definite and not any(crossed)))


def sigma_on_ball(system: System, radius: Value) -> Value:
    """A number below sigma_min(DF) on the ball of this radius around the point; may be negative.

    The middle of each wave's slopes is taken, and what is left of them by norms.

    Raises:
        UnreadableError: the system has twists, or more equations than unknowns.
    """
    if system.D or system.n > system.m:
        raise UnreadableError("system: balls are known without twists, and for n <= m")
    J: Table = [list(row) for row in system.A]
    widest: Value = ZERO
    if system.Q:
        J = [
            [plus(*pair) for pair in zip(row, applied(Q, system.w), strict=True)]
            for row, Q in zip(J, system.Q, strict=True)
        ]
    for k, c in enumerate(system.C):
        middle, half = _slopes(dot(c, system.w), times(radius, _root(dot(c, c))), system.wave)
        widest = greatest(widest, half)
        for i, row in enumerate(J):
            scale = times(system.B[i][k], middle)
            J[i] = [plus(z, times(scale, q)) for z, q in zip(row, c, strict=True)]
    off = times(radius, bend(system))
    if system.C and widest != 0:
        off = plus(off, times(widest, _norm(system.B), _norm(system.C)))
    return minus(_root(extreme_eigenvalues(product(J, J))[0]), off)


def least_distance(system: System) -> Value:
    """A lower bound of the distance to the solutions; 1e300 where there are none.

    Raises:
        UnreadableError: the system is not linear, and has no equation of waves alone out of range.
    """
    for i, row in enumerate(system.A):
        flat = not any(row) and not any(any(z) for z in (system.Q[i] if system.Q else []))
        if system.C and flat and not system.D and _beyond(system, i):
            return _BEYOND
    if system.C or system.Q:
        raise UnreadableError("system: distances are known of linear systems")
    r, K = system.residual(), product(system.A, system.A)
    if rank(K) < system.n:
        raise UnreadableError("system: dependent rows; give independent ones")
    return _root(dot(applied(_inverse(K), r), r))


def squared_miss(system: System) -> Value:
    """The squared distance of the residual from the range of DF, of full column rank.

    Raises:
        UnreadableError: dependent columns, or an entry that is no fraction.
    """
    r, columns = system.residual(), turned(system.jacobian())
    gram = product(columns, columns)
    if rank(gram) < system.m:
        raise UnreadableError("system: dependent columns; give independent ones")
    pulled = applied(columns, r)
    return minus(dot(r, r), dot(applied(_inverse(gram), pulled), pulled))


def _inverse(matrix: Table) -> Table:
    found = exact_matrix(matrix).inv().tolist()
    return [[Fraction(int(z.p), int(z.q)) for z in row] for row in found]


def _beyond(system: System, i: int) -> bool:
    top, y = ball(plus(*map(magnitude, system.B[i]))), ball(system.y[i])
    if system.wave == "ramp":
        return all(z >= 0 for z in system.B[i]) and bool(y > top)
    return bool(abs(y) > top)


def _slopes(t: Value, reach: Value, wave: str) -> tuple[Value, Value]:
    """Middle and half width of an interval that holds phi' at distance <= reach from t."""
    if wave == "ramp":
        ends = [
            exponential(times(Fraction(-1), greatest(ZERO, end)))
            for end in (plus(t, reach), minus(t, reach))
        ]
        mean = over(plus(*ends), Fraction(2))
        return mean, over(minus(ends[1], ends[0]), Fraction(2))
    around = ball(t) + arb(0, 1) * ball(reach).abs_upper()
    found = around.cos()
    return found.mid(), arb(found.rad())


def _norm(table: Table) -> Value:
    return _root(spectral_norm(product(turned(table), turned(table))))


def _root(value: Value) -> Value:
    return square_root(value if isinstance(value, Fraction) else value.nonnegative_part())
