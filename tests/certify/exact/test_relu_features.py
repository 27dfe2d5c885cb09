"""The model "relu_features", and arc-cosine quantities of "inputs", against numpy and mpmath."""

from fractions import Fraction
from typing import Any

import mpmath as mp
import numpy as np
import pytest

from certify.exact.balls import UnreadableError
from tests.certify.exact.documents import holds_number, quantity, value

SMALL: dict[str, Any] = {
    "rows": [["1", "0"], ["3/5", "4/5"], ["-1", "2"]],
    "normalised": True,
    "weights": [["1", "2"], ["-1/2", "3"], ["2", "-1"], ["0", "-3"]],
    "signs": ["1", "1", "1", "1"],
    "residual": ["0", "0", "0"],
}
OTHER = [["1", "1"], ["-1", "5/2"], ["2", "1/3"], ["1/4", "-3"]]


def table(rows: list[list[str]]) -> Any:
    return np.array([[float(Fraction(z)) for z in row] for row in rows])


def gram(x: Any, w: Any) -> Any:
    phi = np.maximum(w @ x.T, 0) / np.sqrt(len(w))
    return phi.T @ phi


X = table(SMALL["rows"])
X = X / np.linalg.norm(X, axis=1, keepdims=True)
W, W_OTHER = table(SMALL["weights"]), table(OTHER)
HERE, THERE = gram(X, W), gram(X, W_OTHER)


def found(name: str, **arguments: Any) -> Any:
    return value("relu_features", SMALL, quantity(name, **arguments))


def test_quantities_of_the_start_are_those_of_numpy() -> None:
    assert holds_number(found("m"), 4.0)
    assert holds_number(found("norm_X"), float(np.linalg.norm(X, 2)))
    assert holds_number(found("frobenius_X"), float(np.linalg.norm(X)))
    assert holds_number(found("norm_W"), float(np.linalg.norm(W, 2)))
    assert holds_number(found("lambda_min_G2"), float(np.linalg.eigvalsh(HERE)[0]))


def test_quantities_of_other_weights_are_those_of_numpy() -> None:
    given = {"weights": OTHER}
    assert holds_number(found("norm_W", **given), float(np.linalg.norm(W_OTHER, 2)))
    assert holds_number(found("lambda_min_G2", **given), float(np.linalg.eigvalsh(THERE)[0]))
    assert holds_number(found("G2_change", **given), float(np.linalg.norm(THERE - HERE, 2)))
    assert holds_number(found("distance", **given), float(np.linalg.norm(W_OTHER - W, 2)))
    assert holds_number(found("frobenius_distance", **given), float(np.linalg.norm(W_OTHER - W)))


def test_random_starts_agree_with_numpy() -> None:
    rng = np.random.default_rng(0)
    for _ in range(60):
        n, d, m = (int(k) for k in rng.integers(1, 5, size=3))
        rows = rng.integers(-9, 10, size=(n, d))
        rows[~rows.any(axis=1)] = 1
        one, two = rng.integers(-9, 10, size=(2, m, d))
        recipe = {
            "rows": [[str(z) for z in row] for row in rows.tolist()],
            "normalised": False,
            "weights": [[str(z) for z in row] for row in one.tolist()],
            "signs": ["1"] * m,
            "residual": ["0"] * n,
        }
        weights = [[str(z) for z in row] for row in two.tolist()]
        change = value("relu_features", recipe, quantity("G2_change", weights=weights))
        expected = np.linalg.norm(gram(rows, two) - gram(rows, one), 2)
        assert holds_number(change, float(expected), width=1e-13)
        least = value("relu_features", recipe, quantity("lambda_min_G2"))
        assert abs(float(np.linalg.eigvalsh(gram(rows, one))[0]) - _middle(least)) < 1e-11 * 1e3


def _middle(number: Any) -> float:
    return float(number) if isinstance(number, Fraction) else float(number.mid())


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("G2_change", {}),
        ("distance", {}),
        ("lambda_min_H", {}),
        ("norm_X", {"weights": OTHER}),
        ("distance", {"weights": OTHER[:2]}),
        ("G2_change", {"weights": [["1", "2", "3"]]}),
    ],
)
def test_what_there_is_not_is_refused(name: str, arguments: dict[str, Any]) -> None:
    with pytest.raises(UnreadableError):
        found(name, **arguments)


INPUTS = {"rows": [["1", "0"], ["3", "4"], ["-1", "1"], ["-2", "0"]], "normalised": True}


def test_the_kernel_of_order_one_has_the_least_eigenvalue_of_numpy() -> None:
    x = table(INPUTS["rows"])  # type: ignore[arg-type]
    x = x / np.linalg.norm(x, axis=1, keepdims=True)
    t = np.clip(x @ x.T, -1, 1)
    kernel = (np.sqrt(1 - t**2) + t * (np.pi - np.arccos(t))) / (2 * np.pi)
    least = value("inputs", INPUTS, quantity("lambda_min_G2_inf"))
    assert holds_number(least, float(np.linalg.eigvalsh(kernel)[0]), width=1e-14)
    orthonormal = {"rows": [["1", "0"], ["0", "1"]]}
    least = value("inputs", orthonormal, quantity("lambda_min_G2_inf"))
    assert holds_number(least, 0.5 - 1 / (2 * np.pi))


def test_a_singular_kernel_of_order_one_is_exactly_so() -> None:
    rows = [["1", "0"], ["-1", "0"], ["0", "1"], ["0", "-1"], ["1", "1"], ["-1", "-1"]]
    assert value("inputs", {"rows": rows}, quantity("lambda_min_G2_inf")) == 0


@pytest.mark.parametrize("t", ["-1", "-99/100", "0", "3/10", "1/2", "1"])
def test_the_arc_cosine_function_is_that_of_mpmath(t: str) -> None:
    exact = mp.mpf(Fraction(t).numerator) / Fraction(t).denominator
    expected = (mp.sqrt(1 - exact**2) + exact * (mp.pi - mp.acos(exact))) / mp.pi
    assert holds_number(value("inputs", INPUTS, quantity("arc_cosine", t=t)), float(expected))


def test_cosines_are_exact_where_they_are_rational() -> None:
    assert value("inputs", INPUTS, quantity("cosine", i="0", j="1")) == Fraction(3, 5)
    assert value("inputs", INPUTS, quantity("cosine", i="0", j="3")) == -1
    assert holds_number(value("inputs", INPUTS, quantity("cosine", i="2", j="0")), -(0.5**0.5))
    for i, j in (("4", "0"), ("0", "1/2"), ("-1", "0")):
        with pytest.raises(UnreadableError, match="there are inputs 0 to 3"):
            value("inputs", INPUTS, quantity("cosine", i=i, j=j))
