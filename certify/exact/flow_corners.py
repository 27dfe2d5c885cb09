"""What a neuron does where it comes to a hyperplane: it passes, slides, rests, or is undecided.

Where a line's jump of force, times the sign of a_r, points against its normal, the loss is convex
across the hyperplane. Where that is so of all hyperplanes on which the neuron stands, its velocity
is unique, and so whatever mode agrees with its own velocities is the one that follows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import product

from .balls import Hopeless, Undecided, dot, spend
from .flow_kinks import Hyperplanes, Mode, Row
from .flow_linear import row_of

_MOST_HYPERPLANES = 4  # at once, beyond which a corner is undecided
_PAIR = 2  # the same, if the loss is concave across one
NOT_UNIQUE = (
    "the solution is not known to be unique: a neuron may stay on a hyperplane, or be driven off it"
)


def settled(
    planes: Hyperplanes, mode: Mode, fresh: Sequence[int], turn: int, e: Row, *, together: bool
) -> Mode:
    """The mode of a neuron after it has come to the fresh lines.

    Args:
        planes: the hyperplanes.
        mode: before; any side for the fresh lines.
        fresh: lines.
        turn: sign of a_r.
        e: residual.
        together: whether it comes to all of them at the same instant.

    Raises:
        Undecided: balls cannot tell; Hopeless: the solution is not unique.
    """
    contacts = sorted({*fresh, *(g for g, side in enumerate(mode) if side == 0)})
    if turn == 0:
        return replaced(mode, ((g, 0) for g in fresh))
    if len(fresh) > 1 and _orthogonal(planes, contacts):
        for g in fresh:
            mode = settled(planes, mode, [g], turn, e, together=True)
        return mode
    if len(contacts) > _MOST_HYPERPLANES or (len(fresh) > 1 and not together):
        raise Undecided("a neuron meets several hyperplanes at once")
    if all(sign_of(planes.jump(g), e) in (-turn, 0) for g in contacts):
        return _convex(planes, mode, contacts, turn, e)
    if len(fresh) > 1:
        raise Undecided("a neuron meets several hyperplanes at once")
    far = _crossed(planes, mode, fresh[0], turn, e)
    return far or _passed(planes, mode, contacts, turn, e)


def agrees(planes: Hyperplanes, mode: Mode, contacts: Iterable[int], turn: int, e: Row) -> bool:
    """Whether on the given lines the velocities of the mode certainly keep the neuron in it."""
    try:
        moves = planes.moves(mode)
    except Undecided:
        return False
    for g in contacts:
        if mode[g] == 0:
            # A sign 0 is one for ever: nothing drives the neuron there, and it rests.
            kept = sign_of(moves.low[g], e) in (turn, 0) and sign_of(moves.high[g], e) in (-turn, 0)
        else:
            kept = sign_of(row_of(moves.pulls, planes.first[g]), e) == turn * mode[g] != 0
        if not kept:
            return False
    return True


def _convex(planes: Hyperplanes, mode: Mode, contacts: Sequence[int], turn: int, e: Row) -> Mode:
    for sides in product((1, -1, 0), repeat=len(contacts)):
        spend(len(contacts) * planes.n)
        trial = replaced(mode, zip(contacts, sides, strict=True))
        if agrees(planes, trial, contacts, turn, e):
            return trial
    raise Undecided("what a neuron does on a hyperplane")


def _crossed(planes: Hyperplanes, mode: Mode, g: int, turn: int, e: Row) -> Mode | None:
    """The mode beyond a hyperplane that is crossed while nothing else changes."""
    held = [k for k, side in enumerate(mode) if side == 0 and k != g]
    far = [replaced(mode, [(g, side)]) for side in (1, -1)]
    pulls = [row_of(planes.moves(trial).pulls, planes.first[g]) for trial in far]
    up, down = (sign_of(pull, e) for pull in pulls)
    if up != down or not up or not all(agrees(planes, to, held, turn, e) for to in far):
        return None
    return far[0] if up == turn else far[1]


def _passed(planes: Hyperplanes, mode: Mode, contacts: Sequence[int], turn: int, e: Row) -> Mode:
    """The mode beyond a hyperplane across which the loss may be concave.

    At most one other holds the neuron. It held it before, so no solution turns round and round
    the corner: each leaves in one mode, and if one mode alone agrees with itself that is it.
    """
    if len(contacts) > _PAIR:
        raise Undecided("a neuron meets several hyperplanes at once")
    possible, certain = [], True
    for sides in product((1, -1, 0), repeat=len(contacts)):
        spend(len(contacts) * planes.n)
        trial = replaced(mode, zip(contacts, sides, strict=True))
        views = [_possible(planes, trial, g, turn, e) for g in contacts]
        if False not in views:
            possible.append(trial)
            certain = certain and None not in views
    if certain and len(possible) == 1 and agrees(planes, possible[0], contacts, turn, e):
        return possible[0]
    if certain and len(possible) > 1:
        raise Hopeless(NOT_UNIQUE)
    raise Undecided("what a neuron does on a hyperplane")


def _possible(planes: Hyperplanes, mode: Mode, g: int, turn: int, e: Row) -> bool | None:
    """Whether some solution is in this mode at one line, be it one that nothing keeps there."""
    moves = planes.moves(mode)
    if mode[g]:
        speed = sign_of(row_of(moves.pulls, planes.first[g]), e)
        return None if speed is None else speed == turn * mode[g]
    low, high = sign_of(moves.low[g], e), sign_of(moves.high[g], e)
    return None if low is None or high is None else low * high <= 0


def sign_of(row: Row, e: Row) -> int | None:
    """Sign of row.e; 0 if no residual will ever change it, None if balls cannot tell."""
    if all(entry.is_zero() for entry in row):
        return 0
    value = dot(row, e)
    return 1 if value > 0 else -1 if value < 0 else None


def replaced(mode: Mode, sides: Iterable[tuple[int, int]]) -> Mode:
    """The mode with other sides of some lines."""
    new = list(mode)
    for g, side in sides:
        new[g] = side
    return tuple(new)


def _orthogonal(planes: Hyperplanes, lines: Sequence[int]) -> bool:
    at = [planes.first[g] for g in lines]
    return all(planes.G[i][j].is_zero() for i in at for j in at if i != j)
