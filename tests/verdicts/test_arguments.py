"""Every refused argument: one row each, with what the message must name."""

from collections.abc import Callable

import numpy as np
import pytest

from verdicts import (
    Approx,
    Effort,
    Ledger,
    Margin,
    Seeds,
    Streams,
    at_least,
    conclude,
    decays,
    every,
    exactly,
    exists,
    expectation_at_most,
    expectation_equal,
    implies,
    judge,
    largest,
    secant_exponent,
    smallest,
    supremum,
    with_probability,
)
from verdicts.coins import log_e_above, log_e_below, rate_bound
from verdicts.finding import clipped

one = exactly(1.0)
nan = float("nan")
inf = float("inf")


def event(seeds: Seeds) -> Margin:
    return at_least(exactly(np.ones(seeds.count)), one)


def sample(seeds: Seeds) -> Approx:
    return exactly(np.ones(seeds.count))


def judged(statement: object) -> object:
    return judge(statement, Streams(0, "id", "{}"), Effort())  # type: ignore[arg-type]


def empty() -> Margin:
    return at_least(exactly(np.zeros(0)), one)


ROWS: list[tuple[str, Callable[[], object], type[Exception], str]] = [
    ("Approx(nan, 1)", lambda: Approx(nan, 1.0), ValueError, "NaN"),
    ("Approx(2, 1)", lambda: Approx(2.0, 1.0), ValueError, "exceeds"),
    ("around(1, -1)", lambda: Approx.around(1.0, -1.0), ValueError, "error=-1.0"),
    ("exactly(nan)", lambda: exactly(nan), ValueError, "NaN"),
    ("low of array", lambda: exactly([1.0, 2.0]).low, ValueError, r"shape=\(2,\)"),
    ("high of array", lambda: exactly([1.0, 2.0]).high, ValueError, r"shape=\(2,\)"),
    ("1/[-1, 1]", lambda: one / Approx(-1.0, 1.0), ZeroDivisionError, "may be zero"),
    ("inf - inf", lambda: exactly(inf) - exactly(inf), ValueError, "inf - inf"),
    ("a**0", lambda: one**0, ValueError, "power=0"),
    ("a**0.5", lambda: one**0.5, ValueError, "power=0.5"),  # type: ignore[operator]
    ("sqrt(-1)", lambda: exactly(-1.0).sqrt(), ValueError, "negative"),
    ("log(0)", lambda: exactly(0.0).log(), ValueError, "not positive"),
    ("supremum", lambda: supremum(exactly(2.0), one), ValueError, "exceeds bound"),
    ("bare side", lambda: at_least(1.0, one), TypeError, "float"),  # type: ignore[arg-type]
    ("scale 0", lambda: at_least(one, one, scale=0.0), ValueError, "scale=0.0"),
    ("scale inf", lambda: at_least(one, one, scale=inf), ValueError, "scale=inf"),
    ("resolution", lambda: at_least(one, one, resolution=-1.0), ValueError, "resolution=-1.0"),
    ("resolution nan", lambda: at_least(one, one, resolution=nan), ValueError, "resolution=nan"),
    ("every()", every, ValueError, "every"),
    ("Seeds count", lambda: Seeds((0, 0), 0, 0), ValueError, "count=0"),
    ("Seeds first", lambda: Seeds((0, 0), -1, 1), ValueError, "first=-1"),
    ("times", lambda: decays(one, 1.0, over=[1.0]), ValueError, "shape"),
    ("times ndim", lambda: decays(one, 1.0, over=1.0), ValueError, "shape"),
    ("t = 0", lambda: decays(exactly([0.0]), 1.0, over=[0.0]), ValueError, "one of them > 0"),
    ("t < 0", lambda: decays(exactly([0.0, 1]), 1.0, over=[-1, 1]), ValueError, "times >= 0"),
    ("rate 0", lambda: decays(exactly([0.0]), 0.0, over=[1.0]), ValueError, "rate=0.0"),
    ("rate inf", lambda: decays(exactly([0.0]), inf, over=[1.0]), ValueError, "rate=inf"),
    ("p = 0", lambda: with_probability(0.0, event), ValueError, "probability=0.0"),
    ("p = 1", lambda: with_probability(1.0, event), ValueError, "probability=1.0"),
    (
        "floats",
        lambda: with_probability(0.9, event, floats_per_seed=0),
        ValueError,
        "with_probability: floats_per_seed=0",
    ),
    (
        "cost",
        lambda: with_probability(0.9, event, cost_per_seed=-1),
        ValueError,
        "with_probability: cost_per_seed=-1; give one >= 0",
    ),
    (
        "floats of a mean",
        lambda: expectation_equal(sample, one, floats_per_seed=0),
        ValueError,
        "expectation_equal: floats_per_seed=0",
    ),
    ("bare value", lambda: expectation_equal(sample, 1.0), TypeError, "float"),  # type: ignore[arg-type]
    ("array value", lambda: expectation_at_most(sample, exactly([1.0])), ValueError, "value="),
    ("inf value", lambda: expectation_at_most(sample, exactly(inf)), ValueError, "value="),
    (
        "variance",
        lambda: expectation_at_most(sample, one, variance_at_most=0.0),
        ValueError,
        "expectation_at_most: variance_at_most=0.0",
    ),
    ("unit", lambda: expectation_equal(sample, one, scale=0.0), ValueError, "scale=0.0"),
    (
        "mean resolution",
        lambda: expectation_equal(sample, one, resolution=inf),
        ValueError,
        "resolution=inf",
    ),
    (
        "exponent",
        lambda: secant_exponent(exactly, over=[1, 2], constant=1, exponent=nan),
        ValueError,
        "exponent=nan; give a finite number",
    ),
    ("every(3)", lambda: every(where=3), TypeError, "every: where=3; give a Margin"),  # type: ignore[arg-type]
    ("exists(True)", lambda: exists(True), TypeError, "witness=True; give a Margin"),  # type: ignore[arg-type]
    ("implies", lambda: implies(True, empty()), TypeError, "implies: premise=True; give a Margin"),  # type: ignore[arg-type]
    ("largest", lambda: largest(one, 2.0), TypeError, "largest: argument_2=2.0; give an Approx"),  # type: ignore[arg-type]
    ("smallest", lambda: smallest("a"), TypeError, "smallest: argument_1='a'; give an Approx"),  # type: ignore[arg-type]
    ("bare supremum", lambda: supremum(one, 2.0), TypeError, "supremum: bound=2.0; give an Approx"),  # type: ignore[arg-type]
    ("bare decay", lambda: decays(1.0, 1.0, over=[1.0]), TypeError, "decays: log_ratio=1.0; give"),  # type: ignore[arg-type]
    (
        "decay's resolution",
        lambda: decays(exactly([1.0]), 1.0, over=[1.0], resolution=nan),
        ValueError,
        "decays: resolution=nan; give a number >= 0",
    ),
    ("Seeds nan", lambda: Seeds((0, 0), 0, nan), ValueError, "count=nan"),  # type: ignore[arg-type]
    ("block nan", lambda: Seeds((0, 0), 0, 1).block(nan, 1), ValueError, "first=nan"),  # type: ignore[arg-type]
    ("one point", lambda: secant_exponent(exactly, over=[1.0]), ValueError, "two increasing"),
    ("falling", lambda: secant_exponent(exactly, over=[2, 1]), ValueError, "two increasing"),
    ("grid 0", lambda: secant_exponent(exactly, over=[0, 1]), ValueError, "points > 0"),
    ("grid inf", lambda: secant_exponent(exactly, over=[1, inf]), ValueError, "points > 0"),
    ("half", lambda: secant_exponent(exactly, over=[1, 2], constant=1), ValueError, "or neither"),
    (
        "constant",
        lambda: secant_exponent(exactly, over=[1, 2], constant=0, exponent=1),
        ValueError,
        "constant=0",
    ),
    (
        "f <= 0",
        lambda: judged(secant_exponent(lambda _: exactly(0.0), over=[1, 2])),
        ValueError,
        r"f\(1\)",
    ),
    ("Effort", lambda: Effort(confirm_blocks=0), ValueError, "confirm_blocks=0"),
    ("seeds", lambda: Effort(seeds=0), ValueError, "seeds=0; give a number >= 1"),
    ("clipped", lambda: clipped(nan), ValueError, "NaN"),
    ("failures", lambda: log_e_above(3, 2, 0.1), ValueError, "failures=3"),
    ("rate", lambda: log_e_below(1, 2, 1.0), ValueError, "rate=1.0"),
    ("negative failures", lambda: rate_bound(-1, 2, 1.0), ValueError, "failures=-1"),
    ("statement", lambda: judged(1.0), TypeError, "float is not a statement"),
    ("no rows", lambda: judged(empty()), ValueError, "no rows"),
    (
        "event's type",
        lambda: judged(with_probability(0.9, sample)),  # type: ignore[arg-type]
        TypeError,
        "event: returns Approx; return Margin",
    ),
    (
        "sample's type",
        lambda: judged(expectation_equal(event, one)),  # type: ignore[arg-type]
        TypeError,
        "sample: returns Margin; return Approx",
    ),
    (
        "rows of an event",
        lambda: judged(with_probability(0.9, lambda _: at_least(one, one))),
        ValueError,
        r"shape=\(\) for 64 seeds",
    ),
    (
        "rows of a sample",
        lambda: judged(expectation_equal(lambda _: exactly([1.0]), one)),
        ValueError,
        r"sample: returns shape=\(1,\) for 64 seeds",
    ),
    ("Ledger", lambda: Ledger(draws=1, met=2), ValueError, "met=2"),
    ("required", lambda: conclude([], Ledger(0, 0), required=0), ValueError, "required=0"),
]


@pytest.mark.parametrize(
    ("call", "error", "message"), [r[1:] for r in ROWS], ids=[r[0] for r in ROWS]
)
def test_a_bad_argument_is_refused_by_name(
    call: Callable[[], object], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        call()
