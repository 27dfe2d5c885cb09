"""The other workers, as a task sees them that runs on one of them."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from typing import Any

_LATER = -1  # priority of a part: a case that waits for the same worker goes first
_FETCHED_WITHIN = 10.0  # seconds, of an answer that is known to be there


class LostPartError(Exception):
    """Nobody will bring that part any more."""


class UnwantedError(BaseException):
    """Who asked for the case that runs here has gone, or has called it off.

    Not an `Exception`: it is no crash of a claim, and ends the whole case.
    """


@dataclass(frozen=True, slots=True, eq=False)
class Errand:
    """A part that is out.

    Attributes:
        worker: address of who computes it.
        future: of the library.
    """

    worker: str
    future: Any


class Team:
    """Workers of the scheduler that runs this task; none of them if anything is wrong with it."""

    def __init__(self) -> None:
        self._client: Any = None
        self._here, self._task = "", ""
        self._gone = False

    def idle(self) -> list[str]:
        """Addresses of those that have nothing to do; this one runs a task, so it is not there.

        Raises:
            UnwantedError: the scheduler has taken that task away from this one.
        """
        processing = self._processing()
        if processing and self._task not in processing.get(self._here, ()):
            raise UnwantedError(self._task)
        return [worker for worker, tasks in processing.items() if not tasks]

    def send(self, worker: str, task: Callable[[str], str], request: str) -> Errand | None:
        """Give a worker something to do; None if that is not possible."""
        try:
            future = self._client.submit(
                task,
                request,
                key=f"part-{uuid.uuid4().hex}",
                workers=[worker],
                priority=_LATER,
                pure=False,
            )
        except Exception:  # the library says in many ways that it lost its connection
            self._gone = True
            return None
        return Errand(worker, future)

    def answer(self, errand: Errand, seconds: float) -> str | None:
        """The answer, if it is there within some seconds; else None.

        Raises:
            LostPartError: there will be none.
        """
        try:
            patience = _FETCHED_WITHIN if errand.future.done() else seconds
            return str(errand.future.result(timeout=patience))
        except TimeoutError:
            if errand.worker in self._processing():
                return None
            raise LostPartError(errand.worker) from None
        except Exception:  # cancelled, or died with its worker
            raise LostPartError(errand.worker) from None

    def forget(self, errand: Errand) -> None:
        """Nobody waits for this one any more."""
        with suppress(Exception):
            errand.future.cancel()

    def _processing(self) -> dict[str, tuple[Any, ...]]:
        """The tasks of each worker, those that it has not begun with included."""
        if self._gone:
            return {}
        try:
            if self._client is None:
                distributed = import_module("distributed")
                here = distributed.get_worker()
                self._here, self._task = here.address, here.get_current_task()
                self._client = distributed.get_client()
            return dict(self._client.processing())
        except Exception:  # as above; then everything is computed here
            self._gone = True
            return {}
