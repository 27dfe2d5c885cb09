"""The table's numbers against those of the claims: two-layer ReLU networks, steps."""

from importlib import import_module
from math import erf, exp, log, pi, sqrt

import numpy as np
import pytest
import torch

from claims.ledger import visiting
from models import Dataset, H_inf
from tests.workbench.advice_data import CLOSE, at, default, facts, random_data, same
from theorems import arora2019wide, du2019, du2019paperwidth, du2019sharper, gao2022concentration
from verdicts import exactly
from workbench.advice import two_layer
from workbench.advice.table import THEOREMS
from workbench.advice.theorem import descending, flowing


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("delta", [0.1, 0.5])
def test_widths_are_those_that_the_claims_compute(seed: int, delta: float) -> None:
    data = random_data(seed, n=2 + seed % 3)
    lambda_0 = facts(data).lambda_0
    for claim, name in (
        (du2019.lemma_3_1, "du2019 Lemma 3.1"),
        (du2019sharper.lemma_3_1_frobenius, "du2019 Lemma 3.1 with ||G||_F"),
        (du2019sharper.lemma_3_1_chernoff, "du2019 Lemma 3.1 by matrix Chernoff"),
        (gao2022concentration.lemma_3_3, "gao2022 Lemma 3.3"),
        (gao2022concentration.lemma_3_3_markov, "gao2022 Lemma 3.3 by Markov"),
    ):
        with visiting() as visit:
            claim(data, delta)
        assert same(at(data, name, delta=delta).width, visit.sizes["m"]), name
    for claim, name in (
        (du2019paperwidth.theorem_3_2, "du2019 Theorem 3.2"),
        (du2019paperwidth.theorem_4_1, "du2019 Theorem 4.1"),
    ):
        constant = default(claim, "width")
        claimed = du2019paperwidth._width(constant, data.y, lambda_0, delta)
        assert same(at(data, name, delta=delta).width, claimed), name
    both = du2019paperwidth.theorem_3_3
    pair = (default(both, "width"), default(both, "log_width"))
    claimed = du2019paperwidth._both_width(pair, data.y, lambda_0, delta)
    assert same(at(data, "du2019 Theorem 3.3", delta=delta).width, claimed)


@pytest.mark.parametrize("seed", range(3))
def test_the_recursion_width_is_that_of_the_claim(seed: int) -> None:
    data = random_data(seed)
    with visiting() as visit:
        arora2019wide.theorem_4_1(data, 0.1, epsilon=0.005)
    found = at(data, "arora2019 Theorem 4.1", delta=0.1)
    assert found.width is not None
    assert found.width.high == pytest.approx(visit.sizes["m"], rel=CLOSE, abs=2)
    top = float(torch.linalg.eigvalsh(H_inf(data.x))[-1])
    assert found.step is not None
    assert found.step.low == pytest.approx(1 / top, rel=CLOSE)


def test_the_recursion_takes_the_steps_that_it_says() -> None:
    data = random_data(1)
    found = at(data, "arora2019 Theorem 4.1", step=0.3)
    assert found.conclusion is not None
    assert found.conclusion.steps is not None
    k = found.conclusion.steps.high
    kernel, y = H_inf(data.x).numpy(), data.y.numpy()

    def left(steps: float) -> float:
        shrunk = np.linalg.matrix_power(np.eye(data.n) - 0.3 * kernel, int(steps)) @ y
        return float(np.linalg.norm(shrunk) / np.linalg.norm(y)) + 0.005

    assert left(k) <= 0.01 < left(k - 1)
    assert found.conclusion.steps.low == k


def test_the_steps_of_the_recursion_are_counted_however_short_the_step() -> None:
    data = random_data(1)
    coarse, fine = (
        at(data, "arora2019 Theorem 4.1", step=step).conclusion for step in (1e-6, 1e-30)
    )
    assert coarse is not None
    assert fine is not None
    assert coarse.steps is not None
    assert fine.steps is not None
    assert fine.steps.low == pytest.approx(1e24 * coarse.steps.high, rel=1e-4)
    assert fine.steps.low <= fine.steps.high < 1.001 * fine.steps.low


def test_sharpened_widths_meet_their_events() -> None:
    """Each part of the width makes its event as likely, or its radius as small, as is used."""
    data, delta = random_data(3), 0.2
    known = facts(data)
    m, n, G = two_layer.sharpened_width(known, delta).high, data.n, known.G.high
    lambda_0 = known.lambda_0.low
    R = sqrt(pi / 2) * lambda_0 / (8 * n * G)
    p = R * sqrt(2 / pi)
    assert erf(R / sqrt(2)) < p
    assert n * exp(-m * p / 3) <= delta / 3
    assert n * exp(-0.03424 * m * lambda_0 / G) <= delta / 3 * (1 + 1e-3)
    assert 2 * n * p * G <= lambda_0 / 4 * (1 + 1e-12)
    e_0 = sqrt(3 * (float(data.y.square().sum()) + n / 2) / delta)
    assert 2 * sqrt(G) * e_0 / (sqrt(m) * lambda_0) <= R
    assert 2 * sqrt(G) * e_0 / (sqrt(0.999 * m) * lambda_0) > 0.9999 * R  # 163 is rounded up


@pytest.mark.parametrize(("n", "C", "told"), [(1, 0, 1.3e3), (2, 0, 1.0e4), (3, 1, 1.1e5)])
def test_the_sharpened_constant_is_the_dossiers(n: int, C: int, told: float) -> None:
    # Its table has ||e_0||^2 = n (C^2 + 1/2), orthonormal inputs.
    rows = np.eye(n, dtype=int).tolist()
    known = facts(Dataset.of(rows=rows, labels=[C] * n))
    still = 163 * n**2 * known.G.high**3 * n * (C**2 + 0.5) / known.lambda_0.low**4
    assert still == pytest.approx(told, rel=0.05)
    delta = 1e-3  # small, so that this part is the largest
    width = two_layer.sharpened_width(known, delta).high
    assert width == pytest.approx(still * 3 / delta, rel=1e-6)


def test_the_steps_of_theorem_4_1_are_the_claims() -> None:
    data = random_data(2)
    known = facts(data)
    share = default(du2019paperwidth.theorem_4_1, "step")
    found = at(data, "du2019 Theorem 4.1", delta=0.1)
    assert found.step is not None
    assert found.conclusion is not None
    assert found.step.low == pytest.approx(share * known.lambda_0.low / data.n**2, rel=CLOSE)
    eta, lambda_0 = found.conclusion.eta, known.lambda_0.low
    assert eta is not None
    assert found.conclusion.steps is not None
    assert found.conclusion.steps.high == pytest.approx(
        log(1e-4) / log(1 - eta * lambda_0 / 2), rel=1e-6
    )


@pytest.mark.parametrize("lambda_0", [0.25, 1e-9])
def test_steps_shrink_the_residual_to_a_hundredth(lambda_0: float) -> None:
    there = descending(exactly(lambda_0))(1.0)
    assert there.steps is not None
    assert there.steps.low <= log(1e-4) / np.log1p(-lambda_0) <= there.steps.high
    time = flowing(exactly(lambda_0))(0.0).time
    assert time is not None
    assert exp(-lambda_0 * time.high) == pytest.approx(1e-4)


def test_every_claim_that_a_row_names_is_there() -> None:
    for name in {name for theorem in THEOREMS for name in theorem.claims}:
        module, _, function = name.rpartition(".")
        assert hasattr(import_module(f"theorems.{module}"), function), name
