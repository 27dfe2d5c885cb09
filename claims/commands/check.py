"""`python -m claims check FILE_OR_ID`: run claims wherever their file lies."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path

from claims import at
from claims.commands.exits import COULD_NOT_RUN, FINE, REFUTED, UNDECIDED, exit_code
from claims.dry_run import costs
from claims.interruption import ended_together
from claims.locate import Target, cases, find
from claims.machine import REPOSITORY, storage

_BY_DECISION = {"supported": FINE, "refuted": REFUTED}

_EPILOG = """\
The file may lie anywhere. What follows -- goes to pytest, with this suite's own options.
Exit code 0 fine, 1 refuted, survivor or vacuous, 2 undecided, 3 could not run.

examples:
  python -m claims check du2019.lemma_3_1 --at docs/examples/two_inputs.json
  python -m claims check du2019.lemma_3_1 --dry-run
  python -m claims check du2019.corollary_4_1 -- --claims-salt 7
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = _EPILOG
    parser.usage = "%(prog)s FILE_OR_ID [--at instance.json | --dry-run] [-- pytest arguments]"
    parser.add_argument("target", metavar="FILE_OR_ID", help="a file, a paper, or du2019.lemma_3_1")
    other = parser.add_mutually_exclusive_group()
    other.add_argument("--at", metavar="FILE.json", help="evaluate one claim at this instance")
    other.add_argument("--dry-run", action="store_true", help="print costs, and run nothing")


def run(arguments: argparse.Namespace) -> int:
    """Check the target.

    Raises:
        NotFoundError: there is no such file or claim, or it cannot be read.
    """
    target = find(arguments.target)
    if arguments.dry_run:
        return _print_costs(target)
    if arguments.at is not None:
        return _check_at(target, Path(arguments.at))
    with tempfile.TemporaryDirectory(prefix="provably-") as folder:
        report = Path(folder) / "report.json"
        written = _report_given(arguments.passed_on) or report
        before = _stamp(written)
        code = _run(command(target, report, arguments.passed_on))
        if _stamp(written) == before:  # --collect-only, --help; a usage error
            return FINE if code == 0 else COULD_NOT_RUN
        return exit_code(json.loads(written.read_text(encoding="utf-8")), code)


def command(target: Target, report: Path, passed_on: Sequence[str]) -> list[str]:
    """The pytest command: our configuration, but the file's own folder as its root.

    Without `importlib` mode and the safe path a `models.py` beside the file would be found
    instead of our room.
    """
    root = REPOSITORY if target.inside else target.file.parent
    return [
        sys.executable,
        "-m",
        "pytest",
        "-c",
        str(REPOSITORY / "pyproject.toml"),
        "--rootdir",
        str(root),
        "--import-mode=importlib",
        "-p",
        "claims.plugin",
        "-o",
        f"cache_dir={storage() / 'pytest'}",
        "--claims-report",
        str(report),
        target.node,
        *passed_on,
    ]


def environment(outer: Mapping[str, str]) -> dict[str, str]:
    """The variables for pytest and its workers: our rooms first, nothing left by the user's file.

    Args:
        outer: the variables of this process.
    """
    path = [str(REPOSITORY), *filter(None, outer.get("PYTHONPATH", "").split(os.pathsep))]
    return {
        **outer,
        "PYTHONPATH": os.pathsep.join(dict.fromkeys(path)),
        "PYTHONSAFEPATH": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def _run(words: Sequence[str]) -> int:
    process = subprocess.Popen(words, env=environment(os.environ))  # noqa: S603  our own pytest
    with ended_together(process):
        while True:
            try:
                return process.wait()
            except KeyboardInterrupt:
                continue  # pytest has been interrupted too, and prints what was decided


def _stamp(report: Path) -> tuple[int, int] | None:
    """What differs after the file was written: a report of an earlier run says nothing."""
    if not report.is_file():
        return None
    found = report.stat()
    return found.st_ino, found.st_mtime_ns


def _report_given(passed_on: Sequence[str]) -> Path | None:
    for option, value in pairwise([*passed_on, ""]):
        name, equals, given = option.partition("=")
        if name == "--claims-report":
            return Path(given if equals else value)
    return None


def _print_costs(target: Target) -> int:
    for line in costs(cases(target)):
        print(line)
    return FINE


def _check_at(target: Target, file: Path) -> int:
    case = at.single(cases(target), target)
    looked = at.look(case, at.read(file, case))
    for line in at.told(case, looked):
        print(line)
    if looked.crash is not None:
        return COULD_NOT_RUN
    return _BY_DECISION.get(looked.finding.decision if looked.finding else "", UNDECIDED)
