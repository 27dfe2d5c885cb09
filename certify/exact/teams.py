"""Neurons with one pattern: together they are watched by the limits within which all keep it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from flint import arb

from .balls import spend
from .kernels import Pattern
from .network import Network


@dataclass(frozen=True, slots=True, eq=False)
class Team:
    """Neurons with pre-activations base_ri + m^(-1/2) a_r pull_i, for a pull common to all.

    Attributes:
        pattern: of all members.
        members: which neurons.
        low, high: for each input, the pattern is kept while pull_i is between them.
    """

    pattern: Pattern
    members: list[int]
    low: list[arb]
    high: list[arb]

    def suspects(self, pull: list[arb], base: list[list[arb]], reach: list[arb]) -> list[int]:
        """Members that may not keep their pattern; reach_r is m^(-1/2) a_r."""
        limits = zip(self.low, pull, self.high, self.pattern, strict=True)
        doubtful = [
            i
            for i, (low, moved, high, on) in enumerate(limits)
            if not (low <= moved <= high if on else low < moved < high)
        ]
        spend(3 * len(doubtful) * len(self.members))
        found = set()
        for i in doubtful:
            for r in self.members:
                p = base[r][i] + reach[r] * pull[i]
                if not (p >= 0 if self.pattern[i] else p < 0):
                    found.add(r)
        return sorted(found)


def teams(
    network: Network, base: list[list[arb]], on: list[Pattern], neurons: Iterable[int]
) -> dict[Pattern, Team]:
    """Some neurons in teams."""
    members: dict[Pattern, list[int]] = {}
    for r in neurons:
        members.setdefault(on[r], []).append(r)
    return {pattern: _team(network, base, pattern, few) for pattern, few in members.items()}


def _team(network: Network, base: list[list[arb]], pattern: Pattern, members: list[int]) -> Team:
    spend(3 * len(members) * network.n)
    low, high = [arb.neg_inf()] * network.n, [arb.pos_inf()] * network.n
    for r in members:
        if network.a[r] == 0:
            continue  # it never moves
        scale = -network.root_m / network.a[r]
        for i, entry in enumerate(base[r]):
            # a > 0 is switched off by too little of the pull, and on by too much.
            if (scale < 0) == pattern[i]:
                low[i] = low[i].max(entry * scale)
            else:
                high[i] = high[i].min(entry * scale)
    return Team(pattern, members, low, high)


class MotionKernel:
    """K_ij = G_ij (1/m) sum_r a_r^2 1{r on at i and at j}, by which the residual moves."""

    def __init__(self, network: Network, on: list[Pattern]) -> None:
        self._network = network
        self._weights = [[arb(0)] * network.n for _ in range(network.n)]
        for a, pattern in zip(network.a, on, strict=True):
            self.count(a, pattern, 1)

    def count(self, a: arb, pattern: Pattern, sign: int) -> None:
        """Enters a neuron, or takes it out with the sign -1."""
        active = [i for i, on in enumerate(pattern) if on]
        spend(len(active) ** 2)
        for i in active:
            for j in active:
                self._weights[i][j] += sign * a * a

    def matrix(self) -> list[list[arb]]:
        """K."""
        return [
            [g * weight / self._network.m for g, weight in zip(*rows, strict=True)]
            for rows in zip(self._network.G, self._weights, strict=True)
        ]
