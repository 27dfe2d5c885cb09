import math

import numpy as np
import pytest

from verdicts import Approx, Effort, Streams, decays, exactly, judge, secant_exponent

times = np.array([0.0, 1.0, 2.0, 4.0])


def test_decay_is_the_least_rate_over_positive_times() -> None:
    margin = decays(exactly([0.0, -3.0, -5.0, -12.0]), 2.0, over=times)
    assert margin.slack.low == pytest.approx(5 / 4 - 1)
    assert margin.supported
    assert margin.sides is not None
    assert margin.sides[0].low == pytest.approx(2.5)
    assert margin.sides[1].low == 2.0


def test_too_slow_a_decay_is_refuted_at_its_slowest_time() -> None:
    margin = decays(exactly([0.0, -3.0, -3.0, -12.0]), exactly(2.0), over=times, name="loss")
    assert margin.refuted
    assert margin.slack.high == pytest.approx(-0.25)
    assert margin.name == "loss"


def test_times_at_the_rounding_floor_are_not_compared() -> None:
    floor = Approx([0.0, -3.0, -np.inf, -np.inf], [0.0, -3.0, -3.0, -3.0])
    margin = decays(floor, 2.0, over=times)
    assert margin.slack.low == pytest.approx(0.5)
    assert margin.slack.high == pytest.approx(0.5)


def test_a_row_without_a_time_to_compare_is_open_unless_its_bounds_show_the_decay() -> None:
    unknown = Approx(np.full(4, -np.inf), np.array([0.0, -1.0, -1.0, -1.0]))
    assert not decays(unknown, 2.0, over=times).supported
    assert not decays(unknown, 2.0, over=times).refuted
    assert decays(unknown, 0.25, over=times).supported


def test_overflow_refutes_a_decay() -> None:
    margin = decays(Approx([0.0, 700.0], [0.0, np.inf]), 1.0, over=[0.0, 1.0])
    assert margin.refuted
    assert margin.slack.low == -math.inf


def test_rows_of_trajectories_and_of_rates_broadcast() -> None:
    ratios = exactly([[0.0, -1.0, -2.0, -4.0], [0.0, -2.0, -4.0, -8.0]])
    margin = decays(ratios, exactly([1.0, 4.0]), over=times)
    assert margin.slack.lower == pytest.approx([0.0, -0.5], abs=1e-12)
    one_run = decays(ratios[0], exactly([0.5, 2.0]), over=times)
    assert one_run.slack.lower == pytest.approx([1.0, -0.5])
    assert one_run.refuted.tolist() == [False, True]


def test_an_exponent_is_measured_over_the_grid_and_not_decided() -> None:
    statement = secant_exponent(lambda m: exactly(3 * m**2), over=[1, 2, 8])
    finding = judge(statement, Streams(0, "id", "{}"), Effort())
    assert finding.decision == "undecided"
    assert "measured" in finding.reason
    assert finding.measured is not None
    assert finding.measured["grid"] == [1.0, 2.0, 8.0]
    assert finding.measured["values"] == [[3.0, 3.0], [12.0, 12.0], [192.0, 192.0]]
    low, high = finding.measured["exponent"]
    assert low <= 2 <= high
    assert high - low < 1e-13
    assert len(finding.measured["exponents"]) == 2
    assert finding.rigor == "proved"


def test_a_wide_enclosure_gives_a_wide_exponent() -> None:
    statement = secant_exponent(lambda m: Approx(m, 2 * m), over=[1, 4])
    finding = judge(statement, Streams(0, "id", "{}"), Effort())
    assert finding.measured is not None
    assert finding.measured["exponent"] == pytest.approx([0.5, 1.5])
    assert finding.rigor == "estimated"


@pytest.mark.parametrize(
    ("constant", "exponent", "decision"),
    [
        (3.0, 2.1, "supported"),
        (3.0, 1.9, "refuted"),
        (2.9, 2.0, "refuted"),
        (4.0, 2.0, "supported"),
    ],
)
def test_a_bound_with_constant_and_exponent_is_decided_at_each_point(
    constant: float, exponent: float, decision: str
) -> None:
    statement = secant_exponent(
        lambda m: exactly(3 * m**2), over=[1, 2, 8], constant=constant, exponent=exponent
    )
    finding = judge(statement, Streams(0, "id", "{}"), Effort())
    assert finding.decision == decision
    assert finding.measured is not None
    if decision == "refuted":
        assert finding.tightest == ("at 8" if exponent == 1.9 else "at 1")
