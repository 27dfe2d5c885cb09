"""Ling, Xie, Wang, Zhang, Lin: Global Convergence of Over-parameterized Deep Equilibrium Models.

arXiv:2205.13814v2, read as printed in PMLR 206. Theorem 1: gradient descent on
W, U and a of Z = relu(W Z + U X), yhat = a^T Z, from a start with G = Z^T Z,
lambda_0 = lambda_min(G(0)), r = yhat - y, Phi = ||r||^2/2. With delta > 0, ||W(0)|| + delta < 1,
radii rw, ru, ra = initial norms + delta, cu = ra/(1 - rw), cw = ru ra/(1 - rw)^2,
ca = ru/(1 - rw), its Condition 1 asks for
    (7) lambda_0 >= (4/delta) max(cw, cu, ca) ||X||_F ||r(0)||,
    (8) lambda_0^(3/2) >= 4 (2 + sqrt(2)) ra^(-1) (cw^2 + cu^2) ||X||_F^2 ||r(0)||,
    (9) lambda_0 >= 4 (cw^2 + cu^2) ||X||_F^2.
No claim needs the paper's data or widths: any X with lambda_0 > 0. Labels and heads are the largest
that the conditions allow, the step is the longest; at these lambda_tau hardly leaves lambda_0, so
the factor 1/2 is loose.
"""

from dataclasses import replace
from math import sqrt

import numpy as np
import torch

from claims import assume_premise, claim, not_executable, wrong
from dynamics import implicit_flow
from models import (
    ImplicitStart,
    implicit_kernels,
    implicit_pass,
    implicit_slopes,
)
from strategies import (
    either,
    implicit_starts,
    real_datasets,
    small_decimals,
    unit_sphere_datasets,
)
from theorems._implicit_training import (
    Edge,
    descend,
    on_the_edge,
    on_the_edge_of_flow,
    trains,
)
from verdicts import Margin, at_least, at_most, decays, every, exactly

STEPS = 20
STARTS = implicit_starts(
    data=either(unit_sphere_datasets(max_n=4, max_d=6), real_datasets(max_n=4)),
    model="ling",
    max_m=14,
    max_rho=0.6,
    min_lambda_G=0.001,
)
SMALL_STARTS = implicit_starts(
    data=unit_sphere_datasets(max_n=3, max_d=4),
    model="ling",
    max_m=6,
    max_rho=0.6,
    min_lambda_G=0.02,
)
SHARES = small_decimals(min_value=0, max_value=0.9)


def _one(A: str, W: str, a: str, residual: int) -> ImplicitStart:
    return ImplicitStart.of(rows=[[1]], model="ling", A=[[A]], W=[[W]], u=[a], residual=[residual])


FALLING = _one("3/10", "1/10", "1", -1)  # its residual pulls the neuron down
SINKING = _one("0", "3/4", "1", -1)
HEADLESS = _one("3/10", "1", "0", -1)
FALLEN = _one("3/10", "1/2", "1", -1)
RISING = _one("1/2", "1", "1", 1)
DYING = ImplicitStart.of(rows=[[1]], model="ling", A=[["3/10"]], W=[["1/10"]], u=[1], labels=[-10])
JUMPING = ImplicitStart.of(rows=[[1]], model="ling", A=[["1/2"]], W=[[1]], u=[1], labels=[100])

width = not_executable(
    "Condition 1 holds for m = Omega(n^3/lambda_*^2)",
    where="section 3.2 (E14)",
    reason="no constant is stated, and (9) fails at every width (ling2023condition); of (8) alone: "
    "with r(0) of order sqrt(n), ra of order 1, cw of order sqrt(m/d), lambda_0 of order m lambda_*"
    " and ||X||_F^2 = n d it asks for m of order n^3/lambda_*^3, the cube",
)


