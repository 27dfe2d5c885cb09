"""Deep networks at their initial weights, on drawn data, and moves inside balls around them."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from models import (
    ACTIVATIONS,
    ARCHITECTURES,
    MOVES,
    Activation,
    BallMove,
    Dataset,
    DeepStart,
    activation,
    nonlinearity,
)
from strategies.arguments import check_choice, check_sizes, check_words
from strategies.numbers import seeds, sizes, symmetric_grids
from strategies.premises import Predicate, premises_of, with_premises
from strategies.starts import Labels, Weights, plain_inputs

_LABEL_PREMISE = "labels bounded"
_MAX_EXPLICIT = 4  # neurons: a layer has their square
_MAX_ENTRY = Fraction(9)
_MAX_PATCH = 3


@dataclass(frozen=True, slots=True)
class _Plan:
    data: SearchStrategy[Dataset]
    m: tuple[int, int]
    H: tuple[int, int]
    weights: Weights
    activations: tuple[str, ...]
    architectures: tuple[str, ...]
    outputs: tuple[str, ...]
    labels: Labels
    smallest: int  # residuals go down to 10**-smallest


def activation_names(*, only: Collection[str] = tuple(ACTIVATIONS)) -> SearchStrategy[str]:
    """Names that `nonlinearity` knows, the first of them the simplest.

    Raises:
        ValueError: none, or an unknown one.
    """
    return st.sampled_from(_known_activations("activation_names", only, nonlinearity))


def deep_starts(
    *,
    data: SearchStrategy[Dataset],
    min_m: int = 1,
    max_m: int = 64,
    min_H: int = 1,
    max_H: int = 4,
    weights: Weights = "any",
    activations: Collection[str] = tuple(ACTIVATIONS),
    architectures: Collection[str] = ("fully connected",),
    outputs: Collection[str] = ("gaussian", "signs"),
    labels: Labels = "near-initial",
    max_residual_digits: int = 4,
) -> SearchStrategy[DeepStart]:
    """A deep network at its initial weights, on drawn data.

    The data are drawn first, so that n and d shrink before the network does; then its kind, then
    H, m and the weights. Convolutional networks cut the rows into channels and pixels.

    Premises: those of `data`; "labels bounded" only with labels="own". Near-initial labels set
    `near_initial`, since they depend on the weights.

    Args:
        data: any strategy of datasets; real rows become plain rows of the recipe.
        min_m: least width, >= 1.
        max_m: largest width.
        min_H: least number of hidden layers, >= 1.
        max_H: largest number of hidden layers.
        weights: "explicit": decimals of at most two digits within +-9, m <= 4; "gaussian":
            standard normal from a seed; "any" of the two.
        activations: by name.
        architectures: some of "fully connected", "residual", "convolutional".
        outputs: how output weights go with Gaussian layers, "gaussian", "signs" or both; explicit
            ones are decimals like the weights.
        labels: "near-initial": y = u(0) + residual, the residual being 10**-k times the labels of
            `data` (times ones, where those are all zero); "own": the labels of `data`.
        max_residual_digits: that k is at most this, in 0 ... 12.

    Raises:
        ValueError: bounds that contradict each other, or unknown words.
    """
    where = "deep_starts"
    check_sizes(where, "m", min_m, max_m)
    check_sizes(where, "H", min_H, max_H)
    check_choice(where, "weights", weights, ("explicit", "gaussian", "any"))
    check_choice(where, "labels", labels, ("near-initial", "own"))
    if not isinstance(data, SearchStrategy):
        raise ValueError(f"{where}: data={data!r}; give a strategy such as unit_sphere_datasets()")
    if weights == "explicit" and min_m > _MAX_EXPLICIT:
        raise ValueError(f"{where}: min_m={min_m} with explicit weights; give <= {_MAX_EXPLICIT}")
    if not 0 <= max_residual_digits <= 12:
        raise ValueError(f"{where}: max_residual_digits={max_residual_digits}; give 0 ... 12")
    plan = _Plan(
        data,
        (min_m, max_m),
        (min_H, max_H),
        weights,
        _known_activations(where, activations),
        check_words(where, "architectures", architectures, ARCHITECTURES),
        check_words(where, "outputs", outputs, ("gaussian", "signs")),
        labels,
        max_residual_digits,
    )
    near = labels == "near-initial"
    premises = {
        name: _on_data(holds)
        for name, holds in premises_of(data).items()
        if not (near and name == _LABEL_PREMISE)
    }
    return with_premises(_starts(plan), premises, near_initial=near)


def ball_moves(*, kinds: Collection[str] = MOVES, max_layer: int = 0) -> SearchStrategy[BallMove]:
    """Ways to move weights to the sphere of a ball, shrinking to a constant move of all layers.

    Args:
        kinds: some of those of `BallMove`.
        max_layer: up to which layer one may move alone, >= 0; 0 moves all of them.

    Raises:
        ValueError: unknown kinds, or a negative layer.
    """
    allowed = check_words("ball_moves", "kinds", kinds, MOVES)
    check_sizes("ball_moves", "layer", 0, max_layer, floor=0)
    return _moves(allowed, max_layer)


@st.composite
def _moves(draw: DrawFn, kinds: tuple[Any, ...], max_layer: int) -> BallMove:
    kind = draw(st.sampled_from(kinds))
    seed = draw(seeds()).number if kind == "gaussian" else 0
    return BallMove(kind, seed, draw(st.integers(0, max_layer)) if max_layer else 0)


def _known_activations(
    where: str, names: Collection[str], known: Callable[[str], Activation] = activation
) -> tuple[str, ...]:
    if isinstance(names, str) or not names:
        raise ValueError(f"{where}: activations={names!r}; give a tuple of names")
    return tuple(known(name).name for name in names)


def _on_data(holds: Predicate) -> Predicate:
    return lambda start: holds(start.data)


@st.composite
def _starts(draw: DrawFn, plan: _Plan) -> DeepStart:
    data = draw(plan.data)
    kind = _kind(draw, plan, data.d)
    least, most = plan.m
    explicit = plan.weights == "explicit" or (
        plan.weights == "any" and least <= _MAX_EXPLICIT and not draw(st.booleans())
    )
    H = draw(sizes(*plan.H))
    if explicit:
        m = draw(sizes(least, min(most, _MAX_EXPLICIT)))
        drawn = _explicit(draw, kind, m, H, data.d)
    else:
        drawn = {"gaussian": (draw(sizes(least, most)), H, draw(seeds()).number)}
        drawn["outputs"] = draw(st.sampled_from(plan.outputs))
    numbers = {**kind, **drawn, **plain_inputs(data)}
    labels = data.recipe["labels"]
    labels = data.y.tolist() if labels == "own" else labels
    if plan.labels == "own":
        return DeepStart.of(**numbers, labels=labels)
    size = Fraction(1, 10 ** draw(st.integers(0, plan.smallest)))
    residual = [size * Fraction(label) for label in labels]
    # A residual of 0 makes most statements empty.
    return DeepStart.of(**numbers, residual=residual if any(residual) else [size] * data.n)


def _kind(draw: DrawFn, plan: _Plan, entries: int) -> dict[str, Any]:
    kind: dict[str, Any] = {
        "activation": draw(st.sampled_from(plan.activations)),
        "architecture": draw(st.sampled_from(plan.architectures)),
    }
    if kind["architecture"] != "fully connected":
        kind["c_res"] = Fraction(draw(st.integers(1, 99)), 100)
    if kind["architecture"] == "convolutional":
        divisors = [p for p in range(1, entries + 1) if entries % p == 0]
        kind |= {"pixels": draw(st.sampled_from(divisors))}
        kind |= {"patch": draw(st.integers(1, _MAX_PATCH))}
    return kind


def _explicit(draw: DrawFn, kind: dict[str, Any], m: int, H: int, entries: int) -> dict[str, Any]:
    unit, _, limit = draw(st.sampled_from(symmetric_grids(_MAX_ENTRY)))
    p, q = kind.get("pixels", 1), kind.get("patch", 1)
    columns = [q * entries // p] + [q * m] * (H - 1)
    weights = []
    for k in columns:
        drawn = draw(_integers(m * k, limit))
        weights.append([[unit * c for c in drawn[r * k : (r + 1) * k]] for r in range(m)])
    return {"weights": weights, "outputs": [unit * c for c in draw(_integers(m * p, limit))]}


@cache
def _integers(count: int, limit: int) -> SearchStrategy[tuple[int, ...]]:
    return st.tuples(*[st.integers(-limit, limit)] * count)
