"""Whether two machines run the same house, and claims files that only one of them has."""

from __future__ import annotations

import hashlib
import sys
import tempfile
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

from claims.journal.version import ROOMS, rooms_code
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
    if is_own(path):
        return load(path)
    if not (path.is_file() and path.read_text(encoding="utf-8") == source):
        digest = hashlib.blake2b(source.encode(), digest_size=16).hexdigest()
        folder = Path(tempfile.mkdtemp(prefix=f"provably-{digest}-"))
        path = folder / path.name
        path.write_text(source, encoding="utf-8")
    spec = spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ValueError(f"{path}: this is no Python file; give a claims file")
    module = module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module
