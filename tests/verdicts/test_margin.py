import numpy as np
import pytest

from verdicts import Approx, Margin, at_least, at_most, equal_to, every, exactly, exists, implies

one = exactly(1.0)


def rows(*slacks: float) -> Margin:
    return at_least(exactly(list(slacks)), exactly(0.0))


@pytest.mark.parametrize(
    ("margin", "slack", "refuted", "supported"),
    [
        (at_least(exactly(3.0), one, scale=4.0), 0.5, False, True),
        (at_least(one, exactly(3.0), scale=4.0), -0.5, True, False),
        (at_most(one, exactly(3.0)), 2.0, False, True),
        (at_most(exactly(3.0), one, scale=exactly(2.0)), -1.0, True, False),
        (equal_to(exactly(2.0), one), -1.0, True, False),
        (equal_to(one, one), 0.0, False, True),
        (at_least(one, one), 0.0, False, True),
    ],
    ids=["a >= b", "a < b", "a <= b", "a > b", "a != b", "a == b", "edge"],
)
def test_slack_is_signed_and_scaled(
    margin: Margin, slack: float, refuted: bool, supported: bool
) -> None:
    assert margin.slack.low == pytest.approx(slack, abs=1e-12)
    assert bool(margin.refuted) is refuted
    assert bool(margin.supported) is supported


def test_an_enclosure_around_zero_is_neither() -> None:
    margin = at_least(Approx(0.9, 1.1), one)
    assert not margin.refuted
    assert not margin.supported
    assert margin.rigor == "estimated"


def test_an_identity_holds_to_its_resolution_and_no_finer() -> None:
    near = Approx.around(1.0, 1e-7)
    assert equal_to(near, one, resolution=1e-6).supported
    assert not equal_to(near, one, resolution=1e-8).supported
    assert not equal_to(near, one, resolution=1e-8).refuted


def test_a_conjunction_has_the_least_slack_and_each_part_its_own_resolution() -> None:
    both = every(
        coarse=at_least(Approx(-0.01, 0.01), exactly(0.0), resolution=0.1),
        fine=at_least(exactly(0.5), exactly(0.0)),
    )
    assert both.slack.low == pytest.approx(-0.01)
    assert both.supported
    assert both.tightest == "coarse"
    assert [leaf.name for leaf in both.leaves()] == ["coarse", "fine"]


def test_a_conjunction_of_rows_and_a_number_has_rows() -> None:
    both = every(a=rows(1.0, -1.0), b=at_least(exactly(0.5), exactly(0.0)))
    assert both.slack.shape == (2,)
    assert both.refuted.tolist() == [False, True]
    assert both.supported.tolist() == [True, False]


def test_names_of_nested_conjunctions_are_joined_with_dots() -> None:
    inner = every(low=rows(1.0), high=at_least(exactly([2.0]), one, name="top"))
    nested = every(outer=inner)
    assert [leaf.name for leaf in nested.leaves()] == ["outer.low", "outer.high.top"]
    assert rows(1.0).tightest == ""


def test_an_implication_speaks_only_where_its_premise_is_met() -> None:
    premise = at_least(Approx([1.0, -2.0, -1.0, -1.0], [2.0, -1.0, 1.0, 1.0]), exactly(0.0))
    margin = implies(premise, rows(-1.0, -1.0, -1.0, 1.0))
    assert margin.premise is not None
    assert margin.premise.tolist() == [True, False, False, False]
    assert margin.refuted.tolist() == [True, False, False, False]
    assert margin.supported.tolist() == [False, True, False, True]
    assert margin.slack.lower[1] == np.inf
    assert margin.rigor == "estimated"


def test_implications_chain_and_reach_into_conjunctions() -> None:
    chained = implies(rows(1.0, 1.0), implies(rows(1.0, -1.0), rows(-1.0, -1.0)))
    assert chained.premise is not None
    assert chained.premise.tolist() == [True, False]
    assert chained.refuted.tolist() == [True, False]
    spread = implies(rows(1.0, -1.0), every(a=rows(1.0, 1.0), b=rows(-1.0, -1.0)))
    assert spread.refuted.tolist() == [True, False]
    assert spread.supported.tolist() == [False, True]
    assert [leaf.premise.tolist() for leaf in spread.leaves() if leaf.premise is not None] == [
        [True, False],
        [True, False],
    ]
    assert spread.tightest == "b"


def test_a_construction_that_fails_is_refuted_as_a_witness() -> None:
    assert exists(at_least(exactly(2.0), one)).supported
    failed = exists(at_least(exactly(0.0), one, name="norm"))
    assert failed.refuted
    assert failed.tightest == "witness.norm"
