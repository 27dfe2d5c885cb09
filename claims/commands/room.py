"""Questions for the room above this one: it is started in a process of its own, never imported."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

from claims.commands.check import environment
from claims.commands.exits import UNDECIDED


def ask(package: str, request: Mapping[str, Any]) -> int:
    """Start `python -m workbench.<package>` with the request, and give its exit code.

    Args:
        package: "own_network", or another package of that room.
        request: plain data, sent as one JSON object.
    """
    words = [sys.executable, "-m", f"workbench.{package}", json.dumps(request)]
    process = subprocess.Popen(words, env=environment(os.environ))  # noqa: S603  our own package
    stopped = False
    while True:
        try:
            code = process.wait()
        except KeyboardInterrupt:
            stopped = True  # it has been interrupted too, and says what it leaves behind
            continue
        # Interrupted before it could say anything, it ends by the signal.
        return UNDECIDED if stopped and code < 0 else code
