"""What the site is about: papers with their claims, how these rest on one another, witnesses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, TypeAlias

from claims.claim import Claim, Mutant, NotExecutable
from claims.counterexample import plain, read
from claims.errors import ClaimError
from claims.graph import claims_in, not_executable_in
from claims.locate import load
from claims.paper import Paper, paper_of

Errata: TypeAlias = list[tuple[Claim, Mutant | None]]


@dataclass(frozen=True, slots=True)
class Kept:
    """A counterexample document and its file, relative to the repository."""

    file: str
    document: Mapping[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """One paper, whatever number of files it has.

    Attributes:
        paper: the text.
        files: relative to the repository.
        claims: in the order of the files.
        left: what cannot be executed, by id.
    """

    paper: Paper
    files: tuple[str, ...]
    claims: tuple[Claim, ...]
    left: Mapping[str, NotExecutable]

    @property
    def heading(self) -> str:
        """Its authors, or the title of what has none."""
        return self.paper.authors or self.paper.title

    @property
    def cited(self) -> str:
        """Authors and title."""
        paper = self.paper
        return f"{paper.authors}: {paper.title}" if paper.authors else paper.title

    @property
    def slug(self) -> str:
        """The name of its page: the key of its first file."""
        return self.paper.key

    @property
    def errata(self) -> Errata:
        """What it prints and a run refutes: mutants, and claims (with None) false as a whole."""
        found: Errata = []
        for claim in self.claims:
            found += [(claim, None)] if claim.expected == "REFUTED" else []
            found += [(claim, mutant) for mutant in claim.mutants if mutant.erratum]
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Subjects:
    """Everything that pages are written about.

    Attributes:
        root: the repository.
        parts: the papers, in the order of their files.
        kept: counterexample files by claim id and name of the mutant ("" for the claim).
    """

    root: Path
    parts: tuple[Part, ...]
    kept: Mapping[tuple[str, str], Kept]

    @property
    def claims(self) -> dict[str, Claim]:
        """Every claim by its id."""
        return {claim.id: claim for part in self.parts for claim in part.claims}

    def used_by(self) -> dict[str, list[str]]:
        """Which claims rest on each one."""
        users: dict[str, list[str]] = {}
        for claim in self.claims.values():
            for other in claim.depends_on:
                users.setdefault(other, []).append(claim.id)
        return users

    def file_of(self, claim: Claim) -> str:
        """The claim's file, relative to the repository, or its name alone from elsewhere."""
        return relative(Path(claim.file), self.root)


def relative(file: Path, root: Path) -> str:
    """A file without the machine's path."""
    return file.relative_to(root).as_posix() if root in file.parents else file.name


def gathered(files: Iterable[Path], witnesses: Path, root: Path) -> Subjects:
    """Read claims files and counterexample files.

    Args:
        files: claims files.
        witnesses: a folder of counterexample files, which may be missing.
        root: the repository; paths on pages are relative to it.

    Raises:
        NotFoundError: a claims file cannot be read.
        ClaimError: a file states no paper.
        UnreadableError: a counterexample file cannot be read.
    """
    found: dict[tuple[str, str], list[tuple[Path, Paper]]] = {}
    for file in files:
        module = load(file)
        if claims_in(module) or not_executable_in(module):
            paper = _paper(module, file)
            found.setdefault((paper.authors, paper.title), []).append((file, paper))
    parts = tuple(_part(members, root) for members in found.values())
    return Subjects(root, parts, _kept(witnesses, root))


def _paper(module: ModuleType, file: Path) -> Paper:
    """The paper of a file; of one that makes no claim, its own words, if it names no paper."""
    try:
        return paper_of(module.__name__, module.__doc__)
    except ClaimError:
        if claims_in(module):
            raise
        title = (module.__doc__ or file.stem).strip().partition("\n")[0].rstrip(".")
        return Paper(file.stem, title, "", "")


def _part(members: list[tuple[Path, Paper]], root: Path) -> Part:
    files = [file for file, _ in members]
    modules = [load(file) for file in files]
    left = {k: v for module in modules for k, v in not_executable_in(module).items()}
    return Part(
        paper=members[0][1],
        files=tuple(relative(file, root) for file in files),
        claims=tuple(claim for module in modules for claim in claims_in(module)),
        left=left,
    )


def _kept(folder: Path, root: Path) -> dict[tuple[str, str], Kept]:
    found = {}
    for path in sorted(folder.glob("*/*.json")):
        document = plain(read(path))
        found[document["claim"], document["setting"]] = Kept(relative(path, root), document)
    return found
