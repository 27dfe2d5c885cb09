"""The margins of a paper's claims, all instances of each, on one axis."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from claims.page.drawing import DARK, GREY, INK, svg_of
from claims.page.markup import Html, anchor
from claims.page.pools import Paper
from claims.page.verdicts import mark_of

_ROW, _TOP, _BOTTOM = 0.2, 0.35, 0.5  # inches
_WIDTH, _LABELS = 9.0, 3.1
_LINEAR = 1e-2  # margins below are drawn on a linear scale
_FARTHEST = 1e4
_MOST_LETTERS = 44
_TICKS = (-1e4, -100, -10, -1, -0.1, 0, 0.1, 1, 10, 100, 1e4)
_MARKERS = {"deterministic": "o", "probabilistic": "s", "expectation": "D"}

Claims = Mapping[str, Mapping[str, Any]]


def draw_margins(paper: Paper, claims: Claims) -> Html | None:
    """The margins of a paper's claims as SVG; None where none has any.

    A row has a line from the least to the largest margin, a thick one between the quartiles, a tick
    at the median and a marker at the least: a disc for a deterministic claim, a square for a
    probability, a diamond for an expectation, hollow for chance, a cross where it is refuted.
    """
    shown = [claims[name] for name in paper.ids if name in claims and claims[name]["margins"]]
    if not shown:
        return None
    height = _TOP + _BOTTOM + _ROW * len(shown)
    figure = Figure(figsize=(_WIDTH, height))
    width = (_WIDTH - _LABELS - 0.15) / _WIDTH
    axes = figure.add_axes(
        (_LABELS / _WIDTH, _BOTTOM / height, width, (height - _TOP - _BOTTOM) / height)
    )
    _axis(axes, shown)
    _spreads(axes, shown)
    for row, claim in enumerate(shown):
        _least(axes, row, claim)
        words = axes.text(
            -0.01,
            row,
            _name(claim),
            transform=axes.get_yaxis_transform(),
            ha="right",
            va="center",
            fontsize=7,
            parse_math=False,
        )
        words.set_url(f"#{anchor(claim['id'])}")
    told = f"Margins of the claims of {paper.authors}: {paper.title}; each claim has the numbers"
    return svg_of(figure, f"margins-{anchor(paper.key)}", told)


def _axis(axes: Axes, shown: Sequence[Mapping[str, Any]]) -> None:
    ends = [_drawn(margin) for claim in shown for margin in claim["margins"]]
    axes.set_xscale("symlog", linthresh=_LINEAR, linscale=0.6)
    low, high = min(0.0, *ends), max(1.0, *ends)
    axes.set_xlim(low * 1.6 - _LINEAR / 2, high * 1.6)
    axes.set_ylim(len(shown) - 0.4, -0.6)
    axes.set_yticks([])
    ticks = [tick for tick in _TICKS if axes.get_xlim()[0] <= tick <= axes.get_xlim()[1]]
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])  # words, not mathematics: much faster
    axes.set_xticks([], minor=True)
    axes.axvline(0.0, color=INK, linewidth=1)
    axes.tick_params(labelsize=7)
    axes.set_xlabel(
        "margin, in units of the statement's scale (0: the inequality is tight)", size=8
    )
    axes.grid(visible=True, axis="x", color=GREY, linewidth=0.4)
    axes.set_axisbelow(True)
    for side in ("left", "right", "top"):
        axes.spines[side].set_visible(False)


def _spreads(axes: Axes, shown: Sequence[Mapping[str, Any]]) -> None:
    thin, thick, ticks = [], [], []
    for row, claim in enumerate(shown):
        margins = [_drawn(margin) for margin in claim["margins"]]
        low, median, high = np.quantile(margins, (0.25, 0.5, 0.75))
        thin.append(((margins[0], row), (margins[-1], row)))
        thick.append(((low, row), (high, row)))
        ticks.append(((median, row - 0.3), (median, row + 0.3)))
    axes.add_collection(LineCollection(thin, colors=DARK, linewidths=0.7))
    axes.add_collection(LineCollection(thick, colors=DARK, linewidths=3))
    axes.add_collection(LineCollection(ticks, colors=INK, linewidths=1.2))


def _least(axes: Axes, row: int, claim: Mapping[str, Any]) -> None:
    refuted = mark_of(claim).key in ("refuted", "printed")
    chance = claim["kind"] != "deterministic"
    axes.plot(
        [_drawn(claim["margins"][0])],
        [row],
        marker="x" if refuted else _MARKERS.get(claim["kind"], "o"),
        markersize=5,
        color=INK,
        markerfacecolor="white" if chance else INK,
        linestyle="none",
    )


def _drawn(margin: float) -> float:
    """The margin where it is drawn: what is beyond the axis stands at its end."""
    return math.copysign(min(abs(margin), _FARTHEST), margin)


def _name(claim: Mapping[str, Any]) -> str:
    text = f"{claim['label']} ({str(claim['id']).rpartition('.')[2]})"
    shown = " ".join("".join(x if x.isprintable() else " " for x in text).split())
    return shown if len(shown) <= _MOST_LETTERS else f"{shown[: _MOST_LETTERS - 3]}..."
