"""The lists at the end of the page: errata, counterexamples, what cannot be run, the manifest."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from claims.page.claim_view import instance_text, link, setting_text
from claims.page.formulas import paragraphs, transcribed
from claims.page.markup import Html, anchor, element, join
from claims.page.pools import Pool
from claims.page.tables import row, table, wide_cell

Claim = Mapping[str, Any]


def errata_view(pools: Sequence[Pool], known: set[str]) -> Html:
    """What is printed and refuted, with its witness, beside what is true."""
    rows = []
    for claim in _every(pools):
        if claim["expected"] == "REFUTED" and claim["outcome"] == "REFUTED":
            rows.append(_false_claim(claim, known))
        rows += [
            _misprint(claim, mutant, known)
            for mutant in claim["mutants"]
            if mutant["erratum"] and mutant["killed"]
        ]
    headings = ("claim and place", "printed, and false because", "witness", "corrected")
    return _section("errata", "Errata", "What is printed and refuted", headings, rows)


def counterexamples_view(pools: Sequence[Pool], known: set[str]) -> Html:
    """The files that runs have written, and how to judge them again."""
    rows = []
    for claim in _every(pools):
        for case in (claim, *claim["mutants"]):
            file = case["counterexample"]
            if file:
                name = case.get("name", "")
                replay = f"python -m claims replay {shlex.quote(file)}"
                cells = (name or "the claim itself", element("code", file), element("code", replay))
                rows.append(row(link(claim["id"], known), *cells, claim=anchor(claim["id"])))
    headings = ("claim", "setting", "file, from the root of the run", "to judge it again")
    title = "Counterexamples"
    return _section("counterexamples", title, "Files of counterexamples", headings, rows)


def unchecked_view(pools: Sequence[Pool]) -> Html:
    """The statements that no program can check."""
    found = {
        entry["id"]: entry for pool in pools for run in pool.runs for entry in run.not_executable
    }
    rows = [
        row(
            element("code", name),
            entry["label"],
            entry["where"],
            wide_cell(transcribed(entry["reason"])),
        )
        for name, entry in found.items()
    ]
    headings = ("statement", "in the paper", "place", "why not")
    title = "What cannot be executed"
    return _section("not-executable", title, "Listed, so that nobody looks in vain", headings, rows)


def manifest_view(pools: Sequence[Pool]) -> Html:
    """Versions and settings of every run."""
    rows = []
    for run in (run for pool in pools for run in pool.runs):
        told = {key: value for key, value in run.manifest.items() if key != "versions"}
        for key, value in (told | dict(run.manifest["versions"])).items():
            rows.append(row(str(key), str(value), element("code", run.name)))
    return _section("manifest", "Manifest", "Settings and versions", ("", "value", "report"), rows)


def _section(
    name: str, title: str, caption: str, headings: Sequence[str], rows: Sequence[Html]
) -> Html:
    content = table(caption, headings, rows) if rows else element("p", "None in these runs.")
    return element("section", element("h2", title), content, id=name)


def _every(pools: Sequence[Pool]) -> Iterator[Claim]:
    for pool in pools:
        yield from pool.claims.values()


def _misprint(claim: Claim, mutant: Claim, known: set[str]) -> Html:
    constants = element("code", setting_text(claim["constants"]))
    return row(
        _place(claim, mutant["where"], known),
        wide_cell(
            element("code", setting_text(mutant["setting"]) or mutant["name"]),
            element("p", transcribed(mutant["because"])),
        ),
        wide_cell(_witness(mutant)),
        wide_cell(paragraphs(claim["statement"]), constants),
        claim=anchor(claim["id"]),
    )


def _false_claim(claim: Claim, known: set[str]) -> Html:
    return row(
        _place(claim, claim["where"], known),
        wide_cell(
            paragraphs(claim["statement"]),
            element("p", Html("<strong>False:</strong> "), transcribed(claim["because"])),
        ),
        wide_cell(_witness(claim)),
        wide_cell("None: it is false as a whole. What is true is a claim of its own, if there is."),
        claim=anchor(claim["id"]),
    )


def _place(claim: Claim, where: str, known: set[str]) -> Html:
    words = join([Html("<br>"), claim["label"], *((", ", transcribed(where)) if where else ())])
    return join([link(claim["id"], known), words])


def _witness(case: Claim) -> Html:
    return element("pre", instance_text(case["paste"] or case["instance"]))
