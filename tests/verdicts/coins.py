"""Exact error and power of a look-at-block-ends test, by dynamic programming; simulated coins."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.stats import binom

from verdicts import Approx, Margin, Seeds, at_least, exactly

Evidence = Callable[[int, int], float]


@dataclass(frozen=True)
class Run:
    """What a test does with coins of one bias."""

    stopped: float
    mean_blocks: float


def exact_run(
    bias: float, evidence: Evidence, level: float, *, blocks: int, block: int = 64
) -> Run:
    """The chance that the evidence reaches `level` at some block end, and when on average.

    The evidence must be monotone in the failures, increasing or decreasing; the state is the
    exact distribution of failures over the paths that have not stopped.
    """
    alive = np.array([1.0])
    tosses = binom.pmf(np.arange(block + 1), block, bias)
    stopped = weighted = 0.0
    for k in range(1, blocks + 1):
        alive = np.convolve(alive, tosses)
        hit = reached(evidence, k * block, level)
        now = float(alive[hit].sum())
        stopped, weighted = stopped + now, weighted + k * now
        alive[hit] = 0.0
    return Run(stopped, weighted / stopped if stopped else np.inf)


def reached(evidence: Evidence, rows: int, level: float) -> slice:
    """The failure counts with evidence >= level, found by bisection."""
    increasing = evidence(rows, rows) > evidence(0, rows)
    low, high = -1, rows + 1
    while high - low > 1:
        middle = (low + high) // 2
        if (evidence(middle, rows) >= level) == increasing:
            high = middle
        else:
            low = middle
    return slice(high, None) if increasing else slice(0, high)


def uniforms(seeds: Seeds) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """One uniform number per seed, the same in any chunk."""
    words = np.random.Philox(key=np.array(seeds.key, dtype=np.uint64))
    words.advance(seeds.first // 4)
    first = seeds.first % 4
    return np.random.Generator(words).random(first + seeds.count)[first:]


def coin(bias: float, *, error: float = 0.0) -> Callable[[Seeds], Margin]:
    """An event that fails with probability `bias`; rows within `error` of the edge are open."""

    def event(seeds: Seeds) -> Margin:
        return at_least(Approx.around(uniforms(seeds), error), exactly(bias), name="coin")

    return event
