"""A map in words and as plain data: cells, the theorem's own boundary, caption, table."""

from __future__ import annotations

import math
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from claims.commands.phase import spaced
from workbench.phase.axes import Axis, shown
from workbench.phase.counts import Counts
from workbench.phase.plan import Plan

Cells: TypeAlias = Mapping[tuple[int, int], Counts]


@dataclass(frozen=True, slots=True)
class Edge:
    """The theorem's own boundary.

    Attributes:
        letter: along whose axis it is told.
        values: its place there, for every value of the other axis; NaN where it has none.
        words: what it is.
        inside: cells of which the theorem speaks.
    """

    letter: str
    values: tuple[float, ...]
    words: str
    inside: frozenset[tuple[int, int]]

    def points(self, plan: Plan) -> list[tuple[float, float]]:
        """The line in units of cells; NaN off the map."""
        along_x = self.letter == plan.x.name
        axis = plan.x if along_x else plan.y
        places = [axis.place(value) if math.isfinite(value) else math.nan for value in self.values]
        return [(p, k) if along_x else (k, p) for k, p in enumerate(places)]


def edge_of(plan: Plan) -> Edge | None:
    """The theorem's own boundary over a map; None where it does not say or no axis shows it."""
    letter, named = plan.named.edge_letter, plan.named
    if letter not in (plan.x.name, plan.y.name):
        return None
    along_x = letter == plan.x.name
    axis, other = (plan.x, plan.y) if along_x else (plan.y, plan.x)
    corners = [(0, k) if along_x else (k, 0) for k in range(other.size)]
    values = [_value(plan, corner) for corner in corners]
    if all(value is None for value in values):
        return None
    numbers = tuple(math.nan if value is None else value for value in values)
    sign = {"above": 1, "below": -1}.get(named.inside)
    inside = {
        (a, k) if along_x else (k, a)
        for k, limit in enumerate(numbers)
        for a, value in enumerate(axis.values)
        if sign is not None and sign * (value - limit) >= 0
    }
    return Edge(letter, numbers, named.edge_words, frozenset(inside))


def _value(plan: Plan, corner: tuple[int, int]) -> float | None:
    try:
        if plan.named.edge is not None:
            return plan.named.edge(plan.letters(*corner))
        return plan.asked(*corner)
    except Exception:  # far from its strategies a claim may raise anything
        return None


def contradictions(plan: Plan, cells: Cells, edge: Edge | None) -> list[tuple[int, int]]:
    """Cells of which the theorem speaks, and whose certain failures refute it.

    It speaks of all cells where the premise is in the statement that is judged.
    """
    guarded = plan.named.guard is not None
    spoken = [cell for cell in cells if guarded or (edge is not None and cell in edge.inside)]
    return sorted(cell for cell in spoken if cells[cell].contradicts())


def command(plan: Plan, what: str, seeds: int, level: float) -> str:
    """The command that draws this map, with nothing left to defaults but the folder."""
    words = ["python", "-m", "claims", "phase", what, "--out", "DIR"]
    words += ["--x", _axis(plan.x), "--y", _axis(plan.y), "--seeds", str(seeds)]
    if plan.identity["data"]:
        words += ["--data", plan.data, "--samples", str(plan.samples)]
    fixed = {k: v for k, v in plan.given.items() if plan.named.given.get(k) != v}
    words += [word for k, v in fixed.items() for word in ("--set", f"{k}={v}")]
    words += ["--part", plan.part] if plan.part != plan.named.part else []
    words += ["--at", "FILE"] if plan.base else []
    words += ["--salt", str(plan.salt)] if plan.salt else []
    return shlex.join(words + (["--level", str(level)] if level != 0.95 else []))


def _axis(axis: Axis) -> str:
    """The axis as an argument, in its short form where that gives the same values."""
    values = axis.values
    if axis.size > 2:
        ends = f"{values[0]:.6g}:{values[-1]:.6g}:{axis.size}"
        even = spaced(values[0], values[-1], axis.size, log=axis.log)
        whole = [round(value) for value in even]
        if values in (tuple(even), tuple(whole) if isinstance(values[0], int) else ()):
            return f"{axis.name}={ends}{':log' if axis.log else ''}"
    return f"{axis.name}={','.join(str(value) for value in values)}"


def caption(plan: Plan, cells: Cells, edge: Edge | None, seeds: int, level: float) -> Iterator[str]:
    """What stands under the picture, beside the command."""
    claim = plan.case.claim
    part = f", its part {plan.part}" if plan.part else ""
    yield f"{plan.case.id} ({claim.label}){part}. {claim.paper.authors}, {claim.paper.source}"
    fixed = [f"{k} = {v}" for k, v in plan.given.items()]
    if plan.identity["data"]:
        n = "" if "n" in (plan.x.name, plan.y.name) else f", n = {plan.samples}"
        fixed.append(f"data: {plan.data}{n}")
    chance = any(counts.stated is not None for counts in cells.values())
    certain = any(counts.margin is not None for counts in cells.values())
    drawn = f"{seeds} seeds a cell, salt {plan.salt}; "
    looked = (
        "no chance; numbers: the end of the margin's enclosure that decides; " if certain else drawn
    )
    yield looked + "fixed: " + (", ".join(fixed) or "nothing")
    if chance:
        yield (
            "Fill: share of seeds that certainly hold (an undecided one counts half). Side of a "
            f"square: width of Clopper and Pearson's interval, level {level:g} for each cell alone."
        )
    if edge is not None:
        yield from _beyond(plan, edge)
    if plan.named.note:
        yield f"{plan.named.note[0].upper()}{plan.named.note[1:]}."


