"""Gao, Huo, Liu, Gao: Wide Neural Networks as Gaussian Processes: Lessons from Deep Equilibrium Models. arXiv:2310.10767v1.

Layers h^0 = 0, h^l = f(W h^(l-1) + U x) with one W in all of them, f Lipschitz with constant L and
rho = L ||W||; h* is their limit. The kernel of infinite width: K^(0) = 0, K^(l) = T(K^(l-1)) with
T(K)_ij = E f(u_i) f(u_j), u ~ N(0, s K + T_0), and K its fixed point; kappa^2 = s L^2. The text was
not read beyond its abstract; statements and proofs are ours.
"""  # noqa: E501  the citation is one line

from dataclasses import dataclass
from math import sqrt

import torch
from torch import Tensor

from certify import enclosed, equilibrium_error
from claims import claim, not_executable, wrong
from models import (
    Dataset,
    EquilibriumProblem,
    PopulationMap,
    SeedNumber,
    equilibrium,
    gaussian_weights,
    gram,
    nonlinearity,
)
from strategies import (
    activation_names,
    either,
    equilibrium_problems,
    free_equilibrium_problems,
    real_datasets,
    seeds,
    small_decimals,
    unit_sphere_datasets,
    whole_numbers,
    widths,
)
from theorems._equilibria import (
    EPS,
    NORM,
    all_at_most,
    at_steps,
    counts,
    exact_model,
    length,
    picard,
    powers,
    solved,
)
from verdicts import Approx, Margin, Proof, at_least, at_most, exactly, quantity

STEPS = 12
HALF = EquilibriumProblem.of(W=[["1/2"]], b=[[1]])
GROWING = EquilibriumProblem.of(W=[["11/10"]], b=[[1]])
AXIS = Dataset.of(rows=[[1]], labels=[0])


@claim(
    "Depth error",
    for_all={
        "problem": either(
            equilibrium_problems(max_m=12, activations=("relu", "leaky relu", "tanh")),
            equilibrium_problems(min_m=50, max_m=500, max_n=2, activations=("relu", "tanh")),
        )
    },
    bound="tight",
    text="derived",
    mutants=[
        wrong(
            power=2,
            because="for one neuron the error is rho^l/(1 - rho) exactly",
            witness={"problem": HALF},
        ),
        wrong(
            share=0.9,
            because="the rate is ||W||, above the s_w of the kernel's own rate",
            witness={"problem": HALF},
        ),
    ],
)
def depth_error(problem: EquilibriumProblem, *, power: int = 1, share: float = 1.0) -> Margin:
    """How near layer l is to the limit of infinite depth does not depend on the width.

    If rho = L ||W|| < 1, then ||h^l - h*|| <= rho^l/(1 - rho) ||h^1|| at every width m. Here
    l <= 12, m <= 500. (With s_w^2/m as variance of W's entries ||W|| is near 2 s_w, not s_w.)
    """
    at = solved(problem)
    z, moved = picard(problem, STEPS)
    first = length(z[1], moved)
    bound = powers(share * at.rho, power * STEPS)[::power] / (1 - share * at.rho) * first
    size = 1 + (first / (1 - at.rho)).max().high
    if "slope" not in problem.recipe or isinstance(problem.recipe["W"], dict):
        return at_most(at.distance(z, moved), bound, scale=size)
    rate, exact = share * NORM, exact_model(problem)

    def prove(k: int, i: int) -> Proof:
        limit = rate ** (power * k) / (1 - rate) * quantity("norm_sigma_b", sample=i)
        return exact(at_steps("error", k, i), "<=", limit)

    return all_at_most(at.distance(z, moved), bound, size, prove)


@claim(
    "Well-posedness",
    for_all={
        "problem": equilibrium_problems(
            max_m=4, max_n=2, shapes=("scalar", "permutation", "chain", "dense")
        )
    },
    text="new",
    mutants=[
        wrong(
            problem=free_equilibrium_problems(max_m=4, max_n=2),
            drops="L ||W||_2 < 1",
            title="problem=any-norm",
            because="the weight of one neuron may be 1.1, and its layers grow for ever, though the "
            "kernel of untied layers converges for every s_w < 1",
            witness={"problem": GROWING},
        ),
    ],
)
def posed(problem: EquilibriumProblem) -> Margin:
    """Layers of one W have a limit if ||W|| < 1; that the kernel has one is not enough.

    There is a solution of h = f(W h + b), f = ReLU, for every b.
    """
    exact = exact_model(problem)
    proof = exact(quantity("least_solutions"), ">=", 1)
    return at_least(counts(problem).min(), exactly(1.0), proof=proof)


@dataclass(frozen=True, slots=True, eq=False)
class _Both:
    """Gram matrices of a network and of its limit, at depth l and at infinite depth.

    Attributes:
        apart: |(G - K) - (G^(l) - K^(l))| at the worst pair.
        network: what depth changes of G, at most.
        kernel: what depth changes of K, at most.
        size: of the entries.
    """

    apart: Approx
    network: Approx
    kernel: Approx
    size: float


