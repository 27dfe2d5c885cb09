"""A scaling as a figure: asked and needed against the axis, both logarithmic."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from workbench.scaling.measured import Point, Question
from workbench.scaling.told import axis_of, sentence, wanted


def drawn(question: Question, points: Sequence[Point], path: Path) -> None:
    """Write the figure.

    Args:
        question: what was measured.
        points: of the grid.
        path: of a PNG, SVG or PDF file.

    Raises:
        OSError: it cannot be written.
    """
    figure = Figure(figsize=(6.4, 4.8), layout="constrained")
    FigureCanvasAgg(figure)
    axes: Any = figure.subplots()
    size = question.letter or question.constant
    places = [point.place.low for point in points]
    axes.plot(places, [p.asked.low for p in points], "o-", color="black", label="the claim asks")
    known = [(point.place.low, point.needed) for point in points if point.needed is not None]
    if known:
        at = [place for place, _ in known]
        middle = [(n.low * n.high) ** 0.5 for _, n in known]
        below = [m - n.low for m, (_, n) in zip(middle, known, strict=True)]
        above = [n.high - m for m, (_, n) in zip(middle, known, strict=True)]
        axes.errorbar(
            at, middle, yerr=[below, above], fmt="s--", color="0.4", capsize=5, markersize=4,
            fillstyle="none",
            label=f"these data {wanted(points)} (bar: refuted to not refuted)",
        )  # fmt: skip
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xticks(places, [f"{place:.3g}" for place in places])
    axes.minorticks_off()
    axes.set_xlabel(axis_of(question))
    axes.set_ylabel(size)
    axes.legend(fontsize=9)
    told = sentence(question, points).partition(": ")[2]
    axes.set_title(f"{question.claim.id}: {size}\n{told}", fontsize=8, wrap=True)
    figure.savefig(path, dpi=110)
