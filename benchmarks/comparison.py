"""Work of ours beside the same work of a peer: what is compared, and how it is timed."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

_SAMPLE = 0.005  # seconds that one sample takes at least; shorter work is repeated within it

Work: TypeAlias = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Comparison:
    """One row of the table.

    Attributes:
        subject: the work in words, with its size.
        ours: does it once.
        peer: the peer's name.
        theirs: the peer's work.
        most_ratio: the target of ours/theirs; infinite if there is none.
        most_seconds: the target of ours; infinite if there is none.

    Raises:
        ValueError: a target is not > 0.
    """

    subject: str
    ours: Work
    peer: str
    theirs: Work
    most_ratio: float = math.inf
    most_seconds: float = math.inf

    def __post_init__(self) -> None:
        if not (self.most_ratio > 0 and self.most_seconds > 0):
            raise ValueError(f"Comparison: {self.subject!r} has a target <= 0; give targets > 0")


@dataclass(frozen=True, slots=True)
class Timing:
    """What was measured; seconds are medians, and the ratio is the median over rounds."""

    comparison: Comparison
    ratio: float
    ours: float
    theirs: float

    @property
    def on_target(self) -> bool:
        """Whether both targets are met."""
        targets = self.comparison
        return self.ratio <= targets.most_ratio and self.ours <= targets.most_seconds


def timed(comparison: Comparison, *, rounds: int) -> Timing:
    """Both works in alternation, so that what else the machine does falls on both.

    Args:
        comparison: what to time.
        rounds: number of pairs, at least 5.

    Raises:
        ValueError: fewer than 5 rounds.
    """
    if rounds < 5:
        raise ValueError(f"timed: rounds={rounds}; give at least 5")
    works = (comparison.ours, comparison.theirs)
    # The first call of each pays for imports and caches, and says how often to repeat.
    repeats = [math.ceil(_SAMPLE / max(_seconds(work, 1), 1e-7)) for work in works]
    pairs = [
        tuple(_seconds(work, times) for work, times in zip(works, repeats, strict=True))
        for _ in range(rounds)
    ]
    return Timing(
        comparison,
        ratio=statistics.median(ours / theirs for ours, theirs in pairs),
        ours=statistics.median(ours for ours, _ in pairs),
        theirs=statistics.median(theirs for _, theirs in pairs),
    )


def _seconds(work: Work, repeats: int) -> float:
    start = time.perf_counter()
    for _ in range(repeats):
        work()
    return (time.perf_counter() - start) / repeats
