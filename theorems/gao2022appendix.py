"""Gao, Liu, Liu, Rajan, Gao: A global convergence theory for deep ReLU implicit networks via over-parameterization. arXiv:2110.05645v2.

Lemmas A.1 to A.6: square integrable functions of z ~ N(0, 1), with s = max(., 0) among them, and
the normalised Hermite polynomials h_k = He_k/sqrt(k!). Lemmas A.7 to A.9 are in `gao2022series`.
"""  # noqa: E501  the citation is one line

from math import exp, factorial, sqrt

import torch

from certify import (
    enclosed,
    hermite_product,
    relu_square_mean,
)
from claims import claim, misprint, wrong
from models import (
    Activation,
    Dataset,
    activation,
    dual,
    hermite_coefficients,
    hermite_rule,
    hermite_values,
)
from strategies import (
    activation_names,
    either,
    nonzero_datasets,
    real_datasets,
    small_decimals,
    unit_sphere_datasets,
    whole_numbers,
)
from verdicts import (
    Approx,
    Margin,
    Proof,
    at_most,
    equal_to,
    exactly,
    largest,
    quantity,
)

TERMS = 90  # Hermite coefficients of a smooth activation; tanh leaves 6e-13 of E tanh^2
ACCURACY = 1e-10  # of means of a smooth activation, times L^2
CORRELATIONS = small_decimals(min_value=-1, max_value=1)


@claim(
    "Lemma A.1",
    for_all={"data": either(nonzero_datasets(max_n=1), real_datasets(max_n=1))},
    bound="tight",
    mutants=[
        wrong(share=0.501, because="half of the mass is off, and the rest has the same square"),
    ],
)
def lemma_a_1(data: Dataset, *, share: float = 0.5) -> Margin:
    """ReLU is square integrable under the normal law.

    E s(w.x)^2 = ||x||^2/2 < infinity for w ~ N(0, I_d); w.x is ||x|| times a standard normal.
    """
    square = data.x.square().sum()
    size = enclosed(square, (data.d + 2) * 2.3e-16 * square)
    return equal_to(relu_square_mean() * size, share * size, scale=size)


@claim(
    "Lemma A.2",
    for_all={"k": whole_numbers(max_value=30), "l_": whole_numbers(max_value=30)},
    bound="tight",
    mutants=[
        wrong(power=0.0, because="E He_k^2 = k!", witness={"k": 2, "l_": 2}),
        wrong(power=1.0, because="h_k is divided by the root of k!", witness={"k": 2, "l_": 2}),
    ],
    examples=[{"k": 2, "l_": 2}, {"k": 30, "l_": 30}, {"k": 1, "l_": 3}],
)
def lemma_a_2(k: int, l_: int, *, power: float = 0.5) -> Margin:
    """The normalised Hermite polynomials are orthonormal.

    E h_k(z) h_l(z) = 1{k = l}; by Gauss-Hermite sums in balls, exact for polynomials.
    """
    size = (factorial(k) * factorial(l_)) ** (0.5 - power)
    found = hermite_product(k, l_) * size
    return equal_to(found, exactly(float(k == l_)), scale=max(1.0, size))


