"""Deciding E X == value and E X <= value, to a resolution, by capitals on two streams."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np

from verdicts.approx import Approx, Floats, Rigor
from verdicts.evidence import Evidence, Role, Sampled, Unkept
from verdicts.finding import (
    LOG_REFUTE,
    LOG_SCREEN,
    LOG_SUPPORT,
    Decision,
    Effort,
    Finding,
    clipped,
    evidence_text,
)
from verdicts.hands import Hands, OwnHands, sampled_part, work_on
from verdicts.means import CatoniCapital, ShareCapital, mean_at_least
from verdicts.rows import blocks
from verdicts.seeds import Seeds, Streams
from verdicts.statement import Expectation


@dataclass(slots=True)
class _Side:
    """A capital that bets on large X, or (sign = -1) on small X."""

    sign: int
    capital: CatoniCapital | ShareCapital

    def add(self, lower: Floats, upper: Floats) -> None:
        self.capital.add(lower if self.sign > 0 else -upper)


def _refuting(statement: Expectation) -> list[_Side]:
    value, variance = statement.value, statement.variance_at_most
    if variance is None:
        return [_Side(1, ShareCapital(value.high))] if value.high > 0 else []
    sides = [_Side(1, CatoniCapital(value.high, variance))]
    if statement.relation == "==":
        sides.append(_Side(-1, CatoniCapital(-value.low, variance)))
    return sides


def _supporting(statement: Expectation) -> list[_Side]:
    value, variance = statement.value, statement.variance_at_most
    if variance is None:
        return []
    slack = statement.resolution * statement.scale
    sides = [_Side(-1, CatoniCapital(-(value.low + slack), variance))]
    if statement.relation == "==":
        sides.append(_Side(1, CatoniCapital(value.high - slack, variance)))
    return sides


@dataclass(slots=True)
class _Account:
    """What one stream has said so far."""

    statement: Expectation
    effort: Effort
    role: Role
    evidence: Evidence
    hands: Hands
    against: list[_Side]
    favour: list[_Side]
    lower: Floats = field(default_factory=lambda: np.zeros(0))
    upper: Floats = field(default_factory=lambda: np.zeros(0))
    rigor: Rigor = "proved"
    steer: float = 0.0

    @property
    def log_e(self) -> float:
        """Evidence against the statement: the mean capital of its sides."""
        if not self.against:
            return 0.0
        sides = [side.capital.log_e for side in self.against]
        return float(np.logaddexp.reduce(sides)) - math.log(len(sides))

    @property
    def supported(self) -> bool:
        # Only one of "too large" and "too small" can be true, so each side may use the whole error.
        evidence = [side.capital.log_e for side in self.favour]
        return bool(evidence) and min(evidence) >= LOG_SUPPORT

    @property
    def impossible(self) -> bool:
        """A sample is certainly negative although betting rests on X >= 0."""
        return self.statement.variance_at_most is None and bool((self.upper < 0).any())

    def looks(self, streams: Streams, most: int) -> Iterator[None]:
        """Takes in block after block, computed or kept; each end of a block is a look."""
        stream = streams.seeds(self.role, 0, 1)
        for block in blocks(stream, most, self.statement.cost, self.effort):
            said = self.evidence.sampled(self.role, block)
            if said is None:
                said = self._computed(block, most)
                self.evidence.keep(self.role, block, said)
            for side in self.against + self.favour:
                side.add(said.lower, said.upper)
            self.lower = np.concatenate([self.lower, said.lower])
            self.upper = np.concatenate([self.upper, said.upper])
            if said.rigor != "proved":
                self.rigor = "estimated"
            if block.first == 0:
                self.steer = _steer(self.statement, self.mean)
            yield

    def _computed(self, block: Seeds, most: int) -> Sampled:
        compute = partial(sampled_part, self.statement)
        work = work_on(self.statement, self.effort, self.role, block, most, compute)
        parts = self.hands.compute(work)
        proved = all(part.rigor == "proved" for part in parts)
        return Sampled(
            np.concatenate([part.lower for part in parts]),
            np.concatenate([part.upper for part in parts]),
            "proved" if proved else "estimated",
        )

    @property
    def mean(self) -> float:
        """The mean of the samples' middles, each clipped to be finite."""
        largest = 1e300
        middles = np.clip(self.lower, -largest, largest) / 2
        return float((middles + np.clip(self.upper, -largest, largest) / 2).mean())

    def bounds(self) -> tuple[float, float]:
        """Confidence bounds of E X, each of them with error 1e-6."""
        variance = self.statement.variance_at_most
        if variance is None:
            return (-math.inf, math.inf)
        low = mean_at_least(self.lower, variance, LOG_SUPPORT)
        return low, -mean_at_least(-self.upper, variance, LOG_SUPPORT)

    def finding(self, decision: Decision, reason: str) -> Finding:
        statement = self.statement
        low, high = self.bounds()
        rows = len(self.lower)
        value = statement.value
        summary = (
            f"expectation in [{low:.4g}, {high:.4g}] (stated {statement.relation} "
            f"{_middle(value):.4g}, resolution {statement.resolution * statement.scale:.2g})"
        )
        above = high - value.low
        beside = max(above, value.high - low) if statement.relation == "==" else above
        return Finding(
            decision,
            reason or summary,
            summary,
            -beside / statement.scale,
            self.steer,
            seeds=rows,
            rigor=self.rigor,
            sides=f"mean {self.mean:.6g} {statement.relation} {_middle(value):.6g}",
            measured={"mean": self.mean, "low": low, "high": high, "rows": rows},
            cost=rows * statement.cost,
        )


