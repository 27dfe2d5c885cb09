"""Formulae as MathML. Everything that is written is escaped here."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from claims.page.formulas import letters
from claims.page.formulas.fractions import fraction_at, in_brackets
from claims.page.formulas.tokens import Token

_BARS = ("|", "||")
_TIGHT = frozenset(["'", "!", "...", ",", ";", ":"])
_PAIRED = frozenset("ijklmnrst")  # two of them in a subscript are two indices
_WORDS_BELOW = frozenset(["in", "is", "st", "nl"])


def mathml(tokens: Sequence[Token], source: str) -> str:
    """A formula as a `<math>` element.

    Args:
        tokens: of the formula alone; indices of mates are those of the whole text.
        source: the formula as it was written, which is kept as the alternative text.
    """
    body = "".join(_Row(tokens).nodes())
    return f'<math alttext="{escape(" ".join(source.split()))}">{body}</math>'


class _Row:
    """A row of a formula, written from left to right; scripts go to the node before them.

    In a row that is `small`, a script or a part of a fraction, no fraction is built up.
    """

    def __init__(self, tokens: Sequence[Token], *, small: bool = False) -> None:
        self._tokens = tokens
        self._small = small
        self._nodes: list[str] = []
        self._place = 0

    def nodes(self) -> list[str]:
        """The elements of the row."""
        while self._place < len(self._tokens):
            self._one()
        return self._nodes

    def _one(self) -> None:
        k = self._place
        token = self._tokens[k]
        if k and token.space and self._product(k):
            self._nodes.append('<mspace width="0.17em"/>')
        found = None if self._small else fraction_at(self._tokens, k)
        if found is not None:
            self._nodes.append(self._fraction(*found))
            return
        self._place += 1
        if token.text == "sqrt" and self._opens(k + 1):
            inner = self._bracketed(k + 1)
            self._nodes.append(f"<msqrt>{_row(self._within(inner[1:-1]))}</msqrt>")
        elif token.kind == "open" and self._end(k) > 0:
            self._nodes.append(_row(_fence(self._bracketed(k), small=self._small)))
        elif token.text in ("_", "^") and self._nodes:
            self._scripts(k)
        elif token.kind == "operator" or token.text == "in":
            self._nodes.append(_operator(token, self._after(k)))
        elif token.kind in ("symbol", "word", "number"):
            self._nodes.append(atom(token.text))
        else:
            self._nodes.append(f"<mtext>{escape(token.text)}</mtext>")

    def _within(self, tokens: Sequence[Token]) -> list[str]:
        return _Row(tokens, small=self._small).nodes()

    def _fraction(self, slash: int, end: int) -> str:
        parts = [(self._place, slash - 1), (slash + 1, end - 1)]
        self._place = end
        return f'<mfrac displaystyle="true">{"".join(self._part(*part) for part in parts)}</mfrac>'

    def _part(self, first: int, last: int) -> str:
        """A side of a fraction; the line that parts them stands for brackets around it."""
        if in_brackets(self._tokens, first, last):
            return _unfenced(self._tokens[first : last + 1])
        return _row(_Row(self._tokens[first : last + 1], small=True).nodes())

    def _product(self, k: int) -> bool:
        """Whether two factors stand side by side, so that a thin space parts them."""
        before, token = self._tokens[k - 1], self._tokens[k]
        left = before.kind in ("symbol", "number", "close") or before.text in ("'", "!", *_BARS)
        left = left or (before.kind == "word" and before.text != "in")
        right = token.kind in ("symbol", "number", "open") or token.text in _BARS
        right = right or (token.kind == "word" and token.text != "in")
        bars = before.text in _BARS and token.text in _BARS
        return left and right and not bars and before.text not in ("_", "^")

    def _scripts(self, k: int) -> None:
        base = self._nodes.pop()
        found: dict[str, str] = {}
        self._place = k
        while self._script_follows() and self._tokens[self._place].text not in found:
            sign = self._tokens[self._place].text
            self._place += 1
            found[sign] = _row(self._argument(below=sign == "_"))
        if found.get("_") == _row([]):  # c_ is a letter of its own beside c
            base = f"<munder>{base}<mo>_</mo></munder>"
            del found["_"]
        if not found:
            self._nodes.append(base)
            return
        name = {"_": "msub", "^": "msup", "_^": "msubsup"}["".join(sorted(found, reverse=True))]
        parts = "".join(found[sign] for sign in ("_", "^") if sign in found)
        self._nodes.append(f"<{name}>{base}{parts}</{name}>")

    def _script_follows(self) -> bool:
        k = self._place
        return (
            k < len(self._tokens)
            and self._tokens[k].text in ("_", "^")
            and not self._tokens[k].space
        )

    def _argument(self, *, below: bool) -> list[str]:
        """What a script holds: braces vanish, brackets stay."""
        nodes: list[str] = []
        if self._near() and self._tokens[self._place].text in ("+", "-", "*"):
            nodes.append(_operator(self._tokens[self._place], None))
            self._place += 1
        if self._near() and self._opens(self._place):
            inner = self._bracketed(self._place)
            if inner[0].text == "{":
                return nodes + _Row(inner[1:-1], small=True).nodes()
            bare = not below and not nodes and _is_power(inner)
            shown = _unfenced(inner) if bare else _row(_fence(inner, small=True))
            return [*nodes, shown]
        return nodes + self._letters(below=below)

    def _letters(self, *, below: bool) -> list[str]:
        """What a script without brackets holds."""
        nodes = [self._colon()] if below and self._whole(1) else []
        while self._near() and self._tokens[self._place].kind in ("word", "symbol", "number"):
            nodes.append(_below(self._tokens[self._place].text) if below else self._plain())
            self._place += 1
            if below:
                nodes += self._listed()
                continue
            if self._takes_bracket():
                nodes.append(_row(_fence(self._bracketed(self._place), small=True)))
            if self._primed():
                nodes.append(_operator(self._tokens[self._place], None))
                self._place += 1
        return nodes

    def _listed(self) -> list[str]:
        """The comma between two indices, or the colon behind one."""
        if self._whole(0):
            return [self._colon()]
        if not self._lists():
            return []
        self._place += 1
        return ["<mo>,</mo>"]

    def _whole(self, index: int) -> bool:
        """Whether a colon here stands for all indices: A_:r before one, |A_r:| behind one."""
        part = self._tokens[self._place : self._place + 2]
        if not part or part[0].text != ":" or any(token.space for token in part):
            return False
        if len(part) == 1:
            return not index
        return part[1].kind in ("symbol", "number") if index else part[1].text in _BARS

    def _colon(self) -> str:
        self._place += 1
        return '<mo lspace="0" rspace="0">:</mo>'

    def _primed(self) -> bool:
        """q^k' has the exponent k', but x_i' and A^T' are primed as a whole."""
        letter = self._tokens[self._place - 1]
        return (
            self._near()
            and self._tokens[self._place].text == "'"
            and letter.kind == "symbol"
            and letter.text != "T"
        )

    def _takes_bracket(self) -> bool:
        known = self._tokens[self._place - 1].text in letters.ORDERS
        return known and self._near() and self._opens(self._place)

    def _plain(self) -> str:
        return atom(self._tokens[self._place].text)

    def _lists(self) -> bool:
        k = self._place
        following = self._tokens[k : k + 2]
        return (
            len(following) == 2
            and following[0].text == ","
            and not any(token.space for token in following)
        )

    def _near(self) -> bool:
        return self._place < len(self._tokens) and not self._tokens[self._place].space

    def _opens(self, k: int) -> bool:
        return k < len(self._tokens) and self._tokens[k].kind == "open" and self._end(k) > 0

    def _end(self, k: int) -> int:
        """The place of the closing bracket in this row; -1 if there is none."""
        token = self._tokens[k]
        if token.mate < 0:
            return -1
        depth = 0
        for place in range(k, len(self._tokens)):
            depth += {"open": 1, "close": -1}.get(self._tokens[place].kind, 0) * (
                self._tokens[place].mate >= 0
            )
            if depth == 0:
                return place
        return -1

    def _bracketed(self, k: int) -> Sequence[Token]:
        end = self._end(k)
        self._place = end + 1
        return self._tokens[k : end + 1]

    def _after(self, k: int) -> Token | None:
        return self._tokens[k + 1] if k + 1 < len(self._tokens) else None


def atom(text: str) -> str:
    """A symbol, a function's name or a number."""
    if text[0].isdigit():
        return f"<mn>{text}</mn>"
    if text in letters.SYMBOLS:
        return f"<mo>{letters.SYMBOLS[text]}</mo>"
    if text in letters.GREEK:
        return f"<mi>{letters.GREEK[text]}</mi>"
    if letters.is_product(text) or text in letters.DIFFERENTIALS:
        return _letters(text)
    return f"<mi>{escape(text)}</mi>"


