"""Appendix G, Lemmas G.2 to G.5: norms of Gaussian matrices, and means of Gaussian variables.

L, beta and s0 are those of the activation sigma (Condition 3.1). The paper's constants C are not
stated; those used here are derived, by Price's theorem: the derivative of E f(u, v) in the
covariance A_12 is E f_uv, in the variance A_11 it is E f_uu/2.
"""

from math import log, pi, sqrt

import torch
from torch import Tensor

from certify import enclosed, lambda_max
from claims import claim, wrong
from models import (
    ACCURACY,
    ACTIVATIONS,
    Dataset,
    activation,
    dual,
    dual_derivative,
    dual_error,
    gaussian_weights,
    mean_activation,
)
from strategies import (
    Covariance,
    activation_names,
    covariances,
    either,
    failure_probabilities,
    real_datasets,
    small_decimals,
    unit_sphere_datasets,
    widths,
)
from theorems.du2019deep._certified_gaussian import dual_moves, dual_slope_moves, mean_moves
from verdicts import (
    Approx,
    Margin,
    Seeds,
    WithProbability,
    at_most,
    every,
    exactly,
    with_probability,
)

ABSOLUTE = sqrt(2 / pi)  # E |z|
KINKED = "sqrt(z^2+1e-4)"  # nearly |z|: the slope of its mean is nearly L sqrt(2/pi)


@claim(
    "Lemma G.2",
    for_all={
        "m": widths(max_m=64),
        "columns": widths(max_m=64),
        "delta": failure_probabilities(),
    },
    mutants=[
        wrong(
            side=-1.0,
            because="below 1 + sqrt(c) the same exponent promises what hardly ever happens",
            witness={"m": 50, "columns": 50, "delta": 0.1},
        ),
        wrong(
            c_power=1.0,
            because="a quarter of the columns adds half of the norm",
            witness={"m": 256, "columns": 64, "delta": 0.1},
        ),
    ],
)
def lemma_g_2(
    m: int, columns: int, delta: float, *, side: float = 1.0, c_power: float = 0.5
) -> WithProbability:
    """A Gaussian matrix has the spectral norm of its shape.

    W in R^(m x cm) has independent N(0, 1) entries. With probability >= 1 - delta,
    ||W||_2 <= c_w0 sqrt(m), where delta = exp(-(c_w0 - sqrt(c) - 1)^2 m/2), c_w0 > sqrt(c) + 1.
    The proof prints the tail with the wrong sign, exp(+t^2/2), which promises nothing.
    """
    c = columns / m
    c_w0 = 1 + c**c_power + side * sqrt(2 * log(1 / delta) / m)

    def event(seeds: Seeds) -> Margin:
        W = gaussian_weights(m, columns, seeds)
        squared = W @ W.mT if m <= columns else W.mT @ W
        return at_most(lambda_max(squared).sqrt(), exactly(c_w0 * sqrt(m)), scale=sqrt(m))

    return with_probability(1 - delta, event, floats_per_seed=m * columns)


@claim(
    "Lemma G.3",
    for_all={
        "sigma": activation_names(only=(*ACTIVATIONS, KINKED, "10 sin(z/10)")),
        "a": small_decimals(min_value=0.01, max_value=10),
        "b": small_decimals(min_value=0.01, max_value=10),
    },
    mutants=[
        wrong(
            factor=0.95,
            because="|z| attains the constant: E |a z| = a sqrt(2/pi)",
            witness={"sigma": KINKED, "a": 1.0, "b": 2.0},
        ),
        wrong(
            squared=True,
            because="near 0 the deviation moves much more than the variance",
            witness={"sigma": KINKED, "a": 0.1, "b": 0.2},
        ),
    ],
)
def lemma_g_3(
    sigma: str, a: float, b: float, *, factor: float = 1.0, squared: bool = False
) -> Margin:
    """The mean of sigma is Lipschitz in the standard deviation.

    |E sigma(a z) - E sigma(b z)| <= L sqrt(2/pi) |a - b| for z ~ N(0, 1) and a, b > 0: the paper's
    N(0, a) means the deviation a, as its proof does. Its C becomes explicit, for all a, b > 0.
    """
    one = activation(sigma)
    deviations = torch.tensor([a, b], dtype=torch.float64)
    means = mean_activation(one, deviations.square())
    error = ACCURACY * (one.at_zero + one.L * max(a, b))
    gap = abs(enclosed(means[0], error) - enclosed(means[1], error))
    moved = abs(exactly(a) - exactly(b)) if not squared else abs(exactly(a) ** 2 - exactly(b) ** 2)
    proof = mean_moves(sigma, factor, squared=squared)
    return at_most(gap, factor * one.L * ABSOLUTE * moved, scale=one.L * (1 + a + b), proof=proof)


