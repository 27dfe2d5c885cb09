from fractions import Fraction

import pytest
from flint import arb, ctx
from hypothesis import given
from hypothesis import strategies as st

from certify.exact.balls import (
    Hopeless,
    Undecided,
    UnreadableError,
    allowance,
    between,
    is_on,
    precision,
    spend,
)
from certify.exact.digits import is_number, number
from certify.exact.enclosures import NOTHING_KNOWN, certainly, enclosure, overlap
from certify.exact.values import (
    Value,
    ball,
    exponential,
    greatest,
    least,
    logarithm,
    magnitude,
    minus,
    over,
    plus,
    power,
    square_root,
    times,
)

ROOT_2 = arb(2).sqrt()
fractions = st.fractions(-(10**9), 10**9, max_denominator=10**9)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3", Fraction(3)),
        ("-2/3", Fraction(-2, 3)),
        ("0.25", Fraction(1, 4)),
        ("1e-3", Fraction(1, 1000)),
        ("1E+2", Fraction(100)),
        (".5", Fraction(1, 2)),
        (7, Fraction(7)),
        (0.1, Fraction(1, 10)),
        (Fraction(1, 3), Fraction(1, 3)),
    ],
)
def test_a_number_means_what_is_written(text: object, value: Fraction) -> None:
    assert number(text, "test") == value


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nan",
        "inf",
        "1/0",
        "1/00",
        "1/-2",
        "1e999999999",
        "1e401",
        "0x10",
        "1_000",
        " 1",
        "1\n",
        "\u0663",
        "1" * 501,
        True,
        None,
        [],
        float("nan"),
        float("inf"),
    ],
)
def test_what_is_no_number_is_refused_in_one_line(text: object) -> None:
    with pytest.raises(UnreadableError, match="is no number") as caught:
        number(text, "test")
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 150


def test_numbers_of_the_largest_size_are_read() -> None:
    assert is_number("1" * 500)
    assert is_number("-1e-400")
    assert number("1e400", "test") == 10**400


@given(fractions, fractions)
def test_arithmetic_of_fractions_is_exact(p: Fraction, q: Fraction) -> None:
    assert plus(p, q) == p + q
    assert minus(p, q) == p - q
    assert times(p, q) == p * q
    assert greatest(p, q) == max(p, q)
    assert least(p, q) == min(p, q)
    assert magnitude(p) == abs(p)
    assert power(p, Fraction(3)) == p**3
    assert square_root(p * p) == abs(p)


@given(fractions, fractions.filter(bool))
def test_balls_hold_what_fractions_are(p: Fraction, q: Fraction) -> None:
    mixed: list[tuple[Value, Fraction]] = [
        (plus(ball(p), q), p + q),
        (times(p, ball(q)), p * q),
        (over(ball(p), q), p / q),
        (minus(p, ball(q)), p - q),
        (magnitude(ball(p)), abs(p)),
        (least(ball(p), q), min(p, q)),
    ]
    for found, exact in mixed:
        assert ball(found).overlaps(ball(exact))


def test_a_long_fraction_becomes_a_ball() -> None:
    long = power(Fraction(1, 3), Fraction(10_000))
    assert isinstance(long, arb)
    assert certainly(long, "<=", Fraction(1, 10**400)) is True


@pytest.mark.parametrize(
    ("base", "exponent", "value"),
    [
        (Fraction(2), Fraction(-2), Fraction(1, 4)),
        (Fraction(4, 9), Fraction(1, 2), Fraction(2, 3)),
        (Fraction(4), Fraction(3, 2), Fraction(8)),
        (Fraction(0), Fraction(1, 3), Fraction(0)),
        (Fraction(0), Fraction(0), Fraction(1)),
        (Fraction(-2), Fraction(3), Fraction(-8)),
        (Fraction(5), Fraction(0), Fraction(1)),
    ],
)
def test_powers_are_exact_where_they_are_rational(
    base: Fraction, exponent: Fraction, value: Fraction
) -> None:
    assert power(base, exponent) == value


def test_roots_and_logarithms_of_balls() -> None:
    assert ball(power(Fraction(8), Fraction(1, 3))).overlaps(arb(2))
    assert ball(power(ROOT_2, Fraction(2))).overlaps(arb(2))
    assert ball(logarithm(exponential(ROOT_2))).overlaps(ROOT_2)
    assert exponential(Fraction(0)) == 1
    assert logarithm(Fraction(1)) == 0
    assert is_on(arb(0))
    assert not is_on(arb(-1))


NEAR_ZERO = arb(0, 1e-9)


