from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn import datasets as shipped

from models import Dataset
from strategies import SETS, real_datasets
from strategies.premises import no_duplicates, not_antiparallel, not_parallel
from strategies.real import _distinct
from strategies.sources import columns, real_line, size, table
from tests.strategies.drawing import draws


def rows_of(name: str, indices: list[int], scaling: str) -> Dataset:
    return Dataset.from_recipe(
        {"source": name, "indices": indices, "scaling": scaling, "labels": "own"}
    )


@pytest.mark.parametrize("name", SETS)
def test_rows_are_those_that_scikit_learn_ships(name: str) -> None:
    load = getattr(shipped, f"load_{name}")
    bunch = load(scaled=False) if name == "diabetes" else load()
    assert bunch.data.shape == (size(name), columns(name))
    data = rows_of(name, [0, 5, size(name) - 1], "raw")
    np.testing.assert_array_equal(data.x.numpy(), bunch.data[[0, 5, -1]])
    np.testing.assert_allclose(data.y.numpy(), bunch.target[[0, 5, -1]] / bunch.target.max())
    assert max(map(abs, table(name)[1])) == 1


@pytest.mark.parametrize("name", SETS)
def test_standardised_rows_are_on_the_sphere_and_constant_columns_are_zero(name: str) -> None:
    rows = np.array(table(name)[0])
    deviation = rows.std(axis=0)
    chosen = (rows[:3] - rows.mean(axis=0)) / np.where(deviation > 0, deviation, 1)
    chosen /= np.linalg.norm(chosen, axis=1)[:, None]
    x = rows_of(name, [0, 1, 2], "standardised").x
    np.testing.assert_allclose(x.numpy(), chosen, atol=1e-12)
    assert not x[:, torch.from_numpy(deviation == 0)].any()


@pytest.mark.parametrize("scaling", ["standardised", "raw-sphere", "raw"])
def test_the_duplicate_pair_of_iris_is_found_and_not_drawn_together(scaling: str) -> None:
    rows = np.array(table("iris")[0])
    distinct, counts = np.unique(rows, axis=0, return_counts=True)
    pair = [int(i) for i in np.flatnonzero((rows == distinct[counts > 1][0]).all(axis=1))]
    assert counts.max() == len(pair) == 2
    assert real_line("iris", pair[0], scaling) == real_line("iris", pair[1], scaling)
    both = rows_of("iris", pair, scaling)
    assert not not_parallel(both)
    assert not no_duplicates(both)
    assert not_antiparallel(both)
    assert _distinct("iris", pair, scaling) == [pair[0], pair[1] + 1]


@pytest.mark.parametrize("name", SETS)
def test_no_other_standardised_rows_are_parallel(name: str) -> None:
    lines = {real_line(name, i, "standardised") for i in range(min(size(name), 200))}
    assert len(lines) == min(size(name), 200) - (name == "iris")


def test_indices_beyond_the_end_wrap_around() -> None:
    assert _distinct("iris", [149, 150, 151, 0], "raw") == [149, 0, 1, 2]


def test_chosen_sets_sizes_and_labels_are_kept() -> None:
    drawn = draws(real_datasets(sets=("wine", "digits"), min_n=2, max_n=3, labels="own"), 40)
    assert {data.recipe["source"] for data in drawn} == {"wine", "digits"}
    assert {data.n for data in drawn} == {2, 3}
    assert all(data.recipe["labels"] == "own" for data in drawn)


def test_small_label_bounds_leave_out_the_own_labels() -> None:
    drawn = draws(real_datasets(max_abs_label=0.5), 40)
    assert all(data.recipe["labels"] != "own" for data in drawn)
    assert all(data.y.abs().max() <= 0.5 for data in drawn)
