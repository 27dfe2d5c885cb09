"""Starts of training: a dataset, initial weights, and labels that may lie near the output."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any, Literal, TypeAlias

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from models import Dataset, Start
from strategies.arguments import Real, check_choice, check_sizes, exact_positive
from strategies.numbers import seeds, sizes, symmetric_grids
from strategies.premises import Predicate, premises_of, with_premises
from strategies.sources import table

Weights: TypeAlias = Literal["explicit", "gaussian", "any"]
Labels: TypeAlias = Literal["near-initial", "own"]
Signs: TypeAlias = Literal["any", "ones"]
Ties: TypeAlias = Literal["allowed", "forbidden"]

_LABEL_PREMISE = "labels bounded"
_MAX_EXPLICIT = 32  # neurons
_PADDED = 8


@dataclass(frozen=True, slots=True)
class _Plan:
    data: SearchStrategy[Dataset]
    min_m: int
    max_m: int
    weights: Weights
    max_abs_weight: Fraction
    labels: Labels
    smallest: int  # residuals go down to 10**-smallest
    signs: Signs
    ties: Ties


def starts(
    *,
    data: SearchStrategy[Dataset],
    min_m: int = 1,
    max_m: int = 32,
    weights: Weights = "any",
    max_abs_weight: Real = 9,
    labels: Labels = "near-initial",
    max_residual_digits: int = 4,
    signs: Signs = "any",
    ties: Ties = "allowed",
) -> SearchStrategy[Start]:
    """A two-layer network at its initial weights, on drawn data.

    The data are drawn first, so that n and d shrink before any weight does. Explicit weights
    shrink to few small ones, Gaussian ones to a small m and seed.

    Premises: those of `data`; "labels bounded" only with labels="own". Near-initial labels set
    `near_initial`, since they depend on the weights.

    Args:
        data: any strategy of datasets; real rows become plain rows of the recipe.
        min_m: least number of neurons, >= 1.
        max_m: largest number of neurons.
        weights: "explicit": decimals of at most two digits, m <= 32; "gaussian": standard
            normal from a seed; "any" of the two.
        max_abs_weight: explicit entries are at most this in absolute value, > 0.
        labels: "near-initial": y = u(W(0)) + residual, the residual being 10**-k times the labels
            of `data` (times ones, where those are all zero); "own": the labels of `data`.
        max_residual_digits: that k is at most this, in 0 ... 12.
        signs: output weights "any" (+1 or -1 each) or all "ones".
        ties: "forbidden": no explicit weight has w_r.x_i = 0, where the flow may not be unique.

    Raises:
        ValueError: bounds that contradict each other, or unknown words.
    """
    where = "starts"
    check_sizes(where, "m", min_m, max_m)
    check_choice(where, "weights", weights, ("explicit", "gaussian", "any"))
    check_choice(where, "labels", labels, ("near-initial", "own"))
    check_choice(where, "signs", signs, ("any", "ones"))
    check_choice(where, "ties", ties, ("allowed", "forbidden"))
    if not isinstance(data, SearchStrategy):
        raise ValueError(f"{where}: data={data!r}; give a strategy such as unit_sphere_datasets()")
    if weights == "explicit" and min_m > _MAX_EXPLICIT:
        raise ValueError(f"{where}: min_m={min_m} with explicit weights; give <= {_MAX_EXPLICIT}")
    if not 0 <= max_residual_digits <= 12:
        raise ValueError(f"{where}: max_residual_digits={max_residual_digits}; give 0 ... 12")
    plan = _Plan(
        data,
        min_m,
        max_m,
        weights,
        exact_positive(where, "max_abs_weight", max_abs_weight),
        labels,
        max_residual_digits,
        signs,
        ties,
    )
    near = labels == "near-initial"
    return with_premises(_starts(plan), _premises(data, near=near), near_initial=near)


def _premises(data: SearchStrategy[Dataset], *, near: bool) -> dict[str, Predicate]:
    return {
        name: _on_data(holds)
        for name, holds in premises_of(data).items()
        if not (near and name == _LABEL_PREMISE)
    }


def _on_data(holds: Predicate) -> Predicate:
    return lambda start: holds(start.data)


@st.composite
def _starts(draw: DrawFn, plan: _Plan) -> Start:
    data = draw(plan.data)
    explicit = plan.weights == "explicit" or (
        plan.weights == "any" and plan.min_m <= _MAX_EXPLICIT and not draw(st.booleans())
    )
    weights = _explicit(draw, plan, data) if explicit else _gaussian(draw, plan)
    numbers = {**weights, **plain_inputs(data)}
    labels = data.recipe["labels"]
    labels = data.y.tolist() if labels == "own" else labels
    if plan.labels == "own":
        return Start.of(**numbers, labels=labels)
    size = Fraction(1, 10 ** draw(st.integers(0, plan.smallest)))
    residual = [size * Fraction(label) for label in labels]
    # A residual of 0 makes most statements empty.
    return Start.of(**numbers, residual=residual if any(residual) else [size] * data.n)


def plain_inputs(data: Dataset) -> dict[str, Any]:
    """The rows of a dataset as a start's recipe has them."""
    recipe = data.recipe
    if "rows" in recipe:
        return {"rows": recipe["rows"], "normalised": recipe["normalised"]}
    if recipe["scaling"] == "standardised":
        return {"rows": data.x.tolist(), "normalised": True}
    rows = [table(recipe["source"])[0][index] for index in recipe["indices"]]
    return {"rows": rows, "normalised": recipe["scaling"] == "raw-sphere"}


