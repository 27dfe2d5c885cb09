"""What evidence depends on beside instance and seeds: the code that computed it, and on what."""

from __future__ import annotations

import ast
import hashlib
import platform
import sys
from collections.abc import Callable, Iterator
from functools import cache
from importlib import import_module
from importlib.util import resolve_name
from pathlib import Path
from types import ModuleType
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from claims import machine
from claims.claim import Claim
from claims.journal.record import Record, hash_of, text_of

# Rooms whose numbers a block consists of. The claims room chooses instances and counts blocks:
# what it changes in the meaning of a record is a new FORMAT.
ROOMS = ("verdicts", "models", "certify", "dynamics", "strategies")
# Python too: 3.12 sums floats another way than 3.11.
_LIBRARIES = ("python", "torch", "numpy", "scipy", "python-flint")
_codes: WeakKeyDictionary[Callable[..., Any], str] = WeakKeyDictionary()


def version_of(claim: Claim, device: str) -> Record:
    """The version of a claim's evidence, as a record; equal versions give equal numbers.

    Args:
        claim: whose file is meant, with what it imports of its own kind.
        device: "cpu", "cuda" or "cuda:N".
    """
    says = {
        "file": Path(claim.file).stem,
        "code": read_code(claim),
        "environment": dict(environment(device)),
    }
    return Record(claim.id, "version", {"version": hash_of(text_of(says))}, says)


def read_code(claim: Claim) -> str:
    """The hash of a claim's code as it was when this was first asked: soon after it was loaded.

    What is written into the file while a run goes on is not what the run computes.
    """
    if claim.function not in _codes:
        package = str(claim.function.__globals__.get("__package__") or "")
        _codes[claim.function] = code_of(Path(claim.file), package)
    return _codes[claim.function]


def code_of(file: Path, package: str) -> str:
    """A hash of the claims file, of the files that it imports, and of the rooms below.

    Args:
        file: the claims file.
        package: of its module, for relative imports.
    """
    return _code_at(file, package, file.stat().st_mtime_ns)


@cache
def _code_at(file: Path, package: str, _: int) -> str:
    # A process may read a file, and read it anew when it has been edited.
    digest = hashlib.blake2b(rooms_code(ROOMS).encode(), digest_size=16)
    sources = [(path.name, path.read_bytes()) for path in _imported(file, package)]
    for _name, content in sorted(
        sources
    ):  # of two with one name, the same one first in any process
        digest.update(hashlib.blake2b(content).digest())
    return digest.hexdigest()


@cache
def rooms_code(rooms: tuple[str, ...]) -> str:
    """A hash of all sources of some rooms, of their names and contents."""
    digest = hashlib.blake2b(digest_size=16)
    for room in rooms:
        for path in sorted((machine.REPOSITORY / room).rglob("*.py")):
            digest.update(path.relative_to(machine.REPOSITORY).as_posix().encode() + b"\0")
            digest.update(hashlib.blake2b(path.read_bytes()).digest())
    return digest.hexdigest()


@cache
def environment(device: str) -> tuple[tuple[str, str], ...]:
    """Libraries, processor and device, as far as the last digit of a float may depend on them."""
    known = machine.versions()
    vectors = np.show_config(mode="dicts")["SIMD Extensions"]
    found = {library: known[library] for library in _LIBRARIES}
    found |= {
        "machine": platform.machine(),
        "libc": " ".join(platform.libc_ver()),
        "vectors": " ".join(vectors.get("found", ())),
        "device": _device(device),
    }
    return tuple(sorted(found.items()))


def _device(device: str) -> str:
    if not device.startswith("cuda"):
        return device
    torch: ModuleType = import_module("torch")  # loaded by then: the device was asked for
    return f"cuda {torch.cuda.get_device_name(device)}"


def _imported(file: Path, package: str) -> set[Path]:
    """The file and those that it imports, however indirectly: neither rooms nor libraries."""
    found, open_ends = set(), [(file.resolve(), package)]
    while open_ends:
        path, inside = open_ends.pop()
        if path in found:
            continue
        found.add(path)
        names = {whole for name in _names(path, inside) for whole in _with_parents(name)}
        for module in filter(None, map(sys.modules.get, names)):
            source = getattr(module, "__file__", None)
            if source is not None and _own(Path(source)):
                open_ends.append((Path(source).resolve(), str(module.__package__ or "")))
    return found


def _names(path: Path, package: str) -> Iterator[str]:
    """Modules that an import of the file may mean."""
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            home = node.module or ""
            if node.level and package:
                home = resolve_name("." * node.level + home, package)
            yield home
            yield from (f"{home}.{alias.name}" for alias in node.names)


def _with_parents(name: str) -> Iterator[str]:
    """A module and the packages that it lies in: to import it runs them all."""
    parts = name.split(".")
    return (".".join(parts[:end]) for end in range(1, len(parts) + 1))


def _own(source: Path) -> bool:
    """Whether a module is neither of a room below, nor of the claims room, nor a library's."""
    resolved = source.resolve()
    if resolved.suffix != ".py" or "site-packages" in resolved.parts:
        return False
    if resolved.is_relative_to(machine.REPOSITORY):
        return resolved.relative_to(machine.REPOSITORY).parts[0] not in (*ROOMS, "claims")
    return not resolved.is_relative_to(Path(sys.base_prefix))