@claim(
    "Lemma A.3",
    for_all={"sigma": activation_names(), "rho": CORRELATIONS},
    bound="tight",
    depends_on=["gao2022appendix.lemma_a_2"],
    mutants=[
        misprint(
            first=1,
            where="Lemma A.3",
            because="the constant term belongs to the sum: sin(z + pi/4) has a mean",
            witness={"sigma": "sin+pi/4", "rho": 1.0},
        ),
        wrong(
            bare=True,
            because="the coefficients of E[sigma(v) | u] are rho^k times those of sigma",
            witness={"sigma": "tanh", "rho": 0.5},
        ),
    ],
)
def lemma_a_3(sigma: str, rho: float, *, first: int = 0, bare: bool = False) -> Margin:
    """Inner products of functions are those of their Hermite coefficients.

    E f(z) g(z) = sum_k f_k g_k, from k = 0 on. Here f = sigma and g(u) = E[sigma(v) | u] for
    standard normals u, v of correlation rho, so that E f g = E sigma(u) sigma(v) and, by Lemma
    A.6, g_k = rho^k f_k; rho = 1 is Parseval's identity.
    """
    one = activation(sigma)
    f, g = _coefficients(one, 1.0 if bare else rho)
    total = enclosed((f * g)[first:].sum(), ACCURACY * _size(one))
    # The whole sum is E f g: what the proof is about is the term that is missing.
    mean, product = quantity("mean", a=1), quantity("dual", a=1, b=1, rho=rho)
    proof = Proof("gaussian_dual", {"activation": sigma}, product - mean**2, "==", product)
    printed = proof if first == 1 and not bare else None
    return equal_to(total, _mean_product(one, rho), scale=_size(one), proof=printed)


@claim(
    "Lemma A.4",
    for_all={
        "sigma": activation_names(),
        "rho": CORRELATIONS,
        "K": whole_numbers(max_value=20),
    },
    bound="tight",
    depends_on=["gao2022appendix.lemma_a_3"],
    mutants=[
        wrong(
            factor=0.99,
            because="for f = g both sides are the square of what is left of f",
            witness={"sigma": "softplus", "rho": 1.0, "K": 0},
        ),
        wrong(
            power=2,
            because="an error of norm e moves the inner product by e, not by e^2",
            witness={"sigma": "sin", "rho": 0.1, "K": 1},
        ),
    ],
)
def lemma_a_4(sigma: str, rho: float, K: int, *, factor: float = 1.0, power: int = 1) -> Margin:
    """Inner products are continuous.

    f_n -> f and g_n -> g in L2 give E f_n g_n -> E f g: |E f g - E f_n g_n| <=
    ||f - f_n|| ||g|| + ||f_n|| ||g - g_n||. Here f and g are as in Lemma A.3 and f_n, g_n their
    parts of degree below K, for which the bound becomes ||f - f_n|| ||g - g_n||.
    """
    one = activation(sigma)
    f, g = _coefficients(one, rho)
    size = _size(one)
    error = ACCURACY * size
    gap = abs(_mean_product(one, rho) - enclosed((f * g)[:K].sum(), error))
    # Each g_k is as accurate as rho^k times f_k.
    rest = [
        enclosed(part[K:].square().sum(), error * share)
        for part, share in ((f, 1.0), (g, rho ** (2 * K)))
    ]
    rest = [largest(part, exactly(0.0)) * (1 / size) for part in rest]
    bound = rest[0].sqrt() * rest[1].sqrt()
    return at_most(gap, factor * bound**power * size, scale=size)


@claim(
    "Lemma A.5",
    for_all={
        "x": small_decimals(min_value=-2, max_value=2),
        "t": small_decimals(min_value=-2, max_value=2),
    },
    bound="tight",
    mutants=[
        wrong(half=1.0, because="the mean of exp(x t - t^2) is not 1", witness={"x": 1, "t": 1}),
        wrong(
            power=1.0,
            because="He_k goes with t^k/k!, h_k with the root of k!",
            witness={"x": 1.0, "t": 1.0},
        ),
    ],
    examples=[{"x": 1.0, "t": 1.0}],
)
def lemma_a_5(x: float, t: float, *, half: float = 0.5, power: float = 0.5) -> Margin:
    """The generating function of the normalised Hermite polynomials.

    exp(x t - t^2/2) = sum_k t^k h_k(x)/sqrt(k!). Summed to k = 100; by Cramer |h_k(x)| <=
    1.09 exp(x^2/4), so that for |t| <= 2 less than 1e-40 is left.
    """
    values = hermite_values(torch.tensor(x, dtype=torch.float64), 101)
    sizes = torch.tensor(
        [abs(t) ** k / factorial(k) ** power for k in range(101)], dtype=torch.float64
    )
    signs = torch.tensor([(-1.0 if t < 0 else 1.0) ** k for k in range(101)]).double()
    terms = sizes * signs * values
    bound = float(sizes.sum()) * 1.09 * exp(x * x / 4)
    total = enclosed(terms.sum(), 300 * 2.3e-16 * bound)
    value = (exactly(x) * t - half * exactly(t) ** 2).exp()
    return equal_to(total, value, scale=bound)