def _below(text: str) -> str:
    """A word of a subscript: inf is infinity, ij are two indices, min is a word."""
    if text == "inf":
        return "<mi>\u221e</mi>"
    indices = len(text) == 2 and set(text) <= _PAIRED and text not in _WORDS_BELOW
    if indices:
        return _letters(text)
    known = len(text) == 1 or text[0].isdigit() or text in letters.GREEK
    return atom(text) if known else f"<mtext>{escape(text)}</mtext>"


def _letters(text: str) -> str:
    return f"<mrow>{''.join(f'<mi>{letter}</mi>' for letter in text)}</mrow>"


def _operator(token: Token, after: Token | None) -> str:
    shown = escape(letters.OPERATORS.get(token.text, token.text))
    if token.text in _BARS:
        # By its place in the row a bar would be taken for a relation, with space around it.
        wide = bool(token.space and after is not None and after.space)
        width = "0.25em" if wide else "0"
        return f'<mo stretchy="false" lspace="{width}" rspace="{width}">{shown}</mo>'
    if token.text == "'":
        return f'<mo lspace="0" rspace="0">{shown}</mo>'
    if token.text == "/":
        return '<mo lspace="0.05em" rspace="0.05em">/</mo>'
    return f"<mo>{shown}</mo>"


def _is_power(tokens: Sequence[Token]) -> bool:
    """Whether a script in round brackets is a number: (-1/2), but (l - 1) may be a layer."""
    inner = [token.text for token in tokens[1:-1]]
    return tokens[0].text == "(" and (inner[0] in ("-", "+") or "/" in inner)


def _unfenced(tokens: Sequence[Token]) -> str:
    """What brackets hold, where the place says what they say."""
    return f'<mrow class="bracketed">{"".join(_Row(tokens[1:-1], small=True).nodes())}</mrow>'


def _fence(tokens: Sequence[Token], *, small: bool) -> list[str]:
    first, last = (letters.ANGLES.get(t.text, t.text) for t in (tokens[0], tokens[-1]))
    inner = _Row(tokens[1:-1], small=small).nodes()
    return [
        f'<mo stretchy="false">{first}</mo>',
        *inner,
        f'<mo stretchy="false">{last}</mo>',
    ]


def _row(nodes: list[str]) -> str:
    return nodes[0] if len(nodes) == 1 and _single(nodes[0]) else f"<mrow>{''.join(nodes)}</mrow>"


def _single(node: str) -> bool:
    # Two letters side by side are one string of two elements.
    return node.count("</m") == 1 or node.startswith(("<mrow", "<msu", "<msq", "<mfrac"))
