import math
from collections.abc import Callable

import pytest
import torch
from scipy.integrate import quad
from torch import Tensor

from models import (
    ACTIVATIONS,
    Activation,
    activation,
    c_sigma_from,
    norm_slope,
    norm_variance,
    register_activation,
)

FOR_MUTANTS = (
    "10 sin(z/10)",
    "100 sin(z/100)",
    "sin(z)+sin(200z)/200",
    "sqrt(z^2+1e-4)",
    "identity",
    "2z+1",
)
NAMES = (*ACTIVATIONS, *FOR_MUTANTS)
GRID = torch.linspace(-12.0, 12.0, 480_001, dtype=torch.float64)

of_every_activation = pytest.mark.parametrize("name", NAMES)


def gaussian_mean(function: Callable[[float], float]) -> float:
    def integrand(z: float) -> float:
        return function(z) * math.exp(-z * z / 2) / math.sqrt(2 * math.pi)

    # By unit intervals: over the whole line quad misses 1e-11 of sin(200z).
    parts = [quad(integrand, a, a + 1, epsabs=1e-16, limit=200)[0] for a in range(-12, 12)]
    return math.fsum(parts)


def at(sigma: Activation, z: float) -> float:
    return float(sigma.value(torch.tensor(z, dtype=torch.float64)))


