"""Seeds that are dear: short blocks, few of them, and what may be said then."""

import math
from functools import partial

import numpy as np
import pytest
from scipy.integrate import quad

from tests.verdicts.coins import coin, exact_run
from tests.verdicts.test_probability import judged
from verdicts import (
    Effort,
    Finding,
    Margin,
    Seeds,
    Streams,
    at_least,
    exactly,
    expectation_at_most,
    judge,
    with_probability,
)
from verdicts.coins import least_rows, log_e_above, log_e_below, tolerated
from verdicts.rows import WIDE, block_size

REFUTE, SUPPORT = math.log(1e9), math.log(1e6)


def trajectories(
    failing: int, *, seeds: int, delta: float = 0.5, floats: int = WIDE + 1
) -> Finding:
    """The first `failing` trajectories of the search stream fail."""

    def event(block: Seeds) -> Margin:
        number = np.arange(block.first, block.first + block.count)
        return at_least(exactly(number - failing + 0.5), exactly(0.0))

    statement = with_probability(1 - delta, event, floats_per_seed=floats, each="trajectories")
    effort = Effort(seeds=seeds, chunk_floats=2**40)
    return judge(statement, Streams(0, "tests.wide", "{}"), effort)


def test_thirteen_trajectories_are_too_few_and_fourteen_are_enough() -> None:
    few, enough = trajectories(0, seeds=13), trajectories(0, seeds=14)
    assert (few.decision, few.seeds) == ("undecided", 13)
    assert few.reason == (
        "failure rate <= 0.69 (stated 0.5), 13 of 13 trajectories obey; 0 of 13 rows fail, "
        "and at least 14 are needed"
    )
    assert (enough.decision, enough.seeds) == ("supported", 14)
    assert enough.summary == "failure rate <= 0.663 (stated 0.5), 14 of 14 trajectories obey"


def test_what_a_seed_costs_sizes_the_blocks_and_what_it_holds_the_chunks() -> None:
    chunks: list[int] = []

    def event(seeds: Seeds) -> Margin:
        chunks.append(seeds.count)
        return at_least(exactly(np.ones(seeds.count)), exactly(0.0))

    statement = with_probability(0.5, event, floats_per_seed=10, cost_per_seed=WIDE + 1)
    finding = judge(statement, Streams(0, "id", "{}"), Effort(chunk_floats=80))
    assert chunks == [8, 8]
    assert (finding.seeds, finding.cost) == (16, 16 * (WIDE + 1))
    assert with_probability(0.5, event, floats_per_seed=10).cost == 10


def test_a_failure_among_sixteen_asks_for_another_block() -> None:
    assert trajectories(1, seeds=16).decision == "undecided"
    more = trajectories(1, seeds=512)
    assert (more.decision, more.seeds) == ("supported", 32)
    assert more.summary.endswith("31 of 32 trajectories obey")


def test_what_is_refuted_needs_a_fresh_stream_that_no_limit_of_the_search_cuts() -> None:
    finding = trajectories(10**6, seeds=16)
    assert finding.decision == "refuted"
    # Two blocks fall short: 1e9 takes 33 failures in a row.
    assert finding.seeds == 16 + 48
    assert log_e_above(32, 32, 0.5) < REFUTE <= log_e_above(33, 33, 0.5)


@pytest.mark.parametrize("floats", [1, WIDE, WIDE + 1])
def test_blocks_hold_sixteen_seeds_where_one_is_wide(floats: int) -> None:
    assert block_size(floats, Effort()) == (16 if floats > WIDE else 64)
    assert block_size(floats, Effort(block=5)) == 5


@pytest.mark.parametrize(("delta", "rows"), [(0.5, 14), (0.25, 30), (0.1, 77), (0.01, 765)])
def test_the_fewest_rows_that_support(delta: float, rows: int) -> None:
    """From the mixture's definition; with p = sin(t)^2 its density is constant in t."""
    rate = 2 * delta / (1 + delta)
    edge = math.asin(math.sqrt(rate))

    def capital(k: int) -> float:
        gain = quad(lambda t: (math.cos(t) ** 2 / (1 - rate)) ** k, 0, edge, epsrel=1e-12)[0]
        return float(gain / edge)

    assert least_rows(delta, SUPPORT) == rows
    assert capital(rows - 1) < 1e6 <= capital(rows)


def test_one_row_can_be_enough() -> None:
    assert least_rows(0.5, math.log(1.1)) == 1


@pytest.mark.parametrize("block", [14, 16])
def test_supporting_errs_at_most_a_millionth_in_short_blocks_too(block: int) -> None:
    rate = tolerated(0.5)
    evidence = partial(log_e_below, rate=rate)
    at_edge = exact_run(rate, evidence, SUPPORT, blocks=256, block=block).stopped
    assert 0 < at_edge <= 1e-6
    assert exact_run(0.0, evidence, SUPPORT, blocks=1, block=block).stopped == 1.0


def test_refuting_errs_at_most_a_billionth_in_short_blocks_too() -> None:
    evidence = partial(log_e_above, delta=0.5)
    assert 0 < exact_run(0.5, evidence, REFUTE, blocks=256, block=16).stopped <= 1e-9
    assert exact_run(1.0, evidence, REFUTE, blocks=8, block=16).mean_blocks == pytest.approx(3.0)


@pytest.mark.parametrize(("seeds", "looked"), [(5, 5), (64, 64), (100, 100), (10**6, 128)])
def test_a_limit_of_seeds_ends_a_search_and_no_larger_one_lengthens_it(
    seeds: int, looked: int
) -> None:
    assert judged(coin(0.14), search_blocks=2, seeds=seeds).seeds == looked


def test_a_limit_of_seeds_holds_for_expectations() -> None:
    statement = expectation_at_most(
        lambda seeds: exactly(np.zeros(seeds.count)), exactly(0.0), variance_at_most=1.0
    )
    assert judge(statement, Streams(0, "id", "{}"), Effort(seeds=7)).seeds == 7


def test_rows_without_a_name_are_told_as_before() -> None:
    finding = judged(coin(0.0), probability=0.5)
    assert "obey" not in finding.summary
    assert "needed" not in finding.reason
