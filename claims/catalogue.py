"""What a run may decide, one entry a claim or mutant in the order of the files; what none can."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from types import ModuleType
from typing import Any

from claims.case import Case
from claims.graph import not_executable_in


@dataclass(frozen=True, slots=True)
class Entry:
    """A claim or one of its mutants, as plain data that another process can read.

    Attributes:
        case: "du2019.lemma_3_1[factor=1]".
        claim: id of the claim, "du2019.lemma_3_1".
        node: pytest's node id.
        paper: key, title, authors and source of the paper.
        label, kind, expected, statement, depends_on: as the claim has them.
        constants: the claim's own, JSON-able.
        mutant: name of the mutant; "" for the claim itself.
        setting: what the mutant sets, JSON-able.
        because, where, erratum: as the mutant has them, or the refuted claim.
        selected: whether this run is to decide it.
        own_width, tex, text, bound, regime, topics: as the claim has them.
        left_out: why a run does not decide it though nothing deselects it; "" otherwise.
    """

    case: str
    claim: str
    node: str
    paper: Mapping[str, str]
    label: str
    kind: str
    expected: str
    statement: str
    depends_on: tuple[str, ...] = ()
    constants: Mapping[str, Any] = field(default_factory=dict)
    mutant: str = ""
    setting: Mapping[str, Any] = field(default_factory=dict)
    because: str = ""
    where: str = ""
    erratum: bool = False
    selected: bool = False
    own_width: bool = False
    left_out: str = ""
    tex: str = ""
    text: str = "read"
    bound: str = "valid"
    regime: str = "stated"
    topics: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The case's name within its file, "lemma_3_1[factor=1]"."""
        return self.case.removeprefix(self.claim.rpartition(".")[0] + ".")


@dataclass(frozen=True, slots=True)
class Unchecked:
    """A statement that no program can check.

    Attributes:
        id: "frei2021.lemma_d_6".
        paper: key of the paper.
        label, reason, where: as it was declared.
    """

    id: str
    paper: str
    label: str
    reason: str
    where: str


def unchecked_in(module: ModuleType) -> list[Unchecked]:
    """The statements of a module that no program can check, in file order."""
    return [
        Unchecked(name, name.partition(".")[0], entry.label, entry.reason, entry.where)
        for name, entry in not_executable_in(module).items()
    ]


def entry_of(case: Case, node: str) -> Entry:
    """The plain data of a case that pytest calls `node`."""
    claim, mutant = case.claim, case.mutant
    paper = claim.paper
    told = mutant if mutant is not None else claim
    return Entry(
        case=case.id,
        claim=claim.id,
        node=node,
        paper={
            "key": paper.key,
            "title": paper.title,
            "authors": paper.authors,
            "source": paper.source,
        },
        label=claim.label,
        kind=claim.kind,
        expected=claim.expected,
        statement=claim.doc,
        depends_on=tuple(claim.depends_on),
        constants={name: plain(value) for name, value in claim.constants.items()},
        mutant=mutant.name if mutant is not None else "",
        setting={name: plain(value) for name, value in mutant.shown.items()} if mutant else {},
        because=told.because,
        where=told.where,
        erratum=mutant.erratum if mutant is not None else False,
        own_width=claim.own_width,
        tex=claim.tex,
        text=claim.text,
        bound=claim.bound,
        regime=claim.regime,
        topics=tuple(claim.topics),
    )


def plain(value: object) -> Any:
    """A JSON-able stand-in: numbers and words as they are, a strategy or the like by its text."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return repr(value)


def select(
    entries: Iterable[Entry], chosen: Iterable[str], left_out: Mapping[str, str]
) -> list[Entry]:
    """The entries, with those whose case is chosen marked as selected.

    Args:
        entries: of all files that were read.
        chosen: cases.
        left_out: why cases were left out, by case.
    """
    cases = set(chosen)
    return [
        replace(entry, selected=entry.case in cases, left_out=left_out.get(entry.case, ""))
        for entry in entries
    ]


def dump(entries: Iterable[Entry], unchecked: Iterable[Unchecked], path: Path) -> None:
    """Write a catalogue for another process; `load` reads it."""
    data = {
        "entries": [asdict(entry) for entry in entries],
        "unchecked": [asdict(entry) for entry in unchecked],
    }
    path.write_text(json.dumps(data), encoding="utf-8")


def load(path: Path) -> tuple[list[Entry], list[Unchecked]]:
    """The entries that `dump` wrote, and the statements that none can check."""
    data = json.loads(path.read_text(encoding="utf-8"))
    tuples = ("depends_on", "topics")
    rows = [{**row, **{name: tuple(row[name]) for name in tuples}} for row in data["entries"]]
    return [Entry(**row) for row in rows], [Unchecked(**row) for row in data["unchecked"]]
