"""`python -m claims report DIR`: the last run, or earlier ones, as a page."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path

from claims.commands.exits import COULD_NOT_RUN, FINE
from claims.last_run import last_run
from claims.locate import catalogue_ids
from claims.reading import Run, UnreadableReportError, is_decided, read_report


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.usage = "%(prog)s DIR [--from REPORT.json ...]"
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = (
        "Without --from it is the last run of the suite. Reports of one salt and the same\n"
        "versions are put together, a later verdict in place of an earlier one; others stand\n"
        "side by side and are never added up. See docs/report.md.\n\n"
        "  python -m claims report build/report --from docs/examples/report.json"
    )
    parser.add_argument("folder", metavar="DIR", help="gets index.html; made if it is not there")
    parser.add_argument(
        "--from", dest="files", nargs="+", default=[], metavar="REPORT.json", help="the runs"
    )


def run(arguments: argparse.Namespace) -> int:
    """Write the page, and say what it is of."""
    given = [Path(file) for file in arguments.files]
    if not given and not last_run().is_file():
        return _failed("report: there is no last run; run `make theorems`, or give --from FILE")
    try:
        runs = [read_report(file) for file in given or [last_run()]]
    except UnreadableReportError as error:
        return _failed(f"report: {error}")
    # Not at the top: the drawing library would slow every other command.
    site = import_module("claims.page.site")
    coverage = coverage_of(runs, last=not given)
    try:
        page = site.write_runs(Path(arguments.folder), runs, coverage)
    except OSError as error:
        told = f"{arguments.folder} cannot be written ({error.strerror}); give another folder"
        return _failed(f"report: {told}")
    print(coverage)
    print(f"{page}: {page.stat().st_size / 1e6:.1f} MB; open it in a browser")
    return FINE


def coverage_of(runs: Sequence[Run], *, last: bool) -> str:
    """Which runs these are, and how many of the catalogue's claims they decide, in a sentence.

    Args:
        runs: at least one.
        last: whether it is the last run, which nobody named.
    """
    catalogue = set(catalogue_ids())
    decided = {c["id"] for run in runs for c in run.claims.values() if is_decided(c)}
    others = len(decided - catalogue)
    beside = f", and {others} of other files" if others else ""
    which = "The last run" if last else "; ".join(run.name for run in runs)
    told = ", ".join(dict.fromkeys(_described(runs)))
    return (
        f"{which} ({told}) decided {len(decided & catalogue)} of {len(catalogue)} claims of the "
        f"catalogue{beside}."
    )


def _described(runs: Sequence[Run]) -> Iterator[str]:
    for run in runs:
        manifest = run.manifest
        when = f", finished {manifest['finished']}" if manifest["finished"] else ""
        yield f"profile {manifest['profile']}, salt {manifest['salt']}{when}"


def _failed(words: str) -> int:
    print(words, file=sys.stderr)
    return COULD_NOT_RUN
