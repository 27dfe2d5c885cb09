"""Deciding P(event) >= probability: two capitals on a search stream, one on a confirm stream."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np

from verdicts.coins import least_rows, log_e_above, log_e_below, rate_bound, tolerated
from verdicts.evidence import Counted, Evidence, Role, Unkept
from verdicts.finding import (
    LEAST_PREMISE_ROWS,
    LOG_REFUTE,
    LOG_SCREEN,
    LOG_SUPPORT,
    Decision,
    Effort,
    Finding,
    clipped,
    evidence_text,
    rounded_up,
    too_few,
)
from verdicts.hands import Hands, OwnHands, counted_part, work_on
from verdicts.rows import Tally, blocks
from verdicts.seeds import Seeds, Streams
from verdicts.statement import WithProbability


@dataclass(slots=True)
class _Account:
    """What one stream has said so far."""

    statement: WithProbability
    effort: Effort
    role: Role
    evidence: Evidence
    hands: Hands
    tally: Tally = field(default_factory=Tally)
    quantile: float = 0.0

    @property
    def delta(self) -> float:
        return 1 - self.statement.probability

    @property
    def log_e(self) -> float:
        """Evidence against the statement, from certain failures only."""
        return log_e_above(self.tally.failures, self.tally.rows, self.delta)

    @property
    def doubtful(self) -> int:
        """Rows that are not certain successes: all of them may be failures."""
        return self.tally.rows - self.tally.successes

    @property
    def vacuous(self) -> bool:
        met = self.tally.least_premise_rows
        return met is not None and met < LEAST_PREMISE_ROWS

    @property
    def supported(self) -> bool:
        evidence = log_e_below(self.doubtful, self.tally.rows, tolerated(self.delta))
        return evidence >= LOG_SUPPORT and not self.vacuous

    def looks(self, streams: Streams, most: int) -> Iterator[None]:
        """Takes in block after block, computed or kept; each end of a block is a look."""
        stream = streams.seeds(self.role, 0, 1)
        for block in blocks(stream, most, self.statement.cost, self.effort):
            said = self.evidence.counted(self.role, block)
            if said is None:
                said = self._computed(block, most)
                self.evidence.keep(self.role, block, said)
            self.tally.take(said)
            if said.quantile is not None:
                self.quantile = said.quantile
            yield

    def _computed(self, block: Seeds, most: int) -> Counted:
        compute = partial(counted_part, self.statement)
        work = work_on(self.statement, self.effort, self.role, block, most, compute)
        tally, parts = Tally(), self.hands.compute(work)
        for part in parts:
            tally.take(part.said)
        if block.first > 0:
            return tally.said(None)
        # An order statistic: to interpolate with an infinite row would mean nothing.
        upper = np.concatenate([part.upper for part in parts])
        margins = np.clip(upper, clipped(-np.inf), clipped(np.inf))
        return tally.said(float(np.quantile(margins, self.delta, method="lower")))

    def finding(self, decision: Decision, reason: str) -> Finding:
        tally = self.tally
        bound = rate_bound(self.doubtful, tally.rows, LOG_SUPPORT)
        summary = f"failure rate <= {rounded_up(bound)} (stated {self.delta:.6g})"
        if self.statement.each:
            summary += f", {tally.successes} of {tally.rows} {self.statement.each} obey"
        return Finding(
            decision,
            reason or f"{summary}; {self._counts()}",
            summary,
            (self.delta - bound) / self.delta,
            self.quantile,
            quantile_margin=self.quantile,
            seeds=tally.rows,
            failures=tally.failures,
            undecided_rows=tally.undecided,
            premise_rows=tally.least_premise_rows,
            vacuous=self.vacuous and decision != "refuted",
            rigor=tally.rigor,
            tightest=tally.tightest.name,
            sides=tally.tightest.sides,
            cost=tally.rows * self.statement.cost,
        )

    def _counts(self) -> str:
        tally = self.tally
        text = f"{tally.failures} of {tally.rows} rows fail"
        if tally.undecided:
            text += f", {tally.undecided} undecided"
        if self.vacuous and tally.least_premise_rows is not None:
            text += f"; {too_few(tally.least_premise_rows)}"
        needed = least_rows(self.delta, LOG_SUPPORT)
        return text if tally.rows >= needed else f"{text}, and at least {needed} are needed"


def judge_probability(
    statement: WithProbability,
    streams: Streams,
    effort: Effort,
    evidence: Evidence | None = None,
    hands: Hands | None = None,
) -> Finding:
    """Searches; where the search stream suspects a refutation, confirms it on a fresh stream."""
    search = _Account(statement, effort, "search", evidence or Unkept(), hands or OwnHands())
    most = search.evidence.reach("search", effort.search_blocks * effort.block)
    for _ in search.looks(streams, min(most, effort.seeds)):
        if search.log_e >= LOG_SCREEN:
            return _confirmed(search, streams)
        if search.supported:
            return search.finding("supported", "")
    return search.finding("undecided", "")


def _confirmed(search: _Account, streams: Streams) -> Finding:
    fresh = _Account(search.statement, search.effort, "confirm", search.evidence, search.hands)
    most = fresh.evidence.reach("confirm", fresh.effort.confirm_blocks * fresh.effort.block)
    for _ in fresh.looks(streams, most):
        if fresh.log_e >= LOG_REFUTE:
            break
    refuted = fresh.log_e >= LOG_REFUTE
    reason = (
        f"failure rate > {search.delta:.6g} is {'' if refuted else 'suspected but not '}confirmed: "
        f"{fresh.tally.failures} of {fresh.tally.rows} rows fail on a fresh stream "
        f"(e = {evidence_text(fresh.log_e)}), after {search.tally.failures} of "
        f"{search.tally.rows} on the search stream"
    )
    finding = fresh.finding("refuted" if refuted else "undecided", reason)
    return replace(
        finding,
        steer=search.quantile,
        quantile_margin=search.quantile,
        seeds=finding.seeds + search.tally.rows,
        cost=finding.cost + search.tally.rows * search.statement.cost,
        confirm_opened=True,
    )
