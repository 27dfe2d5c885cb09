"""`python -m claims scaling ID --over n=1:16`: exponents asked by a theorem, needed by data."""

from __future__ import annotations

import argparse
import math
from itertools import pairwise
from pathlib import Path
from typing import Any

from claims.commands.calibrate import add_effort
from claims.commands.room import ask
from claims.explore import arguments as checked

_MOST_POINTS = 16
_EPILOG = """\
At each point of the grid the constant that scales the width is calibrated (see `calibrate`) at one
instance; "asked" is the width at the claim's own value, "needed" lies between the widths at a value
that is refuted and at one that is not. Exponents are secants, measured on the grid and no further.
  --over n=1:16          doubled; data of n rows of --data, or of --family
  --over lambda_0=A:B    two unit vectors at angles with about these lambda_0
  --over delta=A,B,...   any number that the claim draws
Exit code 0 if every point has both ends, 2 if one has not, 3 if it cannot run.

examples:
  python -m claims scaling du2019.lemma_3_1 --over n=1:4
  python -m claims scaling du2019.lemma_3_1 --over lambda_0=0.2:0.4 --json
See docs/calibration.md.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.usage = "%(prog)s ID --over NAME=A:B|A,B,... [--data SET|FILE] [options]"
    parser.epilog = _EPILOG
    parser.add_argument("target", metavar="ID", help="du2019.lemma_3_1, or FILE.py::name")
    parser.add_argument("--over", type=_over, required=True, metavar="NAME=A:B", help="the grid")
    parser.add_argument(
        "--constant", metavar="NAME", help="which is calibrated (the one that scales the width)"
    )
    parser.add_argument(
        "--quantity", metavar="NAME", help="size asked for (m, or the constant if it moves none)"
    )
    parser.add_argument(
        "--data", metavar="SET|FILE", help="iris, ..., or a file .npz (x, y) or .csv (label last)"
    )
    parser.add_argument(
        "--family", choices=("orthonormal", "plane"), default="orthonormal",
        help="data without --data: axes, or directions k pi/n in a plane (orthonormal)",
    )  # fmt: skip
    parser.add_argument(
        "--samples", type=checked.count, default=4, help="rows where n is not on the grid (4)"
    )
    parser.add_argument("--at", metavar="FILE.json", help="an instance for all that is not data")
    parser.add_argument(
        "--set", type=_setting, action="append", default=[], metavar="NAME=VALUE",
        help="a number that the claim draws (delta=0.1)",
    )  # fmt: skip
    parser.add_argument("--direction", choices=("down", "up"), help="which side of the constant")
    parser.add_argument("--digits", type=checked.count, default=2, help="of the constant (2)")
    add_effort(parser)
    parser.add_argument("--json", action="store_true", help="machine-readable")
    parser.add_argument(
        "--plot", type=checked.figure_file, metavar="FILE", help="a figure, .png, .svg or .pdf"
    )


def run(arguments: argparse.Namespace) -> int:
    """Start the room that knows data, in a process of its own, and give its exit code."""
    return ask("scaling", request(arguments))


def request(arguments: argparse.Namespace) -> dict[str, Any]:
    """What is asked for, as plain data."""
    names = (
        "target",
        "over",
        "constant",
        "quantity",
        "data",
        "family",
        "samples",
        "direction",
        "digits",
        "values",
        "limit",
        "cap",
        "cost",
        "seconds",
        "salt",
        "json",
        "plot",
    )
    chosen = {name: getattr(arguments, name) for name in names}
    at = None if arguments.at is None else str(Path(arguments.at))
    return {"question": "scaling", "instances": 20, "at": at, "set": dict(arguments.set), **chosen}


def _over(text: str) -> dict[str, Any]:
    """A grid: "n=1:16" doubled, or "delta=0.5,0.25,0.1"."""
    letter, equals, points = text.partition("=")
    try:
        grid = _doubled(points) if ":" in points else [float(part) for part in points.split(",")]
    except ValueError:
        grid = []
    steps = list(pairwise(grid))
    one_way = all(a < b for a, b in steps) or all(a > b for a, b in steps)
    positive = all(0 < point < math.inf for point in grid)
    whole = letter != "n" or all(point.is_integer() for point in grid)
    if not (letter.isidentifier() and equals and steps and one_way and positive and whole):
        raise argparse.ArgumentTypeError(
            f"{text!r}; give two or more numbers > 0 in order, n=1:16 (doubled) or delta=0.5,0.1"
        )
    if len(grid) > _MOST_POINTS:
        raise argparse.ArgumentTypeError(f"{text!r} has {len(grid)} points; give {_MOST_POINTS}")
    return {"letter": letter, "points": grid}


def _doubled(text: str) -> list[float]:
    first, last = (float(part) for part in text.split(":"))
    grid = [first]
    while 0 < 2 * grid[-1] <= last and len(grid) <= _MOST_POINTS:
        grid.append(2 * grid[-1])
    return grid


def _setting(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name.isidentifier() and equals and value):
        raise argparse.ArgumentTypeError(f"{text!r}; give NAME=VALUE, delta=0.1")
    return name, value
