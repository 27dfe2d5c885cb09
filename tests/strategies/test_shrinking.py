"""Smallest instances are readable points; several are counterexamples that papers are known for."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from certify import lambda_min
from models import Dataset, H, H_inf, Start, patterns, predictions
from strategies import (
    antipodal_datasets,
    duplicated_datasets,
    nonzero_datasets,
    orthonormal_datasets,
    rank_deficient_datasets,
    real_datasets,
    starts,
    unit_sphere_datasets,
)
from tests.strategies.drawing import minimal


def lambda_0(data: Dataset) -> float:
    return lambda_min(H_inf(data.x)).high


def test_datasets_shrink_to_one_axis_with_label_zero() -> None:
    simplest = Dataset.of(rows=[[1]], labels=[0])
    assert minimal(unit_sphere_datasets()) == simplest
    assert minimal(unit_sphere_datasets(min_lambda_0=0.1)) == simplest
    assert minimal(orthonormal_datasets()) == simplest
    assert minimal(nonzero_datasets()) == Dataset.of(rows=[[1]], labels=[0], normalised=False)


def test_two_points_shrink_to_two_axes() -> None:
    assert minimal(unit_sphere_datasets(), lambda data: data.n == data.d == 2) == Dataset.of(
        rows=[[1, 0], [0, 1]], labels=[0, 0]
    )


def test_special_sets_shrink_to_their_simplest() -> None:
    assert minimal(antipodal_datasets()) == Dataset.of(rows=[[1], [-1]], labels=[0, 0])
    assert minimal(duplicated_datasets()) == Dataset.of(rows=[[1], [1]], labels=[0, 1])
    assert minimal(rank_deficient_datasets()) == Dataset.of(
        rows=[[1, 0], [0, 1], [1, 1]], labels=[0, 0, 0]
    )


def test_a_small_lambda_0_shrinks_to_two_rows_of_the_plane() -> None:
    data = minimal(unit_sphere_datasets(max_n=3), lambda data: 1e-9 < lambda_0(data) < 1e-4)
    assert (data.n, data.d) == (2, 2)
    assert data.recipe["labels"] == ["0", "0"]


def test_three_antipodal_pairs_are_the_smallest_singular_set_without_duplicates() -> None:
    data = minimal(unit_sphere_datasets(), lambda data: abs(lambda_0(data)) < 1e-12, examples=5000)
    assert (data.n, data.d) == (6, 2)


def test_a_label_shrinks_to_a_whole_number() -> None:
    data = minimal(unit_sphere_datasets(), lambda data: bool(data.y.abs().max() > 0.5))
    assert data == Dataset.of(rows=[[1]], labels=[1])


def test_real_data_shrink_to_fewer_and_earlier_rows() -> None:
    assert minimal(real_datasets()).recipe["indices"] == [0]
    data = minimal(real_datasets(), lambda data: data.n >= 3)
    assert data.recipe["source"] == "iris"
    assert data.recipe["indices"] == [0, 1, 2]


def test_starts_shrink_to_one_neuron_and_a_residual_of_one() -> None:
    data = unit_sphere_datasets()
    assert minimal(starts(data=data)) == Start.of(rows=[[1]], gaussian=(1, 0), residual=[1])
    explicit = minimal(starts(data=data, weights="explicit"))
    assert explicit == Start.of(rows=[[1]], weights=[[0]], signs=[1], residual=[1])
    off_kinks = minimal(starts(data=data, weights="explicit", ties="forbidden"))
    assert off_kinks == Start.of(rows=[[1]], weights=[["1/10"]], signs=[1], residual=[1])


def exceeds_the_printed_radius(start: Start) -> bool:
    """Lemma 3.3 of Du et al. as printed fails for a start that keeps its patterns for ever.

    Then H is constant, and neuron r moves by |m^(-1/2) sum_i 1_ri x_i (H^-1 e_0)_i| in the end.
    """
    x, w, a = start.x, start.w, start.a
    kernel, residual = H(x, w), start.y - predictions(x, w, a)
    bound = lambda_min(H_inf(x)).low
    if bound < 1e-3 or lambda_min(kernel).low < bound / 2:
        return False
    force = x * torch.linalg.solve(kernel, residual)[:, None] / start.m**0.5
    moves = (patterns(x, w).double() @ force).norm(dim=1)
    if bool((moves[:, None] >= 0.9 * (w @ x.T).abs()).any()):
        return False
    printed = (start.n / start.m) ** 0.5 * residual.norm() / bound
    return bool(moves.max() > 1.01 * printed)


@pytest.mark.parametrize("weights", ["any", "explicit"])
def test_the_misprinted_radius_shrinks_to_one_input_and_few_neurons(weights: Any) -> None:
    strategy = starts(data=unit_sphere_datasets(max_n=3, max_d=3), weights=weights, max_m=8)
    start = minimal(strategy, exceeds_the_printed_radius)
    assert (start.n, start.d) == (1, 1)
    assert start.m <= 4


def test_the_dying_unit_can_be_drawn() -> None:
    strategy = starts(
        data=unit_sphere_datasets(max_n=1, max_d=1, max_abs_label=10, labels="decimal"),
        max_m=1,
        labels="own",
        weights="explicit",
    )
    start = minimal(
        strategy,
        lambda s: bool(
            (s.w * s.x > 0).all() and (s.w * s.x <= 0.1).all() and s.a[0] > 0 and s.y[0] <= -10
        ),
        examples=20000,
    )
    assert start == Start.of(rows=[[1]], weights=[["1/10"]], signs=[1], labels=[-10])


@pytest.mark.parametrize("m", [2, 5])
def test_a_width_shrinks_before_the_weights(m: int) -> None:
    start = minimal(
        starts(data=unit_sphere_datasets(max_n=3), weights="explicit"), lambda s: s.m >= m
    )
    assert (start.n, start.d, start.m) == (1, 1, m)
    assert not start.w.any()
