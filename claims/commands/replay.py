"""`python -m claims replay FILE...`: do counterexamples of earlier runs still refute?"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from claims.commands.exits import FINE, REFUTED, UNDECIDED
from claims.locate import find
from claims.replaying import replayed
from claims.store import FIXED

_SECONDS = 600.0

_EPILOG = """\
A folder means every counterexample below it. Exit code 1 where one still refutes, 2 where one is
undecided or cannot be read, 0 where all are FIXED.

examples:
  python -m claims replay tests/golden/du2019.corollary_4_1
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = _EPILOG
    parser.usage = "%(prog)s FILE... [--claims my_claims.py] [--seconds N]"
    parser.add_argument("files", nargs="+", metavar="FILE", help="files, or folders of files")
    parser.add_argument("--claims", metavar="FILE.py", help="the claims file, outside of theorems/")
    parser.add_argument(
        "--seconds", type=float, default=_SECONDS, help="most time for one file (600)"
    )


def run(arguments: argparse.Namespace) -> int:
    """Replay every file.

    Returns:
        2 if one cannot be read; else 1 if one still refutes, 2 if one is undecided, 0 without.

    Raises:
        NotFoundError: the claims file cannot be read.
    """
    claims_file = None if arguments.claims is None else find(arguments.claims).file
    outcomes = []
    for path in _files(arguments.files):
        found = replayed(path, claims_file, seconds=arguments.seconds)
        outcomes.append(found.outcome)
        about = f" {found.case}:" if found.case else ""
        print(_line(f"{path}: {found.outcome}{about} {found.words}"), flush=True)
    print(_closing(outcomes))
    return _code(outcomes)


def _files(given: Sequence[str]) -> Iterator[Path]:
    for path in map(Path, given):
        if path.is_dir():
            below = sorted(path.rglob("*.json"))
            yield from (p for p in below if FIXED not in p.relative_to(path).parts[:-1])
        else:
            yield path


def _closing(outcomes: Sequence[str]) -> str:
    counts = Counter(outcomes)
    told = (f"{counts[name]} {name}" for name in ("REFUTED", "FIXED", "UNDECIDED", "UNREADABLE"))
    files = "file" if len(outcomes) == 1 else "files"
    return f"{len(outcomes)} {files}: {', '.join(told)}"


def _code(outcomes: Sequence[str]) -> int:
    if "UNREADABLE" in outcomes:
        return UNDECIDED
    if "REFUTED" in outcomes:
        return REFUTED
    return UNDECIDED if "UNDECIDED" in outcomes else FINE


def _line(text: str) -> str:
    """One printable line: a file may hold anything, and a terminal obeys some of it."""
    return "".join(letter if letter.isprintable() else "?" for letter in " ".join(text.split()))
