"""Fractions that must be built up: on one line, what follows would join the denominator.

`(1 - delta)/2 |h|^2` is half of the product, and on a line it reads as if |h|^2 were below as
well. A fraction with no factor behind it says the same on one line, and stays there.
"""

from __future__ import annotations

from collections.abc import Sequence

from claims.page.formulas import letters
from claims.page.formulas.tokens import Token

_BARS = ("|", "||")
_ATOMS = ("symbol", "word", "number")
# What they are taken of is for the reader to say, unless a bracket says it: h/sum_j q_j, L/log 2.
_WIDE = letters.FUNCTIONS | frozenset(letters.SYMBOLS) | frozenset(["E", "P", "in"])


def fraction_at(tokens: Sequence[Token], k: int) -> tuple[int, int] | None:
    """The fraction whose numerator begins at a place, if it must be built up.

    Args:
        tokens: of a row.
        k: a place in it.

    Returns:
        The places of the slash and behind the denominator; None for anything else.
    """
    if not _begins(tokens, k):
        return None
    slash = _factor(tokens, k)
    if not (0 < slash < len(tokens) - 1) or tokens[slash].text != "/" or tokens[slash].space:
        return None
    end = _factor(tokens, slash + 1)
    if end < 0 or end >= len(tokens) or tokens[slash + 1].space or tokens[slash + 1].text == "d":
        return None  # d/d x has its x behind a space
    return (slash, end) if _goes_on(tokens, end) else None


def in_brackets(tokens: Sequence[Token], first: int, last: int) -> bool:
    """Whether tokens first to last, inclusive, are one pair of round brackets."""
    around = (tokens[first].text, tokens[last].text) == ("(", ")")
    return around and _closing(tokens, first) == last


def _begins(tokens: Sequence[Token], k: int) -> bool:
    """Whether a factor may begin at k: nothing before it touches it but a sign or a bracket."""
    before = tokens[k - 1] if k else None
    if before is None or tokens[k].space:
        return before is None or before.text not in ("/", "^", "_")
    return before.text in ("+", "-", "=", "+-") or before.kind == "open"


def _factor(tokens: Sequence[Token], k: int) -> int:
    """The place behind the factor that begins at k, without a space in it; -1 if there is none."""
    end, applied = _head(tokens, k), False
    while 0 < end < len(tokens) and not tokens[end].space:
        after = tokens[end]
        if after.kind == "open":
            applied, end = True, _closing(tokens, end) + 1
        elif after.text in ("_", "^"):
            end = _behind_script(tokens, end)
        elif after.text == "." and end + 1 < len(tokens) and tokens[end + 1].kind == "symbol":
            end += 2
        elif after.text in ("'", "!"):
            end += 1
        else:
            break
    touched = 0 < end < len(tokens) and not tokens[end].space and tokens[end].kind in _ATOMS
    wide = tokens[k].text in _WIDE and not applied
    return -1 if wide or touched else end


def _head(tokens: Sequence[Token], k: int) -> int:
    """The place behind the letter, the number, the brackets or the bars at k."""
    token = tokens[k]
    if token.text in _BARS:
        return _behind_bars(tokens, k)
    if token.kind == "open":
        return _closing(tokens, k) + 1
    return k + 1 if token.kind in _ATOMS else -1


def _behind_bars(tokens: Sequence[Token], k: int) -> int:
    for place in range(k + 2, len(tokens)):
        if tokens[place].text == tokens[k].text and not tokens[place].space:
            return place + 1
    return -1


def _behind_script(tokens: Sequence[Token], k: int) -> int:
    end = k + 1
    if end < len(tokens) and tokens[end].text in ("+", "-", "*"):
        end += 1
    if end < len(tokens) and tokens[end].kind == "open":
        return _closing(tokens, end) + 1
    while end < len(tokens) and not tokens[end].space and tokens[end].kind in _ATOMS:
        end += 1
    return end


def _closing(tokens: Sequence[Token], k: int) -> int:
    """The place of the bracket that closes the one at k; -2 if the row ends before."""
    depth = 0
    for place in range(k, len(tokens)):
        sign = {"open": 1, "close": -1}.get(tokens[place].kind, 0)
        depth += sign if tokens[place].mate >= 0 else 0
        if depth == 0:
            return place
    return -2


def _goes_on(tokens: Sequence[Token], k: int) -> bool:
    """Whether another factor of the same product stands at k."""
    token = tokens[k]
    if not token.space or token.text == "in":
        return False
    if token.text in _BARS:  # one that closes has space behind it too, or nothing
        return k + 1 < len(tokens) and not tokens[k + 1].space
    return token.kind in (*_ATOMS, "open")
