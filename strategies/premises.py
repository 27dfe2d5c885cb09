"""Premises by name: what every value of a strategy satisfies, as predicates that can be asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from types import MappingProxyType
from typing import Any, TypeVar

from hypothesis.strategies import SearchStrategy

from certify import lambda_min
from models import Dataset, H_inf
from strategies.lines import all_distinct, dot, ray
from strategies.sources import exact_rows
from strategies.window import certainly_at_least

Value = TypeVar("Value")
Predicate = Callable[[Any], bool]


def with_premises(
    strategy: SearchStrategy[Value],
    premises: Mapping[str, Predicate],
    *,
    near_initial: bool = False,
) -> SearchStrategy[Value]:
    """The strategy, with attributes `premises` and `near_initial` that the runner reads.

    Premises of the strategy itself are kept, one of the same name is replaced. `.map`, `.filter`
    and `|` of Hypothesis lose both attributes: use this, or `either`, afterwards.

    Args:
        strategy: any strategy.
        premises: by name, what every drawn value satisfies. None should follow from another, since
            a mutant that drops one must break exactly that one.
        near_initial: labels have the form u(W(0)) + small, and so depend on the weights; such
            values may not feed a statement "with probability over W(0)". Kept if already set.
    """
    marked: Any = strategy.map(_same)  # a fresh object: Hypothesis shares some of its strategies
    marked.premises = MappingProxyType({**premises_of(strategy), **premises})
    marked.near_initial = near_initial or bool(getattr(strategy, "near_initial", False))
    result: SearchStrategy[Value] = marked
    return result


def premises_of(strategy: SearchStrategy[Any]) -> dict[str, Predicate]:
    """The premises that a strategy carries; none if it has no such attribute."""
    return dict(getattr(strategy, "premises", {}))


def either(first: SearchStrategy[Value], *others: SearchStrategy[Value]) -> SearchStrategy[Value]:
    """A value of any of the strategies, with the premises (by name) that all of them carry.

    Where one name stands for several predicates, the premise is that one of them holds.
    """
    strategies = (first, *others)
    union = first
    for other in others:
        union = union | other
    carried = [premises_of(strategy) for strategy in strategies]
    common = {
        name: _one_of([premises[name] for premises in carried])
        for name in carried[0]
        if all(name in premises for premises in carried)
    }
    near = any(getattr(strategy, "near_initial", False) for strategy in strategies)
    return with_premises(union, common, near_initial=near)


def _one_of(predicates: list[Predicate]) -> Predicate:
    return lambda value: any(holds(value) for holds in predicates)


def _same(value: Value) -> Value:
    return value


def unit_norm(data: Dataset) -> bool:
    """|x_i| = 1 exactly, by the recipe; rows of other norms never count, even if they have 1."""
    recipe = data.recipe
    return bool(recipe.get("normalised")) or recipe.get("scaling") in {"standardised", "raw-sphere"}


def nonzero(data: Dataset) -> bool:
    """x_i != 0."""
    return all(any(row) for row in exact_rows(data))


def not_parallel(data: Dataset) -> bool:
    """No two inputs are parallel or antiparallel, exactly."""
    return all_distinct(exact_rows(data), antiparallel=False)


def no_duplicates(data: Dataset) -> bool:
    """No input is a positive multiple of another, exactly; opposite ones may occur."""
    return all_distinct(exact_rows(data), antiparallel=True)


def not_antiparallel(data: Dataset) -> bool:
    """No input is a negative multiple of another, exactly; duplicates may occur."""
    return all_distinct(list({ray(row) for row in exact_rows(data)}), antiparallel=False)


def orthogonal(data: Dataset) -> bool:
    """x_i.x_j = 0 for i != j, exactly; False for real rows, whose recipe has no exact entries."""
    if "rows" not in data.recipe:
        return data.n == 1
    rows = [ray(row) for row in exact_rows(data)]
    return all(dot(first, second) == 0 for i, first in enumerate(rows) for second in rows[:i])


def lambda_0_at_least(bound: Fraction) -> Callable[[Dataset], bool]:
    """lambda_min(H_inf) >= bound for certain."""

    def holds(data: Dataset) -> bool:
        on_sphere = "rows" in data.recipe and unit_norm(data)
        return certainly_at_least(data.x, bound, rows=exact_rows(data) if on_sphere else None)

    return holds


def lambda_0_at_most(bound: Fraction) -> Callable[[Dataset], bool]:
    """lambda_min(H_inf) <= bound for certain."""

    def holds(data: Dataset) -> bool:
        return lambda_min(H_inf(data.x)).high <= bound

    return holds


def labels_bounded(bound: Fraction) -> Callable[[Dataset], bool]:
    """|y_i| <= bound, exactly where the recipe has the labels."""

    def holds(data: Dataset) -> bool:
        labels = data.recipe["labels"]
        numbers = data.y.tolist() if labels == "own" else labels
        return all(abs(Fraction(number)) <= bound for number in numbers)

    return holds
