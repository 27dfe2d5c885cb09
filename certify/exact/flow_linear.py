"""The linear flow e' = -H e with H symmetric and >= 0: its values, its integral and its range.

M(t) = exp(-H t) lies between M(t_2) and M(t_1) in the order of quadratic forms for all t in
[t_1, t_2], however long that is. So B = M(t) - (M(t_1) + M(t_2))/2 has
|x.B y|^2 <= (x.D x)(y.D y)/4 with D = M(t_1) - M(t_2), which bounds e = M e(0) on the interval.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flint import arb, arb_mat, ctx

from .balls import spend


@dataclass(frozen=True, slots=True, eq=False)
class Moment:
    """Where the flow is at one time.

    Attributes:
        t: the time.
        decay: M = exp(-H t).
        e: M e(0), a column.
        E: the integral of e over [0, t], a column.
    """

    t: arb
    decay: arb_mat
    e: arb_mat
    E: arb_mat


class LinearFlow:
    """e' = -H e from e(0).

    Attributes:
        n: size.
        H: symmetric and >= 0, in balls.
        start: e(0), a column.
    """

    def __init__(self, H: arb_mat, e: list[arb]) -> None:
        self.n, self.H, self.start = len(e), H, column(e)
        # exp of [[-H, e], [0, 0]] t is [[M, E], [0, 1]].
        rows = [[-H[i, j] for j in range(self.n)] + [e[i]] for i in range(self.n)]
        self._augmented = arb_mat([*rows, [arb(0)] * (self.n + 1)])

    def at(self, t: arb) -> Moment:
        """The state at t >= 0."""
        n = self.n
        spend((n + 1) ** 3 * (8 + ctx.prec // 16))
        rows = (self._augmented * t).exp().tolist()
        decay = arb_mat([row[:n] for row in rows[:n]])
        return Moment(t, decay, decay * self.start, column([row[n] for row in rows[:n]]))

    def between(self, first: Moment, last: Moment) -> arb_mat:
        """A column of balls that holds e(t) for all t from the first moment to the last."""
        difference, middle = first.e - last.e, first.e + last.e
        lost, bounds = first.decay - last.decay, list[arb]()
        for i in range(self.n):
            # Parts of H that are not joined do not disturb each other: their M_ij is an exact 0.
            joined = [j for j in range(self.n) if not last.decay[i, j].is_zero()]
            form = sum((self.start[j, 0] * difference[j, 0] for j in joined), arb(0))
            # Both are >= 0, also where their balls say otherwise.
            radius = (lost[i, i].upper() * form.upper()).upper().sqrt()
            bounds.append(widened(middle[i, 0], radius) / 2)
        return column(bounds)


def column(entries: list[arb]) -> arb_mat:
    """A matrix of one column."""
    return arb_mat(len(entries), 1, entries)


def row_of(matrix: arb_mat, i: int) -> list[arb]:
    """One row."""
    return [matrix[i, j] for j in range(matrix.ncols())]


def rows_of(matrix: arb_mat, which: Sequence[int]) -> arb_mat:
    """Some rows, as a matrix."""
    entries = [entry for i in which for entry in row_of(matrix, i)]
    return arb_mat(len(which), matrix.ncols(), entries)


def widened(value: arb, by: arb) -> arb:
    """The ball of all numbers at most so far from the value."""
    return value + arb(0, by)


def widest(*factors: arb) -> arb:
    """Upper bound of a product of numbers >= 0, exact."""
    product = arb(1)
    for factor in factors:
        product = (product * factor).upper()
    return product


def norm(e: list[arb]) -> arb:
    """Upper bound of the Euclidean norm, an exact number."""
    return sum((entry * entry for entry in e), arb(0)).upper().sqrt().upper()
