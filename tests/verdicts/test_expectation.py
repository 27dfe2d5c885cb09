import math
from collections.abc import Callable

import numpy as np
import pytest
from scipy.stats import norm

from tests.verdicts.coins import uniforms
from verdicts import (
    Approx,
    Effort,
    Expectation,
    Finding,
    Seeds,
    Streams,
    exactly,
    expectation_at_most,
    expectation_equal,
    judge,
)
from verdicts.finding import evidence_text
from verdicts.means import CatoniCapital, mean_at_least

Sample = Callable[[Seeds], Approx]


def normals(mean: float, sigma: float = 1.0) -> Sample:
    return lambda seeds: exactly(mean + sigma * norm.ppf(uniforms(seeds)))


def exponentials(mean: float) -> Sample:
    return lambda seeds: exactly(-mean * np.log(uniforms(seeds)))


def judged(statement: Expectation, **effort: int) -> Finding:
    return judge(statement, Streams(0, "tests.mean", "{}"), Effort(**effort))


@pytest.mark.parametrize(
    ("mean", "equal", "at_most"),
    [
        (0.0, "refuted", "supported"),
        (1.0, "supported", "supported"),
        (2.0, "refuted", "refuted"),
        (1.15, "undecided", "undecided"),
    ],
)
def test_means_are_decided_to_the_resolution(mean: float, equal: str, at_most: str) -> None:
    for make, decision in ((expectation_equal, equal), (expectation_at_most, at_most)):
        statement = make(normals(mean), exactly(1.0), variance_at_most=1.0, resolution=0.25)
        blocks = 3 if decision == "undecided" else 64
        assert judged(statement, mean_blocks=blocks).decision == decision


def test_a_supported_mean_certifies_an_interval() -> None:
    statement = expectation_equal(
        normals(3.0, 2.0), exactly(3.0), variance_at_most=4.0, scale=3.0, resolution=0.2
    )
    finding = judged(statement)
    assert finding.decision == "supported"
    assert finding.measured is not None
    low, high = finding.measured["low"], finding.measured["high"]
    assert 3 - 0.6 <= low <= 3 <= high <= 3 + 0.6
    assert finding.margin == pytest.approx(-max(high - 3, 3 - low) / 3)
    assert finding.margin >= -0.2
    assert finding.summary.startswith("expectation in [")
    assert finding.summary.endswith("(stated == 3, resolution 0.6)")
    assert finding.reason == finding.summary
    assert finding.rigor == "proved"
    assert finding.seeds == finding.measured["rows"] == finding.cost


def test_the_bounds_of_a_finding_are_those_of_its_rows() -> None:
    statement = expectation_at_most(normals(1.0), exactly(5.0), variance_at_most=1.0)
    finding = judged(statement)
    stream = Streams(0, "tests.mean", "{}").seeds("search", 0, finding.seeds)
    rows = normals(1.0)(stream).lower
    assert finding.measured is not None
    assert finding.measured["mean"] == pytest.approx(rows.mean())
    level = math.log(1e6)
    assert finding.measured["low"] == pytest.approx(mean_at_least(rows, 1.0, level))
    assert finding.measured["high"] == pytest.approx(-mean_at_least(-rows, 1.0, level))
    assert finding.margin == pytest.approx(5.0 - finding.measured["high"])
    assert finding.steer == pytest.approx(5.0 - rows[:64].mean())


@pytest.mark.parametrize("relation", ["exceeds", "differs from"])
def test_a_refuted_mean_is_confirmed_on_a_fresh_stream(relation: str) -> None:
    make = expectation_at_most if relation == "exceeds" else expectation_equal
    finding = judged(make(normals(3.0), exactly(1.0), variance_at_most=1.0, floats_per_seed=5))
    assert finding.decision == "refuted"
    assert finding.confirm_opened
    assert finding.reason.startswith(f"the expectation {relation} 1: confirmed by 64 rows")
    assert finding.seeds == 128
    assert finding.cost == 640
    assert finding.steer == pytest.approx(-2.0, abs=0.5)
    assert finding.quantile_margin is None


def test_a_suspicion_that_the_fresh_stream_does_not_share_is_undecided() -> None:
    def lucky(seeds: Seeds) -> Approx:
        searching = seeds.key == Streams(0, "tests.mean", "{}").seeds("search", 0, 1).key
        return exactly(np.full(seeds.count, 9.0 if searching else 1.0))

    finding = judged(expectation_at_most(lucky, exactly(1.0), variance_at_most=1.0), mean_blocks=2)
    assert finding.decision == "undecided"
    assert finding.confirm_opened
    assert "suspected but not confirmed by 128 rows" in finding.reason


