"""The other workers, as a task sees them that runs on one of them."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from typing import Any

_LATER = -1  # priority of a part: a case that waits for the same worker goes first


class LostPartError(Exception):
    """Nobody will bring that part any more."""


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
        self._gone = False

    def idle(self) -> list[str]:
        """Addresses of those that have nothing to do; this one runs a task, so it is not there."""
        return [worker for worker, tasks in self._processing().items() if not tasks]

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
            return str(errand.future.result(timeout=seconds))
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
                self._client = import_module("distributed").get_client()
            return dict(self._client.processing())
        except Exception:  # as above; then everything is computed here
            self._gone = True
            return {}
