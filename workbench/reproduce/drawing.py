"""Panels as PNG and SVG, told apart by markers and line styles as well as by colour."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from workbench.reproduce.figure import Curve, Drawn, Panel

_STYLES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)))
_BARE = (0, (9, 3))  # of no curve that was measured
_MARKERS = "osD^vPX*"
_COLOURS = ("#1b4f72", "#b03a2e", "#1e8449", "#7d3c98", "#935116", "#17202a")
_FEW = 24  # points up to which each has a bar of its own
_LABELS = 6  # on an axis with few places, at most
_MARKS = 8  # markers on a longer line
_DPI = {"png": 100, "svg": 100}


def draw(drawn: Drawn, folder: Path, name: str) -> list[Path]:
    """Write NAME.png and NAME.svg, whole or not at all.

    Args:
        drawn: what was computed.
        folder: exists.
        name: without ending.

    Raises:
        OSError: the folder cannot be written.
    """
    many = len(drawn.panels)
    figure = Figure(figsize=(4.6 * many if many > 1 else 5.6, 4.2), layout="constrained")
    for axes, panel in zip(figure.subplots(1, many, squeeze=False)[0], drawn.panels, strict=True):
        _panel(axes, panel)
    figure.suptitle(drawn.title, fontsize=10)
    written = []
    for kind, canvas in (("png", FigureCanvasAgg), ("svg", FigureCanvasSVG)):
        canvas(figure)
        image = io.BytesIO()
        # Without a date and with a fixed salt a drawing of the same numbers is the same file.
        with mpl.rc_context({"svg.hashsalt": name}):
            figure.savefig(image, format=kind, dpi=_DPI[kind], metadata=_metadata(kind))
        written.append(folder / f"{name}.{kind}")
        trial = written[-1].with_name(f".{name}.{kind}.part")
        trial.write_bytes(image.getvalue())
        trial.replace(written[-1])
    return written


def _metadata(kind: str) -> dict[str, Any]:
    return {"Date": None} if kind == "svg" else {}


def _panel(axes: Any, panel: Panel) -> None:
    for i, curve in enumerate(panel.curves):
        _curve(axes, curve, i)
    if "x" in panel.log:
        axes.set_xscale("log")
        _ticks(axes, panel)
    if "y" in panel.log:
        axes.set_yscale("log")
    axes.set_title(panel.title, fontsize=10)
    axes.set_xlabel(panel.x, fontsize=9)
    axes.set_ylabel(panel.y, fontsize=9)
    axes.tick_params(which="both", labelsize=8)
    if len(panel.curves) > 1 or panel.curves[0].label:
        axes.legend(fontsize=7.5)


def _ticks(axes: Any, panel: Panel) -> None:
    """The places themselves, where there are few: labels of minor ticks would cover each other."""
    places = sorted({x for curve in panel.curves for x in curve.x})
    if len(places) <= _FEW:
        places = places[:: -(-len(places) // _LABELS)]
        axes.set_xticks(places, [f"{x:g}" for x in places])
        axes.xaxis.set_minor_locator(NullLocator())


def _curve(axes: Any, curve: Curve, i: int) -> None:
    low, high = curve.y.lower, curve.y.upper
    middle = np.where(np.isfinite(high), (low + np.where(np.isfinite(high), high, low)) / 2, np.nan)
    colour, style = _COLOURS[i % len(_COLOURS)], _STYLES[i % len(_STYLES)]
    if curve.bare:
        axes.plot(curve.x, middle, linestyle=_BARE, color="0.45", linewidth=1.4, label=curve.label)
        return
    look = {"color": colour, "linestyle": style, "linewidth": 1.2, "label": curve.label}
    look |= {"marker": _MARKERS[i % len(_MARKERS)], "markersize": 4}
    if len(curve.x) <= _FEW:
        bars = np.nan_to_num(np.stack([middle - low, high - middle]), nan=0.0, posinf=0.0)
        axes.errorbar(curve.x, middle, yerr=bars, capsize=2.5, **look)
        return
    every = max(1, len(curve.x) // _MARKS)
    axes.plot(curve.x, middle, markevery=(i * every // 4, every), **look)
    axes.fill_between(curve.x, low, high, color=colour, alpha=0.2, linewidth=0)
