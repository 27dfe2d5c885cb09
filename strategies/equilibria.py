"""Equilibrium problems z = sigma(W z + b), pairs of them, and monotone layers, as exact recipes."""

from __future__ import annotations

from collections.abc import Collection
from fractions import Fraction
from functools import cache
from typing import TypeAlias

import torch
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from models import EquilibriumProblem, MonotoneLayer, lipschitz, nonlinearity
from strategies.arguments import check_sizes, check_words
from strategies.gaussian import Matrix
from strategies.numbers import LARGEST, seeds, sizes
from strategies.premises import with_premises

Table: TypeAlias = list[list[Fraction]]
Pair: TypeAlias = tuple[EquilibriumProblem, EquilibriumProblem]

SHAPES = ("scalar", "permutation", "chain", "dense", "gaussian")
"""Kinds of W: rho I, rho times a signed permutation, a nilpotent chain, dense, Gaussian."""

CONTRACTIVE = "L ||W||_2 < 1"

_RHOS = tuple(map(Fraction, ("1/2", "9/10", "99/100", "999/1000")))
_DIGITS = 10**6  # of the factor by which a dense W is scaled to its norm
_MOST_EXPLICIT = 12  # neurons
_BOUNDS = tuple(map(Fraction, ("1", "2", "1/2")))
_MARGINS = tuple(map(Fraction, ("1/1000", "1/100", "1")))


def equilibrium_problems(
    *,
    min_m: int = 1,
    max_m: int = 8,
    max_n: int = 4,
    shapes: Collection[str] = SHAPES,
    activations: Collection[str] = ("relu",),
) -> SearchStrategy[EquilibriumProblem]:
    """Contractive equations: L ||W||_2 is 1/2, .9, .99 or .999, or just below.

    Shrinks to one neuron and one right-hand side 0. Premise: "L ||W||_2 < 1".

    Args:
        min_m: least number of neurons, >= 1.
        max_m: largest number; above 12 only "gaussian" ones have so many.
        max_n: largest number of right-hand sides.
        shapes: some of `SHAPES`.
        activations: names that `nonlinearity` knows.

    Raises:
        ValueError: bounds that contradict each other, or unknown words.
    """
    where = "equilibrium_problems"
    check_sizes(where, "m", min_m, max_m)
    check_sizes(where, "n", 1, max_n)
    kinds = check_words(where, "shapes", shapes, SHAPES)
    names = tuple(nonlinearity(name).name for name in activations)
    drawn = _problems(min_m, max_m, max_n, kinds, names)
    return with_premises(drawn, {CONTRACTIVE: contractive})


def free_equilibrium_problems(
    *, max_m: int = 4, max_n: int = 2
) -> SearchStrategy[EquilibriumProblem]:
    """Equations of ReLU with any W: of halves, or triangular with a diagonal below 1.

    They may have no solution, one, several, or infinitely many. No premises.

    Args:
        max_m: largest number of neurons, at most 12.
        max_n: largest number of right-hand sides.

    Raises:
        ValueError: a bound below 1.
    """
    check_sizes("free_equilibrium_problems", "m", 1, max_m)
    check_sizes("free_equilibrium_problems", "n", 1, max_n)
    return with_premises(_free(min(max_m, _MOST_EXPLICIT), max_n), {})


def equilibrium_pairs(
    *, max_m: int = 6, max_n: int = 3, activations: Collection[str] = ("relu",)
) -> SearchStrategy[Pair]:
    """Two contractive equations of one shape and activation, in half of the draws close ones.

    Args:
        max_m: largest number of neurons, at most 12.
        max_n: largest number of right-hand sides.
        activations: names that `nonlinearity` knows.

    Raises:
        ValueError: bounds that contradict each other.
    """
    check_sizes("equilibrium_pairs", "m", 1, max_m)
    check_sizes("equilibrium_pairs", "n", 1, max_n)
    names = tuple(nonlinearity(name).name for name in activations)
    return with_premises(_pairs(min(max_m, _MOST_EXPLICIT), max_n, names), {CONTRACTIVE: _both})


