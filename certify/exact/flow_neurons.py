"""The neurons of a flow: matrices of given modes, and bounds that hold in every mode."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from operator import ne
from typing import TypeAlias

from flint import arb, arb_mat

from .balls import Undecided, spend
from .flow_kinks import Hyperplanes, Mode, Row
from .flow_linear import row_of, widest
from .flow_shown import Courses, kernel
from .network import Network

Key: TypeAlias = "tuple[int, int, int]"


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """What is to be watched of a neuron, as rows that are to stay > 0 times the residual.

    Attributes:
        keys: (neuron, line, side) of the lines that do not hold it.
        rows: side * the velocities there, one after the other.
        holds: (neuron, line, side to which it is left) of what ends a hold where it is 0.
        ends: that, one after the other.
    """

    keys: list[Key]
    rows: Row
    holds: list[Key]
    ends: Row


class Neurons:
    """Neurons that are equal, and so equal for ever, are one.

    Attributes:
        planes: the hyperplanes.
        count: how many equal ones there are.
        turn, scale: sign of a_r, and a_r m^(-1/2).
        at_start: modes at W(0), 0 where it lies on a hyperplane.
        p_at_start: w_r(0).x for the first x of every line.
    """

    def __init__(self, network: Network) -> None:
        self.planes, self.m = Hyperplanes(network), network.m
        copies = Counter(network.twins)
        first, a = self.planes.first, [network.a[r] for r in copies]
        self.count = list(copies.values())
        self.turn, self.scale = [_sign(z) for z in a], [z / network.root_m for z in a]
        self.at_start = [tuple(network.signs[r][i] for i in first) for r in copies]
        self.p_at_start = [[network.p[r][i] for i in first] for r in copies]
        self._weight = [k * z * z / self.m for k, z in zip(self.count, a, strict=True)]
        self._trace = sum((network.G[i][i] for i in range(network.n)), arb(0)).upper()
        self._largest = max(abs(z).upper() for z in self.scale)

    def view(self, r: int, mode: Mode) -> View:
        """What is to be watched of a neuron in this mode."""
        moves, turn = self.planes.moves(mode), self.turn[r]
        keys, rows, holds, ends = [], list[arb](), [], list[arb]()
        for g, side in enumerate(mode):
            spend(2 * self.planes.n)
            if side:
                keys.append((r, g, side))
                scale = self.scale[r] * side
                rows += [scale * z for z in row_of(moves.pulls, self.planes.first[g])]
                continue
            for row, to in ((moves.low[g], -1), (moves.high[g], 1)):
                if turn and not all(z.is_zero() for z in row):
                    holds.append((r, g, to))
                    ends += [-to * turn * z for z in row]
        return View(keys, rows, holds, ends)

    def speed(self, size: arb) -> arb:
        """While |e| <= size, no w_r.x_i is faster; an exact number."""
        return widest(self._largest, self._trace, size)

    def weight_speed(self, size: arb) -> arb:
        """While |e| <= size, no w_r is faster; an exact number."""
        return widest(self._largest, self._trace.sqrt(), size)

    def pull(self, neurons: Iterable[int], size: arb) -> arb:
        """While |e| <= size, these neurons make up no more of |e'|; an exact number."""
        return widest(self._trace, sum((self._weight[r] for r in neurons), arb(0)), size)

    def flow_H(self, modes: Sequence[Mode]) -> arb_mat:
        """The matrix of e' = -H e."""
        n, weights = self.planes.n, dict[Mode, arb]()
        for mode, weight in zip(modes, self._weight, strict=True):
            weights[mode] = weights.get(mode, arb(0)) + weight
        H = arb_mat(n, n)
        for mode, weight in weights.items():
            spend(n * n)
            on, pulls = self.planes.active(mode), self.planes.moves(mode).pulls
            H += arb_mat(
                n, n, [weight * on[i] * pulls[i, j] for i, j in product(range(n), repeat=2)]
            )
        return H

    def first_H(self) -> list[list[arb]]:
        """The paper's H at W(0), where a neuron on a hyperplane is on whatever happens next."""
        views = Counter[Courses]()
        for count, mode in zip(self.count, self.at_start, strict=True):
            views[(self.planes.active(mode, 0),)] += count
        return kernel(views, self.m, self.planes.G)

    def paper_H(self, *courses: Sequence[Mode]) -> list[list[arb]]:
        """The paper's H at these modes of all neurons, or, of several, at whatever lies between."""
        views = Counter[Courses]()
        for r, modes in enumerate(zip(*courses, strict=True)):
            views[tuple(self._shown(r, mode) for mode in modes)] += self.count[r]
        return kernel(views, self.m, self.planes.G)

    def flips(self, modes: Sequence[Mode]) -> int:
        """Pairs (r, i) whose pattern w_r.x_i >= 0 is not the one at the start."""
        return sum(
            count * sum(map(ne, self.planes.active(first, 0), self._shown(r, modes[r])))
            for r, (count, first) in enumerate(zip(self.count, self.at_start, strict=True))
        )

    def died(self, r: int, mode: Mode) -> bool:
        """Whether the neuron was driven to where no input sees it, and so rests there for ever."""
        return self.turn[r] != 0 and self.planes.unseen(mode)

    def _shown(self, r: int, mode: Mode) -> tuple[bool, ...]:
        """The paper's pattern on the way, but off, as its motion is, for a neuron that died."""
        return self.planes.active(mode, 1 if self.died(r, mode) else 0)

    def reach(self, c: Row) -> arb:
        """The length of sum_i c_i x_i."""
        G = self.planes.G
        form = sum(
            (p * q * z for p, row in zip(c, G, strict=True) for q, z in zip(c, row, strict=True)),
            arb(0),
        )
        return form.sqrt() if form > 0 else arb(0).union(form.upper().sqrt())


def _sign(number: arb) -> int:
    if number.is_zero():
        return 0
    if not (number > 0 or number < 0):
        raise Undecided("the sign of an output weight")
    return 1 if number > 0 else -1
