"""What the model makes of a flow: closed forms of one neuron."""

import math
from typing import Any

import pytest

from certify.exact.check import check
from tests.certify.exact.documents import (
    FOUR_NEURONS,
    certificate,
    holds_number,
    lemma_3_3_certificate,
    quantity,
    value,
)

DYING = {"rows": [["1"]], "weights": [["1/10"]], "signs": ["1"], "labels": ["-10"]}


def at(recipe: Any, name: str, time: Any) -> Any:
    return value("two_layer_relu", recipe, quantity(name, time=time))


@pytest.mark.parametrize("t", [0.0, 0.5, 3.0])
def test_one_active_neuron_has_a_closed_form(t: float) -> None:
    assert holds_number(at(FOUR_NEURONS, "squared_residual", t), math.exp(-t / 2))
    assert holds_number(at(FOUR_NEURONS, "drift", t), 2 * (1 - math.exp(-t / 4)))
    for name in ("lambda_min_H", "lambda_max_H", "least_lambda_min_H"):
        assert holds_number(at(FOUR_NEURONS, name, t), 0.25)
    assert holds_number(at(FOUR_NEURONS, "integral_lambda_min_H", t), t / 4)
    assert holds_number(at(FOUR_NEURONS, "integral_lambda_max_H", t), t / 4)
    assert at(FOUR_NEURONS, "slides", t) == at(FOUR_NEURONS, "flips", t) == 0


def test_a_neuron_that_died_counts_as_off() -> None:
    assert holds_number(at(DYING, "squared_residual", 1), 100.0)
    assert holds_number(at(DYING, "drift", 1), 0.1)
    assert (at(DYING, "slides", 1), at(DYING, "flips", 1)) == (0, 1)
    assert at(DYING, "slides", "1/200") == 0
    assert holds_number(at(DYING, "drift", "1/200"), 10.1 * (1 - math.exp(-0.005)))
    assert holds_number(at(DYING, "least_lambda_min_H", "1/200"), 1.0)
    # It comes to 0 after 10.1 (1 - exp(-t)) = 1/10.
    alive = -math.log(1 - 0.1 / 10.1)
    assert holds_number(at(DYING, "integral_lambda_max_H", 1), alive)
    assert holds_number(at(DYING, "least_lambda_min_H", 1), 0.0)


def test_a_time_may_be_an_expression() -> None:
    # At t = 4 log 2 the neuron has moved by exactly 1.
    t = ["*", "4", ["log", "2"]]
    assert holds_number(at(FOUR_NEURONS, "drift", t), 1.0)
    for time, verdict in ((3, "refuted"), (2.5, "not refuted")):
        found = check(lemma_3_3_certificate(), {"radius": 1.0}, {"t": time})
        assert found.verdict == verdict
    attained = certificate("two_layer_relu", FOUR_NEURONS, quantity("drift", time=t), "<=", "1")
    found = check(attained, {}, {})
    assert found.verdict == "undecided"
    assert found.reason == "too near equality"