def monotone_layers(
    *, max_m: int = 4, max_inputs: int = 3, max_outputs: int = 3
) -> SearchStrategy[MonotoneLayer]:
    """Monotone layers, mostly with ||W||_2 > 1, some with G = U^T P, where g is tight.

    Args:
        max_m: largest number of neurons.
        max_inputs: largest number of columns of U.
        max_outputs: largest number of rows of G.

    Raises:
        ValueError: a bound below 1.
    """
    for letter, most in (("m", max_m), ("d", max_inputs), ("k", max_outputs)):
        check_sizes("monotone_layers", letter, 1, most)
    return with_premises(_layers(max_m, max_inputs, max_outputs), {})


def integer_matrices(
    *, max_rows: int = 4, max_columns: int = 4, max_entry: int = 5
) -> SearchStrategy[Matrix]:
    """Matrices of integers, by rows, without a column of zeros; shrinks to [[1]].

    Args:
        max_rows: rows are at most this, >= 1.
        max_columns: columns are at most this, >= 1.
        max_entry: entries are within +- this, 1 to 99.

    Raises:
        ValueError: a bound that is none of these.
    """
    where = "integer_matrices"
    check_sizes(where, "rows", 1, max_rows)
    check_sizes(where, "columns", 1, max_columns)
    check_sizes(where, "entry", 1, max_entry)
    if max_entry > LARGEST:
        raise ValueError(f"{where}: max_entry={max_entry}; give at most {LARGEST}")
    return with_premises(_whole(max_rows, max_columns, max_entry), {})


def contractive(problem: EquilibriumProblem) -> bool:
    """L ||W||_2 < 1 for certain."""
    return bool(lipschitz(problem.W, nonlinearity(problem.activation)) < 1)


def _both(pair: Pair) -> bool:
    return contractive(pair[0]) and contractive(pair[1])


@st.composite
def _problems(
    draw: DrawFn,
    min_m: int,
    max_m: int,
    max_n: int,
    shapes: tuple[str, ...],
    activations: tuple[str, ...],
) -> EquilibriumProblem:
    shape = draw(st.sampled_from(shapes))
    name = draw(st.sampled_from(activations))
    n = draw(st.integers(1, max_n))
    rho = draw(st.sampled_from(_RHOS)) / Fraction(nonlinearity(name).L)
    if shape == "gaussian" or min_m > _MOST_EXPLICIT:
        m, seed = draw(sizes(min_m, max_m)), draw(seeds()).number
        one = EquilibriumProblem.of(gaussian=(m, n, seed))
        scale = _scale(rho, one.W)
        return EquilibriumProblem.of(gaussian=(m, n, seed), scale=scale, activation=name)
    m = draw(st.integers(min_m, min(max_m, _MOST_EXPLICIT)))
    W = _matrix(draw, shape, m, rho)
    return EquilibriumProblem.of(W=W, b=_right_hand_sides(draw, n, m), activation=name)


@st.composite
def _free(draw: DrawFn, max_m: int, max_n: int) -> EquilibriumProblem:
    m, n = draw(st.integers(1, max_m)), draw(st.integers(1, max_n))
    W = [[z / 2 for z in row] for row in _entries(draw, m, m, 4)]
    if draw(st.booleans()):
        for r, row in enumerate(W):
            row[: r + 1] = [Fraction(0)] * r + [row[r] * Fraction(2, 5)]
    return EquilibriumProblem.of(W=W, b=_right_hand_sides(draw, n, m))


@st.composite
def _pairs(draw: DrawFn, max_m: int, max_n: int, activations: tuple[str, ...]) -> Pair:
    m, n = draw(st.integers(1, max_m)), draw(st.integers(1, max_n))
    name = draw(st.sampled_from(activations))
    L = Fraction(nonlinearity(name).L)
    shapes = st.sampled_from([shape for shape in SHAPES if shape != "gaussian"])
    tables = [_matrix(draw, draw(shapes), m, draw(st.sampled_from(_RHOS)) / L) for _ in range(2)]
    rows = [_right_hand_sides(draw, n, m) for _ in range(2)]
    if draw(st.booleans()):  # a convex combination keeps the norm below 1
        near = Fraction(1, 10 ** draw(st.integers(1, 4)))
        tables[1] = _between(tables[0], tables[1], near)
        rows[1] = _between(rows[0], rows[1], near)
    first, second = (
        EquilibriumProblem.of(W=W, b=b, activation=name) for W, b in zip(tables, rows, strict=True)
    )
    return first, second


