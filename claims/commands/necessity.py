"""`python -m claims necessity ID`: drop one premise at a time, and show a witness for each."""

from __future__ import annotations

import argparse
from typing import Any

from claims.commands.room import ask
from claims.explore import arguments as checked

_EPILOG = """\
A premise is NEEDED if an instance breaks it, keeps all others, and refutes the statement. NOT SHOWN
means that such instances were judged and none refuted, which proves nothing. NO WAY: no instance
was found that breaks it alone; it may follow from the others. NOT REACHED: the time was up first.
Exit code 0 if all are needed, 2 if some are open, 1 if the claim is refuted with all its premises,
3 if it cannot run or has no named premise.

examples:
  python -m claims necessity kawaguchi2016.origin_of_two_matrices
  python -m claims necessity gao2022series.lemma_a_8 --json
See docs/calibration.md.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.usage = "%(prog)s ID [--instances N] [--seconds S] [--salt N] [--json]"
    parser.epilog = _EPILOG
    parser.add_argument("target", metavar="ID", help="du2019.theorem_3_1, or FILE.py::name")
    parser.add_argument(
        "--instances", type=checked.count, default=20, help="instances that are drawn (20)"
    )
    parser.add_argument(
        "--seconds", type=checked.ratio, default=60.0, help="time for all premises together (60)"
    )
    parser.add_argument("--salt", type=checked.salt, default=0, help="set of random streams (0)")
    parser.add_argument("--json", action="store_true", help="machine-readable")


def run(arguments: argparse.Namespace) -> int:
    """Start the room that knows data sets, in a process of its own, and give its exit code."""
    return ask("necessity", request(arguments))


def request(arguments: argparse.Namespace) -> dict[str, Any]:
    """What is asked for, as plain data."""
    names = ("target", "instances", "seconds", "salt", "json")
    return {name: getattr(arguments, name) for name in names}