@of_every_activation
def test_the_derivative_is_that_of_the_value(name: str) -> None:
    sigma = activation(name)
    z = torch.linspace(-9.0, 9.0, 1001, dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(sigma.value(z).sum(), z)
    assert float((slope - sigma.derivative(z.detach())).abs().max()) < 1e-12


@of_every_activation
def test_l_and_beta_are_the_least_lipschitz_constants(name: str) -> None:
    sigma = activation(name)
    slopes = [sigma.derivative(grid) for grid in (GRID, 20 * GRID)]
    steepest = max(float(found.abs().max()) for found in slopes)
    step = float(GRID[1] - GRID[0])
    bend = max(float(slopes[k].diff().abs().max()) / (step, 20 * step)[k] for k in (0, 1))
    assert 0.9999 * sigma.L <= steepest <= sigma.L
    assert 0.999 * sigma.beta <= bend <= sigma.beta * (1 + 1e-9) + 1e-9
    assert abs(at(sigma, 0.0)) == pytest.approx(sigma.at_zero, abs=1e-16)


@of_every_activation
def test_c_sigma_is_the_reciprocal_of_the_mean_square(name: str) -> None:
    sigma = activation(name)
    assert sigma.name == name
    assert sigma.c_sigma * gaussian_mean(lambda z: at(sigma, z) ** 2) == pytest.approx(1, rel=2e-13)


@pytest.mark.parametrize(
    ("name", "c_sigma", "L", "beta", "at_zero"),
    [
        ("sin", 2 / (1 - math.exp(-2)), 1, 1, 0),
        ("sin+pi/4", 2, 1, 1, math.sqrt(0.5)),
        ("erf", 2.1525789, 1.1284, 0.9679, 0),
        ("tanh", 2.5361754, 1, 0.7698, 0),
        ("softplus", 1.0854865, 1, 0.25, math.log(2)),
        ("sigmoid", 3.4085598, 0.25, 0.0962, 0.5),
        ("2z+1", 0.2, 2, 0, 1),
    ],
)
def test_the_constants_of_the_usual_activations(
    name: str, c_sigma: float, L: float, beta: float, at_zero: float
) -> None:
    sigma = activation(name)
    assert sigma.c_sigma == pytest.approx(c_sigma, rel=3e-8)
    assert sigma.L == pytest.approx(L, abs=5e-5)  # noqa: SIM300
    assert sigma.beta == pytest.approx(beta, abs=5e-5)
    assert sigma.at_zero == pytest.approx(at_zero, rel=1e-15)


def test_what_all_is_drawn_from_meets_the_conditions() -> None:
    assert list(ACTIVATIONS) == ["sin", "sin+pi/4", "erf", "tanh", "softplus", "sigmoid"]
    with pytest.raises(TypeError):
        ACTIVATIONS["own"] = activation("sin")  # type: ignore[index]


def test_softplus_is_not_linear_beyond_twenty() -> None:
    sigma = activation("softplus")
    assert at(sigma, 30.0) - 30.0 == pytest.approx(math.exp(-30), rel=0.02)
    assert at(sigma, -30.0) == pytest.approx(math.exp(-30), rel=1e-12)
    far = torch.tensor([-1e3, 1e3], dtype=torch.float64)
    assert sigma.value(far).tolist() == [0.0, 1e3]
    assert activation("tanh").derivative(far).tolist() == [0.0, 0.0]


def test_an_unknown_name_lists_those_that_are_known() -> None:
    with pytest.raises(ValueError, match=r"activation: name='relu'; give one of 'sin', .*'2z\+1'"):
        activation("relu")


def test_an_activation_of_your_own_has_its_constants_computed() -> None:
    own = Activation.of(torch.tanh, L=1.0, beta=0.77)
    known = activation("tanh")
    assert own.name == "user-defined"
    assert own.c_sigma == pytest.approx(known.c_sigma, rel=1e-14)
    assert own.at_zero == 0.0
    z = torch.linspace(-3, 3, 50, dtype=torch.float64)
    torch.testing.assert_close(own.derivative(z), known.derivative(z), atol=1e-15, rtol=0)


def test_a_registered_activation_is_known_by_its_name() -> None:
    own = Activation.of(lambda z: z + torch.cos(z), L=2.0, beta=1.0, name="z+cos(z)")
    register_activation(own)
    register_activation(own)
    assert activation("z+cos(z)") is own
    other = Activation.of(torch.tanh, L=1.0, beta=1.0, name="z+cos(z)")
    with pytest.raises(ValueError, match="is taken already"):
        register_activation(other)
    with pytest.raises(ValueError, match="'sin' is taken already"):
        register_activation(Activation.of(torch.tanh, L=1.0, beta=1.0, name="sin"))


def constant(z: Tensor) -> Tensor:
    return torch.zeros_like(z)


@pytest.mark.parametrize(
    ("value", "derivative", "L", "beta", "told"),
    [
        (torch.tanh, None, 0.9, 1.0, r"L=0.9 is too small, the slope at z=.* is 1; give L >= 1"),
        (torch.tanh, None, 1.0, 0.7, r"beta=0.7 is too small, .* give beta >= 0.7698"),
        (torch.relu, None, 1.0, 50.0, r"beta=50.0 is too small"),
        (
            torch.sin,
            torch.sin,
            1.0,
            1.0,
            r"sigma'\(.*\) differs by 1.*give its derivative, or none",
        ),
        (torch.exp, None, 1e18, 1e18, r"steady|moves|differs"),
        (torch.log, None, 1e18, 1e18, r"sigma is not finite and elementwise"),
        (torch.sum, torch.sin, 1.0, 1.0, r"sigma is not finite and elementwise"),
        (torch.sin, None, -1.0, 1.0, r"L=-1.0; give a finite number >= 0"),
        (torch.sin, None, 1.0, math.inf, r"beta=inf; give a finite number >= 0"),
        (constant, None, 1.0, 1.0, r"E sigma\(z\)\^2 = 0.0; give sigma != 0"),
    ],
)
def test_wrong_constants_and_functions_are_refused(
    value: Callable[[Tensor], Tensor],
    derivative: Callable[[Tensor], Tensor] | None,
    L: float,
    beta: float,
    told: str,
) -> None:
    if value is torch.exp:  # smooth, and no Lipschitz constant is too small on the grid
        assert Activation.of(value, L=1e18, beta=1e18).c_sigma == pytest.approx(math.exp(-2))
        return
    with pytest.raises(ValueError, match=told):
        Activation.of(value, derivative=derivative, L=L, beta=beta)


@pytest.mark.parametrize(
    ("name", "slope", "variance"),
    [
        ("tanh", 1.12, 0.78),
        ("erf", 1.07, 0.62),
        ("sin", 1.09, 0.67),
        ("sin+pi/4", 0.0, 0.50),
        ("softplus", 1.25, 7.7),
        ("sigmoid", 0.21, 0.90),
    ],
)
def test_the_sharp_constants_of_the_initial_norms(name: str, slope: float, variance: float) -> None:
    sigma = activation(name)
    assert norm_slope(sigma) == pytest.approx(slope, abs=5e-3)
    assert norm_variance(sigma) == pytest.approx(variance, abs=5e-3 if variance < 1 else 5e-2)


@pytest.mark.parametrize("name", ["tanh", "softplus", "sin", "sigmoid", "10 sin(z/10)"])
def test_the_sharp_constants_bound_what_quadrature_finds(name: str) -> None:
    sigma = activation(name)

    def moment(alpha: float, power: int) -> float:
        return gaussian_mean(lambda z: at(sigma, alpha * z) ** power)

    scales = (0.5, 0.77, 0.999, 1.001, 1.3, 1.5)
    square = {alpha: moment(alpha, 2) for alpha in (1.0, *scales)}
    slopes = [abs(square[alpha] - square[1.0]) / abs(alpha - 1) for alpha in scales]
    spreads = [moment(alpha, 4) - square[alpha] ** 2 for alpha in scales]
    slope, variance = norm_slope(sigma), norm_variance(sigma)
    assert max(slopes) <= slope / sigma.c_sigma <= max(slopes) * 1.02
    assert max(spreads) <= variance / sigma.c_sigma**2 <= max(spreads) * 1.02
    # The literal constant, with 5L/2 where 2L is printed.
    s0, L = sigma.at_zero, sigma.L
    assert slope <= sigma.c_sigma * L * (2 * s0 * math.sqrt(2 / math.pi) + 2.5 * L)


def test_the_printed_constant_of_the_initial_norms_is_too_small() -> None:
    # |E sigma(al z)^2 - E sigma(z)^2| <= L |al - 1| (2 s0 sqrt(2/pi) + 2 L) fails at al = 3/2.
    sigma = activation("10 sin(z/10)")
    change = gaussian_mean(lambda z: at(sigma, 1.5 * z) ** 2 - at(sigma, z) ** 2)
    assert change == pytest.approx(1.2101, abs=5e-5)
    assert change > 0.5 * 2
    assert norm_slope(sigma) > 2 * sigma.c_sigma


@pytest.mark.parametrize(
    ("name", "widths"),
    [
        ("tanh", (560, 2.1e3, 1.3e4)),
        ("softplus", (6.3e3, 2.7e4, 2.1e5)),
        ("sin+pi/4", (80, 120, 200)),
    ],
)
def test_the_widths_at_which_initial_norms_concentrate(
    name: str, widths: tuple[float, float, float]
) -> None:
    # m = 4 V n H g_C(H)^2/delta with g_C(H) = sum_{i<H} C^i.
    n, delta = 2, 0.1
    C, variance = norm_slope(activation(name)), norm_variance(activation(name))
    for H, width in zip((2, 3, 5), widths, strict=True):
        g = math.fsum(C**i for i in range(H))
        assert 4 * variance * n * H * g**2 / delta == pytest.approx(width, rel=0.04)


def test_the_constant_of_the_smallest_patch() -> None:
    for name in ("tanh", "erf", "sin"):  # odd and increasing near 0: the least scale decides
        sigma = activation(name)
        least = gaussian_mean(lambda z, sigma=sigma: at(sigma, z / 3) ** 2)  # type: ignore[misc]
        assert 1 / least <= c_sigma_from(sigma, 1 / 3) <= (1 + 1e-5) / least
    assert c_sigma_from(activation("tanh"), 1.0) == pytest.approx(activation("tanh").c_sigma)
    assert c_sigma_from(activation("sin+pi/4"), 0.1) == pytest.approx(2, rel=1e-6)
    for c_0 in (0.0, 1.1, math.nan):
        with pytest.raises(ValueError, match=r"c_0=.*; give a (number|scale in \(0, 1\])"):
            c_sigma_from(activation("tanh"), c_0)
