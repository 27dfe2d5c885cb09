"""Truong: Global Convergence Rate of Deep Equilibrium Models with General Activations. arXiv:2302.05797v3.

The population kernel of an equilibrium model with any L-Lipschitz activation f: the fixed point of
T(K)_ij = c E f(u_i) f(u_j), u ~ N(0, s K + T_0). In the paper c = 2, s = s_w^2 and T_0 = X^T X/d.
kappa^2 = c s L^2. The paper is known here through its abstract and public reviews only; training is
in `truong2025training`.
"""  # noqa: E501  the citation is one line

from math import sqrt

import torch
from torch import Tensor

from certify import enclosed
from claims import claim, not_executable, wrong
from models import (
    Dataset,
    PopulationMap,
    SeedNumber,
    gaussian_weights,
    gram,
    nonlinearity,
)
from strategies import (
    activation_names,
    either,
    real_datasets,
    seeds,
    small_decimals,
    unit_sphere_datasets,
    whole_numbers,
)
from verdicts import Approx, Margin, at_most, exactly

ODD = ("tanh", "sin", "erf")
LIPSCHITZ = (
    "tanh",
    "sin",
    "sin(2z)",
    "erf",
    "softplus",
    "sigmoid",
    "tanh+0.7",
    "sin+pi/4",
    "identity",
    "relu",
)
DATA = either(unit_sphere_datasets(max_n=4), real_datasets(max_n=4))
CONTRACTIONS = small_decimals(min_value=0.05, max_value=0.7)  # kappa
AXIS = Dataset.of(rows=[[1]], labels=[0])
OPPOSITE = Dataset.of(rows=[[1], [-1]], labels=[0, 0])
ENOUGH = 1e-13  # of the limit: iterates are taken until the rest is below it


def kernel_map(data: Dataset, sigma: str, kappa: float) -> PopulationMap:
    """T on unit inputs, with s such that kappa is the contraction factor."""
    L = nonlinearity(sigma).L
    return PopulationMap(sigma, gram(data.x), (kappa / L) ** 2 / 2)


def tail(kappa: float, layers: int, first: float) -> float:
    """2 kappa^l/(1 - kappa)^2 max_i K^(1)_ii."""
    return 2 * kappa**layers / (1 - kappa) ** 2 * first


@claim(
    "Existence of the kernel",
    for_all={
        "data": DATA,
        "sigma": activation_names(only=LIPSCHITZ),
        "kappa": CONTRACTIONS,
        "depth": whole_numbers(max_value=10),
    },
    text="new",
    mutants=[
        wrong(
            power=2,
            resolvent=0,
            because="for f(z) = z and one input the rest is kappa^(2l)/(1 - kappa^2)",
            witness={"data": AXIS, "sigma": "identity", "kappa": 0.7, "depth": 3},
        ),
        wrong(
            beyond=1.0,
            because="for f(z) = z and kappa = 1 every layer adds c T_0",
            witness={"data": AXIS, "sigma": "identity", "kappa": 0.5, "depth": 1},
        ),
    ],
)
def existence(
    data: Dataset,
    sigma: str,
    kappa: float,
    depth: int,
    *,
    power: int = 1,
    resolvent: int = 2,
    beyond: float = 0.0,
) -> Margin:
    """The kernels of more and more layers converge, for any Lipschitz activation.

    If kappa^2 = c s L^2 < 1, then K^(0) = 0, K^(l) = T(K^(l-1)) converge to a fixed point K of T,
    and |K_ij - K^(l)_ij| <= 2 kappa^l/(1 - kappa)^2 max_i K^(1)_ii. Nothing else is asked of f.
    """
    T = kernel_map(data, sigma, beyond or kappa)
    layers = 1
    while tail(kappa, layers, 1.0) > ENOUGH and layers < 200:
        layers += 1
    K = T.iterates(max(layers, depth))
    first = enclosed(K[1].diagonal().max(), 1e-11 * (1 + K[1].diagonal().max()))
    if beyond:
        # The increments at the end, if K were a limit, would be nothing.
        gap = enclosed((K[-1] - K[-2]).abs().max(), 1e-9)
        return at_most(gap, exactly(1e-3), scale=first)
    rest = exactly(tail(kappa, len(K) - 1, 1.0)) * first
    error = 2 * T.iterate_error(K) + rest.high
    gap = enclosed((K[-1] - K[depth]).abs().max(), error)
    reach = exactly(kappa) ** (power * depth) if depth else exactly(1.0)
    bound = 2 * reach / (1 - exactly(kappa)) ** 2 if resolvent else reach
    return at_most(gap, bound * first, scale=first)


