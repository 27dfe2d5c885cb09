"""Instances: recipes, their one JSON text, decoding by annotation, code to paste."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claims.instance import canonical, decode, decode_instance, encode, encode_instance, pasteable
from claims.instance import sizes as sizes_of
from tests.claims.toys import Points

PLAIN: dict[str, tuple[st.SearchStrategy[Any], Any]] = {
    "int": (st.integers(), int),
    "float": (st.floats(allow_nan=False, allow_infinity=False), float),
    "bool": (st.booleans(), bool),
    "str": (st.text('a\u00e9"\\\n'), str),
    "fraction": (st.fractions(), Fraction),
    "points": (st.lists(st.integers()).map(lambda rows: Points(tuple(rows))), Points),
    "pair": (st.tuples(st.integers(), st.fractions()), tuple[int, Fraction]),
    "many": (st.lists(st.integers()).map(tuple), tuple[int, ...]),
    "list": (st.lists(st.booleans()), list[bool]),
    "optional": (st.none() | st.integers(), int | None),
    "word": (st.sampled_from(["on", "off"]), Literal["on", "off"]),
}


@pytest.mark.parametrize("kind", PLAIN)
def test_a_value_survives_its_recipe_in_json(kind: str) -> None:
    strategy, annotation = PLAIN[kind]

    @given(strategy)
    def survives(value: Any) -> None:
        text = canonical({"value": encode(value)})
        back = decode(json.loads(text)["value"], annotation, "here")
        assert back == value
        assert type(back) is type(value)

    survives()


def test_the_text_of_a_recipe_does_not_depend_on_the_order_of_names() -> None:
    assert canonical({"b": 1, "a": [True, "x"]}) == '{"a":[true,"x"],"b":1}'
    assert canonical({"b": 1, "a": 2}) == canonical({"a": 2, "b": 1})


@pytest.mark.parametrize(
    ("recipe", "annotation", "message"),
    [
        (1.5, int, "recipe=1.5 is not of type int"),
        (True, int, "recipe=True is not of type int"),
        (True, float, "recipe=True is not of type float"),
        ("1", float, "recipe='1' is not of type float"),
        (1, str, "recipe=1 is not of type str"),
        (3, tuple[int, ...], "recipe=3 is no list"),
        ([1], tuple[int, int], r"recipe=\[1\] has 1 entries; give 2"),
        ("up", Literal["on", "off"], "recipe='up' does not fit"),
        ("up", int | None, "recipe='up' does not fit"),
    ],
)
def test_a_recipe_that_does_not_fit_is_named(recipe: Any, annotation: Any, message: str) -> None:
    with pytest.raises(ValueError, match=f"here: {message}"):
        decode(recipe, annotation, "here")


def test_whole_numbers_are_read_as_floats_where_floats_are_meant() -> None:
    value = decode(1, float, "here")
    assert isinstance(value, float)
    assert value == 1


def test_an_instance_needs_each_parameter_once() -> None:
    with pytest.raises(ValueError, match=r"gives \['a', 'c'\]; give the parameters \['a', 'b'\]"):
        decode_instance({"a": 1, "c": 2}, {"a": int, "b": int}, "here")


def test_values_and_recipes_may_be_mixed() -> None:
    kinds = {"x": Points, "k": int}
    given_values = decode_instance({"k": 3, "x": Points((1, 2))}, kinds, "here")
    assert given_values == decode_instance({"x": {"rows": [1, 2]}, "k": 3}, kinds, "here")
    assert list(given_values) == ["x", "k"]


@pytest.mark.parametrize("value", [float("inf"), float("nan")])
def test_what_is_not_finite_has_no_recipe(value: float) -> None:
    with pytest.raises(ValueError, match="draw finite numbers only"):
        encode(value)


def test_a_value_without_a_recipe_is_named() -> None:
    with pytest.raises(TypeError, match="a value of type object has no recipe"):
        encode_instance({"x": object()})


def test_the_printed_instance_is_code() -> None:
    values = {"x": Points((1, 2)), "f": Fraction(1, 3), "e": 0.1}
    assert eval(pasteable(values)) == values  # noqa: S307


def test_sizes_are_letters_of_values_and_whole_parameters() -> None:
    values = {"x": Points((1, 2)), "m": 40, "steps": 7, "d": 1.5, "k": 9}
    assert sizes_of(values) == {"n": 2, "m": 40, "steps": 7}
