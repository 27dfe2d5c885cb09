"""Ling, Li, Feng, Zhang, Zhou, Qiu, Liao: Deep Equilibrium Models are Almost Equivalent to Not-so-
deep Explicit Models for High-dimensional Gaussian Mixtures. arXiv:2402.02697v2.

The conjugate kernel of a wide equilibrium network z = f(s_a^(1/2) A z + s_b^(1/2) B x) at inputs of
norm 1 and inner product t is K(t), the solution of K = D(s_a K + s_b t), where D(c) is the
covariance of f(u) and f(v) for (u, v) Gaussian of variances tau^2 and covariance c, and
tau^2 = s_a Var f(tau z) + s_b. f is centred by its mean. Abstract read, the identities recalled and
derived here: D is a power series in c with coefficients >= 0, so K is one in t.

An instance names tau and s_a; s_b = tau^2 - s_a Var f(tau z) is computed.
"""  # noqa: D205  the title is longer than a line

from functools import lru_cache
from math import sqrt

import torch

from certify import enclosed
from claims import assume_premise, claim, not_executable, wrong
from models import (
    ACCURACY,
    Activation,
    activation,
    dual,
    dual_derivative,
    dual_error,
    mean_activation,
)
from strategies import activation_names, small_decimals
from verdicts import Approx, Margin, at_least, at_most, every, exactly

ODD = ("sin", "erf", "tanh", "sigmoid")  # after centring
NAMES = (*ODD, "softplus", "sin+pi/4")
NEARLY_LINEAR = "100 sin(z/100)"

spectra = not_executable(
    "Theorems 1 and 2",
    where="abstract: conjugate and tangent kernels for Gaussian mixtures",
    reason="limits n, d, m -> infinity in spectral norm, without a rate; their scalars are those "
    "of the expansion below",
)
mixtures = not_executable(
    "Equivalent explicit networks on real data",
    where="abstract",
    reason="an observation about experiments, without a bound",
)


@claim(
    "tau",
    for_all={
        "f": activation_names(only=(*NAMES, NEARLY_LINEAR)),
        "rho": small_decimals(min_value=0, max_value=0.98),
        "s_b": small_decimals(min_value=0.01, max_value=4),
        "tau": small_decimals(min_value=0.01, max_value=3),
        "other": small_decimals(min_value=0.01, max_value=3),
    },
    text="derived",
    mutants=[
        wrong(
            power=2,
            because="a nearly linear f contracts by s_a^(1/2) L, not by s_a L^2",
            witness={"f": NEARLY_LINEAR, "rho": 0.25, "s_b": 0.01, "tau": 2.0, "other": 3.0},
        ),
        wrong(
            factor=0.9,
            because="a nearly linear f attains the constant where s_b is small",
            witness={"f": NEARLY_LINEAR, "rho": 0.9, "s_b": 0.01, "tau": 2.0, "other": 3.0},
        ),
    ],
)
def tau_is_unique(
    f: str, rho: float, s_b: float, tau: float, other: float, *, power: int = 1, factor: float = 1.0
) -> Margin:
    """The scale of the pre-activations is unique, and found by iteration, if s_a L^2 < 1.

    T(tau) = (s_a Var f(tau z) + s_b)^(1/2) contracts by rho^(1/2) = s_a^(1/2) L:
    |T(tau) - T(tau')| <= rho^(1/2) |tau - tau'|. It maps (0, infinity) into itself.
    """
    one = activation(f)
    s_a = rho / one.L**2
    first, second = ((s_a * _variance(one, at) + s_b).sqrt() for at in (tau, other))
    moved = abs(exactly(tau) - exactly(other))
    contraction = factor * sqrt(rho) ** power
    # The mean that centring subtracts is rounded too.
    scale = one.at_zero / one.L + max(tau, other)
    return at_most(abs(first - second), contraction * moved, scale=scale, resolution=1e-8)


