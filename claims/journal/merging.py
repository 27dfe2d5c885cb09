"""Joining journals: a union over keys, in which equal keys have equal contents."""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from claims.journal.contents import checked
from claims.journal.pages import HEADER, JournalError, lines_of
from claims.journal.record import ForeignLineError, Record, TornLineError, hash_of, read_record

_NIGHT = b'{"claim":"","kind":"night"'
Origin = tuple[int, int, bytes]  # which file, where in it, and a hash of the content


class ContradictionError(JournalError):
    """Two journals say different things about the same evaluation."""


@dataclass(slots=True)
class Held:
    """What some journals hold together, each record once.

    Attributes:
        claims: ids of claims with evidence.
        instances: distinct ones, an instance with other constants being another one.
        blocks, judgements: of statements about chance, and of others.
        salts: instances by salt; they are never pooled.
        versions: instances by version, which is called by its file and a hash.
        nights: finished nights, as (salt, profile, night).
        torn: lines that were not finished, and are left out.
        twice: records that were there before, with the same content.
    """

    claims: set[str] = field(default_factory=set)
    instances: int = 0
    blocks: int = 0
    judgements: int = 0
    salts: Counter[int] = field(default_factory=Counter)
    versions: Counter[str] = field(default_factory=Counter)
    nights: set[tuple[int, str, int]] = field(default_factory=set)
    torn: int = 0
    twice: int = 0

    def count(self, record: Record) -> None:
        """Take in a record that was not there before."""
        if record.claim:
            self.claims.add(record.claim)
        self.blocks += record.kind == "block"
        self.judgements += record.kind == "judged"
        if record.kind == "instance":
            self.instances += 1
            self.salts[record.says["salt"]] += 1
            self.versions[record.says["version"]] += 1
        if record.kind in ("night", "search"):
            key = record.key
            self.nights.add((key["salt"], key["profile"], key["night"]))


def union(paths: Sequence[Path], held: Held) -> Iterator[bytes]:
    """The lines of all journals, each key once, in the order in which they come.

    Args:
        paths: journals; they are only read.
        held: is told what there is.

    Raises:
        ContradictionError: equal keys with different contents, in one file or two.
        JournalError: a file is no journal, or has a line that no run wrote.
    """
    seen: dict[bytes, Origin] = {}
    for number, path in enumerate(paths):
        for place, line in lines_of(path):
            record = _read(path, place, line)
            if record is None:
                held.torn += 1
                continue
            content = bytes.fromhex(hash_of(record.content))
            key = bytes.fromhex(hash_of(record.identity))
            known = seen.setdefault(key, (number, place, content))
            if known[2] != content:
                raise ContradictionError(_contradiction(record, path, paths[known[0]]))
            if known[:2] != (number, place):
                held.twice += 1
                continue
            held.count(record)
            yield record.line()


def survey(path: Path) -> tuple[Held, list[dict[str, Any]]]:
    """What one journal holds, and the keys of the nights that came to their end.

    Raises:
        JournalError: as for `union`.
    """
    held = Held()
    found = [line for line in union([path], held) if line.startswith(_NIGHT)]
    return held, [dict(read_record(line).key) for line in found]


def merge(paths: Sequence[Path], target: Path) -> Held:
    """Write the union of some journals; a reader sees the old file or the whole new one.

    Raises:
        JournalError: as for `union`, or the target cannot be written.
    """
    held = Held()
    if target.exists():
        next(lines_of(target), None)  # whatever is no journal is not written over
    try:
        handle, trial = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    except OSError as error:
        raise JournalError(f"{target}: cannot be written: {error.strerror}") from None
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(HEADER)
            stream.writelines(union(paths, held))
            stream.flush()
            os.fsync(stream.fileno())
        Path(trial).chmod(0o644)
        Path(trial).replace(target)
    except BaseException as error:
        Path(trial).unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise JournalError(f"{target}: cannot be written: {error.strerror}") from None
        raise
    return held


def _read(path: Path, place: int, line: bytes) -> Record | None:
    try:
        return checked(read_record(line))
    except TornLineError:
        return None
    except ForeignLineError as error:
        raise JournalError(
            f"{path}: the line at byte {place} was not written by a run: {error}"
        ) from None


def _contradiction(record: Record, here: Path, there: Path) -> str:
    where = f"{here} and {there} say" if here != there else f"{here} says"
    key = ", ".join(f"{name} {value}" for name, value in record.key.items())
    return (
        f"{where} different things about the same {record.kind} of {record.claim or 'the run'} "
        f"({key}); one of them is damaged or was computed otherwise, so neither is used"
    )
