import math
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import binomtest, norm, t

from tests.verdicts.coins import exact_run
from verdicts.means import (
    CATONI_BETS,
    SHARES,
    CatoniCapital,
    ShareCapital,
    influence,
    mean_at_least,
)

quick = settings(max_examples=100, deadline=None, database=None, derandomize=True)


@quick
@given(z=st.floats(-1e12, 1e12))
def test_influence_is_odd_and_below_its_bounds(z: float) -> None:
    phi = float(influence(np.array(z)))
    assert phi == -float(influence(np.array(-z)))
    assert phi <= math.log1p(z + z * z / 2) + 1e-12
    assert -phi <= math.log1p(-z + z * z / 2) + 1e-12


def test_influence_increases_and_bears_infinities() -> None:
    z = np.concatenate([-np.logspace(150, -300, 500), [0.0], np.logspace(-300, 140, 500)])
    assert (np.diff(influence(z)) >= 0).all()
    assert influence(np.array([-np.inf]))[0] == -np.inf
    assert influence(np.array([np.inf]))[0] == influence(np.array([1e150]))[0] < 700


@quick
@given(share=st.floats(1e-6, 1 - 1e-6), gap=st.floats(0.0, 3.0))
def test_each_catoni_bet_is_unfavourable_for_every_coin(share: float, gap: float) -> None:
    """Two-point X of mean 0 and variance 1, against the value `gap` >= 0."""
    heads, tails = math.sqrt((1 - share) / share), -math.sqrt(share / (1 - share))
    for i, bet in enumerate(CATONI_BETS):
        wealth = []
        for x in (heads, tails):
            capital = CatoniCapital(gap, 1.0)
            capital.add(np.array([x]))
            wealth.append(math.exp(capital.wealth[i]))
        assert share * wealth[0] + (1 - share) * wealth[1] <= 1 + 1e-9, bet


def test_each_catoni_bet_is_unfavourable_under_heavy_tails() -> None:
    """Student's t with 3 degrees of freedom has variance 3 and no third moment."""

    def gain(x: float, bet: float) -> float:
        z = np.array(bet / math.sqrt(3) * x)
        return math.exp(float(influence(z)) - bet**2 / 2) * float(t.pdf(x, 3))

    for bet in CATONI_BETS[::4]:
        total = quad(gain, -np.inf, np.inf, args=(bet,), limit=200)[0]
        assert 0.1 < total <= 1


@quick
@given(bias=st.floats(0, 1), large=st.floats(1e-3, 1e3), room=st.floats(1, 5))
def test_each_share_is_unfavourable_for_every_coin(bias: float, large: float, room: float) -> None:
    value = max(bias * large, 1e-6) * room
    heads, tails = ShareCapital(value), ShareCapital(value)
    heads.add(np.array([large]))
    tails.add(np.array([0.0]))
    expected = bias * np.exp(heads.wealth) + (1 - bias) * np.exp(tails.wealth)
    assert (expected <= 1 + 1e-9).all()


def catoni_coins(failures: int, rows: int, *, value: float, variance: float) -> float:
    one, zero = CatoniCapital(value, variance), CatoniCapital(value, variance)
    one.add(np.ones(1))
    zero.add(np.zeros(1))
    wealth = failures * one.wealth + (rows - failures) * zero.wealth
    return float(np.logaddexp.reduce(wealth)) - math.log(len(wealth))


def share_coins(failures: int, rows: int, *, value: float) -> float:
    wealth = failures * np.log1p(SHARES * (1 / value - 1)) + (rows - failures) * np.log1p(-SHARES)
    return float(np.logaddexp.reduce(wealth)) - math.log(len(wealth))


