"""Hard instances do occur, with a fixed seed: otherwise a suite tests identity matrices."""

from __future__ import annotations

from collections import Counter
from functools import cache
from itertools import combinations

import pytest
import torch

from certify import lambda_min
from models import Dataset, H_inf
from strategies import (
    KINDS,
    SETS,
    antipodal_datasets,
    nonzero_datasets,
    rank_deficient_datasets,
    real_datasets,
    unit_sphere_datasets,
)
from tests.strategies.drawing import draws


@cache
def mixture() -> list[Dataset]:
    # Within a run Hypothesis varies what it drew before, so several short runs see more.
    return [
        data for number in range(10) for data in draws(unit_sphere_datasets(), 50, number=number)
    ]


def lambda_0(data: Dataset) -> float:
    return lambda_min(H_inf(data.x)).high


def least_angle(data: Dataset) -> float:
    return min(
        2 * torch.atan2((p - q).norm(), (p + q).norm()).item() for p, q in combinations(data.x, 2)
    )


def has_opposite_rows(data: Dataset) -> bool:
    return any(torch.allclose(p, -q, atol=1e-12) for p, q in combinations(data.x, 2))


def test_small_lambda_0_occurs() -> None:
    values = [lambda_0(data) for data in mixture()]
    assert sum(value < 1e-3 for value in values) >= 20
    assert sum(value < 1e-6 for value in values) >= 10
    assert sum(value > 0.2 for value in values) >= 100


def test_near_duplicates_occur_at_most_scales_down_to_1e_8() -> None:
    angles = [least_angle(data) for data in mixture() if data.n > 1]
    decades = Counter(round(-torch.tensor(angle).log10().item()) for angle in angles)
    assert min(angles) < 3e-8
    assert len(set(decades) & set(range(1, 9))) >= 6
    assert min(angles) > 5e-10


def test_every_n_and_d_and_both_sides_of_n_equal_d_occur() -> None:
    shapes = [(data.n, data.d) for data in mixture()]
    assert {n for n, _ in shapes} == {d for _, d in shapes} == set(range(1, 9))
    assert sum(n > d for n, d in shapes) >= 100
    assert sum(n < d for n, d in shapes) >= 100
    assert (8, 8) in shapes
    assert (8, 2) in shapes


def test_antipodal_pairs_and_three_of_them_in_a_plane_occur() -> None:
    assert sum(has_opposite_rows(data) for data in mixture()) >= 40
    assert any(
        data.n >= 6 and data.d == 2 and has_opposite_rows(data) and abs(lambda_0(data)) < 1e-12
        for data in mixture()
    )


def test_low_rank_occurs_with_n_at_most_d() -> None:
    assert any(
        2 < data.n <= data.d and torch.linalg.matrix_rank(data.x) < data.n for data in mixture()
    )


@pytest.mark.parametrize("kind", [k for k in KINDS if k != "antipodal"])
def test_every_kind_is_hard_without_opposite_rows_too(kind: str) -> None:
    strategy = unit_sphere_datasets(kinds=(kind,), antiparallel="forbidden", min_d=2)
    assert not any(has_opposite_rows(data) for data in draws(strategy, 25) if data.n > 1)


def test_three_antipodal_pairs_in_the_plane_have_lambda_0_zero() -> None:
    for data in draws(antipodal_datasets(pairs=3, min_d=2, max_d=2), 30):
        assert (data.n, data.d) == (6, 2)
        assert abs(lambda_0(data)) < 1e-13


def test_two_antipodal_pairs_never_have_lambda_0_zero() -> None:
    for data in draws(antipodal_datasets(pairs=2), 50):
        assert lambda_min(H_inf(data.x)).low > 1e-3


def test_norms_of_many_magnitudes_occur() -> None:
    norms = torch.cat([data.x.norm(dim=1) for data in draws(nonzero_datasets(), 100)])
    assert norms.min() < 0.05
    assert norms.max() > 1000


def test_rank_deficient_sets_are() -> None:
    drawn = draws(rank_deficient_datasets(), 100)
    assert all(torch.linalg.matrix_rank(data.x) < data.n for data in drawn)
    assert any(data.n <= data.d for data in drawn)
    assert any(data.n > data.d for data in drawn)


def test_every_real_set_occurs_with_scattered_and_early_rows() -> None:
    drawn = draws(real_datasets(), 200)
    assert {data.recipe["source"] for data in drawn} == set(SETS)
    assert {data.n for data in drawn} == set(range(1, 9))
    assert max(max(data.recipe["indices"]) for data in drawn) > 1000
    assert any(data.recipe["labels"] == "own" for data in drawn)
    assert any(data.recipe["labels"] != "own" for data in drawn)
