"""Numbers, conclusions and tables in words; and as plain data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import isfinite
from typing import Any

from verdicts import Approx
from workbench.advice.theorem import Applied, Conclusion, Premise

Json = dict[str, Any]
HUGE = 1e300  # what rounding has brought down from infinity is infinite


def number(value: Approx | None) -> str:
    """One number where both ends agree in four digits, else low..high."""
    if value is None:
        return "-"
    low, high = (f"{end:.4g}" if abs(end) < HUGE else "inf" for end in (value.low, value.high))
    return low if low == high else f"{low}..{high}"


def concluded(conclusion: Conclusion | None) -> str:
    """Rate, and steps or time."""
    if conclusion is None or (conclusion.time is not None and conclusion.time.low > HUGE):
        return "-"
    if conclusion.time is not None:
        return f"rate {number(conclusion.rate)}, time {number(conclusion.time)}"
    steps = f"{number(conclusion.steps)} steps"
    return steps if conclusion.shrink is None else f"1 - {number(conclusion.shrink)}, {steps}"


def missed(premise: Premise) -> str:
    """By how much a premise is missed, or how it stands."""
    if premise.found is None:
        return "not given"
    if premise.met is not False:
        return "met" if premise.met else "cannot be told"
    factor = premise.factor
    if factor is None or factor.low > HUGE:
        return "missed" if premise.about != "width" else "missed at every width"
    return f"missed by {number(factor)}"


def rows(head: Sequence[str], body: Sequence[Sequence[str]]) -> Iterator[str]:
    """A table with columns as wide as their longest cell."""
    lines = [list(head), *map(list, body)]
    sizes = [max(len(line[j]) for line in lines) for j in range(len(head))]
    for line in lines:
        cells = (cell.ljust(size) for cell, size in zip(line, sizes, strict=True))
        yield "  ".join(cells).rstrip()


def plain(value: Approx | None) -> list[float | str] | None:
    """An enclosure as [low, high]; JSON has no infinity, which is written "inf"."""
    if value is None:
        return None
    return [end if isfinite(end) else "inf" for end in (value.low, value.high)]


def premise_json(premise: Premise) -> Json:
    """A premise, with its factor."""
    return {
        "name": premise.name,
        "about": premise.about,
        "formula": premise.formula,
        "found": plain(premise.found),
        "relation": premise.relation,
        "asked": plain(premise.asked),
        "met": premise.met,
        "factor": plain(premise.factor),
    }


def applied_json(one: Applied) -> Json:
    """A theorem with all that was found."""
    theorem, conclusion = one.theorem, one.conclusion
    told: Json | None = None
    if conclusion is not None:
        told = {
            "goal": conclusion.goal,
            "eta": conclusion.eta,
            **{
                name: plain(getattr(conclusion, name))
                for name in ("shrink", "steps", "rate", "time")
            },
        }
    names = ("network", "start", "method", "loss", "constants", "says", "hidden", "cost")
    return {
        "paper": theorem.paper,
        "label": theorem.label,
        "claims": list(theorem.claims),
        "kind": theorem.kind,
        **{name: getattr(theorem, name) for name in names},
        "verdict": one.verdict,
        "premises": list(map(premise_json, one.premises)),
        "width_asked": plain(one.width),
        "step_allowed": plain(one.step),
        "conclusion": told,
    }
