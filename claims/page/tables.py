"""Tables with a caption, named columns, and a box of their own to scroll in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from claims.page.markup import Html, element, join


def table(caption: str, headings: Sequence[str], rows: Iterable[Html]) -> Html:
    """A table; it can be scrolled by keyboard where it is wider than the page."""
    head = element("tr", *(element("th", word, scope="col") for word in headings))
    return scrolled(
        element(
            "table",
            element("caption", caption),
            element("thead", head),
            element("tbody", *rows),
        ),
        caption,
    )


def row(first: str, *cells: str, claim: str = "") -> Html:
    """A row whose first cell names it.

    Args:
        first: names the row.
        cells: the others; those that `number_cell` or `wide_cell` made are taken as they are.
        claim: anchor of the claim that it is about, for the filter; "" for none.
    """
    made = [cell if cell.startswith("<td") else element("td", cell) for cell in cells]
    return element(
        "tr", element("th", first, scope="row"), *map(Html, made), data_claim=claim or None
    )


def number_cell(text: str) -> Html:
    """A cell of digits, to the right."""
    return element("td", text, class_="number")


def wide_cell(*children: str) -> Html:
    """A cell for sentences."""
    return element("td", *children, class_="wide")


def scrolled(content: Html, words: str) -> Html:
    """A box that scrolls by itself, by keyboard too."""
    return element("div", content, class_="scroll", tabindex="0", role="region", aria_label=words)


def described(pairs: Iterable[tuple[str, str]]) -> Html:
    """A list of words and what they mean; pairs without a meaning are left out."""
    return element(
        "dl",
        join(
            join([element("dt", word), element("dd", meaning)])
            for word, meaning in pairs
            if meaning
        ),
    )
