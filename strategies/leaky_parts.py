"""The parts that leaky networks are drawn from: inputs, weights, kinks, rational unit vectors."""

from __future__ import annotations

from fractions import Fraction
from math import isqrt
from typing import TypeAlias

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from models.recipes.rational import dot
from strategies.real import real_datasets

Row: TypeAlias = "tuple[Fraction, ...]"

SMALL, LARGE = 3, 9  # of integers
ZERO, ONE = Fraction(0), Fraction(1)
GAMMAS = tuple(Fraction(k, 10) for k in (5, 1, 9, 3, 7, 2))


def drawn_inputs(draw: DrawFn, max_n: int, max_d: int) -> list[Row]:
    """Inputs of several kinds: small integers, multiples of one of them, rows of real data."""
    kind = draw(st.sampled_from(("integers", "parallel", "real")))
    if kind == "real":
        x = draw(real_datasets(sets=("iris", "diabetes", "wine"), max_n=min(max_n, 4))).x[:, :max_d]
        return [tuple(Fraction(int(100 * z), 100) for z in row) for row in x.tolist()]
    n, d = draw(st.integers(1, max_n)), draw(st.integers(1, max_d))
    scale = Fraction(10) ** draw(st.sampled_from((0, -1, 1)))
    rows = [[scale * c for c in draw(integer_rows(d, SMALL))] for _ in range(n)]
    if kind == "parallel":
        turns = draw(integer_rows(n, 1))
        rows = [[c * z for z in rows[0]] for c in turns]
    return [tuple(row) for row in rows]


def drawn_weights(draw: DrawFn, signs: list[int], v: Row) -> list[Row]:
    """Weights: zero, decimals, tiny, multiples of v, or all on the ray of the rows s_j v."""
    m, d = len(signs), len(v)
    kind = draw(st.sampled_from(("zero", "decimals", "tiny", "along v", "on the ray")))
    if kind == "zero":
        return [(ZERO,) * d] * m
    if kind == "on the ray":
        c = draw(st.integers(-LARGE, LARGE))
        return [tuple(c * sign * z for z in v) for sign in signs]
    if kind == "along v":
        return [tuple(c * z for z in v) for c in draw(integer_rows(m, LARGE))]
    scale = Fraction(1, 10 ** draw(st.integers(4, 9))) if kind == "tiny" else ONE
    return [tuple(scale * z for z in row) for row in draw(decimal_rows(m, d, 10))]


def drawn_kinks(draw: DrawFn, m: int, n: int, gamma: Fraction) -> list[list[Fraction]]:
    """Selections of sigma'(0), a row for each neuron: both ends of [gamma, 1] and its middle."""
    chosen = draw(integer_rows(m * n, 1))
    values = {-1: (1 + gamma) / 2, 0: ONE, 1: gamma}
    return [[values[c] for c in chosen[j * n : (j + 1) * n]] for j in range(m)]


def integer_rows(count: int, limit: int) -> SearchStrategy[tuple[int, ...]]:
    """So many integers within +-limit."""
    return st.tuples(*[st.integers(-limit, limit)] * count)


def decimal_rows(m: int, d: int, denominator: int) -> SearchStrategy[list[Row]]:
    """Rows of digits over 1, over the denominator, or over 100."""
    flat = st.tuples(st.sampled_from((1, denominator, 100)), integer_rows(m * d, LARGE))
    return flat.map(
        lambda drawn: [
            tuple(Fraction(c, drawn[0]) for c in drawn[1][j * d : (j + 1) * d]) for j in range(m)
        ]
    )


def into_ball(row: Row, parts: int) -> Row:
    """The row divided so that its norm is at most 1, and not much less for one part."""
    squared = dot(row, row)
    if squared <= 1 and parts == 1:
        return row
    # The least multiple of 1/100 above the norm.
    norm = Fraction(isqrt(int(10**4 * squared)) + 1, 100)
    return tuple(z / (norm * parts) for z in row)


def rational_unit(slopes: tuple[int, ...]) -> Row:
    """A rational unit vector, by stereographic projection; the first axis for zeros."""
    squared = sum(c * c for c in slopes)
    head = Fraction(1 - squared, 1 + squared)
    return (head, *(Fraction(2 * c, 1 + squared) for c in slopes))


def leaky_value(z: Fraction, gamma: Fraction) -> Fraction:
    """max(z, gamma z)."""
    return max(z, gamma * z)
