"""The first time at which one of many positive functions of a linear flow reaches 0, none missed.

Each function is >= 0 at the start, 0 only where it then grows. An interval of time is quiet if on
all of it each is > 0, or grows, or falls and is > 0 at its end; intervals shrink until one of these
can be told. A function that falls on an interval has one zero there at most.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from flint import arb, arb_mat, ctx

from .balls import Undecided, spend
from .flow_linear import LinearFlow, Moment, rows_of

_STEPS = 100  # at most, and one a bit


@dataclass(frozen=True, slots=True, eq=False)
class Watched:
    """Functions base + rows.E(t), whose derivatives are rows.e(t), then functions holds.e(t).

    Attributes:
        linear: e' = -H e.
        base: a column.
        rows: one for each function of the first kind.
        holds: one for each of the second.
        turning: of the first kind those whose derivative, too, is >= 0 at the start.
    """

    linear: LinearFlow
    base: arb_mat
    rows: arb_mat
    holds: arb_mat
    turning: frozenset[int]

    def values(self, at: Moment) -> list[arb]:
        """All of them at one time."""
        spend(self.linear.n * (self.rows.nrows() + self.holds.nrows()))
        first = (self.base + self.rows * at.E).entries()
        return [*first, *(self.holds * at.e).entries()]

    def speeds(self, e: arb_mat) -> list[arb]:
        """Their derivatives where the residual is e."""
        spend(self.linear.n * (self.rows.nrows() + self.holds.nrows()))
        return [*(self.rows * e).entries(), *(self.holds * (self.linear.H * -e)).entries()]

    def turns(self, k: int, e: arb_mat) -> bool:
        """Whether the derivative of a function of the first kind certainly grows."""
        growth = self.linear.H * -e
        return bool(sum((self.rows[k, j] * growth[j, 0] for j in range(self.linear.n)), arb(0)) > 0)

    def only(self, which: Sequence[int]) -> Watched:
        """Some of them."""
        kinds = self.rows.nrows()
        first, second = [k for k in which if k < kinds], [k - kinds for k in which if k >= kinds]
        base, rows = rows_of(self.base, first), rows_of(self.rows, first)
        return Watched(self.linear, base, rows, rows_of(self.holds, second), frozenset())


def first_event(watched: Watched, horizon: arb, step: arb) -> tuple[arb, arb, arb]:
    """Times t_1 <= t_2 and the last step: nothing before t_1, an event before t_2 or t_1 = horizon.

    Args:
        watched: the functions.
        horizon: > 0, exact.
        step: > 0, exact, the first to be tried.

    Raises:
        Undecided: whether a function reaches 0.
    """
    first = watched.linear.at(arb(0))
    values = watched.values(first)
    unit = (1 / (1 + watched.linear.H.trace())).lower()
    smallest = horizon.min(unit) * arb(2) ** (-(ctx.prec // 2) - 8)
    for _ in range(_STEPS + ctx.prec):
        if not first.t < horizon:
            return horizon, horizon, step
        end = (first.t + step).mid()
        last = watched.linear.at(horizon if end > horizon else end)
        ahead = watched.values(last)
        found, turning = _met(watched, first, last, values, ahead)
        if found is None:
            step = step / 4 if first.t > 0 else (step / 4).min(8 * unit)
            if not step > smallest:
                break
        elif found:
            return *_narrowed(watched.only(found), first, last), step
        else:
            first, values = last, ahead
            step = (step * (step / unit).max(arb(2))).mid()  # what is slow by now becomes slower
            watched = replace(watched, turning=turning)
    raise Undecided("whether a neuron reaches a hyperplane")


def _met(
    watched: Watched, first: Moment, last: Moment, values: Iterable[arb], ahead: Iterable[arb]
) -> tuple[list[int] | None, frozenset[int]]:
    """The functions that fall and may reach 0, None if that is not clear; those still turning."""
    zero, width = arb(0), (last.t - first.t).union(arb(0))
    e = watched.linear.between(first, last)
    met, surely, turning = [], False, set()
    for k, (value, speed, end) in enumerate(zip(values, watched.speeds(e), ahead, strict=True)):
        if speed > zero:
            continue
        if speed < zero:
            if not end > zero:
                met.append(k)
                surely = surely or end < zero
        elif not value + width * speed > zero:
            if k not in watched.turning or not watched.turns(k, e):
                return None, frozenset()
            turning.add(k)
    return (met if surely or not met else None), frozenset(turning)


def _narrowed(watched: Watched, first: Moment, last: Moment) -> tuple[arb, arb]:
    """The interval about the first zero of functions that all fall on it, as short as can be."""
    while True:
        begin, end = _newton(watched, first, last)
        if (end - begin) * 4 < last.t - first.t:
            first, last = watched.linear.at(begin), watched.linear.at(end)
            continue
        middle = watched.linear.at(((first.t + last.t) / 2).mid())
        values = watched.values(middle)
        if not first.t < middle.t < last.t:
            return first.t, last.t
        if any(value < 0 for value in values):
            last = middle
        elif all(value > 0 for value in values):
            first = middle
        else:
            return first.t, last.t


def _newton(watched: Watched, first: Moment, last: Moment) -> tuple[arb, arb]:
    """Bounds of the first zero from the range of the speeds."""
    speeds = watched.speeds(watched.linear.between(first, last))
    lows, highs = [last.t], [last.t]
    for value, speed, end in zip(watched.values(first), speeds, watched.values(last), strict=True):
        if not speed < 0:
            return first.t, last.t
        lows.append(first.t + (value.lower() / -speed.lower()).nonnegative_part())
        if end < 0:
            highs.append(first.t + value.upper() / -speed.upper())
    return min(low.lower() for low in lows), min(high.upper() for high in highs)
