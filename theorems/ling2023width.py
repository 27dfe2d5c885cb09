"""Ling, Xie, Wang, Zhang, Lin: Global Convergence of Over-parameterized Deep Equilibrium Models. arXiv:2205.13814v2.

Wide random networks are near the population kernel of `ling2023kernels`: Theorems 5 and 2, whose
constants the paper does not state, at widths that can be tried. Notation as in `ling2023random`.
"""  # noqa: E501  the citation is one line

from math import ceil, log, sqrt

import torch
from torch import Tensor

from certify import (
    equilibrium_error,
    frobenius_norm,
    lambda_min,
    population_kernel,
)
from claims import assume_premise, claim, not_executable, reached, wrong
from models import (
    Dataset,
    equilibrium,
    gaussian_weights,
)
from strategies import (
    failure_probabilities,
    small_decimals,
    unit_sphere_datasets,
    whole_numbers,
)
from theorems._implicit_kernels import cosines
from verdicts import (
    Margin,
    Seeds,
    WithProbability,
    at_least,
    at_most,
    exactly,
    with_probability,
)

EPS = 2.3e-16
APART = unit_sphere_datasets(max_n=3, max_d=4, min_lambda_0=0.35)


def _inputs(data: Dataset) -> Tensor:
    """The rows at norm sqrt(d)."""
    return data.x * sqrt(data.d)


@claim(
    "Theorem 5, two layers",
    for_all={
        "data": unit_sphere_datasets(max_n=2, max_d=3),
        "s": small_decimals(min_value=0.07, max_value=0.12),
        "depth": whole_numbers(min_value=1, max_value=2),
        "delta": failure_probabilities(),
    },
    text="derived",
    regime="beyond",
    mutants=[
        wrong(width=0.02, because="means of few neurons scatter more than that"),
        wrong(closeness=0.1, because="a tenth of the distance needs a hundred times the width"),
    ],
)
def theorem_5(
    data: Dataset,
    s: float,
    depth: int,
    delta: float,
    *,
    width: float = 16.0,
    closeness: float = 1.0,
) -> WithProbability:
    """The Gram matrix of l layers of a wide network is near the population kernel.

    ||G^(l)/m - K^(l)||_F <= n (2 sqrt(2) s_w)^l with probability >=
    1 - n^2 exp(-Omega(m 8^l s_w^(2l)) + O(l^2)). The constants are not stated: tried for l <= 2
    with m = 16 log(2 n^2/delta)/(8 s)^l and s = s_w^2, which is no theorem.
    """
    n = data.n
    m = ceil(width * log(2 * n**2 / delta) / (8 * s) ** depth)
    reached(m=m)
    limit = population_kernel(cosines(data), s, depth)
    K = torch.tensor(limit.middle)

    def event(seeds: Seeds) -> Margin:
        W = sqrt(2 / data.d) * gaussian_weights(m, data.d, seeds)
        inputs = _inputs(data).to(W) @ W.mT
        z = inputs.relu()
        if depth > 1:
            A = sqrt(2 * s / m) * gaussian_weights(m, m, seeds, layer=2)
            z = (z @ A.mT + inputs).relu()
        distance = frobenius_norm(z @ z.mT / m - K.to(z), entries=1e-12)
        bound = exactly(closeness * n * (8 * s) ** (depth / 2))
        return at_most(distance, bound, scale=bound)

    return with_probability(1 - delta, event, floats_per_seed=m * (m if depth > 1 else data.d))


@claim(
    "Theorem 2, at m = 96",
    for_all={"data": APART, "s": small_decimals(min_value=0.01, max_value=0.06)},
    text="derived",
    regime="beyond",
    depends_on=["ling2023kernels.lemma_3_definiteness"],
    mutants=[
        wrong(factor=1.5, because="the Gram matrix is near m K, so half is near half"),
        wrong(width=3, because="three neurons have a Gram matrix of rank three, and scatter"),
    ],
)
def theorem_2(data: Dataset, s: float, *, width: int = 96, factor: float = 0.5) -> WithProbability:
    """The equilibria of a wide random network have a well-conditioned Gram matrix.

    With probability >= 1 - t, lambda_min(G(0)) >= m lambda_*/2 for m = Omega(n^2/lambda_*^2
    log(n/(lambda_* t))). The constant is not stated, and degenerates as s = s_w^2 -> 1/8; tried for
    lambda_* >= 0.3 and n <= 3 at m = 96 with t = 1/4, which is no theorem.
    """
    limit = lambda_min(population_kernel(cosines(data), s))
    assume_premise("lambda_* >= 0.3", at_least(limit, exactly(0.3)))

    def event(seeds: Seeds) -> Margin:
        A = sqrt(2 * s / width) * gaussian_weights(width, width, seeds, layer=2)
        W = sqrt(2 / data.d) * gaussian_weights(width, data.d, seeds)
        found = equilibrium(A, _inputs(data).to(W) @ W.mT)
        error = equilibrium_error(found.residual, found.rho).clamp_max(1e100).amax(dim=-1)
        size = torch.linalg.vector_norm(found.z, dim=-1).amax(dim=-1)
        entries = (2 * size + error) * error + (width + 4) * EPS * size**2
        G = found.z @ found.z.mT / width
        least = lambda_min(G, entries=(entries / width)[:, None, None].expand(G.shape))
        return at_least(least, factor * limit, scale=limit)

    return with_probability(0.75, event, floats_per_seed=width**2)


theorem_2_width = not_executable(
    "Theorem 2, width",
    where="Theorem 2",
    reason="Omega hides its constant; the proof takes l of order log(n/lambda_*) layers, whose "
    "O(l^2) term asks for one more log^2, and the constant grows without bound as s_w^2 -> 1/8",
)
