"""Lists and tables of plain numbers."""

from fractions import Fraction

import pytest
from hypothesis import given

from strategies import Matrix, decimal_lists, integer_tables


@given(decimal_lists(min_size=2, max_size=4, min_value=-1, max_value=1))
def test_lists_stay_within_their_bounds(values: tuple[Fraction, ...]) -> None:
    assert 2 <= len(values) <= 4
    assert all(abs(value) <= 1 for value in values)


@given(integer_tables(max_rows=3, max_columns=2, max_entry=5))
def test_tables_are_rectangular(A: Matrix) -> None:
    assert 1 <= len(A) <= 3
    assert len({len(row) for row in A}) == 1
    assert all(abs(entry) <= 5 for row in A for entry in row)


def test_wrong_bounds_are_told() -> None:
    with pytest.raises(ValueError, match="min_size=3 > max_size=2"):
        decimal_lists(min_size=3, max_size=2)
    with pytest.raises(ValueError, match="max_entry=100; give at most 99"):
        integer_tables(max_entry=100)
    with pytest.raises(ValueError, match="max_rows=0"):
        integer_tables(max_rows=0)
