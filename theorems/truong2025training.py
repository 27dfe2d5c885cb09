"""Truong: Global Convergence Rate of Deep Equilibrium Models with General Activations.

arXiv:2302.05797v3. Training, (d1): gradient descent on W, U and a of Z = f(W Z + U X),
yhat = a^T Z, converges linearly under an analogue of the Condition 1 of Ling et al. Abstract and
reviews read, not the proofs. Stated and proved here for every f that is Lipschitz with L, with
explicit constants and no second derivative; the paper's f is bounded, with f' and f'' bounded. The
kernels are in `truong2025`.
"""

import torch

from claims import claim, not_executable, wrong
from models import (
    ImplicitStart,
    SeedNumber,
    implicit_kernels,
    implicit_pass,
    implicit_slopes,
)
from strategies import (
    either,
    implicit_starts,
    real_datasets,
    seeds,
    small_decimals,
    unit_sphere_datasets,
)
from theorems._implicit_bounds import local_bounds, moved_network, sizes_of
from theorems._implicit_training import descend, on_the_edge, trains
from verdicts import Margin

STEPS = 20
ACTIVATIONS = ("relu", "leaky relu", "tanh", "sin(2z)", "tanh+0.7")
DATA = either(unit_sphere_datasets(max_n=4, max_d=6), real_datasets(max_n=4))
SHARES = small_decimals(min_value=0, max_value=0.9)


def _one(f: str, A: str, W: str, a: str, residual: int) -> ImplicitStart:
    return ImplicitStart.of(
        rows=[[1]],
        model="ling",
        A=[[A]],
        W=[[W]],
        u=[a],
        residual=[residual],
        activation=f,
    )


STEEP = _one("sin(2z)", "1/4", "1/1000", "1", 1)
SHIFTED = _one("tanh+0.7", "1/4", "0", "1", 1)
SMOOTH = _one("tanh", "3/10", "1/10", "1", -1)

heads = not_executable(
    "(d1) with probability",
    where="abstract",
    reason="the width is not stated with its constant; with heads a_i ~ N(0, 1/m), as in the paper "
    "whose setting it takes over, its condition on the heads fails as ling2023condition shows",
)


@claim(
    "(d1), sizes and moves",
    for_all={
        "start": implicit_starts(
            data=DATA, model="ling", max_m=12, max_rho=0.8, activations=ACTIVATIONS
        ),
        "t": small_decimals(min_value=0, max_value=1),
        "seed": seeds(),
    },
    text="new",
    bound="tight",
    depends_on=["ling2023.lemma_8"],
    mutants=[
        wrong(
            slope=False,
            because="near 0 the sine of 2z has the slope 2, and z the slope 2u/(1 - 2w)",
            witness={"start": STEEP, "t": 0.1, "seed": SeedNumber(0)},
        ),
        wrong(
            shifted=False,
            because="f(0) = 0.7 moves z where no input does",
            witness={"start": SHIFTED, "t": 0.1, "seed": SeedNumber(0)},
        ),
        wrong(
            gap_power=1,
            because="w itself enters the equilibrium twice",
            witness={"start": _one("relu", "1/2", "1", "1", 1), "t": 0.1, "seed": SeedNumber(0)},
        ),
    ],
)
def local_sizes(
    start: ImplicitStart,
    t: float,
    seed: SeedNumber,
    *,
    slope: bool = True,
    shifted: bool = True,
    gap_power: int = 2,
) -> Margin:
    """Lemma 8 of Ling et al. for any Lipschitz f.

    With L rw < 1, Zb = (L ru ||X||_F + |f(0)| (mn)^(1/2))/(1 - L rw), k = L/(1 - L rw),
    gW = ra k Zb, gU = ra k ||X||_F, ga = Zb, at two points of the balls rw, ru, ra:
    ||Z||_F <= Zb, gradients at most gW, gU, ga times ||r||,
    ||Z - Z'||_F <= k (Zb ||dW|| + ||X||_F ||dU||), and for yhat ra times that, plus Zb ||da||.
    """
    other = moved_network(start.network, t, seed)
    sizes = sizes_of(start, other)
    bounds = sizes.bounds(0.0, sizes.a, slope=slope, shifted=shifted, gap_power=gap_power)
    return local_bounds(start, other, bounds)


@claim(
    "(d1), convergence",
    for_all={
        "start": implicit_starts(
            data=DATA,
            model="ling",
            max_m=14,
            max_rho=0.6,
            min_lambda_G=0.001,
            activations=ACTIVATIONS,
        ),
        "share": SHARES,
    },
    topics=["training"],
    text="new",
    depends_on=["truong2025training.local_sizes", "ling2023training.theorem_1_repair_b"],
    mutants=[
        wrong(
            largeness=100.0,
            because="a large residual moves the features through 0",
            witness={"start": SMOOTH, "share": 0.5},
        ),
        wrong(
            unstable=2.2,
            because="steps beyond 2/lambda_max(H) diverge",
            witness={"start": SMOOTH, "share": 0.0},
        ),
        wrong(
            floor=1.0,
            because="labels below the predictions lessen the features",
            witness={"start": SMOOTH, "share": 0.5},
        ),
        wrong(
            rate=1.1,
            because="without heads one neuron contracts by 1 - eta lambda_0",
            witness={"start": SMOOTH, "share": 0.0},
        ),
    ],
)
def convergence(
    start: ImplicitStart,
    share: float,
    *,
    largeness: float = 1.0,
    unstable: float = 0.0,
    floor: float = 0.5,
    rate: float = 0.25,
) -> Margin:
    """Gradient descent on an equilibrium network with a Lipschitz f converges linearly.

    With radii rw, ru, ra = initial norms + delta, L rw < 1: if (i) 4 g r_0/lambda_0 <= delta for
    g = gW, gU, ga, (ii) (4 r_0/lambda_0) (gW^2 + gU^2)/ra <= (1 - 1/sqrt(2)) lambda_0^(1/2),
    (iii) gW^2 + gU^2 <= lambda_0/4, (iv) eta <= 1/Zb^2, then for all tau lambda_tau >= lambda_0/2,
    L ||W|| < 1 and ||r(tau + 1)|| <= (1 - eta lambda_0/4) ||r(tau)||.
    """
    edge = on_the_edge(start, share, largeness=largeness)
    eta = 0.999 / edge.bounds.a**2
    if unstable:
        run = implicit_pass(start.x, edge.start.network)
        slopes = implicit_slopes(run, edge.start.network)
        kernels = implicit_kernels(run, slopes, edge.start.network)
        eta = unstable / float(torch.linalg.eigvalsh(sum(kernels[1:], kernels[0]))[-1])
    factor = max(1 - rate * eta * edge.lambda_0.low, 1e-3)
    return trains(edge, descend(edge.start, eta, STEPS), factor, floor, eta)