@claim(
    "Theorem 1, repair B",
    for_all={"start": STARTS, "share": SHARES},
    topics=["training"],
    text="new",
    mutants=[
        wrong(
            largeness=50.0,
            because="without (7) and (8) the neuron falls too far",
            witness={"start": FALLING, "share": 0.5},
        ),
        wrong(
            own_step=0.001,
            because="labels of any size: the neuron dies while the residual is still 10",
            witness={"start": DYING, "share": 0.0},
        ),
        wrong(
            own_step=0.05,
            because="one step from w = 1/2 to 20, where there is no equilibrium",
            witness={"start": JUMPING, "share": 0.0},
        ),
        wrong(
            unstable=2.2,
            because="steps beyond 2/lambda_max(H) diverge",
            witness={"start": RISING, "share": 0.0},
        ),
        wrong(
            floor=1.0,
            because="labels below the predictions lessen the features",
            witness={"start": FALLING, "share": 0.5},
        ),
        wrong(
            rate=1.02,
            because="without heads one neuron contracts by 1 - eta lambda_0",
            witness={"start": FALLING, "share": 0.0},
        ),
    ],
)
def theorem_1_repair_b(
    start: ImplicitStart,
    share: float,
    *,
    largeness: float = 1.0,
    own_step: float = 0.0,
    unstable: float = 0.0,
    floor: float = 0.5,
    rate: float = 0.25,
) -> Margin:
    """Gradient descent on an equilibrium network converges linearly, conditions as printed.

    Under (7), (8), (9) and eta <= 1/(ca^2 ||X||_F^2), which (9) and (10) imply, for all tau:
    ||W|| < 1, lambda_min(G(tau)) >= lambda_0/2, ||r(tau + 1)|| <= (1 - eta lambda_0/4) ||r(tau)||.
    Proof: r' = (I - eta Z^T Z) r + e with ||e|| <= eta (cw^2 + cu^2) ||X||_F^2 ||r||. The paper's
    strict lambda_tau > lambda_0/2 is not what its proof gives. (own_step: labels, heads and step
    of the start itself. unstable: eta in units of 1/lambda_max(H(0)).)
    """
    edge = on_the_edge(start, share, largeness=largeness)
    eta = 0.999 / edge.bounds.a**2
    if own_step:
        edge, eta = replace(edge, start=start, given=start), own_step
    if unstable:
        eta = unstable / _largest_eigenvalue(edge.start)
    factor = 1 - rate * eta * edge.lambda_0.low
    return trains(edge, descend(edge.start, eta, STEPS), max(factor, 1e-3), floor, eta)


@claim(
    "Theorem 1, repair A",
    for_all={"start": STARTS, "share": SHARES},
    topics=["training"],
    text="derived",
    depends_on=["ling2023training.theorem_1_repair_b"],
    mutants=[
        wrong(
            largeness=300.0,
            because="without (7) and (8) the neuron falls too far",
            witness={"start": FALLEN, "share": 0.5},
        ),
        wrong(
            rate=2.1,
            because="without heads one neuron contracts Phi by (1 - eta lambda_0)^2",
            witness={"start": FALLING, "share": 0.0},
        ),
    ],
)
def theorem_1_repair_a(
    start: ImplicitStart,
    share: float,
    *,
    curvature: float = 8.0,
    largeness: float = 1.0,
    rate: float = 0.5,
) -> Margin:
    """The printed rate, where (9) has 8 in place of 4.

    Under (7), (8), lambda_0 >= 8 (cw^2 + cu^2) ||X||_F^2 and the paper's step (10),
    eta < min(2/lambda_0, 2 (cw^2 + cu^2)/((cw^2 + cu^2 + ca^2)^2 ||X||_F^2)), for all tau:
    ||W|| < 1, lambda_tau >= lambda_0/2 and Phi(tau + 1) <= (1 - eta lambda_0/2) Phi(tau). (E12: the
    proof's factor is 1 - eta (lambda_0 - 4 (cw^2 + cu^2) ||X||_F^2), which 4 does not carry.)
    """
    edge = on_the_edge(start, share, curvature=curvature, largeness=largeness)
    eta = _printed_step(edge)
    factor = sqrt(max(1 - rate * eta * edge.lambda_0.low, 1e-6))
    return trains(edge, descend(edge.start, eta, STEPS), factor, 0.5, eta)


