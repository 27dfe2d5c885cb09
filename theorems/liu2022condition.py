"""Liu, Zhu, Belkin: Loss landscapes and optimization in over-parameterized non-linear systems and neural networks. arXiv:2003.00307v2.

Over-parameterised linear systems are well conditioned: for A in R^(n x m) with independent standard
normal entries, m >= n, E log kappa(A A^T) < 2 log(m/(m - n + 1)) + 5, by Chen and Dongarra's bound
of E log kappa(A). For n = 2 the law is known: 2 sqrt(det)/tr of A A^T is U^(1/(m - 1)).
"""  # noqa: E501  the citation is one line

from math import exp, gamma, lgamma, log, pi, sqrt

import numpy as np
from torch import Tensor

from certify import lambda_max, lambda_min
from claims import claim, not_executable, refuted_claim, wrong
from models import gaussian_weights
from strategies import whole_numbers
from verdicts import (
    Approx,
    Expectation,
    Margin,
    Seeds,
    WithProbability,
    at_most,
    exactly,
    expectation_at_most,
    expectation_equal,
    with_probability,
)

TWO_ROWS = {"m": 2}
COPIES = 8  # of a matrix, under one seed

codimension = not_executable(
    "Singular sets have codimension m - n + 1",
    where="discussion of over-parameterisation",
    reason="a count of dimensions, for generic families of matrices; no statement about a network",
)


@claim(
    "Condition number of two equations",
    for_all={"m": whole_numbers(min_value=2, max_value=40)},
    text="new",
    bound="tight",
    mutants=[
        wrong(factor=1.25, because="E log kappa is pi at m = 2", witness=TWO_ROWS),
        wrong(factor=0.75, because="E log kappa is pi at m = 2", witness=TWO_ROWS),
    ],
)
def two_equations(m: int, *, factor: float = 1.0) -> Expectation:
    """With two Gaussian equations the mean logarithm of the condition number is a Beta function.

    E log kappa(A A^T) = B((m - 1)/2, 1/2) for n = 2, since log kappa = 2 arccosh(U^(-1/(m - 1))).
    """
    mean = sqrt(pi) * exp(lgamma((m - 1) / 2) - lgamma(m / 2))
    q = 1 / (m - 1)
    # arccosh(e^t)^2 <= t^2 + 2t bounds E log^2 kappa: t = -q log U has the moments q and 2 q^2.
    variance = 8 * q * (1 + q) - mean**2
    value = Approx.around(factor * mean, 1e-12 * mean)
    return expectation_equal(
        lambda seeds: _log_kappa(2, m, seeds),
        value,
        variance_at_most=variance,
        floats_per_seed=4 * m,
        scale=mean,
    )


@claim(
    "Condition number of two equations, bound",
    for_all={"m": whole_numbers(min_value=2, max_value=9999)},
    text="derived",
    depends_on=["liu2022condition.two_equations"],
    mutants=[
        wrong(constant=1.75, because="pi > 2 log 2 + 1.75", witness=TWO_ROWS),
        wrong(less=2.0, because="2 log(m/(m - 1)) is what the singular square matrix costs"),
    ],
)
def two_equations_bound(m: int, *, constant: float = 5.0, less: float = 1.0) -> Margin:
    """The exact mean for two equations is below the bound for every m.

    B((m - 1)/2, 1/2) < 2 log(m/(m - 1)) + 5. (less: divides the constant by m^(less - 1).)
    """
    mean = sqrt(pi) * exp(lgamma((m - 1) / 2) - lgamma(m / 2))
    bound = 2 * log(m / (m - 1)) + constant / m ** (less - 1)
    return at_most(Approx.around(mean, 1e-11 * mean), Approx.around(bound, 1e-12 * bound))


@claim(
    "Condition number",
    for_all={
        "n": whole_numbers(min_value=2, max_value=20),
        "spare": whole_numbers(max_value=12),
    },
    text="derived",
    mutants=[
        wrong(
            constant=2.5,
            because="square matrices of order 20 need about 2.9",
            witness={"n": 20, "spare": 0},
        ),
        wrong(
            singular=False,
            because="square matrices are nearly singular: E log kappa grows as 2 log n",
            witness={"n": 12, "spare": 0},
        ),
    ],
)
def condition_number(
    n: int, spare: int, *, constant: float = 5.0, singular: bool = True
) -> Expectation:
    """Gaussian systems have a condition number of the order (m/(m - n + 1))^2, in the log-mean.

    E log kappa(A A^T) < 2 log(m/(m - n + 1)) + 5, m = n + spare. (singular=False: 2 log 1 + 5. For
    the test the variance is bounded; how is said there. A seed tells the mean of 8 matrices.)
    """
    m = n + spare
    value = constant + (2 * log(m / (m - n + 1)) if singular else 0.0)
    return expectation_at_most(
        lambda seeds: _mean_log_kappa(n, m, seeds),
        Approx.around(value, 1e-12 * (1 + abs(value))),
        variance_at_most=_variance_at_most(n, m) / COPIES,
        floats_per_seed=2 * n * m * COPIES,
        scale=value,
    )


