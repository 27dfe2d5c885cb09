"""Directions of data and ranks of tensor powers, against explicit tensors."""

from itertools import product
from math import prod

import numpy as np
import pytest

from models import Dataset, distinct_directions, tensor_power_rank


def data_of(*rows: tuple[int, ...]) -> Dataset:
    return Dataset.of(rows=rows, labels=[0] * len(rows))


def explicit_rank(data: Dataset, power: int) -> int:
    """The rank of the tensors themselves, in floats."""
    rows = [[float(z) for z in row] for row in data.recipe["rows"]]
    tensors = [
        [prod(row[k] for k in index) for index in product(range(len(row)), repeat=power)]
        for row in rows
    ]
    return int(np.linalg.matrix_rank(np.array(tensors)))


@pytest.mark.parametrize("power", [0, 1, 2, 3, 4])
@pytest.mark.parametrize("seed", range(6))
def test_the_rank_is_that_of_the_tensors(seed: int, power: int) -> None:
    generator = np.random.default_rng(seed)
    rows = generator.integers(-2, 3, size=(5, 1 + seed % 3))
    rows[~rows.any(axis=1), 0] = 1
    data = Dataset.of(rows=rows.tolist(), labels=[0] * 5)
    assert tensor_power_rank(data, power) == explicit_rank(data, power)


def test_powers_of_lines_of_the_plane_are_a_vandermonde_matrix() -> None:
    # (1, t)^(k) spans what 1, t, ..., t^k span at the points t: rank min(n, k + 1).
    data = data_of(*[(1, t) for t in range(6)])
    assert [tensor_power_rank(data, k) for k in range(7)] == [1, 2, 3, 4, 5, 6, 6]


def test_near_parallel_vectors_are_told_apart() -> None:
    # At an angle of 1e-9 floats see one direction.
    data = data_of((10**9, 0), (10**9, 1))
    assert distinct_directions(data) == 2
    assert tensor_power_rank(data, 1) == 2
    assert tensor_power_rank(data, 8) == 2


def test_opposite_vectors_have_one_line_and_two_rays() -> None:
    data = data_of((1, 2), (-1, -2), (2, 4), (0, 1))
    assert distinct_directions(data) == 3
    assert distinct_directions(data, opposite_alike=True) == 2
    assert tensor_power_rank(data, 5) == 2
    assert tensor_power_rank(data, 6) == 2


@pytest.mark.parametrize("power", [-1, True, 1.0])
def test_a_power_that_is_none_is_refused(power: int) -> None:
    with pytest.raises(ValueError, match=r"tensor_power_rank: power=.*; give an integer"):
        tensor_power_rank(data_of((1, 0)), power)
