"""What would prove an inequality false at an exact instance: trees that a re-checker evaluates.

A proof says which exact model is meant, at which recipe, and writes both sides as expressions over
its named quantities. Nothing is evaluated here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, Literal, TypeAlias

Tree: TypeAlias = "str | list[Any]"
Relation: TypeAlias = Literal[">=", "<=", "=="]
Operand: TypeAlias = "Term | int | float | Fraction | str"


@dataclass(frozen=True, slots=True, eq=False)
class Term:
    """An expression over exact numbers and the quantities of a model, as a tree of JSON.

    Attributes:
        tree: an exact number as text, or [operator, operand, ...].
    """

    tree: Tree

    def __add__(self, other: Operand) -> Term:
        return _joined("+", self, other)

    def __radd__(self, other: Operand) -> Term:
        return _joined("+", other, self)

    def __sub__(self, other: Operand) -> Term:
        return _joined("-", self, other)

    def __rsub__(self, other: Operand) -> Term:
        return _joined("-", other, self)

    def __mul__(self, other: Operand) -> Term:
        return _joined("*", self, other)

    def __rmul__(self, other: Operand) -> Term:
        return _joined("*", other, self)

    def __truediv__(self, other: Operand) -> Term:
        return _joined("/", self, other)

    def __rtruediv__(self, other: Operand) -> Term:
        return _joined("/", other, self)

    def __pow__(self, power: Operand) -> Term:
        return _joined("^", self, power)

    def __neg__(self) -> Term:
        return _joined("-", self)

    def __abs__(self) -> Term:
        return _joined("abs", self)

    def sqrt(self) -> Term:
        """Square root."""
        return _joined("sqrt", self)

    def exp(self) -> Term:
        """Exponential."""
        return _joined("exp", self)

    def log(self) -> Term:
        """Natural logarithm."""
        return _joined("log", self)


def number(value: Operand) -> Term:
    """An exact number: an int, a fraction, text such as "2/3", a float's shortest decimal.

    Raises:
        TypeError: anything else, an enclosure for one: it is no exact number.
    """
    if isinstance(value, Term):
        return value
    if isinstance(value, float):
        return Term(repr(float(value)))  # a numpy float prints its type
    if isinstance(value, int | Fraction | str) and not isinstance(value, bool):
        return Term(str(value))
    raise TypeError(f"number: {value!r} is no exact number; give an int, a float or a fraction")


def constant(name: str) -> Term:
    """A keyword constant of the claim, a mutant's in place of the true one."""
    return Term(["constant", name])


def given(name: str) -> Term:
    """A number that the instance gives, as it was drawn."""
    return Term(["given", name])


def quantity(name: str, **arguments: Operand | Sequence[Any]) -> Term:
    """A named quantity of the model, `quantity("drift", time=3)`.

    Args:
        name: as the exact model calls it.
        arguments: numbers, terms, or nested lists of exact numbers.
    """
    return Term(["quantity", name, {key: _argument(value) for key, value in arguments.items()}])


def greatest(*terms: Operand) -> Term:
    """The largest of some terms."""
    return _joined("max", *terms)


def least(*terms: Operand) -> Term:
    """The smallest of some terms."""
    return _joined("min", *terms)


PI = Term(["pi"])


@dataclass(frozen=True, slots=True, eq=False)
class Proof:
    """An inequality over an exact model, and the premises under which it is stated.

    Attributes:
        model: name of the exact model, "two_layer_relu".
        recipe: the exact data or network, JSON.
        quantity: the left side.
        relation: ">=", "<=" or "==", as the statement has it; a counterexample shows its failure.
        bound: the right side.
        premises: inequalities that hold at the instance, by name.
    """

    model: str
    recipe: Mapping[str, Any]
    quantity: Term
    relation: Relation
    bound: Operand
    premises: tuple[tuple[str, Proof], ...] = ()

    def under(self, name: str, premise: Proof) -> Proof:
        """The proof with one more premise, and with what that one stands under."""
        bare = replace(premise, premises=())
        return replace(self, premises=(*self.premises, *premise.premises, (name, bare)))

    def to_json(self) -> dict[str, Any]:
        """The certificate to be checked, without what a check adds."""
        return {
            "model": self.model,
            "recipe": dict(self.recipe),
            "premises": [{"name": name, **inner.sides()} for name, inner in self.premises],
            **self.sides(),
        }

    def sides(self) -> dict[str, Any]:
        """Both sides and the relation between them."""
        return {
            "left": number(self.quantity).tree,
            "relation": self.relation,
            "right": number(self.bound).tree,
        }


def _joined(operator: str, *operands: Operand) -> Term:
    return Term([operator, *(number(operand).tree for operand in operands)])


def _argument(value: Any) -> Any:
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_argument(item) for item in value]
    return number(value).tree
