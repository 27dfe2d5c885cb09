"""Finding claims by file, id or paper, and reading their files without pytest."""

from __future__ import annotations

import ast
import difflib
import re
import sys
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

from claims.case import Case, cases_of
from claims.claim import Claim
from claims.errors import ClaimError
from claims.graph import claims_in
from claims.machine import REPOSITORY, hold_one_thread

THEOREMS = REPOSITORY / "theorems"
ROOMS = frozenset({"verdicts", "models", "certify", "dynamics", "strategies", "claims", "theorems"})
_DECORATORS = frozenset({"claim", "refuted_claim"})


class NotFoundError(Exception):
    """A file, paper or claim that does not exist, or a file that cannot be read."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a user asked for.

    Attributes:
        file: the claims file (or the folder of a paper of several files), absolute.
        name: "lemma_3_1" or "lemma_3_1[factor=1]"; "" for all of the file.
    """

    file: Path
    name: str = ""

    @property
    def inside(self) -> bool:
        """Whether the file is the repository's own."""
        return REPOSITORY in self.file.parents

    @property
    def node(self) -> str:
        """What pytest is given."""
        return f"{self.file}::{self.name}" if self.name else str(self.file)


def find(text: str) -> Target:
    """The file, paper, claim or mutant that is meant.

    Args:
        text: a path, a path with `::name`, "du2019", "du2019.lemma_3_1[factor=1]".

    Raises:
        NotFoundError: there is no such thing; near matches are named.
    """
    path, _, name = text.partition("::")
    if not path or "\0" in path:
        raise NotFoundError(f"{text!r}: names no file, paper or claim; give one")
    if Path(path).exists():
        target = _readable(Target(Path(path).resolve(), name))
        return _named(target)
    if path.endswith(".py") or "/" in path.partition("[")[0]:
        raise NotFoundError(f"{path}: there is no such file; give the path of a claims file")
    dotted, bracket, setting = text.partition("[")
    parts = dotted.split(".")
    whole = _theorem_file(parts)
    if whole is not None:
        return _readable(Target(whole))
    file = _theorem_file(parts[:-1])
    if file is not None and file.is_file() and _mentions(file, parts[-1]):
        return _readable(Target(file, parts[-1] + bracket + setting))
    raise NotFoundError(f"{text}: there is no such claim; {_near(dotted)}")


def files_of(target: Target) -> list[Path]:
    """The claims files of a target, sorted: itself, or those in its folder."""
    if target.file.is_file():
        return [target.file]
    return sorted(p for p in target.file.rglob("*.py") if p.name != "__init__.py")


def theorem_files() -> list[Path]:
    """All claims files of the repository, sorted."""
    return files_of(Target(THEOREMS)) if THEOREMS.is_dir() else []


@cache
def load(file: Path) -> ModuleType:
    """Import a claims file, once.

    Raises:
        NotFoundError: it cannot be read or imported, or a claim in it is written wrongly.
    """
    _check_syntax(file)
    hold_one_thread()
    try:
        if THEOREMS in file.parents:
            dotted = file.relative_to(REPOSITORY).with_suffix("").parts
            return import_module(".".join(dotted))
        return _import_outside(file)
    except ClaimError as error:
        raise NotFoundError(f"{file}: {error}") from error
    except Exception as error:
        frames = traceback.extract_tb(error.__traceback__)
        line = next((f":{f.lineno}" for f in frames if f.filename == str(file)), "")
        raise NotFoundError(
            f"{file}{line}: importing it fails: {type(error).__name__}: {error}; mend that line"
        ) from error


def cases(target: Target) -> list[Case]:
    """The claims and mutants of a target, in file order.

    Raises:
        NotFoundError: there are none of that name, or a file cannot be read.
    """
    all_cases = [
        case for file in files_of(target) for claim in claims_of(file) for case in cases_of(claim)
    ]
    if not target.name:
        return all_cases
    found = [case for case in all_cases if target.name in (case.name, case.claim.name)]
    if not found:
        near = difflib.get_close_matches(target.name, [case.name for case in all_cases])
        known = ", ".join(near or [case.name for case in all_cases][:8])
        raise NotFoundError(f"{target.node}: there is no such claim; the file has {known}")
    return found


