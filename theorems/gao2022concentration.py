"""Gao, Liu, Liu, Rajan, Gao: A global convergence theory for deep ReLU implicit networks via over-parameterization. arXiv:2110.05645v2.

What is likely at initialisation: Lemma 2.1 (operator norms of Gaussian matrices) and Lemma 3.3
(the Gram matrix G(0) of phi_i = s(W x_i)/sqrt(m) is near its limit G_inf, `gao2022kernels`).
"""  # noqa: E501  the citation is one line

from math import ceil, exp, log, sqrt

import torch

from certify import lambda_max, lambda_min, spectral_norm
from claims import claim, not_executable, reached, wrong
from models import (
    G2,
    Dataset,
    gaussian_weights,
)
from strategies import (
    failure_probabilities,
    unit_sphere_datasets,
    widths,
)
from theorems._implicit_kernels import (
    limit_of,
)
from verdicts import (
    Margin,
    Seeds,
    WithProbability,
    at_least,
    at_most,
    every,
    exactly,
    with_probability,
)


@claim(
    "Lemma 2.1",
    for_all={
        "m": widths(max_m=64),
        "columns": widths(max_m=64),
        "delta": failure_probabilities(),
    },
    text="derived",
    mutants=[
        wrong(
            centre=0.75,
            because="the norm of a square matrix is near 2 sqrt(m), not 3/2 sqrt(m)",
            witness={"m": 100, "columns": 100, "delta": 0.1},
        ),
        wrong(
            tail=-0.5,
            because="below sqrt(m) + sqrt(n) the same exponent promises what hardly ever happens",
            witness={"m": 64, "columns": 64, "delta": 0.1},
        ),
    ],
)
def lemma_2_1(
    m: int, columns: int, delta: float, *, centre: float = 1.0, tail: float = 1.0
) -> WithProbability:
    """A Gaussian matrix has the operator norm of its shape, with an explicit tail.

    A in R^(m x n) has independent N(0, 1) entries. For t >= 0, with probability at least
    1 - exp(-t^2/2): ||A|| <= sqrt(m) + sqrt(n) + t. Here t = sqrt(2 log(1/delta)).
    The paper quotes C K (sqrt(m) + sqrt(n) + t) for sub-Gaussian entries without a value of C.
    """
    t = tail * sqrt(2 * log(1 / delta))
    bound = centre * (sqrt(m) + sqrt(columns)) + t

    def event(seeds: Seeds) -> Margin:
        A = gaussian_weights(m, columns, seeds)
        squared = A @ A.mT if m <= columns else A.mT @ A
        return at_most(lambda_max(squared).sqrt(), exactly(bound), scale=sqrt(m))

    return with_probability(1 - delta, event, floats_per_seed=m * columns)


@claim(
    "Lemma 2.1, c sqrt(m)",
    for_all={"m": widths(max_m=64), "delta": failure_probabilities()},
    text="derived",
    depends_on=["gao2022concentration.lemma_2_1"],
    mutants=[
        wrong(
            rate=1.0,
            because="at c = 2 the norm is too large in a sixth of wide draws, not in exp(-m)",
            witness={"m": 5, "delta": 0.1},
        ),
    ],
)
def lemma_2_1_square(m: int, delta: float, *, rate: float = 0.0) -> WithProbability:
    """The norm of A is below c sqrt(m) with an exponentially small exception, for any c > 2.

    P(||A|| > c sqrt(m)) <= exp(-(c - 2)^2 m/2) for A in R^(m x m); c is such that this is delta.
    At c = 2 itself the probability rises with m, to 1 - F_1(0) = 0.168 (Tracy and Widom).
    """
    c = 2.0 if rate else 2 + sqrt(2 * log(1 / delta) / m)
    failure = exp(-rate * m) if rate else delta

    def event(seeds: Seeds) -> Margin:
        A = gaussian_weights(m, m, seeds)
        return at_most(lambda_max(A @ A.mT).sqrt(), exactly(c * sqrt(m)), scale=sqrt(m))

    return with_probability(1 - failure, event, floats_per_seed=m * m)


