"""The page of one claim."""

from __future__ import annotations

from collections.abc import Iterator

from claims.claim import Claim
from claims.site.markup import block, code, link, plain, section, table, typeset
from claims.site.refutations import refutation
from claims.site.source import Written, written
from claims.site.subjects import Part, Subjects

_TEXT = {
    "read": "read in the paper",
    "derived": "derived from the paper here, not printed in this form",
    "new": "new: not in the paper",
}
_BOUND = {
    "tight": "tight: attained, so a slightly stronger one is refuted",
    "valid": "valid: it holds, and may be far from attained",
}
_REGIME = {
    "stated": "as the paper states it",
    "beyond": "beyond the paper: the claim goes further",
}


def claim_page(
    subjects: Subjects, part: Part, claim: Claim, users: list[str], source_url: str = ""
) -> list[str]:
    """The lines of a claim's page.

    Args:
        subjects: everything else on the site.
        part: the paper.
        claim: the claim.
        users: ids of the claims that rest on it.
        source_url: where the repository's files can be looked at; "" shows the source alone.
    """
    seen = written(claim)
    file = claim.id.partition(".")[0]  # a search finds many a Lemma 3.2
    lines = ["---", "orphan: true", "---", "", f"# {plain(f'{claim.label} ({file})')}", ""]
    lines += [f"{code(claim.id)}, of {link(plain(part.cited), f'../papers/{part.slug}.md')}", ""]
    lines += section("Statement", typeset(claim.doc))
    lines += table(("", ""), _facts(claim))
    header = ("letter", "type", "drawn by", "premises")
    lines += section("For all", table(header, _drawn(claim, seen)))
    lines += section("Premises of the body", [f"- {plain(name)}" for name in seen.premises])
    rows = ((code(name), code(repr(value))) for name, value in claim.constants.items())
    lines += section("Constants", table(("name", "true value"), rows))
    lines += _mutants(claim)
    for wrong, mutant in [(c, m) for c, m in part.errata if c is claim]:
        title = "The refutation" if mutant is None else f"Printed error: {plain(mutant.name)}"
        lines += section(title, refutation(subjects, wrong, mutant))
    lines += section("Rests on", _listed(subjects, claim.depends_on))
    lines += section("Used by", _listed(subjects, users))
    lines += section("Run it", block("\n".join(_commands(subjects, claim))))
    lines += _source(subjects, claim, seen, source_url)
    return [*lines, f"{plain(part.cited)}. {plain(part.paper.source)}"]


def claim_link(subjects: Subjects, claim_id: str, folder: str = "") -> str:
    """A link to a claim's page from a page beside it, or with the way to its folder."""
    return (
        link(code(claim_id), f"{folder}{claim_id}.md")
        if claim_id in subjects.claims
        else (code(claim_id))
    )


def _facts(claim: Claim) -> Iterator[tuple[str, str]]:
    yield "expected", claim.expected
    if claim.expected == "REFUTED":
        yield "because", plain(claim.because)
    yield "kind", claim.kind
    yield "text", plain(_TEXT.get(claim.text, claim.text))
    if claim.expected != "REFUTED":
        yield "bound", plain(_BOUND.get(claim.bound, claim.bound))
    yield "regime", plain(_REGIME.get(claim.regime, claim.regime))
    if claim.topics:
        yield "topics", ", ".join(code(topic) for topic in claim.topics)
    if claim.least_profile != "quick":
        yield "run from", f"profile {code(claim.least_profile)} on"
    if claim.edge:
        yield "edge", "some instances must stand within 10 % of a premise's edge"


def _drawn(claim: Claim, seen: Written) -> Iterator[tuple[str, str, str, str]]:
    for name, strategy in claim.for_all.items():
        kind = claim.annotations[name]
        premises = getattr(strategy, "premises", None) or {}
        yield (
            code(name),
            code(getattr(kind, "__name__", str(kind))),
            code(seen.strategies.get(name, repr(strategy))),
            plain(", ".join(premises)) or "none named",
        )


def _mutants(claim: Claim) -> list[str]:
    rows = [
        (code(mutant.name), plain(mutant.because)) for mutant in claim.mutants if not mutant.erratum
    ]
    words = "The same claim made false; each must be refuted, or the run fails."
    return section("Mutants", [words, "", *table(("setting", "because"), rows)]) if rows else []


def _listed(subjects: Subjects, ids: tuple[str, ...] | list[str]) -> list[str]:
    known = subjects.claims
    labels = {name: f": {plain(known[name].label)}" for name in ids if name in known}
    return [f"- {claim_link(subjects, name)}{labels.get(name, '')}" for name in ids]


def _commands(subjects: Subjects, claim: Claim) -> Iterator[str]:
    yield f"python -m claims show {claim.id}"
    yield f"python -m claims check {claim.id}"
    yield f"pytest {subjects.file_of(claim)}::{claim.name}"


def _source(subjects: Subjects, claim: Claim, seen: Written, source_url: str) -> list[str]:
    place = f"{subjects.file_of(claim)}, line {claim.line}"
    target = f"{source_url}/{subjects.file_of(claim)}#L{claim.line}"
    lines = [link(plain(place), target) if source_url else code(place), ""]
    if seen.lines:
        numbered = (":linenos:", f":lineno-start: {claim.line}")
        lines += block("\n".join(seen.lines), "python", options=numbered)
    return section("Source", lines)
