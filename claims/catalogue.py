"""What a run may decide: one entry a claim or mutant, in the order of the files."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from claims.case import Case


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
        own_width: as the claim has it.
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

    @property
    def name(self) -> str:
        """The case's name within its file, "lemma_3_1[factor=1]"."""
        return self.case.removeprefix(self.claim.rpartition(".")[0] + ".")


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


def dump(entries: Iterable[Entry], path: Path) -> None:
    """Write the entries for another process; `load` reads them."""
    path.write_text(json.dumps([asdict(entry) for entry in entries]), encoding="utf-8")


def load(path: Path) -> list[Entry]:
    """The entries that `dump` wrote."""
    rows = json.loads(path.read_text(encoding="utf-8"))
    return [Entry(**{**row, "depends_on": tuple(row["depends_on"])}) for row in rows]
