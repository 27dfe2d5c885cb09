import math
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import betainc, betaln, logsumexp, xlogy
from scipy.stats import beta, binom, binomtest

from tests.verdicts.coins import exact_run
from verdicts.coins import log_e_above, log_e_below, rate_bound, tolerated

quick = settings(max_examples=100, deadline=None, database=None, derandomize=True)
DELTAS = [0.5, 0.25, 0.1, 0.01]
REFUTE, SUPPORT, SCREEN = math.log(1e9), math.log(1e6), math.log(1e3)


@st.composite
def counts(draw: st.DrawFn, most: int = 20000) -> tuple[int, int]:
    rows = draw(st.integers(1, most))
    return draw(st.integers(0, rows)), rows


def log_mixture(failures: int, rows: int, delta: float, *, above: bool) -> float:
    """The mixture from its definition: Gauss-Legendre on panels that halve towards the peak.

    With p = sin(t)^2 the Beta(1/2, 1/2) density is constant in t.
    """
    edge = math.asin(math.sqrt(delta))
    low, high = (edge, math.pi / 2) if above else (0.0, edge)
    peak = min(max(math.asin(math.sqrt(failures / rows)), low), high)
    halves = 0.5 ** np.arange(45)
    cuts = np.concatenate(
        [peak + (low - peak) * halves, [peak], peak + (high - peak) * halves[::-1]]
    )
    nodes, weights = np.polynomial.legendre.leggauss(40)
    middle, half = (cuts[1:] + cuts[:-1]) / 2, (cuts[1:] - cuts[:-1]) / 2
    t = middle[:, None] + half[:, None] * nodes
    gain = xlogy(failures, np.sin(t) ** 2 / delta) + xlogy(
        rows - failures, np.cos(t) ** 2 / (1 - delta)
    )
    return float(logsumexp(gain, b=half[:, None] * weights) - math.log(high - low))


@quick
@given(seen=counts(), delta=st.sampled_from([*DELTAS, 0.9, 1e-3, 1e-6]))
def test_evidence_agrees_with_quadrature(seen: tuple[int, int], delta: float) -> None:
    above, below = (log_mixture(*seen, delta, above=side) for side in (True, False))
    assert log_e_above(*seen, delta) == pytest.approx(above, rel=1e-10, abs=1e-10)
    assert log_e_below(*seen, delta) == pytest.approx(below, rel=1e-10, abs=1e-10)


@pytest.mark.parametrize("delta", DELTAS)
@pytest.mark.parametrize(("failures", "rows"), [(0, 1), (1, 1), (3, 16), (20, 64), (40, 256)])
def test_evidence_is_the_integral_of_the_likelihood_ratio(
    failures: int, rows: int, delta: float
) -> None:
    def ratio(p: float) -> float:
        gain = failures * math.log(p / delta) + (rows - failures) * math.log((1 - p) / (1 - delta))
        return math.exp(gain)

    # p = sin(angle)^2 turns the Beta(1/2, 1/2) density into a constant.
    edge = math.asin(math.sqrt(delta))
    above = quad(lambda t: ratio(math.sin(t) ** 2), edge, math.pi / 2, epsabs=0, epsrel=1e-11)[0]
    below = quad(lambda t: ratio(math.sin(t) ** 2), 0, edge, epsabs=0, epsrel=1e-11)[0]
    expected = math.log(above / (math.pi / 2 - edge))
    assert log_e_above(failures, rows, delta) == pytest.approx(expected, abs=1e-9)
    assert log_e_below(failures, rows, delta) == pytest.approx(math.log(below / edge), abs=1e-9)


@pytest.mark.parametrize("delta", DELTAS)
def test_evidence_is_fair_where_it_must_be_and_shrinks_away_from_it(delta: float) -> None:
    rows = 50
    counts = np.arange(rows + 1)
    above = np.exp([log_e_above(int(f), rows, delta) for f in counts])
    below = np.exp([log_e_below(int(f), rows, delta) for f in counts])
    at_edge = binom.pmf(counts, rows, delta)
    assert at_edge @ above == pytest.approx(1, abs=1e-9)
    assert at_edge @ below == pytest.approx(1, abs=1e-9)
    assert binom.pmf(counts, rows, delta / 2) @ above < 1
    assert binom.pmf(counts, rows, (1 + delta) / 2) @ below < 1
    assert (np.diff(above) > 0).all()
    assert (np.diff(below) < 0).all()


@pytest.mark.parametrize("delta", DELTAS)
@pytest.mark.parametrize("alpha", [1e-9, 0.05])
def test_refuting_errs_at_most_alpha_at_any_block_end(delta: float, alpha: float) -> None:
    evidence = partial(log_e_above, delta=delta)
    level = math.log(1 / alpha)
    at_edge = exact_run(delta, evidence, level, blocks=128).stopped
    assert alpha / 1e4 < at_edge <= alpha
    assert exact_run(delta / 2, evidence, level, blocks=128).stopped < at_edge


@pytest.mark.parametrize("delta", DELTAS)
@pytest.mark.parametrize("alpha", [1e-6, 0.05])
def test_supporting_errs_at_most_alpha_at_any_block_end(delta: float, alpha: float) -> None:
    rate = tolerated(delta)
    evidence = partial(log_e_below, rate=rate)
    level = math.log(1 / alpha)
    at_edge = exact_run(rate, evidence, level, blocks=128).stopped
    assert 0 < at_edge <= alpha
    assert exact_run((1 + rate) / 2, evidence, level, blocks=128).stopped < at_edge