def claims_of(file: Path) -> list[Claim]:
    """The claims of a file, in order; errors as for `load`."""
    try:
        return claims_in(load(file))
    except ClaimError as error:
        raise NotFoundError(f"{file}: {error}") from error


def declared_names(file: Path) -> list[str]:
    """Names of the functions under a claim decorator, read without importing anything."""
    try:
        tree = ast.parse(file.read_bytes())
    except (SyntaxError, ValueError):
        return []
    return [node.name for node in tree.body if isinstance(node, ast.FunctionDef) and _claims(node)]


def catalogue_ids() -> list[str]:
    """Ids of the repository's claims, read without importing anything."""
    return [f"{_prefix(file)}.{name}" for file in theorem_files() for name in declared_names(file)]


def _named(target: Target) -> Target:
    name = target.name.partition("[")[0]
    if name and target.file.is_file() and not _mentions(target.file, name):
        known = declared_names(target.file)
        near = difflib.get_close_matches(name, known) or known
        raise NotFoundError(
            f"{target.file}: there is no claim {name}; the file has {', '.join(near[:8])}"
        )
    return target


def _mentions(file: Path, name: str) -> bool:
    # A claim need not be written with a decorator, so its name anywhere in the file is enough.
    return re.search(rf"\b{re.escape(name)}\b", file.read_text("utf-8", "replace")) is not None


def _claims(node: ast.FunctionDef) -> bool:
    calls = (d.func for d in node.decorator_list if isinstance(d, ast.Call))
    return any(isinstance(call, ast.Name) and call.id in _DECORATORS for call in calls)


def _theorem_file(parts: list[str]) -> Path | None:
    if not parts or not all(part.isidentifier() for part in parts):
        return None
    stem = THEOREMS.joinpath(*parts)
    candidates = (stem.with_name(f"{stem.name}.py"), stem)
    return next((path for path in candidates if path.exists()), None)


def _near(text: str) -> str:
    known = list(_known_ids())
    near = difflib.get_close_matches(text, known, n=3, cutoff=0.5)
    tail = [name for name in known if name.rpartition(".")[2] == text.rpartition(".")[2]]
    guesses = list(dict.fromkeys([*near, *tail]))[:5]
    if guesses:
        return f"did you mean {', '.join(guesses)}?"
    return "`python -m claims list` names them all"


def _known_ids() -> Iterator[str]:
    for file in theorem_files():
        yield _prefix(file)
        yield from (f"{_prefix(file)}.{name}" for name in declared_names(file))


def _prefix(file: Path) -> str:
    return ".".join(file.relative_to(THEOREMS).with_suffix("").parts)


def _readable(target: Target) -> Target:
    for file in files_of(target):
        _check_syntax(file)
    if not target.inside and target.file.stem in ROOMS:
        raise NotFoundError(
            f"{target.file}: a claims file cannot be called {target.file.name}, the name of a "
            f"package that it imports; rename it, my_{target.file.name}"
        )
    return target


def _check_syntax(file: Path) -> None:
    try:
        compile(file.read_bytes(), str(file), "exec", dont_inherit=True)
    except SyntaxError as error:
        raise NotFoundError(
            f"{file}{f':{error.lineno}' if error.lineno else ''}: the file cannot be read: "
            f"{error.msg}; mend {'that line' if error.lineno else 'it'}"
        ) from error
    except (OSError, ValueError) as error:
        raise NotFoundError(f"{file}: the file cannot be read: {error}") from error


def _import_outside(file: Path) -> ModuleType:
    # Under the file's own name and without a place in sys.path: its neighbours, a `models.py`
    # say, must not be found before the house's rooms.
    spec = spec_from_file_location(file.stem, file)
    if spec is None or spec.loader is None:
        raise NotFoundError(f"{file}: this is no Python file; give a claims file")
    module = module_from_spec(spec)
    sys.modules.setdefault(file.stem, module)
    spec.loader.exec_module(module)
    return module
