"""Gradient descent on the first layer, in balls.

With C(k) = eta (e(0) + ... + e(k-1)) and a frozen pattern S, a neuron has moved by m^(-1/2) a
sum_j (f_j + C_j 1{j in S}) x_j, where f is what its flips so far have left behind. So e(k) =
b - K C(k) with K and b frozen too, and a step costs as many operations as there are patterns.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from flint import arb

from .balls import dot, is_on, spend
from .kernels import Pattern, Patterns
from .network import Network
from .teams import MotionKernel, teams

_REUNION = 64  # steps after which neurons that flip to and fro are watched in teams again


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """State after some steps: ||e||^2, the patterns, and how many are not those of the start."""

    squared_residual: arb
    patterns: Patterns
    flips: int


class Descent:
    """A run that goes on as far as it is asked to.

    Args:
        network: the start.
        eta: step size.
    """

    def __init__(self, network: Network, eta: arb) -> None:
        self.network, self.eta = network, eta
        self.steps: list[Step] = []
        self._C = [arb(0)] * network.n
        self._b, self._e = list(network.e), list(network.e)
        self._reach = [a / network.root_m for a in network.a]
        self._on: list[Pattern] = [tuple(sign >= 0 for sign in row) for row in network.signs]
        self._left: dict[int, list[arb]] = {}  # f of the neurons that have flipped
        self._base = list(network.p)  # pre-activations without the part of C
        self._flips, self._patterns = 0, Counter(self._on)
        self._kernel = MotionKernel(network, self._on)
        self._K = self._kernel.matrix()
        self._alone: list[int] = []  # flipped not long ago, and watched one by one
        self._teams = teams(network, self._base, self._on, range(network.m))

    def at(self, k: int) -> list[Step]:
        """Steps 0 to k.

        Raises:
            Undecided: a pre-activation too near 0 for the precision.
        """
        while len(self.steps) <= k:
            if self.steps:
                self._C = [c + self.eta * e for c, e in zip(self._C, self._e, strict=True)]
                self._flip()
            self._e = [b - dot(row, self._C) for b, row in zip(self._b, self._K, strict=True)]
            squared = dot(self._e, self._e).nonnegative_part()
            self.steps.append(Step(squared, self._patterns, self._flips))
        return self.steps[: k + 1]

    def squared_drift(self, k: int) -> arb:
        """The largest ||w_r - w_r(0)||^2 after k steps."""
        if len(self.steps) > k + 1:
            return Descent(self.network, self.eta).squared_drift(k)
        self.at(k)
        most = arb(0)
        for a, c in self._moves():
            spend(self.network.n**2)
            size = dot(c, [dot(row, c) for row in self.network.G])
            most = most.max((a * a * size / self.network.m).nonnegative_part())
        return most

    def _moves(self) -> Iterator[tuple[arb, list[arb]]]:
        """Pairs a, c of moves m^(-1/2) a sum_j c_j x_j, one for neurons that moved alike."""
        spend(2 * self.network.m)
        alike: dict[Pattern, arb] = {}
        for r, (a, pattern) in enumerate(zip(self.network.a, self._on, strict=True)):
            if r in self._left:
                moved = zip(self._left[r], self._C, pattern, strict=True)
                yield a, [f + c if on else f for f, c, on in moved]
            else:
                alike[pattern] = alike.get(pattern, arb(0)).max(abs(a))
        for pattern, a in alike.items():
            yield a, [c * on for c, on in zip(self._C, pattern, strict=True)]

    def _flip(self) -> None:
        """Enters the new patterns of all neurons that have another one by now."""
        pulls = [[g * c for g, c in zip(row, self._C, strict=True)] for row in self.network.G]
        spend((self.network.n**2 + 20) * (len(self._teams) + len(self._alone)))
        before = self._patterns
        for r in self._alone:
            self._examine(r, _pull(pulls, self._on[r]))
        for pattern, group in list(self._teams.items()):
            pull = _pull(pulls, pattern)
            gone = [
                r for r in group.suspects(pull, self._base, self._reach) if self._examine(r, pull)
            ]
            if gone:
                self._alone += gone
                del self._teams[pattern]
                rest = [r for r in group.members if self._on[r] == pattern]
                self._teams |= teams(self.network, self._base, self._on, rest)
        if self._patterns is not before:
            self._K = self._kernel.matrix()
        if self._alone and len(self.steps) % _REUNION == 0:
            self._alone = []
            self._teams = teams(self.network, self._base, self._on, range(self.network.m))

    def _examine(self, r: int, pull: list[arb]) -> bool:
        """Whether a neuron has flipped; if so its new pattern is entered."""
        net, before, reach = self.network, self._on[r], self._reach[r]
        after = tuple(
            is_on(p + reach * moved) for p, moved in zip(self._base[r], pull, strict=True)
        )
        if after == before:
            return False
        spend(20 + 3 * net.n**2)
        f = list(self._left.get(r, [arb(0)] * net.n))
        for i, (was, now) in enumerate(zip(before, after, strict=True)):
            f[i] += self._C[i] * (was - now)
            start = net.signs[r][i] >= 0
            self._flips += (now != start) - (was != start)
        base = [p + reach * dot(row, f) for p, row in zip(net.p[r], net.G, strict=True)]
        for i, (was, now) in enumerate(zip(before, after, strict=True)):
            self._b[i] -= reach * (now * base[i] - was * self._base[r][i])
        self._left[r], self._base[r], self._on[r] = f, base, after
        self._patterns = self._patterns - Counter([before]) + Counter([after])
        self._kernel.count(net.a[r], before, -1)
        self._kernel.count(net.a[r], after, 1)
        return True


def _pull(pulls: list[list[arb]], pattern: Pattern) -> list[arb]:
    active = [j for j, on in enumerate(pattern) if on]
    return [sum((row[j] for j in active), arb(0)) for row in pulls]
