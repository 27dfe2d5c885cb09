"""The beginning of the page: what was run, what came of it, and every claim at a glance."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from claims.page.markup import Html, anchor, element, join
from claims.page.paper_view import paper_anchor
from claims.page.pools import Paper, Pool
from claims.page.tables import number_cell, row, table, wide_cell
from claims.page.verdicts import MARKS, badge, mark_of

MEANING = """
SUPPORTED means: each of so many distinct instances met every premise, and on each the whole
enclosure of the margin was above minus the resolution (1e-9 of the statement's scale unless the
claim's code sets another, 1e-6 along most flows), or failure rates of twice the stated odds were
excluded at an error of one in a million. It is evidence, not a proof: for all was searched,
not exhausted, and numbers called estimated rest on an error estimate.

REFUTED, as it must be, is what a paper prints and what is false: it passes only while its
refutation stands.

UNDECIDED is neither: the enclosure contains 0, the evidence is thin, or the budget was spent.

VACUOUS fails: the premises were hardly ever met, so nothing was tested.

Every claim has mutants, false on purpose: each must be refuted where the true claim stands. That is
how one knows that the test can fail.

A claim that is not on this page was not in these runs: nothing is said about it.
""".strip().split("\n\n")


def summary_view(pools: Sequence[Pool], coverage: str) -> Html:
    """What the runs were and what came of them.

    Args:
        pools: the evidence.
        coverage: how much of the catalogue it decides, in words.
    """
    return element(
        "section",
        element("h2", "Summary"),
        element("p", coverage) if coverage else Html(""),
        _counts(pools),
        *(_runs(pool) for pool in pools),
        element("h3", "What this page says, and what it does not"),
        element("ul", *(element("li", line) for line in MEANING)),
        id="summary",
    )


def matrix_view(papers: Sequence[Paper], pools: Sequence[Pool]) -> Html:
    """Papers by claims: a cell for each claim, a link to it."""
    rows = [
        row(
            element("a", f"{p.authors}: {p.title}", href=f"#{paper_anchor(p)}"),
            number_cell(str(len(p.ids))),
            element("ul", *(_cell(name, pools) for name in p.ids), class_="cells"),
        )
        for p in papers
    ]
    legend = join([badge(mark) for mark in MARKS], Html(" "))
    return element(
        "section",
        element("h2", "Papers and claims"),
        _tools(),
        element("p", legend),
        table("A cell is a claim", ("paper", "claims", "verdicts"), rows),
        id="matrix",
    )


def _tools() -> Html:
    return element(
        "div",
        element("label", "Filter: ", for_="filter"),
        element("input", type="search", id="filter", placeholder="lemma 3.1 undecided"),
        element("span", "", id="filtered", role="status"),
        element("span", "Keys: / filter, Escape all, j and k next and previous claim."),
        class_="tools",
    )


def _cell(name: str, pools: Sequence[Pool]) -> Html:
    found = [pool.claims[name] for pool in pools if name in pool.claims]
    marks = [mark_of(claim) for claim in found]
    # Salts that disagree are worth a look: every verdict is shown.
    shown = list(dict.fromkeys(mark.glyph for mark in marks))
    worst = next((mark for mark in marks if mark.good is False), marks[0])
    survivor = any(m["killed"] is False for claim in found for m in claim["mutants"])
    words = f"{found[0]['label']}: {', '.join(dict.fromkeys(mark.word for mark in marks))}"
    if survivor:
        words += ", a mutant survives"
    inner = element("span", "".join(shown) + ("*" if survivor else ""), aria_hidden="true")
    hidden = element("span", words, class_="hidden-word")
    target = anchor(name)
    link = element("a", inner, hidden, href=f"#{target}", title=words, class_=worst.key)
    return element("li", link, data_claim=target)


def _counts(pools: Sequence[Pool]) -> Html:
    counts = [Counter(mark_of(claim).key for claim in pool.claims.values()) for pool in pools]
    rows = [
        row(badge(mark), *(number_cell(str(count[mark.key])) for count in counts))
        for mark in MARKS
        if any(count[mark.key] for count in counts)
    ]
    mutants = [[m for claim in pool.claims.values() for m in claim["mutants"]] for pool in pools]
    for word, fate in (("mutants killed", True), ("mutants that SURVIVE", False)):
        told = [sum(m["killed"] is fate for m in found) for found in mutants]
        rows.append(row(word, *(number_cell(str(count)) for count in told)))
    return table("Verdicts", ("verdict", *(pool.title for pool in pools)), rows)


def _runs(pool: Pool) -> Html:
    rows = [
        row(
            element("code", run.name),
            str(run.manifest["profile"]),
            str(run.manifest["device"]),
            number_cell(f"{run.manifest['seconds']:.0f}"),
            number_cell(str(len(run.claims))),
            wide_cell(
                f"at most {run.error_budget['total']:.2g} "
                f"({run.error_budget['confirm_streams']} confirm streams, "
                f"{run.error_budget['supported_instances']} supported instances)"
            ),
        )
        for run in pool.runs
    ]
    headings = ("report", "profile", "device", "seconds", "claims", "error budget")
    return table(f"Runs, {pool.title}", headings, rows)
