"""What a process of the cluster does: one case at a time, from plain text to plain text."""

from __future__ import annotations

import contextlib
import json
import socket
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import Any

from claims import machine
from claims.case import Case, cases_of
from claims.cluster.bag import Bag
from claims.cluster.house import house_code, module_of
from claims.graph import claims_in
from claims.journal import Carried, Journal
from claims.profile import PROFILES
from claims.run import Options
from claims.runner import Trial
from claims.store import Stored


def probe(dask_worker: Any) -> dict[str, Any]:
    """What this process is: its house, its machine, and how many tasks it runs at a time.

    Args:
        dask_worker: the worker, which Dask gives to a parameter of this name.
    """
    threads = int(dask_worker.state.nthreads)
    return {"house": house_code(), "host": socket.gethostname(), "threads": threads}


def run_case(request: str) -> str:
    """Run a case, and tell its report with what has to be kept at home.

    Args:
        request: JSON, as `claims.cluster.request` writes it.

    Returns:
        JSON: `refused` if this process has another house, else `report`, `new`, `mended`, `use`,
        `lines`.
    """
    asked: dict[str, Any] = json.loads(request)
    if asked["house"] != house_code():
        told = f"the worker on {socket.gethostname()} runs another version of the house"
        return json.dumps({"refused": f"{told}; restart it from the same sources"})
    machine.hold_one_thread()
    with _standing(asked["folder"]), tempfile.TemporaryDirectory(prefix="provably-") as folder:
        case = _case(asked)
        machine.hold_one_thread()  # now that the claims file has loaded its libraries
        bag = _bag(asked["store"])
        options = _options(asked, bag, Path(folder))
        report = Trial(case, options).run()
    journal = options.journal
    return json.dumps(
        {
            "report": report.to_json(),
            "new": bag.new if bag is not None else [],
            "mended": bag.mended if bag is not None else [],
            "use": asdict(journal.taken()) if journal is not None else None,
            "lines": _added(journal),
        }
    )


def _case(asked: Mapping[str, Any]) -> Case:
    module = module_of(asked["module"], asked["file"], asked["source"])
    cases = (case for claim in claims_in(module) for case in cases_of(claim))
    found = next((case for case in cases if case.id == asked["case"]), None)
    if found is None:
        raise LookupError(f"{asked['file']} has no case {asked['case']} here")
    return found


def _options(asked: Mapping[str, Any], bag: Bag | None, folder: Path) -> Options:
    given, left = asked["options"], asked["seconds_left"]
    device = machine.worker_device(given["device"], _number())
    machine.hold_device(device)
    kept = asked["journal"]
    journal = None
    if kept is not None:
        lines = Carried(line.encode() for line in kept["lines"])
        journal = Journal(lines, given["salt"], device, kept["night"])
    return Options(
        profile=PROFILES[given["profile"]],
        device=device,
        salt=given["salt"],
        hypothesis_seed=given["hypothesis_seed"],
        examples=given["examples"],
        seeds=given["seeds"],
        database=folder if given["remembers"] else None,
        deadline=None if left is None else time.monotonic() + left,
        shrink_seconds=given["shrink_seconds"],
        store=bag,
        journal=journal,
    )


def _bag(packed: Mapping[str, Any] | None) -> Bag | None:
    if packed is None:
        return None
    known = [
        Stored(Path(each["path"]), each["instance"], each["document"]) for each in packed["known"]
    ]
    return Bag(Path(packed["folder"]), known)


def _added(journal: Journal | None) -> list[str]:
    pages = journal.pages if journal is not None else None
    return [line.decode() for line in pages.added] if isinstance(pages, Carried) else []


def _number() -> int:
    """The worker's number on its machine where it has one, to deal out GPUs."""
    name = str(import_module("distributed").get_worker().name)
    return int(name) if name.isdecimal() else 0


@contextmanager
def _standing(folder: str) -> Iterator[None]:
    """Stand where the run was started, if that place is here: a report shows paths from there."""
    with contextlib.ExitStack() as stack:
        if Path(folder).is_dir():
            stack.enter_context(contextlib.chdir(folder))
        yield