@claim(
    "Lemma A.6",
    for_all={
        "data": either(unit_sphere_datasets(min_n=2, max_n=2), real_datasets(min_n=2, max_n=2)),
        "k": whole_numbers(max_value=12),
        "l_": whole_numbers(max_value=12),
    },
    bound="tight",
    depends_on=["gao2022appendix.lemma_a_5"],
    mutants=[
        wrong(
            data=nonzero_datasets(min_n=2, max_n=2),
            drops="unit norm",
            because="E h_2(2z)^2 = 21",
            witness={
                "data": Dataset.of(rows=[[2], [1]], labels=[0, 0], normalised=False),
                "k": 2,
                "l_": 2,
            },
        ),
        wrong(
            orthogonal=False,
            because="different degrees are orthogonal",
            witness={"data": Dataset.of(rows=[[1, 0], [1, 1]], labels=[0, 0]), "k": 1, "l_": 3},
        ),
        wrong(
            extra=1,
            because="the covariance of the linear parts is a.b",
            witness={"data": Dataset.of(rows=[[1, 0], [1, 1]], labels=[0, 0]), "k": 1, "l_": 1},
        ),
    ],
    examples=[{"data": Dataset.of(rows=[[1, 0], [1, 1]], labels=[0, 0]), "k": 3, "l_": 3}],
)
def lemma_a_6(data: Dataset, k: int, l_: int, *, orthogonal: bool = True, extra: int = 0) -> Margin:
    """Hermite polynomials of two projections of one Gaussian vector.

    For unit a, b and w ~ N(0, I_d): E h_k(a.w) h_l(b.w) = 1{k = l} (a.b)^k. By Gauss-Hermite sums
    over the plane of a and b, which are exact for polynomials.
    """
    a, b = data.x
    first, shared = float(a.norm()), float(a @ b / a.norm())
    own = sqrt(max(0.0, float(b @ b) - shared**2))
    z, weights = hermite_rule(k + l_ + 1)
    left = hermite_values(first * z, k + 1)[:, k] * weights
    right = hermite_values(shared * z[:, None] + own * z, l_ + 1)[..., l_] @ weights
    size = max(1.0, float(a.norm())) ** k * max(1.0, float(b.norm())) ** l_
    found = enclosed(left @ right, 1e-11 * size * 30 ** (size > 1.01))
    expected = enclosed((a @ b) ** (k + extra), 1e-13 * size)
    if k != l_ and orthogonal:
        expected = exactly(0.0)
    return equal_to(found, expected, scale=size)


def _size(one: Activation) -> float:
    """Bounds E sigma(z)^2."""
    return (one.at_zero + one.L) ** 2


def _mean_product(one: Activation, rho: float) -> Approx:
    """E sigma(u) sigma(v) for standard normals of correlation rho."""
    A = torch.tensor([[1.0, rho], [rho, 1.0]], dtype=torch.float64)
    return enclosed(dual(one, A)[0, 1], ACCURACY * _size(one))


def _coefficients(one: Activation, rho: float) -> tuple[torch.Tensor, torch.Tensor]:
    """f_k of sigma, and g_k = rho^k f_k of its mean given a normal of that correlation."""
    f = hermite_coefficients(one, TERMS)
    return f, f * torch.tensor([rho**k for k in range(TERMS)], dtype=torch.float64)
