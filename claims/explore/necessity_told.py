"""Premises and their witnesses in words and as plain data."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from claims.claim import Claim
from claims.explore.necessity import Attempt, PremiseTrial
from claims.instance import pasteable
from claims.search import Looked

SCHEMA = 1


def premise_lines(trial: PremiseTrial) -> Iterator[str]:
    """One premise, line by line."""
    place = f"of the strategy of {trial.place}" if trial.place else "of the body"
    yield f"{trial.status}  {trial.name!r}, {place}: {_told(trial)}"
    shown = trial.shown
    if shown is not None and shown.refuting is not None:
        yield f"  dropped {shown.how}"
        yield f"  witness={pasteable(shown.refuting.values)}"
        yield f"  {_reason(shown.refuting)}; {shown.certificate}"
        return
    yield from (f"  tried {_failed(attempt)}" for attempt in trial.attempts)


def closing(claim: Claim, trials: Sequence[PremiseTrial]) -> str:
    """How many of each."""
    counts: Counter[str] = Counter(trial.status for trial in trials)
    told = ", ".join(
        f"{counts[status]} {words}"
        for status, words in (
            ("NEEDED", "shown to be needed"),
            ("NOT SHOWN", "not shown to be needed"),
            ("NOT REACHED", "not reached in the time"),
            ("NO WAY", "that nothing here breaks alone"),
        )
        if counts[status]
    )
    plural = "" if len(trials) == 1 else "s"
    return f"{claim.id} ({claim.label}): {len(trials)} named premise{plural}, {told}"


def as_json(claim: Claim, trials: Sequence[PremiseTrial]) -> dict[str, Any]:
    """The report as plain data."""
    return {
        "schema": SCHEMA,
        "claim": claim.id,
        "label": claim.label,
        "premises": [_premise_json(trial) for trial in trials],
    }


def _premise_json(trial: PremiseTrial) -> dict[str, Any]:
    shown = trial.shown
    return {
        "name": trial.name,
        "place": trial.place or "body",
        "status": trial.status,
        "cut": trial.late,
        "witness": None if shown is None else _witness(shown),
        "attempts": [
            {"how": a.how, "alone": a.alone, "outcome": a.outcome, "crash": a.crash}
            for a in trial.attempts
        ],
    }


def _witness(shown: Attempt) -> dict[str, Any]:
    looked = shown.refuting
    if looked is None or looked.finding is None:
        return {}
    margin = looked.finding.margin
    return {
        "instance": looked.recipe,
        "paste": pasteable(looked.values),
        "reason": looked.finding.reason,
        "margin": margin if math.isfinite(margin) else str(margin),
        "certificate": shown.certificate,
    }


def _told(trial: PremiseTrial) -> str:
    alone = sum(attempt.alone for attempt in trial.attempts)
    if trial.status == "NEEDED":
        return "the statement is false without it"
    if trial.status == "NOT SHOWN":
        if not alone:
            return "the statement cannot be evaluated without it"
        late = ", in the time there was (--seconds)" if trial.late else ""
        return f"{alone} instances break it alone{late}, and none shows that it is needed"
    if trial.status == "NOT REACHED":
        return "the time was up before an instance that breaks it alone was judged (--seconds)"
    if trial.attempts:
        return "no instance was found that breaks it alone; it may follow from the others"
    return "no strategy is known here that breaks it alone"


def _reason(looked: Looked) -> str:
    finding = looked.finding
    return "" if finding is None else f"{finding.reason}, margin {finding.margin:.4g}"


def _failed(attempt: Attempt) -> str:
    crash = f"; the statement cannot be evaluated there: {attempt.crash}" if attempt.crash else ""
    return f"{attempt.how}: {attempt.alone} instances break it alone, {attempt.outcome}{crash}"
