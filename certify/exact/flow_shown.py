"""The paper's H of counted patterns, where some are only known to be one of several."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import TypeAlias

from flint import arb

from .balls import between, rational, spend

# The patterns w_r.x_i >= 0, for every i, between which neurons change at an unknown instant.
Courses: TypeAlias = "tuple[tuple[bool, ...], ...]"


def kernel(counts: Mapping[Courses, int], m: int, G: list[list[arb]]) -> list[list[arb]]:
    """G_ij (1/m) #{r: on at i and j}, in balls that hold whatever lies between the patterns.

    Args:
        counts: how many of the m neurons have these patterns.
        m: width.
        G: x_i.x_j.
    """
    n = len(G)
    low, high = ([[0] * n for _ in range(n)] for _ in range(2))
    for courses, count in counts.items():
        spend(n * n)
        always, ever = ([choice(on) for on in zip(*courses, strict=True)] for choice in (all, any))
        for i, j in product(range(n), repeat=2):
            low[i][j] += count * (always[i] and always[j])
            high[i][j] += count * (ever[i] and ever[j])
    return [
        [between(rational(p, m), rational(q, m)) * z for p, q, z in zip(*rows, strict=True)]
        for rows in zip(low, high, G, strict=True)
    ]
