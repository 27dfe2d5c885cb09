"""Where records lie: a file that is only ever added to, or a list that travels to a worker."""

from __future__ import annotations

import fcntl
import json
import os
import stat
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Protocol

from claims.journal.record import FORMAT, MOST_BYTES

HEADER = f'{{"journal":"provably","format":{FORMAT}}}\n'.encode()
_START = b'{"claim":"'


class JournalError(Exception):
    """A file that is no journal, or one that cannot be read or written; the message is a line."""


class Pages(Protocol):
    """Lines of a journal by claim, and room for more."""

    def lines(self, claim: str) -> list[bytes]:
        """The lines about a claim, oldest first."""

    def add(self, claim: str, line: bytes) -> None:
        """Add a line: once this returns it outlives the process."""

    def settle(self) -> None:
        """Make what was added outlive the machine."""


class Carried:
    """Lines in memory, for a worker that does not see the file.

    Attributes:
        added: those that are new, in order.
    """

    def __init__(self, lines: Iterable[bytes] = ()) -> None:
        self.added: list[bytes] = []
        self._lines: dict[str, list[bytes]] = {}
        for line in lines:
            self._lines.setdefault(claim_in(line), []).append(line)

    def lines(self, claim: str) -> list[bytes]:
        """The lines about a claim."""
        return list(self._lines.get(claim, ()))

    def add(self, claim: str, line: bytes) -> None:
        """Keep it for the way home."""
        self._lines.setdefault(claim, []).append(line)
        self.added.append(line)

    def settle(self) -> None:
        """Nothing here outlives anything."""


class JournalFile:
    """A journal on disk. Processes of one machine may add to it at the same time.

    A line is one `write` under a lock, so that of a killed process at most one line is torn; the
    next writer begins a new one after it.

    Raises:
        JournalError: it is no journal, or it cannot be read and written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            _create(path)
            self._file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CLOEXEC)
        except OSError as error:
            raise JournalError(f"{path}: cannot be opened as a journal: {error.strerror}") from None
        self._places: dict[str, list[tuple[int, int]]] = {}
        for place, line in lines_of(path):
            self._places.setdefault(claim_in(line), []).append((place, len(line)))

    def lines(self, claim: str) -> list[bytes]:
        """The lines about a claim, those that this process added included."""
        return [
            os.pread(self._file, length, place) for place, length in self._places.get(claim, ())
        ]

    def add(self, claim: str, line: bytes) -> None:
        """Write it, whatever other processes do meanwhile.

        Raises:
            JournalError: the disk is full, say.
        """
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX)
            try:
                end = os.fstat(self._file).st_size
                torn = b"" if os.pread(self._file, 1, end - 1) == b"\n" else b"\n"
                written = os.write(self._file, torn + line)
            finally:
                fcntl.flock(self._file, fcntl.LOCK_UN)
        except OSError as error:  # a full disk, or a network drive without locks
            raise JournalError(f"{self.path}: cannot be written: {error.strerror}") from None
        if written < len(torn + line):
            raise JournalError(f"{self.path}: a line was written in part; is the disk full?")
        self._places.setdefault(claim, []).append((end + len(torn), len(line)))

    def settle(self) -> None:
        """Flush it to the disk, at the end of a case: a power cut loses what came after.

        Raises:
            JournalError: the disk does not take it.
        """
        try:
            os.fsync(self._file)
        except OSError as error:
            raise JournalError(f"{self.path}: cannot be written: {error.strerror}") from None

    def close(self) -> None:
        """Give the file back; closing twice does nothing."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def lines_of(path: Path) -> Iterator[tuple[int, bytes]]:
    """The lines of a journal after its header, with their places; torn ones too.

    Raises:
        JournalError: it is no regular file, has no header of this format, or a line is too long.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise JournalError(f"{path}: this is no regular file; give a journal")
        with path.open("rb") as stream:
            if stream.readline(len(HEADER) + 1) != HEADER:
                raise JournalError(
                    f"{path}: this is no journal of format {FORMAT}; give a file that "
                    "--claims-journal wrote"
                )
            place = len(HEADER)
            while line := stream.readline(MOST_BYTES + 1):
                if len(line) > MOST_BYTES:
                    raise JournalError(
                        f"{path}: the line at byte {place} has more than {MOST_BYTES} bytes, which "
                        "no record has; this file was not written by a run"
                    )
                yield place, line
                place += len(line)
    except OSError as error:
        raise JournalError(f"{path}: cannot be read: {error.strerror}") from None


def claim_in(line: bytes) -> str:
    """The claim that a line is about, by its beginning; "" for a torn or a strange one."""
    if not line.startswith(_START):
        return ""
    name = line[len(_START) :].partition(b'"')[0]  # no id has a quotation mark
    try:
        return str(json.loads(b'"' + name + b'"'))
    except ValueError:
        return ""


def _create(path: Path) -> None:
    """An empty journal, unless there is a file: made whole, and never over another one."""
    if path.exists():
        return
    handle, trial = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        os.write(handle, HEADER)
        os.fchmod(handle, 0o644)
        os.link(trial, path)
    except FileExistsError:
        pass  # another run was faster
    finally:
        os.close(handle)
        Path(trial).unlink()
