"""Gao, Liu, Liu, Rajan, Gao: A global convergence theory for deep ReLU implicit networks via over-parameterization. arXiv:2110.05645v2.

Training, with explicit constants, at every width and for any inputs; the proofs are ours. Let mu_0 =
lambda_min(Phi(0) Phi(0)^T) > 0, mu = theta mu_0, radii d_A, d_W, d_u, d_v > 0 of balls around the
start, and in these balls, with sup-norms W = ||W(0)|| + d_W, u = ||u(0)|| + d_u, v likewise,
    rho = gamma (||A(0)|| + d_A)/sqrt(m) < 1,  k = 1/(1 - rho),
    g_v = W ||X||_F/sqrt(m),  g_u = k g_v,  g_A = gamma k u g_u/sqrt(m),
    g_W = (k u + v) ||X||/sqrt(m),  B2 = g_A^2 + g_W^2.
(G1) d_W <= (1 - sqrt(theta)) sqrt(m mu_0)/||X||;  (G2) B2 <= mu/2;
(G3) alpha <= 1/(g_u^2 + g_v^2);  (G4) 2 g_q r_0/mu <= d_q for q = A, W, u, v.
"""  # noqa: E501  the citation is one line

import numpy as np

from certify import lambda_max
from claims import assume_premise, claim, reached, wrong
from dynamics import implicit_descent, implicit_flow
from models import ImplicitStart
from strategies import (
    either,
    implicit_starts,
    nonzero_datasets,
    real_datasets,
    small_decimals,
    unit_sphere_datasets,
)
from theorems._gao2022 import EXACT_SIZES, about
from theorems._gao2022training import (
    Ball,
    decay_times_of,
    kernel_of,
    shrunk_heads,
    told_of,
    worst_step,
)
from verdicts import (
    Margin,
    at_least,
    at_most,
    constant,
    decays,
    every,
    exactly,
    number,
)

DATA = either(unit_sphere_datasets(max_n=5), nonzero_datasets(max_n=3), real_datasets(max_n=5))
SHARES = small_decimals(min_value=0.1, max_value=0.9)
FLOW = 1e-6  # resolution along a flow


def one_neuron(W: str, heads: str, e: str, *, A: str = "1/2") -> ImplicitStart:
    """One sample, one neuron, one coordinate."""
    return ImplicitStart.of(
        rows=[[1]], gamma="1/2", A=[[A]], W=[[W]], u=[heads], v=[heads], residual=[e]
    )


@claim(
    "Gradient descent",
    for_all={
        "start": implicit_starts(data=DATA, max_m=12, max_rho=0.8, min_lambda_G=1e-4),
        "theta": SHARES,
    },
    topics=["training"],
    text="new",
    mutants=[
        wrong(
            reach=16.0,
            because="the output weights go further for farther labels",
            witness={"start": one_neuron("1", "1/10", "-1", A="0"), "theta": 0.9},
        ),
        wrong(
            small=False,
            because="the blocks A and W are steeper than the step allows",
            witness={"start": one_neuron("1", "2", "1"), "theta": 0.9},
        ),
        wrong(
            over=2.2,
            because="a step beyond 2/lambda_max(H) makes the residual grow",
            witness={"start": one_neuron("1", "0", "1"), "theta": 0.5},
        ),
        wrong(
            rate=2.4,
            because="without recurrence and heads H(0) = 2 mu_0, and 2 mu_0 is 2 mu/theta",
            witness={"start": one_neuron("1", "0", "1", A="0"), "theta": 0.9},
        ),
        wrong(
            keep=1.0,
            because="labels that pull down shrink the features",
            witness={"start": one_neuron("1", "1/10", "-1", A="0"), "theta": 0.5},
        ),
    ],
)
def theorem_gd(
    start: ImplicitStart,
    theta: float,
    *,
    reach: float = 1.0,
    small: bool = True,
    over: float = 0.0,
    rate: float = 0.5,
    keep: float = 0.0,
    steps: int = 20,
) -> Margin:
    """A network with small output weights is trained at a linear rate that its start tells.

    (G1) to (G4) imply for all k: the parameters stay in their balls, lambda_min(G(k)) >= theta
    mu_0, rho(k) < 1, and ||r_(k+1)|| <= (1 - alpha mu/2) ||r_k||.

    On the edge: d_W, alpha and r_0 are 0.999 of the largest allowed. Checked for 20 steps, the rate
    in each of them.
    """
    net, exact = shrunk_heads(start, theta) if small else (start.network, about(start))
    ball = Ball.around(start, net, theta, factor=2.0)
    ball.suppose(exact, skip=() if small else ("(G2)",))
    length, alpha = reach * ball.r_0, ball.alpha
    if over:
        alpha = over / lambda_max(kernel_of(start.x, net)).low
    run = implicit_descent(start.x, ball.labels(length), net, eta=alpha, steps=steps)
    reached(steps=steps)
    shrink = exactly(1.0) - rate * alpha * ball.mu
    fall = number(alpha) * number(theta) * EXACT_SIZES.G
    slow = exact and exact(constant("rate") * fall, "<=", 0.999)
    assume_premise("the rate is one", at_most(rate * alpha * ball.mu, exactly(0.999), proof=slow))
    seen = exact and exact(fall, ">=", 1e-8)
    assume_premise("not rounding", at_least(alpha * ball.mu, exactly(1e-8), proof=seen))
    told = told_of(exact, alpha, length, steps)
    slowest = told("step_ratio", "<=", 1 - constant("rate") * fall, upto=worst_step(run))
    kept = keep or theta
    return every(
        decay=decays(
            run.step_logs(),
            -2 * shrink.log(),
            over=np.ones(steps),
            proof=None if slowest is None else lambda _: slowest,
        ),
        gram=at_least(
            run.lambda_min.min(),
            kept * ball.mu_0,
            scale=ball.mu_0,
            proof=told("least_lambda_min_G", ">=", number(kept) * EXACT_SIZES.G),
        ),
        posed=at_most(run.rho.max(), exactly(1.0), proof=told("most_rho", "<=", 1)),
        **ball.confined(run, told),
    )


