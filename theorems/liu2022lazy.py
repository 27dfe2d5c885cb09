"""Liu, Zhu, Belkin: Loss landscapes and optimization in over-parameterized non-linear systems and neural networks. arXiv:2003.00307v2.

From initialisation to the end of training, with every constant explicit: the composition of the
paper's theorems on Hessians and on balls, which it does not print in this form.

    f_i(W) = alpha m^(-1/2) sum_k a_k sigma(w_k.x_i),  a_k = +-1 fixed, |x_i| <= 1, K_2 = sup |sigma''|

at an antisymmetric start, (W; W) with signs +1 and -1: f = 0 and r_0 = |y|. lambda_1 is the least
eigenvalue of the tangent kernel at W_0 with alpha = 1.
"""  # noqa: E501  the citation is one line

from math import log1p, sqrt

import numpy as np
import torch

from certify import operator_norm, sigma_min
from claims import assume_premise, claim, reached, wrong
from dynamics import taylor_descent
from models import Start, activation, antisymmetric, lazy_taylor
from strategies import (
    activation_names,
    either,
    real_datasets,
    small_decimals,
    starts,
    unit_sphere_datasets,
)
from verdicts import Approx, Margin, at_least, at_most, decays, every, exactly

EPS = 2.0**-52
STEPS = 100
DATA = either(unit_sphere_datasets(max_n=4, max_d=4), real_datasets(sets=("iris",), max_n=3))
HALVES = starts(data=DATA, max_m=12, labels="own")
ONE = Start.of(rows=[[1]], weights=[["1/2"]], signs=[1], labels=[1])


@claim(
    "Wide or lazily scaled networks are trained to zero loss",
    for_all={
        "start": HALVES,
        "name": activation_names(only=("tanh", "sigmoid", "softplus", "sin")),
        "above": small_decimals(min_value=1, max_value=2),
        "share": small_decimals(min_value=0.1, max_value=1),
        "shorter": small_decimals(min_value=0.5, max_value=1),
    },
    text="new",
    regime="beyond",
    depends_on=[
        "liu2022landscape.small_hessian_sharper",
        "liu2022descent.gradient_descent_converges",
    ],
    mutants=[
        wrong(
            threshold=0.15,
            because="at a seventh of the scale the weights leave the steep part of sigma",
            witness={"start": ONE, "name": "sigmoid", "above": 1.0, "share": 1.0, "shorter": 1.0},
        ),
        wrong(room=1.0, because="the kernel cannot be kept whole while the weights move"),
        wrong(rate=8.0, because="lambda_min is 4 mu, and (1 - 4 eta mu)^2 > 1 - 8 eta mu"),
    ],
)
def end_to_end(
    start: Start,
    name: str,
    above: float,
    share: float,
    shorter: float,
    *,
    threshold: float = 1.0,
    room: float = 0.25,
    rate: float = 1.0,
) -> Margin:
    """A scale, or a width, that the start itself names makes gradient descent converge.

    If alpha sqrt(m) lambda_1 >= 8 sqrt(n) K_2 r_0, which for alpha = 1 is the width m >=
    64 n K_2^2 r_0^2/lambda_1^2, then with mu = alpha^2 lambda_1/4, R = 2 r_0/sqrt(mu), H = alpha
    K_2/sqrt(m), L_F = alpha ||DF_1(W_0)|| + sqrt(n) H R and eta <= 1/(L_F^2 + sqrt(n) H r_0):
    lambda_min(K(W_t)) >= mu, L_t <= (1 - eta mu)^t L_0, ||W_t - W_0|| <= R for all t. (100 steps.
    From input to input |x_i| falls by the factor `shorter`; the first has norm 1.)
    """
    sigma, n = activation(name), start.n
    x = start.x * shorter ** torch.arange(n, dtype=start.x.dtype)[:, None]
    w, a = antisymmetric(start.w)
    flat, m = w.flatten(), len(a)
    reached(m=m, steps=STEPS)
    r_0 = float(start.y.norm()) * (1 + 8 * EPS)
    assume_premise("y != 0", at_least(exactly(r_0), exactly(1e-3)))
    first = lazy_taylor(x, flat, a, sigma, 1.0)
    if n > first.J.shape[-1]:
        assume_premise("lambda_1 > 0", at_least(exactly(0.0), exactly(1.0)))
    sigma_1 = sigma_min(first.J, entries=first.J_error)
    assume_premise("lambda_1 > 0", at_least(sigma_1, exactly(1e-4)))
    alpha = threshold * above * (1 + 1e-12) * 8 * sqrt(n) * sigma.beta * r_0
    alpha = alpha / (sqrt(m) * sigma_1.low**2)
    root = alpha * sqrt(room) * sigma_1
    R, H = 2 * r_0 / root.low, alpha * sigma.beta / sqrt(m)
    steepest = alpha * operator_norm(first.J, entries=first.J_error).high + sqrt(n) * H * R
    eta = share / (steepest**2 + sqrt(n) * H * r_0) * (1 - 1e-12)
    run, path = taylor_descent(
        lambda at: lazy_taylor(x, at, a, sigma, alpha), flat, start.y, eta, STEPS
    )
    return every(
        kernel=at_least(_least_along(x, path, a, name, alpha), root, scale=root),
        decay=decays(run.log_ratio, _rate(rate * eta * root.low**2), over=np.arange(STEPS + 1)),
        ball=at_most(run.moved.max(), exactly(R), scale=R),
    )


def _least_along(
    x: torch.Tensor, path: torch.Tensor, a: torch.Tensor, name: str, alpha: float
) -> Approx:
    """The least of sigma_min(DF) over the iterates."""
    found = lazy_taylor(x, path, a, activation(name), alpha)
    return sigma_min(found.J, entries=found.J_error).min()


def _rate(contraction: float) -> float:
    return -log1p(-contraction) if contraction < 1 else 700.0
