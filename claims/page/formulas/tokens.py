"""Plain text in pieces: words, symbols, numbers, operators and brackets."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from claims.page.formulas import letters

_PIECE = re.compile(
    r"""(?P<space>\s+)
    |(?P<code>`[^`]+`|\b[a-z]+\d{4}[a-z]*(?:\.\w+)+)
    |(?P<plain>\b(?:i\.i\.d\.|e\.g\.|i\.e\.|w\.r\.t\.|a\.e\.|a\.s\.|s\.t\.)
        |\b[A-Z]\.\d+(?:\.\d+)*
        |\d+(?:st|nd|rd|th)\b
        |\bpp?\.(?=\s\d)
        |(?<=\w)'s\b(?![(_^])
        |"[^"]*")
    |(?P<scripted>[A-Za-z]+\d*(?:_[A-Za-z0-9]+)+)
    |(?P<hyphened>(?<!_)[A-Za-z]+(?:-[A-Za-z0-9]+)+(?![\w(^]))
    |(?P<number>\d+(?:\.\d+)?(?:e[-+]?\d+)?)
    |(?P<word>[A-Za-z]+\d*)
    |(?P<operator><=>|<->|\.\.\.|->|=>|:=|<=|>=|!=|==|<<|>>|\|\||\+-|[-+*/^_=<>|~!'.,;:])
    |(?P<open>[(\[{])
    |(?P<close>[)\]}])
    |(?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
_PAIRS = {"(": ")]", "[": "])", "{": "}", "<": ">"}


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the text.

    Attributes:
        kind: "word", "symbol", "number", "operator", "open", "close", "code" or "other"; a word is
            prose unless it is a symbol.
        text: as it stands.
        space: the white space before it.
        start: its place in the text.
        mate: index of the other bracket of a pair; -1 without one.
    """

    kind: str
    text: str
    space: str
    start: int
    mate: int = field(default=-1)


def tokens_of(text: str) -> list[Token]:
    """The pieces of a text, brackets matched; joined with their spaces they are the text."""
    found: list[Token] = []
    space, place = "", 0
    while place < len(text):
        piece = _PIECE.match(text, place)
        if piece is None:  # `other` takes any character
            raise AssertionError(text[place])
        kind, shown = piece.lastgroup or "other", piece.group()
        if kind == "scripted":
            kind, shown = _scripted(shown)
        elif kind == "hyphened":
            kind, shown = _hyphened(shown)
        if kind == "space":
            space = shown
        else:
            found.append(Token(_kind(kind, shown), shown, space, place))
            space = ""
        place += len(shown)
    return _matched(_angled(found))


def _scripted(text: str) -> tuple[str, str]:
    base, below = text.split("_")[:2]
    return ("word", base) if letters.takes_scripts(base, below) else ("code", text)


def _hyphened(text: str) -> tuple[str, str]:
    parts = text.split("-")
    if any(letters.is_prose(part) for part in parts):
        return "plain", text
    return "word", parts[0]


def _kind(kind: str, text: str) -> str:
    if kind == "word":
        return "symbol" if letters.is_symbol(text) else "word"
    return "word" if kind == "plain" else kind


def _angled(found: list[Token]) -> list[Token]:
    """< and > that stand close to what they enclose are brackets."""
    made = list(found)
    opened: list[int] = []
    for k, token in enumerate(found):
        after = found[k + 1] if k + 1 < len(found) else None
        free = k == 0 or token.space or found[k - 1].kind in ("open", "operator")
        if token.text == "<" and free and after is not None and not after.space:
            opened.append(k)
        elif token.text == ">" and not token.space and opened:
            first = opened.pop()
            made[first] = replace(found[first], kind="open")
            made[k] = replace(token, kind="close")
    return made


def _matched(found: list[Token]) -> list[Token]:
    made, opened = list(found), list[int]()
    for k, token in enumerate(found):
        if token.kind == "open":
            opened.append(k)
        elif token.kind == "close":
            first = opened.pop() if opened else -1
            if first < 0 or token.text not in _PAIRS[found[first].text]:
                opened.clear()  # what is open is left as it is
                continue
            made[first] = replace(made[first], mate=k)
            made[k] = replace(token, mate=first)
    return made
