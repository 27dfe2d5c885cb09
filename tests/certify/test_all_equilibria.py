"""All equilibria of small equations, exactly: against a second enumeration, minors and numpy."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Iterable
from fractions import Fraction
from random import Random

import numpy as np
import pytest
import torch
from torch import Tensor

from certify import (
    all_equilibria,
    exact_equilibrium,
    least_principal_minor,
)
from certify.exact.equilibrium import Equation
from certify.exact.equilibrium_solutions import Solutions

Rows = list[list[Fraction]]
F = Fraction

GOLDEN = [
    ([[2]], [1], 0),
    ([[1]], [0], math.inf),
    ([[1]], [1], 0),
    ([[1]], [-1], 1),
    ([[2]], [-1], 2),
    ([[2, -1], [0, 0]], [0, 1], 2),
    ([["3/2", "-3/2"], ["3/2", "-3/2"]], [-1, -4], 3),
    ([[0, 5], [0, 0]], [1, 1], 1),
    ([[0, 5], [0, 0]], [-3, -2], 1),
    ([[2, 0], [0, 2]], [-1, -1], 4),
    ([[1, 0], [0, 1]], [0, 0], math.inf),
    ([[0, 1], [1, 0]], [1, -1], math.inf),
    ([[1, -1], [1, 1]], [0, 0], math.inf),
    ([[1, -1], [1, 1]], [-1, -1], 1),
]


def floats(rows: Rows) -> Tensor:
    return torch.tensor([[float(z) for z in row] for row in rows], dtype=torch.float64)


def dot(p: Iterable[Fraction], q: Iterable[Fraction]) -> Fraction:
    return sum((x * y for x, y in zip(p, q, strict=True)), F(0))


def is_solution(W: Rows, b: list[Fraction], z: tuple[Fraction, ...], slope: Fraction) -> bool:
    u = [dot(row, z) + c for row, c in zip(W, b, strict=True)]
    return all(x == max(t, slope * t) for x, t in zip(z, u, strict=True))


@pytest.mark.parametrize(("W", "b", "count"), GOLDEN)
def test_the_landscape_of_small_equations(
    W: list[list[int | str]], b: list[int], count: float
) -> None:
    found = all_equilibria(W, b)
    assert found.count == count
    exact = [[F(z) for z in row] for row in W]
    offsets = [F(z) for z in b]
    ends = found.segment or found.points
    assert all(is_solution(exact, offsets, z, F(0)) for z in ends)
    if found.segment:
        first, last = found.segment
        assert first != last
        for t in (F(1, 3), F(7, 8)):
            middle = tuple(p + t * (q - p) for p, q in zip(first, last, strict=True))
            assert is_solution(exact, offsets, middle, F(0))


def whole(random: Random, m: int, most: int) -> list[int]:
    return [random.randint(-most, most) for _ in range(m)]


@pytest.mark.parametrize("slope", [F(0), F(1, 4), F(1)])
def test_two_enumerations_agree_also_where_matrices_are_singular(slope: Fraction) -> None:
    random, kinds = Random(3), Counter[float]()  # noqa: S311
    for _ in range(400):
        m = random.randint(1, 3)
        W = [[F(z, random.choice((1, 2))) for z in whole(random, m, 2)] for _ in range(m)]
        b = [F(z) for z in whole(random, m, 2)]
        found = all_equilibria(W, b, slope=slope)
        kinds[found.count] += 1
        ends = found.segment or found.points
        assert all(is_solution(W, b, z, slope) for z in ends)
        recipe = {"W": [list(map(str, row)) for row in W], "b": [list(map(str, b))]}
        try:
            peer = Solutions(Equation({**recipe, "slope": str(slope)}), 0)
        except Exception:  # noqa: S112  it follows lines only, or has spent its budget
            continue
        assert (found.segment is not None) == peer.infinite
        if not peer.infinite:
            assert sorted(found.points) == sorted(peer.points)
    assert kinds[1.0] > 50
    assert slope == 1 or len(kinds) >= 3


def test_unique_for_every_right_side_means_positive_minors() -> None:
    random, seen = Random(5), Counter[bool]()  # noqa: S311
    for _ in range(60):
        m = random.randint(1, 3)
        W = [[F(z, 2) for z in whole(random, m, 3)] for _ in range(m)]
        gap = [[(r == c) - z for c, z in enumerate(row)] for r, row in enumerate(W)]
        positive = least_principal_minor(gap) > 0
        seen[positive] += 1
        sides = itertools.product((-2, -1, 0, 1, 3), repeat=m)
        counts = {all_equilibria(W, [F(z) for z in b]).count for b in sides}
        # The right sides that are tried suffice to see that there is not always one: W of halves.
        assert positive == (counts == {1.0}) or (not positive and counts == {1.0} and m == 3)
    assert min(seen[True], seen[False]) > 8


def test_minors_are_those_of_numpy() -> None:
    random = Random(6)  # noqa: S311
    for m in (1, 3, 5):
        A = [[F(z) for z in whole(random, m, 4)] for _ in range(m)]
        table = np.array([[float(z) for z in row] for row in A])
        kept = [c for size in range(1, m + 1) for c in itertools.combinations(range(m), size)]
        least = min(np.linalg.det(table[np.ix_(c, c)]) for c in kept)
        assert float(least_principal_minor(A)) == pytest.approx(least, abs=1e-9)


def test_the_exact_solution_of_a_pattern() -> None:
    assert exact_equilibrium([["1/2"]], [1], [True]) == (F(2),)
    assert exact_equilibrium([["1/2"]], [1], [False]) is None
    assert exact_equilibrium([["1/2"]], [-1], [False]) == (F(0),)
    assert exact_equilibrium([["1/2"]], [-1], [False], slope="1/4") == (F(-2, 7),)
    assert exact_equilibrium([[1]], [0], [True]) is None  # a ray


@pytest.mark.parametrize(
    ("W", "b", "slope", "said"),
    [
        ([[1, 0]], [1], 0, "m x m"),
        ([[1]], [1, 2], 0, "m x m"),
        ([[0] * 13] * 13, [0] * 13, 0, "m <= 12"),
        ([[1]], [1], 2, "slope"),
    ],
)
def test_wrong_equations_are_refused(
    W: list[list[int]], b: list[int], slope: int, said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        all_equilibria(W, b, slope=slope)
    with pytest.raises(ValueError, match="square"):
        least_principal_minor([[1, 2]])
    with pytest.raises(ValueError, match="signs"):
        exact_equilibrium([[0]], [1], [True, False])


def test_many_neurons_are_counted() -> None:
    m = 10
    twice = [[2 * int(r == c) if r < 2 else 0 for c in range(m)] for r in range(m)]
    assert all_equilibria(twice, [-1] * m).count == 4
    identity = [[int(r == c) for c in range(12)] for r in range(12)]
    assert all_equilibria(identity, [0] * 12).count == math.inf
    assert all_equilibria(identity, [0] * 11 + [1]).count == 0
