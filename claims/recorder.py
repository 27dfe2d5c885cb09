"""What the reporting process does during a run: take results as they come, show them, keep them."""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from claims import machine
from claims.case_report import CaseReport
from claims.catalogue import Entry, Unchecked, load
from claims.last_run import keep_last
from claims.options import RunOptions
from claims.progress import Progress
from claims.report import report_json, write_atomically
from claims.results import Results, is_cut_off
from claims.table import summary

REPORT_KEY = "claims-report"  # of `report.user_properties`, which xdist carries home


class Recorder:
    """Collects the reports of all workers in the process that the user sees.

    Attributes:
        results: what has arrived.
    """

    def __init__(self, config: pytest.Config, options: RunOptions, deadline: float | None) -> None:
        self.results = Results()
        self._config = config
        self._options = options
        self._deadline = deadline
        self._start = time.monotonic()
        self._workers = 0
        self._folder: Path | None = None
        self._lost: list[str] = []

    def expect(self, entries: list[Entry], unchecked: Iterable[Unchecked]) -> None:
        """Take the catalogue of a run in one process."""
        self.results.expect(entries, unchecked)

    def count_workers(self, number: int) -> None:
        """Take the processes of a cluster for this run's workers."""
        self._workers = number

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Give a worker the common deadline, and a place for its catalogue."""
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="provably-"))
        self._workers += 1
        node.workerinput["claims_deadline"] = self._deadline
        node.workerinput["claims_catalogue"] = str(self._folder / f"{node.gateway.id}.json")

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, node: Any) -> None:
        """Read the catalogue that a worker has written, so that lost claims are known too."""
        path = Path(node.workerinput["claims_catalogue"])
        if path.exists():
            self.results.expect(*load(path))

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep a claim's report; a failure without one is a crash."""
        found = report_in(report)
        if found is not None:
            self.results.reports[found.case] = found
        elif report.failed:
            case = self._case_of(report.nodeid)
            if case is not None and case not in self.results.reports:
                self.results.lose(case, _last_line(report.longreprtext))
        if found is not None and self._live:
            self._reporter.rewrite(self._progress().line(), erase=True)

    def pytest_report_teststatus(
        self, report: pytest.CollectReport | pytest.TestReport
    ) -> tuple[str, str, str | tuple[str, dict[str, bool]]] | None:
        """Letters and words of claims; none where the live line speaks instead."""
        found = report_in(report)
        if found is None:
            return None
        category, letter, word = _status(found, failed=report.failed)
        return (category, "", "") if self._live else (category, letter, word)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Write the report, whatever ended the run, and fail a run that decided too little."""
        if self._config.option.collectonly:
            return
        if session.exitstatus == pytest.ExitCode.OK and self._shortfalls():
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        data = report_json(self.results, self._manifest(), self._config.rootpath)
        if self.results.reports:
            self._lost += filter(None, [keep_last(data)])
        for place, write in self._outputs():
            try:
                write(place, data)
            except OSError as error:
                self._lost.append(f"the report cannot be written to {place}: {error}")
                session.exitstatus = pytest.ExitCode.INTERNAL_ERROR

    def _outputs(self) -> Iterator[tuple[Path, Callable[[Path, Mapping[str, Any]], None]]]:
        if self._options.report is not None:
            yield self._options.report, write_atomically
        if self._options.html is not None:
            yield self._options.html, _write_page

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the table of what was decided."""
        left_out = any(entry.left_out for entry in self.results.entries.values())
        if self._config.option.collectonly or not (self.results.reports or left_out):
            return
        terminalreporter.section("claims")
        reasons = [*self._shortfalls(), *self._lost]
        for line in summary(self.results, self._manifest(), reasons):
            terminalreporter.write_line(line.text, **line.markup)

    def pytest_unconfigure(self) -> None:
        """Remove the workers' catalogues."""
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def _reporter(self) -> Any:
        return self._config.pluginmanager.getplugin("terminalreporter")

    @property
    def _live(self) -> bool:
        reporter = self._reporter
        return (
            reporter is not None
            and bool(getattr(reporter, "isatty", False))
            and self._config.get_verbosity() == 0
            and self._config.option.capture != "no"
        )

    def _case_of(self, nodeid: str) -> str | None:
        node = nodeid.partition("@")[0]
        return next((e.case for e in self.results.entries.values() if e.node == node), None)

    def _shortfalls(self) -> list[str]:
        return self.results.shortfalls(allow_unfinished=self._options.allow_unfinished)

    def _progress(self) -> Progress:
        return Progress(
            done=len(self.results.reports),
            total=self.results.selected,
            tightest=self.results.tightest,
            elapsed=time.monotonic() - self._start,
            budget=self._options.budget,
        )

    def _manifest(self) -> dict[str, Any]:
        return {
            "versions": machine.versions(),
            "device": self._options.device,
            "threads": machine.threads(),
            "profile": self._options.profile,
            "salt": self._options.salt,
            "seconds": round(time.monotonic() - self._start, 3),
            "workers": self._workers,
            "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        }


def report_in(report: pytest.CollectReport | pytest.TestReport) -> CaseReport | None:
    """The case's report that pytest's own carries; None for anything but a decided claim."""
    for name, value in getattr(report, "user_properties", ()):
        if name == REPORT_KEY:
            return CaseReport.from_json(json.loads(value))
    return None


def _write_page(folder: Path, report: Mapping[str, Any]) -> None:
    # Not at the top: the drawing library would slow every run that wants no page.
    import_module("claims.page").write_page(folder, [report])


def _status(report: CaseReport, *, failed: bool) -> tuple[str, str, tuple[str, dict[str, bool]]]:
    word = report.outcome
    if report.killed is not None and report.outcome in ("SUPPORTED", "REFUTED"):
        word = "KILLED" if report.killed else "SURVIVED"
    if failed:
        return "failed", "F", (word, {"red": True})
    if report.outcome == "UNDECIDED" or is_cut_off(report):
        return "undecided", "u", (word, {"yellow": True})
    return "passed", ".", (word, {"green": True})


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "the worker was lost without a word"
