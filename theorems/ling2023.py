"""Ling, Xie, Wang, Zhang, Lin: Global Convergence of Over-parameterized Deep Equilibrium Models.

arXiv:2205.13814v2, read as printed in PMLR 206. The model is
Z = relu(W Z + U X), yhat = a^T Z, with W_ij ~ N(0, 2 s_w^2/m), s_w^2 < 1/8, U_ij ~ N(0, 2/d),
a_i ~ N(0, 1/m); the house calls these parameters A, W, u. G = Z^T Z. Lemmas 1, 2 and 8; the
training is in `ling2023training`, its Condition 1 in `ling2023condition`, the kernels in
`ling2023kernels`.
"""

from dataclasses import replace
from functools import partial
from math import exp, log, sqrt

import torch
from torch import Tensor

from certify import enclosed, lambda_max
from claims import assume_premise, claim, misprint, wrong
from models import (
    ImplicitStart,
    SeedNumber,
    gaussian_weights,
    implicit_kernels,
    implicit_pass,
    implicit_slopes,
)
from strategies import (
    either,
    failure_probabilities,
    implicit_starts,
    real_datasets,
    seeds,
    small_decimals,
    unit_sphere_datasets,
    widths,
)
from theorems._implicit_bounds import local_bounds, moved_network, sizes_of
from theorems._implicit_training import least_eigenvalue
from verdicts import (
    Approx,
    Margin,
    Proof,
    Seeds,
    WithProbability,
    at_least,
    at_most,
    constant,
    equal_to,
    every,
    exactly,
    quantity,
    with_probability,
)

DATA = either(unit_sphere_datasets(max_n=5, max_d=6), real_datasets(max_n=5))
STARTS = implicit_starts(data=DATA, model="ling", max_m=12, max_rho=0.8)


def _one(A: str, W: str, a: str) -> ImplicitStart:
    return ImplicitStart.of(rows=[[1]], model="ling", A=[[A]], W=[[W]], u=[a], residual=[1])


NEURON = _one("1/2", "1", "1")
NO_HEADS = _one("1/2", "1", "0")
TWO_NEURONS = ImplicitStart.of(
    rows=[[1]],
    model="ling",
    A=[[0, "1/2"], [0, 0]],
    W=[[1], [1]],
    u=[1, 1],
    residual=[1],
)
TWO_BY_TWO = ImplicitStart.of(
    rows=[[1, 0], [0, 1]],
    model="ling",
    A=[[0, "1/2"], [0, 0]],
    W=[[2, 1], [1, 3]],
    u=[1, 2],
    residual=[1, 1],
)


@claim(
    "Lemma 1",
    for_all={
        "m": widths(max_m=64),
        "s_w": small_decimals(min_value=0.01, max_value=0.35),
        "delta": failure_probabilities(),
    },
    mutants=[
        misprint(
            rate=0.05,
            where="Lemma 1 (E10), and the proof of Theorem 4",
            because="P(||W|| <= 2 sqrt(2) s_w) tends to 0.83, not to 1",
            witness={"m": 100, "s_w": 0.25, "delta": 0.1},
        ),
        wrong(
            side=-1.0,
            because="the mean is nearer to 2 sqrt(2) s_w than that",
            witness={"m": 64, "s_w": 0.25, "delta": 0.1},
        ),
    ],
)
def lemma_1(
    m: int, s_w: float, delta: float, *, side: float = 1.0, rate: float = 0.0
) -> WithProbability:
    """The norm of the initial W, with the deviation that the paper leaves out.

    P(||W|| > 2 sqrt(2) s_w + t) <= exp(-m t^2/(4 s_w^2)); here t = 2 s_w (log(1/delta)/m)^(1/2).
    (rate: the printed t = 0 and probability >= 1 - exp(-rate m).)
    """
    deviation = 2 * s_w * sqrt(log(1 / delta) / m) if rate == 0 else 0.0
    ceiling = exactly(2 * sqrt(2) * s_w + side * deviation)
    failures = delta if rate == 0 else exp(-rate * m)

    def event(seeds: Seeds) -> Margin:
        W = s_w * sqrt(2 / m) * gaussian_weights(m, m, seeds)
        return at_most(_norm(W), ceiling, scale=s_w)

    return with_probability(1 - failures, event, floats_per_seed=2 * m * m)


