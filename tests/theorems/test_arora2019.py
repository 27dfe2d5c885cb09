"""The quantities of the claims about Arora et al. 2019, each by another way."""

import math
from fractions import Fraction

import numpy as np
import pytest
import torch
from torch import Tensor

from claims import cases_of, claims_in
from claims.at import look
from models import H_inf, SeedNumber, Start, gaussian_weights, patterns, predictions
from tests.house.readme_table import theorem_module
from theorems._arora2019 import (
    Limit,
    averaged_kernel,
    certified_rate,
    doubled,
    first_residual,
    length,
    share_on,
    step_rounding,
    weighed_sum,
)
from theorems.arora2019learning import _coefficient
from verdicts import exactly

DOUBLE = torch.float64


def drawn(seed: int, n: int, d: int, m: int, residual: float = 1.0) -> Start:
    draw = np.random.default_rng(seed)
    return Start.of(
        rows=[[Fraction(int(z), 10) for z in row] for row in draw.integers(1, 50, (n, d))],
        weights=[[Fraction(int(z), 10) for z in row] for row in draw.integers(-40, 41, (m, d))],
        signs=[int(z) for z in draw.choice([-1, 1], m)],
        residual=[Fraction(int(z), 10) * Fraction(residual) for z in draw.integers(-9, 10, n)],
    )


def test_the_coefficients_are_those_of_the_arcsine() -> None:
    for p in (2, 4, 6, 8, 10):
        k = (p - 2) // 2
        taylor = math.comb(2 * k, k) / (4**k * (2 * k + 1)) / (2 * math.pi)
        assert _coefficient(p) == pytest.approx(taylor, rel=1e-14)
    t = 0.3
    series = t / 4 + sum(_coefficient(p) * t**p for p in range(2, 60, 2))
    assert series == pytest.approx(t * (math.pi - math.acos(t)) / (2 * math.pi), rel=1e-14)


@pytest.mark.parametrize("seed", range(20))
def test_the_share_of_a_segment_is_what_many_points_on_it_say(seed: int) -> None:
    start = drawn(seed, 3, 2, 7)
    after = start.w + torch.from_numpy(np.random.default_rng(seed).standard_normal((7, 2))) * 3
    share = share_on(start.x, start.w, after)
    points = (torch.arange(20_000, dtype=DOUBLE) + 0.5) / 20_000
    way = start.w + points[:, None, None] * (after - start.w)
    counted = patterns(start.x, way).to(DOUBLE).mean(dim=0)
    assert float((share - counted).abs().max()) <= 1e-4


@pytest.mark.parametrize("seed", range(30))
def test_the_recursion_holds_for_a_step_computed_in_plain_numbers(seed: int) -> None:
    start, eta = drawn(seed, 1 + seed % 4, 3, 9, residual=30.0), 0.4
    x, w, a, y = (z.numpy().astype(np.longdouble) for z in (start.x, start.w, start.a, start.y))
    z = w @ x.T
    u = a @ np.maximum(z, 0) / np.sqrt(np.longdouble(9))
    on = (z >= 0).astype(np.longdouble)
    after = w + np.longdouble(eta) / np.sqrt(np.longdouble(9)) * ((a[:, None] * on) * (y - u)) @ x
    r_1 = y - a @ np.maximum(after @ x.T, 0) / np.sqrt(np.longdouble(9))
    moved = torch.from_numpy(after.astype(float))
    kernel = averaged_kernel(start, share_on(start.x, start.w, moved)).numpy()
    gap = r_1 - (y - u) + eta * kernel @ (y - u)
    assert np.linalg.norm(gap.astype(float)) <= step_rounding(start, moved, eta)
    assert step_rounding(start, moved, eta) <= 1e-11


def test_a_limit_contains_its_eigenvalues() -> None:
    x = torch.tensor([[1.0, 0.0], [0.6, 0.8], [0.0, 1.0]], dtype=DOUBLE)
    limit = Limit.of(x)
    assert limit.lambda_0.low <= limit.lam[0] <= limit.lambda_0.high
    assert limit.lambda_top.low <= limit.lam[-1] <= limit.lambda_top.high
    r, eta = np.array([1.0, -2.0, 0.5]), 0.7
    step = np.eye(3) - eta * H_inf(x).numpy()
    for k in (0, 1, 2, 5, 30):
        parts, error = limit.powered(r, eta, k)
        assert np.linalg.norm(limit.v @ parts - np.linalg.matrix_power(step, k) @ r) <= error
        assert error <= 1e-13 * (k + 1)