@st.composite
def _whole(draw: DrawFn, max_rows: int, max_columns: int, most: int) -> Matrix:
    p, q = draw(st.integers(1, max_rows)), draw(st.integers(1, max_columns))
    columns = []
    for _ in range(q):
        column = draw(_integers(p, -most, most))
        columns.append(column if any(column) else (1, *column[1:]))
    return tuple(zip(*columns, strict=True))


@st.composite
def _layers(draw: DrawFn, max_m: int, max_inputs: int, max_outputs: int) -> MonotoneLayer:
    m = draw(st.integers(1, max_m))
    unit = Fraction(1, draw(st.sampled_from((1, 2))))
    weights = [unit * z for z in draw(_integers(m, 1, 9))]
    inputs = _entries(draw, m, draw(st.integers(1, max_inputs)), 3)
    if draw(st.booleans()):
        lifted = [[p * z for z in row] for p, row in zip(weights, inputs, strict=True)]
        G = [list(column) for column in zip(*lifted, strict=True)]
    else:
        G = _entries(draw, draw(st.integers(1, max_outputs)), m, 3)
    given: dict[str, Table] = {}
    if draw(st.booleans()):  # else g is nearly attained
        given["free"] = _entries(draw, draw(st.integers(1, 2)), m, 2)
        given["twist"] = _entries(draw, m, m, 3)
    margin, g = draw(st.sampled_from(_MARGINS)), draw(st.sampled_from(_BOUNDS))
    return MonotoneLayer.of(G=G, inputs=inputs, weights=weights, margin=margin, g=g, **given)


def _matrix(draw: DrawFn, shape: str, m: int, rho: Fraction) -> Table:
    """A matrix of norm rho, a little less for dense ones."""
    signs = draw(_integers(m, 0, 1))
    sign = [Fraction(1 - 2 * z) for z in signs]
    if shape == "dense":
        table = _entries(draw, m, m, 9)
        floats = torch.tensor([[float(z) for z in row] for row in table], dtype=torch.float64)
        scale = _scale(rho, floats)
        return [[scale * z for z in row] for row in table]
    places = list(range(m))
    if shape == "permutation":
        places = draw(st.permutations(places))
    shift = 1 if shape == "chain" else 0
    return [
        [rho * sign[r] if c == places[r] + shift else Fraction(0) for c in range(m)]
        for r in range(m)
    ]


def _scale(rho: Fraction, W: torch.Tensor) -> Fraction:
    """The largest decimal of six places by which ||W||_2 stays at most rho; 1 for W = 0."""
    norm = float(torch.linalg.matrix_norm(W, ord=2)) * (1 + 1e-12)
    return Fraction(int(rho / Fraction(norm) * _DIGITS), _DIGITS) if norm else Fraction(1)


def _right_hand_sides(draw: DrawFn, n: int, m: int) -> Table:
    unit = draw(st.sampled_from((Fraction(1), Fraction(1, 10))))
    return [[unit * z for z in row] for row in _entries(draw, n, m, 9)]


def _entries(draw: DrawFn, rows: int, columns: int, most: int) -> Table:
    drawn = draw(_integers(rows * columns, -most, most))
    return [[Fraction(z) for z in drawn[i * columns : (i + 1) * columns]] for i in range(rows)]


def _between(first: Table, second: Table, share: Fraction) -> Table:
    return [
        [p + share * (q - p) for p, q in zip(one, other, strict=True)]
        for one, other in zip(first, second, strict=True)
    ]


@cache
def _integers(count: int, least: int, most: int) -> SearchStrategy[tuple[int, ...]]:
    return st.tuples(*[st.integers(least, most)] * count)
