"""The page of one paper, and the list of papers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from claims.claim import Claim
from claims.site.claim_page import claim_link
from claims.site.markup import code, link, plain, section, table
from claims.site.subjects import Part, Subjects


def papers_page(subjects: Subjects) -> list[str]:
    """The list of all papers, with the tree of pages that the site's margin shows."""
    rows = [
        (
            link(plain(part.cited), f"{part.slug}.md"),
            plain(part.paper.source),
            *(str(count) for count in _counts(part)),
        )
        for part in subjects.parts
    ]
    header = ("paper", "source", "claims", "mutants", "errata", "not executable")
    entries = [f"{_short(part)} <{part.slug}>" for part in subjects.parts]
    tree = ["```{toctree}", ":hidden:", "", *entries, "```"]
    words = "Errata are statements that the paper prints and every run refutes."
    return ["# Papers", "", words, "", *table(header, rows), *tree]


def paper_page(subjects: Subjects, part: Part) -> list[str]:
    """The lines of a paper's page."""
    paper = part.paper
    lines = [f"# {plain(part.heading)}", ""]
    lines += [f"*{plain(paper.title)}.* {plain(paper.source)}", ""] if paper.authors else []
    claims, mutants, errata, left = _counts(part)
    counted = f"{claims} claims, {mutants} mutants, {errata} errata, {left} not executable"
    lines += [f"{counted}; in " + ", ".join(code(name) for name in part.files) + ".", ""]
    lines += section("Claims", _claims(subjects, part))
    lines += section("How they rest on one another", _graph(subjects, part))
    lines += section("Errata", _errata(part))
    lines += section("Not executable", _left(part))
    if not part.claims:
        return lines
    run = " ".join(part.files)
    return [*lines, "## Run it", "", "```text", f"pytest {run} -n auto", "```"]


def _short(part: Part) -> str:
    """An entry of the margin, "Du, Zhai, Poczos, Singh (du2019)", free of signs of the tree."""
    names = part.heading.replace("<", "").replace(">", "")
    return f"{names} ({part.slug})"


def _counts(part: Part) -> tuple[int, int, int, int]:
    mutants = [mutant for claim in part.claims for mutant in claim.mutants if not mutant.erratum]
    return len(part.claims), len(mutants), len(part.errata), len(part.left)


def _claims(subjects: Subjects, part: Part) -> list[str]:
    """A table for each file."""
    lines: list[str] = []
    for file in part.files:
        rows = _rows([claim for claim in part.claims if subjects.file_of(claim) == file])
        made = table(("claim", "in the paper", "statement", "text"), rows)
        lines += section(code(file), made, level=3) if len(part.files) > 1 else made
    return lines


def _rows(claims: list[Claim]) -> Iterator[tuple[str, str, str, str]]:
    for claim in claims:
        first = claim.doc.partition("\n")[0]
        false = "**False.** " if claim.expected == "REFUTED" else ""
        name = link(code(claim.name), f"../claims/{claim.id}.md")
        yield name, plain(claim.label), false + plain(first), claim.text


def _graph(subjects: Subjects, part: Part) -> list[str]:
    """A nested list: what nothing of the paper rests on comes first, its premises under it."""
    own = {claim.id: claim for claim in part.claims}
    used = {other for claim in part.claims for other in claim.depends_on}
    roots = [claim for claim in part.claims if claim.depends_on and claim.id not in used]
    lines: list[str] = []
    told: set[str] = set()
    for root in roots:
        lines += _branch(subjects, own, root.id, 0, told)
    if not lines:
        return []
    words = "A claim stands over those that its proof uses; what is told above is not repeated."
    return [words, "", *lines]


def _branch(
    subjects: Subjects, own: Mapping[str, Claim], name: str, depth: int, told: set[str]
) -> Iterator[str]:
    known = subjects.claims.get(name)
    again = name in told and known is not None and bool(known.depends_on)
    label = f" {plain(known.label)}" if known else ""
    yield f"{'  ' * depth}- {claim_link(subjects, name, '../claims/')}{label}" + (
        " (above)" if again else ""
    )
    if again or name not in own:
        return
    told.add(name)
    for other in own[name].depends_on:
        yield from _branch(subjects, own, other, depth + 1, told)


def _errata(part: Part) -> list[str]:
    rows = []
    for claim, mutant in part.errata:
        told = claim if mutant is None else mutant
        name = claim.id if mutant is None else f"{claim.id}[{mutant.name}]"
        target = f"../claims/{claim.id}.md"
        where = plain(told.where or claim.label)
        rows.append((link(code(name), target), where, plain(told.because)))
    return table(("refuted in every run", "printed", "why it fails"), rows)


def _left(part: Part) -> list[str]:
    rows = [
        (
            code(name.removeprefix(f"{part.slug}.")),
            plain(entry.label),
            plain(entry.where or "-"),
            plain(entry.reason),
        )
        for name, entry in part.left.items()
    ]
    return table(("name", "in the paper", "where", "reason"), rows)
