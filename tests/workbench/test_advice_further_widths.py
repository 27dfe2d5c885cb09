"""The table's numbers against those of the claims: smooth, implicit and logistic networks."""

from fractions import Fraction
from math import ceil, exp, log, sqrt

import numpy as np
import pytest
import torch

from claims.ledger import visiting
from models import Dataset, LeakyNet, activation
from tests.workbench.advice_data import CLOSE, at, default, facts, random_data, same
from theorems import (
    frei2021descent,
    gao2022concentration,
    gao2022convergence,
    ling2023condition,
    nitanda2019,
)
from theorems._frei2021 import rounded_up
from theorems._gao2022 import Sizes
from theorems.du2019deep.fully_connected_paper_width import Regime
from verdicts import WithProbability, exactly
from workbench.advice import classification, implicit, smooth


@pytest.mark.parametrize("sigma", ["tanh", "sin"])
@pytest.mark.parametrize("C", [0.0, 0.5])
def test_width_and_step_of_one_hidden_layer_are_the_claims_at_one_input(
    sigma: str, C: float
) -> None:
    data = Dataset.of(rows=[[1]], labels=[Fraction(str(C))])
    regime = Regime.of(sigma, C, 0.5)
    known = facts(data, sigma)
    assert known.lambda_smooth is not None
    width, step = smooth.both_layers(known, known.lambda_smooth, 0.5)
    assert same(width, regime.m)
    assert known.lambda_smooth.low == pytest.approx(regime.lambda_0, rel=1e-8)
    assert step.low == pytest.approx(regime.eta, rel=1e-6)  # the claim's m is rounded up


def test_one_hidden_layer_at_two_inputs_is_near_the_dossier() -> None:
    # n = 2 orthonormal, tanh, C = 1, delta_5 = 0.05: 7.7e7.
    data = Dataset.of(rows=[[1, 0], [0, 1]], labels=[1, -1])
    known = facts(data)
    assert known.lambda_smooth is not None
    width, _ = smooth.both_layers(known, known.lambda_smooth, 0.05 / 0.9)
    assert width.high == pytest.approx(7.7e7, rel=0.01)


def test_the_lazy_width_is_the_claims_with_the_starts_kernel_by_chernoff() -> None:
    data, delta = random_data(2), 0.1
    known, tanh = facts(data), activation("tanh")
    assert known.lambda_smooth is not None
    width, step, mu = smooth.first_layer(known, known.lambda_smooth, delta)
    limit = 0.75 * known.lambda_smooth.low / tanh.c_sigma
    n, r_0, G = data.n, float(data.y.norm()), float(torch.linalg.matrix_norm(data.x, ord=2)) ** 2
    # The claim's threshold alpha sqrt(m) lambda_1 = 8 sqrt(n) K_2 r_0 at alpha = 1, as its text.
    still = (8 * sqrt(n) * tanh.beta * r_0 / limit) ** 2
    likely = 2 * 29.21 * tanh.L**2 * G / (limit / 0.75) * log(n / delta)
    assert width.high == pytest.approx(max(still, likely), rel=1e-7)
    assert mu.low == pytest.approx(limit / 4, rel=CLOSE)
    H = tanh.beta / sqrt(width.high)
    steepest = tanh.L * sqrt(G) + sqrt(n) * H * 2 * r_0 / sqrt(mu.low)
    assert step.low == pytest.approx(1 / (steepest**2 + sqrt(n) * H * r_0), rel=1e-6)


def test_networks_of_the_lazy_width_shrink_as_the_row_says() -> None:
    data = Dataset.of(rows=[[1, 0], [0, 1]], labels=["1/10", "-1/10"])
    known = facts(data)
    assert known.lambda_smooth is not None
    width, step, mu = smooth.first_layer(known, known.lambda_smooth, 0.1)
    h, eta = ceil(width.high / 2), step.low
    x, y = data.x.numpy(), data.y.numpy()
    random = np.random.default_rng(0)
    w = random.standard_normal((20, 2 * h, 2))
    a = np.repeat([1.0, -1.0], h)
    w[:, h:] = w[:, :h]
    squared = []
    for _ in range(40):
        z = w @ x.T
        e = y - (a[:, None] * np.tanh(z)).sum(axis=1) / sqrt(2 * h)
        squared.append((e**2).sum(axis=1))
        pull = a[:, None] * (1 - np.tanh(z) ** 2) * e[:, None, :] / sqrt(2 * h)
        w = w + eta * pull @ x
    bound = (1 - eta * mu.low) ** np.arange(40)
    assert (np.array(squared) <= bound[:, None] * squared[0] * (1 + 1e-12)).all(axis=0).all()


