"""Expression trees: what they amount to, over constants, an instance and a model's quantities."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from flint import arb

from .arguments import Argument, Model
from .balls import UnreadableError, spend
from .digits import number
from .values import (
    Value,
    exponential,
    greatest,
    least,
    logarithm,
    magnitude,
    minus,
    over,
    plus,
    power,
    square_root,
    times,
)

MOST_NODES, MOST_DEPTH = 2000, 60
_ROWS = "weights"  # an argument that is no tree
_NAMING = ("constant", "given", "quantity")

_OF_ONE: dict[str, Callable[[Value], Value]] = {
    "-": lambda value: times(Fraction(-1), value),
    "sqrt": square_root,
    "exp": exponential,
    "log": logarithm,
    "abs": magnitude,
}
_OF_TWO: dict[str, Callable[[Value, Value], Value]] = {"-": minus, "/": over, "^": power}
_OF_MANY: dict[str, Callable[..., Value]] = {"+": plus, "*": times, "max": greatest, "min": least}


class Scope:
    """Where names get their values, with the quantities that were computed already.

    Args:
        constants: of the document.
        instance: of the witness.
        model: at the working precision.
    """

    def __init__(
        self, constants: Mapping[str, Any], instance: Mapping[str, Any], model: Model
    ) -> None:
        self._named = {"constant": constants, "given": instance}
        self._model = model
        self._known: dict[str, Value] = {}

    def value(self, tree: Any) -> Value:
        """What a tree that `measured` has passed amounts to.

        Raises:
            UnreadableError: it names what does not exist.
            Undecided: the precision does not tell.
        """
        spend(1)
        if not isinstance(tree, list | tuple):
            return number(tree, "expression")
        operator, operands = tree[0], tree[1:]
        if operator == "pi":
            return arb.pi()
        if operator in self._named:
            return self._name(operator, operands)
        if operator == "quantity":
            return self._quantity(*operands)
        apply = _operation(operator, len(operands))
        return apply(*(self.value(operand) for operand in operands))

    def _name(self, kind: str, operands: Any) -> Value:
        named = self._named[kind]
        name = operands[0]
        if name not in named:
            raise UnreadableError(f"expression: there is no {kind} {ascii(name)[:60]}")
        return number(named[name], f"{kind} {ascii(name)[1:61]}")

    def _quantity(self, name: str, given: Mapping[str, Any] | None = None) -> Value:
        arguments = {key: self._argument(key, tree) for key, tree in (given or {}).items()}
        texts = {key: arguments[key].text for key in sorted(arguments)}
        memo = json.dumps([name, texts])
        if memo not in self._known:
            self._known[memo] = self._model.quantity(name, arguments)
        return self._known[memo]

    def _argument(self, key: str, tree: Any) -> Argument:
        # Rows of numbers are read by the model, which knows how many it can bear.
        value = Fraction(0) if key == _ROWS else self.value(tree)
        return Argument(json.dumps(tree, default=str), tree, value)


def measured(tree: object, depth: int = 0) -> int:
    """The number of parts of a tree, all of them of the right shape.

    Raises:
        UnreadableError: one is not, or they are nested too deeply.
    """
    if depth > MOST_DEPTH:
        raise UnreadableError(f"expression: deeper than {MOST_DEPTH}")
    if not isinstance(tree, list | tuple):
        number(tree, "expression")
        return 1
    if not tree or not isinstance(tree[0], str):
        raise UnreadableError("expression: a list without an operator; give [operator, ...]")
    operator, *operands = tree
    if operator in _NAMING:
        operands = _arguments(operator, operands)
    elif operator != "pi" or operands:
        _operation(operator, len(operands))
    return 1 + sum(measured(operand, depth + 1) for operand in operands)


def _arguments(operator: str, operands: list[Any]) -> list[Any]:
    """The trees inside ["quantity", name, {...}]; none in ["constant", name]."""
    most = 2 if operator == "quantity" else 1
    given = operands[1] if len(operands) > 1 else {}
    named = 1 <= len(operands) <= most and isinstance(operands[0], str)
    if not named or not isinstance(given, Mapping):
        raise UnreadableError(f"expression: {operator} without a name, or with wrong arguments")
    return [tree for key, tree in given.items() if key != _ROWS]


def _operation(operator: str, count: int) -> Callable[..., Value]:
    if count == 1 and operator in _OF_ONE:
        return _OF_ONE[operator]
    if count == 2 and operator in _OF_TWO:
        return _OF_TWO[operator]
    if count >= 1 and operator in _OF_MANY:
        return _OF_MANY[operator]
    raise UnreadableError(
        f"expression: {ascii(operator)[:60]} of {count} parts; there is no such operation"
    )
