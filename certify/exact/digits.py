"""Numbers as they are written, "3", "-2/3", "0.25" or "1e-3", and what they mean exactly."""

from __future__ import annotations

import re
from fractions import Fraction

from .balls import UnreadableError

# Fraction("1e999999999") would cost gigabytes; these are the limits of the house's recipes.
_NUMBER = re.compile(
    r"[+-]?([0-9]{1,500}/[0-9]{1,500}|([0-9]{1,500}(\.[0-9]{0,500})?|\.[0-9]{1,500})(e[+-]?[0-9]{1,3})?)"
)
LARGEST_EXPONENT = 400


def is_number(text: str) -> bool:
    """Whether the text is a number of this project: "3", "-2/3", "0.25", "1e-3"."""
    lowered = text.lower()
    if (
        not _NUMBER.fullmatch(lowered)
        or abs(int(lowered.partition("e")[2] or 0)) > LARGEST_EXPONENT
    ):
        return False
    divisor = lowered.partition("/")[2]
    return not divisor or bool(divisor.strip("0"))


def number(value: object, where: str) -> Fraction:
    """The number that was written, exactly; a float means the shortest decimal that prints it.

    Raises:
        UnreadableError: it is no number, or one of too many digits.
    """
    if isinstance(value, int | Fraction) and not isinstance(value, bool):
        return Fraction(value)
    text = repr(float(value)) if isinstance(value, float) else value
    if isinstance(text, str) and is_number(text):
        return Fraction(text)
    raise UnreadableError(f"{where}: {ascii(value)[:60]} is no number; write 3, -2/3 or 0.125")
