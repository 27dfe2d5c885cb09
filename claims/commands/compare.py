"""`python -m claims compare OLD.json NEW.json`: what changed between two runs."""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from claims.commands.exits import COULD_NOT_RUN, FINE, REFUTED
from claims.comparison import Change, Comparison, compared
from claims.reading import UnreadableReportError, read_report

MOST_MARGINS = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = (
        "Exit code 0: no verdict is worse; 1: one is, or a claim is gone; 3: could not run.\n\n"
        "  python -m claims compare docs/examples/report.json docs/examples/report-salt-1.json"
    )
    parser.add_argument("old", metavar="OLD.json", help="report of the earlier run")
    parser.add_argument("new", metavar="NEW.json", help="report of the later run")
    parser.add_argument("--json", action="store_true", help="machine-readable, all margins")


def run(arguments: argparse.Namespace) -> int:
    """Compare, print, and give the exit code."""
    try:
        old, new = (read_report(Path(file)) for file in (arguments.old, arguments.new))
    except UnreadableReportError as error:
        print(f"compare: {error}", file=sys.stderr)
        return COULD_NOT_RUN
    found = compared(old, new)
    if arguments.json:
        told = {**asdict(found), "worse": found.worse}
        print(json.dumps(_finite(told), indent=2, ensure_ascii=False, allow_nan=False))
    else:
        print("\n".join(_lines(found)))
    return REFUTED if found.worse else FINE


def _lines(found: Comparison) -> Iterator[str]:
    if found.settings:
        yield "the runs are of different settings: " + ", ".join(found.settings)
    yield from _section("verdicts that changed", map(_change, found.verdicts))
    yield from _section("mutants that changed", map(_change, found.mutants))
    margins = [
        f"{moved.name}: {moved.old:+.3g} -> {moved.new:+.3g} ({_share(moved.relative)})"
        for moved in found.margins
    ]
    yield from _section("margins that moved, the farthest first", margins[:MOST_MARGINS])
    if len(margins) > MOST_MARGINS:
        yield f"  and {len(margins) - MOST_MARGINS} more; --json has them all"
    yield from _section("new claims", found.gained)
    yield from _section("lost claims", found.lost)
    yield f"seconds: {found.old_seconds:.1f} -> {found.new_seconds:.1f}"
    yield "worse" if found.worse else "no verdict is worse"


def _section(title: str, lines: Iterable[str]) -> Iterator[str]:
    found = list(lines)
    if found:
        yield f"{title} ({len(found)}):"
        yield from (f"  {line}" for line in found)


def _change(change: Change) -> str:
    return f"{change.name}: {change.old} -> {change.new}{', worse' if change.worse else ''}"


def _share(relative: float) -> str:
    return f"{relative:+.0%}" if math.isfinite(relative) else "from or to 0 or infinity"


def _finite(data: Any) -> Any:
    """JSON has no infinity; the words keep apart what a null would merge."""
    if isinstance(data, float) and not math.isfinite(data):
        return str(data)
    if isinstance(data, dict):
        return {key: _finite(value) for key, value in data.items()}
    return [_finite(item) for item in data] if isinstance(data, list | tuple) else data
