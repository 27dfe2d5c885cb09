"""Ling, Xie, Wang, Zhang, Lin: Global Convergence of Over-parameterized Deep Equilibrium Models.

arXiv:2205.13814v2, read as printed in PMLR 206. Section 3.2 says that
Condition 1 of Theorem 1 (see `ling2023training`) holds at wide initialisations. Its part (9),
lambda_0 >= 4 (cw^2 + cu^2) ||X||_F^2, does not, at any width.
"""

from math import sqrt

import torch

from certify import enclosed
from claims import claim, refuted_claim, wrong
from models import (
    Dataset,
    ImplicitStart,
    gaussian_outputs,
    implicit_pass,
    initial_implicit_network,
)
from strategies import (
    either,
    implicit_starts,
    real_datasets,
    small_decimals,
    unit_sphere_datasets,
    widths,
)
from theorems._implicit_bounds import sizes_of
from theorems._implicit_training import least_eigenvalue
from verdicts import (
    Margin,
    Proof,
    Seeds,
    WithProbability,
    at_least,
    at_most,
    constant,
    exactly,
    quantity,
    with_probability,
)

DATA = either(unit_sphere_datasets(max_n=5, max_d=6), real_datasets(max_n=5))
WIDE_NEURON = ImplicitStart.of(rows=[[1]], model="ling", A=[[0]], W=[[90]], u=[1], residual=[1])
WIDE_PAIR = ImplicitStart.of(
    rows=[[1, 0], [0, 1]],
    model="ling",
    A=[[0, 0], [0, 0]],
    W=[[90, 0], [0, 90]],
    u=[1, 1],
    residual=[1, 1],
)


@claim(
    "Condition (9), what it asks of the heads",
    for_all={
        "start": implicit_starts(data=DATA, model="ling", max_m=12, max_rho=0.9, min_lambda_G=0.001)
    },
    text="new",
    bound="tight",
    examples=[{"start": WIDE_NEURON}],
    mutants=[
        wrong(
            factor=2.1,
            because="one neuron with a large u attains 2",
            witness={"start": WIDE_NEURON},
        ),
        wrong(
            power=1.0,
            because="n samples that are orthogonal and have a neuron each come near 2 sqrt(n)",
            witness={"start": WIDE_PAIR},
        ),
    ],
)
def condition_9(start: ImplicitStart, *, factor: float = 2.0, power: float = 0.5) -> Margin:
    """Condition (9) forces small heads: ra <= (1 - rw)/(2 sqrt(n)).

    lambda_0 <= ||Z||_F^2/n <= ca^2 ||X||_F^2/n, so lambda_0 >= 4 (cw^2 + cu^2) ||X||_F^2 leaves no
    more. Here ra is the largest that (9) allows with rw and ru at the start's own norms.
    """
    sizes, lambda_0 = sizes_of(start), least_eigenvalue(start)
    gap = 1 - exactly(sizes.W)
    per_head = (exactly(sizes.U) / gap) ** 2 / gap**2 + 1 / gap**2
    ra = (lambda_0 / (4 * per_head)).sqrt() / sizes.X
    exact_gap = 1 - quantity("norm_A")
    exact_share = (quantity("norm_W") / exact_gap) ** 2 / exact_gap**2 + 1 / exact_gap**2
    exact_ra = (quantity("lambda_min_Z") / (4 * exact_share)).sqrt() / quantity("frobenius_X")
    most = exact_gap / (constant("factor") * quantity("n") ** constant("power"))
    proof = Proof("implicit", start.exact_recipe, exact_ra, "<=", most)
    return at_most(ra, gap / (factor * start.n**power), proof=proof)


@claim(
    "Condition (9), how rarely its heads are drawn",
    for_all={"m": widths(min_m=1, max_m=8)},
    text="new",
    mutants=[
        wrong(base=0.1, because="two heads fail with probability 0.22", witness={"m": 2}),
    ],
)
def small_heads(m: int, *, base: float = 0.5293) -> WithProbability:
    """Heads a_i ~ N(0, 1/m) have a norm of at least 1/2, but for P(||a|| < 1/2) <= 0.5293^(m/2).

    By Chernoff's bound: P(chi^2_m <= m/4) <= (e^(3/4)/4)^(m/2). With `condition_9` this bounds the
    probability of (9) at every n, for ever smaller values as m grows.
    """

    def event(seeds: Seeds) -> Margin:
        a = gaussian_outputs(m, seeds) / sqrt(m)
        return at_least(enclosed(a.norm(dim=-1), 1e-15 * m), exactly(0.5))

    return with_probability(1 - base ** (m / 2), event, floats_per_seed=m)


@refuted_claim(
    "Condition 1 holds with high probability",
    for_all={
        "data": DATA,
        "m": widths(min_m=4, max_m=48),
        "s_w": small_decimals(min_value=0.01, max_value=0.3),
    },
    where="section 3.2 (E13)",
    because="(9) needs ||a|| < 1/2, and ||a|| is about 1 at every width",
    witness={"data": Dataset.of(rows=[[1]], labels=[1]), "m": 16, "s_w": 0.1},
)
def condition_1_likely(data: Dataset, m: int, s_w: float) -> WithProbability:
    """With probability >= 1/2, condition (9) holds at the paper's own initialisation.

    lambda_0 >= 4 (cw^2 + cu^2) ||X||_F^2 with the radii at the initial norms, delta = 0, which is
    the most favourable. The cure is a_i ~ N(0, kappa^2/m) with a small kappa, or a = 0.
    """
    x = data.x * sqrt(data.d)

    def event(seeds: Seeds) -> Margin:
        network = initial_implicit_network(m, data.d, seeds, model="ling", s_w=s_w)
        z = implicit_pass(x, network).z
        lambda_0 = torch.linalg.eigvalsh(z @ z.mT)[..., 0]
        gap = (1 - torch.linalg.matrix_norm(network.A, ord=2)).clamp_min(0.0)
        ru = torch.linalg.matrix_norm(network.W, ord=2)
        curved = network.u.square().sum(dim=-1) * (ru.square() + gap.square())
        left, right = gap**4 * lambda_0, 4 * curved * x.square().sum()
        error = 1e-9 * (1 + left.abs() + right)
        return at_least(enclosed(left, error), enclosed(right, error))

    return with_probability(0.5, event, floats_per_seed=2 * m * m * data.n)
