"""What the seeds of one cell said, and what may be concluded of its probability."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

from scipy.stats import beta

from claims.errors import PremiseNotMetError
from verdicts import Effort, Margin, Seeds, WithProbability
from verdicts.coins import log_e_above
from verdicts.finding import LOG_REFUTE
from verdicts.rows import Tally, evaluated, parts
from workbench.phase.plan import BrokenError, Plan, Point

BLOCK = 64  # seeds of a look
_LONGEST = 300  # letters that are kept of what a claim raises


@dataclass(frozen=True, slots=True)
class Counts:
    """The rows of a cell so far; those of more seeds are added.

    Attributes:
        first, rows: seeds first, ..., first + rows - 1; a statement without chance has one row.
        failures, successes: rows that certainly fail, that certainly hold; others are undecided.
        premise: rows where the premise of the claim's own implication is certainly met; None
            where it has none.
        guarded: certain failures of the claim with its premise inside; None where that is what
            the failures are.
        stated: the probability that the claim states; None without chance.
        margin: enclosure of the slack of a statement without chance.
        unmet: name of the premise that this instance does not meet.
        broken: what the claim's code raised.
    """

    first: int = 0
    rows: int = 0
    failures: int = 0
    successes: int = 0
    premise: int | None = None
    guarded: int | None = None
    stated: float | None = None
    margin: tuple[float, float] | None = None
    unmet: str = ""
    broken: str = ""

    @property
    def undecided(self) -> int:
        """Rows that are neither."""
        return self.rows - self.failures - self.successes

    @property
    def closed(self) -> bool:
        """Whether more seeds would say no more."""
        return bool(self.unmet or self.broken or self.margin is not None)

    @property
    def estimate(self) -> float | None:
        """Share of successes, an undecided row counting half; None without rows."""
        return (self.successes + self.undecided / 2) / self.rows if self.rows else None

    @property
    def premise_missed(self) -> bool:
        """Whether the premise is missed, or met in fewer than half of the rows."""
        return bool(self.unmet) or (self.premise is not None and 2 * self.premise < self.rows)

    def interval(self, level: float) -> tuple[float, float]:
        """Clopper and Pearson's interval of the success probability.

        An undecided row may be either: its lower end is that with all of them failures, its upper
        end that with all of them successes.

        Args:
            level: of confidence, in (0, 1), for this cell alone.
        """
        if not self.rows:
            return 0.0, 1.0
        tail, most = (1 - level) / 2, self.successes + self.undecided
        low = beta.ppf(tail, self.successes, self.rows - self.successes + 1)
        high = beta.ppf(1 - tail, most + 1, self.rows - most)
        return (float(low) if self.successes else 0.0), (float(high) if self.failures else 1.0)

    def contradicts(self) -> bool:
        """Whether certain failures refute the claim, at an error of 1e-9 for one such look."""
        failures = self.failures if self.guarded is None else self.guarded
        if self.stated is None:
            return failures > 0
        return log_e_above(failures, self.rows, 1 - self.stated) >= LOG_REFUTE

    def plus(self, more: Counts) -> Counts:
        """These rows and the seeds after them."""
        return replace(
            more,
            first=self.first,
            rows=self.rows + more.rows,
            failures=self.failures + more.failures,
            successes=self.successes + more.successes,
            premise=_sum(self.premise, more.premise) if self.rows else more.premise,
            guarded=_sum(self.guarded, more.guarded) if self.rows else more.guarded,
        )


def judged(plan: Plan, cell: tuple[int, int], first: int, count: int) -> Counts:
    """What seeds first, ..., first + count - 1 of a cell say.

    Raises:
        ValueError: a value does not fit the claim, or it cannot be drawn: as for `measure`.
    """
    try:
        point = plan.point(*cell)
    except PremiseNotMetError as error:
        return Counts(unmet=error.name)
    except BrokenError as error:
        return Counts(broken=str(error)[:_LONGEST])
    return measure(point, plan.part, first, count)


def measure(point: Point, part: str, first: int, count: int) -> Counts:
    """Judge the claim at a cell's instance, on seeds first, ..., first + count - 1.

    What the claim's code raises is part of the map: there the claim says nothing.

    Raises:
        ValueError: the claim has no such part, or states neither an inequality nor a probability.
    """
    try:
        statement = point.statement()
        if isinstance(statement, Margin):
            return _certain(_part(statement, part))
        if not isinstance(statement, WithProbability):
            kind = type(statement).__name__
            raise WrongKindError(f"{point.case.id}: a map of {kind} is none; choose a probability")
        seeds = point.streams.seeds("phase", first, count)
        tally = _tally(statement, seeds, part)
        found = Counts(first, count, tally.failures, tally.successes, tally.least_premise_rows)
        found = replace(found, stated=statement.probability)
        if point.guarded is None:
            return found
        guarded = point.statement(guarded=True)
        if isinstance(guarded, WithProbability):
            tally = _tally(guarded, seeds, part)
    except PremiseNotMetError as error:
        return Counts(unmet=error.name)
    except WrongKindError:
        raise
    except Exception as error:  # far from its strategies a claim may raise anything
        return Counts(broken=f"{type(error).__name__}: {error}"[:_LONGEST])
    return replace(found, premise=tally.least_premise_rows, guarded=tally.failures)


class WrongKindError(ValueError):
    """The claim, or its part, cannot be drawn at all."""


def _tally(statement: WithProbability, seeds: Seeds, part: str) -> Tally:
    tally = Tally()
    for few in parts(seeds, statement.floats_per_seed, statement.cost, Effort()):
        tally.add(_part(evaluated(statement.event, Margin, few), part))
    return tally


def _certain(margin: Margin) -> Counts:
    tally = Tally()
    tally.add(margin)
    fails, holds = bool(tally.failures), tally.successes == tally.rows
    low, high = float(margin.slack.lower.min()), float(margin.slack.upper.min())
    if tally.least_premise_rows == 0 and not fails:
        return Counts(unmet="the premise of the implication")
    return Counts(0, 1, int(fails), int(holds and not fails), margin=(low, high))


def _part(margin: Margin, name: str) -> Margin:
    if not name:
        return margin
    for part in margin.parts:
        if part.name == name:
            return part
    names = ", ".join(part.name for part in margin.parts) or "no parts"
    raise WrongKindError(f"--part: there is no {name}; the claim has {names}")


def _sum(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else one + other


def to_line(counts: Counts, cell: tuple[int, int]) -> dict[str, Any]:
    """A line of the journal; an infinite margin is a word."""
    told: dict[str, Any] = {"cell": list(cell), "first": counts.first}
    for name in ("rows", "failures", "successes", "premise", "guarded", "stated"):
        told[name] = getattr(counts, name)
    if counts.margin is not None:
        told["margin"] = [x if math.isfinite(x) else str(x) for x in counts.margin]
    return told | {k: v for k in ("unmet", "broken") if (v := getattr(counts, k))}


def from_line(told: dict[str, Any]) -> tuple[tuple[int, int], Counts]:
    """The cell and the counts of a line.

    Raises:
        ValueError, KeyError, TypeError: it is no such line.
    """
    given = dict(told)
    i, j = given.pop("cell")
    if given.get("margin") is not None:
        low, high = given["margin"]
        given["margin"] = (float(low), float(high))
    counts = Counts(**given)
    if not (isinstance(i, int) and isinstance(j, int) and counts.undecided >= 0):
        raise ValueError(f"cell={told['cell']}, rows={counts.rows}; the line is not ours")
    return (i, j), counts
