"""What lemmas on Gaussian means and on products speak of: covariances, chains of matrices."""

from __future__ import annotations

from itertools import pairwise
from typing import TypeAlias

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from strategies.arguments import Real, check_sizes, exact_positive
from strategies.numbers import LARGEST, small_decimals

Covariance: TypeAlias = tuple[float, float, float]  # deviations a and b, correlation rho
Matrix: TypeAlias = tuple[tuple[int, ...], ...]  # by rows


def covariances(
    *, min_deviation: Real = 0.1, max_deviation: Real = 3
) -> SearchStrategy[Covariance]:
    """Laws of two centred Gaussian variables as (a, b, rho), decimals; rho = +-1 may occur.

    Args:
        min_deviation: a and b are at least this, > 0.
        max_deviation: a and b are at most this.

    Raises:
        ValueError: min_deviation <= 0, min_deviation > max_deviation, or no such decimal exists.
    """
    exact_positive("covariances", "min_deviation", min_deviation)
    deviation = small_decimals(min_value=min_deviation, max_value=max_deviation)
    return st.tuples(deviation, deviation, small_decimals(min_value=-1, max_value=1))


def matrix_chains(
    *, max_factors: int = 6, max_size: int = 4, max_entry: int = LARGEST
) -> SearchStrategy[tuple[tuple[Matrix, Matrix], ...]]:
    """Pairs (A_1, B_1), ..., (A_k, B_k) of integer matrices such that both products exist.

    In half of the draws B_i differs from A_i by entries within +-1, so that chains are as close as
    1 part in 99. Shrinks to fewer factors, then to numbers, then to zeros.

    Args:
        max_factors: k is at most this, >= 1.
        max_size: rows and columns are at most this, >= 1.
        max_entry: entries are within +- this, 1 to 99.

    Raises:
        ValueError: a bound that is none of these.
    """
    where = "matrix_chains"
    check_sizes(where, "factors", 1, max_factors)
    check_sizes(where, "size", 1, max_size)
    check_sizes(where, "entry", 1, max_entry)
    if max_entry > LARGEST:
        raise ValueError(f"{where}: max_entry={max_entry}; give at most {LARGEST}")
    return _chains(max_factors, max_size, max_entry)


@st.composite
def _chains(
    draw: DrawFn, max_factors: int, max_size: int, max_entry: int
) -> tuple[tuple[Matrix, Matrix], ...]:
    factors = draw(st.integers(1, max_factors))
    shape = draw(st.tuples(*[st.integers(1, max_size)] * (factors + 1)))
    near = draw(st.booleans())
    pairs = []
    for rows, columns in pairwise(shape):
        first = draw(_matrix(rows, columns, max_entry))
        second = draw(_matrix(rows, columns, 1 if near else max_entry))
        pairs.append((first, _nudged(first, second, max_entry) if near else second))
    return tuple(pairs)


def _matrix(rows: int, columns: int, most: int) -> SearchStrategy[Matrix]:
    row = st.tuples(*[st.integers(-most, most)] * columns)
    return st.tuples(*[row] * rows)


def _nudged(A: Matrix, step: Matrix, most: int) -> Matrix:
    """A + step, entries held within +-most."""
    return tuple(
        tuple(max(-most, min(most, a + s)) for a, s in zip(p, q, strict=True))
        for p, q in zip(A, step, strict=True)
    )
