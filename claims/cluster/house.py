"""Whether two machines run the same house, and claims files that only one of them has."""

from __future__ import annotations

import sys
import tempfile
from contextlib import suppress
from functools import cache
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

from claims.graph import claims_in
from claims.journal.version import ROOMS, read_code, rooms_code
from claims.locate import THEOREMS, load


def house_code() -> str:
    """A hash of the sources that this process runs, read once: a later edit is another house."""
    return rooms_code((*ROOMS, "claims", "theorems"))


def is_own(file: Path) -> bool:
    """Whether a claims file is the repository's, so that every machine of the house has it."""
    return THEOREMS in file.resolve().parents


@cache
def module_of(name: str, file: str, source: str) -> ModuleType:
    """A claims file as a module, under the name that it has at home.

    Args:
        name: of the module.
        file: its path at home, taken if this machine has the same file there.
        source: its text.

    Raises:
        NotFoundError: an own file cannot be read.
        Exception: whatever the file's own code raises.
    """
    path = Path(file)
    module = load(path) if is_own(path) else _loaded(name, _standing_in(path, source))
    for claim in claims_in(module):
        read_code(claim)
    return module


def _standing_in(path: Path, source: str) -> Path:
    """A file with this text: the one of that path, or one that goes with this process's folder."""
    with suppress(OSError, UnicodeDecodeError):  # not here, another one, or another user's
        if path.read_text(encoding="utf-8") == source:
            return path
    folder = Path(tempfile.mkdtemp(prefix="provably-", dir=own_folder()))
    (folder / path.name).write_text(source, encoding="utf-8")
    return folder / path.name


def own_folder() -> str | None:
    """Where Dask cleans up after this process, however it ends; None outside of a task."""
    try:
        return str(import_module("distributed").get_worker().local_directory)
    except (ImportError, ValueError):
        return None


def _loaded(name: str, path: Path) -> ModuleType:
    spec = spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ValueError(f"{path}: this is no Python file; give a claims file")
    module = module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module
