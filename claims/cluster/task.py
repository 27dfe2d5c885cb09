"""What a process of the cluster does: one case at a time, from plain text to plain text."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from claims.cluster.bag import Bag
from claims.cluster.house import house_code, own_folder
from claims.cluster.lending import Lending
from claims.cluster.place import address, alone, case_of, device_of, refusal, standing
from claims.cluster.team import Team, UnwantedError
from claims.journal import Carried, Journal
from claims.profile import PROFILES
from claims.run import Options
from claims.runner import Trial
from claims.store import Stored


class LeftError(Exception):
    """A claim's own code asked its process to end; the message is a line."""


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
        JSON: `refused` and the `worker` if this process has another house, `unwanted` if the case
        was called off, else `report`, `new`, `mended`, `use`, `lines`, and how many parts of its
        blocks were `lent` to others.

    Raises:
        LeftError: the claim's own code wanted to leave Python.
    """
    asked: dict[str, Any] = json.loads(request)
    if refused := refusal(asked["house"]):
        return json.dumps({"refused": refused, "worker": address()})
    try:
        with alone():
            return json.dumps(_run(asked))
    except UnwantedError:  # nobody will read this; the process is free for what is wanted
        return json.dumps({"unwanted": asked["case"]})
    except SystemExit as error:  # with which Dask would end the process
        raise LeftError(f"the claim's own code left Python by sys.exit({error})") from None


def _run(asked: Mapping[str, Any]) -> dict[str, Any]:
    with (
        standing(asked["folder"]),
        TemporaryDirectory(prefix="provably-", dir=own_folder()) as folder,
    ):
        case = case_of(asked)
        bag = _bag(asked["store"])
        lending = Lending(asked, Team())
        options = _options(asked, bag, Path(folder), lending)
        with closing(lending):
            report = Trial(case, options).run()
    journal = options.journal
    return {
        "report": report.to_json(),
        "new": bag.new if bag is not None else [],
        "mended": bag.mended if bag is not None else [],
        "use": asdict(journal.taken()) if journal is not None else None,
        "lines": _added(journal),
        "lent": lending.returned,
    }


def _options(asked: Mapping[str, Any], bag: Bag | None, folder: Path, lending: Lending) -> Options:
    given, left = asked["options"], asked["seconds_left"]
    device = device_of(given["device"])
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
        hands=lending.hands,
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
