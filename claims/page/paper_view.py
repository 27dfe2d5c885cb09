"""One paper on the page: its claims, its lemma graph, its margins."""

from __future__ import annotations

import re
from collections.abc import Sequence

from claims.page.claim_view import claim_view, link
from claims.page.lemma_graph import draw_graph
from claims.page.margin_plot import draw_margins
from claims.page.markup import Html, anchor, element
from claims.page.pools import Paper, Pool
from claims.page.tables import number_cell, row, scrolled, table, wide_cell
from claims.page.verdicts import badge, evidence, mark_of, number

_GRAPH = (
    "Lemma graph. An arrow leads from a claim to one whose proof uses it. A box is supported,"
    " a hexagon is false in print and refuted as it must be, cut corners and dashes are "
    "undecided, dots were not run, a thick frame is what fails. The darker a box, the less "
    "slack its claim has: there the proof spends its constants. The number is the worst "
    "margin, or the failure rate that the evidence allows beside the stated one; the shade is"
    " then that of the margins' quantile. Stripes: no slack that compares, as of an expectation, "
    "whose margin is the width of the evidence. What rests on other papers says so in its list."
)
_MARGINS = (
    "Margins over the instances of each claim: line from least to largest, thick between the "
    "quartiles, tick at the median, marker at the least. Disc: a margin; hollow square: "
    "(stated - bound)/stated of a failure rate; hollow diamond: (stated - bound)/scale of an "
    "expectation, which the evidence brings to just above minus its resolution, 0.1 say, and for "
    "an equality never to 0; cross: refuted. Linear within 0.01 of 0."
)
_ARXIV = re.compile(r"arXiv:([\w./-]+)", re.IGNORECASE)
_DOI = re.compile(r"doi:(\S+)", re.IGNORECASE)


def paper_anchor(paper: Paper) -> str:
    """Where a paper stands on the page."""
    return f"paper-{anchor(paper.key)}"


def paper_view(paper: Paper, pools: Sequence[Pool], known: set[str]) -> Html:
    """A paper's section.

    Args:
        paper: which.
        pools: the evidence; the figures are drawn from the first that has claims of it.
        known: ids of the claims on this page.
    """
    having = [pool for pool in pools if any(name in pool.claims for name in paper.ids)]
    drawn = having[0]
    users = _users(paper, pools)
    note = f" Drawn from {drawn.title}." if len(pools) > 1 else ""
    margins = draw_margins(paper, drawn.claims)
    return element(
        "section",
        element("h2", f"{paper.authors}: ", element("cite", paper.title)),
        element("p", source_link(paper.source)),
        _claims(paper, pools, known),
        _figure(draw_graph(paper, drawn.claims), _GRAPH + note),
        _figure(margins, _MARGINS + note) if margins is not None else Html(""),
        *(claim_view(name, pools, users.get(name, ()), known) for name in paper.ids),
        id=paper_anchor(paper),
    )


def source_link(source: str) -> Html:
    """Where a paper is published, a link where it has an address of its own."""
    arxiv, doi = _ARXIV.fullmatch(source), _DOI.fullmatch(source)
    if arxiv is not None:
        return element(
            "a", source, href=f"https://arxiv.org/abs/{arxiv.group(1)}", rel="noreferrer"
        )
    if doi is not None:
        return element("a", source, href=f"https://doi.org/{doi.group(1)}", rel="noreferrer")
    return element("span", source)


def _claims(paper: Paper, pools: Sequence[Pool], known: set[str]) -> Html:
    titles = [f"verdict, {pool.title}" for pool in pools] if len(pools) > 1 else ["verdict"]
    rows = [_row(name, pools, known) for name in paper.ids]
    headings = ("claim", "in the paper", *titles, "margin", "mutants killed")
    return table(f"Claims of {paper.authors}", headings, rows)


def _row(name: str, pools: Sequence[Pool], known: set[str]) -> Html:
    found = [pool.claims.get(name) for pool in pools]
    first = next(claim for claim in found if claim is not None)
    verdicts = [
        wide_cell("not in this run")
        if claim is None
        else wide_cell(badge(mark_of(claim)), Html(" "), evidence(claim))
        for claim in found
    ]
    decided = [mutant for mutant in first["mutants"] if mutant["killed"] is not None]
    killed = sum(mutant["killed"] for mutant in decided)
    return row(
        link(name, known),
        first["label"],
        *verdicts,
        number_cell(number(first["worst_margin"])),
        number_cell(f"{killed} of {len(decided)}" if decided else "-"),
        claim=anchor(name),
    )


def _users(paper: Paper, pools: Sequence[Pool]) -> dict[str, list[str]]:
    users: dict[str, list[str]] = {}
    for pool in pools:
        for claim in pool.claims.values():
            for other in claim["depends_on"]:
                if other in paper.ids and claim["id"] not in users.setdefault(other, []):
                    users[other].append(claim["id"])
    return users


def _figure(drawing: Html, caption: str) -> Html:
    box = scrolled(drawing, caption.partition(".")[0])
    return element("figure", box, element("figcaption", caption))
