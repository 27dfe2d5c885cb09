"""Proofs: expressions as trees, and how they travel from a margin to a finding."""

from __future__ import annotations

import json
from fractions import Fraction

import numpy as np
import pytest

from verdicts import (
    PI,
    Approx,
    Effort,
    Margin,
    Proof,
    Streams,
    at_least,
    at_most,
    constant,
    decays,
    every,
    exactly,
    given,
    greatest,
    implies,
    judge,
    least,
    number,
    quantity,
)


def proof(bound: int = 1, relation: str = "<=") -> Proof:
    assert relation in ("<=", ">=", "==")
    return Proof("toy", {"rows": [["1"]]}, quantity("size"), relation, bound)  # type: ignore[arg-type]


def judged(margin: Margin) -> Proof | None:
    return judge(margin, Streams(0, "toy", "{}", "cpu"), Effort()).proof


def test_arithmetic_writes_the_tree() -> None:
    term = 2 * constant("radius") * quantity("m").sqrt() / (1 - given("eta")) ** 2
    assert term.tree == [
        "/",
        ["*", ["*", "2", ["constant", "radius"]], ["sqrt", ["quantity", "m", {}]]],
        ["^", ["-", "1", ["given", "eta"]], "2"],
    ]


def test_every_operator_has_its_name() -> None:
    x = number("1/3")
    assert (1 + x).tree == ["+", "1", "1/3"]
    assert (x + 1).tree == ["+", "1/3", "1"]
    assert (x - 1).tree == ["-", "1/3", "1"]
    assert (x * 2).tree == ["*", "1/3", "2"]
    assert (1 / x).tree == ["/", "1", "1/3"]
    assert (-x).tree == ["-", "1/3"]
    assert abs(x).tree == ["abs", "1/3"]
    assert x.exp().log().tree == ["log", ["exp", "1/3"]]
    assert greatest(x, 1, 2).tree == ["max", "1/3", "1", "2"]
    assert least(x, PI).tree == ["min", "1/3", ["pi"]]


@pytest.mark.parametrize(
    ("value", "text"),
    [(3, "3"), (Fraction(-2, 3), "-2/3"), (0.1, "0.1"), (np.float64(0.1), "0.1"), ("1/7", "1/7")],
)
def test_a_number_is_written_as_it_is_meant(value: float | str, text: str) -> None:
    assert number(value).tree == text


@pytest.mark.parametrize("value", [None, True, exactly(1.0), [1]])
def test_what_is_no_exact_number_is_refused(value: object) -> None:
    with pytest.raises(TypeError, match="is no exact number; give an int"):
        number(value)  # type: ignore[arg-type]


def test_arguments_of_a_quantity_may_be_terms_and_nested_lists() -> None:
    weights = [[Fraction(1, 2), 3]]
    term = quantity("distance", weights=weights, R=constant("c"))
    assert term.tree == [
        "quantity",
        "distance",
        {"weights": [["1/2", "3"]], "R": ["constant", "c"]},
    ]


def test_a_proof_is_plain_json_with_its_premises() -> None:
    data = proof().under("small", proof(3, ">=")).to_json()
    assert json.loads(json.dumps(data)) == data
    assert data["premises"] == [
        {"name": "small", "left": ["quantity", "size", {}], "relation": ">=", "right": "3"}
    ]
    assert (data["model"], data["relation"], data["right"]) == ("toy", "<=", "1")


def test_what_a_premise_stands_under_comes_before_it() -> None:
    outer = proof().under("outer", proof(2).under("inner", proof(3)))
    assert [name for name, _ in outer.premises] == ["inner", "outer"]
    assert all(premise.premises == () for _, premise in outer.premises)


def test_a_margin_may_be_proved_by_another_inequality() -> None:
    other = proof(1, ">=")
    assert judged(at_most(exactly(2.0), exactly(1.0)).proved_by(other)) is other


def test_a_refuted_inequality_hands_its_proof_to_the_finding() -> None:
    proved = proof()
    assert judged(at_most(exactly(2.0), exactly(1.0), proof=proved)) is proved
    assert judged(at_most(exactly(0.0), exactly(1.0), proof=proved)) is None
    assert judged(at_most(Approx(0, 2), exactly(1.0), proof=proved)) is None


def test_a_conjunction_gives_the_proof_of_its_tightest_failure_that_has_one() -> None:
    mild, worse = proof(1), proof(2)
    margin = every(
        fine=at_most(exactly(0.0), exactly(1.0), proof=proof(3)),
        mild=at_most(exactly(2.0), exactly(1.0), proof=mild),
        worse=at_most(exactly(3.0), exactly(1.0), proof=worse),
        unproved=at_most(exactly(9.0), exactly(1.0)),
    )
    assert judged(margin) is worse


def test_the_premise_of_an_implication_becomes_a_premise_of_the_proof() -> None:
    premise = at_least(exactly(1.0), exactly(0.0), name="large", proof=proof(0, ">="))
    conclusion = at_most(exactly(2.0), exactly(1.0), proof=proof())
    joined = judged(implies(premise, conclusion))
    assert joined is not None
    assert [name for name, _ in joined.premises] == ["large"]
    bare = at_least(exactly(1.0), exactly(0.0))
    assert judged(implies(bare, conclusion)) is None


def test_a_decay_is_proved_at_its_tightest_time() -> None:
    def at(time: float) -> Proof:
        return Proof("toy", {}, quantity("loss", time=time), "<=", 0)

    log_ratio = Approx([0.0, -1.0, -1.5, -9.0], [0.0, -1.0, -1.5, -9.0])
    found = judged(decays(log_ratio, 1.0, over=[0.0, 1.0, 2.0, 3.0], proof=at))
    assert found is not None
    assert found.quantity.tree == ["quantity", "loss", {"time": "2.0"}]


def test_of_times_that_differ_by_rounding_the_first_is_proved() -> None:
    times: list[float] = []

    def at(time: float) -> Proof:
        times.append(time)
        return proof()

    decays(exactly([0.0, -0.5, -1.0 + 1e-14]), 1.0, over=[0.0, 1.0, 2.0], proof=at)
    assert times == [1.0]


def test_the_decay_of_many_rows_has_no_single_proof() -> None:
    log_ratio = Approx([[0.0, -0.5], [0.0, -0.1]], [[0.0, -0.5], [0.0, -0.1]])
    margin = decays(log_ratio, 1.0, over=[0.0, 1.0], proof=lambda _: proof())
    assert margin.proof is None


def test_a_proof_of_another_relation_is_refused() -> None:
    with pytest.raises(ValueError, match="the proof is of a >= b; give the same"):
        at_most(exactly(1.0), exactly(2.0), proof=proof(1, ">="))
