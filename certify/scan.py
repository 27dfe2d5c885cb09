"""The largest parameter for which a certificate's premise certainly holds."""

from __future__ import annotations

from collections.abc import Callable

from verdicts import Margin

_GRID = 24  # geometric steps down from the top, to 1/1000 of it
_HALVINGS = 20


def largest_certain(premise: Callable[[float], Margin], *, high: float) -> float:
    """The largest parameter in (0, high] found whose premise is certainly met; 0.0 if none is.

    The premise need not be monotone: a geometric grid from the top finds a parameter that
    qualifies, bisection moves it up to the edge of the failure above it.

    Args:
        premise: the margin of the premise at a parameter > 0.
        high: largest parameter, any number; one <= 0 leaves none.
    """
    if not high > 0:
        return 0.0
    above = high
    for step in range(_GRID):
        parameter = high * 10 ** (-3 * step / (_GRID - 1))
        if _certain(premise, parameter):
            return parameter if step == 0 else _bisected(premise, parameter, above)
        above = parameter
    return 0.0


def _bisected(premise: Callable[[float], Margin], met: float, unmet: float) -> float:
    for _ in range(_HALVINGS):
        middle = (met + unmet) / 2
        if _certain(premise, middle):
            met = middle
        else:
            unmet = middle
    return met


def _certain(premise: Callable[[float], Margin], parameter: float) -> bool:
    return bool((premise(parameter).slack.lower > 0).all())
