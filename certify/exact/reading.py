"""Documents read with limits: whatever a file holds, it costs bounded time and memory.

Every number stays the text that was written, so nothing is rounded and the digest sees each digit.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .balls import UnreadableError
from .digits import LARGEST_EXPONENT, is_number
from .shape import check_shape

MOST_BYTES = 1_000_000
MOST_VALUES = 100_000
MOST_DEPTH = 40
LONGEST_STRING = 20_000


class Token(str):
    """A number of a JSON text, as it was written there."""

    __slots__ = ()


def read_document(path: str | os.PathLike[str]) -> dict[str, Any]:
    """A counterexample document; its numbers are `Token`s.

    Raises:
        UnreadableError: no regular file, too large, no JSON, or not the shape of a document.
    """
    document = parsed(_contents(Path(path)))
    check_shape(document)
    return dict(document)


def parsed(text: str) -> Any:
    """JSON with its numbers as `Token`s, within the limits.

    Raises:
        UnreadableError: no JSON, a duplicate key, a number or a string too long, too many values.
    """
    try:
        value = json.loads(
            text,
            parse_int=_number,
            parse_float=_number,
            parse_constant=_number,
            object_pairs_hook=_without_duplicates,
        )
    except UnreadableError:
        raise
    except RecursionError:
        raise UnreadableError(f"it is nested deeper than {MOST_DEPTH}") from None
    except ValueError as error:
        raise UnreadableError(f"it is no JSON: {str(error)[:100]}") from None
    _check_size(value)
    return value


def _contents(path: Path) -> str:
    try:
        # Opening a named pipe for reading would wait for a writer.
        opened = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "no path"
        raise UnreadableError(f"it cannot be opened: {why}") from None
    try:
        return _text(opened)
    except OSError as error:
        raise UnreadableError(f"it cannot be read: {error.strerror}") from None
    finally:
        os.close(opened)


def _text(opened: int) -> str:
    status = os.fstat(opened)
    if not stat.S_ISREG(status.st_mode):
        raise UnreadableError("it is no regular file")
    # A file may say that it is small, and grow while it is read.
    contents, size = [b""], status.st_size
    while size <= MOST_BYTES and (block := os.read(opened, MOST_BYTES + 1)):
        contents.append(block)
        size = sum(map(len, contents))
    if size > MOST_BYTES:
        raise UnreadableError(f"it is larger than {MOST_BYTES} bytes")
    try:
        return b"".join(contents).decode("utf-8")
    except UnicodeDecodeError as error:
        raise UnreadableError(f"it is no UTF-8 text: byte {error.start}") from None


def _number(text: str) -> Token:
    if not is_number(text):
        raise UnreadableError(
            f"the number {ascii(text)[:40]} has over 500 digits, an exponent beyond "
            f"{LARGEST_EXPONENT}, or is none"
        )
    return Token(text)


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise UnreadableError("an object has one key twice")
    return found


def _check_size(value: Any) -> None:
    """Raises UnreadableError: too deep, too many values, or a string is too long."""
    level, count = [value], 0
    for _ in range(MOST_DEPTH):
        count += len(level)
        if any(isinstance(item, str) and len(item) > LONGEST_STRING for item in level):
            raise UnreadableError(f"a string has more than {LONGEST_STRING} characters")
        level = [part for item in level for part in _parts(item)]
        if count + len(level) > MOST_VALUES:
            raise UnreadableError(f"it holds more than {MOST_VALUES} values")
        if not level:
            return
    raise UnreadableError(f"it is nested deeper than {MOST_DEPTH}")


def _parts(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        yield from value
        yield from value.values()
    elif isinstance(value, list):
        yield from value
