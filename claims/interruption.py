"""Control-C while `python -m claims` loads, and the end of the processes that it starts."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import current_thread, main_thread
from typing import Protocol

STOPPED = 130  # what a shell calls a command that was interrupted


def ends_quietly() -> None:
    """Lets an interruption end the process with one line, if it is on its way to the command line.

    Python begins argv with "-m" until it has found `claims/__main__.py`, and at no other time.
    """
    loading = sys.argv[:1] == ["-m"] and "claims" in sys.orig_argv
    if loading and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _leave)


def raises_again() -> None:
    """From here on an interruption is a KeyboardInterrupt, which each command answers itself."""
    if signal.getsignal(signal.SIGINT) is _leave:
        signal.signal(signal.SIGINT, signal.default_int_handler)


class Process(Protocol):
    """What can be sent a signal: `subprocess.Popen`."""

    def send_signal(self, sig: int, /) -> None:
        """Send it."""


@contextmanager
def ended_together(process: Process) -> Iterator[None]:
    """Meanwhile SIGTERM ends a process that was started too, which would go on alone for hours.

    Nothing is changed for whoever handles SIGTERM himself, or is not in the main thread.
    """

    def end_both(number: int, _: object) -> None:
        process.send_signal(number)
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)

    handled = signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL
    if handled or current_thread() is not main_thread():
        yield
        return
    signal.signal(signal.SIGTERM, end_both)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _leave(*_: object) -> None:
    os.write(2, b"\nstopped by hand\n")
    os._exit(STOPPED)


ends_quietly()
