"""Special sets by name: orthonormal, antipodal, and of deficient rank."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from models import Dataset
from strategies.arguments import Real, check_sizes
from strategies.directions import Shape, antipodal_pairs, in_subspace, orthonormal
from strategies.labels import LabelRule, label_rules
from strategies.lines import Row, line, made_distinct, ray, upright
from strategies.numbers import LARGEST, sizes
from strategies.plans import Sizes, drawn_samples, label_bound, label_kind
from strategies.premises import (
    labels_bounded,
    no_duplicates,
    not_parallel,
    orthogonal,
    unit_norm,
    with_premises,
)
from strategies.window import inputs


def orthonormal_datasets(
    *,
    min_n: int = 1,
    max_n: int = 8,
    min_d: int = 1,
    max_d: int = 8,
    max_abs_label: Real = 1,
    labels: str = "any",
) -> SearchStrategy[Dataset]:
    """Orthonormal inputs, exactly, so that lambda_0 = 1/2; n <= d. Shrinks to axis vectors.

    Premises, by name: "unit norm", "orthogonal", "labels bounded".

    Args:
        min_n: least number of samples, >= 1.
        max_n: largest number of samples; more than max_d are not drawn.
        min_d: least input dimension, >= 1.
        max_d: largest input dimension, >= min_n.
        max_abs_label: |y_i| <= this, >= 0.
        labels: as for `unit_sphere_datasets`.

    Raises:
        ValueError: sizes that contradict each other, min_n > max_d, or an unknown word.
    """
    where = "orthonormal_datasets"
    bounds = Sizes(where, min_n, max_n, min_d, max_d)
    if min_n > max_d:
        raise ValueError(f"{where}: min_n={min_n} > max_d={max_d}; orthonormal sets have n <= d")
    kind, most = label_kind(where, labels), label_bound(where, max_abs_label)
    premises = {
        "unit norm": unit_norm,
        "orthogonal": orthogonal,
        "labels bounded": labels_bounded(most),
    }
    return with_premises(_orthonormal(bounds, kind, most), premises)


def antipodal_datasets(
    *,
    pairs: int | None = None,
    min_d: int = 1,
    max_d: int = 8,
    max_abs_label: Real = 1,
    labels: str = "any",
) -> SearchStrategy[Dataset]:
    """Antipodal pairs x, -x on distinct lines, in the order x_1, -x_1, x_2, -x_2, ...

    lambda_0 = 0 iff the pairs' lines are linearly dependent, as three pairs in the plane are
    (pairs=3, max_d=2); no smaller set without a repeated input has lambda_0 = 0.

    Premises, by name: "unit norm", "not parallel" (in the sense of positive multiples), "labels
    bounded".

    Args:
        pairs: how many; None draws 1 to 4.
        min_d: least input dimension, >= 1.
        max_d: largest input dimension; >= 2 for more than one pair.
        max_abs_label: |y_i| <= this, >= 0.
        labels: as for `unit_sphere_datasets`.

    Raises:
        ValueError: sizes that contradict each other, or an unknown word.
    """
    where = "antipodal_datasets"
    least, most_pairs = (1, 4 if max_d > 1 else 1) if pairs is None else (pairs, pairs)
    check_sizes(where, "pairs", least, most_pairs)
    check_sizes(where, "d", min_d, max_d)
    if least > 1 and max_d == 1:
        raise ValueError(f"{where}: pairs={pairs} with max_d=1; give max_d >= 2, or pairs=1")
    bounds = Sizes(where, least, most_pairs, min_d, max_d)
    kind, most = label_kind(where, labels), label_bound(where, max_abs_label)
    premises = {
        "unit norm": unit_norm,
        "not parallel": no_duplicates,
        "labels bounded": labels_bounded(most),
    }
    return with_premises(_antipodal(bounds, kind, most), premises)


def rank_deficient_datasets(
    *,
    min_n: int = 3,
    max_n: int = 8,
    min_d: int = 2,
    max_d: int = 8,
    max_abs_label: Real = 1,
    labels: str = "any",
) -> SearchStrategy[Dataset]:
    """Inputs of rank(X) < n, on distinct lines: more samples than dimensions, or in a subspace.

    Premises, by name: "unit norm", "not parallel" (opposite rows do not occur), "labels bounded".

    Args:
        min_n: least number of samples, >= 3 (two lines are independent).
        max_n: largest number of samples.
        min_d: least input dimension, >= 2.
        max_d: largest input dimension.
        max_abs_label: |y_i| <= this, >= 0.
        labels: as for `unit_sphere_datasets`.

    Raises:
        ValueError: sizes that contradict each other, or an unknown word.
    """
    where = "rank_deficient_datasets"
    check_sizes(where, "n", min_n, max_n, floor=3)
    check_sizes(where, "d", min_d, max_d, floor=2)
    bounds = Sizes(where, min_n, max_n, min_d, max_d)
    kind, most = label_kind(where, labels), label_bound(where, max_abs_label)
    premises = {
        "unit norm": unit_norm,
        "not parallel": not_parallel,
        "labels bounded": labels_bounded(most),
    }
    return with_premises(_rank_deficient(bounds, kind, most), premises)


@st.composite
def _orthonormal(draw: DrawFn, bounds: Sizes, kind: str, most: Fraction) -> Dataset:
    n = draw(sizes(bounds.min_n, min(bounds.max_n, bounds.max_d)))
    d = draw(sizes(max(n, bounds.min_d), bounds.max_d))
    rule = label_rules(draw, kind, most)
    small, digits = drawn_samples(draw, bounds, (n, d), rule)
    return _labelled(orthonormal(draw, Shape(n, d, antiparallel=False), small), rule, digits)


@st.composite
def _antipodal(draw: DrawFn, bounds: Sizes, kind: str, most: Fraction) -> Dataset:
    pairs, d = bounds.drawn(draw, on_line=1)
    rule = label_rules(draw, kind, most)
    small, digits = drawn_samples(draw, bounds, (pairs, d), rule)
    # The line, not the drawn row, so that the first of a pair is the one that reads well.
    centres = [line(z) for z in made_distinct(small, antiparallel=False)]
    # The second of a pair has the label of the next pair's first: neither equal nor opposite.
    twins = [digit for pair in zip(digits, digits[1:] + digits[:1], strict=True) for digit in pair]
    return _labelled(antipodal_pairs(centres, Shape(pairs, d)), rule, twins)


@st.composite
def _rank_deficient(draw: DrawFn, bounds: Sizes, kind: str, most: Fraction) -> Dataset:
    n, d = bounds.drawn(draw, on_line=1)
    rank = draw(st.integers(2, min(n - 1, d, LARGEST)))
    rule = label_rules(draw, kind, most)
    small, digits = drawn_samples(draw, bounds, (n, d), rule)
    return _labelled(in_subspace(draw, Shape(n, d), small, rank), rule, digits)


def _labelled(rows: list[Row], rule: LabelRule, digits: list[int]) -> Dataset:
    primitive = upright([ray(row) for row in rows])
    return Dataset.of(rows=primitive, labels=rule.labels(digits, lambda: inputs(primitive)))
