"""The least eigenvalue of a small symmetric matrix in ball arithmetic, at the working precision.

A matrix of balls stands for the one true, symmetric matrix in it.
"""

from __future__ import annotations

from flint import arb, arb_mat, ctx

from certify.balls import above, below
from certify.rounding import Floats
from verdicts import Approx

_ROUNDS = 4  # of two steps of inverse iteration


def is_definite(A: arb_mat) -> bool | None:
    """Whether all eigenvalues are > 0: True and False are proved, None is undecided.

    False says that an eigenvalue is < 0. Block elimination: A is positive definite if and only if
    its first block and the Schur complement of that block are, and a negative eigenvalue of either
    is one of A (Cauchy, Sylvester).
    """
    n = A.nrows()
    if n == 1:
        return True if A[0, 0] > 0 else False if A[0, 0] < 0 else None
    half = n // 2
    rows = A.tolist()
    first = arb_mat([row[:half] for row in rows[:half]])
    definite = is_definite(first)
    if definite is not True:
        return definite
    cross = arb_mat([row[half:] for row in rows[:half]])
    last = arb_mat([row[half:] for row in rows[half:]])
    try:
        return is_definite(last - cross.transpose() * first.solve(cross))
    except ZeroDivisionError:
        return None


def shifted(A: arb_mat, shift: arb) -> arb_mat:
    """A - shift I."""
    rows = A.tolist()
    return arb_mat(
        [[a - shift if i == j else a for j, a in enumerate(r)] for i, r in enumerate(rows)]
    )


def least_eigenvalue(A: arb_mat, v: Floats, floor: float) -> Approx:
    """Enclosure of lambda_min(A), from above by a Rayleigh quotient, from below by elimination.

    A - c I is eliminated for c a little less than the quotient; where that needs a c much less,
    inverse iteration with A - c I betters the vector.

    Args:
        A: square.
        v: nonzero, near an eigenvector of the least eigenvalue.
        floor: a proved lower bound, which is returned where no elimination gives a better one.
    """
    size = max(abs(entry).upper() for entry in A.entries())
    column = arb_mat([[arb(entry)] for entry in v.tolist()])
    high, low = _quotient(A, column), arb(floor)
    for _ in range(_ROUNDS):
        wanted = [(high - gap).lower() for gap in _gaps(high, size)]
        better = (bound for bound in wanted if bound > low and is_definite(shifted(A, bound)))
        found = next(better, None)
        if found is None:
            break
        low = found
        if low == wanted[0]:
            break
        column, high = _bettered(A, low, column, high)
    return Approx(below(low), above(high), "proved")


def _gaps(high: arb, size: arb) -> list[arb]:
    """Distances of the two bounds to try, ascending, as far as they differ.

    First what floats can show, or what the elimination of a regular matrix needs for its own
    rounding; then coarser relative ones; then the distance to zero, because most matrices are
    semidefinite; then what the elimination of a singular matrix needs below zero.
    """
    least = abs(high) * arb(2) ** -54 + size * arb(2) ** (-3 * ctx.prec // 4)
    coarser = [abs(high) * arb(2) ** -power for power in (38, 22, 6)]
    gaps = [least.upper()]
    for gap in (*coarser, high, abs(high) + size * arb(2) ** (8 - ctx.prec // 2)):
        if gap > gaps[-1]:
            gaps.append(gap.upper())
    return gaps


def _bettered(A: arb_mat, low: arb, column: arb_mat, high: arb) -> tuple[arb_mat, arb]:
    """The vector after two steps of inverse iteration, and an upper bound that is not worse."""
    try:
        for _ in range(2):
            column = shifted(A, low).solve(column).mid()
            column = column * (1 / max(abs(entry) for entry in column.entries())).mid()
    except ZeroDivisionError:
        return column, high
    return column, min(high, _quotient(A, column))


def _quotient(A: arb_mat, column: arb_mat) -> arb:
    """A proved upper bound of lambda_min(A), as an exact ball."""
    row = column.transpose()
    return ((row * A * column)[0, 0] / (row * column)[0, 0]).upper()
