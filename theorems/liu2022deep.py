"""Liu, Zhu, Belkin: Loss landscapes and optimization in over-parameterized non-linear systems and neural networks. arXiv:2003.00307v2.

The Hessian of three layers, whose exponent is measured; the paper states it for any number of
layers with a constant that it does not print. Notation as in `liu2022wide`.
"""  # noqa: E501  the citation is one line

from math import sqrt

import torch
from torch import Tensor

from certify import spectral_norm
from claims import claim, reached, wrong
from models import (
    Activation,
    SeedNumber,
    activation,
    gaussian_weights,
    hessian_norms,
    rademacher_signs,
)
from strategies import activation_names, seeds, whole_numbers
from verdicts import Approx, SecantExponent, secant_exponent

DIRECTION = torch.tensor([0.6, 0.8], dtype=torch.float64)


def _cost(k: int) -> float:
    """Of an instance: at a width m a product is some calls and passes over m^2 numbers."""
    return 5e5 + sum(2 * _products(m) * (4e4 + 0.5 * m**2) + m**3 / 64 for m in _grid(k)[1:])


@claim(
    "Hessian of three layers",
    for_all={
        "seed": seeds(),
        "name": activation_names(only=("tanh", "sigmoid")),
        "k": whole_numbers(min_value=2, max_value=5),
    },
    text="new",
    cost=lambda k: _cost(k),
    mutants=[wrong(exponent=-1.0, because="||H_f|| sqrt(m) is near a constant here, too")],
)
def three_layers(seed: SeedNumber, name: str, k: int, *, exponent: float = -0.5) -> SecantExponent:
    """With one more layer the Hessian falls as 1/sqrt(m), too.

    For f = m^(-1/2) v.s(z), z = m^(-1/2) W_2 h, h = s(W_1 x), Gaussian W_1 and W_2, v = +-1 and
    |x| = 1: ||H_f|| <= m^(-1/2) [K_2 rho^2 + K_1 rho + K_1 |g| + K_2 ||W_2^T g||_inf], with
    rho^2 = (|h|^2 + K_1^2 ||W_2||^2)/m and g = m^(-1/2) v s'(z). The bracket is measured: C is the
    largest one over m = 4, 16, ..., 4^k, and the exponent of ||H_f|| is measured, too. (Up to
    m = 1024; a quick run has m = 4, 16 only.)
    """
    sigma, grid = activation(name), _grid(k)
    reached(m=grid[-1])
    constant = max(_bracket(sigma, *_three_layers(m, seed)) for m in grid)

    def norm(width: float) -> Approx:
        first, second, v = _three_layers(int(width), seed)
        weights = torch.cat([first.flatten(), second.flatten(), v])
        count = _products(len(v))
        low, high = hessian_norms(lambda w: _deep(w, sigma, len(v)), weights, products=count)
        return Approx(max(float(low), 1e-12), float(high))

    over = tuple(float(m) for m in grid)
    return secant_exponent(norm, over=over, constant=constant, exponent=exponent)


def _grid(k: int) -> list[int]:
    return [4**j for j in range(1, k + 1)]


def _products(m: int) -> int:
    """With a Hessian: as many as keep its upper bound below 8/5 of the lower one."""
    return 24 + 2 * (m.bit_length() - 1)


def _three_layers(m: int, seed: SeedNumber) -> tuple[Tensor, Tensor, Tensor]:
    both = gaussian_weights(m, m + 2, seed)[0]
    return both[:, :2], both[:, 2:], rademacher_signs(m, seed)[0]


def _deep(weights: Tensor, sigma: Activation, m: int) -> Tensor:
    first, second, v = torch.split(weights, [2 * m, m * m, m])
    h = sigma.value(first.reshape(m, 2) @ DIRECTION)
    z = second.reshape(m, m) @ h / sqrt(m)
    return (v @ sigma.value(z) / sqrt(m)).reshape(1)


def _bracket(sigma: Activation, first: Tensor, second: Tensor, v: Tensor) -> float:
    m = len(v)
    h = sigma.value(first @ DIRECTION)
    g = v * sigma.derivative(second @ h / sqrt(m)) / sqrt(m)
    spread = float(spectral_norm(second @ second.mT).high)
    rho = sqrt((float(h @ h) + sigma.L**2 * spread) / m)
    pulled = sigma.beta * float((g @ second).abs().max())
    return (sigma.beta * rho**2 + sigma.L * (rho + float(g.norm())) + pulled) * (1 + 1e-9)