@claim(
    "Lemma 1, well-posedness",
    for_all={"m": widths(max_m=64), "delta": failure_probabilities()},
    text="derived",
    mutants=[
        wrong(
            critical=True,
            because="at s_w^2 = 1/8 the exponent is 0: ||W|| < 1 fails with probability 0.17",
            witness={"m": 100, "delta": 0.01},
        ),
    ],
)
def well_posed(m: int, delta: float, *, critical: bool = False) -> WithProbability:
    """What the paper needs of Lemma 1 survives: the equilibrium exists, if s_w^2 < 1/8.

    P(||W|| >= 1) <= exp(-m (1 - 2 sqrt(2) s_w)^2/(4 s_w^2)). Here s_w is the largest with delta on
    the right, which tends to 8^(-1/2) with m. (critical: s_w^2 = 1/8.)
    """
    s_w = 1 / (2 * sqrt(2) + (0.0 if critical else 2 * sqrt(log(1 / delta) / m)))

    def event(seeds: Seeds) -> Margin:
        return at_most(_norm(s_w * sqrt(2 / m) * gaussian_weights(m, m, seeds)), exactly(1.0))

    return with_probability(1 - delta, event, floats_per_seed=2 * m * m)


@claim(
    "Lemma 2",
    for_all={"start": implicit_starts(data=DATA, model="ling", max_m=12, max_rho=0.6)},
    bound="tight",
    mutants=[
        misprint(
            printed=True,
            where="Lemma 2 (E11): R with a kron I_n",
            because="it has nm rows, so R^T r is no product; transposed it mixes the samples",
            witness={"start": TWO_BY_TWO},
        ),
        wrong(
            transposed=True,
            because="J has W, not W^T: neuron 1 listens to neuron 2 alone",
            witness={"start": TWO_NEURONS},
        ),
        wrong(
            share=4.0,
            because="without heads only a moves, and one neuron has equality with 2",
            witness={"start": NO_HEADS},
        ),
    ],
)
def lemma_2(
    start: ImplicitStart, *, share: float = 2.0, transposed: bool = False, printed: bool = False
) -> Margin:
    """Gradients through the equilibrium, and the Polyak-Lojasiewicz inequality.

    With D = diag(relu'(W Z + U X)), J = I - D (I_n kron W), R = (I_n kron a^T) J^(-1) D:
    vec grad_W = (Z kron I) R^T r, vec grad_U = (X kron I) R^T r, grad_a = Z r, here beside torch's
    derivative of 80 iterations; H = G + R (G kron I) R^T + R (X^T X kron I) R^T, and
    ||grad||^2 = r^T H r >= 2 lambda_min(G) Phi with Phi = ||r||^2/2.
    """
    network, x = start.network, start.x
    run = implicit_pass(x, network)
    nearest = enclosed(run.pre.abs().min(), 0.0)
    exact = partial(Proof, "implicit", start.exact_recipe)
    apart = exact(quantity("least_preactivation"), ">=", 1e-6)
    assume_premise("no pre-activation at a kink", at_least(nearest, exactly(1e-6), proof=apart))
    r = run.z @ network.u - start.y
    R = _R(implicit_slopes(run, network).D, network.A, network.u, transposed, printed)
    weighed = (R.mT @ r).reshape(start.n, start.m)
    found = (weighed.mT @ run.z, weighed.mT @ x, run.z.mT @ r)
    # Both sides round in sums of these sizes, and so does what the equation feeds back.
    pairs = ((weighed, run.z), (weighed, x), (r, run.z))
    sizes = [float(left.norm() * right.norm()) for left, right in pairs]
    k = 1 / (1 - float(run.rho))
    rounding = 1e-12 * k**2
    parts = _beside_torch(start, r, found, sizes, rounding)
    if printed or transposed:  # what is wrong with the formula, exactly
        off = quantity("gap_mixed_A" if printed else "gap_swapped")
        parts["W"] = replace(parts["W"], proof=exact(off, "<=", 0))
    square = sum(float(g.square().sum()) for g in found)
    kernels = implicit_kernels(run, implicit_slopes(run, network), network)
    quadratic = float(r @ sum(kernels[1:], kernels[0]) @ r)
    rounding = rounding * (1 + sum(size**2 for size in sizes))
    norm = Approx.around(square, rounding)
    loss_times = constant("share") * quantity("lambda_min_Z") * quantity("squared_residual") / 2
    loss = Approx.around(float(r.square().sum()) / 2, 1e-14 * float(r.square().sum()))
    return every(
        **parts,
        kernel=equal_to(norm, Approx.around(quadratic, rounding), scale=1 + square),
        polyak=at_least(
            norm,
            share * least_eigenvalue(start) * loss,
            scale=1 + square,
            proof=exact(quantity("squared_gradient"), ">=", loss_times),
        ),
    )


