"""Docstrings as they are read: prose, formulae among it, names in code.

Only what is certainly a formula is typeset; prose stays prose, and a name with underscores that is
no symbol, or a word in backticks, is code. No character is lost: braces of scripts, underscores
and carets become scripts, `sqrt( )` a root, names of letters the letters, `<=` and its like signs.
"""

from __future__ import annotations

import re
from html import escape

from claims.page.formulas.runs import Runs
from claims.page.formulas.tokens import Token, tokens_of
from claims.page.formulas.writing import mathml
from claims.page.markup import Html, element, join

_STOPS = frozenset([",", ".", ";", ":", ")"])
_ITEM = re.compile(r"\s*(?:[-*]|\(?[0-9ivx]{1,4}[.)])\s")
_SIGN = re.compile(r"\s*(?:[<>=+*/-]|!=|in )")  # goes on with the formula of the line before


def transcribed(text: str) -> Html:
    """A line of prose with its formulae typeset; escaped."""
    tokens = tokens_of(text)
    parts: list[str] = []
    done = 0
    for run in Runs(tokens).find():
        parts += map(_plain, tokens[done : run.first])
        part = tokens[run.first : run.last + 1]
        done = run.last + 1
        stop = tokens[done].text if done < len(tokens) and not tokens[done].space else ""
        parts += [escape(part[0].space), _tied(mathml(part, _source(text, part)), stop)]
        done += stop in _STOPS
    parts += map(_plain, tokens[done:])
    tail = text[len(text.rstrip()) :]
    return Html("".join(parts) + escape(tail))


def paragraphs(text: str) -> Html:
    """A docstring: a line for each item of a list, and for what is set off by indentation."""
    blocks = [block for block in re.split(r"\n\s*\n", text.strip()) if block.strip()]
    return join([element("p", _lines(block)) for block in blocks])


def _lines(block: str) -> Html:
    lines: list[str] = []
    indent, item = 0, False  # of the line that is being filled
    for line in block.splitlines():
        begins, here = bool(_ITEM.match(line)), len(line) - len(line.lstrip())
        # What goes on with an item stands below its words, or below its mark.
        further = item or bool(_SIGN.match(line))
        goes_on = here >= indent if further else here == indent
        if lines and goes_on and not begins:
            lines[-1] += f"\n{line.strip()}"
        else:
            lines.append(line.strip())
            indent, item = here, begins
    return join([transcribed(line) for line in lines], Html("<br>"))


def _tied(formula: str, stop: str) -> str:
    """A formula with the stop behind it, which must not begin a line."""
    return f'<span class="tie">{formula}{stop}</span>' if stop in _STOPS else formula


def _source(text: str, part: list[Token]) -> str:
    last = part[-1]
    return text[part[0].start : last.start + len(last.text)]


def _plain(token: Token) -> str:
    if token.kind != "code":
        return escape(token.space + token.text)
    return f"{escape(token.space)}<code>{escape(token.text.strip('`'))}</code>"