lemma_2_1_sub_gaussian = not_executable(
    "Lemma 2.1, sub-Gaussian entries",
    where="Lemma 2.1",
    reason="it hides an absolute constant C beside the sub-Gaussian norm K; lemma_2_1 has the "
    "explicit form for normal entries, which is all that the paper uses",
)


@claim(
    "Lemma 3.3",
    for_all={
        "data": unit_sphere_datasets(max_n=2, max_d=3, min_lambda_0=0.35),
        "delta": failure_probabilities(),
    },
    text="derived",
    depends_on=["gao2022kernels.lemma_3_2"],
    share=2.0,
    mutants=[
        wrong(width=0.02, because="a fiftieth of the width fails more often than not"),
        wrong(closeness=0.025, because="ten times closer needs a hundred times the width"),
    ],
)
def lemma_3_3(
    data: Dataset,
    delta: float,
    *,
    width: float = 1.0,
    closeness: float = 0.25,
    factor: float = 0.75,
) -> WithProbability:
    """A wide enough network starts with nearly the limit kernel.

    If m >= 56 n^2/lambda_0^2 log(n(n + 1)/delta), then with probability >= 1 - delta
    ||G(0) - G_inf|| <= lambda_0/4 and lambda_min(G(0)) >= 3/4 lambda_0. The 56 is derived: products
    of ReLUs obey E X^q <= (3/16) 2^q q!, which by Bernstein gives tails sqrt(3t/m) + 2t/m.
    """
    n, d = data.x.shape
    limit, lambda_0 = limit_of(data), lambda_min(limit_of(data))
    m = ceil(width * 56 * n**2 / lambda_0.low**2 * log(n * (n + 1) / delta))
    reached(m=m)
    G_inf = torch.tensor(limit.middle)

    def event(seeds: Seeds) -> Margin:
        G = G2(data.x, gaussian_weights(m, d, seeds))
        distance = spectral_norm(G - G_inf.to(G), entries=_rounding(m, d))
        return every(
            closeness=at_most(distance, closeness * lambda_0, scale=lambda_0),
            curvature=at_least(
                lambda_min(G, entries=_rounding(m, d)), factor * lambda_0, scale=lambda_0
            ),
        )

    return with_probability(1 - delta, event, floats_per_seed=m * (n + d))


@claim(
    "Lemma 3.3, by Markov's inequality",
    for_all={
        "data": unit_sphere_datasets(max_n=2, max_d=3, min_lambda_0=0.35),
        "delta": failure_probabilities(),
    },
    text="derived",
    depends_on=["gao2022kernels.lemma_3_2"],
    mutants=[
        wrong(width=0.02, because="a fiftieth of the width fails more often than not"),
    ],
)
def lemma_3_3_markov(data: Dataset, delta: float, *, width: float = 1.0) -> WithProbability:
    """Another width that is enough, without a logarithm but with 1/delta.

    If m >= 24 n^2/(delta lambda_0^2), then ||G(0) - G_inf|| <= lambda_0/4 with probability
    >= 1 - delta, since E ||G(0) - G_inf||_F^2 <= 3 n^2/(2m): E s(a)^2 s(b)^2 <= 3/2.
    """
    n, d = data.x.shape
    limit, lambda_0 = limit_of(data), lambda_min(limit_of(data))
    m = ceil(width * 24 * n**2 / (delta * lambda_0.low**2))
    reached(m=m)
    G_inf = torch.tensor(limit.middle)

    def event(seeds: Seeds) -> Margin:
        G = G2(data.x, gaussian_weights(m, d, seeds))
        distance = spectral_norm(G - G_inf.to(G), entries=_rounding(m, d))
        return at_most(distance, 0.25 * lambda_0, scale=lambda_0)

    return with_probability(1 - delta, event, floats_per_seed=m * (n + d))


def _rounding(m: int, d: int) -> float:
    """Of an entry of G for unit inputs: pre-activations to d + 2 ulps, then a mean of m terms."""
    return 8 * (m + d + 2) * 2.3e-16
