"""The pytest plug-in: hooks only, each handing over to the module that knows."""

from __future__ import annotations

import json
import time
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from claims import catalogue, items, machine, options, selection, workers
from claims.cluster.session import Spread
from claims.journal import Journal, JournalError
from claims.journal.session import USE_KEY, Keeper, use_of, worker_journal
from claims.journal.version import read_code
from claims.profile import PROFILES
from claims.recorder import REPORT_KEY, Recorder
from claims.runner import Options
from claims.sharing import SharingError, shared
from claims.store import Store

# Before a claims file imports torch, in the controller as well as in every worker.
machine.hold_one_thread()

RECORDER, KEEPER = "claims-recorder", "claims-keeper"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options of a run."""
    options.add_options(parser)


@pytest.hookimpl(wrapper=True, optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> Generator[None, int, int]:
    """As many workers as the machine has cores, if its memory and its GPUs have room for them."""
    cores = yield
    most = workers.most_workers(str(config.getoption(options.DEVICE)))
    return cores if most is None else min(cores, most)


def pytest_report_header(config: pytest.Config) -> list[str]:
    """A line where more workers were asked for than fit."""
    asked = int(config.getoption("numprocesses", None) or 0)
    return [*filter(None, [workers.too_many(asked, str(config.getoption(options.DEVICE)))])]


@pytest.hookimpl(tryfirst=True)  # before Hypothesis stumbles over a profile that is not ours
def pytest_configure(config: pytest.Config) -> None:
    """Check the options, and listen to the results in the one process that reports them."""
    chosen = options.checked(config)
    given: dict[str, Any] = getattr(config, "workerinput", {})
    worker = str(given.get("workerid", "gw0")).removeprefix("gw")
    device = machine.worker_device(chosen.device, int(worker) if worker.isdecimal() else 0)
    deadline = time.monotonic() + chosen.budget if chosen.budget is not None else None
    run = Options(
        profile=PROFILES[chosen.profile],
        device=device,
        salt=chosen.salt,
        hypothesis_seed=chosen.hypothesis_seed,
        examples=chosen.examples,
        seeds=chosen.seeds,
        database=chosen.database or machine.storage() / "examples",
        deadline=given.get("claims_deadline", deadline),
        shrink_seconds=chosen.shrink,
        store=_store(config, chosen),
    )
    recorder = None if given else Recorder(config, chosen, deadline)
    config.stash[items.OPTIONS] = replace(run, journal=_journal(config, chosen, run, recorder))
    config.stash[items.READ], config.stash[items.LOADED], config.stash[items.LEFT_OUT] = {}, {}, {}
    config.stash[items.UNCHECKED] = {}
    for marker, meaning in items.DERIVED.items():
        items.register_marker(config, marker, meaning)
    if recorder is None:
        machine.hold_device(device)
    else:
        options.let_workers_steal(config)
        config.pluginmanager.register(recorder, RECORDER)
        if chosen.cluster is not None:
            config.pluginmanager.register(Spread(chosen.cluster, recorder.count_workers))


def _journal(
    config: pytest.Config, chosen: options.RunOptions, run: Options, recorder: Recorder | None
) -> Journal | None:
    """The journal of this process; the one that reports also looks after the file."""
    if chosen.journal is None:
        return None
    try:
        if recorder is None:
            given: dict[str, Any] = getattr(config, "workerinput", {})
            return worker_journal(chosen.journal, run.salt, run.device, given)
        keeper = Keeper(chosen.journal, run, chosen.night, recorder.results)
    except JournalError as error:
        raise pytest.UsageError(f"{options.JOURNAL}: {error}") from None
    config.pluginmanager.register(keeper, KEEPER)
    return keeper.journal


def _store(config: pytest.Config, chosen: options.RunOptions) -> Store:
    """Where this run keeps counterexamples and finds those of earlier ones."""
    folder = chosen.counterexamples or config.rootpath / "counterexamples"
    if chosen.share is None:
        return Store(folder)
    try:
        team = shared(chosen.share)
    except SharingError as error:
        raise pytest.UsageError(str(error)) from None
    store = Store(folder, team.database)
    store.warnings += filter(None, [team.warning])
    return store


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Files of theorems need no `test_` in their names."""
    if parent.session.isinitpath(file_path) or items.is_test_file(file_path, parent.config):
        return None  # pytest collects these by itself
    if not items.is_claims_file(file_path, parent.config.rootpath):
        return None
    return items.ClaimsFile.from_parent(parent, path=file_path)


def pytest_pycollect_makemodule(
    module_path: Path, parent: pytest.Collector
) -> pytest.Module | None:
    """Any file that is not a test file is read as a file of claims."""
    if items.is_test_file(module_path, parent.config):
        return None
    return items.ClaimsFile.from_parent(parent, path=module_path)


def pytest_pycollect_makeitem(
    collector: pytest.Collector, name: str, obj: object
) -> list[pytest.Item | pytest.Collector] | None:
    """A claim is an item, and so is each of its mutants."""
    return [*items.make_items(collector, name, obj)] or None


@pytest.hookimpl(trylast=True)  # of what -m and -k leave
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what takes minutes, unless it is asked for."""
    selection.leave_out(config, items)


@pytest.hookimpl(tryfirst=True)  # before xdist tells the controller that it may read
def pytest_collection_finish(session: pytest.Session) -> None:
    """Tell the reporting process what there is to decide."""
    machine.hold_one_thread()  # now that the claims files have loaded their libraries
    cases = [item.case for item in session.items if isinstance(item, items.ClaimItem)]
    chosen = [case.id for case in cases]
    stash = session.config.stash
    if stash[items.OPTIONS].journal is not None:
        for case in cases:
            read_code(case.claim)  # as it was loaded, whatever is written into its file later
    left_out: dict[str, str] = stash[items.LEFT_OUT]
    entries = catalogue.select(stash[items.LOADED].values(), chosen, left_out)
    unchecked = stash[items.UNCHECKED].values()
    recorder = session.config.pluginmanager.getplugin(RECORDER)
    if recorder is not None:
        recorder.expect(entries, unchecked)
    else:
        given: dict[str, Any] = getattr(session.config, "workerinput", {})
        catalogue.dump(entries, unchecked, Path(given["claims_catalogue"]))


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run a claim by its trial; other tests are pytest's."""
    if not isinstance(pyfuncitem, items.ClaimItem):
        return None
    pyfuncitem.decide()
    return True


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Send what came of a claim along with pytest's own report, through xdist as well."""
    report = yield
    if call.when == "call" and isinstance(item, items.ClaimItem) and item.outcome is not None:
        report.user_properties.append((REPORT_KEY, json.dumps(item.outcome.to_json())))
        journal = item.trial.options.journal
        if journal is not None:
            report.user_properties.append((USE_KEY, use_of(journal, item.case.claim.id)))
    return report
