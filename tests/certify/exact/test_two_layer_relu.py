"""Quantities of a network that stands still; the house's floats and hand counts are the oracle."""

import math
from fractions import Fraction
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from certify import lambda_max, lambda_min, spectral_norm
from certify.exact.balls import UnreadableError
from models import (
    H,
    H_core,
    Start,
    flip_bound,
    near_counts,
    prediction_jacobian,
    predictions,
)
from tests.certify.exact.documents import FOUR_NEURONS, ends, holds_number, quantity, value

small = st.fractions(-3, 3, max_denominator=4)


@st.composite
def networks(draw: st.DrawFn) -> Start:
    n, d, m = (draw(st.integers(1, most)) for most in (4, 3, 6))
    rows = st.lists(small, min_size=d, max_size=d)
    listed: dict[str, Any] = {
        "rows": draw(st.lists(rows.filter(any), min_size=n, max_size=n)),
        "weights": draw(st.lists(rows, min_size=m, max_size=m)),
        "signs": draw(st.lists(st.sampled_from([1, -1]), min_size=m, max_size=m)),
        draw(st.sampled_from(["residual", "labels"])): draw(
            st.lists(small, min_size=n, max_size=n)
        ),
    }
    return Start.of(**listed)


def of(start: Start, name: str, **arguments: Any) -> Any:
    return value("two_layer_relu", start.recipe, quantity(name, **arguments))


def touch(found: Any, low: float, high: float) -> bool:
    """Whether an enclosure meets an interval of the house, which is widened by a few ulps."""
    least, most = ends(found)
    slack = 1e-13 * (1 + abs(low) + abs(high))
    return low - slack <= most and least <= high + slack and most - least <= 1e-12 * (1 + abs(most))


def exact_signs(start: Start) -> list[list[int]]:
    recipe = start.recipe
    products = [
        [sum(Fraction(p) * Fraction(q) for p, q in zip(w, x, strict=True)) for x in recipe["rows"]]
        for w in recipe["weights"]
    ]
    return [[(product > 0) - (product < 0) for product in row] for row in products]


def exact_patterns(start: Start) -> list[list[bool]]:
    return [[sign >= 0 for sign in row] for row in exact_signs(start)]


def exact_H(start: Start, patterns: list[list[bool]]) -> torch.Tensor:
    """H from exact patterns: floats may round ties to the wrong side."""
    on = torch.tensor(patterns, dtype=torch.float64)
    return start.x @ start.x.T * (on.T @ on) / start.m


@settings(max_examples=40, deadline=None)
@given(networks())
def test_the_start_agrees_with_the_house(start: Start) -> None:
    kernel = exact_H(start, exact_patterns(start))
    low, high = lambda_min(kernel), lambda_max(kernel)
    assert touch(of(start, "lambda_min_H"), low.low, low.high)
    assert touch(of(start, "lambda_max_H"), high.low, high.high)
    assert touch(of(start, "least_lambda_min_H"), low.low, low.high)
    e = (start.y - predictions(start.x, start.w, start.a)).square().sum().item()
    assert touch(of(start, "squared_residual"), e, e)
    assert of(start, "drift") == of(start, "flips") == 0
    assert (of(start, "m"), of(start, "n"), of(start, "d")) == (start.m, start.n, start.d)
    sizes = (start.w @ start.x.T).abs()
    assert touch(of(start, "least_preactivation"), sizes.min().item(), sizes.min().item())
    assert touch(of(start, "most_preactivation"), sizes.max().item(), sizes.max().item())


def clear_of(start: Start, R: float) -> bool:
    sizes = (start.w @ start.x.T).abs()
    return bool(((sizes - R).abs() > 1e-9).all() and (sizes > 1e-9).all())


