"""A hard end in wall-clock time for work that looks at the clock too rarely."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_AGAIN = 1.0  # seconds; a destructor or a callback may have swallowed the first one
_MOST = 1e6  # seconds; a longer timer is none


class TimeIsUpError(BaseException):
    """The time is up: no `except Exception` on the way may take it for a crash of its own."""


@contextmanager
def ended_by(deadline: float) -> Iterator[threading.Event]:
    """End the work inside where it stands once the time is up, and go on after it.

    Outside of the main thread no signal arrives, and only what looks at the clock itself ends.

    Args:
        deadline: value of `time.monotonic()`; `math.inf` for none.

    Yields:
        What is set once the time was up. Look at it before anything that the work gave: on its
        way out the interruption may have become an error of another kind, as in Hypothesis,
        which finds that an interrupted draw has drawn too little.
    """
    rung = threading.Event()
    left = max(deadline - time.monotonic(), 1e-3)
    if left > _MOST or threading.current_thread() is not threading.main_thread():
        yield rung
        return

    def ring(*_: object) -> None:
        rung.set()
        raise TimeIsUpError

    before = signal.signal(signal.SIGALRM, ring)
    try:
        with suppress(TimeIsUpError):
            signal.setitimer(signal.ITIMER_REAL, left, _AGAIN)
            try:
                yield rung
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0.0)
    finally:
        signal.signal(signal.SIGALRM, before)
