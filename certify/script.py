"""A certificate as a short numpy script, for whoever wants to see both sides without our code.

It shows an inequality in floats; what proves it is the certificate, in exact arithmetic.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from certify.exact.check import check
from certify.exact.digits import number
from certify.numpy_code import (
    ScriptError,
    array,
    bare,
    is_free,
    operation,
    short_text,
    told,
    written,
)
from certify.snippets import DEFINITIONS, FORMULAS

_WIDTH = 97  # of a comment, without its "# "
_MOST_FLOWS, _PATIENCE = 3, 20.0  # flows, and seconds for each, to find out whether they slide
_MODELS = ("numbers", "inputs", "two_layer_relu")
# What a certificate of the wrong shape, or with numbers beyond floats, makes of the code below.
_MISSHAPEN = (
    *(LookupError, TypeError, ValueError, AttributeError),
    *(ArithmeticError, RecursionError),
)
_HOLDS = {
    "<=": "left <= right{slack}",
    ">=": "left >= right{slack}",
    "==": "np.isclose(left, right, 1e-9)",
}


def numpy_script(
    certificate: Mapping[str, Any],
    constants: Mapping[str, Any],
    instance: Mapping[str, Any],
    *,
    heading: Sequence[str] = (),
    slides: bool | None = None,
) -> str:
    """Python code that prints the premises and both sides of a certificate's inequality.

    Args:
        certificate: as in a counterexample document.
        constants: of that document, by name.
        instance: of that document; numbers are ints, floats, or text.
        heading: paragraphs of comment to begin with.
        slides: whether neurons may slide along a hyperplane in the flow, which takes more code;
            None finds out.

    Raises:
        ScriptError: the certificate has a quantity or a number that no script can show.
    """
    try:
        sliding = may_slide(certificate, constants, instance) if slides is None else slides
        script = _Script(certificate, constants, instance, slides=sliding)
        shown = [
            line
            for title, sides in _inequalities(certificate)
            for line in script.compared(title, sides)
        ]
        comments = [*heading, *_proved(certificate)]
    except ScriptError:
        raise
    except _MISSHAPEN as error:
        raise ScriptError(f"certificate: a part is missing or misshapen: {error!r:.80}") from error
    wrapped = [line for text in comments for line in _comment(text)]
    return "\n".join([*wrapped, "import numpy as np", "", *script.lines, "", *shown]) + "\n"


class _Script:
    """The code of the expressions, and what it needs in front of it.

    Attributes:
        lines: data and definitions, in the order in which they are needed.
    """

    def __init__(
        self,
        certificate: Mapping[str, Any],
        constants: Mapping[str, Any],
        instance: Mapping[str, Any],
        *,
        slides: bool,
    ) -> None:
        if certificate["model"] not in _MODELS:
            raise ScriptError(
                f"certificate: no script knows the model {certificate['model']!r:.40}"
            )
        self.lines: list[str] = []
        self._recipe = certificate["recipe"]
        self._numbers = {"constant": constants, "given": instance}
        self._has_definitions = certificate["model"] != "numbers"
        self._slides = slides
        self._defined: set[str] = set()
        self._names: dict[str, str] = {}  # a value's code to the variable that holds it

    def compared(self, title: str, sides: Mapping[str, Any]) -> Iterator[str]:
        """The lines that print an inequality.

        Args:
            title: of a premise; "" for the statement, which is told by its sides.
            sides: trees of both, and the relation between them.
        """
        relation = sides["relation"]
        if relation not in _HOLDS:
            raise ScriptError(f"certificate: {relation!r:.20} is no relation; give <=, >= or ==")
        left, right = (bare(self._expression(sides[side])) for side in ("left", "right"))
        # A premise may stand exactly on its edge, where floats need a little room.
        slack = "" if not title else " + 1e-9" if relation == "<=" else " - 1e-9"
        label = title or f"{told(sides['left'])} {relation} {told(sides['right'])}"
        digits = _digits(sides)
        yield f"left = {left}"
        yield f"right = {right}"
        both = f'f"{{left:.{digits}g}} {relation} {{right:.{digits}g}} ?"'
        yield f"print({label + ':'!r}, {both}, bool({_HOLDS[relation].format(slack=slack)}))"

    def _expression(self, tree: Any) -> str:
        if not isinstance(tree, list):
            return written(tree, enclosed=True)
        operator, *operands = tree
        if operator in self._numbers:
            return self._number(operator, *operands)
        if operator == "quantity":
            return self._quantity(*operands)
        return operation(operator, [self._expression(operand) for operand in operands])

    def _number(self, kind: str, name: str) -> str:
        value = written(self._numbers[kind][name])
        variable = self._names.get(f"{kind} {name}")
        free = is_free(name, beside_definitions=self._has_definitions)
        if variable is None and free and name not in self._names.values():
            variable = self._names[f"{kind} {name}"] = name
            self.lines.append(f"{name} = {value}")
        return variable or written(self._numbers[kind][name], enclosed=True)

    def _quantity(self, name: str, arguments: Mapping[str, Any]) -> str:
        formula = FORMULAS.get(name, {}).get(frozenset(arguments))
        if formula is None:
            called = f"{name}({', '.join(sorted(arguments))})"
            raise ScriptError(f"certificate: no script can show the quantity {short_text(called)}")
        given = {key: self._argument(key, value) for key, value in arguments.items()}
        for needed in formula.needs:
            self._define(needed)
        if formula.path:
            asked = {key: bare(code) for key, code in given.items()}
            given["path"] = self._held("path", formula.path.format(**asked))
        return formula.code.format(**given)

    def _argument(self, key: str, tree: Any) -> str:
        return self._held("w1", array(tree)) if key == "weights" else self._expression(tree)

    def _define(self, name: str) -> None:
        """Put a definition, and first what it needs, before the expressions; once."""
        name = "sliding" if name == "flow" and self._slides else name
        if name in self._defined:
            return
        self._defined.add(name)
        for needed in DEFINITIONS[name].needs:
            self._define(needed)
        self.lines += (DEFINITIONS[name].code or self._data(name)).splitlines()

    def _held(self, name: str, code: str) -> str:
        """The variable that holds the value of some code."""
        if code not in self._names:
            free = (name, *(f"{name}_{k}" for k in range(2, len(self._names) + 3)))
            self._names[code] = next(x for x in free if x not in self._names.values())
            self.lines += f"{self._names[code]} = {code}".splitlines()
        return self._names[code]

    def _data(self, name: str) -> str:
        """The lines of what the recipe gives."""
        recipe = self._recipe
        if name == "x" and recipe.get("normalised", True):
            rows = array(recipe["rows"])
            return f"z = {rows}\nx = z / np.linalg.norm(z, axis=1, keepdims=True)"
        if name == "y" and recipe.get("residual") is not None:
            return f"e0 = {array(recipe['residual'])}\ny = u(w0) + e0"
        if name == "y":
            return f"y = {array(recipe['labels'])}\ne0 = y - u(w0)"
        return f"{name} = {array(recipe[{'x': 'rows', 'w0': 'weights', 'a': 'signs'}[name]])}"


def may_slide(
    certificate: Mapping[str, Any], constants: Mapping[str, Any], instance: Mapping[str, Any]
) -> bool:
    """Whether a neuron begins to slide, or it is not known, in any flow that is spoken of."""
    trees = [sides[side] for _, sides in _inequalities(certificate) for side in ("left", "right")]
    asked = {"model": certificate["model"], "recipe": certificate["recipe"], "premises": []}
    times = {str(time): time for time in _times(trees)}
    if len(times) > _MOST_FLOWS:
        return True
    for time in times.values():
        one = {"left": ["quantity", "slides", {"time": time}], "relation": ">=", "right": "1"}
        try:
            found = check({**asked, **one}, constants, instance, seconds=_PATIENCE)
        except ValueError:
            return True
        if found.verdict != "refuted":
            return True
    return False


def _times(tree: Any) -> Iterator[Any]:
    if isinstance(tree, dict):
        if "time" in tree:
            yield tree["time"]
        tree = list(tree.values())
    if isinstance(tree, list):
        for part in tree:
            yield from _times(part)


def _inequalities(certificate: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for premise in certificate["premises"]:
        yield f"premise {short_text(premise['name'])}", premise
    yield "", certificate


def _proved(certificate: Mapping[str, Any]) -> Iterator[str]:
    if certificate.get("left_enclosure") and certificate.get("right_enclosure"):
        left, right = (_middle(certificate[f"{side}_enclosure"]) for side in ("left", "right"))
        yield (
            f"Exact arithmetic proves it false: left {left:.12g}, "
            f"right {right:.12g}; floats only show it."
        )


def _digits(sides: Mapping[str, Any]) -> int:
    """As many digits as tell the two sides apart, at least 6."""
    if not (sides.get("left_enclosure") and sides.get("right_enclosure")):
        return 6
    left, right = (_middle(sides[f"{side}_enclosure"]) for side in ("left", "right"))
    apart = abs(left - right) / max(abs(left), abs(right), 1e-300)
    return min(15, max(6, 2 + math.ceil(-math.log10(max(apart, 1e-15)))))


def _middle(enclosure: Sequence[Any]) -> float:
    low, high = (number(end, "certificate") for end in enclosure)
    return float((low + high) / 2)


def _comment(text: str) -> Iterator[str]:
    # Only what can be printed: an odd line break would end the comment and begin code.
    plain = "".join(c if c.isprintable() else " " for c in text)
    yield from (f"# {line}" for line in textwrap.wrap(plain, _WIDTH))
