"""The cluster as this process sees it: one that is there, or processes of its own."""

from __future__ import annotations

import logging
import os
import queue
import socket
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

from claims.cluster.house import house_code
from claims.cluster.task import probe
from claims.options import CLUSTER
from claims.workers import most_workers

ANSWERS_WITHIN = 10.0  # seconds, of a scheduler; and then for the first of its workers
SILENT_FOR = 20.0  # seconds, after which a scheduler that still listens is taken for lost
_SCHEMES = ("tcp", "tls")
MOST_DEATHS = 3  # workers of ours that one case may take down with it


class ClusterError(Exception):
    """No cluster of that address can be used; the message is a line."""


class Cluster:
    """Processes that run tasks, and a queue of those that are done.

    Raises:
        ClusterError: distributed is not installed, nothing answers, or a worker is of no use.
    """

    def __init__(self, asked: str, device: str) -> None:
        """Connect, or start processes.

        Args:
            asked: "tcp://host:8786", a number of processes, or "local" for as many as fit.
            device: where tensors will live.
        """
        self.name = asked
        self._own: Any = None
        self._lost = False
        self.done: queue.Queue[Any] = queue.Queue()
        distributed = _distributed()
        for name in ("distributed", "distributed.client"):  # the library gave both a level
            logging.getLogger(name).setLevel(logging.CRITICAL)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the library, about ports and versions
            if asked == "local" or asked.isdecimal():
                self._client = self._started(distributed, _number(asked, device))
            else:
                self._client = _connected(distributed, asked)
        try:
            self._check()
        except BaseException:
            self.close()
            raise

    @property
    def slots(self) -> int:
        """Tasks that can run now; 0 where no worker is left.

        Raises:
            ClusterError: the scheduler does not answer any more.
        """
        with self._talking():
            ask = self._client.scheduler.ncores
            return sum(self._client.sync(ask, callback_timeout=SILENT_FOR).values())

    def submit(self, function: Callable[[str], str], request: str, key: str) -> Any:
        """Start a task; its future is put into `done` when it has ended.

        Raises:
            ClusterError: the scheduler does not answer any more.
        """
        with self._talking():
            future = self._client.submit(function, request, key=key, pure=False)
        future.add_done_callback(self.done.put)
        return future

    def cancel(self, futures: list[Any]) -> None:
        """Give up tasks that nobody waits for any more."""
        if futures and not self._lost:
            with suppress(ClusterError), self._talking():
                self._client.cancel(futures, force=True)

    def close(self) -> None:
        """Let go of the scheduler; processes of our own end."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with suppress(Exception):  # of a connection that is gone: there is nothing to let go of
                self._client.close(timeout=5)
            if self._own is not None:
                self._own.close(timeout=10)

    @contextmanager
    def _talking(self) -> Iterator[None]:
        # The library says it in many ways, by what it was doing when the connection broke.
        try:
            yield
        except Exception as error:
            self._lost = True
            why = first_line(error)
            raise ClusterError(
                f"{CLUSTER}: the scheduler of {self.name} does not answer any more: {why}; "
                "start it and its workers, and run again"
            ) from None

    def _started(self, distributed: ModuleType, number: int) -> Any:
        settings = {
            "distributed.scheduler.allowed-failures": MOST_DEATHS - 1,
            "distributed.worker.daemon": True,
        }
        with import_module("dask").config.set(settings):
            self._own = distributed.LocalCluster(
                n_workers=number,
                threads_per_worker=1,
                processes=True,
                memory_limit=0,
                dashboard_address=None,
                silence_logs=logging.CRITICAL,
            )
        return distributed.Client(self._own)

    def _check(self) -> None:
        try:
            self._client.wait_for_workers(1, timeout=ANSWERS_WITHIN)
        except TimeoutError:
            raise ClusterError(
                f"{CLUSTER}: {self.name} has no workers; start some with "
                f"`dask worker {self.name} --nthreads 1` from the repository"
            ) from None
        for address, found in self._client.run(probe, on_error="return").items():
            objection = _objection(found)
            if objection:
                raise ClusterError(f"{CLUSTER}: the worker at {address} {objection}")


def first_line(error: BaseException) -> str:
    """What an error says first, or its kind where it says nothing."""
    return str(error).strip().partition("\n")[0] or type(error).__name__


def _objection(found: Any) -> str:
    if isinstance(found, BaseException):
        return f"cannot run a case ({found}); start it from the repository, with its environment"
    if found["threads"] != 1:
        return f"runs {found['threads']} tasks at a time in one process; start it with --nthreads 1"
    if found["house"] != house_code():
        return f"on {found['host']} runs another version of the house; restart it from the same one"
    return ""


def _connected(distributed: ModuleType, address: str) -> Any:
    parts = urlsplit(address)
    try:
        if parts.scheme not in _SCHEMES or not parts.hostname or parts.port is None:
            raise ValueError("give tcp://host:8786, tls://host:8786, a number, or local")
        # The library would go on trying, and take as long again to let go.
        socket.create_connection((parts.hostname, parts.port), ANSWERS_WITHIN / 2).close()
        return distributed.Client(address, timeout=ANSWERS_WITHIN, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        raise ClusterError(
            f"{CLUSTER}: no scheduler answers at {address!r}: {first_line(error)}; start "
            "`dask scheduler`, or give a number of local processes"
        ) from None


def _number(asked: str, device: str) -> int:
    number = int(asked) if asked.isdecimal() else None
    if number == 0:
        raise ClusterError(f"{CLUSTER}: 0 processes run nothing; give a number >= 1, or local")
    return number or min(os.cpu_count() or 1, most_workers(device) or 1)


def _distributed() -> ModuleType:
    # Not at the top: it is wanted by those only who have a cluster.
    try:
        return import_module("distributed")
    except ImportError:
        raise ClusterError(
            f"{CLUSTER}: the package distributed is missing; pip install -e '.[cluster]'"
        ) from None
