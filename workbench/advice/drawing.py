"""The widths that the papers ask for, as bars on a logarithmic axis."""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from workbench.advice.rivals import Rival

_LEFT = 0.8  # of the axis
_FAR = 1e120  # bars of larger widths end here: the axis is of floats
_WORDS = {
    "hidden": "constants hidden",
    "of the start": "read off the start",
    "labels unfit": "not for these labels",
    "none is enough": "no width is enough",
}
_HATCHES = ("", "///", "...", "xxx", "---", "ooo", "\\\\\\", "+++", "***", "||")


def draw(found: Sequence[Rival], title: str, width: int | None) -> Figure:
    """Bars from 1 to the width asked, a thin line over what its enclosure leaves open.

    Args:
        found: rivals.
        title: of the figure.
        width: the user's, drawn as a line; None for none.
    """
    figure = Figure(figsize=(9, 1.4 + 0.36 * len(found)), layout="constrained")
    FigureCanvasAgg(figure)
    axes: Any = figure.subplots()
    papers = list(dict.fromkeys(rival.applied.theorem.paper for rival in found))
    finite = [z for rival in found if (z := _end(rival)) is not None]
    right = 300 * max([10.0, *finite, float(width or 1)])
    for place, rival in enumerate(found):
        hatch = _HATCHES[papers.index(rival.applied.theorem.paper) % len(_HATCHES)]
        _bar(axes, place, rival, hatch, right)
    if width is not None:
        axes.axvline(width, color="black", linestyle="--", linewidth=1.2)
        axes.annotate(
            f"your m = {width}", (width, -0.9), fontsize=8, ha="left", annotation_clip=False
        )
    axes.set_xscale("log")
    axes.set_xlim(_LEFT, right)
    axes.set_ylim(len(found) - 0.4, -1.2)
    axes.set_yticks(range(len(found)), [_label(rival) for rival in found], fontsize=8)
    axes.set_xlabel(
        "width asked, m (neurons); grey: flow; *: a premise on data or labels is missed"
    )
    axes.set_title(title, fontsize=10)
    return figure


def write(figure: Figure, path: Path) -> None:
    """The figure as PNG or SVG, by the ending of the path, written at once.

    Raises:
        OSError: the folder cannot be written.
    """
    drawn = io.BytesIO()
    figure.savefig(drawn, format=path.suffix.lower().removeprefix("."), dpi=120)
    trial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        trial.write_bytes(drawn.getvalue())
        trial.replace(path)
    finally:
        trial.unlink(missing_ok=True)


def _end(rival: Rival) -> float | None:
    """Where the bar ends: at what is certainly asked."""
    if rival.width is None or rival.word not in ("", "any"):
        return None
    return min(max(rival.width.low, 1.0), _FAR)


def _bar(axes: Any, place: int, rival: Rival, hatch: str, right: float) -> None:
    end, width = _end(rival), rival.width
    if end is None or width is None:
        axes.text(1.0, place, f" {_WORDS[rival.word]}", va="center", fontsize=8, style="italic")
        return
    flow = rival.applied.theorem.method == "gradient flow"
    colour = "0.82" if flow else "white"
    axes.barh(
        place,
        end - _LEFT,
        left=_LEFT,
        height=0.62,
        hatch=hatch,
        edgecolor="black",
        facecolor=colour,
    )
    top = min(width.high, right, _FAR)
    if top > end * 1.01:
        axes.plot([end, top], [place, place], "-|", color="black", linewidth=2)
    told = "any width" if rival.word == "any" else f"{width.high:.2g}"
    axes.text(max(top, 1.2), place, f" {told}", va="center", fontsize=8)


def _label(rival: Rival) -> str:
    theorem = rival.applied.theorem
    missing = " *" if rival.missing else ""
    short = {"gradient descent": "descent", "gradient flow": "flow"}[theorem.method]
    loss = "" if theorem.loss == "squared" else f", {theorem.loss} loss"
    return f"{theorem.id} ({short}{loss}){missing}"
