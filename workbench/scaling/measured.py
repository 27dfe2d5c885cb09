"""What the theorem asks for and what the data need, at one point of a grid after the other."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from certify import lambda_min
from claims.claim import Claim
from claims.explore.asking import bench_of, plan_of
from claims.explore.bench import Values
from claims.explore.calibration import Calibration, calibrated, hinted_sides
from claims.explore.ladder import Side
from claims.explore.quantity import sizes_at
from models import Dataset, H_inf
from verdicts import Approx, exactly

_WINDOW = "lambda_0 >= "  # premises that strategies carry to keep instances affordable


@dataclass(frozen=True, slots=True, eq=False)
class Point:
    """One point of the grid.

    Attributes:
        place: the number on the axis, n or 1/delta or 1/lambda_0, enclosed.
        label: of the point, "n=4".
        lambda_0: of its data.
        asked: the quantity at the true constant.
        needed: the quantity between the refuted and the standing value; None without both.
        calibration: of the constant at this instance.
        note: what is to be known about it; "" if nothing.
    """

    place: Approx
    label: str
    lambda_0: Approx
    asked: Approx
    needed: Approx | None
    calibration: Calibration
    note: str


@dataclass(frozen=True, slots=True)
class Question:
    """What is measured.

    Attributes:
        claim, constant: the claim, and the constant that is calibrated.
        letter: of the size asked for, "m"; "" for the constant itself.
        asked: the request, for effort and digits.
    """

    claim: Claim
    constant: str
    letter: str
    asked: Mapping[str, Any]


def measured(
    question: Question, points: Sequence[tuple[str, Callable[[Dataset], Approx], Values]]
) -> Iterator[Point]:
    """Calibrate at each instance.

    Args:
        question: what.
        points: label, place on the axis as a function of the data, and instance.

    Raises:
        ValueError: at a point the data miss a premise that is more than a bound of lambda_0, or
            the claim itself does not stand, or cannot be judged within the cap.
    """
    for label, place, values in points:
        note = _note(question.claim, values)
        if _forbidden(note):
            raise ValueError(f"{note}; give other data")
        data = next(value for value in values.values() if isinstance(value, Dataset))
        lambda_0 = lambda_min(H_inf(data.x))
        found = _calibrated(question, values)
        yield Point(
            place(data),
            label,
            lambda_0,
            _size(question, found, found.ladder.true, values),
            _needed(question, found, values),
            found,
            note,
        )


def slope(first: Point, last: Point, which: str) -> Approx | None:
    """The secant exponent between two points, enclosed; None where one is not known.

    Args:
        first: a point.
        last: another one.
        which: "asked" or "needed".
    """
    a, b = getattr(first, which), getattr(last, which)
    if a is None or b is None or not (a.low > 0 and b.low > 0):
        return None
    run = last.place.log() - first.place.log()
    return None if run.low <= 0 <= run.high else (b.log() - a.log()) / run


def _calibrated(question: Question, values: Values) -> Calibration:
    asked = question.asked
    bench = bench_of(question.claim, asked, own=True)
    plan = plan_of(asked, hunts=0)
    # A width is calibrated from below: more of it costs more, and refutes less.
    sides: list[Side] = [asked["direction"]] if asked["direction"] else []
    if not sides:
        sides = ["down"] if question.letter else hinted_sides(question.claim, question.constant)
    whole = isinstance(question.claim.constants[question.constant], int)
    return calibrated(
        bench,
        question.constant,
        [values],
        plan=plan,
        whole=whole,
        sides=sides,
    )[0]


def _needed(question: Question, found: Calibration, values: Values) -> Approx | None:
    if found.refuted is None or found.kept is None or found.exceptions:
        return None
    refuted = _size(question, found, found.refuted.value, values).low
    kept = _size(question, found, found.kept.value, values).low
    if kept == refuted:
        # Two values that round to one width are one experiment: it is refuted, and more is needed.
        stood = [p.value for p in found.probes if p.outcome in ("supported", "open")]
        sizes = [_size(question, found, value, values).low for value in stood]
        kept = min((size for size in sizes if size > refuted), default=math.inf)
    ends = sorted((refuted, kept))
    return Approx(ends[0], ends[1], "estimated") if kept < math.inf else None


def _size(question: Question, found: Calibration, value: float, values: Values) -> Approx:
    if not question.letter:
        return exactly(abs(value))
    try:
        setting = {question.constant: found.ladder.typed(value)}
        return exactly(float(sizes_at(question.claim, setting, values)[question.letter]))
    except Exception as error:  # whatever the claim's own code raises at that value
        raise ValueError(
            f"{question.letter} is not told at {question.constant}={value:g}: {error!r}; give "
            "another --quantity or --constant"
        ) from error


def _note(claim: Claim, values: Values) -> str:
    """Premises of the claim's strategies that the instance misses."""
    missed = [
        name
        for parameter, strategy in claim.for_all.items()
        for name, holds in getattr(strategy, "premises", {}).items()
        if not holds(values[parameter])
    ]
    return f"outside of what the claim's strategies draw: {', '.join(missed)}" if missed else ""


def _forbidden(note: str) -> bool:
    """Whether a premise is missed that is more than a bound of lambda_0."""
    names = note.partition(": ")[2].split(", ") if note else []
    return any(not name.startswith(_WINDOW) for name in names)
