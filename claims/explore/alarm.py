"""A hard end in wall-clock time for work that looks at the clock too rarely."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

_AGAIN = 1.0  # seconds; a destructor or a callback may have swallowed the first one
_MOST = 1e6  # seconds; a longer timer is none


class TimeIsUpError(BaseException):
    """The time is up: no `except Exception` on the way may take it for a crash of its own."""


@contextmanager
def ended_by(deadline: float) -> Iterator[None]:
    """End the work inside where it stands once the time is up.

    Outside of the main thread no signal arrives, and only what looks at the clock itself ends.

    Args:
        deadline: value of `time.monotonic()`; `math.inf` for none.

    Raises:
        TimeIsUpError: the work was ended.
    """
    left = max(deadline - time.monotonic(), 1e-3)
    if left > _MOST or threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGALRM, _ring)
    signal.setitimer(signal.ITIMER_REAL, left, _AGAIN)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)


def _ring(*_: object) -> None:
    raise TimeIsUpError
