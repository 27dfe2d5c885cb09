"""Lists and tables of plain numbers, for statements about nothing else."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from strategies.arguments import Real, check_sizes
from strategies.gaussian import Matrix
from strategies.numbers import LARGEST, exact_decimals


def decimal_lists(
    *, min_size: int = 1, max_size: int = 6, min_value: Real = -2, max_value: Real = 2
) -> SearchStrategy[tuple[Fraction, ...]]:
    """Lists of decimals, the shortest first.

    Args:
        min_size: entries at least, >= 1.
        max_size: entries at most.
        min_value: the least entry.
        max_value: the largest entry.

    Raises:
        ValueError: min_size > max_size, min_value > max_value, or no decimal between them.
    """
    check_sizes("decimal_lists", "size", min_size, max_size)
    entry = exact_decimals(min_value=min_value, max_value=max_value)
    return st.integers(min_size, max_size).flatmap(lambda size: st.tuples(*[entry] * size))


def integer_tables(
    *, max_rows: int = 4, max_columns: int = 4, max_entry: int = 9
) -> SearchStrategy[Matrix]:
    """Matrices of integers by rows, the smallest first.

    Args:
        max_rows: at least 1.
        max_columns: at least 1.
        max_entry: entries are within +- this, 1 to 99.

    Raises:
        ValueError: a bound that is none of these.
    """
    for name, most in (("rows", max_rows), ("columns", max_columns), ("entry", max_entry)):
        check_sizes("integer_tables", name, 1, most)
    if max_entry > LARGEST:
        raise ValueError(f"integer_tables: max_entry={max_entry}; give at most {LARGEST}")
    entry = st.integers(-max_entry, max_entry)
    return st.tuples(st.integers(1, max_rows), st.integers(1, max_columns)).flatmap(
        lambda shape: st.tuples(*[st.tuples(*[entry] * shape[1])] * shape[0])
    )


def factor_tables(
    *, max_delta: Real, max_rows: int = 3, max_columns: int = 3
) -> SearchStrategy[tuple[tuple[Fraction, ...], ...]]:
    """Tables of factors in [1 - max_delta, 1 + max_delta], shrinking to a single 1.

    Args:
        max_delta: >= 0.
        max_rows: at least 1.
        max_columns: at least 1.

    Raises:
        ValueError: a bound that is none of these.
    """
    for name, most in (("rows", max_rows), ("columns", max_columns)):
        check_sizes("factor_tables", name, 1, most)
    off = exact_decimals(min_value=-max_delta, max_value=max_delta)
    factor = off.map(lambda z: 1 + z)
    row = st.integers(1, max_columns).flatmap(lambda count: st.tuples(*[factor] * count))
    return st.integers(1, max_rows).flatmap(lambda count: st.tuples(*[row] * count))


def square_tables(
    *, min_size: int = 1, max_size: int = 4, max_entry: int = 3
) -> SearchStrategy[Matrix]:
    """Square matrices of integers by rows, the smallest first.

    Args:
        min_size: rows at least, >= 1.
        max_size: rows at most.
        max_entry: entries are within +- this, 1 to 99.

    Raises:
        ValueError: a bound that is none of these.
    """
    check_sizes("square_tables", "size", min_size, max_size)
    check_sizes("square_tables", "entry", 1, max_entry)
    entry = st.integers(-max_entry, max_entry)
    return st.integers(min_size, max_size).flatmap(
        lambda size: st.tuples(*[st.tuples(*[entry] * size)] * size)
    )
