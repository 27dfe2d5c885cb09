"""Truong: Global Convergence Rate of Deep Equilibrium Models with General Activations. arXiv:2302.05797v3.

When the population kernel of `truong2025` is positive definite, and what odd activations do to it.
The paper is known here through its abstract and public reviews only.
"""  # noqa: E501  the citation is one line

import torch

from certify import equilibrium_error, lambda_min
from claims import claim, wrong
from models import (
    Dataset,
    SeedNumber,
    distinct_directions,
    equilibrium,
    gaussian_weights,
    nonlinearity,
    tensor_power_rank,
)
from strategies import (
    activation_names,
    antipodal_datasets,
    duplicated_datasets,
    either,
    real_datasets,
    seeds,
    unit_sphere_datasets,
    widths,
    with_premises,
)
from theorems.truong2025 import CONTRACTIONS, OPPOSITE, kernel_map, tail
from verdicts import Approx, Margin, at_least, at_most, exactly

ODD = ("tanh", "sin", "erf")


@claim(
    "Positive definiteness of the kernel",
    for_all={
        "data": either(
            unit_sphere_datasets(max_n=4, min_lambda_0=0.1, antiparallel="forbidden"),
            real_datasets(max_n=4, min_lambda_0=0.1),
        ),
        "sigma": with_premises(
            activation_names(only=("tanh", "sin", "erf", "softplus", "sigmoid")),
            {"no polynomial": lambda name: name != "identity"},
        ),
        "kappa": CONTRACTIONS,
    },
    text="derived",
    depends_on=["truong2025.existence", "gao2022series.lemma_a_9"],
    mutants=[
        wrong(
            data=antipodal_datasets(pairs=1),
            drops="not antiparallel",
            title="data=antipodal",
            because="an odd f has opposite features at opposite inputs, in every layer",
            witness={"data": OPPOSITE, "sigma": "tanh", "kappa": 0.5},
        ),
        wrong(
            data=duplicated_datasets(max_n=4),
            drops="lambda_0 >= 0.1",
            title="data=duplicated",
            because="equal inputs have equal features",
        ),
        wrong(
            sigma=activation_names(only=("identity",)),
            drops="no polynomial",
            because="a linear f has a multiple of X X^T as its kernel",
            witness={
                "data": Dataset.of(rows=[[1, 0], [-1, 2], [-1, -2]], labels=[0, 0, 0]),
                "sigma": "identity",
                "kappa": 0.5,
            },
        ),
    ],
)
def positive_definite(data: Dataset, sigma: str, kappa: float) -> Margin:
    """The kernel of non-parallel inputs is positive definite, unless f is a polynomial.

    K > 0 if no two inputs are parallel and the dual activation of f has infinitely many
    coefficients that are not 0. For odd f "not parallel" cannot be weakened to "distinct", in
    contrast to ReLU; bounded f' and f'' alone do not do, as linear f shows.
    """
    T = kernel_map(data, sigma, kappa)
    K = T.iterates(80)
    error = T.iterate_error(K) + tail(kappa, 80, float(K[1].diagonal().max()))
    least = lambda_min(K[-1], entries=error)
    rank = Approx(data.n if least.low > 0 else 1, _rank_at_most(data, sigma), "estimated")
    return at_least(rank, exactly(float(data.n)), scale=data.n)


def _rank_at_most(data: Dataset, sigma: str) -> int:
    """Linear features have the rank of X; odd ones that of the lines."""
    if sigma == "identity":
        return tensor_power_rank(data, 1)
    return distinct_directions(data, opposite_alike=sigma in ODD)


@claim(
    "Odd activations, finite width",
    for_all={
        "data": antipodal_datasets(),
        "m": widths(max_m=24),
        "sigma": with_premises(activation_names(only=ODD), {"odd": lambda name: name in ODD}),
        "kappa": CONTRACTIONS,
        "seed": seeds(),
    },
    text="new",
    mutants=[
        wrong(
            sigma=activation_names(only=("softplus",)),
            drops="odd",
            title="sigma=softplus",
            because="softplus tells x from -x",
            witness={
                "data": OPPOSITE,
                "m": 8,
                "sigma": "softplus",
                "kappa": 0.5,
                "seed": SeedNumber(0),
            },
        ),
    ],
)
def odd_networks(data: Dataset, m: int, sigma: str, kappa: float, seed: SeedNumber) -> Margin:
    """At every width an odd activation makes the Gram matrix of antipodal inputs singular.

    For odd f, z(-x) = -z(x), so that lambda_min(Z^T Z) = 0 if x and -x are among the inputs,
    whatever W and U with L ||W|| < 1 are.
    """
    f = nonlinearity(sigma)
    drawn = gaussian_weights(m, m, seed, layer=2)[0]
    A = drawn * (kappa / f.L / torch.linalg.matrix_norm(drawn, ord=2))
    found = equilibrium(A, data.x @ gaussian_weights(m, data.d, seed)[0].T, sigma)
    error = equilibrium_error(found.residual, found.rho)
    size = found.z.norm(dim=-1)
    crossed = torch.outer(size + error, error)
    least = lambda_min(found.z @ found.z.T, entries=crossed + crossed.T + 1e-14 * size.max() ** 2)
    return at_most(least, exactly(0.0), scale=1 + float(size.max() ** 2), resolution=1e-8)
