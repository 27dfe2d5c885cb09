"""What one block of seeds said, apart from how it was found: computed now, or kept by someone.

The court adds blocks up in order. It never asks where a block comes from, so that evidence which
was kept is judged as evidence that was just seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

from verdicts.approx import Floats, Rigor
from verdicts.seeds import Seeds

Role: TypeAlias = Literal["search", "confirm"]


@dataclass(frozen=True, slots=True)
class Counted:
    """What a block of an event's seeds said.

    Attributes:
        rows: seeds of the block.
        failures: rows that certainly fail.
        successes: rows that certainly hold, up to the resolution.
        premise_rows: rows with the premise, for each `implies` of the event; None without one.
        tightest: name, least slack and sides there of each inequality, in the event's order.
        rigor: "proved" if every row is.
        quantile: of the first block, the delta-quantile of the slacks, finite; else None.
    """

    rows: int
    failures: int
    successes: int
    premise_rows: tuple[int, ...] | None
    tightest: tuple[tuple[str, float, str], ...]
    rigor: Rigor
    quantile: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Sampled:
    """What a block of a sample's seeds said.

    Attributes:
        lower, upper: bounds of X, one a seed.
        rigor: "proved" if every row is.
    """

    lower: Floats
    upper: Floats
    rigor: Rigor


class Evidence(Protocol):
    """Blocks of one instance that somebody keeps; the court asks for each before it computes."""

    def reach(self, role: Role, most: int) -> int:
        """Up to how many rows of a stream may be looked at, where the effort allows `most`."""

    def counted(self, role: Role, block: Seeds) -> Counted | None:
        """What this block of an event said; None if it has to be computed."""

    def sampled(self, role: Role, block: Seeds) -> Sampled | None:
        """What this block of a sample said; None if it has to be computed."""

    def keep(self, role: Role, block: Seeds, said: Counted | Sampled) -> None:
        """Take in a block that was computed."""


class Unkept:
    """No evidence is kept: every block is computed, and forgotten when it has been counted."""

    def reach(self, role: Role, most: int) -> int:  # noqa: ARG002  every role
        """As far as the effort allows."""
        return most

    def counted(self, role: Role, block: Seeds) -> None:
        """Nothing is known beforehand."""

    def sampled(self, role: Role, block: Seeds) -> None:
        """Nothing is known beforehand."""

    def keep(self, role: Role, block: Seeds, said: Counted | Sampled) -> None:
        """Nothing is kept."""