@pytest.mark.parametrize(
    ("apply", "reason"),
    [
        (lambda: over(Fraction(1), Fraction(0)), "division by zero"),
        (lambda: square_root(Fraction(-1)), "negative"),
        (lambda: square_root(arb(-1)), "negative"),
        (lambda: logarithm(Fraction(0)), "not positive"),
        (lambda: power(Fraction(2), arb.pi()), "exponent"),
        (lambda: power(Fraction(2), Fraction(10**7)), "exponent"),
        (lambda: power(Fraction(-8), Fraction(1, 3)), "not positive"),
    ],
)
def test_what_has_no_value_is_hopeless(apply: object, reason: str) -> None:
    with pytest.raises(Hopeless, match=reason):
        apply()  # type: ignore[operator]


@pytest.mark.parametrize(
    "apply",
    [
        lambda: over(Fraction(1), NEAR_ZERO),
        lambda: square_root(NEAR_ZERO),
        lambda: logarithm(NEAR_ZERO),
        lambda: is_on(NEAR_ZERO),
    ],
)
def test_a_ball_around_zero_is_undecided_and_not_hopeless(apply: object) -> None:
    with pytest.raises(Undecided) as caught:
        apply()  # type: ignore[operator]
    assert not isinstance(caught.value, Hopeless)


@pytest.mark.parametrize(
    ("left", "relation", "right", "answer"),
    [
        (Fraction(1, 3), "<=", Fraction(1, 3), True),
        (Fraction(1, 3), "==", Fraction(1, 3), True),
        (Fraction(1, 3), ">=", Fraction(1, 2), False),
        (Fraction(1), "<=", arb(1), True),
        (arb(1), "==", Fraction(1), True),
        (ROOT_2, "<=", Fraction(3, 2), True),
        (ROOT_2, ">=", Fraction(3, 2), False),
        (ROOT_2, "==", Fraction(3, 2), False),
        (ROOT_2 * ROOT_2, "<=", Fraction(2), None),
        (ROOT_2 * ROOT_2, "==", Fraction(2), None),
        (arb.nan(), "<=", Fraction(2), None),
    ],
)
def test_comparisons_are_certain_or_undecided(
    left: Value, relation: str, right: Value, answer: bool | None
) -> None:
    assert certainly(left, relation, right) is answer


def test_an_unknown_relation_is_refused() -> None:
    with pytest.raises(UnreadableError, match="relation: '<'"):
        certainly(Fraction(1), "<", Fraction(2))


@given(st.fractions(-(10**40), 10**40, max_denominator=10**40), st.integers(-300, 300))
def test_decimal_texts_are_rounded_outward(value: Fraction, exponent: int) -> None:
    scaled = value * Fraction(10) ** exponent
    for one in (scaled, ball(scaled)):
        low, high = (number(text, "test") for text in enclosure(one))
        assert low <= scaled <= high
        assert high - low <= abs(scaled) / 10**15


@pytest.mark.parametrize(
    ("value", "texts"),
    [
        (Fraction(0), ("0", "0")),
        (Fraction(1), ("1", "1")),
        (Fraction(-5, 2), ("-2.5", "-2.5")),
        (Fraction(1, 3), ("0.33333333333333333", "0.33333333333333334")),
        (Fraction(10**20), ("1e20", "1e20")),
        (Fraction(1234, 10**9), ("1.234e-6", "1.234e-6")),
        (Fraction(1, 10**500), ("0", "1e-399")),
        (Fraction(-1, 10**500), ("-1e-399", "0")),
        (arb(2) ** arb(-5000), ("0", "1e-399")),
        (-(arb(2) ** arb(-5000)), ("-1e-399", "0")),
        (Fraction(1200), ("1200", "1200")),
    ],
)
def test_decimal_texts_are_short(value: Value, texts: tuple[str, str]) -> None:
    assert enclosure(value) == texts


@pytest.mark.parametrize("value", [Fraction(10**400), arb(2) ** arb(5000), arb.nan(), 1 / arb(0)])
def test_numbers_that_cannot_be_written_are_hopeless(value: Value) -> None:
    with pytest.raises(Hopeless, match="beyond"):
        enclosure(value)


def test_enclosures_overlap_where_they_share_a_number() -> None:
    assert overlap(("1", "2"), ("2", "3"))
    assert not overlap(("1", "2"), ("2.0001", "3"))
    assert NOTHING_KNOWN == ("-inf", "inf")


def test_a_union_of_one_exact_number_stays_exact() -> None:
    assert between(arb(1), arb(1)).is_exact()
    assert between(arb(1), arb(2)).contains(arb(1.5))


def test_the_working_precision_is_given_back() -> None:
    before = ctx.prec
    with precision(before + 1):
        assert ctx.prec == before + 1
    with pytest.raises(Undecided), precision(before + 1):
        is_on(NEAR_ZERO)
    assert ctx.prec == before


def test_work_and_time_are_limited_inside_an_allowance_only() -> None:
    spend(10**9)
    with allowance(100), allowance(10):
        spend(5)
        with pytest.raises(Hopeless, match="work of a check"):
            spend(10)
    with allowance(1e9, seconds=0.0), pytest.raises(Hopeless, match="time of a check"):
        spend(1)
    spend(10**9)
