"""The store of counterexamples: found again on every later run until they no longer refute.

One folder for each claim, one file for each counterexample; a team's shared database beside it.
Whatever comes from there is copied into the folder first, so nothing is lost with a server.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from hypothesis.database import ExampleDatabase

from certify import UnreadableError
from claims.counterexample import file_name, plain, read, write
from claims.instance import Recipe

FIXED = "fixed"
MOST_RECALLED = 16  # a case; each is judged before the search begins
_MOST_READ = 200  # files a claim, and values of the shared database a case


@dataclass(frozen=True, slots=True)
class Stored:
    """A counterexample of an earlier run.

    Attributes:
        path: its file.
        instance: recipe of its smallest witness.
        document: all of it, as it was read.
    """

    path: Path
    instance: Recipe
    document: Mapping[str, Any]


class Store:
    """Counterexamples in a folder, and in a database that a team shares.

    Nothing here raises for what a file or a server holds or does: it is told in a line.

    Attributes:
        folder: where they lie, `<claim>/<hash>.json`.
        warnings: lines to print; whoever prints them empties the list.
    """

    def __init__(self, folder: Path, shared: ExampleDatabase | None = None) -> None:
        self.folder = folder
        self.warnings: list[str] = []
        self._shared = shared

    def recall(self, claim: str, setting: str) -> list[Stored]:
        """The counterexamples of a claim, or of its mutant; newest last.

        Args:
            claim: its id.
            setting: name of the mutant, "" for the claim itself.
        """
        self._bring(claim, setting)
        found = []
        for path in self._files(claim):
            stored = self._read(path)
            if stored is None:
                continue
            if stored.document["claim"] != claim:
                self._warn(f"{path}: not recalled: it is about {stored.document['claim']}")
            elif stored.document["setting"] == setting:
                found.append(stored)
        if len(found) > MOST_RECALLED:
            left = len(found) - MOST_RECALLED
            self._warn(
                f"{_called(claim, setting)}: {left} older counterexamples were not run again, only "
                f"the newest {MOST_RECALLED}; python -m claims replay {self.folder / claim}"
            )
        return found[-MOST_RECALLED:]

    def keep(self, document: Mapping[str, Any]) -> Path | None:
        """Write a counterexample, and share it; None, with a warning, where that cannot be done."""
        try:
            path = write(document, self.folder)
        except (OSError, UnreadableError) as error:
            self._warn(f"a counterexample of {document['claim']} was not kept: {error}")
            return None
        self._share(document, path)
        return path

    def fixed(self, stored: Stored, why: str) -> str:
        """Put away a counterexample that no longer refutes, here and in the shared database.

        Args:
            stored: as it was recalled.
            why: what was found in its place.

        Returns:
            A line to print.
        """
        document, path = stored.document, stored.path
        called = _called(document["claim"], document["setting"])
        target = path.parent / FIXED / path.name
        try:
            target.parent.mkdir(exist_ok=True)
            path.replace(target)
        except OSError as error:
            return f"FIXED {called}: {why}; {path} cannot be moved to {target}: {error.strerror}"
        stays = self._withdraw(document) and "; the shared copy stays, sharing is read-only"
        return f"FIXED {called}: {why}; moved to {target}{stays or ''}"

    def _files(self, claim: str) -> list[Path]:
        """The files of a claim, oldest first."""
        try:
            found = [p for p in (self.folder / claim).glob("*.json") if p.is_file()]
            ages = sorted((path.stat().st_mtime_ns, path.name, path) for path in found)
        except OSError as error:
            self._warn(f"{self.folder / claim}: cannot be read: {error.strerror}")
            return []
        if len(ages) > _MOST_READ:
            self._warn(f"{self.folder / claim}: only the newest {_MOST_READ} files were read")
        return [path for _, _, path in ages[-_MOST_READ:]]

    def _read(self, path: Path) -> Stored | None:
        try:
            document = read(path)
            instance = plain(document["witnesses"]["smallest"]["instance"])
        except UnreadableError as error:
            self._warn(f"{path}: not recalled: {error}")
            return None
        return Stored(path, instance, document)

    def _bring(self, claim: str, setting: str) -> None:
        """Copy what the shared database has into the folder."""
        for value, document in self._fetched(claim, setting):
            path = self.folder / claim / file_name(document)
            if not path.exists():
                self._copy(value, path)

    def _copy(self, value: bytes, path: Path) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            trial = path.with_suffix(f".{os.getpid()}")
            trial.write_bytes(value)
            trial.replace(path)
        except OSError as error:
            self._warn(f"{path}: a shared counterexample was not copied here: {error.strerror}")

    def _share(self, document: Mapping[str, Any], path: Path) -> None:
        known = {file_name(other) for _, other in self._fetched_for(document)}
        if self._shared is not None and path.name not in known:
            try:
                self._shared.save(_key(document["claim"], document["setting"]), path.read_bytes())
            except OSError as error:
                self._lose(error)

    def _withdraw(self, document: Mapping[str, Any]) -> bool:
        """Delete it from the shared database; whether it is still there."""
        name = file_name(document)
        key = _key(document["claim"], document["setting"])
        for value, other in list(self._fetched_for(document)):
            if self._shared is not None and file_name(other) == name:
                try:
                    self._shared.delete(key, value)
                except OSError as error:
                    self._lose(error)
        return any(file_name(other) == name for _, other in self._fetched_for(document))

    def _fetched_for(self, document: Mapping[str, Any]) -> Iterator[tuple[bytes, dict[str, Any]]]:
        return self._fetched(document["claim"], document["setting"])

    def _fetched(self, claim: str, setting: str) -> Iterator[tuple[bytes, dict[str, Any]]]:
        """The documents of a case that the shared database has; others are told of."""
        if self._shared is None:
            return
        try:
            values = list(islice(self._shared.fetch(_key(claim, setting)), _MOST_READ + 1))
        except OSError as error:
            self._lose(error)
            return
        called = f"a shared counterexample of {_called(claim, setting)}"
        if len(values) > _MOST_READ:
            self._warn(f"{called}: only {_MOST_READ} were looked at")
        for value in sorted(values)[:_MOST_READ]:
            try:
                document = _document(value)
                if (document["claim"], document["setting"]) != (claim, setting):
                    raise UnreadableError(f"it is about {document['claim']}")
            except (UnreadableError, OSError) as error:
                self._warn(f"{called} was left out: {error}")
            else:
                yield value, document

    def _lose(self, error: OSError) -> None:
        """Go on without the shared database: one line, not a waiting time for every case."""
        self._shared = None
        self._warn(f"sharing stops here, this run goes on without it: {error}")

    def _warn(self, line: str) -> None:
        if line not in self.warnings:
            self.warnings.append(line)


def _document(value: bytes) -> dict[str, Any]:
    """A document from elsewhere, read within the same limits as a file."""
    with tempfile.TemporaryDirectory(prefix="provably-") as folder:
        path = Path(folder) / "shared.json"
        path.write_bytes(value)
        return read(path)


def _key(claim: str, setting: str) -> bytes:
    return json.dumps(["counterexample", 1, claim, setting]).encode()


def _called(claim: str, setting: str) -> str:
    return f"{claim}[{setting}]" if setting else claim
