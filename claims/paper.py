"""Where a claim was published, read from its module's docstring."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass

from claims.errors import ClaimError

_KNOWN_SOURCE = re.compile(r"\b(?:arXiv:|doi:|https?://)\S*[^\s.,;]", re.IGNORECASE)
_ARXIV_WITHOUT_VERSION = re.compile(r"arXiv:(?:\d{4}\.\d{4,5}|[a-z.-]+/\d{7})", re.IGNORECASE)
_EXPECTED = '"""<Authors>: <Title>. <arXiv id with version, doi or other source>"""'


@dataclass(frozen=True, slots=True)
class Paper:
    """A published (or written) text.

    Attributes:
        key: name of the file, or of the folder for a paper of several files, "du2019".
        authors, title: as the docstring gives them.
        source: "arXiv:1810.02054v2", a doi, a link, or words for what has none of these.
    """

    key: str
    title: str
    authors: str
    source: str


def claim_prefix(module: str) -> str:
    """The part of a claim's id that its module gives: "theorems.du2019" is "du2019".

    Modules outside of `theorems` go by their last name, wherever pytest was started.
    """
    parts = module.split(".")
    if "theorems" in parts[:-1]:
        return ".".join(parts[parts.index("theorems") + 1 :])
    return parts[-1].lstrip("_") or parts[-1]


def paper_of(module: str, docstring: str | None) -> Paper:
    """The paper that a claims module is about.

    A module of a folder may leave it to the folder's `__init__`.

    Raises:
        ClaimError: no docstring names authors, title and source.
    """
    prefix = claim_prefix(module)
    parent = sys.modules.get(module.rpartition(".")[0]) if "." in prefix else None
    for text in (docstring, parent and parent.__doc__):
        found = _parsed(prefix, text or "")
        if found is not None:
            return found
    raise ClaimError(
        f"{prefix}: the module docstring names no paper, docstring={_first_line(docstring)!r}; "
        f"begin the file with {_EXPECTED}"
    )


def _parsed(prefix: str, docstring: str) -> Paper | None:
    paragraph = " ".join(docstring.strip().split("\n\n")[0].split())
    authors, colon, rest = paragraph.partition(": ")
    if not colon or not authors.strip():
        return None
    known = _KNOWN_SOURCE.search(docstring)
    if known is not None:
        source = known.group()
        title = rest.partition(source)[0]
    else:
        title, stop, source = rest.rstrip(".").rpartition(". ")
        if not stop:
            return None
    _check_version(prefix, source)
    title = title.strip().rstrip(".").strip()
    return Paper(prefix.partition(".")[0], title, authors.strip(), source) if title else None


def _check_version(prefix: str, source: str) -> None:
    if _ARXIV_WITHOUT_VERSION.fullmatch(source):
        raise ClaimError(
            f"{prefix}: the paper has no version, source={source!r}; "
            f"say which version was read, {source}v1"
        )


def _first_line(docstring: str | None) -> str:
    return (docstring or "").strip().partition("\n")[0]
