"""Events of a flow: where neurons come to hyperplanes, or a hyperplane lets them go.

An event is enclosed in a short interval of time. Whatever takes part in it takes its new mode from
the signs of its velocities there, which must be the same for all residuals that are possible, and
by the end of the interval it certainly has.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flint import arb, arb_mat

from .balls import Hopeless, Undecided, dot
from .flow_corners import NOT_UNIQUE, agrees, replaced, settled
from .flow_kinks import Mode, Row
from .flow_linear import Moment, column, norm, row_of, widened
from .flow_neurons import Key
from .flow_state import Piece, State

_TRIES = 8  # to find how long an event may take


@dataclass(frozen=True, slots=True, eq=False)
class Event:
    """What happens between two moments.

    Attributes:
        start: before all of it, in the modes before.
        end: after all of it, as it would be in the modes before.
        span: how long that is, at most.
        e: holds the residual, whatever happens.
        met: (neuron, line, side to which it is left or 0) of what happens.
    """

    start: Moment
    end: Moment
    span: arb
    e: Row
    met: list[Key]


def enclosed(state: State, piece: Piece, low: arb, span: arb) -> Event:
    """The events from `low` on, nothing else happening until all of them have."""
    linear, size = piece.watched.linear, norm(state.e)
    start, everybody = linear.at(low), range(len(state.modes))
    values = piece.watched.values(start)
    for _ in range(_TRIES):
        end = linear.at((low + span).upper())
        span = (end.t - low).upper()
        apart = state.neurons.pull(everybody, size) * 2 * span
        e = [widened(z, apart) for z in linear.between(start, end).entries()]
        met, needed = _met(piece, values, column(e), state.neurons.speed(size) * span)
        if met and needed * 2 <= (end.t - low).lower():
            return Event(start, end, span, e, met)
        span = (needed.max(span) * 3).upper()
    raise Undecided("how long an event takes")


def _met(piece: Piece, values: Sequence[arb], e: arb_mat, safe: arb) -> tuple[list[Key], arb]:
    """What falls to 0 within the event, and the longest time that any of it needs."""
    watched, first, needed = piece.watched, len(piece.keys), arb(0)
    met, leaving = list[Key](), set[int]()
    kept = (watched.holds * e).entries()
    for k, (value, speed) in enumerate(zip(values, watched.speeds(e), strict=True)):
        # No w_r.x_i falls by more than `safe`; of what ends holds the range itself is known.
        if value > safe if k < first else kept[k - first] > 0:
            continue
        r, g, to = (*piece.keys[k][:2], 0) if k < first else piece.holds[k - first]
        if speed < 0:
            met.append((r, g, to))
            needed = needed.max((value.upper() / -speed.upper()).upper())
        elif speed > 0 and to == 0:
            leaving.add(r)
        else:
            raise Undecided("what happens during an event")
    if leaving & {r for r, _, _ in met}:
        raise Undecided("a neuron meets several hyperplanes at once")
    return met, needed


def passed(state: State, event: Event) -> dict[int, Mode]:
    """The new modes of the neurons that take part.

    Raises:
        Undecided: balls cannot tell; Hopeless: the solution is not unique.
    """
    released = [kind for kind in event.met if kind[2]]
    if released and len(released) < len(event.met):
        raise Undecided("a hyperplane lets a neuron go while something else happens")
    if released:
        return _released(state, event)
    planes, turn = state.neurons.planes, state.neurons.turn
    lines: dict[int, list[int]] = {}
    for r, g, _ in event.met:
        lines.setdefault(r, []).append(g)
    return {
        r: settled(
            planes,
            state.modes[r],
            fresh,
            turn[r],
            event.e,
            together=planes.one_way(state.modes[r]),
        )
        for r, fresh in lines.items()
    }


def _released(state: State, event: Event) -> dict[int, Mode]:
    """The modes of neurons that hyperplanes let go, at speeds 0, which must grow."""
    planes, modes, e = state.neurons.planes, state.modes, column(event.e)
    new = {r: replaced(modes[r], [(g, to)]) for r, g, to in event.met}
    if len(new) < len(event.met):
        raise Undecided("several hyperplanes let one neuron go at once")
    for r, g, to in event.met:
        moves = planes.moves(modes[r])
        if all(z.is_zero() for z in (moves.low if to > 0 else moves.high)[g]):
            raise Hopeless(NOT_UNIQUE)
    # Two neurons on one hyperplane may go at once. Nobody knows which of them have gone yet.
    H = state.neurons.flow_H(modes)
    pull = H * e
    for r, mode in new.items():
        change = (state.neurons.flow_H([*modes[:r], mode, *modes[r + 1 :]]) - H) * e
        pull += column([z.union(arb(0)) for z in change.entries()])
    for r, g, to in event.met:
        moves, turn = planes.moves(modes[r]), state.neurons.turn[r]
        hold = (moves.high if to > 0 else moves.low)[g]
        held = [k for k, side in enumerate(new[r]) if side == 0]
        away = row_of(planes.moves(new[r]).pulls, planes.first[g])
        growth, speed = (-dot(row, pull.entries()) * to * turn for row in (away, hold))
        left = abs(dot(hold, event.start.e.entries())).upper()
        if not (growth > 0 and speed > 0 and left / speed <= event.span):
            raise Undecided("how a neuron leaves a hyperplane")
        if not agrees(planes, new[r], held, turn, event.e):
            raise Undecided("whether one hyperplane holds a neuron that another lets go")
    return new
