"""Which code the numbers of a map came from: cells of two versions are not one map."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Iterator
from pathlib import Path

from claims.case import Case

_HERE = Path(__file__).parent
_ROOMS = ("verdicts", "certify", "models", "dynamics")
_OURS = ("counts", "inputs", "maps", "plan", "widths")


def version_of(case: Case) -> str:
    """Hash of the claim's file and of all code that its numbers are computed by.

    That is its file, the files `_...` beside it, the rooms below, and what makes instances here.
    """
    found = hashlib.blake2b(digest_size=8)
    for path in _files(case):
        found.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return found.hexdigest()


def _files(case: Case) -> Iterator[Path]:
    source = inspect.getsourcefile(case.claim.function)
    if source is not None:
        yield Path(source)
        yield from sorted(Path(source).parent.glob("_*.py"))
    yield from (_HERE / f"{name}.py" for name in _OURS)
    for room in _ROOMS:
        yield from sorted((_HERE.parent.parent / room).rglob("*.py"))
