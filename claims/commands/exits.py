"""Exit codes of `python -m claims`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from claims.results import NOT_SELECTED

FINE, REFUTED, UNDECIDED, COULD_NOT_RUN = 0, 1, 2, 3

_BY_OUTCOME = {"UNDECIDED": UNDECIDED, "ERROR": COULD_NOT_RUN}


def exit_code(report: Mapping[str, Any], pytest_code: int) -> int:
    """The exit code of a check.

    A refutation, a survivor or a vacuous claim is a finding and comes first; then whatever could
    not run; then what stayed open.

    Args:
        report: the JSON report of the run.
        pytest_code: how pytest itself ended.
    """
    claims = report["claims"]
    codes = {_claim_code(claim) for claim in claims if not claim["reason"].startswith(NOT_SELECTED)}
    if REFUTED in codes or any(m["killed"] is False for claim in claims for m in claim["mutants"]):
        return REFUTED
    if COULD_NOT_RUN in codes or not claims:
        return COULD_NOT_RUN
    if UNDECIDED in codes:
        return UNDECIDED
    return FINE if pytest_code == 0 else COULD_NOT_RUN


def _claim_code(claim: Mapping[str, Any]) -> int:
    outcome = claim["outcome"]
    return FINE if outcome == claim["expected"] else _BY_OUTCOME.get(outcome, REFUTED)
