"""Proved means of Hermite polynomials and of ReLUs, against mpmath's quadrature."""

import math

import mpmath as mp
import pytest

from certify import (
    hermite_product,
    relu_coefficient,
    relu_square_mean,
    stacked_relu_activity,
    stacked_relu_square,
)
from verdicts import Approx


def density(z: mp.mpf) -> mp.mpf:
    return mp.exp(-z * z / 2) / mp.sqrt(2 * mp.pi)


def contains(found: Approx, value: mp.mpf, *, width: float = 1e-14) -> bool:
    slack = mp.mpf(10) ** -25
    inside = mp.mpf(found.low) - slack <= value <= mp.mpf(found.high) + slack
    return bool(inside) and found.high - found.low <= width


def normalised_hermite(k: int, z: mp.mpf) -> mp.mpf:
    # Physicists' polynomials at z/sqrt(2).
    return mp.hermite(k, z / mp.sqrt(2)) / mp.sqrt(2**k * mp.factorial(k))


def test_hermite_polynomials_are_orthonormal() -> None:
    for k in range(0, 41, 5):
        for other in range(0, 41, 4):
            assert contains(hermite_product(k, other), mp.mpf(k == other))


@pytest.mark.parametrize("k", [0, 1, 2, 3, 4, 5, 8, 13, 20])
def test_relus_coefficients_are_their_integrals(k: int) -> None:
    with mp.workdps(40):
        integral = mp.quad(
            lambda z: z * normalised_hermite(k, z) * density(z), [0, 2, 4, 6, 8, 12, 20]
        )
        assert contains(relu_coefficient(k), integral)


def test_the_fourth_coefficient_is_negative() -> None:
    assert relu_coefficient(4).high < -0.0814


def test_half_of_a_square_is_left_by_relu() -> None:
    assert contains(relu_square_mean(), mp.mpf(1) / 2)


@pytest.mark.parametrize("sigma_g", [0.001, 0.1, 1.0, 7.5, 100.0])
def test_stacked_relus_against_an_integral_over_both_normals(sigma_g: float) -> None:
    with mp.workdps(30):
        s = mp.mpf(sigma_g)
        points = [0, s / 4, s, 2 * s, 1, 2, 4, 8, 14]
        points = sorted({mp.mpf(point) for point in points if point <= 14})

        def square(h: mp.mpf) -> mp.mpf:
            inner = (h * h + s * s) * mp.ncdf(h / s) + h * s * mp.npdf(h / s)
            return inner * density(h)

        assert contains(
            stacked_relu_square(sigma_g),
            mp.quad(square, points) + s * s / 4,
            width=1e-13 * (1 + sigma_g**2),
        )
        activity = mp.quad(lambda h: mp.ncdf(h / s) * density(h), points) + mp.mpf(1) / 4
        assert contains(stacked_relu_activity(sigma_g), activity)


def test_the_inner_mean_of_stacked_relus_is_right() -> None:
    # E max(g + h, 0)^2 over g alone, which the integral above takes for granted.
    with mp.workdps(20):
        for h, s in ((0.3, 0.7), (2.0, 0.5), (0.0, 1.5)):
            direct = mp.quad(
                lambda g, h=h, s=s: (s * g + h) ** 2 * density(g), [-mp.mpf(h) / s, 0, 3, 6, 12]
            )
            closed = (h * h + s * s) * mp.ncdf(h / s) + h * s * mp.npdf(h / s)
            assert math.isclose(float(direct), float(closed), rel_tol=1e-12)


def test_arguments_are_refused() -> None:
    with pytest.raises(ValueError, match="degree 61; give 0 to 60"):
        hermite_product(61, 0)
    with pytest.raises(ValueError, match="k=-1; give 0 to 60"):
        relu_coefficient(-1)
    for function in (stacked_relu_square, stacked_relu_activity):
        with pytest.raises(ValueError, match="sigma_g=0; give a finite number > 0"):
            function(0)
