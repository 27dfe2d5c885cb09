"""Networks of logistic units: hand-made values, floats, and what breaks."""

import math
from fractions import Fraction
from typing import Any

import pytest
import torch
from hypothesis import given, settings

from certify.exact.balls import UnreadableError
from certify.exact.surds import Surd, surd_rank, surd_root
from models import SigmoidNet, loss_hessian, unit_potential
from strategies import coincident_minima, sigmoid_nets
from tests.certify.exact.documents import ends, holds_number, quantity, value

ROOT = math.sqrt(2)
TWO = {
    "rows": [["1"], ["2"]],
    "factors": [[["1", "1"]], [["1", "1"]]],
    "outputs": ["1/2", "1/2"],
    "labels": [["-1/2", "1/4"], ["1/2", "3/4"]],
    "root": "2",
}
SEVEN = {
    "rows": [[str(k)] for k in range(-3, 4)],
    "factors": [["2"]] * 6,
    "thresholds": ["4"] * 6,
    "outputs": ["1/6"] * 6,
    "dummy": "0",
    "residual": ["-1888", "11712", "-38676", "84800", "-120933", "98260", "-33275"],
}


def found(recipe: Any, name: str, **arguments: Any) -> Any:
    return value("sigmoid_net", recipe, quantity(name, **arguments))


def test_surds_are_a_field() -> None:
    x, y = Surd(Fraction(1), Fraction(1), 2), Surd(Fraction(-3), Fraction(2), 2)
    for op, exact in (
        (x + y, 1 + ROOT - 3 + 2 * ROOT),
        (x * y, (1 + ROOT) * (-3 + 2 * ROOT)),
        (x / y, (1 + ROOT) / (-3 + 2 * ROOT)),
        (x**-3, (1 + ROOT) ** -3),
    ):
        assert float(op.p) + float(op.q) * ROOT == pytest.approx(exact, rel=1e-14)
    assert (x / y * y - x).value == 0
    assert [Surd(Fraction(p), Fraction(q), 2).sign for p, q in ((3, -2), (-3, 2), (-1, 1))] == [
        1,
        -1,
        1,
    ]
    assert Surd(Fraction(0), Fraction(0), 2).sign == 0


def test_the_rank_over_a_field_with_a_root() -> None:
    one, root = Surd(Fraction(1), Fraction(0), 2), Surd(Fraction(0), Fraction(1), 2)
    assert surd_rank([[one, root], [root, one + one]]) == 1
    assert surd_rank([[one, root], [root, one]]) == 2


@pytest.mark.parametrize("root", ["1", "4", "3/2", "-2", "1000001"])
def test_a_root_is_an_integer_that_is_no_square(root: str) -> None:
    with pytest.raises(UnreadableError, match="root"):
        surd_root(root)


def test_two_patterns_are_a_local_minimum_as_the_dossier_has_it() -> None:
    assert found(TWO, "phi") == found(TWO, "slope") == 0
    assert holds_number(found(TWO, "squared_residual"), (6 + 4 * ROOT) / 16 + 0.5)
    assert holds_number(found(TWO, "curvature"), ROOT / 8)
    assert found(TWO, "rank_features") == 1
    assert found(TWO, "rank_features", weights=[["1", "0"], ["3", "0"]]) == 2
    e = [-(2 + ROOT) / 4, ROOT / 2]  # Y - f, and 3 lambda/(sum |e| x^3/8)
    assert holds_number(
        found(TWO, "radius"), 3 * (ROOT / 8) * 8 / (abs(e[0]) + 8 * e[1]), width=1e-14
    )


def test_seven_patterns_with_thresholds_are_a_local_minimum() -> None:
    assert [found(SEVEN, name) for name in ("phi", "slope", "sum_residual")] == [0, 0, 0]
    assert found(SEVEN, "least_output") == Fraction(1, 6)
    low, high = ends(found(SEVEN, "radius"))
    assert 0 < low <= high < 1e-3
    assert ends(found(SEVEN, "curvature"))[0] > 0
    units = [["2", t, "0"] for t in ("1", "1/2", "1/3", "1/5", "1/7", "1/11")]
    assert found(SEVEN, "rank_features", weights=units) == 7


@settings(max_examples=20, deadline=None, database=None)
@given(sigmoid_nets())
def test_quantities_are_those_of_the_floats(net: SigmoidNet) -> None:
    e, features = net.e, net.features
    for name, exact in (
        ("squared_residual", e @ e),
        ("squared_output_gradient", (features.mT @ e).square().sum()),
        ("lambda_min_kernel", torch.linalg.eigvalsh(features @ features.mT)[0]),
        ("lambda_min_columns", torch.linalg.eigvalsh(features.mT @ features)[0]),
    ):
        low, high = ends(found(net.recipe, name))
        assert low - 1e-9 * (1 + abs(low)) <= float(exact) <= high + 1e-9 * (1 + abs(high))
    moved = [[*("3/2" for _ in row), "-1"] for row in net.recipe["factors"]]
    q = torch.full_like(net.q, math.log(1.5))
    left = net.with_weights(q, -torch.ones_like(net.v))
    after = ends(found(net.recipe, "squared_residual", weights=moved))
    assert after[0] == pytest.approx(float(left @ left), rel=1e-11, abs=1e-11)
    reach = ends(found(net.recipe, "reach", weights=moved))
    assert reach[0] == pytest.approx(float((q - net.q).norm(dim=1).max()), rel=1e-12)


@settings(max_examples=20, deadline=None, database=None)
@given(coincident_minima(thresholds=False) | coincident_minima(dummy=True))
def test_a_certified_minimum_has_a_semidefinite_hessian(net: SigmoidNet) -> None:
    assert found(net.recipe, "phi") == found(net.recipe, "slope") == 0
    bend = unit_potential(net.x, net.q[0], net.e)[2]
    low, _ = ends(found(net.recipe, "curvature"))
    assert low == pytest.approx(-float(bend.max()), rel=1e-9)
    assert float(torch.linalg.eigvalsh(loss_hessian(net))[0]) > -1e-9


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"rows": [["1"], ["1/2"]]}, "no integer"),
        ({"rows": [["1"], ["101"]]}, "no integer"),
        ({"factors": [["0"], ["1"]]}, "not positive"),
        ({"factors": [[["1", "-1"]], ["1"]]}, "not positive"),
        ({"factors": []}, "factors"),
        ({"factors": [["1"]] * 17}, "17 units"),
        ({"outputs": ["1"]}, "outputs: 1 entries; give 2"),
        ({"labels": None}, "exactly one of residual and labels"),
        ({"labels": [["1", "2", "3"], "1"]}, "3 parts"),
        ({"root": "9"}, "square"),
    ],
)
def test_what_is_no_network_is_refused(change: dict[str, Any], words: str) -> None:
    with pytest.raises(UnreadableError, match=words):
        found({**TWO, **change}, "phi")


def test_quantities_that_do_not_exist_are_refused() -> None:
    with pytest.raises(UnreadableError, match="there is no quantity"):
        found(TWO, "phase")
    with pytest.raises(UnreadableError, match="no 2 rows"):
        found(TWO, "reach", weights=[["1", "1"]])
    with pytest.raises(UnreadableError, match="the units differ"):
        found({**TWO, "factors": [["1"], ["2"]]}, "phi")
