"""Pages that are walked through: their files are written, their commands run, the output compared.

A page is Markdown as anybody reads it. What a block is for is said by a comment above it, which no
page shows: `<!-- file: near.py -->` writes the next block to that file, `<!-- append: near.py -->`
adds it at the end, `<!-- swap: near.py -->` puts the second of the next two blocks in the place of
the first. In a block of the language `console` a line `$ command` is run in the page's folder, and
what follows is what it prints; a line `...` there stands for any lines.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from claims import locate
from claims.__main__ import main
from claims.machine import REPOSITORY
from tests.claims.runs import run_pytest

DOCS = REPOSITORY / "docs"
ELISION = "..."
CLONED = "/where/you/cloned/provably"  # the repository, as a page calls it
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_TOLD = re.compile(r"<!-- (file|append|swap): (\S+) -->\s*$")
_SECONDS = re.compile(r"\b\d+\.\d+s\b|(?<= )\d+\.\d$")  # "in 2.37s", the column "seconds"
_NUMBER = re.compile(r"[-+]?\d+\.?\d*e-\d\d+|[-+]?0(?:\.0+)?(?![.\d])")
_TINY = 1e-12  # what is 0 but for rounding, which differs between machines


@dataclass(frozen=True, slots=True)
class Step:
    """A block of a page: a file to write, a text to swap, or commands with their output."""

    kind: str
    name: str
    text: str
    other: str = ""


def steps(page: str) -> Iterator[Step]:
    """The blocks of a page that do something, in order.

    Raises:
        ValueError: a comment stands above no block.
    """
    blocks = [*_FENCE.finditer(page)]
    for place, found in enumerate(blocks):
        language, text = found.groups()
        told = _TOLD.search(page[: found.start()])
        if told is not None:
            kind, name = told.groups()
            other = blocks[place + 1].group(2) if kind == "swap" else ""
            yield Step(kind, name, text, other)
        elif language == "console":
            yield Step("console", "", text)
    if len(re.findall(r"<!-- (?:file|append|swap): ", page)) != len(
        [found for found in blocks if _TOLD.search(page[: found.start()])]
    ):
        raise ValueError("a comment of the page stands above no block; put it right above one")


def commands(text: str) -> Iterator[tuple[str, list[str]]]:
    """The commands of a console block, each with the lines that it is said to print."""
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, *said = part.rstrip("\n").split("\n")
        yield command, said


def walk(
    page: str, folder: Path, capture: pytest.CaptureFixture[str], *, strangers: int
) -> Iterator[tuple[str, str]]:
    """Do what a page says in a folder, which is the current one.

    Args:
        page: Markdown.
        folder: empty.
        capture: of what is printed.
        strangers: how many runs of `check` are made as a stranger would, by the script `provably`
            and in a process of their own, which loads torch anew; the others are made in this one.

    Yields:
        For each command that printed something else than the page: the command, and what it said.
    """
    for step in steps(page):
        file = folder / step.name
        if step.kind == "file":
            file.write_text(step.text, encoding="utf-8")
        elif step.kind == "append":
            file.write_text(file.read_text("utf-8") + step.text, encoding="utf-8")
        elif step.kind == "swap":
            before = file.read_text("utf-8")
            assert before.count(step.text) == 1, f"{step.name} does not hold once:\n{step.text}"
            file.write_text(before.replace(step.text, step.other), encoding="utf-8")
        for command, said in commands(step.text) if step.kind == "console" else ():
            checks = command.startswith("provably check ") and " --at " not in command
            strangers -= checks
            printed = ran(command, capture, in_process=strangers < 0)
            if not agrees(said, printed.split("\n")):
                yield command, printed


def ran(command: str, capture: pytest.CaptureFixture[str], *, in_process: bool) -> str:
    """What a command prints, errors included, without blank lines at the end.

    Args:
        command: `provably ...`, or a program of the machine.
        capture: of what is printed.
        in_process: whether a run of pytest is made in this process.
    """
    words = shlex.split(command)
    if words[0] != "provably":
        return _said([sys.executable if words[0] == "python" else words[0], *words[1:]])
    for file in Path.cwd().glob("*.py"):  # the page may have changed it
        sys.modules.pop(file.stem, None)
    locate.load.cache_clear()
    if words[1] == "check" and "--at" not in words:
        # As on a machine that has never seen the file: no failure of an earlier run is tried first.
        new = ["--claims-database", "database", "--claims-counterexamples", "counterexamples"]
        if in_process:
            return run_pytest(Path.cwd(), *words[2:], *new).text.rstrip()
        return _said([str(REPOSITORY / "bin" / "provably"), *words[1:], "--", *new])
    capture.readouterr()
    main(words[1:])
    done = capture.readouterr()
    return (done.out + done.err).rstrip()


def _said(words: list[str]) -> str:
    ended = subprocess.run(words, capture_output=True, text=True, check=False)
    return (ended.stdout + ended.stderr).rstrip()


def agrees(said: list[str], printed: list[str]) -> bool:
    """Whether a page's lines are those printed, but for elisions, seconds and rounding."""
    if not said:
        return not any(line.strip() for line in printed)
    first, *rest = said
    if first.strip() == ELISION:
        return any(agrees(rest, printed[k:]) for k in range(len(printed) + 1)) if rest else True
    return bool(printed) and masked(first) == masked(printed[0]) and agrees(rest, printed[1:])


def masked(line: str) -> str:
    """A line without what no two runs share: seconds, rounding about 0, widths, the way here."""

    def settled(found: re.Match[str]) -> str:
        return "0" if abs(float(found.group())) < _TINY else found.group()

    found = line.rstrip().replace(str(REPOSITORY), CLONED)
    return " ".join(_NUMBER.sub(settled, _SECONDS.sub("SECONDS", found)).split())
