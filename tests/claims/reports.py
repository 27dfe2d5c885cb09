"""Reports of cases as they might come from a run, for tests of what is made of them."""

from typing import Any

from claims.case_report import CaseReport
from claims.catalogue import Entry
from claims.results import Results

PAPER = {"key": "toys", "title": "On toys", "authors": "A. Author", "source": "arXiv:2401.00001v1"}
MANIFEST = {
    "versions": {"python": "3.11", "torch": "2.13.0", "hypothesis": "6.170"},
    "device": "cpu",
    "threads": 1,
    "profile": "quick",
    "salt": 0,
    "seconds": 1.5,
    "workers": 0,
}


def entry(name: str, mutant: str = "", **more: Any) -> Entry:
    case = f"toys.{name}" + (f"[{mutant}]" if mutant else "")
    fields: dict[str, Any] = {
        "case": case,
        "claim": f"toys.{name}",
        "node": case.replace("toys.", "toys.py::"),
        "paper": PAPER,
        "label": "Lemma 1",
        "kind": "deterministic",
        "expected": "SUPPORTED",
        "statement": "Every n is below n + 1.\n\nn <= n + 1",
        "mutant": mutant,
        "selected": True,
    }
    return Entry(**{**fields, **more})


def report(of: Entry, outcome: str = "SUPPORTED", **more: Any) -> CaseReport:
    fields: dict[str, Any] = {
        "case": of.case,
        "claim": of.claim,
        "paper": PAPER["key"],
        "label": of.label,
        "kind": of.kind,
        "outcome": outcome,
        "expected": "REFUTED" if of.mutant else of.expected,
        "passed": True,
        "reason": "on 40 instances, failure rate <= 0.18 (stated 0.1)",
        "killed": outcome == "REFUTED" if of.mutant else None,
    }
    return CaseReport(**{**fields, **more})


def results(*pairs: tuple[Entry, CaseReport | None]) -> Results:
    found = Results()
    found.expect(entry for entry, _ in pairs)
    found.reports = {r.case: r for _, r in reversed(pairs) if r is not None}
    return found