def test_the_limit_of_both_layers_is_the_mean_of_many_wide_kernels() -> None:
    x = torch.tensor([[1.0, 0.0], [0.6, 0.8]], dtype=DOUBLE)
    w = gaussian_weights(200_000, 2, SeedNumber(3))[0]
    active, on = (w @ x.T).relu(), (w @ x.T >= 0).to(DOUBLE)
    sampled = (active.T @ active + (x @ x.T) * (on.T @ on)) / 200_000
    both = Limit.of(x, both_layers=True).matrix
    assert float((both - sampled).abs().max()) <= 0.01


def test_the_antisymmetric_start_is_silent() -> None:
    start = drawn(1, 3, 2, 5)
    w, a = doubled(start.w, start.a)
    assert float(predictions(start.x, w, a).abs().max()) <= 1e-14
    assert (w.shape, a.shape) == ((10, 2), (10,))


def test_sums_and_lengths_are_enclosed() -> None:
    draw = np.random.default_rng(0)
    for _ in range(200):
        weights, sizes = draw.random(7), draw.random(7)
        rounding = draw.random(7) * 1e-3
        moved = sizes + rounding * draw.uniform(-1, 1, 7)
        exact = float(sum(Fraction(p) * Fraction(q) for p, q in zip(weights, moved, strict=True)))
        found = weighed_sum(exactly(weights), sizes, rounding)
        assert found.low <= exact <= found.high
        norm = length(sizes, 1e-3)
        assert norm.low <= np.linalg.norm(sizes) <= norm.high
    assert length(np.zeros(2), 0.5).low == 0.0


def plain_descent(start: Start, eta: float, steps: int) -> tuple[list[Tensor], float]:
    """Residuals, and the farthest that a neuron came."""
    w, found, far = start.w.clone(), [], 0.0
    for _ in range(steps + 1):
        z = w @ start.x.T
        e = start.y - start.a @ z.clamp_min(0) / math.sqrt(start.m)
        found.append(e)
        far = max(far, float((w - start.w).norm(dim=1).max()))
        on = (z >= 0).to(DOUBLE) * start.a[:, None]
        w = w + eta / math.sqrt(start.m) * (on * e) @ start.x
    return found, far


def test_no_certified_network_breaks_its_bounds() -> None:
    """Starts descended by the loop above; the certificate's own code is not used."""
    certified = 0
    for seed in range(200):
        n = 1 + seed % 3
        start = drawn(seed, n, 1 + seed % 4, 12 + 8 * (seed % 30), residual=10.0 ** -(seed % 4))
        if float(start.y.norm()) == 0 or first_residual(start).low <= 0:
            continue
        try:
            limit = Limit.of(start.x)
        except ValueError:
            continue
        lambda_ = certified_rate(start, limit, change=True)
        if lambda_ == 0 or limit.lambda_0.low <= 1e-6:
            continue
        certified += 1
        eta = (1 / limit.lambda_top).low
        residuals, far = plain_descent(start, eta, 25)
        first, q, q_0 = residuals[0].norm(), eta * lambda_, eta * limit.lambda_0.low
        step = torch.eye(n, dtype=DOUBLE) - eta * limit.matrix
        linear = residuals[0]
        for k in range(1, 26):
            linear = step @ linear
            allowed = ((1 - q) ** k - (1 - q_0) ** k) * first
            assert (residuals[k] - linear).norm() <= allowed + 1e-11
            assert allowed <= (limit.lambda_0.high / lambda_ - 1) * first * (1 + 1e-12)
        top = float(torch.linalg.eigvalsh(start.x @ start.x.T)[-1])
        assert far <= math.sqrt(max(top, 0)) * float(first) / (math.sqrt(start.m) * lambda_) + 1e-11
    assert certified >= 20


@pytest.mark.parametrize("name", ["arora2019", "arora2019learning", "arora2019wide"])
def test_every_witness_refutes_its_mutant(name: str) -> None:
    cases = (
        case
        for claim in claims_in(theorem_module(f"theorems.{name}"))
        for case in cases_of(claim)
        if case.mutant is not None and case.mutant.witness is not None
    )
    for case in cases:
        assert case.mutant is not None
        assert case.mutant.witness is not None
        finding = look(case, dict(case.mutant.witness)).finding
        assert finding is not None
        assert finding.decision == "refuted", case.id
