"""Gao, Gao: Gradient Descent Optimizes Infinite-Depth ReLU Implicit Networks with Linear Widths. arXiv:2205.07463v1.

Z = s(gamma A Z + Phi), Phi = s(W X)/sqrt(m), yhat_i = u.z_i, s = max(., 0), with A >= 0 entrywise at
the start. The text was not read beyond its abstract and what Ling et al. (arXiv:2205.13814) say of
it: what stands here follows from that set-up. Rows are samples.
"""  # noqa: E501  the citation is one line

from functools import partial
from math import ceil, exp, log, sqrt

import torch

from certify import (
    all_equilibria,
    enclosed,
    equilibrium_error,
    lambda_max,
    lambda_min,
    operator_norm,
    sigma_min,
)
from claims import claim, not_executable, reached, wrong
from models import (
    G2,
    Dataset,
    EquilibriumProblem,
    ImplicitStart,
    gaussian_weights,
    gram,
)
from strategies import (
    either,
    equilibrium_problems,
    failure_probabilities,
    implicit_starts,
    nonnegative_problems,
    real_datasets,
    small_decimals,
    unit_sphere_datasets,
)
from theorems._implicit_kernels import limit_of
from theorems._linear_widths import on_the_edge, trains
from verdicts import (
    Margin,
    Proof,
    Seeds,
    WithProbability,
    at_least,
    at_most,
    every,
    exactly,
    quantity,
    with_probability,
)

EPS = 2.3e-16
SWAPPED = EquilibriumProblem.of(W=[[0, "1/2"], ["1/2", 0]], b=[[1, 0], [0, 1]])
SIGNED = EquilibriumProblem.of(W=[[0, "-0.9"], [0, 0]], b=[["0.5", 1]])
ONE = ImplicitStart.of(rows=[[1]], A=[[0]], W=[[1]], u=[1], v=[0], gamma=1, residual=[1])
AXES = Dataset.of(rows=[[1, 0], [0, 1]], labels=[0, 0])


linear_width = not_executable(
    "Main theorem, m = Omega(n)",
    where="abstract",
    reason="the width hides lambda_0 and logarithms behind Omega, and the special initialisation "
    "was not read; `b2` is what holds given the start, `b3` the width that its curvature asks for",
)


@claim(
    "B1, well-posedness",
    for_all={"problem": nonnegative_problems(max_m=6, max_n=2)},
    text="derived",
    mutants=[
        wrong(
            problem=nonnegative_problems(max_m=6, max_n=2, unit_norm=True),
            drops="L ||W||_2 < 1",
            title="problem=norm-1",
            because="gamma = 1/||A||: z = z + b has no solution for b > 0",
            witness={"problem": EquilibriumProblem.of(W=[[1]], b=[[1]])},
        ),
    ],
)
def well_posed(problem: EquilibriumProblem) -> Margin:
    """With gamma < 1/||A|| there is exactly one equilibrium.

    z = s(W z + b) with W = gamma A, ||W|| < 1: all solutions are counted, exactly.
    """
    recipe = problem.recipe
    counts = [all_equilibria(recipe["W"], b).count for b in recipe["b"]]
    exact = partial(Proof, "equilibrium", recipe)
    return every(
        some=at_least(
            exactly(min(counts)), exactly(1), proof=exact(quantity("least_solutions"), ">=", 1)
        ),
        alone=at_most(
            exactly(min(2.0, max(counts))),
            exactly(1),
            proof=exact(quantity("most_solutions"), "<=", 1),
        ),
    )


