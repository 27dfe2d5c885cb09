"""What the fields of a journal may hold: a file from elsewhere is data, and is checked as such."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

Check: TypeAlias = Callable[[Any], bool]

_HEX = re.compile(r"[0-9a-f]{32}")
_MOST = 2**63


def text(value: Any) -> bool:
    """A text."""
    return isinstance(value, str)


def name(value: Any) -> bool:
    """A 128-bit hash."""
    return isinstance(value, str) and _HEX.fullmatch(value) is not None


def whole(value: Any) -> bool:
    """A whole number >= 0, as a machine has them."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _MOST


def positive(value: Any) -> bool:
    """A whole number >= 1."""
    return whole(value) and value > 0


def counting(value: Any) -> bool:
    """A whole number >= 0 of any length, as a salt is, with which nothing is computed."""
    return integer(value) and value >= 0


def integer(value: Any) -> bool:
    """Any whole number; `--hypothesis-seed` may be negative."""
    return isinstance(value, int) and not isinstance(value, bool)


def truth(value: Any) -> bool:
    """True or false."""
    return isinstance(value, bool)


def finite(value: Any) -> bool:
    """A float, or a whole number in its place."""
    return isinstance(value, float | int) and not isinstance(value, bool) and math.isfinite(value)


def number(value: Any) -> bool:
    """A float, or the text "inf" or "-inf"; never NaN."""
    return finite(value) or value in ("inf", "-inf")


def one_of(*choices: str) -> Check:
    """One of some words."""
    return lambda value: isinstance(value, str) and value in choices


def maybe(check: Check) -> Check:
    """The same, or nothing."""
    return lambda value: value is None or check(value)


def list_of(check: Check) -> Check:
    """A list."""
    return lambda value: isinstance(value, list) and all(map(check, value))


def tuple_of(*checks: Check) -> Check:
    """A list of so many entries, each with its own check."""
    return lambda value: (
        isinstance(value, list)
        and len(value) == len(checks)
        and all(check(item) for check, item in zip(checks, value, strict=True))
    )


def map_of(check: Check) -> Check:
    """An object with any names."""
    return lambda value: isinstance(value, dict) and all(map(check, value.values()))


def anything(value: Any) -> bool:
    """Any plain data, of a recipe say, which the claim itself decodes with care."""
    return value is None or isinstance(value, bool | int | float | str | list | dict)


def shaped(**checks: Check) -> Check:
    """An object with exactly these names."""
    return lambda value: (
        isinstance(value, dict)
        and set(value) == set(checks)
        and all(check(value[key]) for key, check in checks.items())
    )


def first_wrong(data: Mapping[str, Any], checks: Mapping[str, Check]) -> str:
    """The first name that is missing, unknown or of the wrong kind; "" if there is none."""
    odd = sorted(set(data) ^ set(checks))
    if odd:
        return odd[0]
    return next((key for key, check in checks.items() if not check(data[key])), "")


def packed(value: float) -> float | str:
    """A number as `number` allows it."""
    return str(float(value)) if math.isinf(value) else float(value)
