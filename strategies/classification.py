"""Smooth classifiers at two places, the start and where they have come to: exact recipes."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from models import LeakyNet
from strategies.arguments import check_sizes
from strategies.leaky_parts import LARGE, decimal_rows, integer_rows
from strategies.real import real_datasets

_SMOOTH = ("tanh", "erf", "sigmoid", "softplus")


def classifiers(
    *, max_n: int = 6, max_m: int = 12, max_d: int = 3, antisymmetric: bool = False
) -> SearchStrategy[LeakyNet]:
    """Smooth networks with one hidden layer, signs +-1, labels +-1 and the logistic loss.

    The reference holds the start W_0. Labels are those of a linear separator, or any. Inputs are
    integers or real data, with |x_i| <= 1 after division by the longest.

    Args:
        max_n: samples at most.
        max_m: neurons at most; half of them where antisymmetric.
        max_d: input dimension at most.
        antisymmetric: neurons come in pairs of equal start and opposite sign, and W = W_0, so that
            the outputs are 0.

    Raises:
        ValueError: a size < 1.
    """
    for name, most in (("n", max_n), ("m", max_m), ("d", max_d)):
        check_sizes("classifiers", name, 1, most)
    return _classifiers(max_n, max_m, max_d, antisymmetric)


@st.composite
def _classifiers(
    draw: DrawFn,
    max_n: int,
    max_m: int,
    max_d: int,
    antisymmetric: bool,  # noqa: FBT001
) -> LeakyNet:
    rows = draw(_inputs(max_n, max_d))
    n, d, m = len(rows), len(rows[0]), draw(st.integers(1, max_m))
    separator = draw(integer_rows(d, LARGE))
    labels = [1 if _dot(separator, row) >= 0 else -1 for row in rows]
    if draw(st.booleans()):
        labels = draw(st.lists(st.sampled_from((1, -1)), min_size=n, max_size=n))
    start = draw(decimal_rows(m, d, 10))
    if antisymmetric:
        start, signs = [*start, *start], [1] * m + [-1] * m
        moved = start
    else:
        signs = draw(st.lists(st.sampled_from((1, -1)), min_size=m, max_size=m))
        moves = draw(decimal_rows(m, d, 10))
        pairs = zip(start, moves, strict=True)
        moved = [tuple(a + b for a, b in zip(p, q, strict=True)) for p, q in pairs]
    return LeakyNet.of(
        rows=rows,
        labels=labels,
        weights=moved,
        signs=signs,
        reference=start,
        loss="logistic",
        sigma=draw(st.sampled_from(_SMOOTH)),
    )


@st.composite
def _inputs(draw: DrawFn, max_n: int, max_d: int) -> list[tuple[Fraction, ...]]:
    if draw(st.integers(0, 3)) == 3:
        x = draw(real_datasets(sets=("iris", "wine"), max_n=min(max_n, 6))).x[:, :max_d]
        rows = [tuple(Fraction(int(100 * z), 100) for z in row) for row in x.tolist()]
    else:
        n, d = draw(st.integers(1, max_n)), draw(st.integers(1, max_d))
        rows = [tuple(map(Fraction, draw(integer_rows(d, LARGE)))) for _ in range(n)]
    # An integer above the longest row, so that lengths are at most 1.
    longest = max([1, *(sum(map(abs, row)) for row in rows)])
    return [tuple(z / longest for z in row) for row in rows]


def _dot(p: tuple[int, ...], q: tuple[Fraction, ...]) -> Fraction:
    return sum((a * b for a, b in zip(p, q, strict=True)), start=Fraction(0))
