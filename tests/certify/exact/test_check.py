from typing import Any

import pytest
from flint import arb

from certify.exact.balls import UnreadableError
from certify.exact.check import PRECISIONS, Checked, check
from certify.exact.descent import Descent
from certify.exact.network import Network
from tests.certify.exact.documents import (
    FOUR_NEURONS,
    Tree,
    certificate,
    lemma_3_3_certificate,
    quantity,
)


def numbers(left: Tree, relation: str, right: Tree, *premises: Any) -> Checked:
    return check(certificate("numbers", {}, left, relation, right, premises), {}, {})


def test_a_relation_that_certainly_fails_is_refuted() -> None:
    found = numbers(["pi"], "<=", "3.14159265358979")
    assert (found.verdict, found.reason) == ("refuted", "the relation fails")
    assert found.left == ("3.1415926535897932", "3.1415926535897933")
    assert found.right == ("3.14159265358979", "3.14159265358979")
    assert found.bits == 64


def test_a_relation_that_holds_is_not_refuted() -> None:
    found = numbers(["pi"], ">=", "3.14159265358979")
    assert (found.verdict, found.reason) == ("not refuted", "the relation holds")


def test_the_precision_doubles_until_the_sides_part() -> None:
    third = "0." + "3" * 60
    assert numbers("1/3", "<=", third).bits == 64  # fractions are exact
    found = numbers(["*", ["sqrt", "2"], ["sqrt", "2"]], "<=", f"1.{'9' * 60}")
    assert found.verdict == "refuted"
    assert found.bits == 256


@pytest.mark.parametrize("relation", ["<=", ">=", "=="])
def test_an_equality_of_irrational_numbers_is_undecided(relation: str) -> None:
    found = numbers(["*", ["sqrt", "2"], ["sqrt", "2"]], relation, "2")
    assert (found.verdict, found.reason) == ("undecided", "too near equality")
    assert found.bits == PRECISIONS[-1]


def test_an_equality_of_fractions_is_decided() -> None:
    assert numbers("1/3", "<=", "1/3").verdict == "not refuted"
    assert numbers("1/3", "==", "1/3").verdict == "not refuted"
    assert numbers("1/3", "==", "0.33").verdict == "refuted"


def test_every_premise_has_to_hold_certainly() -> None:
    good, attained = ("a", "1", "<=", "2"), ("b", "1/3", ">=", "1/3")
    assert numbers("1", "<=", "0", good, attained).verdict == "refuted"
    found = numbers("1", "<=", "0", good, ("R' < R", ["pi"], "<=", "3"))
    assert found.verdict == "not refuted"
    assert found.reason == 'the premise "R\' < R" fails'
    found = numbers("1", "<=", "0", ("tie", ["*", ["sqrt", "2"], ["sqrt", "2"]], ">=", "2"))
    assert found.verdict == "undecided"
    assert found.reason == "the premise 'tie' is too near equality"


def test_an_expression_without_a_value_is_undecided_at_once() -> None:
    found = numbers(["sqrt", "-1"], "<=", "0")
    assert (found.verdict, found.bits) == ("undecided", 0)
    assert "square root" in found.reason


def test_sides_beyond_all_numbers_are_undecided() -> None:
    assert numbers(["exp", "1e4"], "<=", "0").reason == "a side is beyond 1e399"


def test_the_instance_has_its_own_recipe() -> None:
    one = lemma_3_3_certificate()
    known = {"radius": 1.0}
    for instance in (
        {"t": 3},
        {"t": 3, "start": FOUR_NEURONS},
        {"t": 3, "start": {**FOUR_NEURONS, "labels": None}},
        {"t": 3, "pair": [{"rows": [["2"]]}, FOUR_NEURONS]},
        {"t": 3, "data": {"source": "iris", "indices": [1]}},
    ):
        assert check(one, known, instance).verdict == "refuted"
    for other in (
        {**FOUR_NEURONS, "rows": [["2"]]},
        {**FOUR_NEURONS, "residual": ["2"]},
        {**FOUR_NEURONS, "normalised": False},
        {"rows": [["1"]], "normalised": True, "labels": ["1"]},
    ):
        found = check(one, known, {"t": 3, "start": other})
        assert found.verdict == "not refuted"
        assert "recipe" in found.reason


def test_weights_drawn_at_random_are_written_out_in_the_certificate() -> None:
    drawn = {
        "rows": [["1"]],
        "normalised": True,
        "weights": {"gaussian": [4, 7]},
        "signs": None,
        "residual": ["1"],
    }
    one, known = lemma_3_3_certificate(), {"radius": 1.0}
    assert check(one, known, {"t": 3, "start": drawn}).verdict == "refuted"
    for key, part in (("rows", [["2"]]), ("residual", ["2"]), ("signs", ["-1"] * 4)):
        found = check(one, known, {"t": 3, "start": {**drawn, key: part}})
        assert found.verdict == "not refuted"


def test_numbers_need_no_recipe() -> None:
    bound = certificate("numbers", {}, ["given", "R"], "<=", ["constant", "c"])
    instance = {"R": "1/3", "data": {"rows": [["1"]], "labels": ["0"]}}
    assert check(bound, {"c": 0.25}, instance).verdict == "refuted"
    assert check(bound, {"c": 0.5}, instance).verdict == "not refuted"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"model": "three_layer"}, "model: 'three_layer'"),
        ({"relation": "<"}, "relation"),
        ({"left": ["+"]}, "expression"),
        ({"left": ["constant", "absent"]}, "no constant 'absent'"),
        ({"left": ["quantity", "absent"]}, "no quantity"),
        ({"recipe": {"rows": [["0"]]}}, "zero"),
        ({"left": ["+"] + ["1"] * 2001}, "2000 parts"),
    ],
)
def test_certificates_without_meaning_are_refused(change: Any, message: str) -> None:
    one = certificate("inputs", {"rows": [["1"]]}, quantity("n"), "<=", "0")
    with pytest.raises(UnreadableError, match=message):
        check({**one, **change}, {}, {})


def test_work_is_limited() -> None:
    long = quantity("squared_residual", eta="0.001", steps=20000)
    one = certificate("two_layer_relu", FOUR_NEURONS, long, ">=", "2")
    found = check(one, {}, {}, work=1e4)
    assert found.verdict == "undecided"
    assert "work" in found.reason
    found = check(one, {}, {}, seconds=0.01)
    assert found.verdict == "undecided"
    assert "time" in found.reason


def test_a_run_is_made_once_for_all_that_is_asked_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[arb] = []
    original = Descent.__init__

    def counted(self: Descent, network: Network, eta: arb) -> None:
        made.append(eta)
        original(self, network, eta)

    monkeypatch.setattr(Descent, "__init__", counted)
    eta = ["given", "eta"]
    total = ["+"] + [
        quantity(name, eta=eta, steps=k) for k in (3, 5) for name in ("squared_residual", "drift")
    ]
    one = certificate("two_layer_relu", FOUR_NEURONS, total, ">=", "100")
    assert check(one, {}, {"eta": 0.1}).verdict == "refuted"
    assert len(made) == 1
