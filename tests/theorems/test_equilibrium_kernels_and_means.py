"""Scalars of wide equilibrium networks, and means over ensembles, found in a second way."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import brentq

from models import activation
from theorems.ling2024 import _kernel, _mean, _mean_of_derivative, _variance
from verdicts import exactly

Z, WEIGHTS = np.polynomial.hermite_e.hermegauss(120)
WEIGHTS = WEIGHTS / WEIGHTS.sum()


def _values(name: str, z: NDArray[np.float64]) -> NDArray[np.float64]:
    found = {
        "tanh": np.tanh(z),
        "softplus": np.logaddexp(z, 0),
        "sin+pi/4": np.sin(z + math.pi / 4),
    }
    return np.asarray(found[name])


def _oracle(name: str, tau: float, c: float) -> float:
    """Cov(f(u), f(v)) by Gauss-Hermite in two dimensions."""
    rho = c / tau**2
    u = tau * Z[:, None]
    v = tau * (rho * Z[:, None] + math.sqrt(max(0.0, 1 - rho**2)) * Z[None, :])
    product = _values(name, u) * _values(name, v)
    mean = WEIGHTS @ _values(name, tau * Z)
    return float(WEIGHTS @ product @ WEIGHTS - mean**2)


def test_the_dossiers_slope_of_tanh() -> None:
    """s_a = 0.6, s_b = 1: K'(0) = 0.391782."""
    one = activation("tanh")

    def off(tau: float) -> float:
        return tau**2 - 0.6 * _variance(one, tau).low - 1

    tau = brentq(off, 0.5, 3)
    f_1 = _mean_of_derivative(one, tau, 1).low ** 2
    assert f_1 / (1 - 0.6 * f_1) == pytest.approx(0.391782, abs=1e-6)
    kernel = [_kernel(one, tau, 0.6, exactly(1.0), t, offset=exactly(0.0)) for t in (-1e-3, 1e-3)]
    assert (kernel[1].low - kernel[0].low) / 2e-3 == pytest.approx(0.391782, abs=1e-5)


@pytest.mark.parametrize("name", ["tanh", "softplus", "sin+pi/4"])
@pytest.mark.parametrize("t", [-0.7, 0.05, 0.5, 1.0])
def test_kernels_solve_their_equation(name: str, t: float) -> None:
    one, tau, s_a = activation(name), 0.9, 0.5
    s_b = tau**2 - s_a * _oracle(name, tau, tau**2)
    found = _kernel(one, tau, s_a, exactly(s_b), t, offset=exactly(0.0))
    K = 0.0
    for _ in range(200):
        K = _oracle(name, tau, max(-(tau**2), min(tau**2, s_a * K + s_b * t)))
    assert found.low - 1e-8 <= K <= found.high + 1e-8


@pytest.mark.parametrize("name", ["tanh", "softplus", "sin+pi/4"])
def test_means_of_derivatives(name: str) -> None:
    one, tau, h = activation(name), 0.9, 1e-4
    first = (_values(name, tau * Z + h) - _values(name, tau * Z - h)) / (2 * h)
    second = (
        _values(name, tau * Z + h) + _values(name, tau * Z - h) - 2 * _values(name, tau * Z)
    ) / h**2
    assert _mean_of_derivative(one, tau, 1).low == pytest.approx(WEIGHTS @ first, abs=1e-7)
    assert _mean_of_derivative(one, tau, 2).low == pytest.approx(WEIGHTS @ second, abs=1e-6)
    assert _mean(one, tau).low == pytest.approx(WEIGHTS @ _values(name, tau * Z), abs=1e-9)


@pytest.mark.parametrize("s", [0.1, 0.4, 0.6])
def test_orthogonal_means_of_two_dimensions(s: float) -> None:
    """Half of O(2) turns by an angle, half reflects: eigenvalues e^(+-i t), and 1 and -1."""
    angles = np.linspace(0, 2 * math.pi, 4001)[:-1]
    turned = np.mean(1 / np.abs(1 - s * np.exp(1j * angles)) ** 2)
    reflected = (1 / (1 - s) ** 2 + 1 / (1 + s) ** 2) / 2
    formula = 1 / (1 - s**2) + 2 * s**2 / (2 * (1 - s**2) ** 2)
    assert (turned + reflected) / 2 == pytest.approx(formula, rel=1e-9)


@pytest.mark.parametrize("s", [0.1, 0.4, 0.7])
def test_antisymmetric_mean_of_two_dimensions_is_enclosed(s: float) -> None:
    """One entry of variance s^2/2: E 1/(1 + w^2)."""
    mean = WEIGHTS @ (1 / (1 + s**2 / 2 * Z**2))
    v = 27 * s**2 / (16 * 8)
    linear = 1 - s**2 / 2
    low, high = (
        (math.sqrt(linear**2 + 4 * s**2 * (1 - s**2 * part)) - linear) / (2 * s**2)
        for part in (v, 0.0)
    )
    assert low <= mean <= high


def test_semicircle_integral_of_antisymmetric_matrices() -> None:
    x = np.linspace(-2, 2, 200001)
    density = np.sqrt(np.maximum(0, 4 - x**2)) / (2 * math.pi)
    for s in (0.2, 0.4):
        integral = np.sum(density / (1 + s**2 * x**2)) * (x[1] - x[0])
        assert integral == pytest.approx((math.sqrt(1 + 4 * s**2) - 1) / (2 * s**2), abs=1e-6)
        powers = np.sum(density / (1 - s * x) ** 2) * (x[1] - x[0])
        assert powers == pytest.approx((1 / math.sqrt(1 - 4 * s**2) - 1) / (2 * s**2), rel=1e-5)