@pytest.mark.parametrize("alpha", [1e-9, 1e-6, 0.05])
@pytest.mark.parametrize("bias", [0.5, 0.1])
def test_error_and_power_on_coins_are_exact(bias: float, alpha: float) -> None:
    """X is 0 or 1, so that both capitals depend on the failures alone."""
    catoni = partial(catoni_coins, value=bias, variance=bias * (1 - bias))
    level = math.log(1 / alpha)
    assert 0 < exact_run(bias, catoni, level, blocks=64).stopped <= alpha
    assert exact_run(bias + 0.3, catoni, level, blocks=64).stopped > 0.999
    share = partial(share_coins, value=bias)
    assert 0 < exact_run(bias, share, level, blocks=64).stopped <= alpha
    assert exact_run(bias + 0.3, share, level, blocks=64).stopped > 0.999


def test_capitals_of_coins_agree_with_the_formulas() -> None:
    rng = np.random.default_rng(1)
    x = np.where(rng.random(100) < 0.3, 1.0, 0.0)
    ones = int(x.sum())
    catoni, share = CatoniCapital(0.2, 0.25), ShareCapital(0.2)
    for part in (x[:37], x[37:]):
        catoni.add(part)
        share.add(part)
    expected = catoni_coins(ones, 100, value=0.2, variance=0.25)
    assert catoni.log_e == pytest.approx(expected, abs=1e-10)
    assert share.log_e == pytest.approx(share_coins(ones, 100, value=0.2), abs=1e-10)


def test_unknown_samples_ruin_and_huge_ones_do_not_overflow() -> None:
    catoni, share = CatoniCapital(0.0, 1.0), ShareCapital(1.0)
    catoni.add(np.array([-np.inf, 1.0]))
    assert catoni.log_e == -math.inf
    share.add(np.array([-np.inf, -1.0]))
    assert share.log_e == pytest.approx(2 * math.log(0.5), abs=3)
    share.add(np.array([1e300]))
    assert share.log_e > 100
    catoni = CatoniCapital(0.0, 1.0)
    catoni.add(np.array([1e300]))
    assert 600 < catoni.log_e < 700


@quick
@given(centre=st.floats(-1e3, 1e3), sigma=st.floats(1e-3, 1e3), count=st.sampled_from([1, 20, 300]))
def test_the_confidence_bound_inverts_the_capital(centre: float, sigma: float, count: int) -> None:
    samples = centre + sigma * norm.ppf((np.arange(count) + 0.5) / count)
    bound = mean_at_least(samples, sigma**2, 10.0)
    for value, excluded in ((bound - 1e-5 * sigma, True), (bound + 1e-5 * sigma, False)):
        capital = CatoniCapital(value, sigma**2)
        capital.add(samples)
        assert (capital.log_e >= 10.0) == excluded
    assert bound < centre


def test_the_confidence_bound_narrows_like_a_root() -> None:
    """Within 1.6 of the Gaussian fixed-time bound, the price of looking always."""
    for count in (256, 1024, 4096):
        samples = norm.ppf((np.arange(count) + 0.5) / count)
        gap = -mean_at_least(samples, 1.0, math.log(1e6))
        fixed = norm.isf(1e-6) / math.sqrt(count)
        assert fixed < gap < 1.6 * fixed


def test_the_confidence_bound_is_found_far_from_the_median() -> None:
    samples = np.array([0.0] * 70 + [1000.0] * 30)
    bound = mean_at_least(samples, 1.0, 10.0)
    capital = CatoniCapital(bound, 1.0)
    capital.add(samples)
    assert bound > 1
    assert capital.log_e == pytest.approx(10.0, abs=1e-3)


def test_unknown_samples_bound_nothing() -> None:
    assert mean_at_least(np.array([1.0, -np.inf]), 1.0, 10.0) == -math.inf


@pytest.mark.parametrize("alpha", [0.05, 0.01])
def test_simulated_heavy_tails_seldom_mislead(alpha: float) -> None:
    runs, blocks = 1000, 8
    samples = np.random.default_rng(3).standard_t(3, size=(runs, blocks, 16))
    wrong = 0
    for run in samples:
        capital = CatoniCapital(0.0, 3.0)
        highest = -math.inf
        for block in run:
            capital.add(block)
            highest = max(highest, capital.log_e)
        wrong += highest >= math.log(1 / alpha)
    assert binomtest(wrong, runs, alpha, alternative="greater").pvalue > 1e-6
