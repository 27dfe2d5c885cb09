"""`python -m claims plstar FILE.py`: what the PL* theorems say about one's own network."""

from __future__ import annotations

import argparse
import math
from itertools import pairwise
from pathlib import Path
from typing import Any

from claims.commands.room import ask

_MOST_WIDTHS = 16
_SEEDS = 2**63
_EPILOG = """\
FILE.py is your own code, and it is run. It defines model(width), which returns a torch.nn.Module,
and may define data(), which returns (x, y). See docs/own-model.md.

examples:
  python -m claims plstar docs/examples/tanh_network.py --data breast_cancer \\
      --widths 32:64 --steps 20
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.usage = "%(prog)s FILE.py [--model NAME] [--data SET|FILE.npz] [--widths 64:4096] ..."
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = _EPILOG
    parser.add_argument("file", metavar="FILE.py", help="defines model(width), and maybe data()")
    parser.add_argument("--model", default="model", metavar="NAME", help="that function (model)")
    parser.add_argument("--data", metavar="SET|FILE.npz", help="iris, ..., or arrays x and y")
    parser.add_argument("--samples", type=_count, default=16, help="rows of a named set (16)")
    parser.add_argument(
        "--widths", type=_widths, default=[64], metavar="A:B|A,B,...", help="doubled from A to B"
    )
    parser.add_argument("--steps", type=_count, default=200, help="of gradient descent (200)")
    parser.add_argument(
        "--step-size", type=_step, metavar="ETA", help="3/4 of 1/(||DF||^2 + sqrt(n) H r_0)"
    )
    parser.add_argument("--seed", type=_seed, default=0, help="of torch, before model(width) (0)")
    parser.add_argument("--json", action="store_true", help="machine-readable")


def run(arguments: argparse.Namespace) -> int:
    """Start the room that trains, in a process of its own, and give its exit code."""
    return ask("own_network", request(arguments))


def request(arguments: argparse.Namespace) -> dict[str, Any]:
    """What is asked for, as plain data."""
    names = ("model", "data", "samples", "widths", "steps", "step_size", "seed", "json")
    return {"file": str(Path(arguments.file)), **{name: getattr(arguments, name) for name in names}}


def _widths(text: str) -> list[int]:
    """Widths: "64", "64,256", or doubled, "64:4096"."""
    first, colon, last = text.partition(":")
    try:
        if not colon:
            widths = [int(part) for part in text.split(",")]
        else:
            widths, most = [int(first)], int(last)
            while 0 < 2 * widths[-1] <= most:
                widths.append(2 * widths[-1])
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r}; give 64, or 64,256, or 64:4096") from None
    rising = all(a < b for a, b in pairwise(widths))
    if widths[0] < 1 or not rising or len(widths) > _MOST_WIDTHS or (colon and most < widths[0]):
        raise argparse.ArgumentTypeError(
            f"{text!r}; give at most {_MOST_WIDTHS} increasing widths >= 1"
        )
    return widths


def _seed(text: str) -> int:
    if not text.isdecimal() or int(text) >= _SEEDS:
        raise argparse.ArgumentTypeError(f"{text!r}; give an integer from 0 to 2^63 - 1")
    return int(text)


def _step(text: str) -> float:
    try:
        step = float(text)
    except ValueError:
        step = math.nan
    if not 0 < step < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r}; give a finite number > 0")
    return step


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r}; give an integer >= 1")
    return int(text)
