"""The shape of a counterexample document: which keys, and of what kind."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from .balls import UnreadableError
from .digits import is_number

SCHEMA = "1"

_CLAIM = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,99}(\.[A-Za-z_][A-Za-z0-9_]{0,99}){0,4}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_RELATIONS = ("<=", ">=", "==")
_ENDS = 2


def check_shape(document: Any) -> None:
    """Raises UnreadableError: something is missing, too much, or of the wrong kind."""
    _check(document, _DOCUMENT, "the document")


def _check(value: Any, keys: dict[str, Callable[[Any], bool]], where: str) -> None:
    if not isinstance(value, dict):
        raise UnreadableError(f"{where} is no object")
    for key in keys:
        if key not in value:
            raise UnreadableError(f"{where} has no {key!r}")
    for key, part in value.items():
        if key not in keys:
            raise UnreadableError(f"{where} has a key {ascii(key)[:60]} that means nothing")
        if not keys[key](part):
            raise UnreadableError(f"{where}: {key!r} is not what it has to be")


def _object(value: Any) -> bool:
    return isinstance(value, dict)


def _string(value: Any) -> bool:
    return type(value) is str


def _number(value: Any) -> bool:
    return isinstance(value, str) and type(value) is not str


def _tree(value: Any) -> bool:
    return isinstance(value, str | list)


def _enclosure(value: Any) -> bool:
    pair = isinstance(value, list) and len(value) == _ENDS
    return pair and all(_string(end) and is_number(end) for end in value)


def _constants(value: Any) -> bool:
    # Settings may be words or switches; an expression can only name the numbers.
    kinds = str | bool | None
    return isinstance(value, dict) and all(isinstance(one, kinds) for one in value.values())


def _paper(value: Any) -> bool:
    _check(value, dict.fromkeys(("authors", "title", "source"), _string), "the paper")
    return True


def _premises(value: Any) -> bool:
    if not isinstance(value, list):
        return False
    for premise in value:
        _check(premise, {"name": _string, **_SIDES}, "a premise")
    return True


def _certificate(value: Any) -> bool:
    if value is not None:
        _check(value, _CERTIFICATE, "a certificate")
    return True


def _witness(value: Any) -> bool:
    if value is not None:
        _check(value, _WITNESS, "a witness")
    return True


def _witnesses(value: Any) -> bool:
    _check(value, dict.fromkeys(("smallest", "worst", "plain"), _witness), "the list of witnesses")
    return value["smallest"] is not None


_SIDES: dict[str, Callable[[Any], bool]] = {
    "left": _tree,
    "relation": lambda value: value in _RELATIONS,
    "right": _tree,
}
_CERTIFICATE: dict[str, Callable[[Any], bool]] = {
    "model": _string,
    "recipe": _object,
    "premises": _premises,
    **_SIDES,
    "left_enclosure": _enclosure,
    "right_enclosure": _enclosure,
    "bits": _number,
}
_WITNESS: dict[str, Callable[[Any], bool]] = {
    "instance": _object,
    "margin": lambda value: value is None or _number(value),
    "inequality": _string,
    "certificate": _certificate,
    "not_certified": _string,
}
_DOCUMENT: dict[str, Callable[[Any], bool]] = {
    "schema": lambda value: _number(value) and value == SCHEMA,
    "claim": lambda value: _string(value) and bool(_CLAIM.fullmatch(value)),
    "setting": _string,
    "label": _string,
    "paper": _paper,
    "where": _string,
    "because": _string,
    "statement": _string,
    "constants": _constants,
    "witnesses": _witnesses,
    "seeds": _object,
    "versions": _object,
    "digest": lambda value: _string(value) and bool(_DIGEST.fullmatch(value)),
}
