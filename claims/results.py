"""The results of a run as they arrive: rows by claim, and what keeps the run from passing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from claims.case_report import CaseReport
from claims.catalogue import Entry, Unchecked
from verdicts import ErrorBudget

MOST_UNDECIDED = Fraction(1, 4)  # of a paper's claims, in every profile (COURT 4)
NOT_REACHED = "not reached"
NOT_SELECTED = "not selected"


@dataclass(frozen=True, slots=True)
class Decided:
    """A case of the catalogue with what came of it, None if nothing did."""

    entry: Entry
    report: CaseReport | None

    @property
    def outcome(self) -> str:
        """The verdict; a case without one is UNDECIDED."""
        return self.report.outcome if self.report else "UNDECIDED"

    @property
    def reason(self) -> str:
        """The verdict in words; for a case without one, why there is none."""
        if self.report:
            return self.report.reason
        if self.entry.left_out:
            return f"{NOT_SELECTED}: {self.entry.left_out}"
        return NOT_REACHED if self.entry.selected else NOT_SELECTED

    @property
    def passed(self) -> bool:
        """Whether it may pass; a case that was cut off is judged with the whole run."""
        return self.report is None or self.report.passed or is_cut_off(self.report)


@dataclass(frozen=True, slots=True)
class Row:
    """A claim with its mutants."""

    claim: Decided
    mutants: tuple[Decided, ...]

    @property
    def run(self) -> bool:
        """Whether anything of it was decided."""
        return any(case.report is not None for case in (self.claim, *self.mutants))

    @property
    def killed(self) -> int:
        """How many mutants died."""
        return sum(bool(m.report and m.report.killed) for m in self.mutants)

    @property
    def seconds(self) -> float:
        """Time spent on the claim and its mutants."""
        return sum(c.report.seconds for c in (self.claim, *self.mutants) if c.report)


@dataclass(slots=True)
class Results:
    """The catalogue of a run, and the reports that have arrived, in any order.

    Attributes:
        entries: by case, in the order of the files.
        reports: by case.
        unchecked: the statements of these files that no program can check.
        lost: the cases that ended without a report of their own.
    """

    entries: dict[str, Entry] = field(default_factory=dict)
    reports: dict[str, CaseReport] = field(default_factory=dict)
    unchecked: list[Unchecked] = field(default_factory=list)
    lost: set[str] = field(default_factory=set)

    def expect(self, entries: Iterable[Entry], unchecked: Iterable[Unchecked] = ()) -> None:
        """Take the catalogue of the run; the first one stands, every worker has the same."""
        if not self.entries:
            self.entries = {entry.case: entry for entry in entries}
            self.unchecked = [*unchecked]

    def lose(self, case: str, reason: str) -> None:
        """Enter an ERROR for a case that ended without a report, a crashed worker say."""
        entry = self.entries[case]
        self.lost.add(case)
        self.reports[case] = CaseReport(
            case=case,
            claim=entry.claim,
            paper=entry.paper["key"],
            label=entry.label,
            kind=entry.kind,
            outcome="ERROR",
            expected="REFUTED" if entry.mutant else entry.expected,
            passed=False,
            reason=reason,
            killed=False if entry.mutant else None,
            failure_text=reason,
        )

    @property
    def selected(self) -> int:
        """How many cases the run is to decide."""
        return sum(entry.selected for entry in self.entries.values())

    @property
    def tightest(self) -> tuple[float, str] | None:
        """The least worst margin of a claim (mutants are negative on purpose), and its id."""
        margins = [
            (report.worst_margin, report.claim)
            for report in self.reports.values()
            if report.killed is None and report.worst_margin is not None
        ]
        return min(margins, default=None)

    def rows(self) -> list[Row]:
        """A row for every claim of which a case was selected, or left out with a reason."""
        claims: dict[str, list[Decided]] = {}
        for entry in self.entries.values():
            case = Decided(entry, self.reports.get(entry.case))
            claims.setdefault(entry.claim, []).append(case)
        return [
            Row(cases[0], tuple(cases[1:]))
            for cases in claims.values()
            if any(case.entry.selected or case.entry.left_out for case in cases)
        ]

    def error_budget(self) -> ErrorBudget:
        """What the run's random decisions may have got wrong, at most."""
        return ErrorBudget(
            sum(report.confirm_opened for report in self.reports.values()),
            sum(report.supported_instances for report in self.reports.values()),
        )

    def shortfalls(self, *, allow_unfinished: bool) -> list[str]:
        """Why the run as a whole must not pass, though each of its claims may; empty if it may.

        Args:
            allow_unfinished: claims that the budget cut off are no reason.
        """
        cut = [report for report in self.reports.values() if is_cut_off(report)]
        reasons = []
        if cut and not allow_unfinished:
            reasons.append(
                f"the budget cut {len(cut)} claims and mutants off; "
                "give more seconds, or --allow-unfinished"
            )
        ignored = {report.case for report in cut} if allow_unfinished else set()
        return reasons + self._too_undecided(ignored)

    def _too_undecided(self, ignored: set[str]) -> list[str]:
        claims = [entry for entry in self.entries.values() if not entry.mutant]
        # A paper may be several files, of one title.
        names: dict[str, str] = {}
        for entry in claims:
            names.setdefault(entry.paper["title"], entry.paper["key"])
        sizes = Counter(names[entry.paper["title"]] for entry in claims)
        undecided = Counter(
            names[entry.paper["title"]]
            for entry in claims
            if entry.case not in ignored and _is_undecided(self.reports, entry.case)
        )
        return [
            f"{paper}: {count} of {sizes[paper]} claims are UNDECIDED, more than a quarter; "
            "run them with --claims-profile thorough, or choose instances that decide"
            for paper, count in undecided.items()
            if count > MOST_UNDECIDED * sizes[paper]
        ]


def is_cut_off(report: CaseReport) -> bool:
    """Whether the budget ended before the case was decided."""
    return report.unfinished and report.outcome == "UNDECIDED"


def _is_undecided(reports: Mapping[str, CaseReport], case: str) -> bool:
    return case in reports and reports[case].outcome == "UNDECIDED"
