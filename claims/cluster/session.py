"""A run of pytest whose cases are judged elsewhere: sent out in order, told as they come home."""

from __future__ import annotations

import json
import queue
import time
import uuid
from collections import deque
from collections.abc import Callable, Mapping
from itertools import zip_longest
from typing import Any

import pytest

from claims.case import Case
from claims.case_report import CaseReport
from claims.cluster.client import Cluster, ClusterError, first_line
from claims.cluster.request import RefusedWorkError, request_of, source_of, taken_home
from claims.cluster.task import run_case
from claims.items import OPTIONS, ClaimItem
from claims.journal import JournalError
from claims.options import CLUSTER
from claims.run import Options

NO_WORKER_FOR = 60.0  # seconds, after which nobody is waited for


class Arrived:
    """The trial of a case that was run elsewhere; pytest asks it as it asks any other.

    Attributes:
        options: of the run at home.
    """

    def __init__(
        self,
        case: Case,
        options: Options,
        told: Mapping[str, Any] | BaseException,
        count: Callable[[int], None],
    ) -> None:
        self.options = options
        self._case, self._told, self._count = case, told, count

    def run(self) -> CaseReport:
        """The report that came home; a case without one fails with a line that says why.

        Raises:
            BaseException: what is meant for pytest: an exit, or a skip.
        """
        told = self._told
        if isinstance(told, pytest.exit.Exception) or not isinstance(told, Exception | Mapping):
            raise told
        if isinstance(told, Mapping):
            try:
                report = taken_home(told, self._case, self.options)
            except Exception as error:  # a journal on a full disk, say
                told = error
            else:
                self._count(told["lent"])
                return report
        pytest.fail(lost_words(self._case.id, told), pytrace=False)


class Spread:
    """Gives the cases of a run to a cluster; other tests stay in this process.

    Args:
        asked: the cluster, as `Cluster` takes it.
        count_workers: is told how many tasks the cluster can run when it is first seen.
    """

    def __init__(self, asked: str, count_workers: Callable[[int], None]) -> None:
        self._asked, self._count_workers = asked, count_workers
        self._cluster: Cluster | None = None
        self._flying: dict[str, tuple[ClaimItem, Any]] = {}
        self._empty_since: float | None = None
        self._sources: dict[str, str] = {}
        self._name, self._home_again, self._lent, self._refusal = "", 0, 0, ""

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Find the cluster before anything is collected.

        Raises:
            pytest.UsageError: it is not there, or of no use.
        """
        if session.config.option.collectonly:
            return
        try:
            self._cluster = Cluster(self._asked, session.config.stash[OPTIONS].device)
            self._count_workers(self._cluster.slots)
            self._name = self._cluster.name
        except ClusterError as error:
            self.pytest_unconfigure()
            raise pytest.UsageError(str(error)) from None

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool | None:
        """Run what pytest has collected.

        Raises:
            pytest.Session.Interrupted, pytest.Session.Failed: as pytest's own loop does, and the
                former where the cluster is lost.
        """
        if self._cluster is None:
            return None
        if session.testsfailed and not session.config.option.continue_on_collection_errors:
            raise session.Interrupted(f"{session.testsfailed} errors during collection")
        cases = deque(item for item in session.items if isinstance(item, ClaimItem))
        # Now, as they were collected: what is edited later is not what is run here.
        self._sources = {file: source_of(file) for file in {x.case.claim.file for x in cases}}
        others = [item for item in session.items if not isinstance(item, ClaimItem)]
        for item, following in zip_longest(others, others[1:]):
            _tell(session, item, following)
        while cases or self._flying:
            for item in self._home(self._cluster, cases):
                _tell(session, item)
        return True

    def pytest_sessionfinish(self) -> None:
        """Give up what is still out."""
        if self._cluster is not None:
            self._cluster.cancel([future for _, future in self._flying.values()])

    def pytest_unconfigure(self) -> None:
        """Let go of the cluster, which takes seconds: after the table."""
        if self._cluster is not None:
            self._cluster.close()
            self._cluster = None

    @pytest.hookimpl(trylast=True)  # below the table
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """A line about who worked for whom."""
        if self._name:
            terminalreporter.write_line(
                f"cluster {self._name}: {self._home_again} cases came home, "
                f"{self._lent} parts of their blocks from further workers"
            )

    def _count(self, lent: int) -> None:
        self._home_again += 1
        self._lent += lent

    def _home(self, cluster: Cluster, cases: deque[ClaimItem]) -> list[ClaimItem]:
        try:
            self._send(cluster, cases)
            return self._arrived(cluster, cases)
        except ClusterError as error:
            # As after Ctrl-C: what came home is told, kept and written, the rest is not reached.
            raise pytest.Session.Interrupted(str(error)) from None

    def _send(self, cluster: Cluster, cases: deque[ClaimItem]) -> None:
        """Keep every process busy, and none with two cases: one that dies takes one along."""
        while cases and len(self._flying) < cluster.slots:
            item = cases.popleft()
            key = f"{item.case.id}-{uuid.uuid4().hex}"
            source = self._sources[item.case.claim.file]
            request = request_of(item.case, item.trial.options, source)
            self._flying[key] = (item, cluster.submit(run_case, request, key))

    def _arrived(self, cluster: Cluster, cases: deque[ClaimItem]) -> list[ClaimItem]:
        """The next case that is home, if there is one by now."""
        try:
            future = cluster.done.get(timeout=0.5)
        except queue.Empty:
            self._wait(cluster)
            return []
        answer = cluster.answer(future)
        if answer is None:
            return []
        self._empty_since = None
        item, _ = self._flying.pop(future.key)
        told = answer if isinstance(answer, BaseException) else json.loads(answer)
        if not isinstance(told, BaseException) and "refused" in told:  # it joined after the start
            cluster.set_aside(told["worker"])
            self._refusal = f": {told['refused']}"
            cases.appendleft(item)
            return []
        arrived: Any = Arrived(item.case, item.trial.options, told, self._count)
        item.trial = arrived
        return [item]

    def _wait(self, cluster: Cluster) -> None:
        """Wait for workers where there are none, but not for ever.

        Raises:
            ClusterError: none came.
        """
        if cluster.slots > 0:
            self._empty_since = None
            return
        self._empty_since = self._empty_since or time.monotonic()
        if time.monotonic() > self._empty_since + NO_WORKER_FOR:
            words = f"{cluster.name} had no worker for {NO_WORKER_FOR:.0f} s{self._refusal}"
            raise ClusterError(f"{CLUSTER}: {words}")


def _tell(session: pytest.Session, item: pytest.Item, following: pytest.Item | None = None) -> None:
    # Which case comes home next is not known: fixtures end with each of them.
    item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
    if session.shouldfail:
        raise session.Failed(session.shouldfail)
    if session.shouldstop:
        raise session.Interrupted(session.shouldstop)


def lost_words(case: str, error: Exception) -> str:
    """Why a case has no report, in a line."""
    if isinstance(error, RefusedWorkError | JournalError):
        return str(error)
    if type(error).__name__ == "KilledWorker":
        deaths = int(getattr(error, "allowed_failures", 0)) + 1
        return f"{deaths} workers died while they ran {case}; it is not given to another one"
    return f"{case} was lost: {type(error).__name__}: {first_line(error)}"
