"""Which stretches of a text are certainly formulae."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from claims.page.formulas import letters
from claims.page.formulas.tokens import Token

_ATOMS = ("symbol", "number")
_INNER = frozenset(",;:")  # allowed between brackets only
_AFTER = frozenset("!'")  # belong to what stands right before them
_EDGES = frozenset(["+", "-", "*", "/", "~", ".", ",", "^", "_", "...", "+-", "'", "!", "in", ":="])


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of tokens, first to last inclusive, that is a formula."""

    first: int
    last: int


class Runs:
    """The formulae among the tokens of a text."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self._tokens = tokens
        self._certain: dict[int, bool] = {}

    def find(self) -> list[Run]:
        """The formulae, in order; none overlaps another."""
        found, k = [], 0
        while k < len(self._tokens):
            end = k
            while end < len(self._tokens) and (step := self._step(end, inside=False)):
                if end > k and self._new_line(k, end):
                    break
                end += step
            run = self._trimmed(k, end - 1) if end > k else None
            if run is not None:
                found.append(run)
            k = max(end, k + 1)
        return found

    def _new_line(self, first: int, k: int) -> bool:
        """Whether a formula ends with the line before: no operator takes it on."""
        before, token = self._tokens[k - 1], self._tokens[k]
        if "\n" not in token.space or (before.kind == "operator" and before.text != "..."):
            return False
        if token.text in ("|", "||"):  # one that opens begins a formula of its own
            opened = sum(other.text == token.text for other in self._tokens[first:k])
            return opened % 2 == 0
        return token.kind != "operator"

    def _step(self, k: int, *, inside: bool) -> int:
        """How many tokens from k on are mathematics as a whole; 0 if the one at k is prose."""
        token = self._tokens[k]
        if token.kind in _ATOMS:
            return 1
        if token.kind == "operator":
            return self._operator(k, inside=inside)
        if token.kind == "open":
            return token.mate - k + 1 if token.mate > k and self._group(k) else 0
        return int(token.kind == "word" and self._word(k, inside=inside))

    def _group(self, k: int) -> bool:
        """Whether everything between two brackets is mathematics; a script's braces always are."""
        if k not in self._certain:
            before = self._tokens[k - 1].text if k else ""
            sign = before in ("+", "-") and k > 1 and self._tokens[k - 2].text == "^"
            script = (before in ("_", "^") or sign) and not self._tokens[k].space
            place, end = k + 1, self._tokens[k].mate
            while place < end and (step := self._step(place, inside=True)):
                place += step
            whole = place == end and end > k + 1 and not self._counts(k)
            self._certain[k] = script or whole
        return self._certain[k]

    def _counts(self, k: int) -> bool:
        """Whether it is the number of an item, (i) with space around it."""
        token, inner = self._tokens[k], self._tokens[k + 1]
        free = bool(token.space) or k == 0
        return free and token.mate == k + 2 and inner.text in ("i", "v", "x")

    def _operator(self, k: int, *, inside: bool) -> int:
        token, before = self._tokens[k], self._tokens[k - 1] if k else None
        after = self._next(k)
        if token.text in _INNER:
            dots = "..." in (before.text if before else "", after.text if after else "")
            return int(inside or (token.text == "," and dots))
        if token.text in _AFTER:
            close = before is not None and not token.space
            return int(close and before is not None and self._ends(k - 1))
        if token.text == ".":
            return int(self._dot(k))
        if token.text in ("_", "^"):
            return 0 if before is None or token.space or not self._ends(k - 1) else self._script(k)
        return 1

    def _script(self, k: int) -> int:
        """How many tokens a script is: its sign, and a bracket, a word or a number."""
        end = k + 1
        if self._close(end) and self._tokens[end].text in ("+", "-", "*"):
            end += 1
        if not self._close(end):
            return end - k
        if self._tokens[end].kind == "open":
            return self._tokens[end].mate - k + 1 if self._group(end) else 0
        end += self._colon(end, _ATOMS)  # A_:r is a column
        while self._close(end) and self._tokens[end].kind in ("word", *_ATOMS):
            end += 1
            if self._listed(end):
                end += 1
        return end - k + self._colon(end, ("operator",))  # and |A_r:| a row

    def _colon(self, k: int, kinds: Sequence[str]) -> bool:
        """Whether a colon that stands for all indices is at k, something of a kind behind it."""
        if not (self._close(k) and self._tokens[k].text == ":" and self._close(k + 1)):
            return False
        after = self._tokens[k + 1]
        return after.kind in kinds and (after.kind != "operator" or after.text in ("|", "||"))

    def _listed(self, k: int) -> bool:
        """Whether a comma goes on with a subscript: K_12,lr but not x_i,x_j."""
        if not (self._close(k) and self._tokens[k].text == "," and self._close(k + 1)):
            return False
        word = self._tokens[k + 1].kind in ("word", *_ATOMS)
        goes_on = self._close(k + 2) and self._tokens[k + 2].text in ("_", "(")
        return word and not goes_on

    def _close(self, k: int) -> bool:
        return k < len(self._tokens) and not self._tokens[k].space

    def _ends(self, k: int) -> bool:
        token = self._tokens[k]
        return (
            token.kind in (*_ATOMS, "close")
            or token.text in ("'", "!")
            or self._word(k, inside=False)
        )

    def _dot(self, k: int) -> bool:
        """w.x, or a . b between symbols: a product, not the end of a sentence."""
        token, after = self._tokens[k], self._next(k)
        before = self._tokens[k - 1] if k else None
        if before is None or after is None or before.kind not in (*_ATOMS, "close"):
            return False
        if bool(token.space) != bool(after.space):
            return False
        return after.kind in ("symbol", "open") or after.text in letters.WEAK

    def _word(self, k: int, *, inside: bool) -> bool:
        """Whether a word that is no symbol by itself is one here."""
        token, after = self._tokens[k], self._next(k)
        close = after is not None and not after.space
        text = token.text
        if text in letters.WEAK:
            return inside or self._weak(k)
        if text == "in":
            return self._member(k)
        if close and after is not None and after.text in ("_", "^"):
            return letters.takes_scripts(text)
        if text in letters.FUNCTIONS or text in letters.SYMBOLS:
            if close and after is not None and (after.kind == "open" or after.text == "'"):
                return True
            bare = text in letters.BARE or text in letters.SYMBOLS
            return bare and after is not None and self._begins(k + 1)
        return False

    def _begins(self, k: int) -> bool:
        token = self._tokens[k]
        known = token.text in letters.FUNCTIONS or token.text in letters.SYMBOLS
        if self._close(k + 1) and self._tokens[k + 1].text in ("_", "^"):
            known = known or letters.takes_scripts(token.text)  # prod A_i, though A is a word too
        return token.kind in (*_ATOMS, "open") or token.text in ("|", "||") or known

    def _weak(self, k: int) -> bool:
        """a, A and I are symbols next to an operator, or between symbols."""
        before, after = self._tokens[k - 1] if k else None, self._next(k)
        signs = letters.RELATIONS | frozenset(["+", "*", "/", "-", "^", "_", ".", "|", "||", "'"])
        if (
            after is not None
            and after.text in signs
            and not (after.text == "." and self._stop(k + 1))
        ):
            return True
        if after is not None and after.kind == "open" and not after.space and self._group(k + 1):
            return True
        if before is None or before.text == ".":
            return before is not None and not self._tokens[k].space
        if before.text == "-" and self._tokens[k].space:
            return k > 1 and self._tokens[k - 2].kind in (*_ATOMS, "close")  # no dash
        if before.kind == "operator" and before.text in signs:
            return True
        between = after is not None and after.kind in (*_ATOMS, "open", "close")
        return before.kind in _ATOMS and between

    def _stop(self, k: int) -> bool:
        after = self._next(k)
        return after is None or bool(after.space)

    def _member(self, k: int) -> bool:
        """In is membership between a symbol and a set: an interval, braces, R^d, B(w_0, R)."""
        after, before = self._next(k), self._tokens[k - 1] if k else None
        if before is None or after is None or before.kind not in (*_ATOMS, "close"):
            return False
        if after.kind == "open" and after.mate > 0:
            comma = any(t.text == "," for t in self._tokens[k + 1 : after.mate])
            return self._group(k + 1) and (comma or after.text != "(")
        follows = self._tokens[k + 2] if k + 2 < len(self._tokens) else None
        close = follows is not None and not follows.space and follows.text in ("^", "(")
        return after.kind == "symbol" and after.text.isupper() and close

    def _next(self, k: int) -> Token | None:
        return self._tokens[k + 1] if k + 1 < len(self._tokens) else None

    def _trimmed(self, first: int, last: int) -> Run | None:
        """Without operators that hang at an end; None for what is no formula for certain."""
        while first <= last and self._hangs(first, leading=True):
            first += 1
        while last >= first and (self._hangs(last, leading=False) or self._opens(first, last)):
            last -= 1
        if first > last or not self._sure(first, last):
            return None
        return Run(first, last)

    def _opens(self, first: int, last: int) -> bool:
        """Whether a formula's last token is a bar that pairs with prose: eps |mean - h|."""
        token = self._tokens[last]
        if token.text not in ("|", "||"):
            return False
        bars = sum(other.text == token.text for other in self._tokens[first : last + 1])
        opening = token.space and self._close(last + 1)
        return bars == 1 or (bool(opening) and bars % 2 == 1)

    def _hangs(self, k: int, *, leading: bool) -> bool:
        token = self._tokens[k]
        if token.kind != "operator" or token.text not in _EDGES:
            return False
        if leading and token.text in ("+", "-", "+-", "..."):
            after = self._next(k)
            return after is None or bool(after.space)
        return leading or token.text not in ("'", "!")

    def _sure(self, first: int, last: int) -> bool:
        part = self._tokens[first : last + 1]
        if first == last and first and self._tokens[first - 1].mate == first + 1:
            return not self._counts(first - 1)
        if part[0].kind == "open" and part[0].mate == last and len(part) <= 3:
            return part[1].kind == "symbol" and len(part[1].text) > 1  # (7) and (i) are numbers
        if any(token.kind in ("symbol", "word") for token in part):
            return True
        numbers = any(token.kind == "number" for token in part)
        signs = any(token.text in letters.RELATIONS or token.text == "^" for token in part)
        return numbers and signs
