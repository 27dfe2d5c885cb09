"""Control-C while `python -m claims` loads: one line, and no traceback of half an import."""

from __future__ import annotations

import os
import signal
import sys

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


def _leave(*_: object) -> None:
    os.write(2, b"\nstopped by hand\n")
    os._exit(STOPPED)


ends_quietly()
