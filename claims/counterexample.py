"""Counterexample documents: a refutation as plain data that needs nothing of ours to be read.

What may stand in one, and what each part means, is told in docs/counterexamples.md.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from certify import UnreadableError, canonical, digest_of, read_document
from claims.case import Case
from claims.instance import Json, Recipe, encode
from claims.machine import versions
from claims.report import write_text_atomically

SCHEMA = 1
_WIDTH = 96
WITNESSES = ("smallest", "worst", "plain")

# Left out one after the other where a document would be too large to be read again.
_DISPENSABLE = ("worst", "plain")


@dataclass(frozen=True, slots=True)
class Witness:
    """One instance that refutes.

    Attributes:
        instance: its recipe.
        margin: what the court found there.
        inequality: both sides as the court saw them, "1.4 <= 1".
        certificate: what proves it in exact arithmetic; None without.
        not_certified: why there is none; "" if there is one.
    """

    instance: Recipe
    margin: float
    inequality: str
    certificate: Mapping[str, Any] | None = None
    not_certified: str = ""

    def to_json(self) -> dict[str, Any]:
        """The witness as it stands in a document; an infinite margin is null there."""
        return {
            "instance": self.instance,
            "margin": self.margin if math.isfinite(self.margin) else None,
            "inequality": self.inequality,
            "certificate": None if self.certificate is None else dict(self.certificate),
            "not_certified": self.not_certified,
        }


def document(
    case: Case,
    witnesses: Mapping[str, Witness | None],
    *,
    salt: int,
    hypothesis_seed: int | None,
    profile: str,
) -> dict[str, Any]:
    """The document of a refuted case.

    Args:
        case: the claim or mutant that is refuted.
        witnesses: by name: "smallest", and if there are such "worst" and "plain".
        salt: which set of random streams it was judged on.
        hypothesis_seed: of the search; None for its own.
        profile: name of the profile.

    Raises:
        ValueError: there is no smallest witness, or one has another name.
    """
    if witnesses.get("smallest") is None or not set(witnesses) <= set(WITNESSES):
        raise ValueError(
            f"counterexample: the witnesses are {sorted(witnesses)}; give smallest, and if there "
            "are such worst and plain"
        )
    claim, mutant = case.claim, case.mutant
    told = claim if mutant is None else mutant
    given = {name: witnesses.get(name) for name in WITNESSES}
    made: dict[str, Any] = {
        "schema": SCHEMA,
        "claim": claim.id,
        "setting": "" if mutant is None else mutant.name,
        "label": claim.label,
        "paper": {
            "authors": claim.paper.authors,
            "title": claim.paper.title,
            "source": claim.paper.source,
        },
        "where": told.where,
        "because": told.because,
        "statement": claim.doc,
        "constants": {name: shown(value) for name, value in case.constants.items()},
        "witnesses": {name: w and w.to_json() for name, w in given.items()},
        "seeds": {"salt": salt, "hypothesis_seed": hypothesis_seed, "profile": profile},
        "versions": versions(),
    }
    return {**made, "digest": digest_of(made)}


def file_name(document: Mapping[str, Any]) -> str:
    """The name of a document's file: the same counterexample has the same one in every run."""
    instance = document["witnesses"]["smallest"]["instance"]
    parts = [document["claim"], document["setting"], document["constants"], instance]
    return f"{hashlib.sha256(canonical(parts).encode()).hexdigest()[:16]}.json"


def write(document: Mapping[str, Any], folder: Path) -> Path:
    """Write a document to `<folder>/<claim>/<hash>.json`, the whole of it or nothing.

    Where it would be too large to be read again, the worst and then the plain witness is left out.

    Returns:
        The file.

    Raises:
        OSError: the folder cannot be written.
        UnreadableError: the document breaks the limits for reading, whatever is left out.
    """
    path: Path = folder / document["claim"] / file_name(document)
    path.parent.mkdir(parents=True, exist_ok=True)
    for extra in (*_DISPENSABLE, None):
        write_text_atomically(path, laid_out(document) + "\n")
        try:
            read_document(path)
        except UnreadableError:
            if extra is None:
                path.unlink(missing_ok=True)
                raise
            document = _without(document, extra)
        else:
            break
    return path


def laid_out(value: Any, indent: str = "") -> str:
    """JSON for people: what fits into a line stands in one, matrices row by row."""
    line = json.dumps(value, allow_nan=False, ensure_ascii=False)
    parted = isinstance(value, Mapping | list | tuple) and len(value) > 0
    if not parted or len(indent) + len(line) <= _WIDTH:
        return line
    inner = f"{indent}  "
    if isinstance(value, Mapping):
        parts = [f"{json.dumps(key)}: {laid_out(part, inner)}" for key, part in value.items()]
        begin, end = "{", "}"
    else:
        parts = [laid_out(part, inner) for part in value]
        begin, end = "[", "]"
    return f"{begin}\n{inner}" + f",\n{inner}".join(parts) + f"\n{indent}{end}"


def read(path: Path) -> dict[str, Any]:
    """The document of a file; its numbers are still the digits that stand there.

    Raises:
        UnreadableError: it breaks a limit, is no such document, or was changed after writing.
    """
    document = read_document(path)
    if digest_of(document) != document["digest"]:
        raise UnreadableError("its digest is of another text, so it was changed after writing")
    return document


def plain(value: Any) -> Any:
    """What was read of a document as ordinary values: numbers in place of their digits.

    Raises:
        UnreadableError: a number is beyond floats.
    """
    if isinstance(value, Mapping):
        return {key: plain(part) for key, part in value.items()}
    if isinstance(value, list):
        return [plain(part) for part in value]
    if isinstance(value, str) and type(value) is not str:  # the digits of a number
        return _number(value)
    return value


def shown(value: object) -> Json:
    """A constant as it stands in a document: a number or a word, anything else by its text."""
    try:
        encoded = encode(value)
    except (TypeError, ValueError):
        return repr(value)
    return repr(value) if isinstance(encoded, list | dict) else encoded


def _number(digits: str) -> int | float:
    if digits.lstrip("+-").isdigit():
        return int(digits)
    value = float(digits)
    if not math.isfinite(value):
        raise UnreadableError(f"the number {digits[:40]} is beyond floats")
    return value


def _without(document: Mapping[str, Any], witness: str) -> dict[str, Any]:
    rest = {**document, "witnesses": {**document["witnesses"], witness: None}}
    return {**rest, "digest": digest_of(rest)}
