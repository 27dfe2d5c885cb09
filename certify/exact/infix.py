"""Expression trees as people write them, 2 * sqrt(n) <= exp(-t)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_LONGEST = 2000  # characters of one side
_SUM, _PRODUCT, _POWER, _ATOM = 1, 2, 3, 4  # how tightly a text binds


def infix(tree: object) -> str:
    """A tree, which has been evaluated before, in one line of plain ASCII."""
    return cut(_text(tree)[0])


def names(tree: object) -> set[tuple[str, str]]:
    """The constants and the numbers of the instance in a tree, ("constant", "radius")."""
    if not isinstance(tree, list | tuple):
        return set()
    if tree[0] in ("constant", "given"):
        return {(str(tree[0]), str(tree[1]))}
    parts = list(tree[1:])
    if tree[0] == "quantity":
        arguments: Mapping[str, Any] = tree[2] if len(tree) > 2 else {}
        parts = [part for key, part in arguments.items() if key != "weights"]
    return set().union(*map(names, parts))


def cut(text: object, longest: int = _LONGEST) -> str:
    """Text of strangers made harmless: one line of plain ASCII of bounded length."""
    plain = "".join(
        letter if " " <= letter <= "~" else ascii(letter)[1:-1] for letter in str(text)[:longest]
    )
    return plain if len(str(text)) <= longest and len(plain) <= longest else plain[:longest] + "..."


def _text(tree: object) -> tuple[str, int]:
    if not isinstance(tree, list | tuple):
        written = str(tree)
        return written, _SUM if written[:1] == "-" else _PRODUCT if "/" in written else _ATOM
    operator, operands = str(tree[0]), list(tree[1:])
    if operator in ("constant", "given"):
        return str(operands[0]), _ATOM
    if operator == "quantity":
        return _quantity(operands), _ATOM
    if operator == "pi":
        return operator, _ATOM
    return _operation(operator, operands)


def _operation(operator: str, operands: list[Any]) -> tuple[str, int]:
    if operator == "-" and len(operands) == 1:
        return "-" + _bound(operands[0], _PRODUCT), _SUM
    if operator == "-":
        return f"{_bound(operands[0], _SUM)} - {_bound(operands[1], _PRODUCT)}", _SUM
    if operator == "+":
        return " + ".join(_bound(operand, _SUM) for operand in operands), _SUM
    if operator == "*":
        return " * ".join(_bound(operand, _PRODUCT) for operand in operands), _PRODUCT
    if operator == "/":
        return f"{_bound(operands[0], _PRODUCT)} / {_bound(operands[1], _POWER)}", _PRODUCT
    if operator == "^":
        return f"{_bound(operands[0], _ATOM)}^{_bound(operands[1], _ATOM)}", _POWER
    return f"{operator}({', '.join(_text(operand)[0] for operand in operands)})", _ATOM


def _bound(tree: object, least: int) -> str:
    text, binding = _text(tree)
    return text if binding >= least else f"({text})"


def _quantity(operands: list[Any]) -> str:
    given = operands[1] if len(operands) > 1 and isinstance(operands[1], Mapping) else {}
    parts = [
        f"{key}=[...]" if key == "weights" else f"{key}={_text(value)[0]}"
        for key, value in given.items()
    ]
    return f"{operands[0]}({', '.join(parts)})" if parts else str(operands[0])
