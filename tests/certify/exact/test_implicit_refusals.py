"""Equilibrium networks in balls: what is refused, and whose a certificate is."""

from typing import Any

import pytest

from certify.exact.balls import UnreadableError
from certify.exact.belonging import belongs
from models import (
    ImplicitStart,
)
from tests.certify.exact.documents import quantity, value

ONES: dict[str, Any] = {"W": [[1]], "u": [1], "v": [1]}
TWINS = ImplicitStart.of(rows=[[1], [1]], A=[["1/2"]], gamma="1/2", labels=[0, 0], **ONES)
JUMPING = ImplicitStart.of(rows=[[1]], model="ling", A=[["1/2"]], W=[[1]], u=[1], labels=[100])
RECIPE = TWINS.exact_recipe


def found(start: ImplicitStart, name: str, **arguments: Any) -> Any:
    return value("implicit", start.exact_recipe, quantity(name, **arguments))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"model": "deep"}, "model"),
        ({"activation": "swish"}, "no exact model"),
        ({"gaussian": [1, 2]}, "drawn at random"),
        ({"gamma": None}, "gamma"),
        ({"gamma": "-1"}, "not positive"),
        ({"A": [["1/2", "1"]]}, "give 1"),
        ({"A": [["0"] * 25] * 25}, "1 to 24"),
        ({"u": None}, "u"),
        ({"heads": "drawn"}, "heads"),
        ({"heads": "zero"}, "heads"),
        ({"residual": ["1", "1"]}, "exactly one"),
        ({"rows": [["1"]] * 17, "labels": ["1"] * 17}, "up to 16"),
        ({"labels": ["1"]}, "give 2"),
    ],
)
def test_what_is_no_such_network_is_refused(change: dict[str, Any], words: str) -> None:
    with pytest.raises(UnreadableError, match=words):
        value("implicit", {**RECIPE, **change}, quantity("n"))


@pytest.mark.parametrize(
    "tree",
    [
        quantity("speed"),
        quantity("norm_B"),
        quantity("distance_A"),
        quantity("rho", eta="1"),
        quantity("H_entry", row="0", column="2"),
        quantity("move_Z", weights=[[["1"]]]),
        quantity("n", eta="1", steps="1"),
        quantity("decay_factor", steps="1"),
    ],
)
def test_unknown_quantities_are_refused(tree: Any) -> None:
    with pytest.raises(UnreadableError):
        value("implicit", RECIPE, tree)


def test_ling_has_no_v() -> None:
    with pytest.raises(UnreadableError, match="norm_v"):
        found(JUMPING, "norm_v")


def test_a_certificate_is_about_the_network_of_its_instance() -> None:
    zero = ImplicitStart.of(rows=[[1]], A=[["1/2"]], gamma=1, heads="zero", W=[[1]], labels=[0])
    random = ImplicitStart.of(rows=[[1]], gaussian=(2, 3), gamma=1, heads="drawn", labels=[0])
    for start in (TWINS, zero, random):
        assert belongs(start.exact_recipe, {"start": start.recipe})
        assert not belongs({**start.exact_recipe, "gamma": "1/7"}, {"start": start.recipe})
    assert not belongs({**zero.exact_recipe, "u": ["1"]}, {"start": zero.recipe})
    assert not belongs({**TWINS.exact_recipe, "A": [["1/3"]]}, {"start": TWINS.recipe})
