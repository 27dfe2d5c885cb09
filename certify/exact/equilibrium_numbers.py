"""Numbers of an exact equation z = sigma(W z + b), those of several b_i by Frobenius norms."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from itertools import combinations
from typing import Any

from flint import fmpq_mat

from .balls import UnreadableError, spend
from .eigen import Matrix, extreme_eigenvalues, frobenius_norm
from .equilibrium import Equation, fraction, read_matrix
from .equilibrium_points import Solved, apart, spectral
from .values import Value, greatest, plus, times


def moved(solved: Solved, given: object) -> Solved:
    """The equation [W', b'] with the same activation.

    Raises:
        UnreadableError: it is none of the same shape.
    """
    here = solved.equation
    if not isinstance(given, list | tuple) or len(given) != len(("W", "b")):
        raise UnreadableError("weights: no pair of a matrix and rows; give [W', b']")
    other = Equation({"W": given[0], "b": given[1], "slope": here.slope})
    if (other.m, len(other.b)) != (here.m, len(here.b)):
        raise UnreadableError("weights: W' and b' of another shape than W and b")
    return Solved(other)


def move(solved: Solved, given: object, which: str) -> Value:
    """||W' - W||_2, ||b' - b||_F or ||Z' - Z||_F."""
    other, here = moved(solved, given), solved.equation
    if which == "W":
        return spectral(other.equation.W - here.W)
    places = range(len(here.b))
    rows = Solved.right if which == "b" else Solved.points
    pairs = zip(rows(other, places), rows(solved, places), strict=True)
    return frobenius_norm([apart(p, q) for p, q in pairs])


def spectral_radius(matrix: fmpq_mat) -> Value:
    """Largest absolute value of an eigenvalue, from the exact characteristic polynomial."""
    spend(50 * matrix.nrows() ** 3)
    roots: Any = matrix.charpoly().numer().complex_roots()  # its stubs say less
    return greatest(*(Fraction(0) if root == 0 else abs(root) for root, _ in roots))


def absolute(W: fmpq_mat) -> fmpq_mat:
    """The matrix of absolute values."""
    return fmpq_mat(W.nrows(), W.ncols(), [abs(z) for z in W.entries()])


def least_minor(W: fmpq_mat) -> Value:
    """The least principal minor of I - W: > 0 iff there is one ReLU solution for every b."""
    m, minors = W.nrows(), []
    table = (identity(m) - W).tolist()
    for size in range(1, m + 1):
        for kept in combinations(range(m), size):
            spend(size**3)
            part = fmpq_mat(size, size, [table[r][c] for r in kept for c in kept])
            minors.append(fraction(part.det()))
    return min(minors)


def determinant(W: fmpq_mat) -> Value:
    """The determinant of I - W."""
    return fraction((identity(W.nrows()) - W).det())


def monotone(W: fmpq_mat, given: object) -> Value:
    """Least eigenvalue of Lam (I - W) + (I - W)^T Lam, Lam = diag of the row that is given."""
    m = W.nrows()
    row = read_matrix(given, "weights", most=1)
    if row.ncols() != m:
        raise UnreadableError(f"weights: a row of {row.ncols()}; give one of {m}")
    gap = (identity(m) - W).tolist()
    one = fmpq_mat(m, m, [p * z for p, line in zip(row.entries(), gap, strict=True) for z in line])
    return extreme_eigenvalues(_values(one + one.transpose()))[0]


def at_points(solved: Solved, samples: range, given: object, *, error: bool) -> Value:
    """||z - sigma(W z + b)||_F of given z, or ||z - z*||_F."""
    m = solved.equation.m
    points = read_matrix(given, "weights", most=len(solved.equation.b))
    if (points.nrows(), points.ncols()) != (len(samples), m):
        raise UnreadableError(f"weights: give {len(samples)} rows of {m}")
    gaps = []
    for i, row in zip(samples, _values(points), strict=True):
        gaps.append(apart(row, solved.point(i) if error else solved.applied(row, i)))
    return frobenius_norm(gaps)


def iterate(solved: Solved, samples: range, k: int) -> Value:
    """||z^k||_F."""
    return frobenius_norm([solved.picard(i, k) for i in samples])


def last_move(solved: Solved, samples: range, k: int) -> Value:
    """||z^k - z^(k-1)||_F, k >= 1."""
    if k == 0:
        raise UnreadableError("last_move: no step; give steps >= 1")
    moves = []
    for i in samples:
        before = solved.picard(i, k - 1)
        moves.append(apart(solved.applied(before, i), before))
    return frobenius_norm(moves)


def error(solved: Solved, samples: range, k: int) -> Value:
    """||z^k - z*||_F."""
    return frobenius_norm([apart(solved.picard(i, k), solved.point(i)) for i in samples])


def least_of_gram(rows: Matrix) -> Value:
    """Least eigenvalue of the matrix of inner products."""
    gram = [[plus(*map(times, p, q)) for q in rows] for p in rows]
    return extreme_eigenvalues(gram)[0]


def least_entry(rows: Iterable[Iterable[Value]]) -> Value:
    """The smallest entry."""
    return times(Fraction(-1), greatest(*(times(Fraction(-1), z) for row in rows for z in row)))


def identity(m: int) -> fmpq_mat:
    """The matrix I_m."""
    return fmpq_mat(m, m, [int(r == c) for r in range(m) for c in range(m)])


def _values(matrix: fmpq_mat) -> Matrix:
    return [[fraction(z) for z in row] for row in matrix.tolist()]
