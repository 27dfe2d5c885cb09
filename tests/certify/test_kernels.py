import math
from fractions import Fraction
from typing import Any

import pytest
from flint import ctx
from hypothesis import given
from hypothesis import strategies as st

from certify import lambda_min, limit_lambda_min
from models import Dataset, H_inf


def data(*rows: list[Any], normalised: bool = True) -> Dataset:
    return Dataset.of(rows=list(rows), labels=[0] * len(rows), normalised=normalised)


@pytest.mark.parametrize(
    ("rows", "value"),
    [
        ([[1]], Fraction(1, 2)),
        ([[1], [-1]], Fraction(1, 2)),
        ([[1, 0], [0, 1]], Fraction(1, 2)),
        # 60 degrees.
        ([[1, -1, 0], [1, 0, -1]], Fraction(1, 3)),
        ([[3, 4], [3, 4]], Fraction(0)),
        ([[1], [2]], Fraction(0)),
        # Three antipodal pairs of the plane.
        (
            [[1, -1, 0], [1, 0, -1], [0, 1, -1], [-1, 1, 0], [-1, 0, 1], [0, -1, 1]],
            Fraction(0),
        ),
    ],
)
def test_known_eigenvalues_are_proved(rows: list[list[int]], value: Fraction) -> None:
    found = limit_lambda_min(data(*rows).recipe)
    assert found.rigor == "proved"
    assert found.low <= value <= found.high
    assert found.width < 1e-14


def test_nearly_parallel_rows_keep_a_proved_positive_eigenvalue() -> None:
    # lambda_0 = t/(2 pi) up to t^2 for the angle t = 2e-20; the float matrix is singular.
    drawn = data([10**20, 1], [10**20, -1])
    assert lambda_min(H_inf(drawn.x)).low < 0
    found = limit_lambda_min(drawn.recipe)
    assert abs(found.low / (1e-20 / math.pi) - 1) < 1e-6
    assert abs(found.high / (1e-20 / math.pi) - 1) < 1e-6


def test_raw_rows_are_not_normalised() -> None:
    assert abs(limit_lambda_min(data([3, 4], normalised=False).recipe).low - 12.5) < 1e-13


rows = st.integers(1, 3).flatmap(
    lambda d: st.lists(
        st.lists(st.fractions(-9, 9, max_denominator=9), min_size=d, max_size=d).filter(any),
        min_size=1,
        max_size=5,
    )
)


@given(rows, st.booleans())
def test_the_estimated_enclosure_agrees(rows: list[list[Fraction]], normalised: bool) -> None:
    drawn = data(*rows, normalised=normalised)
    estimated, proved = lambda_min(H_inf(drawn.x)), limit_lambda_min(drawn.recipe)
    assert estimated.low <= proved.high
    assert proved.low <= estimated.high
    assert proved.width <= 1e-14 * max(1.0, float(drawn.x.square().sum()))


def test_the_working_precision_is_given_back() -> None:
    ctx.prec = 77
    limit_lambda_min(data([1]).recipe)
    assert ctx.prec == 77
    with pytest.raises(ValueError, match="explicit rows"):
        limit_lambda_min({"source": "iris", "indices": [0]})
    with pytest.raises(ValueError, match="zero"):
        limit_lambda_min({"rows": [["0"]]})
    ctx.prec = 53
