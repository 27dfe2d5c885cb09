"""Counterexamples that travel: known ones go out with a case, new ones come home with it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from claims.counterexample import file_name
from claims.store import Store, Stored


class Bag(Store):
    """A store of one case on a machine that has no folder for it.

    Attributes:
        new: documents to be kept at home.
        mended: files there that no longer refute, each with why.
    """

    def __init__(self, folder: Path, known: list[Stored]) -> None:
        super().__init__(folder)
        self.new: list[Mapping[str, Any]] = []
        self.mended: list[tuple[str, str]] = []
        self._known = known

    def recall(self, claim: str, setting: str) -> list[Stored]:  # noqa: ARG002  of one case
        """What was packed."""
        return list(self._known)

    def keep(self, document: Mapping[str, Any]) -> Path | None:
        """Pack it; the path is the one that it will have at home."""
        self.new.append(document)
        return self.folder / str(document["claim"]) / file_name(document)

    def fixed(self, stored: Stored, why: str) -> str:
        """Note it; the line is written at home."""
        self.mended.append((str(stored.path), why))
        return ""
