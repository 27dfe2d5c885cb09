"""`python -m claims merge A B [...] --out C`: journals of several nights or machines as one."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from claims.commands.exits import COULD_NOT_RUN, FINE, REFUTED
from claims.journal.merging import ContradictionError, Held, merge, union
from claims.journal.pages import JournalError

_EPILOG = """\
A journal is what `pytest theorems --claims-journal FILE` keeps. The union has each block and each
judgement once; where two journals say different things about the same one nothing is written, and
the exit code is 1. Evidence of different salts, code or machines lies side by side, never pooled.
Without --out nothing is written and what they hold is printed. docs/many-machines.md has a week.

  python -m claims merge docs/examples/monday.journal docs/examples/tuesday.journal
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.usage = "%(prog)s A [B ...] [--out C] [--json]"
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = _EPILOG
    parser.add_argument("journals", nargs="+", metavar="A", help="journals, which are only read")
    parser.add_argument("--out", metavar="C", help="the union, which may be one of them")
    parser.add_argument("--json", action="store_true", help="machine-readable")


def run(arguments: argparse.Namespace) -> int:
    """Join the journals, and print what they hold.

    Returns:
        0 if they were joined, 1 if they contradict each other, 3 if one cannot be used.
    """
    paths = [Path(name) for name in arguments.journals]
    try:
        held = _joined(paths, arguments.out)
    except JournalError as error:
        sys.stderr.write(f"{_printable(str(error))}\n")
        return REFUTED if isinstance(error, ContradictionError) else COULD_NOT_RUN
    if arguments.json:
        print(json.dumps(data(held), indent=2))
    else:
        for line in told(held, len(paths), arguments.out):
            print(_printable(line))
    return FINE


def data(held: Held) -> dict[str, Any]:
    """What is held, as plain data."""
    return {
        "claims": sorted(held.claims),
        "instances": held.instances,
        "blocks": held.blocks,
        "judgements": held.judgements,
        "salts": {str(salt): count for salt, count in sorted(held.salts.items())},
        "versions": dict(sorted(held.versions.items())),
        "nights": [list(night) for night in sorted(held.nights)],
        "twice": held.twice,
        "torn": held.torn,
    }


def told(held: Held, files: int, target: str | None) -> Iterator[str]:
    """The same in lines."""
    where = f"{target}: " if target is not None else "nothing written, --out FILE writes it: "
    yield (
        f"{where}{len(held.claims)} claims, {held.instances} instances, {held.blocks} blocks, "
        f"{held.judgements} judgements without chance"
    )
    for salt, count in sorted(held.salts.items()):
        nights = sorted({(profile, night) for s, profile, night in held.nights if s == salt})
        shown = ", ".join(f"{profile} {night}" for profile, night in nights) or "none finished"
        yield f"  salt {salt}: {count} instances; nights: {shown}"
    if len(held.salts) > 1:
        yield "  evidence of different salts is never pooled: a run reads that of its own"
    for version, count in sorted(held.versions.items()):
        yield f"  version {version}: {count} instances"
    if held.twice:
        yield f"  {held.twice} records were there twice, and agree"
    if held.torn:
        yield f"  {held.torn} torn lines of killed runs were left out"
    if files == 1 and target is None:
        yield "  one journal: it agrees with itself"


def _joined(paths: list[Path], target: str | None) -> Held:
    if target is not None:
        return merge(paths, Path(target))
    held = Held()
    for _ in union(paths, held):
        pass
    return held


def _printable(text: str) -> str:
    """One printable line: a file may hold anything, and a terminal obeys some of it."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)
