"""Pairs of Gaussian laws that Hypothesis may choose."""

import pytest
from hypothesis import given

from strategies import AffineNumbers, LawPair, law_pairs


@given(law_pairs(max_d=3))
def test_roots_are_triangular_with_positive_diagonals(pair: tuple[LawPair, AffineNumbers]) -> None:
    (m, root, m_p, root_p), (A, b) = pair
    assert len(m) == len(m_p) == len(b) == len(A) <= 3
    for table in (root, root_p):
        for i, row in enumerate(table):
            assert row[i] > 0
            assert not any(row[i + 1 :])


def test_wrong_bounds_are_told() -> None:
    with pytest.raises(ValueError, match="max_d=0"):
        law_pairs(max_d=0)