@claim(
    "B1",
    for_all={"problem": nonnegative_problems()},
    bound="tight",
    text="new",
    examples=[{"problem": SWAPPED}],
    mutants=[
        wrong(
            problem=equilibrium_problems(max_m=6),
            drops="W >= 0 and b >= 0",
            title="problem=signed",
            because="a neuron that is held back is off: (0, 1) in place of (-0.4, 1)",
            witness={"problem": SIGNED},
        ),
        wrong(
            share=0.9,
            because="W = [[0, r], [r, 0]] has the eigenvalue -r, and s_min(Z) = 1/(1 + r)",
            witness={"problem": SWAPPED},
        ),
    ],
)
def b1(problem: EquilibriumProblem, *, share: float = 1.0) -> Margin:
    """Without negative numbers the equilibrium is linear in what enters, and no smaller.

    If W = gamma A >= 0 and Phi >= 0 entrywise and rho = ||W|| < 1, then Z = (I - W)^(-1) Phi,
    Z >= Phi, and s_min(Z) >= s_min(Phi)/(1 + rho).
    """
    m, n = problem.m, problem.n
    found = problem.solve()
    error = float(equilibrium_error(found.residual, found.rho).square().sum().sqrt())
    linear = torch.linalg.solve(torch.eye(m).to(problem.W) - problem.W, problem.b.T).T
    left = problem.b + linear @ problem.W.T - linear
    size = float(linear.norm()) + float(problem.b.norm()) + 1e-300
    off = (float(left.norm()) + 4 * m * EPS * size) / (1 - float(found.rho))
    apart = enclosed((found.z - linear).norm(), error + off)
    above = enclosed((found.z - problem.b).min(), error + EPS * size)
    rho = operator_norm(problem.W)
    exact = partial(Proof, "equilibrium", problem.recipe)
    most = exact(quantity("linear_gap"), "<=", 0)
    least = exact(quantity("least_above_b"), ">=", 0)
    bound = quantity("lambda_min_b") / (1 + share * quantity("norm_W")) ** 2
    parts = {
        "linear": at_most(apart, exactly(0), scale=size, proof=most),
        "above": at_least(above, exactly(0), scale=size, proof=least),
    }
    if n <= m:
        parts["singular"] = at_least(
            sigma_min(found.z, entries=error),
            sigma_min(problem.b) / (1 + share * rho),
            scale=size,
            proof=exact(quantity("lambda_min_solutions"), ">=", bound),
        )
    return every(**parts)


@claim(
    "B2",
    for_all={
        "start": implicit_starts(
            data=either(unit_sphere_datasets(max_n=4, max_d=6), real_datasets(max_n=4)),
            max_m=16,
            max_rho=0.6,
            signs="nonnegative",
            min_lambda_G=1e-3,
        ),
        "share": small_decimals(min_value=0, max_value=0.9),
    },
    text="new",
    depends_on=["gao2022linear.b1"],
    mutants=[
        wrong(
            largeness=40.0,
            because="labels far away move the heads so far that the step is too long",
            witness={"start": ONE, "share": 0.0},
        ),
        wrong(factor=1.1, because="with zero heads the first step contracts by 1 - eta ||z||^2"),
        wrong(
            speed=2.1,
            because="a step beyond 2/||Z||^2 overshoots further each time",
            witness={"start": ONE, "share": 0.9},
        ),
    ],
)
def b2(
    start: ImplicitStart,
    share: float,
    *,
    largeness: float = 1.0,
    factor: float = 0.25,
    floor: float = 0.5,
    speed: float = 1.0,
) -> Margin:
    """Small heads and a small residual let gradient descent on A, W, u converge, at any m >= n.

    With radii delta around the start, rho = gamma ||A||/sqrt(m) < 1 and k = 1/(1 - rho) at their
    ends, Zb = k ||W|| ||X||_F/sqrt(m), gA = gamma k ||u|| Zb/sqrt(m), gW = k ||u|| ||X||_F/sqrt(m)
    and lambda_0 = lambda_min(Z(0) Z(0)^T): if 4 r_0 max(gA, gW, Zb)/lambda_0 <= delta,
    4 r_0 (gA^2 + gW^2)/(||u|| lambda_0) <= (1 - 1/sqrt(2)) sqrt(lambda_0), 4 (gA^2 + gW^2) <=
    lambda_0 and eta <= 1/Zb^2, then for all k ||r_k|| <= (1 - eta lambda_0/4)^k r_0,
    lambda_min(Z Z^T) >= lambda_0/2 and rho < 1. Theorem 1 of Ling et al. with s(W x)/sqrt(m) for
    U x, in its repaired form B.
    """
    edge = on_the_edge(start, share, largeness=largeness)
    return trains(edge, eta=speed * edge.step, factor=factor, floor=floor)


