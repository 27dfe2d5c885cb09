"""The premise ledger: how often each premise was met, and how near its edge."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TypeAlias

from claims.errors import PremiseNotMetError
from verdicts import Margin, Proof

NEAR_THE_EDGE = 0.1  # a premise met with at most this slack stands on its edge (COURT 6)

Counts: TypeAlias = dict[str, float | int | None]


@dataclass(slots=True)
class PremiseCount:
    """One premise over the distinct instances of a search.

    Attributes:
        held, failed: instances where it was certainly met, and where it was not.
        nearest: the least slack among those that met it; inf if none did.
    """

    held: int = 0
    failed: int = 0
    nearest: float = math.inf


@dataclass(slots=True)
class Visit:
    """What one evaluation of a claim's body said about its premises and sizes.

    Attributes:
        dropped: a premise that a mutant drops: noted, not enforced.
        met: slack of every premise that was certainly met, by name.
        failed: names of the premises that were not, in order.
        sizes: what `reached` was told.
        proofs: for every inequality of a premise that was met, what proves it; None without.
    """

    dropped: str = ""
    met: dict[str, float] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)
    sizes: dict[str, int] = field(default_factory=dict)
    proofs: dict[str, Proof | None] = field(default_factory=dict)

    @property
    def on_the_edge(self) -> bool:
        """Whether a premise was met with hardly any slack."""
        return any(slack <= NEAR_THE_EDGE for slack in self.met.values())


@dataclass(slots=True)
class Ledger:
    """Distinct instances of the generating phase, and what became of them.

    Attributes:
        met: instances that met all premises.
        excluded: instances that did not meet one.
        costly: instances above the cost cap; not drawn, so no premise failure either.
        edge: instances that met all, one of them with at most 10 % to spare.
        premises: counts by name, in order of appearance.
    """

    met: int = 0
    excluded: int = 0
    costly: int = 0
    edge: int = 0
    premises: dict[str, PremiseCount] = field(default_factory=dict)

    @property
    def draws(self) -> int:
        """Distinct instances that were not too costly."""
        return self.met + self.excluded

    def enter(self, visit: Visit, *, met: bool, built_in: Sequence[str] = ()) -> None:
        """Count one distinct instance; premises built into its strategies hold by construction."""
        self.met += met
        self.excluded += not met
        self.edge += met and visit.on_the_edge
        for name in built_in:
            self.premises.setdefault(name, PremiseCount()).held += 1
        for name, slack in visit.met.items():
            count = self.premises.setdefault(name, PremiseCount())
            count.held += 1
            count.nearest = min(count.nearest, slack)
        for name in visit.failed:
            self.premises.setdefault(name, PremiseCount()).failed += 1

    def to_json(self) -> dict[str, Counts]:
        """The counts by premise; `nearest` is null where the premise never held."""
        return {
            name: {
                "held": count.held,
                "failed": count.failed,
                "nearest": count.nearest if math.isfinite(count.nearest) else None,
            }
            for name, count in self.premises.items()
        }


_visit: ContextVar[Visit | None] = ContextVar("visit", default=None)


@contextmanager
def visiting(dropped: str = "") -> Iterator[Visit]:
    """Collect the premises and sizes of the one evaluation inside."""
    visit = Visit(dropped)
    token = _visit.set(visit)
    try:
        yield visit
    finally:
        _visit.reset(token)


def assume_premise(name: str, margin: Margin) -> None:
    """State a premise that no strategy can build in; the instance counts only if it is met.

    A premise whose enclosure touches 0 counts as not met. Inside a run the ledger keeps how often
    it was met and how near the edge.

    Args:
        name: the premise in the paper's words, the same at every instance.
        margin: its signed slack, made by `at_least`, `at_most` or `every`.

    Raises:
        PremiseNotMetError: the premise is not certainly met (the runner discards the instance).
    """
    slack = float(margin.slack.lower.min())
    visit = _visit.get()
    if slack > 0:
        if visit is not None:
            visit.met[name] = min(slack, visit.met.get(name, math.inf))
            for leaf in margin.leaves():
                visit.proofs[f"{name}: {leaf.name}" if margin.parts else name] = leaf.proof
        return
    if visit is not None and name not in visit.failed:
        visit.failed.append(name)
    if visit is None or visit.dropped != name:
        raise PremiseNotMetError(name, repr(slack))


def reached(**letters: int) -> None:
    """Tell the report how large the instance is where the claim computes it: `reached(m=m)`."""
    visit = _visit.get()
    if visit is not None:
        for letter, size in letters.items():
            visit.sizes[letter] = max(int(size), visit.sizes.get(letter, 0))
