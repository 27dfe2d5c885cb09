"""Gradient flow of the first layer of a two-layer ReLU network in ball arithmetic.

Between events the patterns are frozen and e' = -H e. An event is enclosed in a short interval of
time: each neuron that takes part takes its new mode from the signs of its velocities there, which
must be those of all residuals possible, and by the end of the interval it certainly has.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from flint import arb

from .balls import Hopeless, Undecided
from .flow_corners import replaced
from .flow_events import Event, enclosed, passed
from .flow_kinks import Mode
from .flow_search import first_event
from .flow_state import State
from .network import Network

Stretch: TypeAlias = "tuple[arb, list[list[arb]]]"  # duration and H

_MOST_EVENTS = 10  # m n times


@dataclass(frozen=True, slots=True, eq=False)
class FlowRun:
    """The flow at a time, and the paper's H on its way.

    Attributes:
        e: residual.
        drift: max_r |w_r - w_r(0)|.
        slides: how often a neuron began to slide along a hyperplane, or was pinned to it; one that
            dies does neither, and is off from then on.
        flips: pairs (r, i) whose pattern w_r.x_i >= 0 is not the one at the start.
        pieces: (duration, H) in order, H with the pattern >= 0; a duration 0 where H is met for an
            instant only. Where events cannot be told apart H holds all that there may be.
        H: the last one.
    """

    e: list[arb]
    drift: arb
    slides: int
    flips: int
    pieces: list[Stretch]
    H: list[list[arb]]


def flow(network: Network, time: arb) -> FlowRun:
    """The flow from W(0) over [0, time].

    Where velocities on both sides of a hyperplane point to it, the neuron slides along it.

    Raises:
        Undecided: balls of this precision cannot tell; Hopeless: the solution is not unique, or
            there are too many events.
    """
    state = State(network)
    H = state.neurons.first_H()
    if time.is_zero():
        return FlowRun(state.e, arb(0), 0, 0, [(arb(0), H)], H)
    if not time > 0:
        raise Undecided("whether the time is positive")
    pieces: list[Stretch] = []
    state.settle()
    if state.neurons.flips(state.modes):
        pieces.append((arb(0), H))
    left, lag, step = time, arb(0), time.upper()
    for _ in range(_MOST_EVENTS * network.m * network.n + 1):
        H, piece = state.neurons.paper_H(state.modes), state.piece()
        low, high, step = first_event(piece.watched, left.upper(), step)
        if not low < left.upper():
            state.advance(piece, piece.watched.linear.at(left), arb(0), {})
            pieces.append((lag + left, H))
            flips = state.neurons.flips(state.modes)
            return FlowRun(state.e, state.drift(), state.slides, flips, pieces, H)
        event = enclosed(state, piece, low, (high - low).upper())
        end = event.end.t
        if not end < left:
            raise Undecided("an event is too near to the time asked for")
        when, new = low.union(end), passed(state, event)
        pieces += [(lag + when, H), *_instants(state, event, new)]
        state.advance(piece, event.end, event.span, new)
        left, lag = left - end, end - when
    raise Hopeless("the events of this flow are too many")


def _instants(state: State, event: Event, new: Mapping[int, Mode]) -> list[Stretch]:
    """The paper's H within an event, as far as it is neither the one before nor the one after."""
    before, after, at = ([*state.modes] for _ in range(3))
    for r, mode in new.items():
        after[r] = mode
        at[r] = replaced(before[r], [(g, 0) for s, g, to in event.met if s == r and to == 0])
    if len(event.met) > 1:
        return [(event.span.union(arb(0)), state.neurons.paper_H(before, at, after))]
    (r,) = new
    views = [state.neurons.planes.active(modes[r], 0) for modes in (before, at, after)]
    return [] if views[1] in (views[0], views[2]) else [(arb(0), state.neurons.paper_H(at))]
