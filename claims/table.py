"""The table at the end of a run: one row a claim, then what needs a reader's eye."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from claims.case_report import CaseReport
from claims.results import Decided, Results, Row, is_cut_off

LETTERS = ("n", "d", "m", "steps")
HEADERS = ("claim", "verdict", "margin", "mutants", "largest n d m steps", "seconds")
WIDEST_VERDICT = 72
_COLOURS = {"SUPPORTED": "green", "UNDECIDED": "yellow"}


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text and pytest's markup for it, {"red": True} say."""

    text: str
    markup: Mapping[str, bool] = field(default_factory=dict)


def summary(results: Results, manifest: Mapping[str, Any], shortfalls: Sequence[str]) -> list[Line]:
    """Everything that is printed after a run.

    Args:
        results: what was decided; rows without any verdict are left out.
        manifest: as in the JSON report.
        shortfalls: why the run as a whole fails, if it does.
    """
    known = results.rows()
    rows = [row for row in known if row.run]
    left = results.selected - len(results.reports)
    lines = [
        *table(rows),
        *_section("at the paper's own width", _at_own_width(rows)),
        *_section("errata and refuted claims, with their witnesses", _errata(rows)),
        *_section("stored counterexamples", _notes(rows)),
        *_section("mutants that survive", _survivors(rows), red=True),
        *_section("vacuous", _with_outcome(rows, "VACUOUS"), red=True),
        *_section("undecided", _with_outcome(rows, "UNDECIDED")),
        *_section("errors", _with_outcome(rows, "ERROR"), red=True),
        *_section("not selected", _left_out(known)),
        Line(""),
        Line(f"error budget: {results.error_budget()}"),
        Line(machine_line(manifest)),
    ]
    if left > 0:
        lines.append(Line(f"{left} claims and mutants were not reached", {"yellow": True}))
    return lines + [Line(reason, {"red": True}) for reason in shortfalls]


def table(rows: Sequence[Row]) -> list[Line]:
    """The claims by paper, in columns as wide as their texts."""
    texts = [_cells(row) for row in rows]
    widths = [max(map(len, column)) for column in zip(HEADERS, *texts, strict=True)]
    lines = [Line(_joined(HEADERS, widths), {"bold": True})]
    paper = ""
    for row, cells in zip(rows, texts, strict=True):
        told = row.claim.entry.paper
        if told["key"] != paper:
            paper = told["key"]
            lines.append(Line(f"{told['authors']}: {told['title']} ({told['source']})"))
        lines.append(Line(_joined(cells, widths), _markup(row)))
    return lines


def machine_line(manifest: Mapping[str, Any]) -> str:
    """Profile, device, threads and versions in one line."""
    versions = manifest["versions"]
    shown = ", ".join(f"{name} {versions[name]}" for name in ("python", "torch", "hypothesis"))
    return (
        f"profile {manifest['profile']}, salt {manifest['salt']}, device {manifest['device']}, "
        f"{manifest['workers'] or 'no'} workers, threads per process {manifest['threads']}, {shown}"
    )


def _cells(row: Row) -> tuple[str, ...]:
    report = row.claim.report
    selected = [m for m in row.mutants if m.entry.selected]
    return (
        row.claim.entry.claim,
        _verdict(row.claim),
        _number(report.worst_margin if report else None),
        f"{row.killed}/{len(selected)}" if selected else "-",
        _sizes(report),
        f"{row.seconds:.1f}",
    )


def _verdict(case: Decided) -> str:
    if case.report is None:
        return case.reason
    text = _told(case)
    if case.entry.expected == "REFUTED":
        text = (
            f"{text} (as it must be)" if case.outcome == "REFUTED" else f"{text} (expected REFUTED)"
        )
    # The sections below give the reasons in full.
    return text if len(text) <= WIDEST_VERDICT else f"{text[: WIDEST_VERDICT - 3]}..."


