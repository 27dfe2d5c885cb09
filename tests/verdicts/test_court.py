import math

import numpy as np
import pytest

from verdicts import (
    Approx,
    Effort,
    Finding,
    Margin,
    Streams,
    at_least,
    at_most,
    every,
    exactly,
    implies,
    judge,
)
from verdicts.finding import clipped, evidence_text, rounded_down, rounded_up

zero = exactly(0.0)


def judged(margin: Margin) -> Finding:
    return judge(margin, Streams(0, "id", "{}"), Effort())


def test_any_row_that_certainly_fails_refutes() -> None:
    finding = judged(at_least(Approx([1.0, -2.0, -1.0], [1.0, -2.0, 1.0]), zero, name="gap"))
    assert finding.decision == "refuted"
    assert finding.reason == "1 of 3 rows certainly fail: -2 >= 0"
    assert (finding.margin, finding.steer) == (-2.0, -2.0)
    assert (finding.failures, finding.undecided_rows, finding.seeds) == (1, 1, 0)
    assert finding.tightest == "gap"


def test_all_rows_must_hold_to_support() -> None:
    finding = judged(at_least(exactly([1.0, 0.25]), zero))
    assert finding.decision == "supported"
    assert finding.summary == finding.reason == "margin >= 0.25"
    assert finding.rigor == "proved"


def test_an_open_row_leaves_the_statement_open() -> None:
    finding = judged(at_least(Approx([1.0, -0.5], [1.0, 0.5]), zero))
    assert finding.decision == "undecided"
    assert finding.reason == "the enclosure of 1 of 2 rows contains 0"
    assert (finding.margin, finding.steer) == (-0.5, 0.5)


def test_a_scalar_is_one_row() -> None:
    finding = judged(at_most(exactly(1.0), Approx(2.0, 3.0)))
    assert finding.decision == "supported"
    assert finding.sides == "1 <= [2, 3]"
    assert finding.margin == pytest.approx(1.0)
    assert finding.summary == "margin >= 1"


def test_an_infinite_margin_is_reported_and_steers_finitely() -> None:
    finding = judged(at_least(Approx(1e308, math.inf), zero, scale=1e-5))
    assert finding.decision == "supported"
    assert finding.steer == 1e6
    refuted = judged(at_least(Approx(-math.inf, -1e308), zero, scale=1e-5))
    assert refuted.steer == -1e6
    assert refuted.margin < -1e307


def test_an_equality_short_within_its_resolution_is_supported_below_zero() -> None:
    finding = judged(at_least(Approx(-1e-12, 1e-12), zero))
    assert finding.decision == "supported"
    assert finding.summary == "margin >= -1e-12"


def test_a_resolution_that_is_coarser_than_usual_is_printed() -> None:
    coarse = at_least(Approx(-1e-7, 1e-7), zero, resolution=1e-6)
    finding = judged(every(usual=at_least(exactly(2.0), zero), coarse=coarse))
    assert finding.decision == "supported"
    assert finding.reason == "margin >= -1e-07, to a resolution of 1e-06"
    assert judged(at_least(exactly(0.5), zero, resolution=1e-12)).reason == "margin >= 0.5"


def test_the_tightest_inequality_is_named_with_its_sides() -> None:
    margin = every(
        first=at_least(exactly([3.0, 5.0]), exactly(1.0)),
        second=at_least(exactly([4.0, 1.5]), exactly(1.0)),
    )
    finding = judged(margin)
    assert (finding.tightest, finding.sides) == ("second", "1.5 >= 1")


def test_sides_that_are_not_known_are_given_as_slack() -> None:
    assert judged(Margin(exactly(0.5))).sides == "slack 0.5"


def test_a_premise_that_no_row_meets_is_vacuous() -> None:
    unmet = implies(at_least(exactly([-1.0]), zero), at_least(exactly([-1.0]), zero))
    finding = judged(unmet)
    assert finding.decision == "undecided"
    assert finding.vacuous
    assert finding.reason == "the premise is met in no row"
    met = implies(at_least(exactly([1.0, -1.0]), zero), at_least(exactly([1.0, -1.0]), zero))
    assert judged(met).decision == "supported"
    assert judged(met).premise_rows == 1


def test_a_refutation_counts_although_another_premise_is_never_met() -> None:
    unmet = implies(at_least(exactly([-1.0]), zero), at_least(exactly([-1.0]), zero))
    finding = judged(every(a=unmet, b=at_least(exactly([-1.0]), zero)))
    assert finding.decision == "refuted"
    assert not finding.vacuous


@pytest.mark.parametrize(
    ("number", "up", "down"),
    [
        (0.11301, "0.114", "0.113"),
        (0.5, "0.5", "0.5"),
        (-0.25111, "-0.251", "-0.252"),
        (1234.5, "1.24e+03", "1.23e+03"),
        (0.0, "0", "0"),
        (math.inf, "inf", "inf"),
        (-math.inf, "-inf", "-inf"),
    ],
)
def test_numbers_are_rounded_to_the_safe_side(number: float, up: str, down: str) -> None:
    assert rounded_up(number) == up
    assert rounded_down(number) == down


def test_rounding_never_crosses() -> None:
    for number in np.random.default_rng(0).normal(size=500) * 10.0 ** np.arange(-250, 250):
        assert float(rounded_down(number)) <= number + 1e-11 * abs(number)
        assert float(rounded_up(number)) >= number - 1e-11 * abs(number)


def test_evidence_is_told_in_powers_of_ten() -> None:
    assert evidence_text(math.log(1e9)) == "10^9.0"


def test_clipping_keeps_numbers_within_the_limits_of_a_search() -> None:
    assert [clipped(x) for x in (-math.inf, -2.0, 3.0, 1e9)] == [-1e6, -2.0, 3.0, 1e6]