def _beside_torch(
    start: ImplicitStart,
    r: Tensor,
    found: tuple[Tensor, ...],
    sizes: list[float],
    rounding: float,
) -> dict[str, Margin]:
    """That the formulas for the gradients are torch's derivatives, by the names of the blocks."""
    parts = {}
    for name, one, true, size in zip("WUa", found, _unrolled(start, r), sizes, strict=True):
        gap = enclosed((one - true).norm(), rounding * (1 + size))
        parts[name] = at_most(gap, exactly(0.0), scale=1 + size, resolution=1e-8)
    return parts


def _R(D: Tensor, W: Tensor, a: Tensor, transposed: bool, printed: bool) -> Tensor:  # noqa: FBT001
    n, m = D.shape
    samples = torch.eye(n, dtype=torch.float64)
    recurrent = torch.kron(samples, W.mT.contiguous() if transposed else W)
    J = torch.eye(n * m, dtype=torch.float64) - D.flatten()[:, None] * recurrent
    heads = torch.kron(a[:, None], samples).mT if printed else torch.kron(samples, a[None])
    found: Tensor = torch.linalg.solve(J.mT, heads.mT).mT * D.flatten()
    return found


def _unrolled(start: ImplicitStart, r: Tensor) -> list[Tensor]:
    """Derivatives of r.yhat at the 80th iterate; 0.6^80 is below an ulp."""
    blocks = [p.clone().requires_grad_() for p in (start.network.A, start.network.W)]
    a = start.network.u.clone().requires_grad_()
    z = torch.zeros(start.n, start.m, dtype=torch.float64)
    for _ in range(80):
        z = torch.relu(z @ blocks[0].mT + start.x @ blocks[1].mT)
    return list(torch.autograd.grad(r @ (z @ a), [*blocks, a]))


@claim(
    "Lemma 8",
    for_all={
        "start": STARTS,
        "t": small_decimals(min_value=0, max_value=1),
        "seed": seeds(),
    },
    bound="tight",
    mutants=[
        wrong(
            gap_power=1,
            because="w itself enters the equilibrium twice",
            witness={"start": NEURON, "t": 0.1, "seed": SeedNumber(0)},
        ),
        wrong(
            closed=False,
            because="z = ux/(1 - w) is larger than ux",
            witness={"start": NEURON, "t": 0.1, "seed": SeedNumber(0)},
        ),
    ],
)
def lemma_8(
    start: ImplicitStart,
    t: float,
    seed: SeedNumber,
    *,
    gap_power: int = 2,
    closed: bool = True,
) -> Margin:
    """Sizes of features and gradients, and how far they move, in a ball.

    If ||W|| <= rw < 1, ||U|| <= ru, ||a|| <= ra at both of two points, with cu = ra/(1 - rw),
    cw = ru ra/(1 - rw)^2, ca = ru/(1 - rw): ||Z||_F <= ca ||X||_F; the gradients in W, U, a are at
    most cw, cu, ca times ||X||_F ||r||; ||Z - Z'||_F <= (cw ||dW|| + cu ||dU||) ||X||_F/ra, and
    ||yhat - yhat'|| <= (cw ||dW|| + cu ||dU|| + ca ||da||) ||X||_F. (The paper prints yhat(tau) for
    yhat(s).) The radii are the larger norms of the two points; attained by one neuron.
    """
    other = moved_network(start.network, t, seed)
    sizes = sizes_of(start, other)
    bounds = sizes.bounds(0.0, sizes.a, gap_power=gap_power, closed=closed)
    return local_bounds(start, other, bounds)


def _norm(W: Tensor) -> Approx:
    return lambda_max(W @ W.mT).sqrt()
