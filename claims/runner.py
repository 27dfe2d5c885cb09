"""One case from beginning to end: the Hypothesis test that pytest holds, and its report."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, seed
from hypothesis import strategies as st
from hypothesis.database import ExampleDatabase, InMemoryExampleDatabase
from hypothesis.errors import Flaky, Unsatisfiable
from hypothesis.statistics import collector

from claims.case import Case
from claims.case_report import CaseReport
from claims.errors import CrashError, RefutedError
from claims.judgement import report_of
from claims.keeping import keep, recall
from claims.run import Options
from claims.search import Search
from claims.simplify import make_plain, simplify
from claims.story import trace_of
from verdicts import hashed_key

__all__ = ["Case", "CaseReport", "Options", "Trial"]


class Trial:
    """A case and its run; made at collection. Each run begins afresh.

    Attributes:
        case, options: what is run, and how.
        search: everything that the last run found, for whoever wants more than the report.
        test: the Hypothesis test around the search, for pytest's item.
    """

    def __init__(self, case: Case, options: Options) -> None:
        self.case = case
        self.options = options
        self.search = Search(case, options)
        self.test = self._test(self._draws(witnessed=False))

    def run(self) -> CaseReport:
        """Judge the case; never raises for mathematics, nor for a crash in the claim's code.

        Raises:
            BaseException: only what is meant for the whole run: KeyboardInterrupt, an exit or a
                skip of pytest.
        """
        start = time.monotonic()
        self.search = Search(self.case, self.options)
        error = self._broken(self._find)
        report = report_of(self.search, error=error, seconds=time.monotonic() - start)
        unkept = self._broken(partial(self._end, report))
        if unkept:
            report = report_of(self.search, error=unkept, seconds=time.monotonic() - start)
        return keep(self.search, report)

    def _find(self) -> None:
        """Search, and make what was found small and plain."""
        try:
            self._search()
        except (RefutedError, CrashError):
            if self.case.shrinks:
                simplify(self.search)
        except Unsatisfiable:
            pass  # no instance met the premises; the ledger says of how many drawn
        refuting = self.search.refuting
        if self.case.shrinks and refuting is not None:
            make_plain(self.search, refuting)

    def _broken(self, step: Callable[[], None]) -> str:
        """What broke in a step, outside of the claim's own code; "" if nothing did."""
        try:
            step()
        except Flaky as flaky:
            return f"the same instance gave two verdicts, which must not happen: {flaky}"
        except pytest.exit.Exception:
            raise
        except Exception as broken:  # a strategy's own code, a witness, a journal on a full disk
            return trace_of(broken, self.case.claim.file)
        return ""

    def _search(self) -> None:
        search, nights = self.search, self._nights()
        recall(search)
        search.begin(left=len(nights))
        search.try_explicit()
        if any(looked.crash for looked in search.explicit):
            return
        witnessed = search.witness is not None and self.case.expected == "REFUTED"
        if witnessed and not self.case.shrinks:
            return  # the hunt is over
        for place, night in enumerate(nights):
            search.begin(left=len(nights) - place)
            with _statistics(search):
                test = self._test(self._draws(witnessed=witnessed), night)
                (test if witnessed or night else self.test)()

    def _nights(self) -> list[int]:
        """The searches to make: one, or with a journal one for each night that it has."""
        journal = self.options.journal
        return [0] if journal is None else journal.nights(self.case, self.options.searched)

    def _end(self, report: CaseReport) -> None:
        """Tell the journal that the case was searched to its end."""
        journal = self.options.journal
        if journal is not None and not report.unfinished and report.outcome != "ERROR":
            journal.end(self.case, self.options.searched)

    def _draws(self, *, witnessed: bool) -> int:
        """Instances to draw: what must be refuted is hunted for longer, until it is."""
        effort = self.options.effort
        return effort.examples if witnessed or self.case.expected == "SUPPORTED" else effort.hunt

    def _test(self, draws: int, night: int = 0) -> Callable[[], None]:
        case, options = self.case, self.options

        def inner(**drawn: Any) -> None:
            __tracebackhide__ = True
            self.search.draw({k: v for k, v in drawn.items() if k in case.claim.annotations})

        inner.__name__ = inner.__qualname__ = case.claim.name
        inner.__module__ = case.claim.module
        inner.__doc__ = case.claim.function.__doc__
        # A statement without "for all" has one instance, the empty one.
        strategies: Mapping[str, Any] = dict(case.strategies) or {"nothing": st.none()}
        test = seed(search_seed(case, options, night))(given(**strategies)(inner))
        # The settings go outermost: `seed` alone would switch the database off.
        return options.effort.settings(
            examples=draws, shrinks=case.shrinks, database=self._database()
        )(test)

    def _database(self) -> Path | ExampleDatabase | None:
        if self.options.database is None:
            return None
        if self.options.journal is None:
            return self.options.database / folder_name(self.case)
        # Beside a journal no run remembers another one, so that a killed run goes on as it would
        # have gone; with none at all Hypothesis would draw other instances than without a journal.
        return InMemoryExampleDatabase()


def search_seed(case: Case, options: Options, night: int = 0) -> int:
    """The seed of a case's search: another setting, salt, night or `--hypothesis-seed`, another."""
    asked = "" if options.hypothesis_seed is None else str(options.hypothesis_seed)
    setting = case.mutant.name if case.mutant else ""
    later = [f"night {night}"] if night else []
    return hashed_key(str(options.salt), case.claim.id, setting, asked, *later)[0]


def folder_name(case: Case) -> str:
    """The case's own directory of examples: Hypothesis keys them by source, which all share."""
    readable = re.sub(r"[^A-Za-z0-9_.=+-]+", "-", case.id).strip("-")
    return f"{readable}-{hashed_key(case.id)[0] % 2**32:08x}"


@contextmanager
def _statistics(search: Search) -> Iterator[None]:
    """Read why Hypothesis stopped, and let its pytest plug-in read it as well."""
    outer: Any = collector.value
    held: Any = collector  # typed as holding None

    def note(statistics: Any) -> None:
        if statistics.get("stopped-because") == "nothing left to do":
            search.exhausted = True
        if outer is not None:
            outer(statistics)

    with held.with_value(note):
        yield
