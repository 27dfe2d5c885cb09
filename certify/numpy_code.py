"""Exact numbers and expressions as Python code: nothing of a file gets in but numbers and names."""

from __future__ import annotations

import builtins
import keyword
import textwrap
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from certify.exact.digits import number
from certify.exact.infix import infix

_WIDTH = 97
_LONGEST_NUMBER = 24  # characters; what is longer is rounded to a float
_LONGEST_TEXT = 70
# Variables and functions of the definitions; what is local to a function hides nothing.
_ALWAYS_TAKEN = frozenset({"np", "left", "right"})
_TAKEN = frozenset(
    {"x", "y", "z", "w0", "w1", "a", "m", "n", "e0", "u", "v", "far", "near"}
    | {"G", "H", "H_inf", "on", "core", "descend", "flow", "pattern", "path", "decay", "begun"}
)
# Operator: counts of operands, and the code before, between and after them.
_OPERATIONS: Mapping[str, tuple[range, str, str, str]] = MappingProxyType(
    {
        "+": (range(1, 1000), "(", " + ", ")"),
        "*": (range(1, 1000), "(", " * ", ")"),
        "/": (range(2, 3), "(", " / ", ")"),
        "^": (range(2, 3), "(", " ** ", ")"),
        "max": (range(1, 1000), "np.max([", ", ", "])"),
        "min": (range(1, 1000), "np.min([", ", ", "])"),
        "abs": (range(1, 2), "abs(", "", ")"),
        "sqrt": (range(1, 2), "np.sqrt(", "", ")"),
        "exp": (range(1, 2), "np.exp(", "", ")"),
        "log": (range(1, 2), "np.log(", "", ")"),
        "pi": (range(1), "np.pi", "", ""),
    }
)


class ScriptError(ValueError):
    """A certificate that no script can be written for; the message is one line."""


def operation(operator: Any, operands: Sequence[str]) -> str:
    """The code of an operation on the code of its operands.

    Raises:
        ScriptError: no such operation.
    """
    if operator == "-" and len(operands) in (1, 2):
        return f"({' - '.join(operands)})" if len(operands) > 1 else f"(-{operands[0]})"
    counts, before, between, after = _OPERATIONS.get(operator, (range(0), "", "", ""))
    if len(operands) not in counts:
        raise ScriptError(
            f"certificate: {short_text(operator)!r} is no operation on {len(operands)} terms"
        )
    return f"{before}{between.join(operands)}{after}"


def written(value: Any, *, enclosed: bool = False) -> str:
    """A number as code, as short as it was given: 3, -2/3, 0.25.

    Args:
        value: an exact number.
        enclosed: in parentheses where an operator beside it would change its meaning.

    Raises:
        ScriptError: no number, or one beyond floats.
    """
    try:
        exact = number(value, "certificate")
        rounded = repr(float(exact))
    except (ValueError, OverflowError) as error:
        raise ScriptError(f"certificate: {short_text(value)!r} is no number for floats") from error
    text = str(value).strip().lower().lstrip("+")
    if exact.denominator == 1:
        text = str(exact.numerator)
    elif "/" in text:
        text = f"{exact.numerator}/{exact.denominator}"
    if len(text) > _LONGEST_NUMBER:
        text = rounded
    return f"({text})" if enclosed and (exact < 0 or "/" in text) else text


def array(rows: Any) -> str:
    """A list of numbers, or a list of such lists, as a numpy array; long ones over several lines.

    Raises:
        ScriptError: anything else, weights that are drawn and not given for one.
    """
    if not isinstance(rows, list | tuple) or not rows:
        raise ScriptError(f"certificate: {short_text(rows)!r} is no list of numbers")
    if not isinstance(rows[0], list | tuple):
        return _folded("np.array([", _numbers(rows), "], float)")
    if len({len(row) for row in rows}) != 1:
        raise ScriptError("certificate: the rows of an array differ in length")
    return _folded("np.array([", [f"[{', '.join(_numbers(row))}]" for row in rows], "], float)")


def is_free(name: object, *, beside_definitions: bool) -> bool:
    """Whether a variable may have this name, where the definitions stand too or where none do."""
    return (
        isinstance(name, str)
        and name.isascii()
        and name.isidentifier()
        and not keyword.iskeyword(name)
        and not hasattr(builtins, name)
        and name not in _ALWAYS_TAKEN
        and not (beside_definitions and name in _TAKEN)
    )


def bare(code: str) -> str:
    """The code without parentheses around the whole of it."""
    depth = 0
    for place, letter in enumerate(code):
        depth += (letter == "(") - (letter == ")")
        if depth == 0:
            whole = code.startswith("(") and place == len(code) - 1
            return code[1:-1] if whole else code
    return code


def told(tree: Any) -> str:
    """An expression as people write it, cut short."""
    return short_text(infix(tree))


def short_text(value: Any) -> str:
    """Printable text of bearable length."""
    text = "".join(c if c.isprintable() else " " for c in str(value))
    return textwrap.shorten(text, _LONGEST_TEXT, placeholder="...")


def _numbers(row: Sequence[Any]) -> list[str]:
    return [written(value) for value in row]


def _folded(before: str, items: Sequence[str], after: str) -> str:
    line = f"{before}{', '.join(items)}{after}"
    if len(line) <= _WIDTH:
        return line
    lines = textwrap.wrap(", ".join(items), _WIDTH - 4, break_long_words=False)
    return "\n".join([before, *(f"    {line}" for line in lines), after])
