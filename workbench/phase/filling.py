"""Filling the cells of a map, block of seeds after block of seeds."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from claims.errors import PremiseNotMetError
from verdicts import WithProbability
from workbench.phase.counts import BLOCK, judged
from workbench.phase.journal import Journal
from workbench.phase.plan import BrokenError, Plan

UNIT_SECONDS = 5e-8  # of a processor, very roughly, for what costs one unit


def cells(plan: Plan) -> Iterator[tuple[int, int]]:
    """All cells, row by row."""
    for j in range(plan.y.size):
        for i in range(plan.x.size):
            yield i, j


def fill(plan: Plan, journal: Journal, seeds: int) -> None:
    """Give every cell so many seeds, all cells one block before any cell the next.

    Seeds that the journal has are not judged again; a stream is counter-based, so that the counts
    do not depend on where a run was cut off.

    Raises:
        ValueError: the claim cannot be drawn.
    """
    progress = _Progress(plan.x.size * plan.y.size * seeds)
    for first in range(0, seeds, BLOCK):
        for cell in cells(plan):
            last = min(first + BLOCK, seeds)
            known = journal.cells.get(cell)
            start = known.rows if known else 0
            if (known is None or not known.closed) and start < last:
                journal.add(cell, judged(plan, cell, start, last - start))
            progress.tell(last - first)
    progress.end()


def cost(plan: Plan, seeds: int) -> tuple[float, int]:
    """What a map costs, in normals drawn + flops/8, and how many cells that is known of.

    Raises:
        ValueError: a value does not fit the claim.
    """
    total, known = 0.0, 0
    for i, j in cells(plan):
        try:
            point = plan.point(i, j)
        except (PremiseNotMetError, BrokenError):
            continue
        try:
            statement = point.statement()
        except Exception:  # noqa: S112  such a cell costs nothing: it says why it is empty
            continue
        if isinstance(statement, WithProbability):
            runs = 1 if plan.named.guard is None else 2
            total, known = total + runs * seeds * statement.cost, known + 1
    return total, known


@dataclass(slots=True)
class _Progress:
    """A line on stderr: rewritten on a terminal, else printed now and then."""

    total: int
    done: int = 0
    start: float = field(default_factory=time.monotonic)
    told: float = field(default_factory=time.monotonic)

    def tell(self, rows: int) -> None:
        self.done += rows
        pause = 0.2 if sys.stderr.isatty() else 10.0
        if time.monotonic() - self.told >= pause:
            self.told = time.monotonic()
            self._write()

    def end(self) -> None:
        self._write()
        if sys.stderr.isatty():
            sys.stderr.write("\n")

    def _write(self) -> None:
        seconds = time.monotonic() - self.start
        left = seconds * (self.total - self.done) / max(1, self.done)
        line = f"phase: {100 * self.done // self.total} % of the rows, {seconds:.0f} s"
        line += f", about {left:.0f} s left" if self.done < self.total else ""
        sys.stderr.write(f"\r{line}\033[K" if sys.stderr.isatty() else f"{line}\n")
        sys.stderr.flush()
