import math
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certify.exact.balls import Hopeless, UnreadableError
from certify.exact.check import check
from certify.exact.expressions import MOST_DEPTH, measured
from certify.exact.infix import cut, infix, names
from certify.exact.values import Value
from tests.certify.exact.documents import Tree, certificate, holds_number, quantity, value
from verdicts.proof import PI, Term, constant, greatest, least, number
from verdicts.proof import given as drawn
from verdicts.proof import quantity as q


def amount(tree: Tree, **known: Any) -> Value:
    return value("numbers", {}, tree, **known)


@pytest.mark.parametrize(
    ("tree", "exact"),
    [
        ("2/3", Fraction(2, 3)),
        (0.1, Fraction(1, 10)),
        (["+"] + ["1"] * 5, Fraction(5)),
        (["*", "2", "1/3", "3"], Fraction(2)),
        (["-", "2"], Fraction(-2)),
        (["-", "2", "5"], Fraction(-3)),
        (["/", "2", "4"], Fraction(1, 2)),
        (["^", "2", "-3"], Fraction(1, 8)),
        (["^", "9", "0.5"], Fraction(3)),
        (["sqrt", "4/9"], Fraction(2, 3)),
        (["abs", "-2"], Fraction(2)),
        (["max", "1", "3", "2"], Fraction(3)),
        (["min", "1", "-3", "2"], Fraction(-3)),
        (["exp", "0"], Fraction(1)),
        (["log", "1"], Fraction(0)),
    ],
)
def test_rational_trees_are_exact(tree: Tree, exact: Fraction) -> None:
    assert amount(tree) == exact


@pytest.mark.parametrize(
    ("tree", "real"),
    [
        (["pi"], math.pi),
        (["exp", "1"], math.e),
        (["log", "2"], math.log(2)),
        (["sqrt", "2"], math.sqrt(2)),
        (["^", "2", "1/3"], 2 ** (1 / 3)),
        (["max", ["pi"], "3"], math.pi),
        (["/", ["sqrt", ["*", "2", ["pi"]]], "16"], math.sqrt(2 * math.pi) / 16),
    ],
)
def test_other_trees_are_balls(tree: Tree, real: float) -> None:
    assert holds_number(amount(tree), real)


def test_names_have_the_values_of_the_document() -> None:
    known = {"radius": 1.5, "eta": "1/3", "k": 2, "core": True, "data": {"rows": [["1"]]}}
    tree = ["*", ["constant", "radius"], ["given", "eta"], ["given", "k"]]
    assert amount(tree, **known) == 1
    for name in ("core", "data", "absent"):
        with pytest.raises(UnreadableError):
            amount(["given", name], **known)


def test_terms_of_the_court_mean_what_they_look_like() -> None:
    t, c = drawn("t"), constant("c")
    term = greatest(2 * t - 1, -t, abs(1 - c) / 4, least(t**2, c.sqrt(), (t * c).exp().log(), PI))
    assert holds_number(amount(term.tree, t=0.25, c=4), 0.75)
    assert infix((2 * t - (1 - c) ** 2 / 3).tree) == "2 * t - (1 - c)^2 / 3"
    assert isinstance(number(0.5), Term)
    assert infix(q("drift", eta=t, steps=3).tree) == "drift(eta=t, steps=3)"


DEEP: Tree = "1"
for _ in range(MOST_DEPTH + 1):
    DEEP = ["-", DEEP]
BOTTOMLESS: Tree = "1"
for _ in range(100_000):
    BOTTOMLESS = ["-", BOTTOMLESS]


@pytest.mark.parametrize(
    "tree",
    [
        None,
        True,
        {},
        {"a": 1},
        "words",
        "",
        [],
        [[]],
        [1],
        ["nothing", "1"],
        ["+"],
        ["/", "1"],
        ["/", "1", "2", "3"],
        ["exp", "1", "2"],
        ["pi", "1"],
        ["constant"],
        ["constant", 1],
        ["constant", "a", "b"],
        ["given", ["a"]],
        ["quantity"],
        ["quantity", 1],
        ["quantity", "n", []],
        ["quantity", "n", {"R": None}],
        ["quantity", "n", {}, {}],
        DEEP,
        BOTTOMLESS,
    ],
)
def test_trees_without_meaning_are_refused_in_one_line(tree: Tree) -> None:
    with pytest.raises(UnreadableError) as caught:
        measured(tree)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 200


TOWER: Tree = "10"
for _ in range(50):
    TOWER = ["exp", TOWER]
SQUARES: Tree = "1.5"
for _ in range(50):
    SQUARES = ["*", SQUARES, SQUARES] if len(str(SQUARES)) < 2000 else ["^", SQUARES, "1000000"]


@pytest.mark.parametrize("tree", [TOWER, SQUARES, ["exp", ["exp", "1e400"]]])
def test_monstrous_numbers_cost_nothing(tree: Tree) -> None:
    found = check(certificate("numbers", {}, tree, "<=", "0"), {}, {})
    assert found.verdict == "undecided"


def test_parts_are_counted() -> None:
    assert measured(["+", "1", ["*", "2", "3"]]) == 5
    assert measured(quantity("drift", eta=["/", "1", "2"], steps="3")) == 5
    assert measured(quantity("distance", weights=[["1", "2"]])) == 1


def test_a_value_that_does_not_exist_is_hopeless() -> None:
    with pytest.raises(Hopeless):
        amount(["sqrt", ["-", "2", "3"]])


@pytest.mark.parametrize(
    ("tree", "text"),
    [
        (["-", ["-", "1"], ["-", "2", "3"]], "-1 - (2 - 3)"),
        (["*", ["+", "1", "2"], "-3"], "(1 + 2) * (-3)"),
        (["/", "1", ["*", "2", "3"]], "1 / (2 * 3)"),
        (["^", ["*", "2", "3"], "1/2"], "(2 * 3)^(1/2)"),
        (["max", ["pi"], ["constant", "c"]], "max(pi, c)"),
        (["-", ["+", "1", "2"]], "-(1 + 2)"),
        (quantity("distance", weights=[["1"]]), "distance(weights=[...])"),
        (quantity("n"), "n"),
        (0.5, "0.5"),
    ],
)
def test_trees_are_written_as_people_do(tree: Tree, text: str) -> None:
    assert infix(tree) == text


def test_the_names_in_a_tree() -> None:
    tree = ["+", ["constant", "c"], quantity("near", R=["given", "R"], weights=[[], [["1"]]])]
    assert names(tree) == {("constant", "c"), ("given", "R")}
    assert names("1") == set()


@given(st.text(max_size=300), st.integers(1, 100))
def test_text_of_strangers_is_one_short_line_of_ascii(text: str, longest: int) -> None:
    found = cut(text, longest)
    assert found.isascii()
    assert found.isprintable()
    assert len(found) <= longest + 3
    if text.isascii() and text.isprintable() and len(text) <= longest:
        assert found == text
