"""Work of ours beside the same work of a peer: what is compared, and how it is timed."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

_MANY = 10**6
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
        most_rounds: pairs that suffice for slow work, at least 5.
        peak_bytes: measures the memory that ours needs, in a process of its own.
        most_bytes: the target of that; infinite if there is none.

    Raises:
        ValueError: a target is not > 0.
    """

    subject: str
    ours: Work
    peer: str
    theirs: Work
    most_ratio: float = math.inf
    most_seconds: float = math.inf
    most_rounds: int = _MANY
    peak_bytes: Callable[[], int] | None = None
    most_bytes: float = math.inf

    def __post_init__(self) -> None:
        if not (self.most_ratio > 0 and self.most_seconds > 0 and self.most_bytes > 0):
            raise ValueError(f"Comparison: {self.subject!r} has a target <= 0; give targets > 0")


@dataclass(frozen=True, slots=True)
class Timing:
    """What was measured; seconds are medians, and the ratio is the median over rounds."""

    comparison: Comparison
    ratio: float
    ours: float
    theirs: float
    peak_bytes: int | None = None

    @property
    def on_target(self) -> bool:
        """Whether all targets are met; one that was not measured is met by what was not asked."""
        targets = self.comparison
        small = (self.peak_bytes or 0) <= targets.most_bytes
        return self.ratio <= targets.most_ratio and self.ours <= targets.most_seconds and small


@dataclass(frozen=True, slots=True)
class Skipped:
    """A row that could not be measured here, and why."""

    subject: str
    peer: str
    reason: str


@dataclass(frozen=True, slots=True)
class Growth:
    """How the time of our work grows with a size.

    Attributes:
        subject: the work in words.
        size: what grows, such as "m".
        exponent: slope of log time over log size.
        theory: what it should tend to, a number or a range in words.
        times: seconds at each size.
    """

    subject: str
    size: str
    exponent: float
    theory: str
    times: dict[int, float]


@dataclass(frozen=True, slots=True)
class Figure:
    """A number of the machine, such as what bounds a row."""

    subject: str
    value: float
    unit: str


Other: TypeAlias = Skipped | Growth | Figure
Row: TypeAlias = Comparison | Timing | Other


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
        for _ in range(min(rounds, max(5, comparison.most_rounds)))
    ]
    return Timing(
        comparison,
        ratio=statistics.median(ours / theirs for ours, theirs in pairs),
        ours=statistics.median(ours for ours, _ in pairs),
        theirs=statistics.median(theirs for _, theirs in pairs),
        peak_bytes=comparison.peak_bytes() if comparison.peak_bytes else None,
    )


def _seconds(work: Work, repeats: int) -> float:
    start = time.perf_counter()
    for _ in range(repeats):
        work()
    return (time.perf_counter() - start) / repeats
