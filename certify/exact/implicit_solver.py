"""z = s(A z + phi) in balls: found near by, then enclosed and shown to be the only solution.

ReLU and its kin are solved on the pattern of signs, which is linear. Of a smooth s an approximation
is widened by ||z - s(A z + phi)||/(1 - L ||A||). Both ask for L ||A|| < 1.
"""

from __future__ import annotations

from fractions import Fraction

from flint import arb, arb_mat

from .balls import Hopeless, Undecided, dot, spend
from .implicit_slopes import Bend
from .pixel_rows import Rows
from .values import ball

_PICARD, _SWITCHES, _NEWTON = 40, 40, 14


def solved(A: Rows, phi: list[arb], s: Bend, rho: arb) -> tuple[list[arb], list[arb]]:
    """The solution z and its pre-activation A z + phi.

    Args:
        A: m rows of m.
        phi: m numbers.
        s: the activation.
        rho: at least ||A||_2.

    Raises:
        Hopeless: L rho >= 1, where a solution may be missing or have company.
        Undecided: the precision does not tell that, or a sign.
    """
    contraction = s.L * rho
    if contraction >= 1:
        raise Hopeless("an equation is not contractive, so its solution may not exist")
    if not contraction < 1:
        raise Undecided("the norm of an equation's matrix is too near 1")
    spend(_PICARD * len(A) ** 2)
    z = _near(A, phi, s)
    return _on_pattern(A, phi, s, z) if s.leak is not None else _enclosed(A, phi, s, z, rho)


def preactivation(A: Rows, phi: list[arb], z: list[arb]) -> list[arb]:
    """A z + phi."""
    return [dot(row, z) + p for row, p in zip(A, phi, strict=True)]


def linear(matrix: Rows, right: list[arb]) -> list[arb]:
    """The solution of a linear system.

    Raises:
        Undecided: the matrix is not certainly regular.
    """
    spend(2 * len(matrix) ** 3)
    try:
        found = arb_mat(matrix).solve(arb_mat([[z] for z in right]))
    except ZeroDivisionError:
        raise Undecided("a linear system is too near a singular one") from None
    return [found[r, 0] for r in range(len(matrix))]


def _near(A: Rows, phi: list[arb], s: Bend) -> list[arb]:
    """A Picard iterate, without its error."""
    z = [arb(0)] * len(A)
    for _ in range(_PICARD):
        z = [s.value(t).mid() for t in preactivation(A, phi, z)]
    return z


def _on_pattern(A: Rows, phi: list[arb], s: Bend, z: list[arb]) -> tuple[list[arb], list[arb]]:
    """The solution whose signs are those of its own pattern, sought from near by."""
    pattern = [bool(t.mid() > 0) for t in preactivation(A, phi, z)]
    for _ in range(_SWITCHES):
        z = _at_signs(A, phi, s, pattern)
        pre = preactivation(A, phi, z)
        # Where s is the identity z is the pre-activation, and enclosed better.
        pre = [one if is_on else t for one, t, is_on in zip(z, pre, pattern, strict=True)]
        wrong = [t < 0 if is_on else t > 0 for t, is_on in zip(pre, pattern, strict=True)]
        if not any(wrong):
            if all(t >= 0 if is_on else t <= 0 for t, is_on in zip(pre, pattern, strict=True)):
                return z, pre
            raise Undecided("a pre-activation is too near 0 for its sign")
        pattern = [is_on != flips for is_on, flips in zip(pattern, wrong, strict=True)]
    raise Hopeless("the pattern of an equation's solution was not found")


def _at_signs(A: Rows, phi: list[arb], s: Bend, pattern: list[bool]) -> list[arb]:
    """The solution of z = D (A z + phi); of ReLU units that are off it is an exact 0."""
    if s.leak == 0:
        on = [r for r, is_on in enumerate(pattern) if is_on]
        if not on:
            return [arb(0)] * len(A)
        part = [[int(r == c) - A[r][c] for c in on] for r in on]
        found = dict(zip(on, linear(part, [phi[r] for r in on]), strict=True))
        return [found.get(r, arb(0)) for r in range(len(A))]
    D = [arb(1) if is_on else ball(s.leak or Fraction(0)) for is_on in pattern]
    places = range(len(A))
    matrix = [[int(r == c) - D[r] * A[r][c] for c in places] for r in places]
    return linear(matrix, [slope * p for slope, p in zip(D, phi, strict=True)])


def _enclosed(
    A: Rows, phi: list[arb], s: Bend, z: list[arb], rho: arb
) -> tuple[list[arb], list[arb]]:
    """A ball around an approximation, and the pre-activation there."""
    places = range(len(A))
    for _ in range(_NEWTON):
        pre = preactivation(A, phi, z)
        gap = [one - s.value(t) for one, t in zip(z, pre, strict=True)]
        D = [s.slope(t, right=True) for t in pre]
        matrix = [[(int(r == c) - D[r] * A[r][c]).mid() for c in places] for r in places]
        step = linear(matrix, [one.mid() for one in gap])
        z = [(one - move).mid() for one, move in zip(z, step, strict=True)]
    pre = preactivation(A, phi, z)
    gap = [one - s.value(t) for one, t in zip(z, pre, strict=True)]
    error = dot(gap, gap).nonnegative_part().sqrt() / (1 - s.L * rho)
    z = [one + (-error).union(error) for one in z]
    return z, preactivation(A, phi, z)
