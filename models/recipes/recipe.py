"""Exact numbers of recipes: fractions in, correctly rounded floats out, canonical JSON."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from numbers import Rational
from typing import Any, TypeAlias

Number: TypeAlias = int | str | float | Fraction | Decimal

# A file of strangers must not cost gigabytes: Fraction("1e999999999") would.
_NUMBER = re.compile(
    r"[+-]?(\d{1,500}/\d{1,500}|(\d{1,500}(\.\d{0,500})?|\.\d{1,500})(e[+-]?\d{1,3})?)"
)
_MAX_EXPONENT = 400
_GUARD_BITS = 80


def exact(value: Number, where: str) -> Fraction:
    """The number that was written: an int, a Fraction, a Decimal, or text such as "-2/3", "0.1".

    A float means the shortest decimal that prints it, so 0.1 is 1/10.

    Raises:
        ValueError: NaN, infinite, a bool, or no such number.
    """
    if isinstance(value, bool):
        raise ValueError(f"{where}: {value!r} is a bool; give a number")
    if isinstance(value, Rational):
        return Fraction(int(value.numerator), int(value.denominator))
    if isinstance(value, float) and math.isfinite(value):
        return Fraction(repr(float(value)))
    if isinstance(value, Decimal) and value.is_finite():
        return _parsed(str(value), where)
    if isinstance(value, str):
        return _parsed(value.strip(), where)
    raise ValueError(f"{where}: {value!r} is no exact number; give an int, a fraction or a decimal")


def _parsed(text: str, where: str) -> Fraction:
    lowered = text.lower()
    exponent = lowered.partition("e")[2]
    if not _NUMBER.fullmatch(lowered) or abs(int(exponent or 0)) > _MAX_EXPONENT:
        raise ValueError(f"{where}: {text[:60]!r} is no exact number; write 3, -2/3 or 0.125")
    try:
        return Fraction(lowered)
    except ZeroDivisionError:
        raise ValueError(f"{where}: {text[:60]!r} divides by zero; write 3 or -2/3") from None


def exact_row(values: Sequence[Number], where: str) -> tuple[Fraction, ...]:
    """A list of exact numbers.

    Raises:
        ValueError: not a list, empty, or an entry is no exact number.
    """
    listed = _listed(values)
    if not listed:
        raise ValueError(f"{where}: {values!r} is no list of numbers; give at least one number")
    return tuple(exact(value, where) for value in listed)


def exact_rows(rows: Sequence[Sequence[Number]], where: str) -> tuple[tuple[Fraction, ...], ...]:
    """A rectangular list of rows.

    Raises:
        ValueError: empty, ragged, or an entry is no exact number.
    """
    listed = _listed(rows)
    if not listed:
        raise ValueError(f"{where}: {rows!r} is no list of rows; give at least one row")
    result = tuple(exact_row(row, where) for row in listed)
    lengths = sorted({len(row) for row in result})
    if len(lengths) > 1:
        raise ValueError(f"{where}: rows of lengths {lengths}; give rows of one length")
    return result


def _listed(values: object) -> list[Any]:
    """A list, a tuple, an array or a tensor as a list; anything else as an empty one."""
    if hasattr(values, "tolist"):
        values = values.tolist()
    return list(values) if isinstance(values, list | tuple) else []


def rounded(value: Fraction, where: str) -> float:
    """The nearest float.

    Raises:
        ValueError: it would be infinite.
    """
    try:
        return float(value)
    except OverflowError:
        raise ValueError(f"{where}: a number is beyond 1.8e308; give smaller numbers") from None


def unit_row(row: Sequence[Fraction], where: str) -> list[float]:
    """The floats nearest to z/|z|, from integers alone: the same bits on every machine.

    Raises:
        ValueError: z = 0.
    """
    denominator = math.lcm(*(z.denominator for z in row))
    integers = [z.numerator * (denominator // z.denominator) for z in row]
    squared_norm = sum(p * p for p in integers)
    if squared_norm == 0:
        raise ValueError(f"{where}: a row is zero and has no direction; give nonzero rows")
    bits = _GUARD_BITS + squared_norm.bit_length()
    # |p|/|z| = isqrt(4**bits p^2/|z|^2)/2**bits, to 80 bits more than the norm has.
    sizes = [math.isqrt((p * p << 2 * bits) // squared_norm) / (1 << bits) for p in integers]
    return [-size if p < 0 else size for p, size in zip(integers, sizes, strict=True)]


def written(value: Fraction) -> str:
    """The canonical text "3" or "-2/3"."""
    return str(value)


def pasted(text: str) -> str:
    """A canonical number as Python code: 3 stays bare, a fraction is quoted."""
    return repr(text) if "/" in text else text


def pasted_row(texts: Sequence[str]) -> str:
    """A list of canonical numbers as Python code."""
    return "[" + ", ".join(pasted(text) for text in texts) + "]"


def pasted_rows(rows: Sequence[Sequence[str]]) -> str:
    """A list of rows as Python code."""
    return "[" + ", ".join(pasted_row(row) for row in rows) + "]"


def without(values: Sequence[Any], place: int) -> list[Any]:
    """The list without the entry at one place."""
    return [*values[:place], *values[place + 1 :]]


def zero_columns(rows: Sequence[Sequence[str]]) -> list[int]:
    """Columns of canonical numbers that are 0 in every row, the last first."""
    return [j for j in reversed(range(len(rows[0]))) if all(row[j] == "0" for row in rows)]


def canonical(recipe: dict[str, Any]) -> str:
    """The one JSON text of a recipe: sorted keys, no spaces."""
    return json.dumps(recipe, sort_keys=True, separators=(",", ":"), allow_nan=False)
