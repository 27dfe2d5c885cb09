import math
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest
import torch
from numpy.polynomial.hermite_e import hermegauss
from scipy.integrate import dblquad, quad
from torch import Tensor

from models import (
    ACCURACY,
    ACTIVATIONS,
    Activation,
    activation,
    dual,
    dual_derivative,
    dual_error,
    mean_activation,
)

CLOSED = ("sin", "sin+pi/4", "erf")
QUADRATURE = ("tanh", "softplus", "sigmoid")
BLOCKS = [
    (1.0, 1.0, 0.5),
    (1.0, 1.0, -0.9),
    (2.0, 0.5, 0.3),
    (0.25, 1.5, -0.5),
    (4.0, 4.0, 3.0),
    (1.0, 1.0, 0.0),
]

of_every_activation = pytest.mark.parametrize("name", ACTIVATIONS)
at_every_block = pytest.mark.parametrize("block", BLOCKS)


def covariance(a: float, b: float, c: float) -> Tensor:
    return torch.tensor([[a, c], [c, b]], dtype=torch.float64)


def both(sigma: Activation, A: Tensor) -> list[tuple[Callable[[Tensor], Tensor], Tensor, Tensor]]:
    """(function, its dual, the claimed error) for sigma and for sigma'."""
    return [
        (sigma.value, dual(sigma, A), dual_error(sigma, A)),
        (sigma.derivative, dual_derivative(sigma, A), dual_error(sigma, A, derivative=True)),
    ]


def without_closed_forms(sigma: Activation) -> Activation:
    return replace(sigma, mean=None, dual=None, dual_derivative=None)


def gauss_hermite(function: Callable[[Tensor], Tensor], block: tuple[float, ...]) -> float:
    a, b, c = block
    z, weights = hermegauss(160)
    weights = weights / weights.sum()
    shared = c / math.sqrt(a)
    u, v = math.sqrt(a) * z, shared * z[:, None] + math.sqrt(b - shared**2) * z
    first, second = (function(torch.from_numpy(points)).numpy() for points in (u, v))
    return float((weights * first) @ (second @ weights))


@lru_cache(maxsize=64)
def hermite_coefficients(name: str, variance: float, *, slope: bool) -> tuple[float, ...]:
    """E f(sqrt(a) z) He_k(z)/sqrt(k!) for k < 60, by a rule that is not the house's."""
    sigma = activation(name)
    function = sigma.derivative if slope else sigma.value
    scale = math.sqrt(variance)
    # Gauss-Legendre on intervals of 1/4: the poles of tanh(2z) are at distance 0.79.
    nodes, weights = np.polynomial.legendre.leggauss(24)
    z = (np.arange(-56, 56)[:, None] / 4 + (nodes + 1) / 8).ravel()
    weights = np.tile(weights / 8, 112) * np.exp(-(z**2) / 2) / math.sqrt(2 * math.pi)
    values = function(torch.from_numpy(scale * z)).numpy() * weights
    before, now = np.zeros_like(z), np.ones_like(z)
    found = []
    for k in range(60):
        found.append(float(values @ now))
        before, now = now, (z * now - math.sqrt(k) * before) / math.sqrt(k + 1)
    return tuple(found)


def mehler(name: str, block: tuple[float, float, float], *, slope: bool) -> float:
    a, b, c = block
    rho = c / math.sqrt(a * b)
    first = hermite_coefficients(name, a, slope=slope)
    second = hermite_coefficients(name, b, slope=slope)
    return math.fsum(f * g * rho**k for k, (f, g) in enumerate(zip(first, second, strict=True)))


@at_every_block
@of_every_activation
def test_duals_are_the_sum_of_mehlers_series(name: str, block: tuple[float, float, float]) -> None:
    a, b, c = block
    if abs(c) / math.sqrt(a * b) > 0.6:  # beyond it 60 terms are too few
        c = math.copysign(0.6 * math.sqrt(a * b), c)
    sigma = activation(name)
    for slope, (_, found, error) in zip(
        (False, True), both(sigma, covariance(a, b, c)), strict=True
    ):
        gap = abs(float(found[0, 1]) - mehler(name, (a, b, c), slope=slope))
        assert gap <= float(error[0, 1])


