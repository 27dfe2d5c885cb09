"""Least and largest eigenvalue of a symmetric matrix of values, certified.

Jacobi rotations of the midpoints give nearly orthogonal columns V, to the working precision also
where eigenvalues are equal or zero. Then nothing but balls counts: with B = V^T A V and
W = V^T V, the Rayleigh quotients B_ii/W_ii bound from inside, and c bounds from outside where
V^T (A - cI) V = B - cW has dominant diagonal: V is regular, so by Sylvester A - cI is definite.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TypeAlias

from flint import arb, arb_mat, ctx

from .balls import Undecided, between, spend
from .values import Value, ball, greatest, least, magnitude, minus, over, plus, square_root, times

Matrix: TypeAlias = "list[list[Value]]"
Balls: TypeAlias = "list[list[arb]]"

_SWEEPS = 40  # quadratic convergence takes about log2(bits) + 3 of them
_PAIR = 2  # a size whose eigenvalues have a closed form, exact where they are rational


def extreme_eigenvalues(A: Matrix) -> tuple[Value, Value]:
    """Enclosures of the least and the largest eigenvalue, about as wide as A's own entries.

    Exact for a diagonal matrix; for two rows, where the square root is.

    Args:
        A: symmetric, as enclosures of one and the same matrix.

    Raises:
        Undecided: the entries are known too badly.
    """
    n = len(A)
    if all(A[i][j] == 0 for i in range(n) for j in range(i)):
        diagonal = [A[i][i] for i in range(n)]
        return least(*diagonal), greatest(*diagonal)
    if n == _PAIR:
        return _of_pair(A[0][0], A[0][1], A[1][1])
    balls = [[ball(entry) for entry in row] for row in A]
    if not all(entry.is_finite() for row in balls for entry in row):
        raise Undecided("a matrix is not finite")
    return _certified(balls, _eigenvectors(balls))


def spectral_norm(A: Matrix) -> Value:
    """Largest absolute value of an eigenvalue."""
    low, high = extreme_eigenvalues(A)
    return greatest(magnitude(low), magnitude(high))


def frobenius_norm(A: Matrix) -> Value:
    """Root of the sum of all squares."""
    total = plus(*(times(entry, entry) for row in A for entry in row))
    return square_root(total if isinstance(total, Fraction) else total.nonnegative_part())


def _of_pair(first: Value, beside: Value, second: Value) -> tuple[Value, Value]:
    mean = over(plus(first, second), Fraction(2))
    half = over(minus(first, second), Fraction(2))
    if half == 0:
        return minus(mean, magnitude(beside)), plus(mean, magnitude(beside))
    squared = plus(times(half, half), times(beside, beside))
    # A sum of squares is >= 0, also where its ball says otherwise.
    root = square_root(squared if isinstance(squared, Fraction) else squared.nonnegative_part())
    return minus(mean, root), plus(mean, root)


def _certified(A: Balls, vectors: Balls) -> tuple[arb, arb]:
    n = len(A)
    spend(3 * n**3)
    basis = arb_mat(vectors)
    turned = basis.transpose() * arb_mat(A) * basis
    W = basis.transpose() * basis
    quotients = [turned[i, i] / W[i, i] for i in range(n)]
    limit = 2 * max(abs(quotient).upper() for quotient in quotients)
    lows, highs = [], []
    for i in range(n):
        others = [j for j in range(n) if j != i]
        if not W[i, i] > sum((abs(W[i, j]) for j in others), arb(0)):
            raise Undecided("a matrix is known too badly for its eigenvectors")
        rest = sum((abs(turned[i, j]) + limit * abs(W[i, j]) for j in others), arb(0))
        lows.append(((turned[i, i] - rest) / W[i, i]).lower())
        highs.append(((turned[i, i] + rest) / W[i, i]).upper())
    low, high = min(lows), max(highs)
    if not (abs(low) <= limit and abs(high) <= limit):
        raise Undecided("a matrix is known too badly for its eigenvalues")
    return (
        between(low, min(quotient.upper() for quotient in quotients)),
        between(max(quotient.lower() for quotient in quotients), high),
    )


def _eigenvectors(A: Balls) -> Balls:
    """Approximate orthonormal eigenvectors as columns, as exact numbers; nothing is certified."""
    n = len(A)
    D = [[entry.mid() for entry in row] for row in A]
    columns = [[arb(int(i == j)) for i in range(n)] for j in range(n)]
    small = max(abs(entry) for row in D for entry in row) * arb(2) ** (4 - ctx.prec)
    for _ in range(_SWEEPS):
        pairs = [(p, q) for p in range(n) for q in range(p) if abs(D[p][q]) > small]
        if not pairs:
            break
        spend(8 * n * len(pairs))
        for p, q in pairs:
            _rotate(D, columns, p, q)
    return [list(row) for row in zip(*columns, strict=True)]


def _rotate(D: Balls, columns: Balls, p: int, q: int) -> None:
    """The rotation of coordinates p and q that makes D_pq zero, up to rounding."""
    if D[p][q] == 0:
        return
    ratio = ((D[q][q] - D[p][p]) / (2 * D[p][q])).mid()
    tangent = 1 / (abs(ratio) + (ratio * ratio + 1).sqrt())
    tangent = -tangent.mid() if ratio < 0 else tangent.mid()
    cosine = (1 / (tangent * tangent + 1).sqrt()).mid()
    sine = (tangent * cosine).mid()
    for i in range(len(D)):
        D[p][i], D[q][i] = _turned(D[p][i], D[q][i], cosine, sine)
        columns[p][i], columns[q][i] = _turned(columns[p][i], columns[q][i], cosine, sine)
    for row in D:
        row[p], row[q] = _turned(row[p], row[q], cosine, sine)


def _turned(first: arb, second: arb, cosine: arb, sine: arb) -> tuple[arb, arb]:
    return (cosine * first - sine * second).mid(), (sine * first + cosine * second).mid()
