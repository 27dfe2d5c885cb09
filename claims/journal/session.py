"""The journal of a run of pytest: opened before anything is judged, told of at the end."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

import pytest

from claims.journal.journal import Journal, Use
from claims.journal.merging import survey
from claims.journal.pages import JournalError, JournalFile
from claims.journal.record import Record
from claims.results import Results, is_cut_off
from claims.run import Options

USE_KEY = "claims-journal"  # of `report.user_properties`, which xdist carries home
NIGHT_KEY = "claims_night"  # of a worker's input


class Keeper:
    """What the reporting process does with the journal of a run.

    Attributes:
        journal: its own, for cases that are judged in this process.
    """

    def __init__(
        self, path: Path, run: Options, night: int | Literal["next"] | None, results: Results
    ) -> None:
        """Open the journal, whole and sound.

        Args:
            path: of the file; a new one is begun if there is none.
            run: salt, device and effort.
            night: the number of its search, "next" for one that goes on, None to read.
            results: what has arrived, when the run ends.

        Raises:
            JournalError: the file is no journal, is damaged, or cannot be written.
        """
        self._path, self._run, self._results = path, run, results
        self._file = JournalFile(path)
        held, ended = survey(path)
        self._torn = held.torn
        chosen = self._next(ended) if night == "next" else night
        self.journal = Journal(self._file, run.salt, run.device, chosen)
        self._uses: dict[str, Use] = {}
        self._read = self._added = 0
        self._broken = ""

    def _next(self, ended: list[dict[str, Any]]) -> int:
        """One more than the last night that came to its end, so that a broken one goes on."""
        nights = [key["night"] for key in ended if key == self._key(key["night"])]
        return max(nights, default=-1) + 1

    def _key(self, night: int) -> dict[str, Any]:
        return self._run.searched.key(self._run.salt, night)

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tell a worker which night it is: all of them search the same."""
        node.workerinput[NIGHT_KEY] = self.journal.night

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Add up what the cases had from the journal, wherever they ran."""
        for name, value in report.user_properties:
            if name == USE_KEY and report.when == "call":
                told = json.loads(str(value))
                use = Use(**told["use"])
                self._read += use.read
                self._added += use.added
                self._uses[told["claim"]] = use

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Note that the night came to its end, if it did; a full disk fails the run, in a line."""
        try:
            self._end_night()
        except JournalError as error:
            self._broken = str(error)
            session.exitstatus = session.exitstatus or pytest.ExitCode.TESTS_FAILED

    def _end_night(self) -> None:
        """Note it if nothing was cut off or lost, and every case was reached."""
        reports = self._results.reports.values()
        whole = 0 < len(reports) == self._results.selected and not self._results.lost
        if whole and not any(map(is_cut_off, reports)):
            night = self._key(self.journal.night or 0)
            known = survey(self._path)[1]
            if night not in known:
                self._file.add("", Record("", "night", night, {}).line())
        self._file.settle()

    @pytest.hookimpl(trylast=True)  # below the table
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """A line about the journal."""
        terminalreporter.write_line(self._line())
        if self._broken:
            terminalreporter.write_line(f"journal {self._broken}", red=True)

    def pytest_unconfigure(self) -> None:
        """Close the file."""
        self._file.close()

    def _line(self) -> str:
        night = "" if self.journal.night is None else f", night {self.journal.night}"
        told = f"{self._read} judgements and blocks read, {self._added} added"
        older = sum(use.older for use in self._uses.values())
        salts = sum(use.salts for use in self._uses.values())
        unused = [
            *([f"{older} of another version of these claims or machine"] if older else []),
            *([f"{salts} of other salts"] if salts else []),
            *([f"{self._torn} torn lines"] if self._torn else []),
        ]
        tail = f"; not used: {', '.join(unused)}" if unused else ""
        return f"journal {self._path.name}{night}: {told}{tail}"


def worker_journal(path: Path, salt: int, device: str, given: Mapping[str, Any]) -> Journal:
    """The journal of a worker on the machine of the file.

    Args:
        path: of the file.
        salt: of the run.
        device: of the worker.
        given: the worker's input.

    Raises:
        JournalError: it cannot be opened.
    """
    return Journal(JournalFile(path), salt, device, given[NIGHT_KEY])


def use_of(journal: Journal, claim: str) -> str:
    """What a case had from the journal, as text for the way home."""
    return json.dumps({"claim": claim, "use": asdict(journal.taken())})
