"""`python -m claims reproduce ID`: a figure of a paper, drawn anew, its orderings judged."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from claims.commands.exits import COULD_NOT_RUN
from claims.commands.room import ask

_EPILOG = """Draws ID.png and ID.svg, writes the numbers as ID.json, all into DIR, prints a table,
and lets the court judge what the figure is said to show: SUPPORTED (exit code 0), REFUTED (1),
UNDECIDED (2).

examples:
  python -m claims reproduce --list
  python -m claims reproduce du2019.figure_1 --small --out figures
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.usage = "%(prog)s [ID | --list] [--out DIR] [--small] [--json]"
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = _EPILOG
    parser.add_argument("id", metavar="ID", nargs="?", help="a figure, such as du2019.figure_1")
    parser.add_argument("--list", action="store_true", help="the figures, and papers without one")
    parser.add_argument("--out", metavar="DIR", help="folder of the files (none are written)")
    parser.add_argument("--small", action="store_true", help="a smaller setting, in seconds")
    parser.add_argument("--json", action="store_true", help="machine-readable")


def run(arguments: argparse.Namespace) -> int:
    """Start the room that trains, in a process of its own, and give its exit code."""
    if arguments.list == (arguments.id is not None):
        sys.stderr.write("reproduce: give the ID of one figure, or --list\n")
        return COULD_NOT_RUN
    if arguments.out is not None and Path(arguments.out).is_file():
        sys.stderr.write(f"--out {arguments.out}: that is a file; give a folder\n")
        return COULD_NOT_RUN
    names = ("id", "list", "out", "small", "json")
    return ask("reproduce", {name: getattr(arguments, name) for name in names})
