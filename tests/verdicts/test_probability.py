import math

import numpy as np
import pytest

from tests.verdicts.coins import coin, uniforms
from verdicts import (
    Approx,
    Effort,
    Finding,
    Margin,
    Seeds,
    Streams,
    at_least,
    every,
    exactly,
    implies,
    judge,
    with_probability,
)
from verdicts.coins import log_e_above, log_e_below, rate_bound
from verdicts.rows import WIDE


def judged(
    event: object, *, probability: float = 0.9, floats: int = 1, salt: int = 0, **effort: int
) -> Finding:
    statement = with_probability(probability, event, floats_per_seed=floats)  # type: ignore[arg-type]
    return judge(statement, Streams(salt, "tests.coin", "{}"), Effort(**effort))


@pytest.mark.parametrize(
    ("bias", "decision"),
    [(0.0, "supported"), (0.03, "supported"), (0.25, "refuted"), (1.0, "refuted")],
)
def test_coins_far_from_the_edge_are_decided(bias: float, decision: str) -> None:
    finding = judged(coin(bias))
    assert finding.decision == decision
    assert finding.confirm_opened == (decision == "refuted")
    assert finding.tightest == "coin"


def test_a_supported_coin_says_what_is_certified() -> None:
    finding = judged(coin(0.0))
    bound = rate_bound(0, 128, math.log(1e6))
    assert finding.seeds == finding.cost == 128
    assert finding.margin == pytest.approx((0.1 - bound) / 0.1)
    assert finding.summary == "failure rate <= 0.113 (stated 0.1)"
    assert finding.reason == "failure rate <= 0.113 (stated 0.1); 0 of 128 rows fail"
    assert finding.failures == finding.undecided_rows == 0
    assert finding.premise_rows is None


def test_a_refuted_coin_says_so_with_both_streams() -> None:
    finding = judged(coin(1.0))
    assert finding.seeds == 128
    assert finding.failures == 64
    assert finding.margin == pytest.approx(-9.0)
    assert finding.reason == (
        "failure rate > 0.1 is confirmed: 64 of 64 rows fail on a fresh stream (e = 10^62.9), "
        "after 64 of 64 on the search stream"
    )


def test_a_coin_at_the_resolution_stays_undecided() -> None:
    finding = judged(coin(0.14), search_blocks=4)
    assert finding.decision == "undecided"
    assert finding.seeds == 256
    assert finding.reason.startswith("failure rate <= ")


def test_a_suspicion_that_the_fresh_stream_does_not_share_is_undecided() -> None:
    def unlucky_once(seeds: Seeds) -> Margin:
        searching = seeds.key == Streams(0, "tests.coin", "{}").seeds("search", 0, 1).key
        return at_least(exactly(np.full(seeds.count, -1.0 if searching else 1.0)), exactly(0.0))

    finding = judged(unlucky_once, confirm_blocks=2)
    assert finding.decision == "undecided"
    assert finding.confirm_opened
    assert finding.seeds == 64 + 128
    assert "suspected but not confirmed: 0 of 128 rows fail" in finding.reason
    assert finding.steer == finding.quantile_margin == -1.0


def test_undecided_rows_neither_refute_nor_support() -> None:
    finding = judged(coin(0.5, error=0.6), probability=0.5)
    assert finding.decision == "undecided"
    assert finding.undecided_rows > 0.9 * finding.seeds
    assert f"{finding.undecided_rows} undecided" in finding.reason
    assert not finding.confirm_opened
    assert finding.rigor == "estimated"


def test_proved_rows_make_a_proved_finding() -> None:
    def proved(seeds: Seeds) -> Margin:
        return at_least(exactly(uniforms(seeds)), exactly(0.0))

    assert judged(proved).rigor == "proved"


@pytest.mark.parametrize("chunk", [1, 7, 30, 10**6])
@pytest.mark.parametrize("bias", [0.05, 0.2])
def test_no_result_depends_on_the_chunks(chunk: int, bias: float) -> None:
    def event(seeds: Seeds) -> Margin:
        u = uniforms(seeds)
        premise = at_least(exactly(np.roll(u, 0)), exactly(0.01))
        a = at_least(Approx.around(u, 1e-3), exactly(bias))
        return every(a=a, b=implies(premise, at_least(exactly(2 * u), exactly(bias))))

    assert judged(event, chunk_floats=chunk) == judged(event)


def test_events_see_chunks_that_fit() -> None:
    seen: list[tuple[int, int]] = []

    def event(seeds: Seeds) -> Margin:
        seen.append((seeds.first, seeds.count))
        return at_least(exactly(np.ones(seeds.count)), exactly(0.0))

    judged(event, floats=10, chunk_floats=305, search_blocks=1)
    assert seen == [(0, 30), (30, 30), (60, 4)]


