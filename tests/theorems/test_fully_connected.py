"""Radii, widths and bounds of the fully connected lemmas, found in a second way."""

from math import log, pi, sqrt

import numpy as np
import pytest
import torch

from claims import Claim, claims_in
from claims.ledger import visiting
from models import (
    BallMove,
    Dataset,
    DeepStart,
    activation,
    last_layer_gram,
    layer_jacobians,
    output_norm,
    spectral_norms,
)
from tests.house.readme_table import theorem_module
from theorems.du2019deep.fully_connected_ball import NEARLY_LINEAR, Norms, displaced, reach
from theorems.du2019deep.fully_connected_paper_width import Regime
from theorems.du2019deep.fully_connected_steps import Confined

PAIR = Dataset.of(rows=[[1, 0], [0, 1]], labels=[0, 0])


def claims_of(part: str) -> dict[str, Claim]:
    module = theorem_module(f"theorems.du2019deep.fully_connected{part}")
    return {claim.name: claim for claim in claims_in(module)}


def width(claim: Claim, **values: object) -> int:
    with visiting() as visit:
        claim.statement(**values)
    return visit.sizes["m"]


def nearly_linear(*weights: int | str) -> DeepStart:
    layers = [[[w]] for w in weights]
    return DeepStart.of(
        rows=[[1]], weights=layers, outputs=[1], residual=[1], activation=NEARLY_LINEAR
    )


@pytest.mark.parametrize(
    ("sigma", "H", "m"),
    [
        ("tanh", 2, 560),
        ("tanh", 3, 2.1e3),
        ("softplus", 2, 6.3e3),
        ("softplus", 3, 2.7e4),
        ("sin+pi/4", 2, 80),
        ("sin+pi/4", 3, 120),
    ],
)
def test_widths_of_b_1_in_figures(sigma: str, H: int, m: float) -> None:
    asked = width(claims_of("")["lemma_b_1"], data=PAIR, sigma=sigma, H=H, delta=0.1)
    assert asked == pytest.approx(m, rel=0.03)


def test_widths_of_b_2_in_figures() -> None:
    claims = claims_of("_curvature")
    gaussian = width(claims["lemma_b_2"], data=PAIR, sigma="tanh", delta=0.1)
    signs = width(claims["lemma_b_2_signs"], data=PAIR, sigma="tanh", delta=0.1)
    assert gaussian == pytest.approx(2.8e4, rel=0.03)
    assert signs == pytest.approx(610, rel=0.03)


@pytest.mark.parametrize("sigma", ["sin", "tanh", "softplus"])
def test_two_layers_get_the_least_width_of_lemma_b_2(sigma: str) -> None:
    data, delta, one = Dataset.of(rows=[[1]], labels=[0]), 0.5, activation(sigma)
    m = width(claims_of("_curvature")["lemma_b_2_two_layers"], data=data, sigma=sigma)
    # K^(1) = 1 at n = 1; moments by brute force.
    z = np.linspace(-12, 12, 10_001)
    density = np.exp(-(z**2) / 2) / sqrt(2 * pi) * (z[1] - z[0])
    slope = one.derivative(torch.from_numpy(z)).numpy()
    lambda_0 = one.c_sigma * float(density @ slope**2)
    moved = one.L**2 + one.beta**2
    moved += (one.beta * one.L * sqrt(2 / pi) + one.beta**2 * sqrt(1.5)) / sqrt(0.5)

    def square(al: float) -> float:
        return float(density @ one.value(al * torch.from_numpy(z)).numpy() ** 2) * one.c_sigma

    scales = [al for al in np.linspace(0.5, 1.5, 400) if abs(al - 1) > 1e-9]
    slope_of_norm = max(abs(square(al) - 1) / abs(al - 1) for al in scales)
    fourths = [float(density @ one.value(al * torch.from_numpy(z)).numpy() ** 4) for al in scales]
    spreads = [
        one.c_sigma**2 * four - square(al) ** 2 for four, al in zip(fourths, scales, strict=True)
    ]
    fourth = max(spreads) + (1 + slope_of_norm / 2) ** 2

    def left(width: float) -> float:
        eps, t = sqrt(fourth * 2 / (delta * width)), log(8 / delta)
        noise = 3.42 * sqrt(t / width) + 2 * t / width
        return one.c_sigma * (moved * eps + one.L**2 * (1 + eps) * noise)

    assert left(1.01 * m) < lambda_0 / 4 < left(0.99 * m)


def test_a_weight_that_doubles_moves_two_nearly_linear_layers_by_three() -> None:
    start = nearly_linear(1, 1)
    norms = Norms.of(start)
    moved = BallMove("up").applied(start.network, 1.0, outputs=False)
    assert norms.c_w0 == pytest.approx(1)
    assert float(displaced(start, moved)[2]) == pytest.approx(3, rel=2e-3)
    assert float(reach(start, 1.0)[2]) == pytest.approx(3, rel=2e-3)
    assert norms.root * norms.c_x0 * norms.g() == pytest.approx(3, rel=2e-3)
    assert Norms.of(start, doubling=1.0).g() == pytest.approx(2, rel=2e-3)