@settings(max_examples=40, deadline=None)
@given(networks(), st.sampled_from(["1/7", "3/11", "1.234"]))
def test_hyperplanes_near_the_weights_agree_with_the_house(start: Start, text: str) -> None:
    R = float(Fraction(text))
    if not clear_of(start, R):
        return
    near = (start.w @ start.x.T).abs() <= R
    assert of(start, "near", R=text) == int(near_counts(start.x, start.w, R).sum())
    assert of(start, "dropped", R=text) == int(near.any(dim=-1).sum())
    bound = flip_bound(start.x, start.w, R).item()
    assert touch(of(start, "flip_bound", R=text), bound, bound)
    core = lambda_min(H_core(start.x, start.w, R))
    assert touch(of(start, "lambda_min_H_core", R=text), core.low, core.high)
    # An irrational radius of the same size decides by balls.
    root = ["sqrt", ["*", text, text, ["exp", ["log", ["sqrt", ["*", "1", ["exp", "0"]]]]]]]
    assert of(start, "near", R=root) == of(start, "near", R=text)


@settings(max_examples=40, deadline=None)
@given(networks(), st.data())
def test_other_weights_agree_with_the_house(start: Start, data: st.DataObject) -> None:
    row = st.lists(small, min_size=start.d, max_size=start.d)
    weights = data.draw(st.lists(row, min_size=start.m, max_size=start.m))
    other = Start.of(
        rows=start.recipe["rows"],
        weights=weights,
        signs=start.recipe["signs"],
        labels=[0] * start.n,
    )
    texts = other.recipe["weights"]
    gap = (other.w - start.w).norm(dim=1).max().item()
    assert touch(of(start, "distance", weights=texts), gap, gap)
    kernels = [exact_H(one, exact_patterns(one)) for one in (other, start)]
    low = lambda_min(kernels[0])
    assert touch(of(start, "lambda_min_H", weights=texts), low.low, low.high)
    change = spectral_norm(kernels[0] - kernels[1])
    assert touch(of(start, "norm_change", weights=texts), change.low, change.high)
    if clear_of(start, 0.9):
        above = lambda_min(kernels[0] - H_core(start.x, start.w, 0.9))
        found = of(start, "lambda_min_above_core", weights=texts, R="0.9")
        assert touch(found, above.low, above.high)


@settings(max_examples=40, deadline=None)
@given(networks(), st.sampled_from(["1", "3", "1/2"]))
def test_the_tangent_gap_has_its_own_side_of_ties(start: Start, scale: str) -> None:
    above = torch.tensor(exact_signs(start)) > 0
    J = above.to(torch.float64)
    tangent = start.x @ start.x.T * (J.T @ J) / start.m
    kernel = exact_H(start, exact_patterns(start))
    gap = (tangent - float(Fraction(scale)) * kernel).norm().item()
    assert touch(of(start, "tangent_gap", scale=scale), gap, gap)


def test_the_tangent_gap_is_that_of_automatic_differentiation() -> None:
    start = Start.of(
        rows=[[1, 2], [3, -1]],
        weights=[[1, 0], [2, 1], [-1, 1]],
        signs=[1, -1, 1],
        residual=[1, 1],
    )
    J = prediction_jacobian(start.x, start.w, start.a)
    gap = (J @ J.T - 3 * H(start.x, start.w)).norm().item()
    assert touch(of(start, "tangent_gap", scale="3"), gap, gap)
    three = of(start, "tangent_gap", scale=quantity("m"))
    assert three == of(start, "tangent_gap", scale="3") or touch(three, gap, gap)


def test_a_tie_is_on_and_near_and_flat_for_automatic_differentiation() -> None:
    start = Start.of(rows=[[1]], weights=[[0]], signs=[1], labels=[1])
    assert of(start, "lambda_min_H") == 1
    assert of(start, "tangent_gap", scale="1") == 1
    assert of(start, "least_preactivation") == 0
    assert of(start, "near", R="0") == 1
    assert of(start, "squared_residual") == 1


