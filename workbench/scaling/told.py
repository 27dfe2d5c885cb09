"""A scaling in words and as plain data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

from claims.explore.calibration_told import edge, side_json
from verdicts import Approx
from workbench.scaling.measured import Point, Question, slope

SCHEMA = 1
_DIGITS = 1e15  # beyond it a float has no digits for all of them


def sentence(question: Question, points: Sequence[Point]) -> str:
    """What the theorem asks and what the data need, over the whole grid."""
    known = [point for point in points if point.needed is not None]
    axis, size = axis_of(question), question.letter or question.constant
    head = f"{question.claim.id}, {size}"
    if len(known) < 2:
        return f"{head}: {len(known)} points with both ends; exponents take two"
    asked, needed = slope(known[0], known[-1], "asked"), slope(known[0], known[-1], "needed")
    if asked is None or needed is None:
        return f"{head}: the numbers are not told from 0, so there is no exponent"
    where = f"{known[0].label} to {known[-1].label}"
    told = f"the claim asks {power(axis, asked)} on this grid, the edge of refutation goes as"
    return f"{head}: {told} {power(axis, needed)} ({where})"


def power(axis: str, exponent: Approx) -> str:
    """A power of the axis, "n^2.25" or "n^[1.1, 1.3]"."""
    return f"{axis}^{_shown(exponent)}"


def wanted(points: Sequence[Point]) -> str:
    """What the data do to the constant: "need" where smaller values are refuted, else "allow"."""
    return "need" if points[0].calibration.ladder.side == "down" else "allow"


def axis_of(question: Question) -> str:
    """What the exponents are of, "n" or "(1/delta)"."""
    letter: str = question.asked["over"]["letter"]
    return f"(1/{letter})" if letter in ("delta", "lambda_0") else letter


def as_text(question: Question, points: Sequence[Point], origin: str, ended: str) -> Iterator[str]:
    """The whole report, line by line; `ended` says why it stopped at a point, "" if it did not."""
    claim, size = question.claim, question.letter or question.constant
    yield f"{claim.id} ({claim.label}): {size} against {axis_of(question)}, {origin}"
    yield f"  {question.constant} is calibrated at each point; {_others(points)}"
    head = ("point", "lambda_0", f"{size} asked", f"{size} {wanted(points)}ed", question.constant)
    rows = [head, *map(_row, points)]
    wide = [max(len(row[i]) for row in rows) for i in range(len(head))]
    for row in rows:
        yield "  " + "  ".join(cell.rjust(w) for cell, w in zip(row, wide, strict=True))
    for point in points:
        if point.needed is None:
            yield f"  {point.label}: {edge(point.calibration)}"
        if point.note:
            yield f"  {point.label}: {point.note}"
        if point.calibration.stopped:
            yield f"  {point.label}: stopped: {point.calibration.stopped}"
    if ended:
        yield f"  ended at {ended}"
    yield ""
    for which in ("asked", "needed"):
        between = ", ".join(_shown(s) for s in _neighbours(points, which))
        yield f"  exponents between neighbours, {which}: {between or 'none'}"
    yield sentence(question, points)
    yield from _caution(question, points)
    yield (
        f"  {wanted(points)}ed: between a value of the constant that is refuted (for certain, "
        "up to 1e-9 each) and one"
    )
    yield "  that is not refuted at that instance; monotone is assumed between, and tested."
    yield f"  Measured on this grid only. {_spent(points)}"


def _caution(question: Question, points: Sequence[Point]) -> Iterator[str]:
    known = [point for point in points if point.needed is not None]
    down = wanted(points) == "need"
    if question.claim.kind == "probabilistic":
        yield "  A failure rate above the stated one by less than odds 2 may go unrefuted: the edge"
        yield f"  of the statement itself may lie {'above' if down else 'below'} both ends."
    slopes = slope(known[0], known[-1], "asked"), slope(known[0], known[-1], "needed")
    if down and len(known) > 1 and slopes[0] and slopes[1] and slopes[1].low > slopes[0].high:
        below = sum(p.needed is not None and p.needed.high <= p.asked.low for p in known)
        yield (
            "  The edge is steeper than what is asked. On this grid that contradicts nothing: at "
            f"{below} of {len(known)}"
        )
        yield "  points what is asked lies above both ends, and no point beyond them was measured."


def as_json(question: Question, points: Sequence[Point], origin: str, ended: str) -> dict[str, Any]:
    """The report as plain data; a number is [low, high]."""
    return {
        "schema": SCHEMA,
        "claim": question.claim.id,
        "label": question.claim.label,
        "constant": question.constant,
        "quantity": question.letter or question.constant,
        "axis": axis_of(question),
        "data": origin,
        "ended": ended,
        "sentence": sentence(question, points),
        "points": [_point_json(point) for point in points],
        "exponents": {which: _exponents(points, which) for which in ("asked", "needed")},
    }


def complete(points: Sequence[Point]) -> bool:
    """Whether every point has both ends."""
    return all(point.needed is not None for point in points)


def _row(point: Point) -> tuple[str, ...]:
    found = point.calibration
    ends = [p.value for p in (found.refuted, found.kept) if p is not None]
    shown = found.ladder.shown
    constant = f"{shown(min(ends))}..{shown(max(ends))}" if point.needed is not None else "-"
    needed = "-"
    if point.needed is not None:
        needed = f"{_number(point, point.needed.low)}..{_number(point, point.needed.high)}"
    lambda_0 = f"{point.lambda_0.low:.4g}"
    return point.label, lambda_0, _number(point, point.asked.low), needed, constant


def _number(point: Point, value: float) -> str:
    # A width has all its digits: two that differ must not look the same.
    whole = value.is_integer() and abs(value) < _DIGITS
    return f"{value:.0f}" if whole else point.calibration.ladder.shown(value)


def _others(points: Sequence[Point]) -> str:
    """What the instances share besides the data."""
    worst = points[0].calibration.probes[0].worst
    values = {} if worst is None else worst.values
    plain = [f"{k} = {v!r}" for k, v in values.items() if isinstance(v, int | float | str)]
    return f"at {points[0].label}: {', '.join(plain)}" if plain else "nothing else is drawn"


def _neighbours(points: Sequence[Point], which: str) -> list[Approx | None]:
    return [slope(first, second, which) for first, second in pairwise(points)]


def _exponents(points: Sequence[Point], which: str) -> dict[str, Any]:
    known = [point for point in points if point.needed is not None]
    whole = slope(known[0], known[-1], which) if len(known) > 1 else None
    between = [None if s is None else [s.low, s.high] for s in _neighbours(points, which)]
    return {"whole": None if whole is None else [whole.low, whole.high], "between": between}


def _shown(exponent: Approx | None) -> str:
    if exponent is None:
        return "-"
    # Adding 0 turns -0.00 into 0.00.
    low, high = (f"{round(end, 2) + 0.0:.2f}" for end in (exponent.low, exponent.high))
    return low if low == high else f"[{low}, {high}]"


def _spent(points: Sequence[Point]) -> str:
    streams = sum(point.calibration.confirm_opened for point in points)
    cost = sum(point.calibration.cost for point in points)
    seconds = sum(point.calibration.seconds for point in points)
    return f"{streams} confirm streams x 1e-9; cost {cost:.3g} normals, {seconds:.0f} s"


def _point_json(point: Point) -> dict[str, Any]:
    needed = point.needed
    return {
        "label": point.label,
        "place": [point.place.low, point.place.high],
        "lambda_0": [point.lambda_0.low, point.lambda_0.high],
        "asked": [point.asked.low, point.asked.high],
        "needed": None if needed is None else [needed.low, needed.high],
        "note": point.note,
        "calibration": side_json(point.calibration),
    }
