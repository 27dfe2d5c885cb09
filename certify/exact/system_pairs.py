"""One system after another: singular values of both Jacobians and of their product."""

from __future__ import annotations

from copy import copy
from fractions import Fraction

from .balls import UnreadableError
from .eigen import extreme_eigenvalues
from .system import System
from .tables import ZERO, Table, exact_matrix, product, turned
from .values import Value, over, plus, power, square_root, times


def root_of(value: Value) -> Value:
    """The square root of what is >= 0, also where its ball says otherwise."""
    return square_root(value if isinstance(value, Fraction) else value.nonnegative_part())


def sigma(rows: Table) -> Value:
    """The least singular value of a table with no more rows than columns."""
    if len(rows) > len(rows[0]):
        return ZERO
    return root_of(extreme_eigenvalues(product(rows, rows))[0])


def both(system: System) -> tuple[Table, Table]:
    """The Jacobians of a composition, the outer one at the value of the inner one."""
    if system.within is None:
        raise UnreadableError("system: there is nothing within")
    inner = system.within
    value = [plus(*pair) for pair in zip(inner.residual(), inner.y, strict=True)]
    outer = copy(system)
    outer.w = value
    return outer.jacobian(), inner.jacobian()


def composed(system: System) -> Value:
    """sigma_min(D outer D inner)."""
    outer, inner = both(system)
    return sigma(product(outer, turned(inner)))


def determinant(system: System) -> Value:
    """|det|^(1/n) of the outer Jacobian, of rational numbers."""
    outer = both(system)[0]
    if len(outer) != len(outer[0]):
        raise UnreadableError("system: a determinant needs a square matrix")
    value = exact_matrix(outer).det()
    return power(abs(Fraction(int(value.p), int(value.q))), Fraction(1, len(outer)))


def mean_square(system: System) -> Value:
    """The root of the mean squared singular value of the outer Jacobian."""
    outer = both(system)[0]
    total = plus(*(times(z, z) for row in outer for z in row))
    return root_of(over(total, Fraction(min(len(outer), len(outer[0])))))


def any_sigma(rows: Table) -> Value:
    """The least of all singular values of a table."""
    return sigma(rows if len(rows) <= len(rows[0]) else turned(rows))