def test_a_radius_that_is_attained_counts_as_near_exactly() -> None:
    start = Start.of(rows=[[3, 4]], weights=[["1/10", "0"]], signs=[1], residual=[1])
    # w.x = 3/50.
    assert of(start, "near", R="0.06") == 1
    assert of(start, "near", R="0.0599999999999999999999") == 0
    assert of(start, "near", R="-1") == 0


def test_outputs_of_hand() -> None:
    recipe = {**FOUR_NEURONS, "labels": ["4"]}
    del recipe["residual"]
    # u = 5/2.
    assert value("two_layer_relu", recipe, quantity("squared_residual")) == Fraction(9, 4)
    three = {**FOUR_NEURONS, "weights": [["1"], ["1"], ["-1"]], "signs": ["1"] * 3}
    three["labels"] = three.pop("residual")
    found = value("two_layer_relu", three, quantity("squared_residual"))
    assert holds_number(found, (1 - 2 / math.sqrt(3)) ** 2)


def test_a_least_eigenvalue_of_zero_is_exact_by_rank() -> None:
    # Three points of the plane, one neuron: rank 2.
    recipe = {
        "rows": [[1, 0], [0, 1], [1, 1]],
        "weights": [[5, 3]],
        "signs": [1],
        "residual": [0, 0, 0],
    }
    assert value("two_layer_relu", recipe, quantity("lambda_min_H")) == 0


def without(key: str) -> dict[str, Any]:
    return {name: part for name, part in FOUR_NEURONS.items() if name != key}


@pytest.mark.parametrize(
    ("recipe", "message"),
    [
        (without("weights"), "no 'weights'"),
        (without("signs"), "no 'signs'"),
        (without("residual"), "exactly one of residual and labels"),
        ({**FOUR_NEURONS, "labels": ["1"]}, "exactly one of residual and labels"),
        ({**FOUR_NEURONS, "weights": {"gaussian": [4, 0]}}, "drawn at random"),
        ({**FOUR_NEURONS, "weights": [["1"]]}, "signs: 4 entries; give 1"),
        ({**FOUR_NEURONS, "weights": [["1", "2"]] * 4}, "weights: 2 entries; give 1"),
        ({**FOUR_NEURONS, "residual": ["1", "2"]}, "no list of 1 to 1 entries"),
        ({**FOUR_NEURONS, "weights": [["1"]] * 5001}, "1 to 5000 rows"),
    ],
)
def test_networks_without_meaning_are_refused(recipe: Any, message: str) -> None:
    with pytest.raises(UnreadableError, match=message):
        value("two_layer_relu", recipe, quantity("m"))


@pytest.mark.parametrize(
    ("tree", "message"),
    [
        (quantity("nonsense"), "no quantity 'nonsense'"),
        (quantity("drift", steps="3"), "no quantity 'drift'"),
        (quantity("drift", eta="1", steps="3", time="1"), "no quantity"),
        (quantity("drift", eta="1", steps="1/2"), "no integer"),
        (quantity("drift", eta="1", steps="20001"), "no integer"),
        (quantity("drift", eta="1", steps=["pi"]), "no integer"),
        (quantity("drift", eta="0", steps="1"), "eta: not positive"),
        (quantity("drift", time="-1"), "time: negative"),
        (quantity("decay_factor", eta="1", steps="0"), "give steps >= 1"),
        (quantity("distance", weights=[["1"]]), "1 rows; give 4"),
        (quantity("distance", weights="1"), "no list"),
    ],
)
def test_arguments_without_meaning_are_refused(tree: Any, message: str) -> None:
    with pytest.raises(UnreadableError, match=message):
        value("two_layer_relu", FOUR_NEURONS, tree)


def test_the_oracle_of_these_tests_is_the_kernel_of_the_house() -> None:
    start = Start.of(rows=[[1, 2], [2, -1]], weights=[[1, 1], [-1, 2]], signs=[1, 1], labels=[0, 0])
    assert torch.allclose(H(start.x, start.w), exact_H(start, exact_patterns(start)))
