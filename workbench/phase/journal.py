"""The cells of a map as they are done: a file of lines that survives being cut off."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from workbench.phase.counts import Counts, from_line, to_line
from workbench.phase.plan import Plan

NAME = "cells.jsonl"


class Journal:
    """What is known of every cell, in memory and in a file that grows line by line.

    Attributes:
        cells: counts by (i, j).
    """

    def __init__(self, stream: IO[bytes], cells: dict[tuple[int, int], Counts]) -> None:
        self._stream = stream
        self.cells = cells

    def add(self, cell: tuple[int, int], counts: Counts) -> None:
        """Take in what more seeds of a cell said; it is on the disk when this returns."""
        self._write(to_line(counts, cell))
        self.cells[cell] = _joined(self.cells.get(cell), counts)

    def _write(self, told: dict[str, Any]) -> None:
        self._stream.write(json.dumps(told, allow_nan=False).encode() + b"\n")
        self._stream.flush()
        os.fsync(self._stream.fileno())


@contextmanager
def opened(folder: Path, plan: Plan) -> Iterator[Journal]:
    """The journal of a map in a folder, held against a second run of it.

    A last line that was cut off is removed: its cell is done again.

    Raises:
        ValueError: the folder has another map, is in use, or a line in the middle is damaged.
        OSError: it cannot be read or written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / NAME
    with path.open("ab+") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise ValueError(f"{path}: another run is writing it; wait, or give --out") from None
        stream.seek(0)
        text = stream.read()
        whole = text[: text.rfind(b"\n") + 1]
        stream.truncate(len(whole))
        lines = whole.splitlines()
        if lines:
            _same_map(_header(lines[0], path), plan, path)
        journal = Journal(stream, {})
        if not lines:
            journal._write({"key": plan.key, "map": plan.identity})
        for number, line in enumerate(lines[1:], 2):
            _read(line, journal, plan, f"{path}:{number}")
        yield journal


def _header(line: bytes, path: Path) -> dict[str, Any]:
    try:
        header = json.loads(line)
        return {"key": header["key"], "map": dict(header["map"])}
    except (ValueError, KeyError, TypeError):
        raise ValueError(f"{path}: this is no journal of a map; give another --out") from None


def _same_map(header: dict[str, Any], plan: Plan, path: Path) -> None:
    if header["key"] == plan.key:
        return
    differs = [k for k, v in plan.identity.items() if header["map"].get(k) != v]
    raise ValueError(
        f"{path.parent}: holds another map, it differs in {', '.join(differs) or 'its key'}; "
        "give another --out, or ask as before"
    )


def _read(line: bytes, journal: Journal, plan: Plan, where: str) -> None:
    try:
        (i, j), counts = from_line(json.loads(line))
        known = journal.cells.get((i, j))
        if counts.first != (known.rows if known else 0) or not (
            0 <= i < plan.x.size and 0 <= j < plan.y.size
        ):
            raise ValueError("its seeds do not follow those before")
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{where}: {error}; delete the line and those after it") from None
    journal.cells[i, j] = _joined(known, counts)


def _joined(known: Counts | None, more: Counts) -> Counts:
    return more if known is None else known.plus(more)
