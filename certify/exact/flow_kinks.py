"""The hyperplanes w.x_i = 0 and how a neuron moves on either side of them, or held by them.

Inputs on one line share a hyperplane, and a neuron's mode has one entry a line, as seen from its
first input: 1 or -1 for the side, 0 where the neuron is held. A held neuron moves by its force
projected along the hyperplane: by the force of the side 1 in a proportion theta, and of the other
side in the proportion 1 - theta.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from flint import arb, arb_mat

from .balls import Undecided, spend
from .network import Network

Mode: TypeAlias = "tuple[int, ...]"
Row: TypeAlias = "list[arb]"


@dataclass(frozen=True, slots=True, eq=False)
class Moves:
    """How a neuron of one mode moves, but for a_r m^(-1/2): maps of the residual e.

    Attributes:
        K: w' = sum_i (K e)_i x_i.
        pulls: G K, the velocities of w.x_i.
        low, high: for held lines, what the holds would have to take if this one's x were left to
            the side -1, and to the side 1; theta = low.e/(low.e - high.e).
    """

    K: arb_mat
    pulls: arb_mat
    low: dict[int, Row]
    high: dict[int, Row]


class Hyperplanes:
    """The hyperplanes of the inputs.

    Attributes:
        n, d: number of inputs and of their coordinates.
        G: their products.
        first: the first input of every line.
        line, side: the line of every input, and 1 or -1: whether it points as the first one does.
        live: inputs whose residual is not 0 for ever.
    """

    def __init__(self, network: Network) -> None:
        self.n, self.d, self.G = network.n, network.d, network.G
        same = network.lines
        self.first = sorted(set(same))
        self.line = [self.first.index(i) for i in same]
        self.side = [1 if self.G[i][j] > 0 else -1 for i, j in enumerate(same)]
        self.live = _live(network.G, network.e)
        self._gram, self._moves = arb_mat(self.G), dict[Mode, Moves]()
        self._active = dict[tuple[int, Mode], tuple[bool, ...]]()

    def active(self, mode: Mode, least: int = 1) -> tuple[bool, ...]:
        """The inputs on whose on side the neuron is; with least=0 those that hold it, too."""
        key = least, mode
        if key not in self._active:
            sides = [mode[g] * side for g, side in zip(self.line, self.side, strict=True)]
            self._active[key] = tuple(side >= least for side in sides)
        return self._active[key]

    def unseen(self, mode: Mode) -> bool:
        """Whether a neuron of this mode is held where beyond its hyperplanes no input sees it."""
        sides = [(mode[g], side) for g, side in zip(self.line, self.side, strict=True)]
        held = [live for (at, _), live in zip(sides, self.live, strict=True) if at == 0]
        # Between opposite inputs there is no off side: it is pinned, not dead.
        seen = any(at * side > 0 or (at == 0 and side < 0) for at, side in sides)
        return any(held) and not seen

    def moves(self, mode: Mode) -> Moves:
        """How a neuron of this mode moves.

        Raises:
            Undecided: it is held by dependent inputs.
        """
        if mode not in self._moves:
            self._moves[mode] = self._worked_out(mode)
        return self._moves[mode]

    def jump(self, g: int) -> Row:
        """The force of side 1 less the force of side -1, as multiples of x, the first input."""
        at = self.first[g]
        share = [self.G[at][j] / self.G[at][at] for j in range(self.n)]
        here = [k == g and live for k, live in zip(self.line, self.live, strict=True)]
        return [abs(c) if mine else arb(0) for c, mine in zip(share, here, strict=True)]

    def one_way(self, mode: Mode) -> bool:
        """Whether held neurons of this mode move along one line, and so come to 0 on all others."""
        held = [self.first[g] for g, side in enumerate(mode) if side == 0]
        return len(held) == self.d - 1 and self._inverse(held) is not None

    def _worked_out(self, mode: Mode) -> Moves:
        n, held = self.n, [g for g, side in enumerate(mode) if side == 0]
        spend(n**3 + len(held) ** 3)
        D = [on and live for on, live in zip(self.active(mode), self.live, strict=True)]
        K = [[arb(int(i == j and D[j])) for j in range(n)] for i in range(n)]
        low, high = dict[int, Row](), dict[int, Row]()
        for g, row in zip(held, self._holds([self.first[g] for g in held], D), strict=True):
            jumps = list(zip(row, self.jump(g), self.side, strict=True))
            low[g] = [taken - jump if side < 0 else taken for taken, jump, side in jumps]
            high[g] = [taken + jump if side > 0 else taken for taken, jump, side in jumps]
            K[self.first[g]] = [-taken for taken in row]
        return Moves(arb_mat(K), self._gram * arb_mat(K), low, high)

    def _holds(self, at: list[int], D: list[bool]) -> list[Row]:
        """What holds take from the force of the active inputs, as multiples of their normals."""
        drive = [[self.G[i][j] * int(D[j]) for j in range(self.n)] for i in at]
        if all(entry.is_zero() for row in drive for entry in row):
            return drive
        inverse = self._inverse(at)
        if inverse is None:
            raise Undecided("a neuron is held by dependent inputs")
        return [list(row) for row in (inverse * arb_mat(drive)).tolist()]

    def _inverse(self, at: list[int]) -> arb_mat | None:
        spend(len(at) ** 3)
        try:
            return arb_mat([[self.G[i][j] for j in at] for i in at]).inv()
        except ZeroDivisionError:
            return None


def _live(G: list[list[arb]], e: Row) -> list[bool]:
    """Inputs with a residual, or joined to one by inputs that are not orthogonal."""
    live = [not entry.is_zero() for entry in e]
    for _ in e:
        live = [
            any(now and not entry.is_zero() for now, entry in zip(live, row, strict=True))
            for row in G
        ]
    return live
