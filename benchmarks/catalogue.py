"""The whole catalogue, quick profile, on two workers beside one process; minutes, so only in full.

One pair of runs, not a median: a run takes minutes, and nothing in it is as short as the noise.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.comparison import Comparison, Row, Skipped, Timing

_MOST = 1 / 1.7  # time on two workers over that of one process
_TITLE, _PEER = "whole catalogue, quick, -n 2", "-n 0"
_ROOT = Path(__file__).parent.parent
_RAN = (0, 1)  # exit codes of pytest that mean that it ran: passed, or a claim did not hold


def comparisons(*, quick: bool) -> Iterator[Row]:
    """One row, measured by itself."""
    if quick:
        yield Skipped(_TITLE, _PEER, "minutes; leave out --quick")
        return
    two, one = _seconds(2), _seconds(0)
    comparison = Comparison(
        f"{_TITLE}, one pair of runs",
        lambda: _seconds(2),
        _PEER,
        lambda: _seconds(0),
        most_ratio=_MOST,
    )
    yield Timing(comparison, ratio=two / one, ours=two, theirs=one)


def _seconds(workers: int) -> float:
    command = [sys.executable, "-m", "pytest", "theorems", "-q", "-n", str(workers)]
    start = time.perf_counter()
    done = subprocess.run(  # noqa: S603
        [*command, "-p", "no:cacheprovider"], cwd=_ROOT, capture_output=True, check=False
    )
    if done.returncode not in _RAN:
        raise RuntimeError(f"catalogue: pytest ended with {done.returncode}; run it by hand")
    return time.perf_counter() - start
