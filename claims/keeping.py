"""A case and the store: what earlier runs found is tried first, what this one finds is kept."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from claims.case import Case
from claims.case_report import CaseReport
from claims.certificates import certified
from claims.counterexample import Witness, document
from claims.search import Looked, Search
from claims.story import kept_text


def recall(search: Search) -> None:
    """Judge the stored counterexamples of a claim that should hold.

    What must be refuted has its witness, and a stored instance would make a second run differ from
    the first. Nor is anything recalled beside a journal: there the same command has to go on where
    it was, whatever it has kept meanwhile.
    """
    store, case = search.options.store, search.case
    if store is None or case.expected == "REFUTED" or search.options.journal is not None:
        return
    for stored in store.recall(case.claim.id, ""):
        try:
            search.try_recalled([stored])
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            store.warnings.append(f"{stored.path}: does not fit the claim any more: {error}")


def keep(search: Search, report: CaseReport) -> CaseReport:
    """Write the counterexample of a refuted case, and put away those that are FIXED.

    Returns:
        The report with the file's name, and with lines for the user.
    """
    store = search.options.store
    if store is None:
        return report
    fixed = [store.fixed(stored, why) for stored, x in search.recalled if (why := _mended(x))]
    refuting, path = search.refuting, None
    if refuting is not None and report.outcome == "REFUTED" and search.case.shrinks:
        path = store.keep(_document(search, refuting))
    notes = (*fixed, *store.warnings)
    store.warnings.clear()
    if path is None:
        return replace(report, notes=notes)
    name = _shown(path)
    text = f"{report.failure_text}\n{kept_text(search.case, name)}" if report.failure_text else ""
    return replace(report, notes=notes, kept=name, failure_text=text)


def witness_of(case: Case, looked: Looked) -> Witness:
    """A refuting instance as a document has it.

    Raises:
        ValueError: the instance was not judged.
    """
    finding, sure = looked.finding, certified(case, looked)
    if finding is None:
        raise ValueError(f"witness_of: {looked.state}; give an instance that was judged")
    return Witness(looked.recipe, finding.margin, finding.sides, sure.certificate, sure.objection)


def _document(search: Search, refuting: Looked) -> dict[str, object]:
    options = search.options
    found = {"smallest": refuting, "worst": _worst(search), "plain": search.plain}
    # Said once: the smallest is the worst where nothing worse was met.
    told = {k: x for k, x in found.items() if x is not None and (k == "smallest" or x != refuting)}
    return document(
        search.case,
        {name: witness_of(search.case, looked) for name, looked in told.items()},
        salt=options.salt,
        hypothesis_seed=options.hypothesis_seed,
        profile=options.profile.name,
    )


def _worst(search: Search) -> Looked | None:
    refuted = [x for x in search.looked.values() if x.counts and x.finding is not None]
    return min(refuted, key=lambda x: x.finding.margin if x.finding else 0.0, default=None)


def _mended(looked: Looked) -> str:
    """Why a stored counterexample is none any more; "" while it may be one."""
    if looked.state == "excluded":
        return f"its premises are no longer met: {looked.objection}"
    if looked.finding is not None and looked.finding.decision == "supported":
        return f"the statement is supported there: {looked.finding.summary}"
    return ""


def _shown(path: Path) -> str:
    """The file as seen from here."""
    here = Path.cwd()
    return path.relative_to(here).as_posix() if path.is_relative_to(here) else str(path)
