"""What a figure of a paper is made of: curves with their enclosures, and orderings to be judged."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from verdicts import Approx, Margin, exactly

Kinship: TypeAlias = Literal["reproduced", "in the manner of", "of a statement"]
Source: TypeAlias = Literal["read", "recalled", "not read"]
Told: TypeAlias = Callable[[float], None]
"""Takes the share of the work that is done, from 0 to 1."""


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """One line of a panel.

    Attributes:
        label: in the legend.
        x: where, increasing.
        y: enclosures, one for each x; drawn as a band or as bars where they can be seen.
        bare: drawn as a thin line without markers: what theory says, beside what was measured.
    """

    label: str
    x: Sequence[float]
    y: Approx
    bare: bool = False

    @classmethod
    def power(cls, label: str, x: Sequence[float], first: float, exponent: float) -> Curve:
        """A bare line that falls as x^(-exponent), from its first value."""
        return cls(label, x, exactly([first * (x[0] / at) ** exponent for at in x]), bare=True)

    @classmethod
    def level(cls, label: str, x: Sequence[float], value: float) -> Curve:
        """A bare line at one height."""
        return cls(label, x, exactly([value] * len(x)), bare=True)


@dataclass(frozen=True, slots=True, eq=False)
class Panel:
    """One pair of axes; labels carry letters and units, `log` is any of "", "x", "y", "xy"."""

    title: str
    x: str
    y: str
    curves: tuple[Curve, ...]
    log: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Ordering:
    """One thing that the figure is said to show, as an inequality.

    Attributes:
        words: the statement.
        margin: the same, for the court.
    """

    words: str
    margin: Margin


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Rows of text under a head."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """A figure that has been computed.

    Attributes:
        title: with the numbers of the setting.
        panels: from left to right.
        orderings: what is judged.
        table: the numbers at the places that the orderings speak of.
        error: where the enclosures come from, in words.
    """

    title: str
    panels: tuple[Panel, ...]
    orderings: tuple[Ordering, ...]
    table: Table
    error: str


@dataclass(frozen=True, slots=True, eq=False)
class Figure:
    """A figure that can be drawn.

    Attributes:
        name: "du2019.figure_1".
        paper: authors, short title and source.
        shows: what the paper's figure shows, or what is measured where the paper has none.
        here: what differs here.
        kinship: "reproduced" where data and setting are the paper's; "in the manner of" where it
            is a figure of the paper on other data; "of a statement" where the figure is ours.
        source: how we know what the paper shows: its text was "read", is "recalled", or "not read".
        draw: computes it; takes `small` and a function that is told how far it is.
    """

    name: str
    paper: str
    shows: str
    here: str
    kinship: Kinship
    source: Source
    draw: Callable[[bool, Told], Drawn]
