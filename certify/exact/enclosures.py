"""Certain comparisons, and enclosures as decimal texts that are rounded outward."""

from __future__ import annotations

from fractions import Fraction

from flint import arb

from .balls import Hopeless, UnreadableError
from .digits import LARGEST_EXPONENT, number
from .values import Value, ball

_DIGITS = 17
_MOST_BITS = 4 * LARGEST_EXPONENT  # of a number that is written: 10^400 has 1329
NOTHING_KNOWN = ("-inf", "inf")


def certainly(left: Value, relation: str, right: Value) -> bool | None:
    """True if the relation certainly holds, False if it certainly fails, None if undecided.

    Raises:
        UnreadableError: the relation is none of "<=", ">=" and "==".
    """
    if relation not in ("<=", ">=", "=="):
        raise UnreadableError(f"relation: {ascii(relation)[:60]}; write <=, >= or ==")
    if isinstance(left, Fraction) and isinstance(right, Fraction):
        return {"<=": left <= right, ">=": left >= right, "==": left == right}[relation]
    first, second = ball(left), ball(right)
    if relation == "==":
        # Of balls both are certain: equal exact numbers, and balls without a common point.
        holds, fails = first == second, first != second
    else:
        low, high = (first, second) if relation == "<=" else (second, first)
        holds, fails = low <= high, low > high
    return True if holds else False if fails else None


def enclosure(value: Value) -> tuple[str, str]:
    """Decimal texts of at most 17 digits below and above the value.

    Raises:
        Hopeless: it may be beyond 1e399, or it is not a number at all.
    """
    if isinstance(value, Fraction):
        return _decimal(*value.as_integer_ratio(), up=False), _decimal(
            *value.as_integer_ratio(), up=True
        )
    if not value.is_finite():
        raise Hopeless("a side is beyond all numbers")
    return _of_end(value.lower(), up=False), _of_end(value.upper(), up=True)


def overlap(first: tuple[str, str], second: tuple[str, str]) -> bool:
    """Whether two enclosures, as they were written, share a number."""
    low, high = ([number(pair[end], "enclosure") for pair in (first, second)] for end in (0, 1))
    return max(low) <= min(high)


def _of_end(end: arb, *, up: bool) -> str:
    mantissa, exponent = (int(part) for part in end.man_exp())
    size = mantissa.bit_length() + exponent
    if size > _MOST_BITS:
        raise Hopeless("a side is beyond 1e399")
    if mantissa and size < -_MOST_BITS:
        return _tiny(mantissa, up=up)
    return _decimal(mantissa << max(exponent, 0), 1 << max(-exponent, 0), up=up)


def _tiny(sign: int, *, up: bool) -> str:
    if (sign > 0) != up:
        return "0"
    return f"{'' if up else '-'}1e-{LARGEST_EXPONENT - 1}"


def _decimal(numerator: int, denominator: int, *, up: bool) -> str:
    if numerator < 0:
        text = _decimal(-numerator, denominator, up=not up)
        return text if text == "0" else "-" + text
    if numerator == 0:
        return "0"
    # 10^(places - 1) <= size < 10^(places + 1)
    places = (numerator.bit_length() - denominator.bit_length()) * 30103 // 100000
    shift = _DIGITS - 1 - places
    scaled = numerator * 10 ** max(shift, 0), denominator * 10 ** max(-shift, 0)
    digits = -(-scaled[0] // scaled[1]) if up else scaled[0] // scaled[1]
    return _written(digits, -shift, up=up)


def _written(digits: int, exponent: int, *, up: bool) -> str:
    """A number as people write it, digits times 10^exponent."""
    text = str(digits).rstrip("0") or "0"
    exponent += len(str(digits)) - len(text)
    first = exponent + len(text) - 1  # of the leading digit
    if first >= LARGEST_EXPONENT - 1:
        raise Hopeless("a side is beyond 1e399")
    if first < -(LARGEST_EXPONENT - 1):
        return _tiny(1, up=up)
    if exponent >= 0 and first < _DIGITS:
        return text + "0" * exponent
    if -5 <= first < _DIGITS:
        padded = text.rjust(1 - exponent, "0")
        return f"{padded[:exponent]}.{padded[exponent:]}"
    rest = f".{text[1:]}" if text[1:] else ""
    return f"{text[0]}{rest}e{first}"
