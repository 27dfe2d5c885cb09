"""The cluster as this process sees it: one that is there, or processes of its own."""

from __future__ import annotations

import logging
import os
import queue
import socket
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
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
PRESENTED_WITHIN = 60.0  # seconds, in which every worker has read the house and says what it is
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
        self._useless: set[str] = set()
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
        """Tasks that can run now; 0 where no worker is left that is of use.

        Raises:
            ClusterError: the scheduler does not answer any more.
        """
        return sum(self._threads().values())

    def submit(self, function: Callable[[str], str], request: str, key: str) -> Any:
        """Start a task; its future is put into `done` when it has ended.

        Raises:
            ClusterError: the scheduler does not answer any more.
        """
        # "Other" ones too, or a task would wait for ever for addresses that are gone by then.
        choice: dict[str, Any] = {}
        if self._useless:
            choice = {"workers": [*self._threads()], "allow_other_workers": True}
        with self._talking():
            future = self._client.submit(function, request, key=key, pure=False, **choice)
        future.add_done_callback(self.done.put)
        return future

    def answer(self, future: Any) -> str | BaseException | None:
        """What came of a task that has ended: its answer, or what it raised.

        None if its worker died, or fell silent, with the answer: the task is run again, and its
        future put into `done` again.

        Raises:
            ClusterError: the scheduler is gone, or has called the task off.
        """
        try:
            return str(future.result(timeout=SILENT_FOR))
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:
            if future.cancelled():  # not by this process: it asks for none that it called off
                self._lost = True
                raise ClusterError(
                    f"{CLUSTER}: {self.name} was lost with what was out; "
                    "start it and its workers, and run again"
                ) from None
            if isinstance(error, TimeoutError) and future.status != "error":
                future.add_done_callback(self.done.put)
                return None
            return error

    def set_aside(self, worker: str) -> None:
        """Give a worker that is of no use no further task."""
        self._useless.add(worker)

    def cancel(self, futures: list[Any]) -> None:
        """Give up tasks that nobody waits for any more."""
        if futures and not self._lost:
            with suppress(ClusterError), self._talking():
                self._client.cancel(futures, force=True)

    def close(self) -> None:
        """Let go of the scheduler; processes of our own end, with this one if not before."""
        with warnings.catch_warnings(), suppress(KeyboardInterrupt):  # who cannot wait for it
            warnings.simplefilter("ignore")
            with suppress(Exception):  # of a connection that is gone: there is nothing to let go of
                self._client.close(timeout=5)
            if self._own is not None:
                self._own.close(timeout=10)

    def _threads(self) -> dict[str, int]:
        with self._talking():
            ask = self._client.scheduler.ncores
            found = self._client.sync(ask, callback_timeout=SILENT_FOR)
        return {worker: n for worker, n in found.items() if worker not in self._useless}

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
        ask = partial(self._client._run, probe, on_error="return")  # which `run` has no time for
        try:
            told = self._client.sync(ask, callback_timeout=PRESENTED_WITHIN)
        except TimeoutError:
            raise ClusterError(
                f"{CLUSTER}: a worker of {self.name} has not answered for {PRESENTED_WITHIN:.0f} s;"
                " restart those that hang"
            ) from None
        for address, found in told.items():
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
        if parts.scheme == "tls":
            _check_certificates(distributed)
        # The library would go on trying, and take as long again to let go.
        socket.create_connection((parts.hostname, parts.port), ANSWERS_WITHIN / 2).close()
        return distributed.Client(address, timeout=ANSWERS_WITHIN, set_as_default=False)
    except Exception as error:  # of a certificate that is missing, say, the library says TypeError
        raise ClusterError(
            f"{CLUSTER}: no scheduler answers at {address!r}: {first_line(error)}; start "
            "`dask scheduler`, or give a number of local processes"
        ) from None


def _check_certificates(distributed: ModuleType) -> None:
    # Without them the library's client is made in part, and says so again when Python ends.
    where = "ca-file, client.cert and client.key of distributed.comm.tls in Dask's configuration"
    try:
        found = distributed.Security().get_connection_args("client")["ssl_context"]
    except OSError as error:
        raise ValueError(f"{where} cannot be read ({error.strerror})") from None
    if found is None:
        raise ValueError(f"there are no certificates: set {where}")


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
