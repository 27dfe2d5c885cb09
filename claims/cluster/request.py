"""A case as text for another machine, and its answer taken in at home."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from claims.case import Case
from claims.case_report import CaseReport
from claims.cluster.house import house_code
from claims.journal import Journal, Use
from claims.journal.pages import claim_in
from claims.run import Options
from claims.store import Stored


class RefusedWorkError(Exception):
    """A worker would not run a case; the message is a line."""


def source_of(file: str) -> str:
    """The text of a claims file."""
    return Path(file).read_text(encoding="utf-8")


def request_of(case: Case, options: Options, source: str) -> str:
    """The case and all that its run depends on, as JSON.

    Args:
        case: the case.
        options: of this run, as they are at home.
        source: text of the case's claims file, as it was when it was collected.
    """
    file = Path(case.claim.file).resolve()
    return json.dumps(
        {
            "house": house_code(),
            "folder": str(Path.cwd()),
            "file": str(file),
            "source": source,
            "module": case.claim.module,
            "case": case.id,
            "options": {
                "profile": options.profile.name,
                "device": options.device,
                "salt": options.salt,
                "hypothesis_seed": options.hypothesis_seed,
                "examples": options.examples,
                "seeds": options.seeds,
                "shrink_seconds": options.shrink_seconds,
                "remembers": options.database is not None,
            },
            "seconds_left": None
            if options.deadline is None
            else options.deadline - time.monotonic(),
            "store": _packed(case, options),
            "journal": _known(case, options.journal),
        }
    )


def taken_home(told: Mapping[str, Any], case: Case, options: Options) -> CaseReport:
    """The report of a case; its counterexamples and its evidence are kept here.

    Args:
        told: the answer of `claims.cluster.task.run_case`, read.
        case: which was sent out.
        options: of this run.

    Raises:
        RefusedWorkError: the worker did not run it.
        JournalError: the journal cannot be written.
    """
    if "refused" in told:
        raise RefusedWorkError(told["refused"])
    report = CaseReport.from_json(told["report"])
    journal, store = options.journal, options.store
    if journal is not None:
        there = set(journal.pages.lines(case.claim.id))
        for line in map(str.encode, told["lines"]):
            if line not in there:  # a claim and its mutants may have met the same instances
                journal.pages.add(claim_in(line), line)
        journal.pages.settle()
        journal.use = Use(**told["use"])
    if store is None:
        return report
    for document in told["new"]:
        store.keep(document)
    known = {str(stored.path): stored for stored in _recalled(case, options)}
    fixed = [store.fixed(known[path], why) for path, why in told["mended"] if path in known]
    notes = (*fixed, *filter(None, report.notes), *store.warnings)
    store.warnings.clear()
    return replace(report, notes=notes)


def _recalled(case: Case, options: Options) -> list[Stored]:
    wanted = case.expected == "SUPPORTED" and options.journal is None
    if options.store is None or not wanted:
        return []
    return options.store.recall(case.claim.id, "")


def _packed(case: Case, options: Options) -> dict[str, Any] | None:
    if options.store is None:
        return None
    known = [{**asdict(stored), "path": str(stored.path)} for stored in _recalled(case, options)]
    return {"folder": str(options.store.folder), "known": known}


def _known(case: Case, journal: Journal | None) -> dict[str, Any] | None:
    if journal is None:
        return None
    lines = [line.decode("ascii", "replace") for line in journal.pages.lines(case.claim.id)]
    return {"night": journal.night, "lines": lines}