LAWS = {"sigma": activation_names(), "first": covariances(), "second": covariances()}


@claim(
    "Lemma G.4",
    for_all=LAWS,
    mutants=[
        wrong(
            off_diagonal=0.9,
            because="E sigma(u) sigma(v) is nearly the covariance if sigma is nearly the identity",
            witness={"sigma": "100 sin(z/100)", "first": (1, 1, 0), "second": (1, 1, 0.5)},
        ),
        wrong(
            diagonal=0.2,
            because="softplus is convex, so larger variances alone enlarge its means",
            witness={"sigma": "softplus", "first": (1, 1, 0), "second": (1.1, 1.1, 0)},
        ),
    ],
)
def lemma_g_4(
    sigma: str,
    first: Covariance,
    second: Covariance,
    *,
    off_diagonal: float = 1.0,
    diagonal: float = 1.0,
) -> Margin:
    """E sigma(u) sigma(v) is Lipschitz in the covariance matrix of (u, v).

    F(A) = E sigma(u) sigma(v) for (u, v) ~ N(0, A). If all variances are at most c, then, with
    D = A - B, |F(A) - F(B)| <= L^2 |D_12| + (beta/2)(s0 + L sqrt(2c/pi))(|D_11| + |D_22|).
    Explicit for the paper's C ||A - B||_F; A and B may be singular, and no variance need be
    bounded from below. The paper's proof differentiates in a, b and rho; it forgets that
    rho = A_12/(ab) moves with A_11, and prints da/dA_11 = sqrt(A_11)/2 for 1/(2 sqrt(A_11)).
    """
    one = activation(sigma)
    A = torch.stack([_matrix(*first), _matrix(*second)])
    gap = _gap(dual(one, A), dual_error(one, A))
    c = exactly(float(A.diagonal(dim1=-2, dim2=-1).max()))
    reach = one.at_zero + one.L * (c * ABSOLUTE**2).sqrt()
    bound = off_diagonal * one.L**2 * _moved(A, 0, 1) + diagonal * one.beta / 2 * reach * (
        _moved(A, 0, 0) + _moved(A, 1, 1)
    )
    proof = dual_moves(sigma, first, second, off_diagonal=off_diagonal, diagonal=diagonal)
    return at_most(gap, bound, scale=reach * reach, proof=proof)


@claim(
    "Lemma G.4, for sigma'",
    for_all=LAWS,
    text="derived",
    depends_on=["du2019deep.gaussian.lemma_g_4"],
    mutants=[
        wrong(
            off_diagonal=0.4,
            because="cos(u) cos(v) has half of this slope where u = v is widely spread",
            witness={"sigma": "sin", "first": (3, 3, 1), "second": (3, 3, 0.98)},
        ),
        wrong(
            diagonal=0.2,
            because="cos has the mean exp(-a^2/2): larger variances alone lessen it",
            witness={"sigma": "sin", "first": (0.5, 0.5, 0), "second": (0.6, 0.6, 0)},
        ),
    ],
)
def lemma_g_4_derivative(
    sigma: str,
    first: Covariance,
    second: Covariance,
    *,
    off_diagonal: float = 1.0,
    diagonal: float = 1.0,
) -> Margin:
    """E sigma'(u) sigma'(v) is Lipschitz in the covariance matrix, without a third derivative.

    F'(A) = E sigma'(u) sigma'(v). If all variances lie in [c_, c] then, with D = A - B,
    |F'(A) - F'(B)| <= beta^2 |D_12|
                       + (beta L/sqrt(2 pi c_) + beta^2 sqrt(c/c_)/2) (|D_11| + |D_22|).
    Lemma E.1 applies G.4 to sigma' as if sigma''' were bounded, which Condition 3.1 does not say;
    E u sigma''(u) sigma'(v) = A_11 E sigma'''(u) sigma'(v) + A_12 E sigma''(u) sigma''(v)
    does without.
    """
    one = activation(sigma)
    A = torch.stack([_matrix(*first), _matrix(*second)])
    gap = _gap(dual_derivative(one, A), dual_error(one, A, derivative=True))
    variances = A.diagonal(dim1=-2, dim2=-1)
    c, least = float(variances.max()), float(variances.min())
    slope = one.beta * one.L / sqrt(2 * pi * least) + one.beta**2 * sqrt(c / least) / 2
    bound = off_diagonal * one.beta**2 * _moved(A, 0, 1) + diagonal * slope * (
        _moved(A, 0, 0) + _moved(A, 1, 1)
    )
    proof = dual_slope_moves(sigma, first, second, off_diagonal=off_diagonal, diagonal=diagonal)
    return at_most(gap, bound, scale=one.L**2, proof=proof)


