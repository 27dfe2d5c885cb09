"""`python -m claims calibrate ID CONSTANT`: which value of a constant the data need."""

from __future__ import annotations

import argparse
from typing import Any

from claims.commands.room import ask
from claims.explore import arguments as checked
from claims.explore.asking import answer, calibrate, claim_of, constant_of, instance_at

_CAP = "most that a block of seeds may cost at an instance of yours, in normals (1e8)"
_EPILOG = """\
A value is tried as a mutant would be: the claim with that constant replaced, on instances where the
claim itself is not refuted. The answer is the edge between a value that is refuted (for certain, up
to 1e-9) and one that is not refuted on these instances, which is evidence and no proof.
Exit code 0 with both ends, 2 where one is missing or the edge is not monotone, 3 if it cannot run.

examples:
  python -m claims calibrate du2019.lemma_3_1 factor --instances 8
  python -m claims calibrate du2019.corollary_4_1 radius --instances 8 --json
See docs/calibration.md.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.usage = "%(prog)s ID CONSTANT [--at FILE.json | --data SET|FILE] [options]"
    parser.epilog = _EPILOG
    parser.add_argument("target", metavar="ID", help="du2019.lemma_3_1, or FILE.py::name")
    parser.add_argument("constant", metavar="CONSTANT", help="a constant of it that is a number")
    data = parser.add_mutually_exclusive_group()
    data.add_argument("--at", metavar="FILE.json", help="your own instance, as for `check --at`")
    data.add_argument(
        "--data", metavar="SET|FILE", help="iris, ..., or a file .npz (x, y) or .csv (label last)"
    )
    parser.add_argument("--samples", type=checked.count, default=4, help="first rows of --data (4)")
    parser.add_argument("--direction", choices=("down", "up"), help="which side of its value")
    parser.add_argument("--digits", type=checked.count, default=2, help="significant ones (2)")
    parser.add_argument(
        "--instances", type=checked.count, default=20, help="instances that are drawn (20)"
    )
    add_effort(parser)
    parser.add_argument(
        "--real", action="store_true", help="try fractions of a constant that is an integer"
    )
    parser.add_argument("--json", action="store_true", help="machine-readable")
    parser.add_argument(
        "--plot", type=checked.figure_file, metavar="FILE", help="a figure, .png, .svg or .pdf"
    )


def add_effort(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments that say how much may be spent."""
    parser.add_argument(
        "--values", type=checked.count, default=60, help="most values of the constant (60)"
    )
    parser.add_argument(
        "--limit", type=checked.ratio, default=1e6, help="farthest value: times or over this (1e6)"
    )
    parser.add_argument("--cap", type=checked.ratio, default=1e8, help=_CAP)
    parser.add_argument(
        "--cost", type=checked.ratio, default=2e9, help="most normals on a side or point (2e9)"
    )
    parser.add_argument(
        "--seconds", type=checked.ratio, default=300.0, help="most time on a side or point (300)"
    )
    parser.add_argument("--salt", type=checked.salt, default=0, help="set of random streams (0)")


def run(arguments: argparse.Namespace) -> int:
    """Calibrate, and print what came out.

    Raises:
        NotFoundError: no such claim, constant or data.
    """
    asked = request(arguments)
    claim = claim_of(arguments.target)
    constant_of(claim, arguments.constant)
    if arguments.data is not None:
        return ask("scaling", asked)
    given = None if arguments.at is None else [instance_at(claim, arguments.at)]
    text, code = answer(*calibrate(claim, asked, given), asked)
    print(text)
    return code


def request(arguments: argparse.Namespace) -> dict[str, Any]:
    """What is asked for, as plain data."""
    names = (
        "target",
        "constant",
        "data",
        "samples",
        "direction",
        "digits",
        "instances",
        "values",
        "salt",
        "limit",
        "cap",
        "cost",
        "seconds",
        "real",
        "json",
        "plot",
    )
    origin = "" if arguments.at is None else f"that of {arguments.at}"
    chosen = {name: getattr(arguments, name) for name in names}
    return {"question": "calibrate", "origin": origin, **chosen}
