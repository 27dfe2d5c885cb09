"""The canonical text of JSON values, and the digest of a document."""

from __future__ import annotations

import hashlib
import json
from typing import Any


def canonical(value: Any) -> str:
    """The one text of a JSON value: sorted keys, no spaces, every number in its own digits."""
    plain = json.dumps(value, default=str)
    tokens = json.loads(plain, parse_int=str, parse_float=str, parse_constant=str)
    return json.dumps(tokens, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def digest_of(document: dict[str, Any]) -> str:
    """SHA-256 of a document without its digest, the same before writing and after reading."""
    rest = {key: value for key, value in document.items() if key != "digest"}
    return hashlib.sha256(canonical(rest).encode("ascii")).hexdigest()
