"""A map as a picture: shares as lightness, intervals as squares, premises as hatches."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from io import BytesIO
from typing import Any

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.cm import ScalarMappable
from matplotlib.collections import LineCollection
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle

from workbench.phase.axes import Axis, shown
from workbench.phase.counts import Counts
from workbench.phase.plan import Plan
from workbench.phase.told import Cells, Edge, straddles

# Its lightness rises from 0 to 1, and red-green blindness changes it little.
COLOURS = "cividis"
LETTERS = {
    "m": "width $m$",
    "n": "samples $n$",
    "gamma": r"$\gamma$",
    "delta": r"$\delta$",
    "eta": r"step size $\eta$",
    "eta_lambda": r"step size, $\eta\,\lambda_{\max}(H^\infty)$",
}
_TICKS = 13  # labels at most
_WIDE = 104  # letters of a line of the caption


def picture(
    plan: Plan, cells: Cells, edge: Edge | None, level: float, under: Sequence[str]
) -> Figure:
    """The figure of a map.

    Args:
        plan: the map.
        cells: what was counted; cells that are not there stay white.
        edge: the theorem's own boundary.
        level: of the intervals.
        under: lines below the picture.
    """
    whole: Any = {"break_long_words": False, "break_on_hyphens": False}  # a command stays one
    lines = [line for told in under for line in textwrap.wrap(told, _WIDE, **whole)]
    legend = _legend(cells, edge, level)
    below = 0.125 * len(lines) + 0.19 * -(-len(legend) // 2) + 0.3
    height = 5.0 + below
    figure = Figure(figsize=(7.4, height))
    axes: Any = figure.add_axes((0.115, (below + 0.45) / height, 0.71, 4.0 / height))
    for (i, j), counts in cells.items():
        _cell(axes, i, j, counts, level)
    _premise_line(axes, cells)
    if edge is not None:
        _edge_line(axes, edge.points(plan))
    _scales(axes, plan)
    doc = plan.case.claim.doc.splitlines()[0]
    axes.set_title("\n".join(textwrap.wrap(plan.named.question or doc, 70)), fontsize=11)
    bar_axes: Any = figure.add_axes((0.84, (below + 0.45) / height, 0.025, 4.0 / height))
    chance = any(counts.margin is None for counts in cells.values())
    _bar(figure, bar_axes, "share of seeds that hold" if chance else "0 fails, 1 holds")
    _words(figure, legend, lines, below / height)
    return figure


def as_bytes(figure: Figure, kind: str) -> bytes:
    """The figure as a file of that kind, "png" or "svg", the same bytes for the same map."""
    FigureCanvasAgg(figure)
    stream = BytesIO()
    quiet = {"svg": {"Date": None, "Creator": None}, "png": {"Software": None}}
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "phase", "hatch.linewidth": 0.6}):
        figure.savefig(stream, format=kind, dpi=120, metadata=quiet[kind])
    return stream.getvalue()


def _cell(axes: Any, i: int, j: int, counts: Counts, level: float) -> None:
    box = (i - 0.5, j - 0.5)
    if counts.estimate is None:
        hatch = "xx" if counts.broken else "////"
        axes.add_patch(Rectangle(box, 1, 1, facecolor="white", edgecolor="0.5", hatch=hatch, lw=0))
        return
    colour = mpl.colormaps[COLOURS](counts.estimate)
    axes.add_patch(Rectangle(box, 1, 1, facecolor=colour, edgecolor=colour, lw=0.3))
    ink = "white" if counts.estimate < 0.5 else "black"
    if counts.premise_missed:
        # Thin and of the fill's opposite lightness: the share stays readable under it.
        axes.add_patch(
            Rectangle(box, 1, 1, facecolor="none", edgecolor=ink, hatch="////", lw=0, alpha=0.45)
        )
    if counts.stated is not None:
        low, high = counts.interval(level)
        side = 0.9 * (high - low)
        corner = (i - side / 2, j - side / 2)
        axes.add_patch(Rectangle(corner, side, side, facecolor="none", edgecolor=ink, lw=0.8))
    if counts.margin is not None:
        end = counts.margin[1 if counts.failures else 0] + 0.0
        axes.text(i, j - 0.25, f"{end:.1e}", color=ink, fontsize=6, ha="center", va="center")
    if straddles(counts, level):
        axes.plot(i, j, marker="x", color=ink, markersize=4, markeredgewidth=1)


def _premise_line(axes: Any, cells: Cells) -> None:
    """A line between cells whose premise is met and those where it is missed."""
    missed = {cell for cell, counts in cells.items() if counts.premise_missed}
    edges = []
    for i, j in cells:
        if (i + 1, j) in cells and ((i, j) in missed) != ((i + 1, j) in missed):
            edges.append([(i + 0.5, j - 0.5), (i + 0.5, j + 0.5)])
        if (i, j + 1) in cells and ((i, j) in missed) != ((i, j + 1) in missed):
            edges.append([(i - 0.5, j + 0.5), (i + 0.5, j + 0.5)])
    for colour, width in (("white", 3.0), ("black", 1.5)):
        axes.add_collection(LineCollection(edges, colors=colour, linewidths=width, linestyle="-"))


def _edge_line(axes: Any, points: list[tuple[float, float]]) -> None:
    across, up = zip(*points, strict=True)
    axes.plot(across, up, "-", color="white", linewidth=4.5, marker="D", markersize=6)
    axes.plot(across, up, "--", color="black", linewidth=1.8, marker="D", markersize=3.5)


def _scales(axes: Any, plan: Plan) -> None:
    axes.set_xlim(-0.5, plan.x.size - 0.5)
    axes.set_ylim(-0.5, plan.y.size - 0.5)
    axes.set_facecolor("white")
    axes.set_xticks(*_ticks(plan.x), fontsize=8)
    axes.set_yticks(*_ticks(plan.y), fontsize=8)
    axes.set_xlabel(LETTERS.get(plan.x.name, plan.x.name))
    axes.set_ylabel(LETTERS.get(plan.y.name, plan.y.name))


def _ticks(axis: Axis) -> tuple[list[int], list[str]]:
    step = -(-axis.size // _TICKS)
    places = list(range(0, axis.size, step))
    return places, [shown(axis.values[k]) for k in places]


def _words(figure: Figure, legend: Sequence[Any], lines: Sequence[str], top: float) -> None:
    """The legend and the lines below it, under a height `top` of the figure."""
    place: Any = {"loc": "upper left", "bbox_to_anchor": (0.02, top), "ncols": 2}
    figure.legend(handles=list(legend), fontsize=7.5, frameon=False, **place)
    small: Any = {"fontsize": 7, "family": "monospace", "va": "bottom", "linespacing": 1.25}
    figure.text(0.03, 0.1 / figure.get_figheight(), "\n".join(lines), **small)


def _bar(figure: Figure, axes: Any, words: str) -> None:
    scale = ScalarMappable(Normalize(0, 1), mpl.colormaps[COLOURS])
    bar = figure.colorbar(scale, cax=axes)
    bar.set_label(words, fontsize=8)
    bar.ax.tick_params(labelsize=8)


def _legend(cells: Cells, edge: Edge | None, level: float) -> list[Any]:
    everything = list(cells.values())
    found: list[Any] = []
    if any(c.stated is not None for c in everything):
        found.append(_mark("side: width of the interval", "s", markerfacecolor="none"))
    if any(c.estimate is not None and straddles(c, level) for c in everything):
        found.append(_mark("may be on either side of 1/2", "x"))
    if any(c.premise_missed for c in everything):
        words = "premise missed, or met in fewer than half of the seeds"
        found.append(Patch(facecolor="white", edgecolor="black", hatch="////", label=words))
    if any(c.broken for c in everything):
        words = "the claim says nothing there"
        found.append(Patch(facecolor="white", edgecolor="0.5", hatch="xx", label=words))
    if edge is not None:
        found.append(_mark(edge.words, "D", linestyle="--", markersize=3.5))
    return found


def _mark(words: str, marker: str, **style: Any) -> Line2D:
    whole: dict[str, Any] = {"linestyle": "none", "markersize": 8, **style}
    return Line2D([], [], color="black", marker=marker, label=words, **whole)