def _number(margin: float | None) -> str:
    if margin is None:
        return "-"
    return f"{margin:+.2g}" if math.isfinite(margin) else str(margin)


def _sizes(report: CaseReport | None) -> str:
    found = report.sizes if report else {}
    return " ".join(str(found.get(letter, "-")) for letter in LETTERS)


def _markup(row: Row) -> dict[str, bool]:
    cases = (row.claim, *row.mutants)
    if not all(case.passed for case in cases):
        return {"red": True}
    if row.claim.report is None:
        return {}
    if row.claim.entry.expected == row.claim.outcome:
        return {"green": True}
    return {"yellow": True}


def _joined(cells: Sequence[str], widths: Sequence[int]) -> str:
    # Words to the left, the two numbers (margin and seconds) to the right.
    aligned = [
        text.rjust(width) if HEADERS[i] in ("margin", "seconds") else text.ljust(width)
        for i, (text, width) in enumerate(zip(cells, widths, strict=True))
    ]
    return "  ".join(aligned).rstrip()


def _section(title: str, lines: Iterable[str], *, red: bool = False) -> list[Line]:
    found = list(lines)
    if not found:
        return []
    markup = {"red": True} if red else {}
    return [Line(""), Line(f"{title}:", {"bold": True, **markup}), *map(Line, found)]


def _all(rows: Iterable[Row]) -> Iterator[Decided]:
    for row in rows:
        yield row.claim
        yield from row.mutants


def _at_own_width(rows: Sequence[Row]) -> Iterator[str]:
    for row in rows:
        if row.claim.entry.own_width and row.claim.report is not None:
            widest = row.claim.report.sizes.get("m", "unknown")
            yield f"  {row.claim.entry.case} (largest m = {widest}): {_told(row.claim)}"


def _left_out(rows: Sequence[Row]) -> Iterator[str]:
    for row in rows:
        if row.claim.entry.left_out:
            yield f"  {row.claim.entry.case}: {row.claim.entry.left_out}"


def _told(case: Decided) -> str:
    return f"{case.outcome} {case.reason}".strip()


def _errata(rows: Sequence[Row]) -> Iterator[str]:
    for case in _all(rows):
        entry, report = case.entry, case.report
        printed = entry.erratum or (not entry.mutant and entry.expected == "REFUTED")
        if not printed or report is None or report.outcome != "REFUTED":
            continue
        place = f", {entry.where}" if entry.where else ""
        yield f"  {entry.case} ({entry.label}{place})"
        yield f"    printed: {_setting(entry.setting) or _first_line(entry.statement)}"
        yield f"    is false: {entry.because}"
        yield f"    witness: {report.paste or report.instance}, {report.reason}"
        yield f"    {report.certified}{f'; {report.kept}' if report.kept else ''}"


def _notes(rows: Sequence[Row]) -> Iterator[str]:
    noted = (note for case in _all(rows) if case.report for note in case.report.notes)
    yield from (f"  {note}" for note in dict.fromkeys(noted))


def _survivors(rows: Sequence[Row]) -> Iterator[str]:
    for case in _all(rows):
        report = case.report
        if report is None or report.killed is not False or is_cut_off(report):
            continue
        if report.outcome == "ERROR":
            continue  # told below
        yield f"  {case.entry.case}: {case.outcome} {case.reason}"
        yield f"    should be refuted: {case.entry.because}"


def _with_outcome(rows: Sequence[Row], outcome: str) -> Iterator[str]:
    for case in _all(rows):
        if case.report is None or case.outcome != outcome:
            continue
        if case.entry.mutant and outcome != "ERROR" and not is_cut_off(case.report):
            continue  # a survivor, told above
        yield f"  {case.entry.case}: {case.reason}"
        for name, counts in case.report.premises.items() if outcome == "VACUOUS" else ():
            yield f"    premise {name!r}: held {counts['held']}, failed {counts['failed']}"


def _setting(setting: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={value}" for name, value in setting.items())


def _first_line(text: str) -> str:
    return text.partition("\n")[0]
