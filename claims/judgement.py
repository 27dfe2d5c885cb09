"""From a search to its report: outcome, whether it passes, and the words for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from claims.case import Case
from claims.case_report import CaseReport
from claims.certificates import Certified, certified
from claims.instance import canonical, encode, pasteable
from claims.search import Looked, Search
from claims.story import crash_text, open_text, refutation_text, survivor_text
from verdicts import ErrorBudget, Finding, Outcome, Verdict, conclude
from verdicts import Ledger as CountedPremises
from verdicts.verdict import LEAST_INSTANCES

MOST_MARGINS = 200  # of a case, in its report
_STOPPED = {"budget": "budget", "effort": "the case's cost cap is spent"}


@dataclass(frozen=True, slots=True)
class _Seen:
    """The parts of a search that a report speaks of.

    Attributes:
        findings: of the distinct instances, given or generated, that met all premises.
        refuting: the smallest instance whose refutation counts; None without one.
        crashed: an instance where the claim's code raised.
        worst: the judged instance with the least margin, shrinking included.
        certified: what vouches for the refutation, where a user is shown one; else None.
    """

    findings: list[Finding]
    refuting: Looked | None
    crashed: Looked | None
    worst: Looked | None
    certified: Certified | None


def report_of(search: Search, *, error: str, seconds: float) -> CaseReport:
    """The report of a case, after its search.

    Args:
        search: what was found.
        error: what broke outside of the claim's own code, "" if nothing did.
        seconds: wall-clock time.
    """
    case, ledger = search.case, search.ledger
    seen = _seen(search)
    sure = seen.certified
    verdict = _verdict(search, seen, error)
    killed = None if case.mutant is None else seen.refuting is not None and not _broken(verdict)
    budget = ErrorBudget.of(_judged(search))
    worst = seen.worst.finding if seen.worst else None
    quantiles = [f.quantile_margin for f in seen.findings if f.quantile_margin is not None]
    unfinished = search.spending.stopped == "budget" and verdict.outcome is Outcome.UNDECIDED
    return CaseReport(
        case=case.id,
        claim=case.claim.id,
        paper=case.claim.paper.key,
        label=case.claim.label,
        kind=case.claim.kind,
        outcome=verdict.outcome.value,
        expected=case.expected,
        passed=_passes(search, verdict, killed=killed, unfinished=unfinished),
        reason=_reason(seen, verdict) + _place(case),
        unfinished=unfinished,
        certified=sure.text if sure is not None else "",
        examples=ledger.met,
        discarded=ledger.excluded,
        costly=ledger.costly,
        premises=ledger.to_json(),
        seeds=sum(finding.seeds for finding in seen.findings),
        failures=sum(finding.failures for finding in seen.findings),
        worst_margin=worst.margin if worst else None,
        quantile_margin=min(quantiles, default=None),
        margins=spread(finding.margin for finding in seen.findings),
        worst_instance=seen.worst.recipe if seen.worst else None,
        instance=seen.refuting.recipe if seen.refuting else None,
        paste=pasteable(seen.refuting.values) if seen.refuting else "",
        plain_instance=search.plain.recipe if search.plain else None,
        shrink_stopped=search.spending.shrink_stopped,
        constants={name: _jsonable(value) for name, value in case.constants.items()},
        seconds=seconds,
        cost=search.spending.spent,
        sizes=_sizes(search),
        killed=killed,
        found_by_search=_found(search),
        confirm_opened=search.confirm_opened,
        supported_instances=budget.supported,
        measured=_jsonable(worst.measured) if worst and worst.measured else None,
        failure_text=_words(search, seen, verdict, error, killed=killed),
    )


def spread(margins: Iterable[float]) -> tuple[float, ...]:
    """The margins, sorted; of more than MOST_MARGINS, evenly spaced ranks with both ends."""
    found = sorted(margins)
    if len(found) <= MOST_MARGINS:
        return tuple(found)
    last = len(found) - 1
    return tuple(found[round(k * last / (MOST_MARGINS - 1))] for k in range(MOST_MARGINS))


def _seen(search: Search) -> _Seen:
    by_recipe = {canonical(looked.recipe): looked for looked in search.explicit}
    by_recipe.update(search.generated)
    findings = [looked.finding for looked in by_recipe.values() if looked.finding is not None]
    smallest = search.smallest
    crashed = next((x for x in [smallest, *search.explicit] if x and x.crash is not None), None)
    refuting = search.refuting
    judged = [x for x in search.looked.values() if x.finding is not None]
    worst = min(judged, key=lambda x: x.finding.margin if x.finding else 0.0, default=None)
    if refuting is not None and refuting.finding not in findings and refuting.finding is not None:
        findings.append(refuting.finding)
    shown = refuting is not None and search.case.shrinks
    sure = certified(search.case, refuting) if shown and refuting is not None else None
    return _Seen(findings, refuting, crashed, worst, sure)


def _verdict(search: Search, seen: _Seen, error: str) -> Verdict:
    ledger = search.ledger
    crash = seen.crashed.crash if seen.crashed else None
    return conclude(
        seen.findings,
        CountedPremises(
            draws=ledger.draws,
            met=ledger.met,
            near_edge=ledger.edge,
            premises={name: count.held for name, count in ledger.premises.items()},
            # A domain with instances left out was not seen whole.
            exhausted=search.exhausted and not search.spending.stopped and not ledger.costly,
        ),
        required=search.options.effort.needed,
        edge=search.case.claim.edge,
        stopped=_STOPPED.get(search.spending.stopped, "") or _too_costly(search),
        error=error.strip().rpartition("\n")[2]
        or (f"{crash!r}" if crash else _contradiction(seen)),
    )


def _contradiction(seen: _Seen) -> str:
    """A refutation that the exact model denies is a defect of the checker, not of the claim."""
    sure = seen.certified
    if sure is None or not sure.contradicted:
        return ""
    return f"the floats refute it, the exact model does not: {sure.objection}"


def _reason(seen: _Seen, verdict: Verdict) -> str:
    """The verdict's; a refutation is told by the instance that the report shows."""
    shown = seen.refuting.finding if seen.refuting else None
    refuted = verdict.outcome is Outcome.REFUTED and shown is not None
    return shown.reason if refuted and shown else verdict.reason