@claim(
    "Uniqueness of the kernel",
    for_all={
        "data": DATA,
        "sigma": activation_names(only=LIPSCHITZ),
        "kappa": CONTRACTIONS,
        "seed": seeds(),
        "size": small_decimals(min_value=0, max_value=9),
    },
    text="new",
    bound="tight",
    mutants=[
        wrong(
            power=4,
            because="for f(z) = z the distance shrinks by kappa^2 exactly",
            witness={
                "data": AXIS,
                "sigma": "identity",
                "kappa": 0.5,
                "seed": SeedNumber(0),
                "size": 1.0,
            },
        ),
        wrong(
            factor=0.99,
            because="for f(z) = z the distance shrinks by kappa^2 exactly",
            witness={
                "data": AXIS,
                "sigma": "identity",
                "kappa": 0.5,
                "seed": SeedNumber(0),
                "size": 1.0,
            },
        ),
    ],
)
def uniqueness(
    data: Dataset,
    sigma: str,
    kappa: float,
    seed: SeedNumber,
    size: float,
    *,
    power: int = 2,
    factor: float = 1.0,
) -> Margin:
    """Two kernels come nearer in every layer, whatever positive semidefinite ones they are.

    Run T on 2n Gaussians with the inputs twice: for K, K' and their cross covariances C, the
    squared distances D_i = K_ii + K'_ii - 2 C_ii of the features obey D_i(next) <= kappa^2 D_i. So
    T has one fixed point. This closes the gap in Proposition 12 (E16), whose contraction factor is
    not below 1 under the paper's own s_w^2 < 1/(8 L^2); kappa^2 = 2 L^2 s_w^2 < 1/4 is.
    """
    n = data.n
    drawn = gaussian_weights(2 * n, 2 * n, seed)[0] * sqrt(size / (2 * n))
    T = kernel_map(data, sigma, kappa)
    doubled = PopulationMap(sigma, T.T_0.repeat(2, 2), T.s)
    start = gram(drawn) if size else torch.zeros(2 * n, 2 * n, dtype=torch.float64)
    K = doubled.iterates(1, start=start)
    scale = 1 + float(K[1].diagonal().max()) + float(start.diagonal().max())
    before = _distances(start, 1e-14 * scale)
    after = _distances(K[1], doubled.error(start))  # the start is exact
    return at_most(after, factor * exactly(kappa) ** power * before, scale=scale)


def _distances(K: Tensor, error: float) -> Approx:
    """K_ii + K'_ii - 2 C_ii of the doubled index set."""
    n = len(K) // 2
    D = K.diagonal()[:n] + K.diagonal()[n:] - 2 * K[:n, n:].diagonal()
    return enclosed(D.clamp_min(0.0), 4 * error)


proposition_12 = not_executable(
    "Proposition 12",
    where="Proposition 12, as reviews of the paper quote it",
    reason="its contraction factor 2 q^2 Ltilde_q s_w^2 has a constant that is not known here; "
    "`uniqueness` gives what it was for, under 2 L^2 s_w^2 < 1",
)

gram_matrix_near_the_kernel = not_executable(
    "Initial Gram matrix",
    where="the claim ||G/m - K|| small at initialisation",
    reason="known through the abstract only, without constants; `ling2023width` tries the same for "
    "ReLU",
)
