from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certify import lambda_max, lambda_min
from certify.exact.balls import UnreadableError
from models import (
    Dataset,
    H_inf,
    gram,
    hyperplanes_shared,
    limit_kernel_nullity,
    parallel_pairs,
)
from tests.certify.exact.documents import ends, holds_number, quantity, value

Rows = list[list[Any]]
ROOT = 0.5**0.5
ANTIPODAL = [[1, -1, 0], [1, 0, -1], [0, 1, -1], [-1, 1, 0], [-1, 0, 1], [0, -1, 1]]


def found(rows: Rows, name: str, *, normalised: bool = True, bits: int = 128) -> Any:
    recipe = {"rows": rows, "normalised": normalised}
    return value("inputs", recipe, quantity(name), bits=bits)


@pytest.mark.parametrize(
    ("rows", "lambda_0"),
    [
        ([[7]], Fraction(1, 2)),
        ([[1], [-1]], Fraction(1, 2)),
        ([[1, 0], [0, 3]], Fraction(1, 2)),
        # 60 degrees, and 120.
        ([[1, -1, 0], [1, 0, -1]], Fraction(1, 3)),
        ([[1, -1, 0], [0, 1, -1]], Fraction(5, 12)),
        ([[3, 4], [3, 4]], Fraction(0)),
        ([[1], [2]], Fraction(0)),
        ([[1, 0], [0, 1], [5, 0]], Fraction(0)),
        (ANTIPODAL, Fraction(0)),
    ],
)
def test_lambda_0_is_exact_where_it_is_rational(rows: Rows, lambda_0: Fraction) -> None:
    assert found(rows, "lambda_min_H_inf") == lambda_0


@pytest.mark.parametrize(
    ("rows", "lambda_0"),
    [
        # Three points on the half circle, 60 degrees apart: (11 - sqrt 33)/24.
        ([[1, -1, 0], [1, 0, -1], [0, 1, -1]][::-1], (11 - 33**0.5) / 24),
        # Four points, 45 degrees apart, by halves of a persymmetric matrix: .0929.
        ([[1, 0], [1, 1], [0, 1], [-1, 1]], (1 - 0.25 * ROOT) / 2 - (0.203125 * ROOT**2) ** 0.5),
        # 45 degrees: 1/2 - (3/8) sqrt(1/2).
        ([[1, 0], [1, 1]], 0.5 - 0.375 * 0.5**0.5),
    ],
)
def test_lambda_0_of_points_on_the_half_circle(rows: Rows, lambda_0: float) -> None:
    assert holds_number(found(rows, "lambda_min_H_inf"), lambda_0)


def test_nearly_parallel_rows_need_more_bits_and_get_them() -> None:
    # lambda_0 = t/(2 pi) up to t^2 for the angle t = 2e-30.
    rows = [[10**30, 1], [10**30, -1]]
    low, high = ends(found(rows, "lambda_min_H_inf", bits=64))
    assert low <= 0 < high
    low, high = ends(found(rows, "lambda_min_H_inf", bits=256))
    assert 3.18e-31 < low <= high < 3.19e-31


def test_rows_that_are_not_normalised_keep_their_lengths() -> None:
    assert found([[3, 4]], "lambda_min_H_inf", normalised=False) == Fraction(25, 2)
    assert found([["1/2"], ["1/3"]], "lambda_max_G", normalised=False) == Fraction(13, 36)
    assert found([[3, 4], [4, -3]], "lambda_min_G", normalised=False) == 25


@pytest.mark.parametrize(
    ("rows", "pairs", "hyperplanes", "rank", "rank_G"),
    [
        ([[1]], 0, 1, 1, 1),
        ([[1], [2]], 1, 0, 1, 1),
        ([[1], [-1]], 1, 0, 2, 1),
        ([[1], [-1], [3]], 3, 0, 2, 1),
        ([[1, 0], [0, 1], [1, 1]], 0, 3, 3, 2),
        ([[1, 0], [0, 1], [-2, 0]], 1, 1, 3, 2),
        (ANTIPODAL, 3, 0, 5, 2),
    ],
)
def test_what_integers_decide(
    rows: Rows, pairs: int, hyperplanes: int, rank: int, rank_G: int
) -> None:
    assert found(rows, "parallel_pairs") == pairs
    assert found(rows, "hyperplanes") == hyperplanes
    assert found(rows, "rank_H_inf") == rank
    assert found(rows, "rank_G") == rank_G
    assert found(rows, "n") == len(rows)
    assert found(rows, "d") == len(rows[0])


drawn_rows = st.integers(1, 3).flatmap(
    lambda d: st.lists(
        st.lists(st.fractions(-3, 3, max_denominator=3), min_size=d, max_size=d).filter(any),
        min_size=1,
        max_size=6,
    )
)


@settings(max_examples=50)
@given(drawn_rows, st.booleans())
def test_the_house_agrees(rows: list[list[Fraction]], normalised: bool) -> None:
    data = Dataset.of(rows=rows, labels=[0] * len(rows), normalised=normalised)

    def exact(name: str) -> Any:
        return value("inputs", data.recipe, quantity(name), bits=128)

    assert exact("rank_H_inf") == data.n - limit_kernel_nullity(data)
    assert exact("rank_G") == data.n - limit_kernel_nullity(data, indicator=False)
    assert exact("parallel_pairs") == parallel_pairs(data)
    assert exact("hyperplanes") == data.n - hyperplanes_shared(data)
    for name, house in (
        ("lambda_min_H_inf", lambda_min(H_inf(data.x))),
        ("lambda_min_G", lambda_min(gram(data.x))),
        ("lambda_max_G", lambda_max(gram(data.x))),
    ):
        low, high = ends(exact(name))
        assert house.low <= high
        assert low <= house.high
        assert high - low <= 1e-15 * max(1, high)


@pytest.mark.parametrize(
    ("recipe", "message"),
    [
        ({}, "no 'rows'"),
        ("text", "no 'rows'"),
        (None, "no 'rows'"),
        ({"rows": []}, "1 to 64 rows"),
        ({"rows": 3}, "1 to 64 rows"),
        ({"rows": [1]}, "entries"),
        ({"rows": [[]]}, "entries"),
        ({"rows": [[1, 2], [3]]}, "1 entries; give 2"),
        ({"rows": [[0, 0]]}, "zero"),
        ({"rows": [["x"]]}, "no number"),
        ({"rows": [[1]], "normalised": 1}, "neither true nor false"),
        ({"rows": [[1]] * 65}, "1 to 64 rows"),
        ({"rows": [[1] * 201]}, "1 to 200 entries"),
        ({"rows": [["1/" + "7" * 400, "1/" + "3" * 401]]}, "common denominator"),
        ({"source": "iris", "indices": [0]}, "no 'rows'"),
    ],
)
def test_recipes_without_meaning_are_refused_in_one_line(recipe: Any, message: str) -> None:
    with pytest.raises(UnreadableError, match=message) as caught:
        value("inputs", recipe, quantity("n"))
    assert "\n" not in str(caught.value)


def test_unknown_quantities_are_refused() -> None:
    with pytest.raises(UnreadableError, match="no quantity 'm'"):
        found([[1]], "m")
    with pytest.raises(UnreadableError, match="arguments"):
        value("inputs", {"rows": [[1]]}, quantity("n", R="1"))
    with pytest.raises(UnreadableError, match="numbers: there is no quantity"):
        value("numbers", {}, quantity("n"))