@claim(
    "B3",
    for_all={
        "data": unit_sphere_datasets(max_n=3, max_d=4, min_lambda_0=0.1),
        "delta": failure_probabilities(),
    },
    text="derived",
    share=2.0,
    mutants=[
        wrong(width=0.01, because="a handful of neurons is too few more often than delta"),
        wrong(factor=1.0, because="the mean itself is missed about half of the time"),
        wrong(
            missing=1,
            because="fewer neurons than samples leave a direction without a feature",
            witness={"data": AXES, "delta": 0.5},
        ),
    ],
)
def b3(
    data: Dataset,
    delta: float,
    *,
    width: float = 1.0,
    factor: float = 0.5,
    missing: int = 0,
    rho: float = 0.5,
) -> WithProbability:
    """A width linear in n/lambda_0, up to logarithms, keeps half of the limit's curvature.

    For unit x_i, lambda_0 = lambda_min(E s(X w) s(X w)^T), R = sqrt(n/2) + ||X|| t and t such that
    exp(-t^2/2) (R^2 + 2 ||X|| sqrt(n/2)/t + 2 ||X||^2) <= lambda_0/8: if
    m >= 10.51 (R^2/lambda_0) log(n/delta), then with probability >= 1 - delta
    lambda_min(Phi Phi^T) >= lambda_0/2, and lambda_min(Z Z^T) >= lambda_0/(2 (1 + rho)^2) for
    A >= 0. Proof: matrix Chernoff for the terms with ||s(X w)|| <= R, which keep 7/8 of the mean,
    since ||s(X w)|| is ||X||-Lipschitz with mean at most sqrt(n/2); 4/7 of 7/8 is 1/2, at the rate
    (7/8) (3/7 + (4/7) log(4/7)) = 0.0952 > 1/10.51. A is rho/m times ones here.
    """
    n, d = data.x.shape
    lambda_0 = lambda_min(limit_of(data))
    R = truncation(n, lambda_max(gram(data.x)).sqrt().high, lambda_0.low)
    m = ceil(width * 10.51 * R**2 / lambda_0.low * log(n / delta))
    m = max(1, n - missing) if missing else m
    reached(m=m)
    entries = 8 * (m + d + 2) * EPS

    def event(seeds: Seeds) -> Margin:
        x = data.x
        w = gaussian_weights(m, d, seeds)
        G = G2(x, w)
        mean = (w @ x.to(w).T).clamp_min(0).mean(dim=-2) / sqrt(m)
        a = rho / (1 - rho)
        G_Z = G + (2 * a + a * a) * m * mean.unsqueeze(-1) * mean.unsqueeze(-2)
        return every(
            phi=at_least(lambda_min(G, entries=entries), factor * lambda_0, scale=lambda_0),
            z=at_least(
                lambda_min(G_Z, entries=entries * (1 + a) ** 2),
                factor * lambda_0 / (1 + rho) ** 2,
                scale=lambda_0,
            ),
        )

    return with_probability(1 - delta, event, floats_per_seed=m * (n + d))


def truncation(n: int, x_norm: float, lambda_0: float) -> float:
    """The least R = sqrt(n/2) + ||X|| t beyond which at most lambda_0/8 of the mean lies."""
    root, low, high = sqrt(n / 2), 0.1, 60.0
    for _ in range(60):
        t = (low + high) / 2
        R = root + x_norm * t
        beyond = exp(-t * t / 2) * (R * R + 2 * x_norm * root / t + 2 * x_norm**2)
        low, high = (low, t) if beyond <= lambda_0 / 8 else (t, high)
    return root + x_norm * high
