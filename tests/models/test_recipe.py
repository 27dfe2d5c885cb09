import math
from decimal import Decimal
from fractions import Fraction

import pytest
from flint import arb, ctx
from hypothesis import given
from hypothesis import strategies as st

from models.recipes.recipe import Number, canonical, exact, unit_row


@pytest.mark.parametrize(
    ("written", "value"),
    [
        (3, Fraction(3)),
        ("-2/3", Fraction(-2, 3)),
        (" 4/6 ", Fraction(2, 3)),
        ("0.125", Fraction(1, 8)),
        ("1e-3", Fraction(1, 1000)),
        (".5", Fraction(1, 2)),
        (0.1, Fraction(1, 10)),
        (Decimal("2.50"), Fraction(5, 2)),
        (Fraction(7, 3), Fraction(7, 3)),
    ],
)
def test_numbers_are_what_is_written(written: Number, value: Fraction) -> None:
    assert exact(written, "here") == value


@pytest.mark.parametrize(
    "written",
    [
        True,
        None,
        math.nan,
        math.inf,
        "nan",
        "inf",
        "",
        "1_000",
        "1/0",
        "1/-2",
        "0x10",
        "1e999999999",
        "9" * 501,
        "__import__('os')",
        Decimal("NaN"),
        1j,
        [1],
    ],
)
def test_what_is_no_exact_number_is_refused(written: Number) -> None:
    with pytest.raises(ValueError, match=r"^here: "):
        exact(written, "here")


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_float_comes_back_to_the_last_bit(value: float) -> None:
    assert float(exact(value, "here")) == value


@given(st.lists(st.fractions(max_denominator=99), min_size=1, max_size=6).filter(any))
def test_unit_rows_are_the_nearest_floats(row: list[Fraction]) -> None:
    ctx.prec = 300
    norm = sum(((arb(z.numerator) / z.denominator) ** 2 for z in row), arb(0)).sqrt()
    expected = [float((arb(z.numerator) / z.denominator / norm).mid()) for z in row]
    assert unit_row(row, "here") == expected


def test_unit_rows_stand_extreme_scales() -> None:
    row = [Fraction(1, 10**200), Fraction(10**200)]
    assert unit_row(row, "here") == [float(Fraction(1, 10**400)), 1.0]
    assert unit_row([z / 10**300 for z in (Fraction(3), Fraction(-4))], "here") == [0.6, -0.8]


def test_canonical_json_has_one_form() -> None:
    assert canonical({"b": [1, 2], "a": "x"}) == canonical({"a": "x", "b": [1, 2]})
    assert canonical({"b": [1], "a": "x"}) == '{"a":"x","b":[1]}'
