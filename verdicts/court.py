"""The court: one statement at one instance in, one finding out."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from verdicts.evidence import Evidence
from verdicts.expectation import judge_expectation
from verdicts.finding import Effort, Finding, clipped, rounded_down
from verdicts.hands import Hands
from verdicts.margin import RESOLUTION, Margin
from verdicts.probability import judge_probability
from verdicts.proof import Proof
from verdicts.rates import growth
from verdicts.rows import Tally
from verdicts.seeds import Streams
from verdicts.statement import Expectation, SecantExponent, Statement, WithProbability


def judge(
    statement: Statement,
    streams: Streams,
    effort: Effort,
    evidence: Evidence | None = None,
    hands: Hands | None = None,
) -> Finding:
    """Decides a statement at one instance; depends on neither batch sizes, worker nor device.

    Args:
        statement: what the claim returned.
        streams: the instance's streams; nobody may have looked at its confirm stream.
        effort: how much may be spent.
        evidence: blocks of the two streams that somebody keeps; None computes all of them.
        hands: who computes the others; None does it here, one part after another.

    Returns:
        Finding; "refuted" and "supported" by the rules of the court, else "undecided".

    Raises:
        TypeError: not a statement.
        ValueError: a margin without rows, or an event that returns the wrong number of them.
    """
    match statement:
        case Margin():
            return judge_margin(statement)
        case WithProbability():
            return judge_probability(statement, streams, effort, evidence, hands)
        case Expectation():
            return judge_expectation(statement, streams, effort, evidence, hands)
        case SecantExponent():
            return _judge_growth(statement)
    raise TypeError(
        f"judge: {type(statement).__name__} is not a statement; return a Margin, or what "
        "with_probability, expectation_equal, expectation_at_most or secant_exponent give"
    )


def judge_margin(margin: Margin) -> Finding:
    """Refuted if any row certainly fails, supported if every row certainly holds.

    Raises:
        ValueError: the margin has no rows.
    """
    if margin.slack.lower.size == 0:
        raise ValueError("judge: the margin has no rows; nothing was compared")
    tally = Tally()
    tally.add(margin)
    least = tally.least_premise_rows
    vacuous = tally.failures == 0 and least == 0
    worst = float(margin.slack.upper.min() if tally.failures else margin.slack.lower.min())
    summary = f"margin >= {rounded_down(worst)}{_resolved(margin)}"
    finding = Finding(
        "undecided",
        f"the enclosure of {tally.undecided} of {tally.rows} rows contains 0",
        summary,
        worst,
        clipped(float(margin.slack.upper.min())),
        failures=tally.failures,
        undecided_rows=tally.undecided,
        premise_rows=least,
        vacuous=vacuous,
        rigor=margin.rigor,
        tightest=tally.tightest.name,
        sides=tally.tightest.sides,
    )
    if tally.failures:
        reason = f"{tally.failures} of {tally.rows} rows certainly fail: {finding.sides}"
        return replace(finding, decision="refuted", reason=reason, proof=_proof_of(margin))
    if vacuous:
        return replace(finding, reason="the premise is met in no row")
    if tally.undecided == 0:
        return replace(finding, decision="supported", reason=summary)
    return finding


def _resolved(margin: Margin) -> str:
    """How far below 0 counts as rounding, where that is more than usual."""
    coarsest = max(leaf.resolution for leaf in margin.leaves())
    return f", to a resolution of {coarsest:g}" if coarsest > RESOLUTION else ""


def _proof_of(margin: Margin) -> Proof | None:
    """The proof of the tightest inequality that certainly fails and has one."""
    failing = [leaf for leaf in margin.leaves() if leaf.proof is not None and leaf.refuted.all()]
    tightest = min(failing, key=lambda leaf: float(leaf.slack.upper.min()), default=None)
    return tightest.proof if tightest is not None else None


def _judge_growth(statement: SecantExponent) -> Finding:
    found = growth(statement)
    measured: Mapping[str, Any] = found.measured()
    low, high = measured["exponent"]
    text = f"exponent in [{low:.4g}, {high:.4g}] over [{found.grid[0]:g}, {found.grid[-1]:g}]"
    if found.bound is None:
        reason = f"{text}: measured, and decided only with a constant and an exponent"
        # Nothing is compared, so no margin is short.
        return Finding(
            "undecided",
            reason,
            text,
            math.inf,
            clipped(math.inf),
            rigor=found.rigor,
            measured=measured,
        )
    finding = judge_margin(found.bound)
    return replace(finding, reason=f"{finding.reason}; {text}", measured=measured)