@at_every_block
@pytest.mark.parametrize("name", ["softplus", "sigmoid", *CLOSED])
def test_duals_agree_with_gauss_hermite_quadrature(
    name: str, block: tuple[float, float, float]
) -> None:
    for function, found, error in both(activation(name), covariance(*block)):
        assert abs(float(found[0, 1]) - gauss_hermite(function, block)) <= float(error[0, 1])


def test_hermite_nodes_are_too_few_for_tanh_where_the_trapezoids_are_not() -> None:
    # Its poles: 160 nodes give 1e-11 at variance 1, and 1e-7 at 4.
    sigma = activation("tanh")
    for block, gap in (((1.0, 1.0, 0.5), 1e-11), ((4.0, 4.0, 3.0), 1e-6)):
        found = float(dual_derivative(sigma, covariance(*block))[0, 1])
        assert abs(found - gauss_hermite(sigma.derivative, block)) < gap


def test_tanh_of_large_variance_is_a_double_integral() -> None:
    a, b, c = 4.0, 0.25, 0.3
    root, shared = math.sqrt(a), c / math.sqrt(a)
    own = math.sqrt(b - shared**2)

    def integrand(z_2: float, z_1: float) -> float:
        density = math.exp(-(z_1 * z_1 + z_2 * z_2) / 2) / (2 * math.pi)
        return math.tanh(root * z_1) * math.tanh(shared * z_1 + own * z_2) * density

    expected = 2 * dblquad(integrand, 0, 9, -9, 9, epsabs=1e-13, epsrel=1e-13)[0]
    found = float(dual(activation("tanh"), covariance(a, b, c))[0, 1])
    assert abs(found - expected) < ACCURACY


@at_every_block
@pytest.mark.parametrize("name", CLOSED)
def test_closed_forms_agree_with_the_houses_quadrature(
    name: str, block: tuple[float, float, float]
) -> None:
    sigma, A = activation(name), covariance(*block)
    plain = without_closed_forms(sigma)
    torch.testing.assert_close(dual(sigma, A), dual(plain, A), atol=1e-13, rtol=0)
    ours, theirs = dual_derivative(sigma, A), dual_derivative(plain, A)
    torch.testing.assert_close(ours, theirs, atol=1e-13, rtol=0)
    means = [mean_activation(s, torch.diagonal(A)) for s in (sigma, plain)]
    torch.testing.assert_close(*means, atol=1e-14, rtol=0)


@of_every_activation
def test_the_dual_of_the_derivative_is_the_slope_of_the_dual(name: str) -> None:
    # Price's theorem: d/dc E sigma(u) sigma(v) = E sigma'(u) sigma'(v).
    sigma, step = activation(name), 1e-4
    for a, b, c in BLOCKS:
        low, high = (dual(sigma, covariance(a, b, c + t))[0, 1] for t in (-step, step))
        slope = float(dual_derivative(sigma, covariance(a, b, c))[0, 1])
        assert float(high - low) / (2 * step) == pytest.approx(slope, abs=2e-8)


@of_every_activation
def test_degenerate_pairs_are_single_integrals(name: str) -> None:
    sigma = activation(name)

    def mean(of_z: Callable[[float], float]) -> float:
        def integrand(z: float) -> float:
            return of_z(z) * math.exp(-z * z / 2) / math.sqrt(2 * math.pi)

        return math.fsum(quad(integrand, k, k + 1, epsabs=1e-15)[0] for k in range(-10, 10))

    a, b = 2.0, 0.5
    for sign in (1.0, -1.0):
        for near in (1.0, 1.0 - 1e-16, 1.0 - 1e-12):
            A = covariance(a, b, sign * near)
            for function, found, error in both(sigma, A):

                def product(z: float, f: Callable[[Tensor], Tensor] = function) -> float:
                    u, v = math.sqrt(a) * z, sign * math.sqrt(b) * z  # noqa: B023
                    first, second = f(torch.tensor([u, v], dtype=torch.float64)).tolist()
                    return float(first * second)

                # At 1 - 1e-12 the slope of the dual moves the value by 1e-12.
                assert abs(float(found[0, 1]) - mean(product)) <= float(error[0, 1])


@of_every_activation
def test_a_variable_that_is_zero_leaves_a_mean(name: str) -> None:
    sigma = activation(name)
    A = covariance(0.0, 1.3, 0.0)
    at_zero = float(sigma.value(torch.zeros(1, dtype=torch.float64)))
    mean = float(mean_activation(sigma, torch.tensor([1.3], dtype=torch.float64)))
    assert float(dual(sigma, A)[0, 1]) == pytest.approx(at_zero * mean, abs=1e-13)
    assert float(dual(sigma, A)[0, 0]) == pytest.approx(at_zero**2, abs=1e-15)


