"""Claims as pytest's items: how files are found, items made, and failures shown."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from claims.case import Case, cases_of
from claims.catalogue import Entry, Unchecked, entry_of, unchecked_in
from claims.claim import PAPER_WIDTH, Claim
from claims.errors import ClaimError
from claims.graph import check_graph, claims_in
from claims.machine import REPOSITORY
from claims.results import is_cut_off
from claims.runner import CaseReport, Options, Trial

THEOREMS = "theorems"
DERIVED = {
    "deterministic": "a claim about every instance, decided by margins",
    "probabilistic": "a claim about a probability or an expectation over seeds",
    "mutant": "a false variant of a claim, which must be refuted",
    "erratum": "a misprint or a refuted claim: the paper prints it",
    "training": "a claim that trains networks",
    "slow": "a claim with a larger share of the profile's cost than others",
    "gpu": "a claim worth a GPU, or a test that compares one with the CPU",
    PAPER_WIDTH: "a theorem at the width that its own proof asks for; run if asked for",
}


OPTIONS = pytest.StashKey[Options]()
READ = pytest.StashKey[dict[str, list[Claim]]]()  # by file
LEFT_OUT = pytest.StashKey[dict[str, str]]()  # why, by case
UNCHECKED = pytest.StashKey[dict[str, Unchecked]]()  # by id, of the files read so far
LOADED = pytest.StashKey[dict[str, Entry]]()  # every case of the files read so far, by node id


class RefusedError(Exception):
    """A case did not pass; its report has the words, pytest shows nothing else."""

    def __init__(self, report: CaseReport) -> None:
        super().__init__(report.reason)
        self.report = report


class ClaimsFile(pytest.Module):
    """A file of claims; a mistake in it is told in a line, without pytest's own frames."""

    def collect(self) -> Iterable[pytest.Item | pytest.Collector]:
        """The claims, once the lemma graph is sound across all files read so far."""
        found = getattr(self.obj, "__file__", None)
        if found is not None and Path(found).resolve() != self.path.resolve():
            raise ClaimError(f"the name {self.path.stem!r} is taken by {found}; rename the file")
        read = self.config.stash[READ]
        read[str(self.path)] = claims_in(self.obj)
        check_graph([claim for claims in read.values() for claim in claims])
        self.config.stash[UNCHECKED] |= {found.id: found for found in unchecked_in(self.obj)}
        return super().collect()

    def repr_failure(
        self,
        excinfo: pytest.ExceptionInfo[BaseException],
        style: Any = None,  # noqa: ARG002  the signature is pytest's
    ) -> Any:
        """One line for a wrongly written claim or file, pytest's own words for anything else."""
        cause = excinfo.value.__cause__
        error = cause if isinstance(cause, SyntaxError) else excinfo.value
        if isinstance(error, SyntaxError):
            return f"{error.filename}:{error.lineno}: the file cannot be read: {error.msg}"
        if isinstance(error, ClaimError):
            return f"{self.path}: {error}"
        return super().repr_failure(excinfo)


class ClaimItem(pytest.Function):
    """One case. Its `obj` is a Hypothesis test, so that Hypothesis's own plug-in serves it.

    Attributes:
        case: the claim or mutant.
        trial: runs it.
        outcome: what came of it; None before the run.
    """

    case: Case
    trial: Trial
    outcome: CaseReport | None = None

    def runtest(self) -> None:
        """Run the case; raises RefusedError if it may not pass."""
        self.ihook.pytest_pyfunc_call(pyfuncitem=self)

    def decide(self) -> None:
        """Run the trial, keep its report, and fail if the report says so.

        A case that the budget cut off fails with the whole run, or not at all.
        """
        self.outcome = self.trial.run()
        self.user_properties.append(("outcome", self.outcome.outcome))
        self.user_properties.append(("worst_margin", self.outcome.worst_margin))
        if not (self.outcome.passed or is_cut_off(self.outcome)):
            raise RefusedError(self.outcome)

    def repr_failure(
        self,
        excinfo: pytest.ExceptionInfo[BaseException],
        style: Any = None,  # noqa: ARG002  the signature is pytest's
    ) -> Any:
        """The report's own words for a case that did not pass."""
        if isinstance(excinfo.value, RefusedError):
            return excinfo.value.report.failure_text
        return super().repr_failure(excinfo)

    def reportinfo(self) -> tuple[Path | str, int | None, str]:
        """The claim's own place: the test around it lives in the runner."""
        return self.path, max(0, self.case.claim.line - 1), self.name

    @property
    def entry(self) -> Entry:
        """The case as a line of the catalogue."""
        return entry_of(self.case, self.nodeid)


