"""Ball arithmetic: its precision, the work that one check may do, and what it cannot decide."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from flint import arb, ctx, fmpq

_WEIGHED_BITS = 512  # an operation costs 1 + bits/512 units: measured, 0.15 us at 64, 2 us at 4096


class Undecided(Exception):  # noqa: N818  an answer of the court, not an error
    """Balls of this precision cannot decide; the reason says what."""


class Hopeless(Undecided):
    """No precision will decide it: a limit is reached, or an expression has no value."""


class UnreadableError(ValueError):
    """What was written has no meaning here; the message is one line."""


class _Meter:
    """What is left of the work and of the time of a check; None is no limit."""

    units: float | None = None
    deadline: float | None = None


@contextmanager
def precision(bits: int) -> Iterator[None]:
    """Balls of this many bits inside the block; the precision before is given back."""
    before, ctx.prec = ctx.prec, bits
    try:
        yield
    finally:
        ctx.prec = before


@contextmanager
def allowance(units: float, seconds: float | None = None) -> Iterator[None]:
    """Inside the block `spend` raises when this much work is done, or this much time is over."""
    before = _Meter.units, _Meter.deadline
    _Meter.units = units
    _Meter.deadline = None if seconds is None else time.monotonic() + seconds
    try:
        yield
    finally:
        _Meter.units, _Meter.deadline = before


def spend(operations: int) -> None:
    """Counts work: to be called in every loop, with about the number of ball operations in it.

    Raises:
        Hopeless: the check has done all the work that it may.
    """
    if _Meter.units is not None:
        _Meter.units -= operations * (1 + ctx.prec / _WEIGHED_BITS)
        if _Meter.units < 0:
            raise Hopeless("the work of a check is limited, and this one needs more")
    if _Meter.deadline is not None and time.monotonic() > _Meter.deadline:
        raise Hopeless("the time of a check is limited, and this one needs more")


def rational(numerator: int, denominator: int = 1) -> arb:
    """The ball of a fraction; exact if its digits fit."""
    return arb(fmpq(numerator, denominator))


def between(low: arb, high: arb) -> arb:
    """The ball that holds both."""
    return low if low.is_exact() and low == high else low.union(high)


def is_on(preactivation: arb) -> bool:
    """Whether it is certainly >= 0, the paper's side.

    Raises:
        Undecided: the ball holds both signs.
    """
    if preactivation >= 0:
        return True
    if preactivation < 0:
        return False
    raise Undecided("a pre-activation is too near 0 for its sign")


def dot(left: list[arb], right: list[arb]) -> arb:
    """Sum of the products."""
    return sum((p * q for p, q in zip(left, right, strict=True)), arb(0))
