"""A peer in a process and with an interpreter of its own, asked in lines of JSON."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

# NPROC is what XLA sizes its pool of threads by.
_THREADS = ("NPROC", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
_SINGLE = dict.fromkeys(_THREADS, "1")
_ONE_EIGEN_THREAD = "--xla_cpu_multi_thread_eigen=false"


class PeerError(Exception):
    """The peer is not there, or says something else than it should."""


class Worker:
    """A running peer.

    Args:
        interpreter: the Python that has the peer's packages.
        script: a module of this folder that reads requests and writes answers.
        one_thread: whether it may use a single thread.

    Raises:
        PeerError: it does not start.
    """

    def __init__(self, interpreter: str, script: str, *, one_thread: bool = True) -> None:
        place = dict(os.environ)
        if one_thread:
            place |= _SINGLE | {"XLA_FLAGS": _ONE_EIGEN_THREAD}
        else:
            place = {name: value for name, value in place.items() if name not in _SINGLE}
        if interpreter != sys.executable:
            place.pop("PYTHONPATH", None)  # another interpreter, other packages
        self.process = subprocess.Popen(  # noqa: S603
            [interpreter, str(Path(__file__).with_name(f"{script}.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=place,
        )
        self.versions = self._answer()["versions"]

    def ask(self, **request: Any) -> dict[str, Any]:
        """Its answer to a request. Raises PeerError if there is none."""
        assert self.process.stdin is not None  # noqa: S101
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        return self._answer()

    def close(self) -> None:
        """Ends it."""
        try:
            self.process.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()

    def _answer(self) -> dict[str, Any]:
        assert self.process.stdout is not None  # noqa: S101
        written = self.process.stdout.readline()
        if not written:
            said = self.process.communicate()[1].strip().splitlines()
            raise PeerError(said[-1] if said else "it ended without a word")
        answer: dict[str, Any] = json.loads(written)
        return answer
