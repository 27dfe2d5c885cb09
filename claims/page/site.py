"""The page as a whole, and its file."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from claims.page.lists import counterexamples_view, errata_view, manifest_view, unchecked_view
from claims.page.markup import Html, element, join
from claims.page.overview import matrix_view, summary_view
from claims.page.paper_view import paper_anchor, paper_view
from claims.page.pools import Paper, Pool, papers_of, pooled
from claims.page.scrubbing import Scrubber
from claims.reading import Run, run_of
from claims.report import write_text_atomically

PAGE = "index.html"
_HERE = Path(__file__).parent
_SECTIONS = (
    ("summary", "Summary"),
    ("matrix", "Papers and claims"),
    ("errata", "Errata"),
    ("counterexamples", "Counterexamples"),
    ("not-executable", "What cannot be executed"),
    ("manifest", "Manifest"),
)


def write_page(folder: Path, reports: Sequence[Mapping[str, Any]], coverage: str = "") -> Path:
    """Write the page of some reports, `folder/index.html`, atomically.

    Args:
        folder: made if it is not there.
        reports: as `report_json` makes them.
        coverage: how much of the catalogue they decide, in words.

    Returns:
        The file.

    Raises:
        OSError: the folder cannot be written.
    """
    runs = [run_of(report, f"run {k + 1}") for k, report in enumerate(reports)]
    return write_runs(folder, runs, coverage)


def write_runs(folder: Path, runs: Sequence[Run], coverage: str = "") -> Path:
    """The same for reports that were read; errors as for `write_page`."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / PAGE
    write_text_atomically(file, page_of(runs, coverage))
    return file


def page_of(runs: Sequence[Run], coverage: str = "", scrubber: Scrubber | None = None) -> str:
    """The page of some runs; the same runs make the same text, byte for byte.

    Args:
        runs: at least one.
        coverage: how much of the catalogue they decide, in words.
        scrubber: takes out what must not be told; None for one that knows this machine.
    """
    clean = scrubber or Scrubber.of_this_machine()
    pools = pooled(_scrubbed(run, clean) for run in runs)
    papers = papers_of(pools)
    known = {name for paper in papers for name in paper.ids}
    main = element(
        "main",
        summary_view(pools, coverage),
        matrix_view(papers, pools),
        *(paper_view(paper, pools, known) for paper in papers),
        errata_view(pools, known),
        counterexamples_view(pools, known),
        unchecked_view(pools),
        manifest_view(pools),
        id="main",
    )
    return f"<!DOCTYPE html>\n{_document(main, papers, pools)}\n"


def _scrubbed(run: Run, clean: Scrubber) -> Run:
    return replace(
        run,
        name=clean.text(run.name),
        manifest=clean.data(run.manifest),
        claims={claim["id"]: claim for claim in map(clean.data, run.claims.values())},
        not_executable=[clean.data(entry) for entry in run.not_executable],
    )


def _document(main: Html, papers: Sequence[Paper], pools: Sequence[Pool]) -> Html:
    title = "provably: report"
    style, script = (
        Html((_HERE / name).read_text(encoding="utf-8")) for name in ("page.css", "page.js")
    )
    about = ", ".join(pool.title for pool in pools)
    body = element(
        "body",
        element("a", "Skip to the summary", href="#main", class_="skip"),
        element("header", element("h1", title), element("p", about)),
        _navigation(papers),
        main,
        element("footer", element("p", "Made by provably; nothing on this page is fetched.")),
        element("script", script),
    )
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=_policy(script)),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="referrer", content="no-referrer"),
        element("title", title),
        element("style", style),
    )
    return element("html", head, Html("\n"), body, lang="en")


def _policy(script: str) -> str:
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'; "
        "base-uri 'none'; form-action 'none'"
    )


def _navigation(papers: Sequence[Paper]) -> Html:
    sections = [element("li", element("a", title, href=f"#{name}")) for name, title in _SECTIONS]
    listed = [
        element("li", element("a", f"{p.authors}: {p.title}", href=f"#{paper_anchor(p)}"))
        for p in papers
    ]
    folded = element("details", element("summary", "Papers"), element("ul", *listed))
    return element("nav", element("ul", join(sections)), folded, aria_label="Sections")
