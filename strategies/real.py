"""Rows of the real data sets that scikit-learn ships."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any, Literal, TypeAlias

from hypothesis import assume
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from models import Dataset
from strategies.arguments import Real, check_choice, check_sizes, check_words
from strategies.labels import LABELS, label_rules
from strategies.numbers import LARGEST
from strategies.plans import label_bound, window_of
from strategies.premises import (
    Predicate,
    labels_bounded,
    lambda_0_at_least,
    nonzero,
    not_antiparallel,
    not_parallel,
    unit_norm,
    with_premises,
)
from strategies.sources import SCALINGS, SETS, real_line, size
from strategies.window import strong_subset

Scaling: TypeAlias = Literal["standardised", "raw-sphere", "raw"]

_BLOCK = 64  # an index is drawn as (block, place in it), both below 99


@dataclass(frozen=True, slots=True)
class _Plan:
    sets: tuple[str, ...]
    min_n: int
    max_n: int
    least: Fraction | None  # of lambda_0
    most: Fraction  # of |y_i|
    scaling: Scaling
    labels: str


def real_datasets(
    *,
    sets: tuple[str, ...] = SETS,
    min_n: int = 1,
    max_n: int = 8,
    min_lambda_0: Real | None = None,
    max_abs_label: Real = 1,
    scaling: Scaling = "standardised",
    labels: str = "any",
) -> SearchStrategy[Dataset]:
    """A few rows of a real data set, no two of them parallel. Shrinks to fewer, earlier rows.

    Iris (d = 4), wine (13), breast_cancer (30), digits (64) and diabetes (10). The recipe names
    the rows; iris has one duplicate pair, which is not drawn together. Rows that push lambda_0
    below its bound are dropped, so n may fall below the number drawn, never below min_n.

    Premises, by name: "unit norm" ("nonzero" for scaling="raw"), "labels bounded", "not
    parallel" (opposite rows count), or beside min_lambda_0 "lambda_0 >= ..." and "not
    antiparallel".

    Args:
        sets: names of data sets, the first being the one to shrink to.
        min_n: least number of samples, >= 1.
        max_n: largest number of samples, at most 99.
        min_lambda_0: lambda_min(H_inf(x)) >= this for certain; at most 1/2.
        max_abs_label: |y_i| <= this, >= 0; >= 1 for the sets' own labels.
        scaling: "standardised": every column of the whole set gets mean 0 and variance 1 (a
            constant one becomes 0), then rows go to the sphere; "raw-sphere": rows go to the
            sphere as they are; "raw": rows as they are.
        labels: "own" (the set's, in [0, 1]), or as for `unit_sphere_datasets`; "any" is both.

    Raises:
        ValueError: an unknown set, scaling or word, or bounds that contradict each other.
    """
    where = "real_datasets"
    check_sizes(where, "n", min_n, max_n)
    if max_n > LARGEST:
        raise ValueError(f"{where}: max_n={max_n}; give at most {LARGEST} rows")
    check_choice(where, "scaling", scaling, SCALINGS)
    check_choice(where, "labels", labels, ("own", *LABELS))
    most = label_bound(where, max_abs_label)
    if labels == "own" and most < 1:
        raise ValueError(f"{where}: labels='own' with max_abs_label={max_abs_label!r}; give >= 1")
    least = window_of(where, min_lambda_0, None, "forbidden").least
    names = check_words(where, "sets", sets, SETS)
    plan = _Plan(names, min_n, max_n, least, most, scaling, labels)
    return with_premises(_real(plan), _premises(plan))


def _premises(plan: _Plan) -> dict[str, Predicate]:
    bounded: dict[str, Predicate] = {"labels bounded": labels_bounded(plan.most)}
    norm: dict[str, Predicate] = (
        {"nonzero": nonzero} if plan.scaling == "raw" else {"unit norm": unit_norm}
    )
    if plan.least is None:
        return {**norm, "not parallel": not_parallel, **bounded}
    return {
        **norm,
        "not antiparallel": not_antiparallel,
        f"lambda_0 >= {float(plan.least)}": lambda_0_at_least(plan.least),
        **bounded,
    }


@st.composite
def _real(draw: DrawFn, plan: _Plan) -> Dataset:
    n = draw(st.integers(plan.min_n, plan.max_n))
    name = draw(st.sampled_from(plan.sets))
    own = plan.labels == "own"
    if plan.labels == "any" and plan.most >= 1:
        own = draw(st.sampled_from((True, False)))
    rule = label_rules(draw, "zero" if own else plan.labels, plan.most)
    in_a_row = draw(st.booleans())
    drawn = draw(_places(n, -(-size(name) // _BLOCK), rule.limit))
    places = [_BLOCK * block + j for block, j, _ in drawn]
    if in_a_row:
        places = [places[0] + i for i in range(n)]
    indices = _distinct(name, places, plan.scaling)
    if plan.least is not None:
        kept = strong_subset(_dataset(name, indices, plan).x, plan.least)
        assume(len(kept) >= plan.min_n)
        indices = [indices[i] for i in kept]
    data = _dataset(name, indices, plan)
    if own:
        return data
    labels = rule.labels([digit for *_, digit in drawn[: len(indices)]], lambda: data.x)
    return _dataset(name, indices, plan, labels=[str(label) for label in labels])


def _dataset(name: str, indices: list[int], plan: _Plan, *, labels: Any = "own") -> Dataset:
    chosen = {"source": name, "indices": indices, "scaling": plan.scaling}
    return Dataset.from_recipe({**chosen, "labels": labels})


@cache
def _places(count: int, blocks: int, limit: int) -> SearchStrategy[tuple[tuple[int, ...], ...]]:
    """Per row: block, place in it, and the integer of its label."""
    place = (st.integers(0, blocks - 1), st.integers(0, _BLOCK - 1), st.integers(-limit, limit))
    return st.tuples(*[st.tuples(*place)] * count)


def _distinct(name: str, indices: list[int], scaling: str) -> list[int]:
    """The indices, each beyond the end or parallel to an earlier row moved on to the next free."""
    seen = set()
    result = []
    for index in indices:
        free = index % size(name)
        while real_line(name, free, scaling) in seen:
            free = (free + 1) % size(name)
        seen.add(real_line(name, free, scaling))
        result.append(free)
    return result
