"""What the papers ask for on one data set, side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import inf, isfinite

from verdicts import Approx
from workbench.advice.facts import Facts
from workbench.advice.theorem import Applied
from workbench.advice.words import HUGE, Json, applied_json, concluded, number, plain, rows


@dataclass(frozen=True, slots=True)
class Rival:
    """A convergence theorem on the data.

    Attributes:
        applied: its width, step and conclusion, at the largest step it allows.
        cost: width times n, d and steps (m^2 n steps for implicit networks): multiplications up to
            a constant; None for flows, or if not known.
        missing: the premises on data and labels that do not certainly hold.
    """

    applied: Applied
    cost: Approx | None
    missing: tuple[str, ...]

    @property
    def width(self) -> Approx | None:
        """What it asks for."""
        return self.applied.width

    @property
    def word(self) -> str:
        """Why there is no number to print as its width; "" where there is one."""
        if self.width is not None and self.width.high == 1:
            return "any"
        if self.applied.theorem.hidden:
            return "hidden" if self.applied.theorem.constants == "hidden" else "of the start"
        if self.width is None:
            return "labels unfit"
        return "none is enough" if self.width.low > HUGE else ""


def rivals(found: Sequence[Applied], facts: Facts) -> tuple[Rival, ...]:
    """The convergence theorems, the least width first, those without one last."""
    told = [
        Rival(one, _cost(one, facts), _missing(one))
        for one in found
        if one.theorem.kind == "convergence"
    ]
    return tuple(sorted(told, key=_width))


def _width(rival: Rival) -> float:
    return inf if rival.width is None or rival.applied.theorem.hidden else rival.width.high


def _missing(one: Applied) -> tuple[str, ...]:
    return tuple(p.name for p in one.premises if p.about in ("data", "labels") and not p.met)


def _cost(one: Applied, facts: Facts) -> Approx | None:
    steps = None if one.conclusion is None else one.conclusion.steps
    if one.width is None or steps is None or not isfinite(one.width.low):
        return None
    if one.theorem.cost == "m n d":
        return one.width * float(facts.n * facts.d) * steps
    return one.width**2 * float(facts.n) * steps


def as_text(found: Sequence[Rival], width: int | None) -> Iterator[str]:
    """The table, and a note on each row."""
    head = ["paper", "theorem", "width asked", "step allowed", "would give, to 1 %"]
    head += ["cost", "data missed"]
    if width is not None:
        head.insert(3, f"over m = {width}")
    yield from rows(head, [_line(rival, width) for rival in found])
    yield ""
    yield (
        "cost: width times n d steps (m^2 n steps of an implicit network), multiplications up to a "
        "constant; flows have no steps, and their times are no steps either"
    )
    yield "What is compared, and to which goal:"
    yield from map(_note, found)


def _line(rival: Rival, width: int | None) -> list[str]:
    one = rival.applied
    line = [
        one.theorem.paper,
        one.theorem.label,
        rival.word or number(one.width),
        number(one.step),
        concluded(one.conclusion),
        number(rival.cost),
        ", ".join(rival.missing) or "-",
    ]
    if width is not None:
        over = None if rival.word or one.width is None else one.width / float(width)
        line.insert(3, number(over))
    return line


def _note(rival: Rival) -> str:
    theorem, conclusion = rival.applied.theorem, rival.applied.conclusion
    parts = [theorem.network, theorem.start, f"{theorem.method}, {theorem.loss} loss"]
    if conclusion is not None:
        parts[-1] += f", to {conclusion.goal}"
    parts.append(f"constants {theorem.constants}")
    if theorem.hidden:
        parts.append(f"not known: {theorem.hidden}")
    return f"  {theorem.id}: {'; '.join(parts)}"


def as_json(found: Sequence[Rival]) -> list[Json]:
    """The same as plain data."""
    return [
        {
            **applied_json(rival.applied),
            "total_cost": plain(rival.cost),
            "data_missed": list(rival.missing),
        }
        for rival in found
    ]
