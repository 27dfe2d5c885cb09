"""Networks too wide to be held, beside dense torch in chunks; time and peak memory.

The dense peer makes some of the steps, and its time for these counts so many times more: each costs
the same. Both sides draw the start.
"""

from __future__ import annotations

import math
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import torch
from torch import Tensor

from benchmarks.comparison import Comparison, Row, Skipped, Timing
from dynamics import wide_descent
from models import gaussian_weights, rademacher_signs
from verdicts import Seeds

_N, _STEPS, _ETA = 3, 100, 0.1
_SHARE, _QUICK_SHARE = 10, 50  # of the steps, which the peer makes
_MOST, _MOST_BYTES = 1 / 80, 1e9
_CHUNK, _ROUNDS = 2**18, 5
_PEER = "dense torch, in chunks"
_MINUTES = 600.0  # that the widest may take
_WIDTH, _WIDEST = 10**7, 10**9  # beside the peer, and alone
_ROOT = Path(__file__).parent.parent
_MEASURED = "from benchmarks.wide import measured; measured({m}, {steps})"


def comparisons(*, quick: bool) -> Iterator[Row]:
    """Ten million neurons beside the peer; in full a thousand million alone, too."""
    share = _QUICK_SHARE if quick else _SHARE
    off = float((followed(_WIDTH, _STEPS // share) - dense(_WIDTH, _STEPS // share)).abs().max())
    if off > 1e-8:
        yield Skipped(_title(_WIDTH), _PEER, f"its residuals differ by {off:.2g}")
    else:
        yield _beside_dense(_WIDTH, share)
    if not quick:
        yield _alone(_WIDEST)


def measured(m: int, steps: int) -> None:
    """Prints seconds and peak bytes of our run; for a process of its own."""
    torch.set_num_threads(1)
    seconds = _seconds(lambda: followed(m, steps))
    # Not getrusage, whose peak a process inherits from the one that started it.
    status = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    kilobytes = next(line.split()[1] for line in status if line.startswith("VmHWM"))
    sys.stdout.write(f"{seconds} {1024 * int(kilobytes)}")


def followed(m: int, steps: int) -> Tensor:
    """The last residual of our run."""
    x, y, seeds = _data()
    run = wide_descent(x, y, seeds, m=m, eta=_ETA, steps=steps)
    last: Tensor = run.residual[0, -1]
    return last


def dense(m: int, steps: int, *, share: int = 1) -> Tensor:
    """The same by plain steps over all neurons, in chunks that fit the cache."""
    x, y, seeds = _data()
    w = [
        gaussian_weights(min(_CHUNK, m - first), _N, seeds, first_neuron=first)[0]
        for first in range(0, m, _CHUNK)
    ]
    a = rademacher_signs(m, seeds)[0].split(_CHUNK)  # type: ignore[no-untyped-call]
    for _ in range(steps // share):
        scaled = _residual(x, y, w, a, m) * (_ETA / math.sqrt(m))
        for part, signs in zip(w, a, strict=True):
            pulled = torch.where(part @ x.T >= 0, scaled, 0.0).mul_(signs.unsqueeze(1))
            part.addmm_(pulled, x)
    return _residual(x, y, w, a, m)


def apart(m: int, steps: int) -> tuple[float, int]:
    """Seconds and peak bytes of our run in a process of its own."""
    code = _MEASURED.format(m=m, steps=steps)
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", code], cwd=_ROOT, capture_output=True, text=True, check=True
    )
    seconds, count = done.stdout.split()
    return float(seconds), int(count)


def _beside_dense(m: int, share: int) -> Timing:
    comparison = Comparison(
        _title(m),
        lambda: followed(m, _STEPS),
        f"{_PEER}, {_STEPS // share} steps times {share}",
        lambda: dense(m, _STEPS),
        most_ratio=_MOST,
        most_bytes=_MOST_BYTES,
    )
    # Drawing the start is no step, and counts once.
    drawing = min(_seconds(lambda: dense(m, 0)) for _ in range(3))
    pairs = []
    for _ in range(_ROUNDS):
        theirs = _seconds(lambda: dense(m, _STEPS, share=share)) - drawing
        pairs.append((_seconds(comparison.ours), drawing + share * theirs))
    return Timing(
        comparison,
        ratio=statistics.median(ours / theirs for ours, theirs in pairs),
        ours=statistics.median(ours for ours, _ in pairs),
        theirs=statistics.median(theirs for _, theirs in pairs),
        peak_bytes=apart(m, _STEPS)[1],
    )


def _alone(m: int) -> Timing:
    """One run: a peer would take for ever."""
    comparison = Comparison(
        f"{_title(m)}, one run",
        lambda: followed(m, _STEPS),
        "none can",
        lambda: None,
        most_seconds=_MINUTES,
        most_bytes=_MOST_BYTES,
    )
    seconds, count = apart(m, _STEPS)
    return Timing(comparison, 0.0, seconds, math.inf, peak_bytes=count)


def _title(m: int) -> str:
    return f"n = d = {_N}, m = {m:.0e}, {_STEPS} steps, float64, enclosed"


def _data() -> tuple[Tensor, Tensor, Seeds]:
    x = gaussian_weights(_N, _N, Seeds((3, 4), count=1))[0]
    x /= torch.linalg.vector_norm(x, dim=1, keepdim=True)
    return x, torch.tensor([0.5, -1.0, 1.0], dtype=torch.float64), Seeds((1, 2), count=1)


def _residual(x: Tensor, y: Tensor, w: list[Tensor], a: tuple[Tensor, ...], m: int) -> Tensor:
    sums = [signs @ (part @ x.T).relu_() for part, signs in zip(w, a, strict=True)]
    return y - torch.stack(sums).sum(dim=0) / math.sqrt(m)


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
