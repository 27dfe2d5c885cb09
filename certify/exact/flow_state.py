"""Where a flow is: the mode of each neuron, its pre-activations, and how far it has moved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flint import arb, arb_mat

from .balls import spend
from .flow_corners import settled
from .flow_kinks import Mode, Row
from .flow_linear import LinearFlow, Moment, column, norm, widened
from .flow_neurons import Key, Neurons, View
from .flow_search import Watched
from .network import Network


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """The flow up to the next event.

    Attributes:
        watched: side * w_r.x of the lines that do not hold r, then what ends holds where it is 0.
        keys: of the first kind, (neuron, line, side).
        holds: of the second kind, (neuron, line, side to which it is left).
    """

    watched: Watched
    keys: list[Key]
    holds: list[Key]


class State:
    """What changes along a flow.

    Attributes:
        neurons: what does not.
        modes: of each neuron.
        e: residual.
        p: w_r.x for the first x of every line.
        released: (neuron, line) left by a hold: its speed grows from 0.
        slides: how often a neuron was held by a hyperplane, but for where it died.
    """

    def __init__(self, network: Network) -> None:
        self.neurons = Neurons(network)
        self.modes, self.e = list(self.neurons.at_start), list(network.e)
        self.p, self.slides = [list(row) for row in self.neurons.p_at_start], 0
        self.released: frozenset[tuple[int, int]] = frozenset()
        self._total = [arb(0)] * network.n  # integral of e
        self._moved = [[arb(0)] * network.n for _ in self.modes]  # until the mode began
        self._since = [self._total for _ in self.modes]  # the integral when it began
        self._views: dict[int, View] = {}
        self._blur = [arb(0) for _ in self.modes]

    def settle(self) -> None:
        """The modes just after the start."""
        for r, mode in enumerate(self.modes):
            fresh = [g for g, side in enumerate(mode) if side == 0]
            if fresh:
                off, turn = tuple(side or -1 for side in mode), self.neurons.turn[r]
                new = settled(self.neurons.planes, off, fresh, turn, self.e, together=True)
                self.modes[r] = new
                held = 0 if self.neurons.died(r, new) else new.count(0)
                self.slides += held * self.neurons.count[r]

    def piece(self) -> Piece:
        """What is to be watched up to the next event."""
        n = len(self.e)
        for r, mode in enumerate(self.modes):
            if r not in self._views:
                self._views[r] = self.neurons.view(r, mode)
        views = [self._views[r] for r in range(len(self.modes))]
        keys, rows = (
            [key for view in views for key in view.keys],
            [z for view in views for z in view.rows],
        )
        holds, ends = (
            [key for view in views for key in view.holds],
            [z for view in views for z in view.ends],
        )
        spend(len(rows) + len(ends))
        watched = Watched(
            linear=LinearFlow(self.neurons.flow_H(self.modes), self.e),
            base=column([side * self.p[r][g] for r, g, side in keys]),
            rows=arb_mat(len(keys), n, rows),
            holds=arb_mat(len(holds), n, ends),
            turning=frozenset(k for k, key in enumerate(keys) if key[:2] in self.released),
        )
        return Piece(watched, keys, holds)

    def advance(self, piece: Piece, at: Moment, span: arb, new: Mapping[int, Mode]) -> None:
        """To a moment of the piece; in the last `span` of it some neurons took new modes."""
        size = norm(self.e)
        # |e - what the piece says of it| <= apart: each mode adds to |e'| or takes from it.
        apart = self.neurons.pull(new, size) * 2 * span
        late, blur = (
            bound(apart) * span for bound in (self.neurons.speed, self.neurons.weight_speed)
        )
        early = self.neurons.speed(size) * 2 * span
        for (r, g, side), value in zip(piece.keys, piece.watched.values(at), strict=False):
            self.p[r][g] = side * widened(value, early if r in new else late)
        self.e = [widened(z, apart) for z in at.e.entries()]
        self._total = [
            widened(past + z, apart * span)
            for past, z in zip(self._total, at.E.entries(), strict=True)
        ]
        for r in new:
            self._moved[r], self._since[r] = self._displacement(r), self._total
            self._blur[r] += self.neurons.weight_speed(size) * 2 * span + blur
        self.released = frozenset()
        for r, mode in new.items():
            dead = self.neurons.died(r, mode)
            for g, (now, then) in enumerate(zip(mode, self.modes[r], strict=True)):
                if now == 0 != then:
                    self.slides += 0 if dead else self.neurons.count[r]
                    self.p[r][g] = arb(0)
                elif now != 0 == then:
                    self.released |= {(r, g)}
                    self.p[r][g] = arb(0, early)
            self.modes[r] = mode
            self._views.pop(r, None)

    def drift(self) -> arb:
        """max_r |w_r - w_r(0)|."""
        farthest = arb(0)
        for r, blur in enumerate(self._blur):
            reach = widened(self.neurons.reach(self._displacement(r)), blur)
            farthest = farthest.max(reach.nonnegative_part())
        return farthest

    def _displacement(self, r: int) -> Row:
        """w_r - w_r(0) as multiples of the inputs."""
        moves, n = self.neurons.planes.moves(self.modes[r]), self.neurons.planes.n
        spend(n * n)
        meanwhile = column(
            [now - then for now, then in zip(self._total, self._since[r], strict=True)]
        )
        steps = (moves.K * meanwhile).entries()
        return [
            past + self.neurons.scale[r] * step
            for past, step in zip(self._moved[r], steps, strict=True)
        ]
