"""Deep linear networks at critical points that are not minima, or are: exact by construction.

With inputs X that are invertible and Y = U diag(s) V^T for rational rotations U and V, the matrix
S = Y X^T (X X^T)^(-1) X Y^T = U diag(s^2) U^T has the eigenvectors u_i, and W X = sum over i in I
of s_i u_i v_i^T is the output at a critical point, for any set I of at most p of them.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, TypeAlias

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from models import LinearNet
from models.recipes.rational import Row, dot, solution
from strategies.arguments import check_choice, check_sizes

Middle: TypeAlias = Literal["full", "any"]
Table: TypeAlias = "list[Row]"

_TURNS = tuple(
    (Fraction(c, r), Fraction(s, r)) for c, s, r in ((1, 0, 1), (3, 4, 5), (0, 1, 1), (-5, 12, 13))
)
_SCALES = tuple(Fraction(z) for z in ("1", "2", "1/2", "-1"))


@dataclass(frozen=True, slots=True)
class _Data:
    inputs: Table  # X, d rows of n = d
    U: Table
    V: Table
    s: list[Fraction]  # decreasing


def linear_critical_points(
    *,
    min_depth: int = 2,
    max_depth: int = 4,
    max_d: int = 3,
    max_p: int = 3,
    middle: Middle = "any",
) -> SearchStrategy[LinearNet]:
    """Deep linear networks at critical points: any depth, widths and part of the spectrum.

    The inputs span their space, Y X^T has full rank, and S has distinct eigenvalues, as Theorem
    2.3 of Kawaguchi 2016 asks. Shrinks to scalars at the origin.

    Args:
        min_depth: least number of weight matrices, >= 2.
        max_depth: largest number.
        max_d: largest dimension of the inputs; labels have at most as many, and at most 3.
        max_p: largest of the smallest hidden widths; some layers are wider by one.
        middle: "full": rank(W_H ... W_2) = p; "any": unused units may be cut off in the middle.

    Raises:
        ValueError: bounds that contradict each other, or no such word.
    """
    check_sizes("linear_critical_points", "depth", min_depth, max_depth, floor=2)
    check_sizes("linear_critical_points", "d", 1, max_d)
    check_sizes("linear_critical_points", "p", 1, max_p)
    check_choice("linear_critical_points", "middle", middle, ("full", "any"))
    return _points(min_depth, max_depth, max_d, max_p, middle)


@st.composite
def _points(
    draw: DrawFn, min_depth: int, max_depth: int, max_d: int, max_p: int, middle: Middle
) -> LinearNet:
    depth, p = draw(st.integers(min_depth, max_depth)), draw(st.integers(1, max_p))
    data = _draw_data(draw, max_d)
    d, k = len(data.V), len(data.U)
    size = draw(st.integers(0, min(p, k)))
    used = draw(st.permutations(range(k)))[:size]
    widths = [p + draw(st.integers(0, 1)) for _ in range(depth - 1)]
    widths[draw(st.integers(0, depth - 2))] = p
    scale = st.sampled_from(_SCALES)
    free = Fraction(1) if middle == "full" else draw(st.sampled_from((Fraction(1), Fraction(0))))
    first = [[Fraction(0)] * d for _ in range(widths[0])]
    last = [[Fraction(0)] * widths[-1] for _ in range(k)]
    inner = [[draw(scale) for _ in range(p)] for _ in range(depth - 2)]
    inner = [[c if q < size else c * free for q, c in enumerate(row)] for row in inner]
    for q, i in enumerate(used):
        into, a = _solved(data, i), draw(scale)
        first[q] = [a * z for z in into]
        for row in inner:
            a *= row[q]
        for j in range(k):
            last[j][q] = data.s[i] / a * data.U[j][i]
    sizes = itertools.pairwise(widths)
    middle_layers = [_diagonal(c, *pair) for c, pair in zip(inner, sizes, strict=True)]
    return LinearNet.of(
        rows=list(zip(*data.inputs, strict=True)),
        labels=_labels(data),
        layers=[first, *middle_layers, last],
    )


def _labels(data: _Data) -> Table:
    """Y^T: a row for each sample."""
    left, s, right = data.U, data.s, data.V
    return [
        [dot([z * r for z, r in zip(s, right[c], strict=False)], row) for row in left]
        for c in range(len(right))
    ]


def _draw_data(draw: DrawFn, max_d: int) -> _Data:
    d = draw(st.integers(1, max_d))
    k = draw(st.integers(1, min(d, 3)))
    inputs = [[Fraction(_entry(draw, i - j)) for j in range(d)] for i in range(d)]
    s = sorted(draw(st.lists(st.integers(1, 6), min_size=k, max_size=k, unique=True)), reverse=True)
    return _Data(inputs, _rotation(draw, k), _rotation(draw, d), [Fraction(z) for z in s])


def _entry(draw: DrawFn, below: int) -> int:
    """An entry of a lower triangular matrix, 1 or 2 on its diagonal."""
    if below < 0:
        return 0
    return draw(st.integers(-1, 1)) if below else draw(st.integers(1, 2))


def _rotation(draw: DrawFn, size: int) -> Table:
    """A product of plane rotations by rational angles."""
    table = [[Fraction(i == j) for j in range(size)] for i in range(size)]
    for j in range(size):
        for i in range(j):
            c, s = draw(st.sampled_from(_TURNS))
            first, second = table[i], table[j]
            table[i] = [c * a - s * b for a, b in zip(first, second, strict=True)]
            table[j] = [s * a + c * b for a, b in zip(first, second, strict=True)]
    return table


def _solved(data: _Data, i: int) -> Row:
    """v_i^T X^(-1)."""
    d = len(data.inputs)
    found = solution(
        list(zip(*data.inputs, strict=True)), [data.V[c][i] for c in range(d)], [Fraction(0)] * d
    )
    return found or []


def _diagonal(entries: Row, columns: int, rows: int) -> Table:
    return [
        [entries[q] if r == q and q < len(entries) else Fraction(0) for q in range(columns)]
        for r in range(rows)
    ]
