"""One line of a journal: what was evaluated, what it said, and a sum that a torn line fails."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

FORMAT = 1  # a change of what a line means, or of what the claims room does to it, is a new one
MOST_BYTES = 2**24  # of one line

_FIELDS = {"claim", "kind", "key", "says", "sum"}


class TornLineError(ValueError):
    """A line that its writer did not finish: nothing in it can be used, and nothing is wrong."""


class ForeignLineError(ValueError):
    """A whole line that no journal of this format has."""


@dataclass(frozen=True, slots=True, eq=False)
class Record:
    """A key and what was found for it; plain data.

    Attributes:
        claim: id of the claim that it is about; "" for what concerns a whole run.
        kind: "version", "instance", "said", "judged", "block", "search" or "night".
        key: what was evaluated; equal keys have equal contents.
        says: what came of it.
    """

    claim: str
    kind: str
    key: Mapping[str, Any]
    says: Mapping[str, Any]

    @property
    def identity(self) -> str:
        """The key as text, together with claim and kind."""
        return text_of([self.claim, self.kind, dict(self.key)])

    @property
    def content(self) -> str:
        """What came of it as text, equal for equal contents."""
        return text_of(dict(self.says))

    def line(self) -> bytes:
        """The record as one line, with its line break; the claim comes first, for an index."""
        head = json.dumps(self.claim)
        body = f'"kind":{json.dumps(self.kind)},"key":{text_of(dict(self.key))}'
        text = f'{{"claim":{head},{body},"says":{self.content},"sum":"{self._sum()}"}}\n'
        return text.encode("ascii")

    def _sum(self) -> str:
        return hash_of(self.identity + self.content)[:16]


def read_record(line: bytes) -> Record:
    """The record of a line.

    Raises:
        TornLineError: it breaks off.
        ForeignLineError: it is whole, and not as a journal writes it.
    """
    try:
        data = json.loads(line)
    except (ValueError, RecursionError):
        raise TornLineError("the line is no JSON") from None
    if not isinstance(data, dict) or set(data) != _FIELDS:
        raise ForeignLineError(f"the line has not the fields {sorted(_FIELDS)}")
    claim, kind, key, says = (data[name] for name in ("claim", "kind", "key", "says"))
    texts = isinstance(claim, str) and isinstance(kind, str)
    if not texts or not isinstance(key, dict) or not isinstance(says, dict):
        raise ForeignLineError("claim and kind are texts, key and says are objects")
    record = Record(claim, kind, key, says)
    try:
        same = record.line().rstrip(b"\n") == line.rstrip(b"\r\n")
    except (ValueError, RecursionError):  # a NaN, a number without end, or a nest without bottom
        same = False
    if not same:
        raise ForeignLineError("the line is not what its own sum vouches for")
    return record


def text_of(data: object) -> str:
    """The one JSON text of plain data.

    Raises:
        ValueError: a float is not finite.
    """
    return json.dumps(data, sort_keys=True, separators=(",", ":"), allow_nan=False)


def hash_of(text: str) -> str:
    """128 bits that stand for a text, in hexadecimal."""
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
