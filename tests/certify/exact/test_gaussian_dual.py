"""Gaussian means in balls: against the house's closed forms and quadrature, and what breaks."""

from math import acos, exp, pi, sqrt
from typing import Any

import pytest
import torch

from certify.exact.balls import Hopeless, UnreadableError
from certify.exact.smooth_activations import SMOOTH
from models import activation, dual, dual_derivative, mean_activation, relu_dual
from tests.certify.exact.documents import ends, quantity, value

LAWS = [("1", "1", "1/2"), ("3", "1/2", "-0.98"), ("1/10", "2", "0"), ("2", "2", "1")]
CLOSED = [name for name in SMOOTH if SMOOTH[name]().dual is not None]


def found(name: str, tree: Any) -> tuple[float, float]:
    return ends(value("gaussian_dual", {"activation": name}, tree))


def number(text: str) -> float:
    top, _, below = text.partition("/")
    return float(top) / float(below or 1)


@pytest.mark.parametrize("name", SMOOTH)
@pytest.mark.parametrize("a", ["1/10", "1", "3"])
def test_means_agree_with_the_house(name: str, a: str) -> None:
    expected = float(
        mean_activation(activation(name), torch.tensor([number(a) ** 2], dtype=torch.float64))[0]
    )
    low, high = found(name, quantity("mean", a=a))
    assert low - 1e-10 <= expected <= high + 1e-10
    assert high - low < 1e-15 * (1 + abs(expected))


@pytest.mark.parametrize("name", CLOSED)
@pytest.mark.parametrize("law", LAWS)
def test_duals_agree_with_the_house(name: str, law: tuple[str, str, str]) -> None:
    a, b, rho = map(number, law)
    A = torch.tensor([[a * a, rho * a * b], [rho * a * b, b * b]], dtype=torch.float64)
    given = dict(zip(("a", "b", "rho"), law, strict=True))
    for key, matrix in (("dual", dual), ("dual_slope", dual_derivative)):
        expected = float(matrix(activation(name), A)[0, 1])
        low, high = found(name, quantity(key, **given))
        assert low - 1e-10 <= expected <= high + 1e-10


def test_closed_forms() -> None:
    assert found("sin", quantity("dual", a="1", b="1", rho="1"))[0] == pytest.approx(
        (1 - exp(-2)) / 2, rel=1e-14
    )
    # The mean of |z| is sqrt(2/pi); sqrt(z^2 + 1e-4) is at most 1/100 above it.
    low, high = found("sqrt(z^2+1e-4)", quantity("mean", a="1"))
    assert sqrt(2 / pi) < low <= high < sqrt(2 / pi) + 0.01
    assert found("tanh", quantity("dual", a="2", b="1", rho="0"))[1] < 1e-15


@pytest.mark.parametrize("law", [*LAWS, ("2", "3", "-1"), ("0", "1", "1/3")])
def test_relu_agrees_with_the_house(law: tuple[str, str, str]) -> None:
    a, b, rho = map(number, law)
    A = torch.tensor([[a * a, rho * a * b], [rho * a * b, b * b]], dtype=torch.float64)
    given = dict(zip(("a", "b", "rho"), law, strict=True))
    low, high = found("relu", quantity("dual", **given))
    assert low - 1e-15 <= float(relu_dual(A)[0, 1]) <= high + 1e-15
    slope = found("relu", quantity("dual_slope", a="1", b="1", rho=law[2]))
    assert slope == pytest.approx([(pi - acos(rho)) / (2 * pi)] * 2, rel=1e-12)
    assert found("relu", quantity("mean", a=law[0]))[1] == pytest.approx(a / sqrt(2 * pi))


def test_what_has_no_closed_form_is_refused() -> None:
    with pytest.raises(Hopeless, match="no closed form"):
        found("softplus", quantity("dual", a="1", b="1", rho="1/2"))
    for recipe, tree, words in (
        ({"activation": "swish"}, quantity("L"), "no exact model"),
        ({}, quantity("L"), "no exact model"),
        ({"activation": "sin"}, quantity("dual", a="1"), "no quantity"),
        ({"activation": "sin"}, quantity("dual", a="1", b="1", rho="2"), "correlation"),
    ):
        with pytest.raises(UnreadableError, match=words):
            value("gaussian_dual", recipe, tree)