def _place(case: Case) -> str:
    return ", at the paper's own width" if case.claim.own_width else ""


def _too_costly(search: Search) -> str:
    """Few instances because of the caps are a matter of effort, not of premises hardly met."""
    ledger = search.ledger
    if ledger.costly <= ledger.excluded or ledger.met >= LEAST_INSTANCES:
        return ""
    drawn = ledger.costly + ledger.draws
    return f"{ledger.costly} of {drawn} instances are too costly for the profile"


def _passes(search: Search, verdict: Verdict, *, killed: bool | None, unfinished: bool) -> bool:
    if killed is not None:
        return killed
    if search.case.expected == "REFUTED":
        return verdict.outcome is Outcome.REFUTED
    strict = unfinished or not search.options.profile.undecided_passes
    return verdict.outcome.passes(strict=strict)


def _words(
    search: Search, seen: _Seen, verdict: Verdict, error: str, *, killed: bool | None
) -> str:
    case: Case = search.case
    outcome = f"{verdict.outcome.value} {verdict.reason}"
    if error and seen.crashed is None:
        return f"{case.id} ({case.claim.label}) cannot be run:\n\n{error}"
    if seen.crashed is not None:
        return crash_text(case, search, seen.crashed)
    if killed and not case.shrinks:
        return ""
    if seen.refuting is not None:
        sure = seen.certified.text if seen.certified is not None else ""
        text = refutation_text(case, search, seen.refuting, worst=seen.worst, certificate=sure)
        against = _contradiction(seen)
        return f"{case.id}: {against}; one of the two is wrong.\n\n{text}" if against else text
    if case.expected == "REFUTED":
        return survivor_text(case, search, outcome)
    if verdict.outcome is Outcome.SUPPORTED:
        return ""
    return open_text(case, search, verdict.outcome.value, verdict.reason)


def _found(search: Search) -> bool | None:
    refuted = search.smallest is not None and search.smallest.counts
    return refuted if refuted or search.case.expected == "REFUTED" else None


def _broken(verdict: Verdict) -> bool:
    return verdict.outcome is Outcome.ERROR


def _judged(search: Search) -> list[Finding]:
    return [looked.finding for looked in search.looked.values() if looked.finding is not None]


def _sizes(search: Search) -> dict[str, int]:
    largest: dict[str, int] = {}
    for looked in search.looked.values():
        if looked.finding is not None:
            for letter, size in looked.visit.sizes.items():
                largest[letter] = max(size, largest.get(letter, 0))
    return largest


def _jsonable(value: Any) -> Any:
    """Data that comes back from JSON as it went in."""
    if isinstance(value, Mapping):
        return {str(key): _jsonable(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [_jsonable(item) for item in value]
    try:
        return encode(value)
    except (TypeError, ValueError):
        return repr(value)