def _gaussian(draw: DrawFn, plan: _Plan) -> dict[str, Any]:
    m = draw(sizes(plan.min_m, plan.max_m))
    drawn: dict[str, Any] = {"gaussian": (m, draw(seeds()).number)}
    return {**drawn, "signs": [1] * m} if plan.signs == "ones" else drawn


def _explicit(draw: DrawFn, plan: _Plan, data: Dataset) -> dict[str, Any]:
    unit, _, limit = draw(st.sampled_from(symmetric_grids(plan.max_abs_weight)))
    most = min(plan.max_m, _MAX_EXPLICIT)
    # As with samples, coordinates that are not needed are drawn too, so that d shrinks by itself;
    # and in reverse, since what is drawn first becomes zero first.
    drawn = draw(_neurons(plan.min_m, most, max(data.d, _PADDED), limit, plan.signs))
    w = [tuple(c * unit for c in weight[::-1][: data.d]) for weight, _ in drawn]
    if plan.ties == "forbidden":
        rows = [[Fraction(z) for z in row] for row in plain_inputs(data)["rows"]]
        w = [_off_kinks(weight, rows) for weight in w]
    return {"weights": w, "signs": [sign for _, sign in drawn]}


@cache
def _neurons(
    least: int, most: int, d: int, limit: int, signs: Signs
) -> SearchStrategy[list[tuple[tuple[int, ...], int]]]:
    """A list, so that the shrinker can delete any of the neurons."""
    weight = st.tuples(*[st.integers(-limit, limit)] * d)
    sign = st.just(1) if signs == "ones" else st.sampled_from((1, -1))
    return st.lists(st.tuples(weight, sign), min_size=least, max_size=most)


def _off_kinks(weight: tuple[Fraction, ...], rows: list[list[Fraction]]) -> tuple[Fraction, ...]:
    """The weight, moved by a few tenths along a curve that no hyperplane contains."""
    step = 0
    moved = weight
    while any(sum(p * q for p, q in zip(moved, row, strict=True)) == 0 for row in rows):
        step += 1
        # Powers of distinct bases are independent, so every hyperplane is met finitely often.
        moved = tuple(w + Fraction(step ** (j + 1), 10) for j, w in enumerate(weight))
    return moved
