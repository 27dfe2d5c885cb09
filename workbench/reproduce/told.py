"""A figure that was drawn, as text and as plain data; the court's word on each ordering."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from verdicts import Approx, Finding, judge_margin
from workbench.reproduce.figure import Curve, Drawn, Figure, Panel, Table

SCHEMA = 1


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """An ordering and what the court finds.

    Attributes:
        words: the statement.
        finding: of the court.
    """

    words: str
    finding: Finding

    @property
    def verdict(self) -> str:
        """SUPPORTED, REFUTED or UNDECIDED."""
        return self.finding.decision.upper()


def judged(drawn: Drawn) -> list[Judged]:
    """The court's finding on every ordering."""
    return [Judged(one.words, judge_margin(one.margin)) for one in drawn.orderings]


def as_text(
    figure: Figure,
    drawn: Drawn,
    found: Sequence[Judged],
    *,
    small: bool,
    seconds: tuple[float, float],
) -> Iterator[str]:
    """The report, line by line."""
    yield f"{figure.name}: {drawn.title}{', the small setting' if small else ''}"
    yield f"  the paper ({figure.source}): {figure.shows}"
    yield f"  here ({figure.kinship}): {figure.here}"
    yield ""
    yield from aligned(drawn.table)
    yield ""
    for one in found:
        place = f" ({one.finding.tightest})" if one.finding.tightest else ""
        least = f"{one.finding.margin:.3g} of its size"
        yield f"  {one.verdict:9}  {one.words}; tightest{place}: {one.finding.sides}, {least}"
    yield f"  enclosures: {drawn.error}"
    yield f"  {seconds[0]:.1f} s, {seconds[1]:.1f} s of processors"


def aligned(table: Table) -> Iterator[str]:
    """A table in columns."""
    rows = (table.head, *table.rows)
    wide = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  " + "  ".join(cell.rjust(w) for cell, w in zip(row, wide, strict=True))


def as_json(
    figure: Figure,
    drawn: Drawn,
    found: Sequence[Judged],
    *,
    small: bool,
    seconds: tuple[float, float],
) -> dict[str, Any]:
    """The numbers of a figure; every number of a curve is [low, high]."""
    return {
        "schema": SCHEMA,
        "figure": figure.name,
        "paper": figure.paper,
        "shows": figure.shows,
        "here": figure.here,
        "kinship": figure.kinship,
        "source": figure.source,
        "small": small,
        "title": drawn.title,
        "error": drawn.error,
        "panels": [_panel(panel) for panel in drawn.panels],
        "table": {"head": list(drawn.table.head), "rows": [list(r) for r in drawn.table.rows]},
        "orderings": [_ordering(one) for one in found],
        "seconds": round(seconds[0], 2),
        "processor_seconds": round(seconds[1], 2),
    }


def _panel(panel: Panel) -> dict[str, Any]:
    curves = [_curve(curve) for curve in panel.curves]
    return {"title": panel.title, "x": panel.x, "y": panel.y, "log": panel.log, "curves": curves}


def _curve(curve: Curve) -> dict[str, Any]:
    return {"label": curve.label, "x": [float(x) for x in curve.x], "y": _pairs(curve.y)}


def _pairs(values: Approx) -> list[list[float | str]]:
    # JSON has no infinity, so that one is written in words.
    bounds = zip(values.lower.tolist(), values.upper.tolist(), strict=True)
    return [[z if math.isfinite(z) else str(z) for z in pair] for pair in bounds]


def _ordering(one: Judged) -> dict[str, Any]:
    finding = one.finding
    margin = finding.margin if math.isfinite(finding.margin) else str(finding.margin)
    return {
        "words": one.words,
        "verdict": one.verdict,
        "margin": margin,
        "tightest": finding.tightest,
        "sides": finding.sides,
        "rigor": finding.rigor,
        "reason": finding.reason,
    }
