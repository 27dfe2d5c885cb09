"""Steps of gradient descent on systems: exact while numbers are short, balls from then on."""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from fractions import Fraction
from itertools import pairwise
from itertools import product as choices

from .balls import UnreadableError
from .system import System
from .tables import Row, applied, dot, product, turned
from .values import Value, minus, over, plus, square_root, times

_MOST_STEPS, _MOST_BATCHES = 200, 4096


def loss_after(system: System, step: Value, count: Value) -> Value:
    """L(w_t) after `count` steps."""
    for last in _iterates(system, step, count):
        found = last
    r = found.residual()
    return times(Fraction(1, 2), dot(r, r))


def path_after(system: System, step: Value, count: Value) -> Value:
    """The length of the path of `count` steps."""
    points = [found.w for found in _iterates(system, step, count)]
    lengths = []
    for first, last in pairwise(points):
        moved = [minus(*pair) for pair in zip(last, first, strict=True)]
        squared = dot(moved, moved)
        lengths.append(
            square_root(squared if isinstance(squared, Fraction) else squared.nonnegative_part())
        )
    return plus(*lengths)


def mean_loss(system: System, step: Value, batch: Value) -> Value:
    """E L after one step with a batch of this size, of a linear system: over all batches.

    Raises:
        UnreadableError: too many batches, or F is not linear.
    """
    size = _whole(batch, "batch", 6)
    if system.C or system.Q or system.n**size > _MOST_BATCHES or not size:
        raise UnreadableError("system: batches of linear systems, 1 to 4096 of them")
    K, r, total = product(system.A, system.A), system.residual(), []
    for drawn in choices(range(system.n), repeat=size):
        pulled = [times(Fraction(drawn.count(i)), z) for i, z in enumerate(r)]
        moved = [times(step, z) for z in applied(K, pulled)]
        after = [minus(*pair) for pair in zip(r, moved, strict=True)]
        total.append(dot(after, after))
    return over(plus(*total), Fraction(2 * system.n**size))


def _iterates(system: System, step: Value, count: Value) -> Iterator[System]:
    yield system
    for _ in range(_whole(count, "count", _MOST_STEPS)):
        gradient = applied(turned(system.jacobian()), system.residual())
        system = copy(system)
        system.w = _moved(system.w, step, gradient)
        yield system


def _moved(w: Row, step: Value, gradient: Row) -> Row:
    return [minus(z, times(step, g)) for z, g in zip(w, gradient, strict=True)]


def _whole(value: Value, where: str, most: int) -> int:
    if not isinstance(value, Fraction) or value.denominator != 1 or not 0 <= value <= most:
        raise UnreadableError(f"{where}: no integer from 0 to {most}; give one")
    return int(value)
