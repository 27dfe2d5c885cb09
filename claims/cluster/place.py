"""The process that runs a task: of which house it is, where it stands, and on what it computes."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from claims import machine
from claims.case import Case, cases_of
from claims.cluster.house import house_code, module_of
from claims.graph import claims_in

_AT_WORK = threading.Lock()


@contextmanager
def alone() -> Iterator[None]:
    """Wait until nothing else is run by this process, which stands in one place at a time.

    Dask gives a process with several threads several tasks; such a one may join during a run.
    """
    with _AT_WORK:
        yield


def refusal(house: str) -> str:
    """Why this process cannot work for a house, in a line; "" if it is of the same one."""
    if house == house_code():
        return ""
    told = f"the worker on {socket.gethostname()} runs another version of the house"
    return f"{told}; restart it from the same sources"


def case_of(asked: Mapping[str, Any]) -> Case:
    """The case that a request names, from the claims file here or from the text that came along.

    Raises:
        LookupError: the file has no such case.
        Exception: whatever the file's own code raises.
    """
    machine.hold_one_thread()
    module = module_of(asked["module"], asked["file"], asked["source"])
    machine.hold_one_thread()  # now that the claims file has loaded its libraries
    cases = (case for claim in claims_in(module) for case in cases_of(claim))
    found = next((case for case in cases if case.id == asked["case"]), None)
    if found is None:
        raise LookupError(f"{asked['file']} has no case {asked['case']} here")
    return found


def address() -> str:
    """The worker's address."""
    return str(import_module("distributed").get_worker().address)


def device_of(given: str) -> str:
    """The device of this process, where the run was given "cpu" or "cuda"."""
    device = machine.worker_device(given, _number())
    machine.hold_device(device)
    return device


def _number() -> int:
    """The worker's number on its machine where it has one, to deal out GPUs."""
    name = str(import_module("distributed").get_worker().name)
    return int(name) if name.isdecimal() else 0


@contextmanager
def standing(folder: str) -> Iterator[None]:
    """Stand where the run was started, if that place is here: a report shows paths from there."""
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError):  # it is not here, or belongs to another user
            stack.enter_context(contextlib.chdir(folder))
        yield
