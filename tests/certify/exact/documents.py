"""Networks, certificates and documents for the tests of the re-checker."""

import json
from pathlib import Path
from typing import Any

from certify.exact.balls import precision
from certify.exact.canonical import digest_of
from certify.exact.check import check
from certify.exact.enclosures import enclosure
from certify.exact.expressions import Scope, measured
from certify.exact.models import MODELS
from certify.exact.values import Value

Tree = Any
FOUR_NEURONS = {
    "rows": [["1"]],
    "normalised": True,
    "weights": [["5"], ["-1"], ["-1"], ["-1"]],
    "signs": ["1", "1", "1", "1"],
    "residual": ["1"],
}


def quantity(name: str, **arguments: Tree) -> Tree:
    return ["quantity", name, arguments] if arguments else ["quantity", name]


def value(model: str, recipe: Any, tree: Tree, *, bits: int = 128, **names: Any) -> Value:
    """What a tree amounts to at one precision."""
    read, in_balls = MODELS[model]
    measured(tree)
    with precision(bits):
        return Scope(names, names, in_balls(read(recipe))).value(tree)


def ends(found: Value) -> tuple[float, float]:
    """An enclosure as floats."""
    low, high = enclosure(found)
    return float(low), float(high)


def holds_number(found: Value, exact: float, *, width: float = 1e-15) -> bool:
    """Whether a narrow enclosure holds a float, give or take the float's own rounding."""
    low, high = ends(found)
    slack = 1e-14 * max(1.0, abs(exact))
    return low - slack <= exact <= high + slack and high - low <= width * max(1.0, abs(exact))


def certificate(
    model: str,
    recipe: Any,
    left: Tree,
    relation: str,
    right: Tree,
    premises: tuple[tuple[str, Tree, str, Tree], ...] = (),
) -> dict[str, Any]:
    named = [
        {"name": name, "left": one, "relation": sign, "right": other}
        for name, one, sign, other in premises
    ]
    sides = {"left": left, "relation": relation, "right": right}
    return {"model": model, "recipe": recipe, "premises": named, **sides}


def lemma_3_3_certificate() -> dict[str, Any]:
    """The radius that the paper prints: the neuron moves by more than 1 in time 3."""
    H_min = quantity("least_lambda_min_H", time=["given", "t"])
    reach = ["*", ["constant", "radius"], ["sqrt", quantity("n")]]
    size = ["*", reach, ["sqrt", quantity("squared_residual")]]
    rate = ["*", ["sqrt", quantity("m")], "2", H_min]
    return certificate(
        "two_layer_relu",
        FOUR_NEURONS,
        quantity("drift", time=["given", "t"]),
        "<=",
        ["/", size, rate],
        (("plain", quantity("slides", time=["given", "t"]), "<=", "0"),),
    )


def document(one: dict[str, Any], constants: Any = None, instance: Any = None) -> dict[str, Any]:
    """A document whose smallest witness has this certificate, with its values and its digest."""
    constants = {"radius": 1.0} if constants is None else constants
    instance = {"start": one["recipe"], "t": 3.0} if instance is None else instance
    found = check(one, constants, instance)
    full = {
        **one,
        "left_enclosure": list(found.left),
        "right_enclosure": list(found.right),
        "bits": found.bits,
    }
    witness = {
        "instance": instance,
        "margin": -0.5,
        "inequality": "1.05 <= 1",
        "certificate": full,
        "not_certified": "",
    }
    whole = {
        "schema": 1,
        "claim": "du2019.lemma_3_3",
        "setting": "radius=1.0",
        "label": "Lemma 3.3",
        "paper": {"authors": "Du", "title": "Gradient Descent", "source": "arXiv:1810.02054v2"},
        "where": "Lemma 3.3",
        "because": "the integral of the decay is 2/lambda_0",
        "statement": "Every neuron stays near its start.",
        "constants": constants,
        "witnesses": {"smallest": witness, "worst": None, "plain": None},
        "seeds": {"salt": 0, "hypothesis_seed": None, "profile": "quick"},
        "versions": {"python": "3.11.7"},
    }
    return signed(whole)


def signed(whole: dict[str, Any]) -> dict[str, Any]:
    return {**whole, "digest": digest_of(whole)}


def saved(whole: Any, folder: Path, name: str = "file.json") -> Path:
    path = folder / name
    path.write_text(json.dumps(whole, indent=2), encoding="utf-8")
    return path


def resigned(whole: dict[str, Any], **change: Any) -> dict[str, Any]:
    """The document with another smallest certificate, signed by its writer."""
    smallest = whole["witnesses"]["smallest"]
    other = {**smallest, "certificate": {**smallest["certificate"], **change}}
    return signed({**whole, "witnesses": {**whole["witnesses"], "smallest": other}})