@pytest.mark.parametrize(
    ("factor", "blocks"), [(1.5, 32.0), (2.0, 9.1), (3.0, 2.9)], ids=["1.5", "2", "3"]
)
def test_blocks_that_refuting_needs(factor: float, blocks: float) -> None:
    run = exact_run(0.1 * factor, partial(log_e_above, delta=0.1), REFUTE, blocks=100)
    assert run.stopped > 0.999
    assert run.mean_blocks == pytest.approx(blocks, abs=0.05)


@pytest.mark.parametrize(
    ("bias", "blocks"), [(0.0, 2.0), (0.05, 3.55), (0.1, 10.2)], ids=["0", "delta/2", "delta"]
)
def test_blocks_that_supporting_needs(bias: float, blocks: float) -> None:
    run = exact_run(bias, partial(log_e_below, rate=tolerated(0.1)), SUPPORT, blocks=80)
    assert run.stopped > 0.999
    assert run.mean_blocks == pytest.approx(blocks, abs=0.05)


def test_an_untruncated_mixture_refutes_true_statements() -> None:
    def untruncated(failures: int, rows: int) -> float:
        mixture = betaln(failures + 0.5, rows - failures + 0.5) - betaln(0.5, 0.5)
        return float(mixture - failures * math.log(0.1) - (rows - failures) * math.log(0.9))

    def refutes(failures: int, rows: int) -> float:
        # Monotone for the oracle: only few failures are of interest here.
        return untruncated(failures, rows) if failures < 0.1 * rows else -math.inf

    assert exact_run(0.01, refutes, REFUTE, blocks=30).stopped > 0.999
    assert exact_run(0.01, partial(log_e_above, delta=0.1), REFUTE, blocks=30).stopped < 1e-15


def test_search_then_confirm_errs_below_a_billionth_and_seldom_opens() -> None:
    evidence = partial(log_e_above, delta=0.1)
    opened = exact_run(0.1, evidence, SCREEN, blocks=8).stopped
    assert opened <= 1e-3
    assert opened * exact_run(0.1, evidence, REFUTE, blocks=32).stopped <= 1e-12


@quick
@given(seen=counts(400), delta=st.sampled_from(DELTAS))
def test_evidence_never_exceeds_what_an_exact_binomial_test_allows(
    seen: tuple[int, int], delta: float
) -> None:
    failures, rows = seen
    greater = binomtest(failures, rows, delta, alternative="greater").pvalue
    less = binomtest(failures, rows, delta, alternative="less").pvalue
    assert math.exp(min(0, -log_e_above(failures, rows, delta))) >= greater * (1 - 1e-9)
    assert math.exp(min(0, -log_e_below(failures, rows, delta))) >= less * (1 - 1e-9)


@quick
@given(seen=counts(5000))
def test_rate_bound_inverts_the_capital_and_contains_clopper_pearson(seen: tuple[int, int]) -> None:
    failures, rows = seen
    bound = rate_bound(failures, rows, SUPPORT)
    assert bound >= beta.isf(1e-6, failures + 1, rows - failures) if failures < rows else bound == 1
    if bound < 1:
        assert log_e_below(failures, rows, bound) == pytest.approx(SUPPORT, abs=1e-6)
        above = np.linspace(bound, 1, 20)[1:-1]
        assert all(log_e_below(failures, rows, rate) >= SUPPORT - 1e-6 for rate in above)


def test_rate_bound_says_nothing_without_a_success() -> None:
    assert rate_bound(5, 5, SUPPORT) == 1.0


def test_tolerated_doubles_the_odds() -> None:
    for delta in DELTAS:
        rate = tolerated(delta)
        assert rate / (1 - rate) == pytest.approx(2 * delta / (1 - delta))


@pytest.mark.parametrize("rows", [930, 1030, 1060, 2000, 16384])
def test_the_far_tail_keeps_its_digits(rows: int) -> None:
    """The share is about 2^-rows: ordinary, subnormal, zero."""
    expected = log_mixture(0, rows, 0.5, above=True)
    assert log_e_above(0, rows, 0.5) == pytest.approx(expected, abs=1e-9)


def test_the_far_tail_does_not_underflow() -> None:
    """betainc itself is 0 there."""
    assert betainc(0.5, 20000.5, 0.999) == 1.0
    assert betainc(16384.5, 0.5, 0.5) == 0.0
    assert math.isfinite(log_e_above(0, 16384, 0.5))
    assert log_e_above(0, 16384, 0.5) < -5


@pytest.mark.parametrize("alpha", [0.05, 0.01])
def test_simulated_fair_gamblers_seldom_get_rich(alpha: float) -> None:
    runs, blocks, delta = 2000, 20, 0.25
    tosses = np.random.default_rng(7).random((runs, blocks, 16)) < delta
    failures = tosses.sum(axis=2).cumsum(axis=1)
    level = math.log(1 / alpha)
    least = [
        next(f for f in range(16 * k + 2) if f > 16 * k or log_e_above(f, 16 * k, delta) >= level)
        for k in range(1, blocks + 1)
    ]
    rich = int((failures >= np.array(least)).any(axis=1).sum())
    assert binomtest(rich, runs, alpha, alternative="greater").pvalue > 1e-6
    exact = exact_run(delta, partial(log_e_above, delta=delta), level, blocks=blocks, block=16)
    assert binomtest(rich, runs, exact.stopped).pvalue > 1e-6