@pytest.mark.parametrize("seed", range(3))
def test_the_implicit_width_is_the_corrected_lemma_with_its_events(seed: int) -> None:
    data, delta = random_data(seed), 0.1
    known = facts(data)
    found = implicit.flow_width(known, delta)
    lambda_0, n, d = known.lambda_G.low, data.n, data.d
    with visiting() as visit:
        gao2022concentration.lemma_3_3(data, delta / 4)
    norm = float(torch.linalg.matrix_norm(data.x, ord=2))
    sizes = Sizes(  # norms of A and W below 3 sqrt(m), lambda_min(G(0)) = 3/4 lambda_0, m = 1
        m=exactly(1.0), n=exactly(n), gamma=exactly(1 / 12), A=exactly(3.0), W=exactly(3.0),
        u=exactly(1.0), v=exactly(1.0), X=exactly(norm), F=exactly(norm),
        G=exactly(0.75 * lambda_0),
    )  # fmt: skip
    r_0 = 2 * float(data.y.square().sum()) + 14 * n / delta
    still = r_0 * gao2022convergence._width(sizes).high
    tails = max(2 * log(4 / delta), ((sqrt(d) + sqrt(2 * log(4 / delta))) / 2) ** 2)
    assert found.high == pytest.approx(max(visit.sizes["m"], still, tails), rel=1e-7)


def test_the_events_of_the_implicit_width_have_their_shares() -> None:
    # P(||A|| > 3 sqrt(m)) <= exp(-m/2), P(||W|| > 3 sqrt(m)) <= exp(-(2 sqrt(m) - sqrt(d))^2/2).
    delta, d = 0.1, 400
    tail = 2 * log(4 / delta)
    assert exp(-tail / 2) == pytest.approx(delta / 4)
    m = ((sqrt(d) + sqrt(tail)) / 2) ** 2
    assert exp(-((2 * sqrt(m) - sqrt(d)) ** 2) / 2) == pytest.approx(delta / 4)
    # ||z|| <= 4/3 ||phi||, so that E ||yhat||^2 <= 25/9 n/2; Markov at delta/4, and the square.
    assert 2 * (25 / 18) * 4 <= 14


def test_steps_at_any_width_are_those_of_the_claim() -> None:
    for margin in ("1", "1/3"):
        net = LeakyNet.of(
            rows=[[margin]], labels=[1], weights=[[0]], direction=[1], loss="logistic", gamma="1/10"
        )
        _, claimed = frei2021descent._steps_for(net, Fraction(1, 100))
        value = exactly(float(Fraction(margin)))
        found = classification.steps_of_descent(value, 1.0, 0.01)
        # The claim takes a lambda of few digits, a little larger.
        larger = (float(rounded_up(log(400))) / log(400)) ** 2
        assert claimed == pytest.approx(larger * found.high, rel=CLOSE, abs=1)


def test_the_sampled_margin_has_the_width_of_the_claim() -> None:
    data = Dataset.of(rows=[[1, 0], [3, 1], [-2, 1]], labels=[1, 1, -1])
    statement = nitanda2019.margin_survives(data, 0.1)
    assert isinstance(statement, WithProbability)
    claimed = statement.floats_per_seed // (data.n + data.d)
    least = exactly(float((data.x @ data.x[0]).abs().min()))
    assert same(classification.sampled_width(least, data.n, 0.1), claimed)
    assert classification.mean_slope().low == nitanda2019.SLOPE.low


def test_the_classification_width_leaves_room_for_its_steps() -> None:
    margin, bend = exactly(0.4), activation("tanh").beta
    m = classification.nitanda_width(margin, 5, 0.1).high
    rho, eta, loss = classification.mean_slope().low * 0.4, 0.7, log(2)
    T = 32 * loss / (rho**2 * eta * 0.005**2)
    window = (rho / 2) ** 2 * m / (8 * bend**2 * eta * loss)
    assert window == pytest.approx(1025 / 1024 * T, rel=1e-6)
    assert ceil(T) <= window  # a whole number of steps
    assert 4 / (rho / 2) ** 2 * 2 * loss / (eta * T) == pytest.approx(0.005**2)


def test_heads_are_never_small_enough_with_the_claims_base() -> None:
    assert default(ling2023condition.small_heads, "base") == implicit._CHERNOFF
    data = random_data(0)
    assert at(data, "ling2023 Theorem 1 at its own start", width=10**6).verdict == "MISSED"
    alone = at(data, "ling2023 Theorem 1 at its own start", width=1, delta=0.5)
    assert alone.verdict == "CANNOT BE KNOWN"
