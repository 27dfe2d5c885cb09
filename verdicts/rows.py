"""Blocks of seeds evaluated in parts: what an event or a sample says, row by row."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from verdicts.approx import Approx, Floats, Rigor
from verdicts.evidence import Counted
from verdicts.finding import Effort
from verdicts.margin import Margin
from verdicts.seeds import Seeds

# A seed that costs more than this is wide: its blocks are short, so that a look comes early.
WIDE = 2**18
WIDE_BLOCK = 16
# One that costs more than this takes minutes: it is a part of its own, which others may compute.
DEAR = 2**30

Result = TypeVar("Result", Margin, Approx)


def block_size(cost_per_seed: int, effort: Effort) -> int:
    """Seeds a block: depends on the claim, never on memory or device."""
    return min(effort.block, WIDE_BLOCK) if cost_per_seed > WIDE else effort.block


def blocks(stream: Seeds, count: int, cost_per_seed: int, effort: Effort) -> Iterator[Seeds]:
    """The first `count` seeds of a stream in blocks, in order."""
    size = block_size(cost_per_seed, effort)
    for first in range(0, count, size):
        yield stream.block(first, min(size, count - first))


def parts(
    block: Seeds, floats_per_seed: int, cost_per_seed: int, effort: Effort
) -> Iterator[Seeds]:
    """A block in parts that fit into effort.chunk_floats; they depend on nothing but the claim."""
    size = 1 if cost_per_seed > DEAR else max(1, effort.chunk_floats // floats_per_seed)
    for first in range(block.first, block.first + block.count, size):
        yield block.block(first, min(size, block.first + block.count - first))


def evaluated(function: Callable[[Seeds], Result], kind: type[Result], part: Seeds) -> Result:
    """The function's result over a part, one row per seed.

    Raises:
        TypeError: a result is not of the kind that the statement needs.
        ValueError: a result has not one row per seed.
    """
    result = function(part)
    where = "event" if kind is Margin else "sample"
    if not isinstance(result, kind):
        raise TypeError(
            f"{where}: returns {type(result).__name__}; return {kind.__name__} with one row "
            "per seed"
        )
    shape = result.slack.shape if isinstance(result, Margin) else result.shape
    if shape != (part.count,):
        raise ValueError(
            f"{where}: returns shape={shape} for {part.count} seeds; return one row per seed, "
            f"shape=({part.count},)"
        )
    return result


@dataclass(slots=True)
class Tightest:
    """The least slack of each inequality of a conjunction so far, and its sides there."""

    least: dict[str, tuple[float, str]] = field(default_factory=dict)

    def add(self, margin: Margin) -> None:
        """Takes in more rows; the first of equal rows stays."""
        for leaf in margin.leaves():
            flat = leaf.slack.upper.reshape(-1)
            row = int(np.argmin(flat))
            slack = float(flat[row])
            if leaf.name not in self.least or slack < self.least[leaf.name][0]:
                self.least[leaf.name] = (slack, sides_text(leaf, row))

    def take(self, tightest: tuple[tuple[str, float, str], ...]) -> None:
        """Takes in the least slacks of more rows; the first of equal ones stays."""
        for name, slack, sides in tightest:
            if name not in self.least or slack < self.least[name][0]:
                self.least[name] = (slack, sides)

    @property
    def name(self) -> str:
        """Name of the tightest inequality, the first of equals."""
        return min(self.least, key=lambda name: self.least[name][0])

    @property
    def sides(self) -> str:
        """Its sides where it is tightest."""
        return self.least[self.name][1]


@dataclass(slots=True)
class Tally:
    """Counts over the rows of one stream, block after block.

    Attributes:
        rows: seeds evaluated.
        failures: rows that certainly fail.
        successes: rows that certainly hold, up to the resolution.
        premise_rows: rows with the premise, for each `implies` of the event.
        tightest: over all rows.
        rigor: "proved" while every row is.
    """

    rows: int = 0
    failures: int = 0
    successes: int = 0
    premise_rows: NDArray[np.int64] | None = None
    tightest: Tightest = field(default_factory=Tightest)
    rigor: Rigor = "proved"

    @property
    def undecided(self) -> int:
        """Rows that are neither certain failures nor certain successes."""
        return self.rows - self.failures - self.successes

    @property
    def least_premise_rows(self) -> int | None:
        """Rows of the implication whose premise was met least often; None without one."""
        return None if self.premise_rows is None else int(self.premise_rows.min())

    def add(self, margin: Margin) -> Floats:
        """Takes in one chunk; returns the most that each row's slack can be."""
        failed = margin.refuted
        self.rows += failed.size
        self.failures += int(failed.sum())
        self.successes += int((margin.supported & ~failed).sum())
        met = [
            int(np.broadcast_to(leaf.premise, failed.shape).sum())
            for leaf in margin.leaves()
            if leaf.premise is not None
        ]
        if met:
            before = 0 if self.premise_rows is None else self.premise_rows
            self.premise_rows = before + np.array(met)
        self.tightest.add(margin)
        if margin.rigor != "proved":
            self.rigor = "estimated"
        return margin.slack.upper

    def said(self, quantile: float | None) -> Counted:
        """The counts as plain data."""
        met = self.premise_rows
        return Counted(
            rows=self.rows,
            failures=self.failures,
            successes=self.successes,
            premise_rows=None if met is None else tuple(int(count) for count in met),
            tightest=tuple((name, *least) for name, least in self.tightest.least.items()),
            rigor=self.rigor,
            quantile=quantile,
        )

    def take(self, said: Counted) -> None:
        """Takes in a whole block."""
        self.rows += said.rows
        self.failures += said.failures
        self.successes += said.successes
        if said.premise_rows is not None:
            before = 0 if self.premise_rows is None else self.premise_rows
            self.premise_rows = before + np.array(said.premise_rows)
        self.tightest.take(said.tightest)
        if said.rigor != "proved":
            self.rigor = "estimated"


def sides_text(margin: Margin, row: int) -> str:
    """The inequality at one row, "0.31 >= 0.5"; its slack where the sides are not known."""
    shape = margin.slack.shape
    if margin.sides is None:
        return f"slack {_number(margin.slack, shape, row)}"
    a, b = (_number(side, shape, row) for side in margin.sides)
    return f"{a} {margin.relation} {b}"


def _number(side: Approx, shape: tuple[int, ...], row: int) -> str:
    low = float(np.broadcast_to(side.lower, shape).reshape(-1)[row])
    high = float(np.broadcast_to(side.upper, shape).reshape(-1)[row])
    short, other = f"{low:.6g}", f"{high:.6g}"
    return short if short == other else f"[{short}, {other}]"
