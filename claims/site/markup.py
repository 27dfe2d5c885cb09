"""Markdown that shows hostile text as it is: escapes, code, fences, tables, links."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from claims.page.formulas import paragraphs
from claims.page.markup import element

_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
_CELL_END = re.compile(r"(?<!\\)\|")


def plain(text: str) -> str:
    """One line of words: every sign that markup could be made of is escaped."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return _PUNCTUATION.sub(r"\\\1", line)


def code(text: str) -> str:
    """One line of code; the words alone where a code span could not hold them in a table."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    if not line or "|" in line:
        return plain(line)
    fence = "`" * (1 + _longest_run(line))
    blank = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{fence}{blank}{line}{blank}{fence}"


def block(text: str, language: str = "text", *, options: Sequence[str] = ()) -> list[str]:
    """A literal block, whatever the text holds.

    Args:
        text: lines.
        language: of the highlighting.
        options: of the directive, ":lineno-start: 7".
    """
    fence = "`" * max(3, 1 + _longest_run(text))
    shown = [_printable(line).rstrip() for line in text.splitlines()]
    opened = f"{{code-block}} {language}" if options else language
    return [f"{fence}{opened}", *options, *([""] if options else []), *shown, fence, ""]


def typeset(text: str) -> list[str]:
    """A statement with its formulae typeset; the text itself stands in the source."""
    return block(str(element("div", paragraphs(text), class_="statement")), "{raw} html")


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A table of cells that are markup already; nothing at all without rows."""
    lines = ["| " + " | ".join(_cell(cell) for cell in row) + " |" for row in rows]
    if not lines:
        return []
    return ["| " + " | ".join(header) + " |", "|" + "---|" * len(header), *lines, ""]


def link(words: str, target: str) -> str:
    """A link whose words are markup already."""
    return f"[{words}](<{target}>)"


def section(title: str, lines: Sequence[str], *, level: int = 2) -> list[str]:
    """A heading and what stands under it; nothing where nothing does."""
    return [f"{'#' * level} {title}", "", *lines, *([""] if lines[-1] else [])] if lines else []


def _cell(text: str) -> str:
    return _CELL_END.sub(r"\\|", text)


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall("`+", text)), default=0)


def _printable(line: str) -> str:
    return "".join(c if c.isprintable() else " " for c in line)