@of_every_activation
def test_means_are_single_integrals(name: str) -> None:
    sigma = activation(name)
    variances = torch.tensor([0.0, 0.3, 1.0, 4.0], dtype=torch.float64)
    found = mean_activation(sigma, variances)
    for variance, mean in zip(variances.tolist(), found.tolist(), strict=True):

        def integrand(z: float, scale: float = math.sqrt(variance)) -> float:
            value = float(sigma.value(torch.tensor(scale * z, dtype=torch.float64)))
            return value * math.exp(-z * z / 2) / math.sqrt(2 * math.pi)

        expected = math.fsum(quad(integrand, k, k + 1, epsabs=1e-15)[0] for k in range(-10, 10))
        assert mean == pytest.approx(expected, abs=1e-13)


def test_c_sigma_normalises_the_dual_at_unit_variance() -> None:
    for name in (*ACTIVATIONS, "10 sin(z/10)", "identity", "2z+1"):
        sigma = activation(name)
        unit = dual(sigma, torch.ones(1, 1, dtype=torch.float64))
        assert sigma.c_sigma * float(unit) == pytest.approx(1, abs=1e-13)


@pytest.mark.parametrize("name", QUADRATURE)
def test_large_variances_are_resolved(name: str) -> None:
    sigma = activation(name)
    for function, found, error in both(sigma, covariance(100.0, 100.0, -100.0)):

        def integrand(u: float, f: Callable[[Tensor], Tensor] = function) -> float:
            pair = f(torch.tensor([u, -u], dtype=torch.float64))
            density = math.exp(-u * u / 200) / math.sqrt(200 * math.pi)
            return float(pair[0] * pair[1]) * density

        expected = math.fsum(quad(integrand, k, k + 1, epsabs=1e-15)[0] for k in range(-95, 95))
        assert abs(float(found[0, 1]) - expected) <= float(error[0, 1])


@of_every_activation
def test_a_matrix_is_done_pair_by_pair_and_seed_by_seed(name: str) -> None:
    sigma = activation(name)
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(3, 4, 3, generator=generator, dtype=torch.float64)
    A = x @ x.mT
    A = (A + A.mT) / 2
    for of in (dual, dual_derivative):
        found = of(sigma, A)
        assert found.shape == (3, 4, 4)
        assert torch.equal(found, found.mT)
        assert float(torch.linalg.eigvalsh(found).min()) > -1e-12
        for s, i, j in ((0, 0, 1), (1, 2, 3), (2, 0, 3)):
            block = A[s][[i, j]][:, [i, j]]
            assert abs(float(of(sigma, block)[0, 1] - found[s, i, j])) < 1e-13


def test_what_is_no_covariance_is_refused() -> None:
    sigma = activation("tanh")
    with pytest.raises(ValueError, match=r"dual: \|A_ij\| exceeds sqrt\(A_ii A_jj\) by 0.5"):
        dual(sigma, covariance(1.0, 1.0, 1.5))
    with pytest.raises(ValueError, match=r"dual_derivative: .* \(least -1.0\); give covariances"):
        dual_derivative(sigma, covariance(-1.0, 1.0, 0.0))
    with pytest.raises(ValueError, match=r"A_ij and A_ji differ by 0.1; give equal ones"):
        dual(sigma, torch.tensor([[1.0, 0.1], [0.0, 1.0]], dtype=torch.float64))
    with pytest.raises(ValueError, match="not finite"):
        dual(sigma, covariance(math.inf, 1.0, 0.0))
    for shape in ((2,), (2, 3), (0, 0)):
        with pytest.raises(ValueError, match=r"dual: A has shape .*; give \(\*s, n, n\)"):
            dual(sigma, torch.ones(shape, dtype=torch.float64))
    with pytest.raises(ValueError, match=r"a variance is -1.0; give finite ones >= 0"):
        mean_activation(sigma, torch.tensor([-1.0], dtype=torch.float64))


def test_an_activation_with_a_bend_has_no_steady_quadrature() -> None:
    bent = replace(without_closed_forms(activation("tanh")), value=torch.relu)
    with pytest.raises(ValueError, match="still moves at step"):
        dual(bent, covariance(1.0, 1.0, 0.5))
