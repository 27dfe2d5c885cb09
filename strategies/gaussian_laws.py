"""Pairs of Gaussian laws and an affine field, with exact numbers."""

from __future__ import annotations

from fractions import Fraction
from typing import TypeAlias

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from strategies.arguments import check_sizes
from strategies.numbers import exact_decimals

Column: TypeAlias = tuple[Fraction, ...]
LawPair: TypeAlias = tuple[Column, tuple[Column, ...], Column, tuple[Column, ...]]
AffineNumbers: TypeAlias = tuple[tuple[Column, ...], Column]


def law_pairs(*, max_d: int = 3) -> SearchStrategy[tuple[LawPair, AffineNumbers]]:
    """((m, L, m_p, L_p), (A, b)): laws N(m, L L^T) and N(m_p, L_p L_p^T), and f(x) = A x + b.

    L and L_p are lower triangular with diagonals in [1/10, 3]. Shrinks to one dimension.

    Args:
        max_d: dimensions at most, >= 1.

    Raises:
        ValueError: max_d < 1.
    """
    check_sizes("law_pairs", "d", 1, max_d)
    return _pairs(max_d)


@st.composite
def _pairs(draw: DrawFn, max_d: int) -> tuple[LawPair, AffineNumbers]:
    d = draw(st.integers(1, max_d))
    entry = exact_decimals(min_value=-2, max_value=2)
    size = exact_decimals(min_value=0.1, max_value=3)
    column = st.tuples(*[entry] * d)
    zeros = [st.just(Fraction(0))] * d
    root = st.tuples(*(st.tuples(*[entry] * i, size, *zeros[i + 1 :]) for i in range(d)))
    laws = draw(st.tuples(column, root, column, root))
    return laws, draw(st.tuples(st.tuples(*[column] * d), column))
