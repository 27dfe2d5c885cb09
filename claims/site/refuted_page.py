"""The page of everything that is printed and refuted, paper by paper."""

from __future__ import annotations

from claims.site.claim_page import claim_link
from claims.site.markup import plain, section
from claims.site.refutations import refutation
from claims.site.subjects import Part, Subjects


def refuted_page(subjects: Subjects) -> list[str]:
    """The lines of the page."""
    parts = [part for part in subjects.parts if part.errata]
    count = sum(len(part.errata) for part in parts)
    words = (
        f"{count} statements of {len(parts)} papers, each refuted in every run. A statement that a "
        "paper prints beside a corrected one is a misprint; one that is false as a whole stands "
        "alone. Where no place of print is given, it is a reading of the text, or its converse, "
        "that is easily taken for granted."
    )
    lines = ["# Every refuted statement", "", words, ""]
    for part in parts:
        lines += _of(subjects, part)
    return lines


def _of(subjects: Subjects, part: Part) -> list[str]:
    lines = [f"*{plain(part.paper.title)}.* {plain(part.paper.source)}", ""]
    for claim, mutant in part.errata:
        told = f"with {plain(mutant.name)}" if mutant else "as a whole"
        body = [f"{claim_link(subjects, claim.id, 'claims/')}, {told}.", ""]
        lines += section(plain(claim.label), body + refutation(subjects, claim, mutant), level=3)
    return section(plain(part.heading), lines)
