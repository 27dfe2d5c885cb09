"""Maxima, minima and suprema of enclosures."""

from __future__ import annotations

import numpy as np

from verdicts.approx import Approx
from verdicts.kinds import check_kinds


def largest(first: Approx, *others: Approx) -> Approx:
    """Elementwise maximum of enclosures.

    Raises:
        TypeError: one of them is none.
    """
    _check("largest", first, *others)
    result = first
    for other in others:
        result = Approx(
            np.maximum(result.lower, other.lower),
            np.maximum(result.upper, other.upper),
            result.joined(other),
        )
    return result


def smallest(first: Approx, *others: Approx) -> Approx:
    """Elementwise minimum of enclosures.

    Raises:
        TypeError: one of them is none.
    """
    _check("smallest", first, *others)
    return -largest(-first, *(-other for other in others))


def supremum(found: Approx, bound: Approx) -> Approx:
    """The enclosure [found, bound] of a supremum, "for all W in the ball".

    Args:
        found: the value at an explicit point, a lower bound of the supremum.
        bound: a proved upper bound of the supremum, in the same units.

    Raises:
        TypeError: one of them is no enclosure.
        ValueError: found certainly exceeds what `bound` allows, so one of them is wrong.
    """
    check_kinds(Approx, "supremum", found=found, bound=bound)
    if (found.lower > bound.upper).any():
        raise ValueError(
            f"supremum: found={found!r} exceeds bound={bound!r}; a value reached in the set "
            "cannot exceed a bound over the set, so one of them is wrong"
        )
    return Approx(found.lower, bound.upper, found.joined(bound))


def _check(where: str, *given: object) -> None:
    check_kinds(Approx, where, **{f"argument_{i}": value for i, value in enumerate(given, start=1)})
