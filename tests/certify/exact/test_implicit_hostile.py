"""Equilibria, recipes and arguments of strangers: one clear error, or an answer, in short time."""

import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certify.exact.balls import Undecided, UnreadableError
from certify.exact.check import check
from tests.certify.exact.documents import certificate, quantity, value

EQUATION = {"W": [["1/2", "0"], ["1", "-1/3"]], "b": [["1", "2"], ["0", "1"]], "slope": "1/4"}
NETWORK = {
    "rows": [["1", "2"], ["0", "1"]],
    "normalised": True,
    "model": "gao",
    "activation": "relu",
    "gamma": "1/3",
    "A": [["1/2", "0"], ["1", "-1/3"]],
    "W": [["1", "0"], ["2", "1"]],
    "u": ["1", "-1"],
    "v": ["1", "1/2"],
    "residual": ["1", "2"],
}
EQUATION_NAMES = ("m", "norm_W", "spectral_radius", "least_minor", "most_solutions", "linear_gap")
NETWORK_NAMES = ("n", "rho", "lambda_min_H", "squared_gradient", "gap_no_E", "least_singular_J")

strange = st.recursive(
    st.sampled_from(
        [
            None,
            True,
            0,
            -1,
            2.5,
            "",
            "1/3",
            "0",
            "1e300",
            "1e-300",
            "1/0",
            "nan",
            "inf",
            "\x00",
            10**90,
        ]
    ),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["W", "rows", "x"]), inner, max_size=2)
    ),
    max_leaves=6,
)


def replaced(part: Any, data: st.DataObject, new: Any) -> Any:
    """The recipe with one part of it replaced, or left out."""
    if isinstance(part, dict) and part:
        key = data.draw(st.sampled_from(sorted(part)))
        return {**part, key: replaced(part[key], data, new)}
    if isinstance(part, list) and part and data.draw(st.booleans()):
        place = data.draw(st.integers(0, len(part) - 1))
        return [*part[:place], replaced(part[place], data, new), *part[place + 1 :]]
    return new


def asked(model: str, recipe: Any, name: str, **arguments: Any) -> None:
    """Nothing but an answer, or one of the two errors of a check, in a second of work."""
    one = certificate(model, recipe, quantity(name, **arguments), "<=", "0")
    began, words = time.process_time(), ""
    try:
        check(one, {}, {}, work=2e5)
    except UnreadableError as error:
        words = str(error)
    assert "\n" not in words
    assert len(words) < 400
    assert time.process_time() - began < 5


@settings(max_examples=300, deadline=None, database=None)
@given(st.data(), strange, st.sampled_from(EQUATION_NAMES))
def test_any_part_of_an_equation_may_be_anything(data: st.DataObject, new: Any, name: str) -> None:
    asked("equilibrium", replaced(EQUATION, data, new), name)


@settings(max_examples=300, deadline=None, database=None)
@given(st.data(), strange, st.sampled_from(NETWORK_NAMES))
def test_any_part_of_a_network_may_be_anything(data: st.DataObject, new: Any, name: str) -> None:
    asked("implicit", replaced(NETWORK, data, new), name)


@settings(max_examples=150, deadline=None, database=None)
@given(strange, st.sampled_from(["residual", "error", "move_W", "move_b", "lambda_min_monotone"]))
def test_weights_of_an_equation_may_be_anything(new: Any, name: str) -> None:
    asked("equilibrium", EQUATION, name, weights=new)


@settings(max_examples=150, deadline=None, database=None)
@given(strange, st.sampled_from(["residual", "norm_A", "move_Z", "distance_v"]))
def test_weights_of_a_network_may_be_anything(new: Any, name: str) -> None:
    asked("implicit", NETWORK, name, weights=new)


@pytest.mark.parametrize("steps", ["20000", "1e9", "-1", "1/2"])
def test_long_descents_end(steps: str) -> None:
    asked("implicit", NETWORK, "squared_residual", eta="0.01", steps=steps)


def test_steps_that_blow_up_are_undecided() -> None:
    with pytest.raises(Undecided):
        value("implicit", NETWORK, quantity("squared_residual", eta="100", steps="3"))


def test_a_large_equation_is_refused_before_it_costs() -> None:
    with pytest.raises(UnreadableError, match="1 to 12"):
        value("equilibrium", {"W": [["0"] * 200] * 200, "b": [["0"] * 200]}, quantity("m"))
    with pytest.raises(UnreadableError, match="1 to 24"):
        value("implicit", {**NETWORK, "A": [["0"] * 100] * 100}, quantity("n"))
