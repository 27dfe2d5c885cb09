"""`python -m claims lint`: which theorems apply to one's own data, width and step."""

from __future__ import annotations

import argparse
from typing import Any

from claims.commands import advice
from claims.commands.room import ask

_EXAMPLES = """examples:
  python -m claims lint --data iris --samples 20 --normalise --width 4096 --step 0.01
  python -m claims lint --data docs/examples/two_classes.csv --normalise --width 64 --step 0.5
  python -m claims lint --data digits --samples 4 --standardise --normalise --width 300000 --look

Exit codes: 0 some convergence theorem applies, 1 none does, 3 could not run.
See docs/advice.md."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.usage = "%(prog)s --data SET|FILE --width M [--step ETA] [--paper PAPER] [--look] ..."
    parser.epilog = _EXAMPLES
    advice.add_data_arguments(parser)
    parser.add_argument(
        "--width", type=advice.count, required=True, metavar="M", help="neurons of your network"
    )
    parser.add_argument(
        "--step", type=advice.step_size, metavar="ETA", help="step size of gradient descent"
    )
    parser.add_argument(
        "--details", action="store_true", help="every premise of every theorem, not the first"
    )
    parser.add_argument(
        "--look", action="store_true", help="ask A-CERT of one random start of that width"
    )
    parser.add_argument("--seed", type=advice.seed, default=0, help="of --look (0)")


def run(arguments: argparse.Namespace) -> int:
    """Ask the room that knows data and theorems."""
    return ask("advice", request(arguments))


def request(arguments: argparse.Namespace) -> dict[str, Any]:
    """What is asked for, as plain data."""
    own = {name: getattr(arguments, name) for name in ("step", "details", "look", "seed")}
    return {**advice.request("lint", arguments), **own}
