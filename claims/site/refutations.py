"""A refuted statement on a page: what is printed, where, the witness, both sides, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from certify import infix
from claims.claim import Claim, Mutant
from claims.counterexample import laid_out
from claims.instance import pasteable
from claims.site.markup import block, code, plain, table, typeset
from claims.site.subjects import Kept, Subjects

_MOST_LETTERS = 1500


def refutation(subjects: Subjects, claim: Claim, mutant: Mutant | None) -> list[str]:
    """The lines about one refuted statement, without a heading.

    Args:
        subjects: for the counterexample file.
        claim: the claim.
        mutant: the erratum; None where the claim is false as a whole.
    """
    told = claim if mutant is None else mutant
    kept = subjects.kept.get((claim.id, mutant.name if mutant else ""))
    lines = [f"Printed: {plain(told.where)}.", ""] if told.where else []
    if mutant is not None:
        header = ("constant", "as refuted", "in the corrected claim")
        lines += table(header, _changes(claim, mutant))
    lines += [f"Why it fails: {plain(told.because)}.", ""]
    if kept is not None:
        lines += _of_file(kept)
    elif told.witness is not None:
        lines += ["The witness that every run tries first:", ""]
        lines += block(_cut(pasteable(told.witness)), "python")
    else:
        lines += ["No witness is written down: every run searches for one.", ""]
    words = "The corrected statement:" if mutant else "The statement that is refuted:"
    lines += [words, "", *typeset(claim.doc)]
    commands = "\n".join(_commands(subjects, claim, mutant, kept))
    return [*lines, "Check it again:", "", *block(commands)]


def _changes(claim: Claim, mutant: Mutant) -> Iterator[tuple[str, str, str]]:
    for name, value in mutant.shown.items():
        yield code(name), code(str(value)), code(str(claim.constants.get(name, "as stated")))
    if mutant.drops:
        yield "premise", f"without {code(mutant.drops)}", f"with {code(mutant.drops)}"


def _of_file(kept: Kept) -> list[str]:
    witness = kept.document["witnesses"]["smallest"]
    lines = ["The smallest instance kept, in exact numbers:", ""]
    lines += block(_cut(laid_out(witness["instance"])), "json")
    lines += [f"There what is refuted says {code(witness['inequality'])}.", ""]
    certificate = witness["certificate"]
    return lines + (_sides(certificate) if certificate is not None else [])


def _sides(certificate: Mapping[str, Any]) -> list[str]:
    rows = [
        (side, code(infix(certificate[side])), code(_ball(certificate[f"{side}_enclosure"])))
        for side in ("left", "right")
    ]
    words = (
        f"Certified over the exact model {code(certificate['model'])} in balls of "
        f"{int(certificate['bits'])} bits: left {code(certificate['relation'])} right certainly "
        "fails."
    )
    return [words, "", *table(("side", "formula", "value"), rows)]


def _ball(ends: tuple[str, str]) -> str:
    low, high = ends
    return str(low) if low == high else f"[{low}, {high}]"


def _commands(
    subjects: Subjects, claim: Claim, mutant: Mutant | None, kept: Kept | None
) -> Iterator[str]:
    if kept is not None:
        yield f"python -m claims replay {kept.file}"
        yield f"python certify/recheck.py {kept.file}"
    suffix = f"[{mutant.name}]" if mutant else ""
    yield f'pytest "{subjects.file_of(claim)}::{claim.name}{suffix}"'


def _cut(text: str) -> str:
    """A witness of a thousand weights by its beginning; the file has the rest."""
    left = len(text) - _MOST_LETTERS
    return text if left <= 0 else f"{text[:_MOST_LETTERS]}\n... {left} letters more"
