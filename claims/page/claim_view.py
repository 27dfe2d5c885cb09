"""One claim on the page: statement, verdict, evidence, mutants."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from claims.page.formulas import paragraphs, transcribed, typeset
from claims.page.markup import Html, anchor, element, join
from claims.page.pools import Pool
from claims.page.tables import described, number_cell, row, table, wide_cell
from claims.page.verdicts import badge, evidence, mark_of, number

MOST_LETTERS = 1500  # of an instance; the whole of it is in the report's file
Claim = Mapping[str, Any]


def claim_view(name: str, pools: Sequence[Pool], users: Sequence[str], known: set[str]) -> Html:
    """Everything about a claim, from every pool that has it.

    Args:
        name: its id.
        pools: the evidence, side by side.
        users: ids of the claims whose proofs use it.
        known: ids of the claims on this page.
    """
    having = [pool for pool in pools if name in pool.claims]
    claim = having[0].claims[name]
    marks = [mark_of(pool.claims[name]) for pool in having]
    said = (
        element("p", badge(mark), f" {pool.title}: " if len(pools) > 1 else " ", evidence(found))
        for mark, pool in zip(marks, having, strict=True)
        if (found := pool.claims[name])
    )
    parts = [
        element("h3", claim["label"], Html(" "), element("code", name)),
        element("div", _statement(claim), class_="statement"),
        *said,
        _facts(claim, users, known),
        *(_evidence(pool.claims[name], pool.title if len(pools) > 1 else "") for pool in having),
    ]
    words = " ".join([name, claim["label"], claim["statement"], *(mark.word for mark in marks)])
    return element(
        "article",
        *parts,
        id=anchor(name),
        class_="claim",
        tabindex="-1",
        data_words=" ".join(words.lower().split()),
    )


def link(name: str, known: set[str]) -> Html:
    """A claim's id, as a link where the page has it."""
    code = element("code", name)
    return element("a", code, href=f"#{anchor(name)}") if name in known else code


def instance_text(instance: object) -> str:
    """An instance as text, cut where it is long."""
    if instance is None:
        return ""
    text = instance if isinstance(instance, str) else json.dumps(instance, ensure_ascii=False)
    if len(text) <= MOST_LETTERS:
        return text
    return f"{text[:MOST_LETTERS]}... ({len(text)} characters; the report's file has them all)"


def setting_text(setting: Mapping[str, Any]) -> str:
    """Constants with their values."""
    return ", ".join(f"{name}={value}" for name, value in setting.items())


def _statement(claim: Claim) -> Html:
    shown = paragraphs(claim["statement"])
    return join([typeset(claim["tex"]), shown]) if claim["tex"] else shown


def _facts(claim: Claim, users: Sequence[str], known: set[str]) -> Html:
    sizes = ", ".join(f"{letter} = {size}" for letter, size in claim["sizes"].items())
    text = {"read": "as the paper has it", "derived": "derived here", "new": "not in the paper"}
    kind = f"{claim['kind']}; {text.get(claim['text'], claim['text'])}"
    false = claim["expected"] == "REFUTED"  # what is false has no bound that is tight or valid
    bound = f"; {claim['bound']} bound, {claim['regime']} regime" if claim["bound"] else ""
    return described(
        [
            ("kind", kind if false else f"{kind}{bound}"),
            ("false because", transcribed(claim["because"])),
            ("place", claim["where"]),
            ("constants", setting_text(claim["constants"])),
            ("rests on", join([link(x, known) for x in claim["depends_on"]], Html(", "))),
            ("used by", join([link(x, known) for x in users], Html(", "))),
            ("largest", sizes),
            ("topics", ", ".join(claim["topics"])),
            ("certificate", claim["certified"]),
        ]
    )


def _evidence(claim: Claim, title: str) -> Html:
    counts = f"{claim['examples']} instances met all premises, {claim['discarded']} did not"
    rows = f"; {claim['seeds']} rows, {claim['failures']} of them failed" if claim["seeds"] else ""
    facts = described(
        [
            ("instances", counts + rows),
            ("margins", _margins(claim["margins"])),
            ("cost", f"{claim['cost']:.3g} normals or 8 flops, {claim['seconds']:.1f} s"),
        ]
    )
    nearest = instance_text(claim["paste"] or claim["instance"])
    parts = [facts, _premises(claim["premises"]), _mutants(claim["mutants"])]
    if nearest:
        word = "refuting" if claim["outcome"] == "REFUTED" else "nearest"
        parts += [element("p", f"The {word} instance:"), element("pre", nearest)]
    return element(
        "details", element("summary", f"Evidence{f', {title}' if title else ''}"), *parts
    )


def _margins(margins: Sequence[float]) -> str:
    if not margins:
        return ""
    last = len(margins) - 1
    ranks = {"least": 0, "lower quartile": last // 4, "median": last // 2, "largest": last}
    shown = [f"{word} {_plain(margins[k])}" for word, k in ranks.items()]
    return f"{', '.join(shown)} ({len(margins)} values)"


def _plain(margin: float) -> str:
    return number(margin) if math.isfinite(margin) else str(margin)


def _premises(premises: Mapping[str, Mapping[str, Any]]) -> Html:
    if not premises:
        return Html("")
    rows = [
        row(
            transcribed(name),
            number_cell(str(counts["held"])),
            number_cell(str(counts["failed"])),
            number_cell("-" if counts["nearest"] is None else f"{counts['nearest']:.3g}"),
        )
        for name, counts in premises.items()
    ]
    return table("Premises", ("premise", "held", "failed", "least slack"), rows)


def _mutants(mutants: Sequence[Claim]) -> Html:
    if not mutants:
        return Html("")
    rows = [
        row(
            element("code", setting_text(mutant["setting"]) or mutant["name"]),
            wide_cell(transcribed(mutant["because"])),
            _fate(mutant),
            number_cell(number(mutant["margin"])),
            wide_cell(_witness(mutant)),
        )
        for mutant in mutants
    ]
    headings = ("setting", "must be refuted because", "what became of it", "margin", "instance")
    return table("Mutants: false on purpose, or as the paper prints it", headings, rows)


def _fate(mutant: Claim) -> Html:
    words = {True: "\u2020 killed", False: "\u2716 SURVIVED", None: "\u2013 not decided"}
    return element("td", words[mutant["killed"]], ", as printed" if mutant["erratum"] else "")


def _witness(mutant: Claim) -> Html:
    text = instance_text(mutant["paste"] or mutant["instance"])
    if not text:
        return Html("")
    return element("details", element("summary", "show"), element("pre", text))
