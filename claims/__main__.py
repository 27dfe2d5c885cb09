"""`python -m claims list | show | check | replay | export | plstar`."""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from collections.abc import Sequence
from typing import Protocol

from claims.commands import check, export, plstar, replay, show
from claims.commands import list as list_command
from claims.commands.exits import COULD_NOT_RUN
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
    "plstar": (plstar, "what the PL* theorems say about a network of your own"),
}


def main(arguments: Sequence[str]) -> int:
    """Run a command.

    Returns:
        0 fine; 1 refuted, survivor or vacuous; 2 undecided, or a file that cannot be read;
        3 could not run.
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
        return command.run(arguments)
    except NotFoundError as error:
        sys.stderr.write(f"{error}\n")
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
