"""Deep linear networks: against torch, closed forms, and what breaks."""

from fractions import Fraction
from typing import Any

import pytest
import torch
from hypothesis import given, settings

from certify.exact.balls import UnreadableError
from models import LinearNet, flattened, linear_gradient, linear_hessian, linear_loss
from strategies import linear_critical_points
from tests.certify.exact.documents import ends, holds_number, quantity, value

SCALARS = {"rows": [["1"]], "labels": [["1"]], "layers": [[["0"]], [["0"]], [["0"]]]}
PLANE = {
    "rows": [["1", "0"], ["0", "1"]],
    "labels": [["2", "0"], ["0", "1"]],
    "layers": [[["1", "0"]], [["2"], ["0"]]],
}


def found(recipe: Any, name: str, **arguments: Any) -> Any:
    return value("linear_net", recipe, quantity(name, **arguments))


def test_three_scalars_at_the_origin() -> None:
    zero = ("squared_gradient", "squared_hessian", "lambda_min_hessian", "squared_product")
    assert [found(SCALARS, name) for name in zero] == [0, 0, 0, 0]
    assert (found(SCALARS, "loss"), found(SCALARS, "N"), found(SCALARS, "p")) == (
        Fraction(1, 2),
        3,
        1,
    )
    for t in ("1/2", "-1/2"):
        exact = (1 - Fraction(t) ** 3) ** 2 / 2
        assert found(SCALARS, "loss", weights=[t, t, t]) == exact
    # d^2/dw_1 dw_2 of (1 - w_3 w_2 w_1)^2/2 at (0, 0, c) is -c.
    assert holds_number(found(SCALARS, "lambda_min_hessian", weights=["0", "0", "3"]), -3)
    assert found(SCALARS, "norm_pulled", weights=["0", "0", "3"]) == 3


def test_a_bottleneck_is_at_its_global_minimum() -> None:
    assert found(PLANE, "squared_gradient") == 0
    assert found(PLANE, "loss") == found(PLANE, "global_loss") == Fraction(1, 2)
    assert found(PLANE, "free_loss") == 0
    assert ends(found(PLANE, "norm_cross")) == (2.0, 2.0)


@settings(max_examples=20, deadline=None, database=None)
@given(linear_critical_points())
def test_quantities_are_those_of_torch(net: LinearNet) -> None:
    recipe = net.recipe
    size = 1 + float(net.y.square().sum())
    assert found(recipe, "squared_gradient") == 0
    assert float(linear_gradient(net).abs().max()) < 1e-9 * size
    assert float(found(recipe, "loss")) == pytest.approx(float(linear_loss(net)), abs=1e-9 * size)
    moved = [layer + 0.5 for layer in net.layers]
    after = net.with_layers(moved)
    weights = flattened(moved)
    gradient = found(recipe, "squared_gradient", weights=weights)
    assert float(gradient) == pytest.approx(float(linear_gradient(after).square().sum()), rel=1e-8)
    spectrum = torch.linalg.eigvalsh(linear_hessian(after))
    for name, exact in (("lambda_min_hessian", spectrum[0]), ("lambda_max_hessian", spectrum[-1])):
        low, _ = ends(found(recipe, name, weights=weights))
        assert low == pytest.approx(float(exact), rel=1e-8, abs=1e-8 * float(spectrum[-1]))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"layers": []}, "layers"),
        ({"layers": [[["1"]]]}, "do not fit"),
        ({"labels": [["1"]]}, "do not fit"),
        ({"layers": [[["1", "0"]] * 6] + [[["1"] * 6] * 6] * 2}, "do not fit|weights"),
        ({"rows": [["1", "0"], ["1"]]}, "give 2"),
        ({"rows": [["1", "0"], ["0", "1/3" + "0" * 80]]}, "over 256 bits"),
    ],
)
def test_what_is_no_network_is_refused(change: dict[str, Any], words: str) -> None:
    with pytest.raises(UnreadableError, match=words):
        found({**PLANE, **change}, "loss")


def test_quantities_that_do_not_exist_are_refused() -> None:
    with pytest.raises(UnreadableError, match="there is no quantity"):
        found(PLANE, "lost")
    with pytest.raises(UnreadableError, match="give 4"):
        found(PLANE, "loss", weights=["1"])
    with pytest.raises(UnreadableError, match="singular"):
        found({**PLANE, "rows": [["1", "0"], ["2", "0"]]}, "global_loss")
