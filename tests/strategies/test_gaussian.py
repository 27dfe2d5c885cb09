"""Covariances of two variables, and pairs of chains of matrices."""

from itertools import pairwise

import pytest

from strategies import covariances, matrix_chains
from tests.strategies.drawing import draws, minimal


def test_covariances_are_decimals_within_their_bounds() -> None:
    drawn = draws(covariances(min_deviation=0.5, max_deviation=2), 200)
    assert all(0.5 <= a <= 2 and 0.5 <= b <= 2 and -1 <= rho <= 1 for a, b, rho in drawn)
    assert any(abs(rho) == 1 for _, _, rho in drawn)
    assert any(rho == 0 for _, _, rho in drawn)
    assert all(float(f"{value:.6g}") == value for law in drawn for value in law)


def test_chains_fit_together_and_are_near_in_part() -> None:
    drawn = draws(matrix_chains(max_factors=4, max_size=3, max_entry=9), 200)
    assert {len(chain) for chain in drawn} == {1, 2, 3, 4}
    near = 0
    for chain in drawn:
        for (a, b), (c, _) in pairwise(chain):
            assert len(a[0]) == len(b[0]) == len(c)
        entries = [
            (p, q)
            for a, b in chain
            for row, other in zip(a, b, strict=True)
            for p, q in zip(row, other, strict=True)
        ]
        assert all(max(abs(p), abs(q)) <= 9 for p, q in entries)
        near += all(abs(p - q) <= 1 for p, q in entries)
    assert 50 <= near <= 190


def test_chains_shrink_to_one_number() -> None:
    assert minimal(matrix_chains()) == ((((0,),), ((0,),)),)
    # Two factors that differ: the least of them.
    smallest = minimal(
        matrix_chains(), lambda chain: len(chain) == 2 and chain[0][0] != chain[0][1]
    )
    assert [len(a) * len(a[0]) for a, _ in smallest] == [1, 1]


@pytest.mark.parametrize("bound", ["max_factors", "max_size", "max_entry"])
def test_a_bound_below_one_is_refused(bound: str) -> None:
    with pytest.raises(ValueError, match=r"matrix_chains: max_\w+=0; give an integer >= 1"):
        matrix_chains(**{bound: 0})


def test_bounds_that_nothing_meets_are_refused() -> None:
    with pytest.raises(ValueError, match="matrix_chains: max_entry=100; give at most 99"):
        matrix_chains(max_entry=100)
    with pytest.raises(ValueError, match="covariances: min_deviation=0; give a number > 0"):
        covariances(min_deviation=0)
    with pytest.raises(ValueError, match=r"min_value=3\.0 > max_value=2\.0"):
        covariances(min_deviation=3, max_deviation=2)