def _beyond(plan: Plan, edge: Edge) -> Iterator[str]:
    """Where the boundary leaves the map, the value farthest off."""
    other = plan.y if edge.letter == plan.x.name else plan.x
    lost = [k for k, place in enumerate(edge.points(plan)) if any(map(math.isnan, place))]
    lost = [k for k in lost if math.isfinite(edge.values[k])]
    if lost:
        far = lost[-1]
        yield (
            f"The line leaves the map: {edge.words} is {edge.letter} = {shown(edge.values[far])} "
            f"at {other.name} = {shown(other.values[far])}."
        )


def document(
    plan: Plan, cells: Cells, edge: Edge | None, asked: Mapping[str, Any]
) -> dict[str, Any]:
    """Everything that the picture shows, as JSON-able data.

    Args:
        plan: the map.
        cells: what was counted.
        edge: the theorem's own boundary.
        asked: "what", "seeds" and "level" of the request.
    """
    level = asked["level"]
    told: dict[str, Any] = {
        "schema": 1,
        "command": command(plan, asked["what"], asked["seeds"], level),
        "key": plan.key,
        "map": plan.identity,
        "question": plan.named.question or plan.case.claim.doc.splitlines()[0],
        "note": plan.named.note,
        "seeds": asked["seeds"],
        "level": level,
        "boundary": None,
    }
    if edge is not None:
        numbers = [value if math.isfinite(value) else None for value in edge.values]
        told["boundary"] = {"letter": edge.letter, "values": numbers, "is": edge.words}
    told["contradicting"] = [list(cell) for cell in contradictions(plan, cells, edge)]
    told["cells"] = [
        _cell(plan, cell, counts, edge, level) for cell, counts in sorted(cells.items())
    ]
    return told


def _cell(
    plan: Plan, cell: tuple[int, int], counts: Counts, edge: Edge | None, level: float
) -> dict[str, Any]:
    told: dict[str, Any] = {
        plan.x.name: plan.x.values[cell[0]],
        plan.y.name: plan.y.values[cell[1]],
        "cell": list(cell),
        "state": state(counts),
        "rows": counts.rows,
        "successes": counts.successes,
        "failures": counts.failures,
        "undecided": counts.undecided,
        "premise_rows": counts.premise,
        "failures_with_premise": counts.guarded,
        "stated": counts.stated,
        "estimate": counts.estimate,
        "interval": None if counts.stated is None else list(counts.interval(level)),
        "inside": None if edge is None else cell in edge.inside,
    }
    if counts.margin is not None:
        told["margin"] = [x if math.isfinite(x) else str(x) for x in counts.margin]
    return told | ({"why": counts.unmet or counts.broken} if counts.unmet or counts.broken else {})


def state(counts: Counts) -> str:
    """What a cell is: "measured", "holds", "fails", "undecided", "premise not met", "broken"."""
    if counts.broken:
        return "broken"
    if counts.unmet:
        return "premise not met"
    if counts.margin is None:
        return "measured"
    return "fails" if counts.failures else "holds" if counts.successes else "undecided"


def table(plan: Plan, cells: Cells, edge: Edge | None, level: float) -> Iterator[str]:
    """Percent of seeds that hold, largest y first, and what the marks mean."""
    names = [shown(value) for value in plan.y.values]
    wide = max(len(plan.y.name), *(len(name) for name in names))
    for j in reversed(range(plan.y.size)):
        row = [_entry(cells.get((i, j)), level) for i in range(plan.x.size)]
        yield f"{names[j]:>{wide}} | {' '.join(row)}"
    ticks = [f"{shown(value):>5}" for value in plan.x.values]
    yield f"{plan.y.name:>{wide}} | {' '.join(ticks)}  {plan.x.name}"
    yield "percent of seeds that hold; ~ interval contains 1/2; / premise missed; - nothing said"
    if edge is not None:
        told = ", ".join(shown(v) if math.isfinite(v) else "none" for v in edge.values)
        other = plan.y.name if edge.letter == plan.x.name else plan.x.name
        yield f"{edge.words}: {edge.letter} = {told} (by {other}, least first)"
    for cell in contradictions(plan, cells, edge):
        x, y = shown(plan.x.values[cell[0]]), shown(plan.y.values[cell[1]])
        where = f"{plan.x.name} = {x}, {plan.y.name} = {y}"
        yield f"REFUTED at {where}: {_why(cells[cell])}"
    broken = sorted({counts.broken for counts in cells.values() if counts.broken})
    yield from (f"nothing said: {text}" for text in broken[:3])


def _entry(counts: Counts | None, level: float) -> str:
    if counts is None or counts.estimate is None:
        return "    /" if counts is not None and counts.unmet else "    -"
    mark = "/" if counts.premise_missed else "~" if straddles(counts, level) else " "
    return f"{100 * counts.estimate:4.0f}{mark}"


def straddles(counts: Counts, level: float) -> bool:
    """Whether a cell may lie on either side of 1/2."""
    if counts.margin is not None:
        return counts.undecided > 0
    low, high = counts.interval(level)
    return low < 0.5 < high


def _why(counts: Counts) -> str:
    failures = counts.failures if counts.guarded is None else counts.guarded
    odds = "" if counts.stated is None else f", stated at most {1 - counts.stated:g}"
    return f"{failures} of {counts.rows} rows certainly fail{odds}"