def judge_expectation(
    statement: Expectation,
    streams: Streams,
    effort: Effort,
    evidence: Evidence | None = None,
    hands: Hands | None = None,
) -> Finding:
    """Searches; where the search stream suspects a refutation, confirms it on a fresh stream."""
    search = _opened(statement, effort, "search", evidence or Unkept(), hands or OwnHands())
    for _ in search.looks(streams, min(_most(search), effort.seeds)):
        if search.impossible:
            return search.finding("undecided", _IMPOSSIBLE)
        if search.log_e >= LOG_SCREEN:
            return _confirmed(search, streams)
        if search.supported:
            return search.finding("supported", "")
    return search.finding("undecided", "" if search.favour else _UNBOUNDED)


_UNBOUNDED = (
    "no variance bound: betting on X >= 0 can refute, but a rare large X could always hide; "
    "give variance_at_most"
)
_IMPOSSIBLE = (
    "a sample is certainly negative, and without a variance bound betting rests on X >= 0; "
    "give variance_at_most"
)


def _opened(
    statement: Expectation, effort: Effort, role: Role, evidence: Evidence, hands: Hands
) -> _Account:
    sides = _refuting(statement), _supporting(statement)
    return _Account(statement, effort, role, evidence, hands, *sides)


def _confirmed(search: _Account, streams: Streams) -> Finding:
    fresh = _opened(search.statement, search.effort, "confirm", search.evidence, search.hands)
    refuted = False
    for _ in fresh.looks(streams, _most(fresh)):
        refuted = fresh.log_e >= LOG_REFUTE and not fresh.impossible
        if refuted or fresh.impossible:
            break
    relation = {"==": "differs from", "<=": "exceeds"}[search.statement.relation]
    reason = (
        f"the expectation {relation} {_middle(search.statement.value):.6g}: "
        f"{'' if refuted else 'suspected but not '}confirmed by {len(fresh.lower)} rows of a fresh "
        f"stream with mean {fresh.mean:.6g} (e = {evidence_text(fresh.log_e)})"
    )
    finding = fresh.finding("refuted" if refuted else "undecided", reason)
    return replace(
        finding,
        steer=search.steer,
        seeds=finding.seeds + len(search.lower),
        cost=finding.cost + len(search.lower) * search.statement.cost,
        confirm_opened=True,
    )


def _most(account: _Account) -> int:
    effort = account.effort
    return account.evidence.reach(account.role, effort.mean_blocks * effort.block)


def _steer(statement: Expectation, mean: float) -> float:
    slack = _middle(statement.value) - mean
    return clipped((slack if statement.relation == "<=" else -abs(slack)) / statement.scale)


def _middle(value: Approx) -> float:
    return value.low / 2 + value.high / 2
