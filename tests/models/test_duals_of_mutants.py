import math
from dataclasses import replace

import pytest
import torch
from flint import arb, ctx
from scipy.integrate import quad
from torch import Tensor

from models import ACCURACY, Activation, activation, dual, dual_derivative, mean_activation


def covariance(a: float, b: float, c: float) -> Tensor:
    return torch.tensor([[a, c], [c, b]], dtype=torch.float64)


def without_closed_forms(sigma: Activation) -> Activation:
    return replace(sigma, mean=None, dual=None, dual_derivative=None)


@pytest.mark.parametrize("T", [10.0, 100.0])
def test_slow_sines_lose_no_digits(T: float) -> None:
    sigma, (a, b, c) = activation(f"{T:g} sin(z/{T:g})"), (1.3, 0.7, -0.4)
    A = covariance(a, b, c)
    with ctx.workprec(300):
        s, half = arb(T) ** 2, -(arb(a) + arb(b)) / 2
        value = s * (half / s).exp() * (arb(c) / s).sinh()
        slope = (half / s).exp() * (arb(c) / s).cosh()
        assert float(dual(sigma, A)[0, 1]) == pytest.approx(float(value), rel=2e-15)
        assert float(dual_derivative(sigma, A)[0, 1]) == pytest.approx(float(slope), rel=2e-15)


def test_a_slow_and_a_fast_sine_have_mixed_terms() -> None:
    sigma = activation("sin(z)+sin(200z)/200")
    plain = without_closed_forms(sigma)
    for a, b, c in ((0.01, 0.01, 0.0099), (1e-4, 1e-4, 5e-5), (1e-4, 0.01, 5e-4)):
        A = covariance(a, b, c)
        torch.testing.assert_close(dual(sigma, A), dual(plain, A), atol=1e-13, rtol=0)
        ours, theirs = dual_derivative(sigma, A), dual_derivative(plain, A)
        torch.testing.assert_close(ours, theirs, atol=4 * ACCURACY, rtol=0)


def test_the_rounded_modulus_has_a_mean_in_bessel_functions() -> None:
    sigma = activation("sqrt(z^2+1e-4)")
    variances = [1e-6, 1e-4, 0.01, 0.04, 1.0]
    found = mean_activation(sigma, torch.tensor([0.0, *variances], dtype=torch.float64))
    assert float(found[0]) == 0.01
    for variance, mean in zip(variances, found[1:].tolist(), strict=True):
        s = 0.01 / math.sqrt(variance)

        def integrand(t: float, s: float = s) -> float:  # z = s sinh t
            z = s * math.sinh(t)
            return (s * math.cosh(t)) ** 2 * math.exp(-z * z / 2) / math.sqrt(2 * math.pi)

        reach = math.asinh(12 / s)
        expected = 2 * math.sqrt(variance) * quad(integrand, 0, reach, epsabs=1e-15)[0]
        assert mean == pytest.approx(expected, rel=1e-13)


def test_the_rounded_moduluss_square_does_not_choose_the_step() -> None:
    # sigma^2 is a polynomial: its mean is exact at a step that is far too coarse for sigma.
    sigma = activation("sqrt(z^2+1e-4)")
    found = float(dual(sigma, covariance(0.02, 0.02, 0.0))[0, 1])
    mean = float(mean_activation(sigma, torch.tensor([0.02], dtype=torch.float64)))
    assert abs(found - mean**2) < ACCURACY
