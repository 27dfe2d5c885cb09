"""`python -m claims COMMAND`: the commands, and how each is told to run."""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from collections.abc import Sequence
from typing import Protocol

from claims.commands import (
    calibrate,
    check,
    compare,
    export,
    lint,
    merge,
    necessity,
    phase,
    plstar,
    replay,
    report,
    reproduce,
    rivals,
    scaling,
    show,
)
from claims.commands import list as list_command
from claims.commands.exits import COULD_NOT_RUN, UNDECIDED
from claims.interruption import raises_again
from claims.locate import NotFoundError
from claims.machine import storage


class Command(Protocol):
    """What a module of `claims.commands` offers."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare its arguments."""

    def run(self, arguments: argparse.Namespace) -> int:
        """Do it, and give the exit code."""


COMMANDS: dict[str, tuple[Command, str]] = {
    "list": (list_command, "the claims of the catalogue"),
    "show": (show, "one claim: statement, constants, strategies, mutants"),
    "check": (check, "run the claims of a file, a paper, or one claim"),
    "replay": (replay, "judge counterexample files again: REFUTED, FIXED or UNDECIDED"),
    "export": (export, "a counterexample file as a short numpy script"),
    "report": (report, "the last run, or earlier ones, as a page"),
    "compare": (compare, "what changed between two runs"),
    "plstar": (plstar, "what the PL* theorems say about a network of your own"),
    "calibrate": (calibrate, "which value of a constant the data need"),
    "scaling": (scaling, "exponents that a theorem asks for, and that data need"),
    "necessity": (necessity, "which premises are needed, with a witness for each"),
    "reproduce": (reproduce, "a figure of a paper, drawn anew, its orderings judged"),
    "phase": (phase, "a map: how often a claim holds over two of its letters"),
    "lint": (lint, "which theorems apply to data, a width and a step of your own"),
    "merge": (merge, "journals of several nights or machines as one"),
    "rivals": (rivals, "the widths and rates that the papers ask for on one data set"),
}


def main(arguments: Sequence[str]) -> int:
    """Run a command.

    Returns:
        0 fine; 1 refuted, survivor or vacuous; 2 undecided, or a file that cannot be read;
        3 could not run; 130 interrupted with nothing to say.
    """
    own, passed_on = _split(arguments)
    try:
        parsed = _parser().parse_args(own)
    except SystemExit as asked:  # argparse says 2 for a mistake, which means UNDECIDED here
        return COULD_NOT_RUN if asked.code else 0
    parsed.passed_on = passed_on
    # Nothing of ours is left in the directory that the user happens to be in.
    os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", str(storage() / "hypothesis"))
    return _run(COMMANDS[parsed.command][0], parsed)


def _run(command: Command, arguments: argparse.Namespace) -> int:
    try:
        raises_again()
        return command.run(arguments)
    except NotFoundError as error:
        sys.stderr.write(f"{error}\n")
    except KeyboardInterrupt:
        sys.stderr.write("stopped by hand\n")
        return UNDECIDED
    except BrokenPipeError:  # `| head` has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except Exception:  # Python's own exit code would be 1, which means refuted
        traceback.print_exc()
    return COULD_NOT_RUN


def _split(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    given = [*arguments]
    if "--" not in given:
        return given, []
    cut = given.index("--")
    return given[:cut], given[cut + 1 :]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m claims", description=main.__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, (command, told) in COMMANDS.items():
        command.add_arguments(commands.add_parser(name, help=told, description=told))
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