@claim(
    "K'(0) and K''(0)",
    for_all={
        "f": activation_names(only=NAMES),
        "rho": small_decimals(min_value=0, max_value=0.95),
        "tau": small_decimals(min_value=0.2, max_value=3),
        "t": small_decimals(min_value=-1, max_value=1),
    },
    text="new",
    mutants=[
        wrong(
            explicit=True,
            because="one explicit layer has the slope s_b F_1, without the loop's 1/(1 - s_a F_1)",
            witness={"f": "tanh", "rho": 0.6, "tau": 1.0, "t": 0.1},
        ),
        wrong(
            squared=False,
            because="the curvature takes the slope of s_a K + s_b t twice",
            witness={"f": "softplus", "rho": 0.6, "tau": 1.0, "t": 0.1},
        ),
        wrong(
            resummed=False,
            because="the loop feeds the curvature back as well",
            witness={"f": "sin+pi/4", "rho": 0.9, "tau": 1.0, "t": 0.1},
        ),
        wrong(
            centred=False,
            because="a mean of f gives K(0) > 0",
            witness={"f": "softplus", "rho": 0.5, "tau": 1.0, "t": 0.1},
        ),
    ],
)
def expansion(
    f: str,
    rho: float,
    tau: float,
    t: float,
    *,
    explicit: bool = False,
    squared: bool = True,
    resummed: bool = True,
    centred: bool = True,
) -> Margin:
    """Of f the kernel knows little more than two scalars beside its diagonal.

    With F_1 = (E f'(tau z))^2, F_2 = (E f''(tau z))^2: K'(0) = s_b F_1/(1 - s_a F_1),
    K''(0) = F_2 (s_a K'(0) + s_b)^2/(1 - s_a F_1), and for all t in [-1, 1]
    |K(t) - K'(0) t - K''(0) t^2/2| <= |t|^3 (K(1) - K'(0) - K''(0)/2), with K(t) no less than these
    two terms for t >= 0. Three Hermite polynomials make an explicit network of one layer with the
    same scalars, so its kernel is as near. (For odd f, F_2 = 0.)
    """
    one, t_ = activation(f), exactly(t)
    s_a = rho / one.L**2
    s_b = tau**2 - s_a * _variance(one, tau)
    assume_premise("s_b > 0", at_least(s_b, exactly(1e-6)))
    f_1, f_2 = (_mean_of_derivative(one, tau, order) ** 2 for order in (1, 2))
    loop = 1 / (1 - s_a * f_1)
    slope = s_b * f_1 * (exactly(1.0) if explicit else loop)
    through = s_a * slope + s_b
    bend = f_2 * (through * through if squared else through) * (loop if resummed else 1.0)
    offset = exactly(0.0) if centred else _mean(one, tau) ** 2
    K = _kernel(one, tau, s_a, s_b, t, offset=offset)
    terms = slope * t_ + bend * t_ * t_ / 2
    left = (_variance(one, tau) - slope - bend / 2) * abs(t_) ** 3
    scale = (one.at_zero + one.L * tau) ** 2  # of what centring subtracts from
    gap = K - terms
    return every(
        remainder=at_most(abs(gap), left, scale=scale, resolution=1e-8),
        sign=at_least(gap if t >= 0 else abs(gap), exactly(0.0), scale=scale, resolution=1e-8),
    )


def _variance(one: Activation, tau: float) -> Approx:
    return _covariance(one, tau, tau**2)


def _covariance(one: Activation, tau: float, c: float) -> Approx:
    """D(c), |c| <= tau^2."""
    A = torch.tensor([[tau**2, c], [c, tau**2]], dtype=torch.float64)
    product = enclosed(dual(one, A)[0, 1], float(dual_error(one, A)[0, 1]))
    return product - _mean(one, tau) ** 2


def _mean(one: Activation, tau: float) -> Approx:
    """E f(tau z)."""
    found = mean_activation(one, torch.tensor(tau**2, dtype=torch.float64))
    return enclosed(found, ACCURACY * (one.at_zero + one.L * tau))


def _mean_of_derivative(one: Activation, tau: float, order: int) -> Approx:
    """E f'(tau z) or E f''(tau z), by Stein's lemma from E u f(u) and E u f'(u), u = tau z."""
    product = _times_argument(one, order)
    found = mean_activation(product, torch.tensor(tau**2, dtype=torch.float64))
    size = one.L * tau if order == 2 else tau * (one.at_zero + one.L * tau)
    return enclosed(found / tau**2, 4 * ACCURACY * size / tau**2)


@lru_cache(maxsize=64)
def _times_argument(one: Activation, order: int) -> Activation:
    factor = one.value if order == 1 else one.derivative
    return Activation(
        name=f"z {one.name}, {order}",
        value=lambda z: z * factor(z),
        derivative=lambda z: z,  # not asked for
        L=one.L,
        beta=one.beta,
        at_zero=0.0,
        c_sigma=1.0,
    )


def _kernel(
    one: Activation, tau: float, s_a: float, s_b: Approx, t: float, *, offset: Approx
) -> Approx:
    """The solution of K = D(s_a K + s_b t), from a residual and the slope s_a L^2 < 1 of D.

    `offset` is added to D: the square of the mean that centring takes away.
    """
    middle, added = (s_b.low + s_b.high) / 2, (offset.low + offset.high) / 2
    found, most = 0.0, tau**2

    def at(K: float) -> float:
        return min(most, max(-most, s_a * K + middle * t))

    for _ in range(12):
        A = torch.tensor([[most, at(found)], [at(found), most]], dtype=torch.float64)
        value = _covariance(one, tau, at(found))
        slope = s_a * float(dual_derivative(one, A)[0, 1])
        move = ((value.low + value.high) / 2 + added - found) / (1 - slope)
        found += move
        if abs(move) < 1e-15 * one.L**2 * most:
            break
    # D at another argument is off by L^2 times how far that is from the exact one.
    argument = float(abs(s_a * exactly(found) + s_b * exactly(t) - at(found)).upper)
    residual = abs(_covariance(one, tau, at(found)) + offset - found) + one.L**2 * argument
    return enclosed(
        torch.tensor(found, dtype=torch.float64), float(residual.high) / (1 - s_a * one.L**2)
    )
