"""Linear algebra over the rationals, against numpy."""

from fractions import Fraction

import numpy as np
import pytest

from models.recipes.rational import dot, least_squares, rank, reduced, solution

ROWS = [[Fraction(z) for z in row] for row in ((2, 4, 1), (1, 2, 0), (3, 6, 1))]


def test_the_echelon_form_and_the_rank() -> None:
    echelon, pivots = reduced(ROWS)
    assert [list(map(float, row)) for row in echelon] == [[1, 2, 0], [0, 0, 1]]
    assert pivots == [0, 2]
    assert rank(ROWS) == np.linalg.matrix_rank(np.array(ROWS, dtype=float)) == 2


def test_a_solution_keeps_what_is_free() -> None:
    found = solution(ROWS, [Fraction(3), Fraction(1), Fraction(4)], [Fraction(7)] * 3)
    assert found is not None
    assert list(map(float, found)) == [-13, 7, 1]
    assert solution(ROWS, [Fraction(3), Fraction(1), Fraction(5)], [Fraction(0)] * 3) is None


def test_least_squares_is_that_of_numpy() -> None:
    columns = [[Fraction(z) for z in c] for c in ((1, 2, 3, 1), (2, 4, 6, 2), (0, 1, -1, 5))]
    y = [Fraction(z) for z in (1, 0, 2, -1)]
    found = least_squares(columns, y)
    assert found[1] == 0
    table = np.array(columns, dtype=float).T
    exact, *_ = np.linalg.lstsq(table[:, [0, 2]], np.array(y, dtype=float), rcond=None)
    assert [float(found[0]), float(found[2])] == pytest.approx(exact.tolist(), rel=1e-13)
    assert dot(y, y) == 6
