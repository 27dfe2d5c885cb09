from __future__ import annotations

from fractions import Fraction
from types import MappingProxyType

import pytest
from hypothesis import strategies as st

from models import Dataset
from strategies import (
    duplicated_datasets,
    either,
    nonzero_datasets,
    orthonormal_datasets,
    real_datasets,
    starts,
    unit_sphere_datasets,
    with_premises,
)
from strategies.premises import (
    labels_bounded,
    lambda_0_at_least,
    lambda_0_at_most,
    no_duplicates,
    nonzero,
    not_antiparallel,
    not_parallel,
    orthogonal,
    premises_of,
    unit_norm,
)
from tests.strategies.drawing import draws


def data_of(*rows: tuple[int, ...], normalised: bool = True) -> Dataset:
    return Dataset.of(rows=rows, labels=[0] * len(rows), normalised=normalised)


def test_premises_are_added_kept_and_replaced_without_touching_the_strategy() -> None:
    numbers = st.integers(0, 9)
    small = with_premises(numbers, {"small": lambda v: v < 10})
    both = with_premises(small, {"even": lambda v: v % 2 == 0, "small": lambda v: v < 99})
    assert not hasattr(numbers, "premises")
    assert set(premises_of(small)) == {"small"}
    assert set(premises_of(both)) == {"small", "even"}
    assert premises_of(both)["small"](50)
    assert isinstance(both.premises, MappingProxyType)  # type: ignore[attr-defined]
    assert max(draws(both, 40)) == 9


def test_near_initial_is_not_lost_by_further_premises() -> None:
    start = starts(data=unit_sphere_datasets(max_n=2, max_d=2))
    assert with_premises(start, {}).near_initial is True  # type: ignore[attr-defined]
    assert with_premises(st.integers(), {}).near_initial is False  # type: ignore[attr-defined]


def test_either_keeps_the_common_premises_and_draws_from_both() -> None:
    strategy = either(unit_sphere_datasets(min_lambda_0=1e-6), real_datasets())
    assert set(premises_of(strategy)) == {"unit norm", "labels bounded"}
    drawn = draws(strategy, 60)
    assert 10 < sum("source" in data.recipe for data in drawn) < 50
    bounds = either(unit_sphere_datasets(max_abs_label=3), unit_sphere_datasets(max_abs_label=1))
    assert premises_of(bounds)["labels bounded"](Dataset.of(rows=[[1]], labels=[2]))


@pytest.mark.parametrize(
    ("strategy", "names"),
    [
        (unit_sphere_datasets(), {"unit norm", "not parallel"}),
        (unit_sphere_datasets(min_lambda_0=0.1), {"unit norm", "lambda_0 >= 0.1"}),
        (
            unit_sphere_datasets(max_lambda_0=1e-6),
            {"unit norm", "not parallel", "lambda_0 <= 1e-06"},
        ),
        (
            unit_sphere_datasets(min_lambda_0=Fraction(1, 4), antiparallel="forbidden"),
            {"unit norm", "lambda_0 >= 0.25", "not antiparallel"},
        ),
        (unit_sphere_datasets(parallel="allowed"), {"unit norm"}),
        (nonzero_datasets(), {"nonzero", "not parallel"}),
        (orthonormal_datasets(), {"unit norm", "orthogonal"}),
        (duplicated_datasets(), {"unit norm"}),
        (real_datasets(), {"unit norm", "not parallel"}),
        (real_datasets(scaling="raw"), {"nonzero", "not parallel"}),
    ],
)
def test_strategies_carry_their_premises_by_name(strategy: object, names: set[str]) -> None:
    assert set(premises_of(strategy)) == names | {"labels bounded"}  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("data", "parallel", "duplicated", "antiparallel"),
    [
        (data_of((1, 2), (2, 1)), False, False, False),
        (data_of((1, 2), (2, 4)), True, True, False),
        (data_of((1, 2), (-2, -4)), True, False, True),
        (data_of((1, 2), (1, 2), (-1, -2)), True, True, True),
        (data_of((10**8, 1), (1, 0), normalised=False), False, False, False),
    ],
)
def test_parallel_rows_are_told_exactly(
    data: Dataset, parallel: bool, duplicated: bool, antiparallel: bool
) -> None:
    assert not_parallel(data) is not parallel
    assert no_duplicates(data) is not duplicated
    assert not_antiparallel(data) is not antiparallel


def test_norms_orthogonality_and_labels_are_told_exactly() -> None:
    assert unit_norm(data_of((3, 4)))
    assert not unit_norm(data_of((1, 0), normalised=False))
    assert nonzero(data_of((3, 4), normalised=False))
    assert orthogonal(data_of((3, 4), (-4, 3)))
    assert not orthogonal(data_of((3, 4), (-4, 4)))
    data = Dataset.of(rows=[[1]], labels=["1/10"])
    assert labels_bounded(Fraction(1, 10))(data)
    assert not labels_bounded(Fraction(99999, 10**6))(data)


def test_lambda_0_is_certain_on_both_sides_and_exact_at_a_half() -> None:
    pair = data_of((1, 0), (1, 1))  # 45 degrees: 1/2 - (3/8)/sqrt(2)
    value = 0.5 - 0.375 / 2**0.5
    assert lambda_0_at_least(Fraction(value) - Fraction(1, 10**9))(pair)
    assert not lambda_0_at_least(Fraction(value) + Fraction(1, 10**9))(pair)
    assert lambda_0_at_most(Fraction(value) + Fraction(1, 10**9))(pair)
    assert not lambda_0_at_most(Fraction(value) - Fraction(1, 10**9))(pair)
    assert lambda_0_at_least(Fraction(1, 2))(data_of((3, 4), (-4, 3), (-3, -4)))
    assert not lambda_0_at_least(Fraction(1, 2))(pair)