def is_claims_file(path: Path, root: Path) -> bool:
    """Whether a file is collected for its claims without being named on the command line."""
    if path.suffix != ".py" or path.name == "__init__.py":
        return False
    return any((folder / THEOREMS) in path.parents for folder in {root, REPOSITORY})


def is_test_file(path: Path, config: pytest.Config) -> bool:
    """Whether pytest takes the file for an ordinary test file by its name."""
    return any(path.match(pattern) for pattern in config.getini("python_files"))


def make_items(collector: pytest.Collector, name: str, value: object) -> list[ClaimItem]:
    """The items of a module-level name: the claim that this very module defines, its mutants.

    A claim imported from another paper belongs there, a second name for a claim is no second one.
    """
    module = getattr(collector, "obj", None)
    if not isinstance(value, Claim) or module is None or value not in claims_in(module):
        return []
    if name != next(key for key, other in vars(module).items() if other is value):
        return []
    made = [_item(collector, case) for case in cases_of(value)]
    for item in made:
        _enter(collector.config.stash[LOADED], item.entry)
    return made


def _enter(loaded: dict[str, Entry], entry: Entry) -> None:
    for other in loaded.values():
        if other.case == entry.case and other.node != entry.node:
            raise ClaimError(
                f"{entry.case}: both {other.node} and {entry.node} have this id; "
                "rename one of the files or functions"
            )
    loaded[entry.node] = entry


def _item(collector: pytest.Collector, case: Case) -> ClaimItem:
    options = collector.config.stash[OPTIONS]
    if case.expected == "REFUTED":
        # Remembered counterexamples are for mending a claim; here they would only make the second
        # run report another one than the first.
        options = replace(options, database=None)
    trial = Trial(case, options)
    item: ClaimItem = ClaimItem.from_parent(collector, name=case.name, callobj=trial.test)
    item.case, item.trial = case, trial
    for marker in markers_of(case):
        register_marker(collector.config, marker)
        item.add_marker(marker)
    return item


def markers_of(case: Case) -> list[str]:
    """The markers that follow from a case: its kind, its role, its topics and its paper."""
    claim = case.claim
    random = claim.kind != "deterministic"
    derived = {
        "deterministic": not random,
        "probabilistic": random,
        "mutant": case.mutant is not None,
        "erratum": case.mutant.erratum if case.mutant else claim.expected == "REFUTED",
        "training": _trains(claim),
        "slow": claim.share > 1,
    }
    names = [name for name, holds in derived.items() if holds]
    return list(dict.fromkeys([*names, *claim.topics, claim.paper.key]))


def _trains(claim: Claim) -> bool:
    used = (claim.function.__globals__.get(name) for name in claim.function.__code__.co_names)
    homes: Iterable[str] = (str(getattr(value, "__module__", "")) for value in used)
    return any(home.partition(".")[0] == "dynamics" for home in homes)


def register_marker(config: pytest.Config, name: str, meaning: str = "a topic or a paper") -> None:
    """Make a marker known, so that --strict-markers accepts it."""
    known = {str(line).partition(":")[0].strip() for line in config.getini("markers")}
    if name not in known:
        config.addinivalue_line("markers", f"{name}: {meaning}")