def test_a_slope_that_vanishes_moves_the_gram_matrix_by_all_it_has() -> None:
    start = DeepStart.of(
        rows=[[1]],
        weights=[[[0]]],
        outputs=[1],
        residual=[1],
        activation="sin(z)+sin(200z)/200",
    )
    moved = start.network.with_parameters([torch.full((1, 1), pi / 200, dtype=torch.float64)])
    change = abs(float(last_layer_gram(start.x, moved) - last_layer_gram(start.x, start.network)))
    c = start.network.activation.c_sigma
    without_bend = pi / 200 * (3 * c**1.5 * 2**3 + 12 * 2**2 * c)
    assert change == pytest.approx(9.25, abs=0.01)
    assert without_bend == pytest.approx(3.07, abs=0.01)


@pytest.mark.parametrize("kind", ["up", "down", "signs", "singular", "gaussian"])
@pytest.mark.parametrize("sigma", ["tanh", "softplus", "sin+pi/4"])
def test_no_move_goes_beyond_its_reach(kind: str, sigma: str) -> None:
    for seed in range(10):
        start = DeepStart.of(
            rows=[[1, 2, 0], [0, 1, -1]],
            gaussian=(1 + 3 * seed, 1 + seed % 4, seed),
            residual=[1, 1],
            activation=sigma,
        )
        for R in (0.01, 0.3, 2.0):
            move = BallMove(kind, seed)  # type: ignore[arg-type]
            found = displaced(start, move.applied(start.network, R, outputs=False))
            for here, bound in zip(found, reach(start, R), strict=True):
                assert bool((here <= bound + 1e-12).all())


def test_the_norms_are_those_of_the_start() -> None:
    start = DeepStart.of(rows=[[3, 4]], gaussian=(20, 3, 5), residual=[1], activation="softplus")
    norms = Norms.of(start)
    layers = [W.numpy() for W in start.network.weights]
    assert norms.c_w0 == pytest.approx(max(np.linalg.norm(W, 2) for W in layers) / sqrt(20))
    assert norms.a2 == pytest.approx(np.linalg.norm(start.network.a.numpy()) / sqrt(20))
    assert norms.a4 == pytest.approx(float((start.network.a**4).mean()) ** 0.25)
    assert float(spectral_norms(start.network).max()) <= norms.c_w0 * sqrt(20)
    assert float(output_norm(start.network)) <= norms.a2 * sqrt(20)


def test_the_first_layer_sees_the_second() -> None:
    start = nearly_linear("1/20", 20)
    by_first = float(layer_jacobians(start.x, start.network)[0].abs().max())
    assert by_first == pytest.approx(20, rel=2e-2)
    one = Confined.of(start, 0.01, 1.0)
    ratio = (one.Q[0] / one.e[0]).low / one.norms.c_x**2
    assert ratio == pytest.approx(4, rel=1e-2)
    assert float(one.run.step_lengths.lower[0, 0]) == pytest.approx(
        one.eta * by_first * one.e.lower[0], rel=1e-6
    )


@pytest.mark.parametrize("sigma", ["sin", "tanh", "softplus"])
@pytest.mark.parametrize("C", [0.0, 0.5])
def test_the_paper_width_is_the_least_that_the_certificate_accepts(sigma: str, C: float) -> None:
    """At n = 1, on the five events, with rho from its own equation by iteration."""
    one, delta = activation(sigma), 0.5
    regime = Regime.of(sigma, C, delta)
    e_0 = C + 2 * sqrt(log(2 / (0.9 * delta)))
    c, L, beta = one.c_sigma, one.L, one.beta

    def certificate(m: float, reserve: float) -> tuple[float, float, float]:
        rho = 0.0
        for _ in range(200):
            used = max(rho, reserve)
            q = max(sqrt(c) * L * (sqrt(2) + used), sqrt(2) + sqrt(c) * L * used)
            rho = 4 * q * e_0 / (regime.lambda_0 * sqrt(m))
        left = c * rho * (L**2 * (2 * sqrt(2) + used) + 2 * L * beta * 2)
        return left, q, rho

    left, q, rho = certificate(regime.m, reserve=0.1)
    assert rho <= 0.1
    assert left == pytest.approx(regime.lambda_0 / 4, rel=1e-3)
    assert certificate(regime.m, reserve=0.0)[0] < regime.lambda_0 / 4
    bend = sqrt(c) * (L / sqrt(regime.m) + beta * (sqrt(2) + 0.1) / 2) * q**2
    assert regime.eta <= regime.lambda_0 / (8 * bend * e_0) * (1 + 1e-9)
    assert regime.eta <= regime.lambda_0 / (8 * (2 * q**2 + regime.lambda_0 / 8) ** 2) * (1 + 1e-9)
