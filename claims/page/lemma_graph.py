"""The lemma graph of a paper: what rests on what, how it was decided, with how much to spare."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, Polygon
from matplotlib.text import Text

from claims.page.drawing import DARK, GREY, INK, svg_of
from claims.page.layers import WIDEST, layers_of
from claims.page.markup import Html, anchor
from claims.page.pools import Paper
from claims.page.verdicts import Mark, mark_of, slack, slack_words

_WIDTH, _HEIGHT = 1.5, 0.42  # of a node, inches
_STEP_X, _STEP_Y = 1.66, 0.72
_MOST_LETTERS = 25
_DARKEST, _LOOSE = 0.68, 1.0  # grey of a node without slack; slack that leaves it white

# Corners of a node by its verdict, in units of half its width and height.
_BOX = ((-1, -1), (1, -1), (1, 1), (-1, 1))
_HEXAGON = ((-1, 0), (-0.86, -1), (0.86, -1), (1, 0), (0.86, 1), (-0.86, 1))
_CUT = ((-1, -0.5), (-0.9, -1), (0.9, -1), (1, -0.5), (1, 0.5), (0.9, 1), (-0.9, 1), (-1, 0.5))
_SHAPES = {"printed": _HEXAGON, "undecided": _CUT}
_LINES = {"undecided": "--", "unrun": ":", "printed": "-"}
_WORDS = {"printed": "REFUTED", "standing": "NOT REFUTED"}

Claims = Mapping[str, Mapping[str, Any]]


def draw_graph(paper: Paper, claims: Claims) -> Html:
    """The lemma graph of a paper as SVG, each node a link to its claim.

    Args:
        paper: whose claims.
        claims: by id; those of other papers are not drawn.
    """
    ids = [name for name in paper.ids if name in claims]
    graph = {name: [x for x in claims[name]["depends_on"] if x in ids] for name in ids}
    rows = layers_of(graph)
    wide = max((len(row) for row in rows), default=1)
    width, height = wide * _STEP_X + 0.1, len(rows) * _STEP_Y + 0.1
    figure = Figure(figsize=(width, height))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, width), ylim=(height, 0))
    axes.set_axis_off()
    places = _places(rows, width)
    for name, needed in graph.items():
        for other in needed:
            _arrow(axes, places[other], places[name])
    for name in ids:
        _node(axes, places[name], claims[name])
    words = f"Lemma graph of {paper.authors}: {paper.title}; the table of its claims says the same"
    return svg_of(figure, f"graph-{anchor(paper.key)}", words)


def _places(rows: Sequence[Sequence[str]], width: float) -> dict[str, tuple[float, float]]:
    places = {}
    for y, row in enumerate(rows):
        step = (width - 0.1) / len(row) if len(row) <= WIDEST else _STEP_X
        for x, name in enumerate(row):
            places[name] = (0.05 + (x + 0.5) * step, 0.05 + (y + 0.5) * _STEP_Y)
    return places


def _arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    level = start[1] == end[1]
    drop = _HEIGHT / 2 if start[1] < end[1] else -_HEIGHT / 2
    tail = start if level else (start[0], start[1] + drop)
    head = end if level else (end[0], end[1] - drop)
    axes.add_patch(
        FancyArrowPatch(
            tail,
            head,
            arrowstyle="-|>",
            mutation_scale=7,
            linewidth=0.7,
            color=DARK,
            shrinkA=0,
            shrinkB=0,
            zorder=1,
        )
    )


def _node(axes: Axes, place: tuple[float, float], claim: Mapping[str, Any]) -> None:
    mark = mark_of(claim)
    url = f"#{anchor(claim['id'])}"
    corners = _SHAPES.get(mark.key, _BOX)
    outline = [(place[0] + x * _WIDTH / 2, place[1] + y * _HEIGHT / 2) for x, y in corners]
    grey = _grey(claim, mark)
    if grey is None:
        axes.add_patch(_stripes(outline))
    shape = Polygon(
        outline,
        closed=True,
        facecolor="none" if grey is None else str(grey),
        edgecolor=INK,
        linewidth=3 if mark.good is False else 0.9,
        linestyle=_LINES.get(mark.key, "-"),
        zorder=2,
    )
    shape.set_url(url)
    axes.add_patch(shape)
    # The word as well: no verdict is told by shape or shade alone.
    second = (
        f"{_WORDS.get(mark.key, mark.word)} {slack_words(claim) if mark.key != 'unrun' else ''}"
    )
    for text, shift, size in ((claim["label"], -0.07, 7.5), (second, 0.1, 6.5)):
        _centred(axes, (place[0], place[1] + shift), str(text), size).set_url(url)


def _centred(axes: Axes, place: tuple[float, float], text: str, size: float) -> Text:
    """As much of a text as a box has room for, around its centre."""
    return axes.text(
        *place, _short(text), ha="center", va="center", fontsize=size, parse_math=False, zorder=3
    )


def _stripes(outline: Sequence[tuple[float, float]]) -> Polygon:
    """What stands for a shade where no slack compares with the others'; the text stays readable."""
    return Polygon(
        outline, closed=True, facecolor="white", edgecolor=GREY, hatch="//", linewidth=0, zorder=1.5
    )


def _grey(claim: Mapping[str, Any], mark: Mark) -> float | None:
    """White where there is room, darker the tighter the claim; None without a slack to shade."""
    if mark.key != "supported":
        return 1.0
    value = slack(claim)
    if value is None:
        return None
    room = min(max(value, 0.0), _LOOSE) / _LOOSE
    return _DARKEST + (1 - _DARKEST) * math.sqrt(room)


def _short(text: str) -> str:
    shown = " ".join("".join(x if x.isprintable() else " " for x in text).split())
    return shown if len(shown) <= _MOST_LETTERS else f"{shown[: _MOST_LETTERS - 3]}..."
