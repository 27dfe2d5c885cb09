"""The machine-readable report of a run, and writing it so that no half of one is ever seen."""

from __future__ import annotations

import json
import math
import os
import tempfile
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from claims.results import Decided, Results, Row, is_cut_off

SCHEMA = 1


def report_json(
    results: Results, manifest: Mapping[str, Any], root: Path | None = None
) -> dict[str, Any]:
    """The report of DESIGN 7: claims in file order, mutants inside their claim.

    Args:
        results: what has been decided so far.
        manifest: versions, device, threads, profile, salt, seconds, workers.
        root: the run's root, from which files are named; None for the current directory.
    """
    base = root or Path.cwd()
    budget = results.error_budget()
    return {
        "schema": SCHEMA,
        "manifest": dict(manifest),
        "error_budget": {
            "confirm_streams": budget.confirm_streams,
            "supported_instances": budget.supported,
            "total": budget.total,
        },
        "claims": [_claim_json(row, base) for row in results.rows()],
        "not_executable": [asdict(entry) for entry in results.unchecked],
    }


def _claim_json(row: Row, root: Path) -> dict[str, Any]:
    entry, report = row.claim.entry, row.claim.report
    return {
        **_verdict_json(row.claim),
        "mutants": [_mutant_json(mutant, root) for mutant in row.mutants],
        "depends_on": list(entry.depends_on),
        "statement": entry.statement,
        "tex": entry.tex,
        "where": entry.where,
        "because": entry.because,
        "text": entry.text,
        "bound": entry.bound,
        "regime": entry.regime,
        "topics": list(entry.topics),
        "own_width": entry.own_width,
        "sizes": dict(report.sizes) if report else {},
        "cost": report.cost if report else 0.0,
        "quantile_margin": _finite(report.quantile_margin) if report else None,
        "margins": [_finite(margin) for margin in report.margins] if report else [],
        **_found(row.claim, root),
    }


def _verdict_json(claim: Decided) -> dict[str, Any]:
    entry, report = claim.entry, claim.report
    return {
        "id": entry.claim,
        "paper": dict(entry.paper),
        "label": entry.label,
        "kind": entry.kind,
        "outcome": claim.outcome,
        "expected": entry.expected,
        "reason": claim.reason,
        "certified": report.certified if report else "",
        "examples": report.examples if report else 0,
        "discarded": report.discarded if report else 0,
        "premises": dict(report.premises) if report else {},
        "seeds": report.seeds if report else 0,
        "failures": report.failures if report else 0,
        "worst_margin": _finite(report.worst_margin) if report else None,
        "instance": _instance(claim),
        "constants": dict(report.constants) if report else dict(entry.constants),
        "seconds": report.seconds if report else 0.0,
    }


def _mutant_json(mutant: Decided, root: Path) -> dict[str, Any]:
    entry, report = mutant.entry, mutant.report
    # One that was not run, was cut off, or crashed has neither died nor survived: null.
    undecided = report is None or is_cut_off(report) or report.outcome == "ERROR"
    return {
        "setting": dict(entry.setting),
        "because": entry.because,
        "erratum": entry.erratum,
        "killed": None if undecided or report is None else report.killed,
        "margin": _finite(report.worst_margin) if report else None,
        "instance": _instance(mutant),
        "name": entry.mutant,
        "where": entry.where,
        "outcome": mutant.outcome,
        "reason": mutant.reason,
        **_found(mutant, root),
    }


def _found(case: Decided, root: Path) -> dict[str, Any]:
    """The counterexample's file and its instance as code; "" without them."""
    report = case.report
    kept = Path(report.kept).absolute() if report and report.kept else None
    if kept is not None and kept.is_relative_to(root):
        kept = kept.relative_to(root)
    return {
        "counterexample": kept.as_posix() if kept else "",
        "paste": report.paste if report else "",
    }


def _instance(case: Decided) -> Any:
    # The refuting instance where there is one, else the one that came nearest to refuting.
    report = case.report
    if report is None:
        return None
    return report.instance if report.instance is not None else report.worst_instance


def _finite(margin: float | None) -> float | str | None:
    # JSON has no infinity; the words keep apart what a null would merge.
    return str(margin) if margin is not None and math.isinf(margin) else margin


def write_atomically(path: Path, data: Mapping[str, Any]) -> None:
    """Write JSON so that a reader sees the old file or the whole new one, never a part.

    Raises:
        OSError: the folder cannot be written.
        ValueError: the data hold a NaN or an infinity.
    """
    write_text_atomically(
        path, json.dumps(data, indent=2, allow_nan=False, ensure_ascii=False) + "\n"
    )


def write_text_atomically(path: Path, text: str) -> None:
    """The same for any text.

    Raises:
        OSError: the folder cannot be written.
    """
    handle, trial = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        Path(trial).chmod(0o666 & ~_umask())
        Path(trial).replace(path)
    except BaseException:
        Path(trial).unlink(missing_ok=True)
        raise


def _umask() -> int:
    # Reading the mask means setting it; a report is as readable as any file the user makes.
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