def test_betting_refutes_without_a_variance_bound() -> None:
    for make in (expectation_at_most, expectation_equal):
        finding = judged(make(exponentials(2.0), exactly(1.0)))
        assert finding.decision == "refuted"
        assert finding.margin == -math.inf


def test_betting_never_supports() -> None:
    finding = judged(expectation_at_most(exponentials(0.5), exactly(1.0)), mean_blocks=2)
    assert finding.decision == "undecided"
    assert "variance" in finding.reason
    assert finding.margin == -math.inf
    assert finding.seeds == 128


def test_betting_rests_on_samples_that_are_not_negative() -> None:
    finding = judged(expectation_at_most(normals(5.0, 9.0), exactly(1.0)))
    assert finding.decision == "undecided"
    assert "certainly negative" in finding.reason
    assert finding.seeds == 64


def test_betting_stops_when_the_fresh_stream_is_negative() -> None:
    def first_only(seeds: Seeds) -> Approx:
        searching = seeds.key == Streams(0, "tests.mean", "{}").seeds("search", 0, 1).key
        return exactly(np.full(seeds.count, 9.0 if searching else -1.0))

    finding = judged(expectation_at_most(first_only, exactly(1.0)))
    assert finding.decision == "undecided"
    assert finding.confirm_opened
    assert finding.seeds == 128


def test_betting_against_zero_has_no_stake() -> None:
    finding = judged(expectation_at_most(exponentials(1.0), exactly(0.0)), mean_blocks=1)
    assert finding.decision == "undecided"
    assert finding.margin == -math.inf


def test_unknown_samples_decide_nothing() -> None:
    def unknown(seeds: Seeds) -> Approx:
        return Approx(np.full(seeds.count, -np.inf), np.full(seeds.count, np.inf))

    finding = judged(expectation_equal(unknown, exactly(1.0), variance_at_most=1.0), mean_blocks=2)
    assert finding.decision == "undecided"
    assert finding.margin == -math.inf
    assert finding.rigor == "estimated"
    assert finding.measured is not None
    assert finding.measured["mean"] == 0.0


def test_a_wide_value_is_compared_from_both_ends() -> None:
    value = Approx(0.5, 1.5)
    finding = judged(expectation_equal(normals(1.0), value, variance_at_most=1.0, resolution=1.0))
    assert finding.decision == "supported"
    assert finding.measured is not None
    beside = max(finding.measured["high"] - 0.5, 1.5 - finding.measured["low"])
    assert finding.margin == pytest.approx(-beside)


@pytest.mark.parametrize("chunk", [1, 50])
def test_no_result_depends_on_the_chunks(chunk: int) -> None:
    statement = expectation_equal(normals(1.0), exactly(1.0), variance_at_most=1.0, resolution=0.3)
    assert judged(statement, chunk_floats=chunk) == judged(statement)


@pytest.mark.parametrize("number", np.linspace(-3, 3, 31).tolist())
@pytest.mark.parametrize("make", [expectation_equal, expectation_at_most])
def test_the_thresholds_are_a_thousand_a_million_and_a_billion(
    number: float, make: Callable[..., Expectation]
) -> None:
    """One block of each stream, of constant samples; the value is an enclosure."""

    def constant(seeds: Seeds) -> Approx:
        return Approx(np.full(seeds.count, number - 0.1), np.full(seeds.count, number + 0.1))

    def evidence(samples: float, value: float) -> float:
        capital = CatoniCapital(value, 1.0)
        capital.add(np.full(64, samples))
        return capital.log_e

    statement = make(constant, Approx(-0.2, 0.3), variance_at_most=1.0, resolution=1.5)
    finding = judged(statement, mean_blocks=1)
    against = [evidence(number - 0.1, 0.3), evidence(-number - 0.1, 0.2)]
    favour = [evidence(-number - 0.1, -(-0.2 + 1.5)), evidence(number - 0.1, 0.3 - 1.5)]
    if make is expectation_at_most:
        against, favour = against[:1], favour[:1]
    mean = math.log(sum(map(math.exp, against)) / len(against))
    expected = "refuted" if mean >= math.log(1e9) else "undecided"
    if mean < math.log(1e3) and min(favour) >= math.log(1e6):
        expected = "supported"
    assert (finding.decision, finding.confirm_opened) == (expected, mean >= math.log(1e3))
    if finding.confirm_opened:
        assert f"(e = {evidence_text(mean)})" in finding.reason
