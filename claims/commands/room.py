"""Questions for the room above this one: it is started in a process of its own, never imported."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Collection, Mapping
from typing import Any

from claims.commands.check import environment
from claims.commands.exits import COULD_NOT_RUN
from claims.interruption import STOPPED, ended_together


def ask(package: str, request: Mapping[str, Any]) -> int:
    """Start a package of the workbench with the request, and give its exit code.

    Args:
        package: "own_network", or another package of that room.
        request: plain data, sent as one JSON object.

    Returns:
        What it answers; 130 if it was interrupted before it could say anything, 3 if it was
        killed.
    """
    words = [sys.executable, "-m", "workbench", package, json.dumps(request)]
    # An interruption waits until the process can end without the traceback of half an import.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        process = subprocess.Popen(words, env=environment(os.environ))  # noqa: S603  our package
        with ended_together(process):
            code = _waited(process, before)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    if code in (-signal.SIGINT, STOPPED):
        sys.stderr.write("\nstopped by hand\n")
        return STOPPED
    if code < 0:
        sys.stderr.write(f"{package}: ended by signal {-code}\n")
        return COULD_NOT_RUN
    return code


def _waited(process: subprocess.Popen[bytes], unheld: Collection[int]) -> int:
    while True:
        try:
            signal.pthread_sigmask(signal.SIG_SETMASK, unheld)  # raises for what has come
            return process.wait()
        except KeyboardInterrupt:
            continue  # it has been interrupted too, and says what it leaves behind