def test_wide_seeds_come_in_short_blocks_and_are_as_many() -> None:
    ends: list[int] = []

    def event(seeds: Seeds) -> Margin:
        ends.append(seeds.first + seeds.count)
        return at_least(Approx(np.full(seeds.count, -1.0), np.ones(seeds.count)), exactly(0.0))

    finding = judged(event, floats=WIDE + 1, search_blocks=2, chunk_floats=2**40)
    assert ends == [16, 32, 48, 64, 80, 96, 112, 128]
    assert finding.cost == 128 * (WIDE + 1)


def test_the_quantile_margin_is_of_block_0_and_ignores_infinite_rows() -> None:
    def event(seeds: Seeds) -> Margin:
        slack = np.arange(seeds.first, seeds.first + seeds.count) * 1.0
        slack[slack > 20] = np.inf
        return at_least(exactly(slack), exactly(0.0))

    assert judged(event).quantile_margin == pytest.approx(6.0)
    assert judged(event, probability=0.5).quantile_margin == 1e6
    assert judged(event, probability=0.5).steer == 1e6


def with_premise(share: float, bias: float) -> object:
    def event(seeds: Seeds) -> Margin:
        u = uniforms(seeds)
        met = at_least(exactly(share - u), exactly(0.0))
        return implies(met, at_least(exactly(u), exactly(share * bias)))

    return event


def test_an_implication_with_hardly_any_premise_is_vacuous() -> None:
    finding = judged(with_premise(0.01, 0.0))
    assert finding.decision == "undecided"
    assert finding.vacuous
    assert finding.premise_rows is not None
    assert finding.premise_rows < 30
    assert finding.seeds == 512
    assert f"the premise is met in {finding.premise_rows} rows" in finding.reason


def test_an_implication_is_sampled_until_its_premise_was_seen_often() -> None:
    finding = judged(with_premise(0.15, 0.0))
    assert finding.decision == "supported"
    assert not finding.vacuous
    assert finding.seeds > 128
    assert finding.premise_rows is not None
    assert finding.premise_rows >= 30


def test_a_refutation_needs_no_other_rows_with_the_premise() -> None:
    finding = judged(with_premise(0.4, 1.0))
    assert finding.decision == "refuted"
    assert not finding.vacuous


def test_the_rarest_of_several_premises_counts() -> None:
    def split(seeds: Seeds) -> Margin:
        u = exactly(uniforms(seeds))
        often, seldom = at_least(u, exactly(0.02)), at_least(exactly(0.02), u)
        fine = at_least(u, exactly(-1.0))
        return every(often=implies(often, fine), seldom=implies(seldom, fine))

    finding = judged(split)
    assert finding.vacuous
    assert finding.premise_rows is not None
    assert 0 < finding.premise_rows < 30


def test_another_salt_is_another_sample() -> None:
    assert judged(coin(0.05)).sides != judged(coin(0.05), salt=1).sides


@pytest.mark.parametrize("failing", range(0, 65, 2))
def test_the_thresholds_are_a_thousand_a_million_and_a_billion(failing: int) -> None:
    """One block of each stream, in which exactly `failing` of 64 rows fail."""

    def event(seeds: Seeds) -> Margin:
        return at_least(exactly(np.arange(seeds.count) - failing + 0.5), exactly(0.0))

    finding = judged(event, probability=0.7, search_blocks=1, confirm_blocks=1)
    against, favour = log_e_above(failing, 64, 0.3), log_e_below(failing, 64, 0.6 / 1.3)
    opened = against >= math.log(1e3)
    expected = "refuted" if against >= math.log(1e9) else "undecided"
    if not opened and favour >= math.log(1e6):
        expected = "supported"
    assert (finding.decision, finding.confirm_opened) == (expected, opened)
    assert finding.seeds == (128 if opened else 64)


def test_a_certain_failure_within_the_resolution_is_a_failure() -> None:
    def event(seeds: Seeds) -> Margin:
        return at_least(exactly(np.full(seeds.count, -1e-12)), exactly(0.0))

    finding = judged(event)
    assert finding.decision == "refuted"
    assert (finding.failures, finding.undecided_rows) == (64, 0)


@pytest.mark.parametrize("chunk", [1, 10, 64])
def test_of_equally_tight_rows_the_first_is_shown(chunk: int) -> None:
    def event(seeds: Seeds) -> Margin:
        number = exactly(np.arange(seeds.first, seeds.first + seeds.count) + 1.0)
        return at_least(number, number)

    assert judged(event, chunk_floats=chunk).sides == "1 >= 1"