@claim(
    "Interchange of limits",
    for_all={
        "data": either(unit_sphere_datasets(max_n=4, max_d=6), real_datasets(max_n=4)),
        "m": widths(max_m=200),
        "seed": seeds(),
        "sigma": activation_names(only=("tanh", "relu", "softplus", "identity", "tanh+0.7")),
        "rho": small_decimals(min_value=0.05, max_value=0.9),
        "kappa": small_decimals(min_value=0.05, max_value=0.6),
        "depth": whole_numbers(max_value=12),
    },
    text="new",
    depends_on=["gao2023.depth_error", "truong2025.existence"],
    mutants=[
        wrong(
            network=0.0,
            because="at one neuron W may be far above s_w, and depth matters more than to K",
            witness={
                "data": AXIS,
                "m": 1,
                "seed": SeedNumber(1),
                "sigma": "identity",
                "rho": 0.9,
                "kappa": 0.05,
                "depth": 6,
            },
        ),
        wrong(
            kernel=0.0,
            because="the kernel's own depth is the rest of a geometric series",
            witness={
                "data": AXIS,
                "m": 1,
                "seed": SeedNumber(1),
                "sigma": "identity",
                "rho": 0.05,
                "kappa": 0.6,
                "depth": 3,
            },
        ),
        wrong(
            power=2,
            because="for one neuron G - G^(l) is 2 rho^l/(1 - rho)^2 ||h^1||^2, to first order",
            witness={
                "data": AXIS,
                "m": 1,
                "seed": SeedNumber(5),
                "sigma": "identity",
                "rho": 0.9,
                "kappa": 0.05,
                "depth": 6,
            },
        ),
    ],
)
def interchange(
    data: Dataset,
    m: int,
    seed: SeedNumber,
    sigma: str,
    rho: float,
    kappa: float,
    depth: int,
    *,
    network: float = 1.0,
    kernel: float = 1.0,
    power: int = 1,
) -> Margin:
    """Depth changes the distance between a network and its Gaussian limit by little, at any width.

    With G^(l)_ij = h_i^l.h_j^l/m, for every W with L ||W|| = rho < 1, every U, m and l
    |(G_ij - K_ij) - (G^(l)_ij - K^(l)_ij)| <= 2 rho^l/(1 - rho)^2 max_i ||h_i^1||^2/m
    + 2 kappa^l/(1 - kappa)^2 max_i K^(1)_ii. Both terms are uniform in m: if G^(l) tends to K^(l)
    as m grows, for each l, then G tends to K, and the limits may be taken in either order.
    """
    look = _looked(data, m, seed, sigma, rho, kappa, depth)
    share = exactly(rho) ** (power * depth) if depth else exactly(1.0)
    bound = network * share * look.network + kernel * look.kernel
    return at_most(look.apart, bound, scale=look.size)


def _looked(
    data: Dataset, m: int, seed: SeedNumber, sigma: str, rho: float, kappa: float, depth: int
) -> _Both:
    f = nonlinearity(sigma)
    drawn = gaussian_weights(m, m, seed, layer=2)[0]
    W = drawn * (rho / f.L / torch.linalg.matrix_norm(drawn, ord=2))
    b = data.x @ gaussian_weights(m, data.d, seed)[0].T
    found = equilibrium(W, b, sigma)
    h, moved = _layers(W, b, sigma, max(depth, 1))
    T = PopulationMap(sigma, gram(data.x), (kappa / f.L) ** 2, c=1.0)
    layers = max(depth, 1)
    while 2 * kappa**layers > 1e-13 * (1 - kappa) ** 2 and layers < 120:
        layers += 1
    K = T.iterates(layers)
    first = float(K[1].diagonal().max())
    tail = 2 * kappa**layers / (1 - kappa) ** 2 * first
    missed = float(equilibrium_error(found.residual, found.rho).max())
    size = float(found.z.norm(dim=-1).max() + h.norm(dim=-1).max()) + missed + moved
    off = 2 * size * (missed + moved) + 4 * m * EPS * size**2
    gap = (found.z @ found.z.mT - h[depth] @ h[depth].mT) / m - (K[-1] - K[depth])
    error = off / m + 2 * T.iterate_error(K) + tail
    change = exactly(kappa) ** depth if depth else exactly(1.0)
    return _Both(
        apart=enclosed(gap.abs().max(), error),
        network=2 / (1 - exactly(rho)) ** 2 * (length(h[1], torch.tensor(moved)).max() ** 2 / m),
        kernel=2 * change / (1 - exactly(kappa)) ** 2 * enclosed(K[1].diagonal().max(), error),
        size=size**2 / m + first,
    )


def _layers(W: Tensor, b: Tensor, sigma: str, count: int) -> tuple[Tensor, float]:
    """h^0 = 0, ..., h^count, and what rounding may have moved any of them by; L ||W|| < 1."""
    f, h = nonlinearity(sigma), [torch.zeros_like(b)]
    for _ in range(count):
        h.append(f.value(h[-1] @ W.mT + b))
    layers = torch.stack(h)
    sizes = torch.linalg.vector_norm(layers.abs() @ W.abs().mT + b.abs(), dim=-1)
    return layers, f.L * (len(b[0]) + 16) * EPS * count * (float(sizes.max()) + sqrt(len(b[0])))


gaussian_process = not_executable(
    "Gaussian process limit",
    where="abstract",
    reason="convergence in law as m grows, without a rate; `interchange` has what is uniform in m",
)
