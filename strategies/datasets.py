"""Datasets as exact recipes, from easy to as hard as their bounds allow."""

from __future__ import annotations

from fractions import Fraction
from functools import cache

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from models import Dataset
from strategies.arguments import Real, check_choice, check_sizes, check_words
from strategies.directions import KINDS
from strategies.labels import LABELS
from strategies.lines import ray
from strategies.plans import (
    Antiparallel,
    Parallel,
    Plan,
    Sizes,
    drawn_rows,
    label_bound,
    label_kind,
    plan_premises,
    window_of,
)
from strategies.premises import nonzero, unit_norm, with_premises
from strategies.window import Window, inputs

ALL_KINDS = tuple(KINDS)


def unit_sphere_datasets(
    *,
    min_n: int = 1,
    max_n: int = 8,
    min_d: int = 1,
    max_d: int = 8,
    min_lambda_0: Real | None = None,
    max_lambda_0: Real | None = None,
    max_abs_label: Real = 1,
    labels: str = "any",
    parallel: Parallel = "forbidden",
    antiparallel: Antiparallel = "allowed",
    kinds: tuple[str, ...] = ALL_KINDS,
) -> SearchStrategy[Dataset]:
    """Data on the unit sphere, from easy to as hard as the bounds allow.

    A mixture of small integer directions, orthonormal sets, antipodal pairs, rational angles in a
    plane, even spreads, points in a subspace, general position, pairs and clusters at angles
    down to 1e-8. Rows that break a bound are mended, so hardly a draw is rejected. Shrinks to
    fewer rows, then fewer coordinates, then axis vectors, with labels 0.

    Without min_lambda_0, opposite rows may make lambda_0 = 0 (three pairs in a plane do).

    Premises, by name: "unit norm"; "labels bounded"; "lambda_0 >= 0.1" and "lambda_0 <= 0.2" for
    such bounds; "not parallel" (opposite rows count where they are forbidden). None may follow
    from another: with min_lambda_0 the last is left out, or says "not antiparallel".

    Args:
        min_n: least number of samples, >= 1.
        max_n: largest number of samples.
        min_d: least input dimension, >= 1.
        max_d: largest input dimension.
        min_lambda_0: lambda_min(H_inf(x)) >= this for certain; in (0, 1/2], None for no bound.
        max_lambda_0: lambda_min(H_inf(x)) <= this for certain; in (0, 1/2].
        max_abs_label: |y_i| <= this, >= 0.
        labels: "decimal", "adversarial" (along the eigenvector of lambda_0), "constant", "zero",
            or "any" of these.
        parallel: "forbidden": no two rows are positive multiples; "allowed": half of the draws
            with n > 1 have such a pair; "required": all have, so n >= 2 and lambda_0 = 0.
        antiparallel: whether rows may be negative multiples of each other.
        kinds: names from `KINDS`; one that cannot draw the n and d at hand gives way to
            "directions".

    Raises:
        ValueError: bounds that contradict each other or lambda_0 <= 1/2, or unknown words.
    """
    where = "unit_sphere_datasets"
    plan = Plan(
        Sizes(where, min_n, max_n, min_d, max_d),
        window_of(where, min_lambda_0, max_lambda_0, antiparallel),
        parallel,
        check_words(where, "kinds", kinds, KINDS),
        label_kind(where, labels),
        label_bound(where, max_abs_label),
    ).consistent()
    return with_premises(_on_sphere(plan), {"unit norm": unit_norm, **plan_premises(plan)})


def duplicated_datasets(
    *,
    min_n: int = 2,
    max_n: int = 8,
    min_d: int = 1,
    max_d: int = 8,
    max_abs_label: Real = 1,
    labels: str = "conflicting",
) -> SearchStrategy[Dataset]:
    """Data on the unit sphere with a repeated input, so that lambda_0 = 0: for mutants.

    Args:
        min_n: least number of samples, >= 2.
        max_n: largest number of samples.
        min_d: least input dimension, >= 1.
        max_d: largest input dimension.
        max_abs_label: |y_i| <= this, >= 0.
        labels: as for `unit_sphere_datasets`, or "conflicting": decimals, but those of the
            repeated input differ by max_abs_label, which no network can fit.

    Raises:
        ValueError: sizes that contradict each other, or an unknown word.
    """
    where = "duplicated_datasets"
    check_sizes(where, "n", min_n, max_n, floor=2)
    check_choice(where, "labels", labels, (*LABELS, "conflicting"))
    plan = Plan(
        Sizes(where, min_n, max_n, min_d, max_d),
        Window(),
        "required",
        ALL_KINDS,
        labels,
        label_bound(where, max_abs_label),
    )
    return with_premises(_on_sphere(plan), {"unit norm": unit_norm, **plan_premises(plan)})


def nonzero_datasets(
    *,
    min_n: int = 1,
    max_n: int = 8,
    min_d: int = 1,
    max_d: int = 8,
    max_abs_label: Real = 1,
    labels: str = "any",
    parallel: Parallel = "forbidden",
    antiparallel: Antiparallel = "forbidden",
    kinds: tuple[str, ...] = ALL_KINDS,
) -> SearchStrategy[Dataset]:
    """Nonzero inputs of any norm: small integers times 10**-3 ... 10**3, not normalised.

    Premises, by name: "nonzero"; "not parallel" unless parallel rows may occur; "labels bounded".

    Args:
        min_n: least number of samples, >= 1.
        max_n: largest number of samples.
        min_d: least input dimension, >= 1.
        max_d: largest input dimension.
        max_abs_label: |y_i| <= this, >= 0.
        labels: as for `unit_sphere_datasets`.
        parallel: as for `unit_sphere_datasets`.
        antiparallel: as for `unit_sphere_datasets`, but forbidden by default.
        kinds: as for `unit_sphere_datasets`.

    Raises:
        ValueError: bounds that contradict each other, or unknown words.
    """
    where = "nonzero_datasets"
    plan = Plan(
        Sizes(where, min_n, max_n, min_d, max_d),
        window_of(where, None, None, antiparallel),
        parallel,
        check_words(where, "kinds", kinds, KINDS),
        label_kind(where, labels),
        label_bound(where, max_abs_label),
    ).consistent()
    return with_premises(_of_any_norm(plan), {"nonzero": nonzero, **plan_premises(plan)})


@st.composite
def _on_sphere(draw: DrawFn, plan: Plan) -> Dataset:
    drawn, labels = drawn_rows(draw, plan)
    rows = [ray(row) for row in drawn]
    return Dataset.of(rows=rows, labels=labels(lambda: inputs(rows)))


@st.composite
def _of_any_norm(draw: DrawFn, plan: Plan) -> Dataset:
    rows, labels = drawn_rows(draw, plan)
    factors = [c * Fraction(10) ** k for c, k in draw(_scales(len(rows)))]
    scaled = [[f * z for z in row] for f, row in zip(factors, rows, strict=True)]
    return Dataset.of(rows=scaled, labels=labels(lambda: inputs(rows)), normalised=False)


@cache
def _scales(count: int) -> SearchStrategy[tuple[tuple[int, int], ...]]:
    return st.tuples(*[st.tuples(st.integers(1, 9), st.integers(-3, 3))] * count)
