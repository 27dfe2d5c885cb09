"""`python -m benchmarks [--quick] [--json FILE] [SUBJECT ...]`: a table, ratios first."""

from __future__ import annotations

import argparse
import importlib
import json
import math
import os
import pkgutil
import platform
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from threadpoolctl import threadpool_limits

import benchmarks
from benchmarks.comparison import Comparison, Figure, Growth, Other, Row, Skipped, Timing, timed

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
    found: list[Timing | Other] = []
    sys.stdout.write(_HEAD + "\n")
    with threadpool_limits(limits=1):
        torch.set_num_threads(1)
        for module in modules:
            rows: Iterable[Row] = module.comparisons(quick=options.quick)
            for row in rows:
                found.append(timed(row, rounds=rounds) if isinstance(row, Comparison) else row)
                sys.stdout.write(line(found[-1]) + "\n")
                sys.stdout.flush()
    if options.json:
        options.json.write_text(json.dumps(report(found, rounds=rounds), indent=2) + "\n")
    return 0


def line(row: Timing | Other) -> str:
    """One row of the table."""
    if isinstance(row, Timing):
        return _timing_line(row)
    kind, said = _said(row)
    return f"{kind:>10} {'':>14} {'':>10} {'':>10}  {row.subject}{said}"


def _said(row: Other) -> tuple[str, str]:
    if isinstance(row, Skipped):
        return "skipped", f" | {row.peer}: {row.reason}"
    if isinstance(row, Figure):
        return "machine", f": {row.value:.3g} {row.unit}"
    return "growth", f": time grows as {row.size}^{row.exponent:.2f}, theory {row.theory}"


def _timing_line(timing: Timing) -> str:
    comparison = timing.comparison
    ratio, seconds = comparison.most_ratio, comparison.most_seconds
    targets = [f"<= {ratio:g}"] if ratio < math.inf else []
    targets += [f"<= {_milliseconds(seconds)}"] if seconds < math.inf else []
    targets += [f"<= {_megabytes(comparison.most_bytes)}"] * (comparison.most_bytes < math.inf)
    work = f"{comparison.subject} | {comparison.peer}"
    memory = "" if timing.peak_bytes is None else f", {_megabytes(timing.peak_bytes)}"
    missed = "" if timing.on_target else "  MISSED"
    return (
        f"{timing.ratio:>10.3g} {', '.join(targets):>14} {_milliseconds(timing.ours):>10} "
        f"{_milliseconds(timing.theirs):>10}  {work}{memory}{missed}"
    )


def report(found: Sequence[Timing | Other], *, rounds: int) -> dict[str, Any]:
    """The same for machines; a target that there is not is null."""
    rows = [
        {
            "subject": timing.comparison.subject,
            "peer": timing.comparison.peer,
            "ratio": timing.ratio,
            "seconds": timing.ours,
            "peer_seconds": _finite(timing.theirs),
            "most_ratio": _finite(timing.comparison.most_ratio),
            "most_seconds": _finite(timing.comparison.most_seconds),
            "on_target": timing.on_target,
        }
        | _memory(timing)
        for timing in found
        if isinstance(timing, Timing)
    ]
    others = {
        "skipped": [asdict(row) for row in found if isinstance(row, Skipped)],
        "growth": [asdict(row) for row in found if isinstance(row, Growth)],
        "figures": [asdict(row) for row in found if isinstance(row, Figure)],
    }
    versions = {"python": platform.python_version(), "numpy": np.__version__}
    manifest = {**versions, "torch": torch.__version__, "threads": 1, "rounds": rounds}
    machine = {
        "machine": platform.machine(),
        "cores": os.cpu_count(),
        "command": " ".join(sys.argv),
    }
    return {"schema": 1, "manifest": {**manifest, **machine}, "rows": rows, **others}


def _memory(timing: Timing) -> dict[str, Any]:
    if timing.peak_bytes is None:
        return {}
    return {"peak_bytes": timing.peak_bytes, "most_bytes": _finite(timing.comparison.most_bytes)}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=benchmarks.__doc__)
    parser.add_argument("subjects", nargs="*", metavar="SUBJECT", help="a module of benchmarks/")
    parser.add_argument("--quick", action="store_true", help="fewer rounds and smaller sizes")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    return parser


def _subjects() -> list[str]:
    found = sorted(module.name for module in pkgutil.iter_modules(benchmarks.__path__))
    return [name for name in found if not name.startswith("_") and name != "comparison"]


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1e3:.3g} ms"


def _megabytes(count: float) -> str:
    return f"{count / 1e6:.3g} MB"


def _finite(target: float) -> float | None:
    return target if target < math.inf else None


if __name__ == "__main__":
    sys.exit(main())