@refuted_claim(
    "Condition numbers of wide systems tend to 1",
    for_all={"n": whole_numbers(min_value=20, max_value=40)},
    text="derived",
    where="a blog on the paper",
    because="at a fixed n/m kappa tends to ((1 + sqrt(n/m))/(1 - sqrt(n/m)))^2, 34 for m = 2n",
    witness={"n": 40},
)
def wide_systems(n: int) -> WithProbability:
    """Over-parameterisation by a factor makes large systems perfectly conditioned.

    False for m = 2n: then kappa(A A^T) is near 34, not below 4, however large n. (For n fixed and
    m growing it is right.)
    """

    def event(seeds: Seeds) -> Margin:
        return at_most(_log_kappa(n, 2 * n, seeds), exactly(log(4)))

    return with_probability(0.5, event, floats_per_seed=4 * n * n)


def _log_kappa(n: int, m: int, seeds: Seeds) -> Approx:
    """Logarithms of lambda_max(A A^T)/lambda_min(A A^T), one number per seed."""
    return _logarithms(gaussian_weights(n, m, seeds))


def _mean_log_kappa(n: int, m: int, seeds: Seeds) -> Approx:
    """Their mean over independent matrices under one seed."""
    found = _logarithms(gaussian_weights(COPIES * n, m, seeds).reshape(-1, COPIES, n, m))
    rounding = COPIES * 2.0**-52 * np.abs(found.upper).mean(axis=-1)
    ends = found.lower.mean(axis=-1) - rounding, found.upper.mean(axis=-1) + rounding
    return Approx(*ends, found.rigor)


def _logarithms(A: Tensor) -> Approx:
    gram = A @ A.mT
    return lambda_max(gram).log() - lambda_min(gram).log()


def _variance_at_most(n: int, m: int) -> float:
    """A bound of the variance of log kappa = log lambda_max - log lambda_min, n >= 2.

    By Poincare's inequality Var log lambda_max <= 4 E 1/||A||^2 <= 4n E 1/||A||_F^2, and
    Var log lambda_min <= 4 E tr (A A^T)^(-1) = 4n/(m - n - 1). For m = n Edelman's density of
    lambda_min (1988) is at most K x^(-1/2) exp(-n x/2), its hypergeometric factor being largest at
    0: as much as a multiple of that of chi^2_1/n, whose logarithm has the variance pi^2/2.
    """
    top = 4 * n / (n * m - 2)
    found = [_by_moments(n, m)]
    if m == n:
        ratio = exp(lgamma((n + 1) / 2) - lgamma(n / 2 + 1)) * sqrt(pi * n) / 2
        found.append((sqrt(top) + sqrt(ratio * pi**2 / 2)) ** 2)
    if m > n + 1:
        found.append((sqrt(top) + sqrt(4 * n / (m - n - 1))) ** 2)
    return min(found) * (1 + 1e-12)


def _by_moments(n: int, m: int) -> float:
    """A bound of E log^2 kappa <= (2/(e p))^2 E kappa^p, the least over p.

    kappa <= ||A||_F^2 sum_i 1/d_i^2 with d_i^2 ~ chi^2_(m - n + 1) the distances of rows from the
    span of the others, so E kappa^p <= sqrt((n m)^(2p) n E d^(-4p)) for 2p <= 1.
    """
    free = m - n + 1
    found = []
    for p in np.linspace(0.02, 0.48, 47):
        if 4 * p >= free:
            continue
        # E d^(-4p) for d^2 ~ chi^2 with `free` degrees; E |A|_F^(4p) <= (n m)^(2p) as 2p <= 1.
        inverse = 2 ** (-2 * p) * gamma(free / 2 - 2 * p) / gamma(free / 2)
        found.append((2 / (exp(1) * p)) ** 2 * sqrt((n * m) ** (2 * p) * n * inverse))
    return float(min(found))