@claim(
    "Theorem 1 as printed",
    for_all={"start": STARTS, "share": SHARES},
    topics=["training"],
    regime="beyond",
    depends_on=["ling2023training.theorem_1_repair_b"],
    mutants=[
        wrong(
            rate=2.1,
            because="without heads one neuron contracts Phi by (1 - eta lambda_0)^2",
            witness={"start": FALLING, "share": 0.0},
        ),
    ],
)
def theorem_1_printed(start: ImplicitStart, share: float, *, rate: float = 0.5) -> Margin:
    """The printed rate under the printed conditions: neither proved nor refuted.

    Under (7), (8), (9) and (10): Phi(tau + 1) <= (1 - eta lambda_0/2) Phi(tau) and the rest. To
    leading order in eta it holds, since (cw^2 + cu^2)/(cw^2 + cu^2 + ca^2) <= 1/5 under (9).
    """
    edge = on_the_edge(start, share)
    eta = _printed_step(edge)
    factor = sqrt(max(1 - rate * eta * edge.lambda_0.low, 1e-6))
    return trains(edge, descend(edge.start, eta, STEPS), factor, 0.5, eta)


@claim(
    "Theorem 1, gradient flow",
    for_all={"start": SMALL_STARTS, "part": small_decimals(min_value=0.05, max_value=0.5)},
    topics=["training"],
    text="new",
    mutants=[
        wrong(
            largeness=30.0,
            because="without (7) and (8) the neuron falls too far",
            witness={"start": SINKING, "part": 0.1},
        ),
        wrong(
            floor=1.0,
            because="labels below the predictions lessen the features",
            witness={"start": FALLING, "part": 0.5},
        ),
        wrong(
            rate=1.1,
            because="without heads one neuron decays at rate lambda_0",
            witness={"start": HEADLESS, "part": 0.5},
        ),
    ],
)
def theorem_1_flow(
    start: ImplicitStart,
    part: float,
    *,
    largeness: float = 1.0,
    floor: float = 0.5,
    rate: float = 0.5,
) -> Margin:
    """Gradient flow converges without Condition (9), so with heads of any size.

    If lambda_0 >= (2/delta) max(cw, cu, ca) ||X||_F ||r(0)|| and lambda_0^(3/2) >=
    2 (2 + sqrt(2)) ra^(-1) (cw^2 + cu^2) ||X||_F^2 ||r(0)||, then for all t: ||W|| < 1,
    lambda_t >= lambda_0/2 and ||r(t)|| <= exp(-lambda_0 t/2) ||r(0)||. Followed to the
    lesser of 3/lambda_0 and 15/lambda_max(H(0)), as long as two runs agree.
    """
    edge = on_the_edge_of_flow(start, part, largeness=largeness)
    end = min(3 / edge.lambda_0.low, 15 / _largest_eigenvalue(edge.start))
    times = np.linspace(0.0, end, 7)
    run = implicit_flow(edge.start.x, edge.start.y, edge.start.network, times=times.tolist())
    assume_premise("the solution is plain", at_least(exactly(float(run.plain)), exactly(0.5)))
    apart = ~np.isfinite(run.squared_residual.upper) & ~(run.rho.lower > 1)
    told = slice(0, max(2, int(apart.argmax())) if apart.any() else len(times))
    log_ratio, least = run.log_ratio()[told], run.lambda_min[told]
    return every(
        decay=decays(log_ratio, 2 * rate * edge.lambda_0, over=times[told], resolution=1e-6),
        eigenvalue=at_least(least.min(axis=-1), floor * edge.lambda_0, scale=edge.lambda_0),
        well_posed=at_most(run.rho[told].max(axis=-1), exactly(1.0)),
    )


def _printed_step(edge: Edge) -> float:
    curved = edge.bounds.curved
    return 0.999 * min(2 / edge.lambda_0.high, 2 * curved / (curved + edge.bounds.a**2) ** 2)


def _largest_eigenvalue(start: ImplicitStart) -> float:
    """Of the tangent kernel H at the start."""
    run = implicit_pass(start.x, start.network)
    kernels = implicit_kernels(run, implicit_slopes(run, start.network), start.network)
    return float(torch.linalg.eigvalsh(sum(kernels[1:], kernels[0]))[-1])
