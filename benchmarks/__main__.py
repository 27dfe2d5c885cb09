"""`python -m benchmarks [--quick] [--json FILE] [SUBJECT ...]`: a table, ratios first."""

from __future__ import annotations

import argparse
import importlib
import json
import math
import pkgutil
import platform
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from threadpoolctl import threadpool_limits

import benchmarks
from benchmarks.comparison import Timing, timed

_ROUNDS, _QUICK_ROUNDS = 15, 5
_HEAD = f"{'ours/peer':>10} {'target':>14} {'ours':>10} {'peer':>10}  work"


def main(arguments: Sequence[str] | None = None) -> int:
    """Times every subject, or the named ones, on one thread; 2 for a name that is none."""
    options = _parser().parse_args(arguments)
    subjects = _subjects()
    chosen = options.subjects or subjects
    unknown = sorted(set(chosen) - set(subjects))
    if unknown:
        sys.stderr.write(f"benchmarks: no subject {unknown[0]!r}; give some of {subjects}\n")
        return 2
    # Before the limit, which reaches only libraries that are there already.
    modules = [importlib.import_module(f"benchmarks.{name}") for name in chosen]
    rounds = _QUICK_ROUNDS if options.quick else _ROUNDS
    timings: list[Timing] = []
    sys.stdout.write(_HEAD + "\n")
    with threadpool_limits(limits=1):
        torch.set_num_threads(1)
        for module in modules:
            for comparison in module.comparisons(quick=options.quick):
                timings.append(timed(comparison, rounds=rounds))
                sys.stdout.write(line(timings[-1]) + "\n")
                sys.stdout.flush()
    if options.json:
        options.json.write_text(json.dumps(report(timings, rounds=rounds), indent=2) + "\n")
    return 0


def line(timing: Timing) -> str:
    """One row of the table."""
    comparison = timing.comparison
    ratio, seconds = comparison.most_ratio, comparison.most_seconds
    targets = [f"<= {ratio:g}"] if ratio < math.inf else []
    targets += [f"<= {_milliseconds(seconds)}"] if seconds < math.inf else []
    missed = "" if timing.on_target else "  MISSED"
    return (
        f"{timing.ratio:>10.2f} {', '.join(targets):>14} {_milliseconds(timing.ours):>10} "
        f"{_milliseconds(timing.theirs):>10}  {comparison.subject} | {comparison.peer}{missed}"
    )


def report(timings: Sequence[Timing], *, rounds: int) -> dict[str, Any]:
    """The same for machines; a target that there is not is null."""
    rows = [
        {
            "subject": timing.comparison.subject,
            "peer": timing.comparison.peer,
            "ratio": timing.ratio,
            "seconds": timing.ours,
            "peer_seconds": timing.theirs,
            "most_ratio": _finite(timing.comparison.most_ratio),
            "most_seconds": _finite(timing.comparison.most_seconds),
            "on_target": timing.on_target,
        }
        for timing in timings
    ]
    versions = {"python": platform.python_version(), "numpy": np.__version__}
    manifest = {**versions, "torch": torch.__version__, "threads": 1, "rounds": rounds}
    return {"schema": 1, "manifest": {**manifest, "machine": platform.machine()}, "rows": rows}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=benchmarks.__doc__)
    parser.add_argument("subjects", nargs="*", metavar="SUBJECT", help="a module of benchmarks/")
    parser.add_argument("--quick", action="store_true", help="fewer rounds and smaller sizes")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    return parser


def _subjects() -> list[str]:
    found = sorted(module.name for module in pkgutil.iter_modules(benchmarks.__path__))
    return [name for name in found if name not in {"__main__", "comparison"}]


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1e3:.3g} ms"


def _finite(target: float) -> float | None:
    return target if target < math.inf else None


if __name__ == "__main__":
    sys.exit(main())
