"""Expectations over masks, against simulation and the tensors of torch."""

from fractions import Fraction
from math import prod

import pytest
import torch

from models import (
    Tree,
    chain_output,
    masked_rows,
    matrix_difference,
    matrix_product,
    mean_over_masks,
    squared_norm,
    weighted_masks,
)


@pytest.mark.parametrize("count", [0, 1, 3, 6])
def test_the_chances_of_all_masks_add_up_to_one(count: int) -> None:
    chances = [chance for _, chance in weighted_masks(count, Fraction(1, 3))]
    assert len(chances) == 2**count
    assert sum(chances) == 1


def test_a_mean_is_that_of_a_simulation() -> None:
    weights, keep = [Fraction(1, 2), Fraction(-3, 2), Fraction(2)], Fraction(3, 10)
    exact = mean_over_masks(3, keep, lambda mask: (1 - chain_output(weights, 2, mask)) ** 2)
    masks = torch.rand(400_000, 3, generator=torch.Generator().manual_seed(0)) < 0.3
    outputs = 2 * float(prod(weights)) * masks.all(dim=1).double()
    simulated = (1 - outputs).square()
    error = float(simulated.std()) / len(masks) ** 0.5
    assert abs(float(simulated.mean()) - float(exact)) < 5 * error


def test_paths_and_leaves_of_a_tree() -> None:
    tree = Tree(((0, 2), (1, 3), (1, 5), (0, 7)))
    assert tree.leaves == [2, 3, 4]
    assert [tree.path(leaf) for leaf in tree.leaves] == [[0, 1], [0, 2], [3]]
    assert [tree.output(leaf, 1, (1, 1, 0, 1)) for leaf in tree.leaves] == [6, 0, 7]


def test_a_parent_comes_before_its_child() -> None:
    with pytest.raises(ValueError, match=r"edge 1 has parent=2; give one in 0\.\.1"):
        Tree(((0, 1), (2, 1)))


def test_products_differences_and_norms_are_those_of_torch() -> None:
    A, other = [[1, -2], [3, 4], [0, 5]], [[2, 1, 0, -1], [1, 3, -2, 4]]
    first, second = torch.tensor(A), torch.tensor(other)
    assert matrix_product(A, other) == (first @ second).tolist()
    assert matrix_difference(A, A[::-1]) == (first - first.flip(0)).tolist()
    assert squared_norm(other) == int(second.square().sum())
    assert masked_rows(other, (0, 1)) == (second * torch.tensor([[0], [1]])).tolist()