@claim(
    "Gradient flow",
    for_all={
        "start": implicit_starts(data=DATA, max_m=6, max_rho=0.8, min_lambda_G=1e-3),
        "theta": SHARES,
    },
    topics=["training"],
    text="new",
    cost=lambda start: 1.9e6 + 1e3 * start.m**2,
    mutants=[
        wrong(
            reach=8.0,
            because="labels that pull far enough shrink the weight below sqrt(theta)",
            witness={"start": one_neuron("1", "1/2", "-1", A="0"), "theta": 0.9},
        ),
        wrong(
            rate=2.4,
            because="without recurrence and heads H(0) = 2 mu_0, that is 2 mu/theta",
            witness={"start": one_neuron("1", "0", "1", A="0"), "theta": 0.9},
        ),
        wrong(
            keep=1.0,
            because="labels that pull down shrink the features",
            witness={"start": one_neuron("1", "1", "-1", A="0"), "theta": 0.5},
        ),
    ],
)
def theorem_gf(
    start: ImplicitStart,
    theta: float,
    *,
    reach: float = 1.0,
    rate: float = 1.0,
    keep: float = 0.0,
) -> Margin:
    """Near labels are fitted by gradient flow from any output weights, also from +1 and -1.

    (G1), and (G4) with g_q r_0/mu <= d_q, imply for all t: the parameters stay in their balls,
    lambda_min(G(t)) >= theta mu_0, rho(t) < 1, and ||r(t)|| <= exp(-mu t) r_0.

    Solutions that slide along a kink are left out. Checked up to the time 2/mu, or 6 times the
    fastest decay time if that is less, the rate between any two of seven times.
    """
    ball = Ball.around(start, start.network, theta, factor=1.0)
    ball.suppose(None, skip=("(G2)", "(G3)"))
    times = decay_times_of(start, ball.mu)
    run = implicit_flow(start.x, ball.labels(reach * ball.r_0), start.network, times=times.tolist())
    assume_premise("the solution is plain", run.plainness)
    squared = run.squared_residual
    blurred = exactly(float((squared.width / squared.upper.clip(1e-300)).max()))
    least = 0.02 * ball.mu * float(np.diff(times).min())
    assume_premise("the residual is no rounding", at_most(blurred, least, scale=least.high))
    return every(
        decay=decays(run.step_logs(), 2 * rate * ball.mu, over=np.diff(times), resolution=FLOW),
        gram=at_least(
            run.lambda_min.min(), (keep or theta) * ball.mu_0, scale=ball.mu_0, resolution=FLOW
        ),
        posed=at_most(run.rho.max(), exactly(1.0)),
        **ball.confined(run, told_of(None, 1.0, 1.0, 0)),
    )
