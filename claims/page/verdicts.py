"""Verdicts as a reader sees them: a word and a shape, never a colour alone."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from claims.page.markup import Html, element
from claims.reading import is_decided


@dataclass(frozen=True, slots=True)
class Mark:
    """How a verdict is shown.

    Attributes:
        key: of its style, "supported".
        word: what it says.
        glyph: its shape in a text.
        good: True as it must be, False where a run fails, None for neither.
    """

    key: str
    word: str
    glyph: str
    good: bool | None


SUPPORTED = Mark("supported", "SUPPORTED", "\u2713", good=True)
FALSE_IN_PRINT = Mark("printed", "REFUTED, as it must be", "\u2297", good=True)
REFUTED = Mark("refuted", "REFUTED", "\u2716", good=False)
NOT_REFUTED = Mark("standing", "NOT REFUTED, but should be", "\u2716", good=False)
UNDECIDED = Mark("undecided", "UNDECIDED", "?", good=None)
VACUOUS = Mark("vacuous", "VACUOUS", "\u2205", good=False)
ERROR = Mark("error", "ERROR", "!", good=False)
NOT_RUN = Mark("unrun", "NOT RUN", "\u2013", good=None)
MARKS = (
    *(SUPPORTED, FALSE_IN_PRINT, UNDECIDED, NOT_RUN),
    *(REFUTED, NOT_REFUTED, VACUOUS, ERROR),
)

_RATE = re.compile(r"failure rate <= (\S+) \(stated ([^\s,)]+)")


def mark_of(claim: Mapping[str, Any]) -> Mark:
    """The mark of a claim's verdict, given what was expected."""
    outcome = claim["outcome"]
    if not is_decided(claim):
        return NOT_RUN
    if outcome == "REFUTED":
        return FALSE_IN_PRINT if claim["expected"] == "REFUTED" else REFUTED
    if outcome == "SUPPORTED" and claim["expected"] == "REFUTED":
        return NOT_REFUTED
    by_word = {"SUPPORTED": SUPPORTED, "UNDECIDED": UNDECIDED, "VACUOUS": VACUOUS}
    return by_word.get(outcome, ERROR)


def badge(mark: Mark) -> Html:
    """The mark as an element: shape and word."""
    shape = element("span", mark.glyph, class_="glyph", aria_hidden="true")
    return element("span", shape, Html(" "), mark.word, class_=f"mark {mark.key}")


def evidence(claim: Mapping[str, Any]) -> str:
    """The verdict's evidence, as the terminal has it behind the word."""
    return str(claim["reason"])


def number(value: float | None) -> str:
    """A signed margin with three digits; the last step of an outward rounding to 0 is 0."""
    if value is None:
        return "-"
    return f"{0.0 if abs(value) < sys.float_info.min else value:+.3g}"  # no -0


def slack_words(claim: Mapping[str, Any]) -> str:
    """A claim's slack in few letters: its margin, or the failure rate beside the stated one."""
    rate = _RATE.search(str(claim["reason"]))
    if rate is not None:
        return f"{rate.group(1)} of {rate.group(2)}"
    return number(claim["worst_margin"])


def slack(claim: Mapping[str, Any]) -> float | None:
    """The slack that a drawing shades, None where there is none that compares with others.

    Of a probability it is the quantile of its margins. An expectation has none: its margin says how
    narrow the evidence is, and every one that is supported ends just above minus its resolution.
    """
    fields = {"deterministic": "worst_margin", "probabilistic": "quantile_margin"}
    field = fields.get(claim["kind"])
    value: float | None = claim[field] if field else None
    return value