def _matrix(a: float, b: float, rho: float) -> Tensor:
    covariance = rho * a * b
    return torch.tensor([[a * a, covariance], [covariance, b * b]], dtype=torch.float64)


def _gap(values: Tensor, errors: Tensor) -> Approx:
    """|F(A) - F(B)| from both matrices of means."""
    found = [enclosed(values[k, 0, 1], errors[k, 0, 1]) for k in range(2)]
    return abs(found[0] - found[1])


def _moved(A: Tensor, i: int, j: int) -> Approx:
    return abs(exactly(float(A[0, i, j])) - exactly(float(A[1, i, j])))


@claim(
    "Lemma G.5",
    for_all={
        "data": either(unit_sphere_datasets(max_n=6), real_datasets(max_n=6)),
        "sigma": activation_names(),
        "t": small_decimals(min_value=-1, max_value=1),
    },
    depends_on=["du2019deep.gaussian.lemma_g_3", "du2019deep.gaussian.lemma_g_4"],
    mutants=[
        wrong(
            covariance=0.9,
            because="for a nearly linear sigma F(A) is nearly A",
            witness={
                "data": Dataset.of(rows=[[1]], labels=[0]),
                "sigma": "100 sin(z/100)",
                "t": 1.0,
            },
        ),
        wrong(
            diagonal=False,
            because="a lone variance moves its own mean",
            witness={"data": Dataset.of(rows=[[1]], labels=[0]), "sigma": "softplus", "t": 1.0},
        ),
    ],
)
def lemma_g_5(
    data: Dataset, sigma: str, t: float, *, covariance: float = 1.0, diagonal: bool = True
) -> Margin:
    """The means of sigma(U) and of sigma(U) sigma(U)^T are Lipschitz in the covariance matrix.

    For U ~ N(0, A), F(A) = E sigma(U) sigma(U)^T and G(A) = E sigma(U), entrywise:
    ||G(A) - G(B)||_inf <= (beta/2) ||A - B||_inf and, if all variances are at most c,
    ||F(A) - F(B)||_inf <= (L^2 + beta (s0 + L sqrt(2c/pi))) ||A - B||_inf.
    A is the Gram matrix of the inputs, B that of x_i + t x_(i+1), cyclically; no variance need be
    bounded from below.
    """
    one = activation(sigma)
    moved = data.x + t * data.x.roll(-1, dims=0)
    A = torch.stack([data.x @ data.x.T, moved @ moved.T])  # a moved row may vanish
    change = A[0] - A[1]
    if not diagonal:
        change = change - change.diagonal().diag()
    distance = enclosed(change.abs().max(), 1e-14)
    variances = A.diagonal(dim1=-2, dim2=-1)
    widest = sqrt(float(variances.max()))
    reach = one.at_zero + one.L * widest
    means = mean_activation(one, variances)
    mean_gap = enclosed((means[0] - means[1]).abs().max(), 2 * ACCURACY * reach)
    values, error = dual(one, A), 2 * float(dual_error(one, A).max())
    gap = enclosed((values[0] - values[1]).abs().max(), error)
    slope = covariance * one.L**2 + one.beta * (one.at_zero + one.L * ABSOLUTE * widest)
    return every(
        means=at_most(mean_gap, one.beta / 2 * distance, scale=reach),
        products=at_most(gap, slope * distance, scale=reach**2),
    )
