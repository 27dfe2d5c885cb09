"""`python -m claims rivals`: the widths and rates that the papers ask for on one data set."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from claims.commands import advice
from claims.commands.exits import COULD_NOT_RUN
from claims.commands.room import ask

_ENDINGS = (".png", ".svg")
_EXAMPLES = """examples:
  python -m claims rivals --data wine --samples 20 --standardise --normalise --width 4096
  python -m claims rivals --data iris --samples 12 --normalise --paper du2019 --json

--out FILE.png or FILE.svg draws the widths as bars. See docs/advice.md."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.usage = "%(prog)s --data SET|FILE [--width M] [--out FILE.png|FILE.svg] ..."
    parser.epilog = _EXAMPLES
    advice.add_data_arguments(parser)
    parser.add_argument(
        "--width", type=advice.count, metavar="M", help="your own, for a column and a line"
    )
    parser.add_argument("--out", metavar="FILE.png|FILE.svg", help="the widths as bars")


def run(arguments: argparse.Namespace) -> int:
    """Ask the room that knows data and theorems."""
    out = arguments.out
    if out is not None:
        path = Path(out)
        if path.suffix.lower() not in _ENDINGS or not path.parent.is_dir() or path.is_dir():
            sys.stderr.write(f"--out {out}: give FILE.png or FILE.svg in a folder that exists\n")
            return COULD_NOT_RUN
    return ask("advice", request(arguments))


def request(arguments: argparse.Namespace) -> dict[str, Any]:
    """What is asked for, as plain data."""
    return {**advice.request("rivals", arguments), "step": None, "out": arguments.out}
