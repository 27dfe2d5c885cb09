"""Frei, Gu: Proxy Convexity: A Unified Framework for the Analysis of Neural Networks Trained by Gradient Descent. arXiv:2106.13792v3.

Gradient descent on leaky networks under the logistic loss, from any weights, at any width: L is not
smooth, and descent needs no smoothness. Set-up and letters are those of frei2021networks.

    L(W) = (1/n) sum_i l(y_i f(W; x_i)), l(z) = log(1 + exp(-z)), f(W; x) = sum_j a_j sigma(w_j.x),
    |a_j| = m^(-1/2);  |x_i| <= 1, |v| = 1, y_i v.x_i >= gm > 0, V = rows a_j v
"""  # noqa: E501  the citation is one line

from fractions import Fraction
from math import ceil, log

import numpy as np

from claims import claim, wrong
from models import LeakyNet
from strategies import exact_decimals, margin_networks, step_counts
from theorems._frei2021 import (
    Run,
    below,
    direction_proof,
    logistic,
    logistic_term,
    margin_of,
    near,
    rounded_up,
    run_of,
    slope_of,
    squared_distance,
)
from verdicts import Approx, Margin, Term, constant, number, quantity

NETWORKS = margin_networks(max_n=6, max_m=6, max_d=4)
SCALES = exact_decimals(min_value=0, max_value=50)
STEPS = step_counts(min_steps=1, max_steps=20)

POINT = {"rows": [[1]], "labels": [1], "direction": [1], "loss": "logistic", "gamma": "1/10"}
ALONG = LeakyNet({**POINT, "weights": [[-10]], "signs": [-1]})
HALF = LeakyNet({**POINT, "weights": [["1/2"]], "signs": [-1]})
NEARLY_LINEAR = LeakyNet({**POINT, "weights": [["-3.35"]], "gamma": "9/10"})


@claim(
    "Logistic loss, descent (B8 iv)",
    for_all={
        "net": NETWORKS,
        "scale": SCALES,
        "eta": exact_decimals(min_value=0.01, max_value=1),
        "steps": STEPS,
    },
    text="derived",
    depends_on=["frei2021networks.along_the_ray", "frei2021dominated.dominated_gradient_factor"],
    mutants=[
        wrong(
            times=1.1,
            because="from a small wrong output the first step alone loses 19 %",
            witness={"net": HALF, "scale": 0, "eta": Fraction(1), "steps": 1},
        ),
        wrong(
            slope="1",
            because="started at lambda V a neuron that is off has l(lambda gamma gm)",
            witness={"net": ALONG, "scale": 10, "eta": Fraction(1), "steps": 1},
        ),
    ],
)
def descent(
    net: LeakyNet,
    scale: Fraction,
    eta: Fraction,
    steps: int,
    *,
    times: float = 2.0,
    slope: str = "gamma",
) -> Margin:
    """Descent with steps up to 1 brings the mean loss down to that of every point of the ray.

    For eta <= 1, all T >= 1 and lambda >= 0: (1/T) sum_t L(W_t) <= 2 l(lambda gamma gm) + ||W_0 -
    lambda V||_F^2/(eta T). (times: of l + ||W_0 - lambda V||^2/(2 eta T); slope: 1 in place of
    gamma.)
    """
    return _bounded(net, scale, run_of(net, eta, steps), (times, constant("times")), slope)


@claim(
    "Logistic loss, stochastic descent (B8 iv)",
    for_all={
        "net": margin_networks(max_n=3, max_m=3, max_d=2),
        "scale": SCALES,
        "eta": exact_decimals(min_value=0.01, max_value=1),
        "steps": step_counts(min_steps=1, max_steps=4),
    },
    text="derived",
    depends_on=["frei2021dominated.dominated_gradient_stochastic"],
    mutants=[
        wrong(
            times=1.1,
            because="with one sample it is descent",
            witness={"net": HALF, "scale": 0, "eta": Fraction(1), "steps": 1},
        )
    ],
)
def stochastic_descent(
    net: LeakyNet, scale: Fraction, eta: Fraction, steps: int, *, times: float = 2.0
) -> Margin:
    """The same in the mean where every step takes a sample of its own.

    Since E ||grad l_i||^2 <= G <= L. All n^T orders of the samples are gone through.
    """
    run = run_of(net, eta, steps, stochastic=True)
    return _bounded(net, scale, run, (times, constant("times")), "gamma")


def _bounded(
    net: LeakyNet, scale: Fraction, run: Run, times: tuple[float, Term], slope: str
) -> Margin:
    """The mean loss against times l(lambda gamma gm) + ||W_0 - lambda V||^2/(2 eta T)."""
    gamma, term = slope_of(net, slope)
    eta, T = run.descent.eta, run.T
    far = squared_distance(net, scale) / (2.0 * T) / near(eta)
    right = (logistic(near(scale * gamma * margin_of(net))) + far) * times[0]
    there = quantity("squared_distance", scale=scale) / (2 * number(eta) * T)
    bound = times[1] * (logistic_term(number(scale) * term * quantity("margin")) + there)
    return below(run.mean_loss, right, direction_proof(net)(run.term("mean_loss"), "<=", bound))


@claim(
    "Logistic loss, steps for eps (B8 iv)",
    for_all={
        "net": margin_networks(max_n=4, max_m=4, max_d=3, min_margin=0.5, max_abs_weight=2),
        "eps": exact_decimals(min_value=0.8, max_value=2),
    },
    text="derived",
    depends_on=["frei2021descent.descent"],
    cost=lambda net, eps, part: 2e4 * part * float(_steps_for(net, eps)[1]),
    mutants=[
        wrong(
            part=0.2,
            because="a start at -3.35 needs eleven steps of these 48",
            witness={"net": NEARLY_LINEAR, "eps": Fraction(1)},
        )
    ],
)
def steps_for_eps(net: LeakyNet, eps: Fraction, *, part: float = 1.0) -> Margin:
    """How many steps bring the mean loss below eps.

    With eta = 1, lambda >= log(4/eps)/(gamma gm) and T >= 2 ||W_0 - lambda V||^2/eps: (1/T) sum_t
    L(W_t) <= eps. (part: of these steps.)
    """
    steps = max(1, ceil(part * _steps_for(net, eps)[1]))
    run = run_of(net, Fraction(1), steps)
    if steps > run.T:
        # A sign could not be decided on the way.
        return below(run.mean_loss, near(eps) + Approx(-np.inf, np.inf))
    proof = direction_proof(net)(run.term("mean_loss"), "<=", number(eps))
    return below(run.mean_loss, near(eps), proof)


def _steps_for(net: LeakyNet, eps: Fraction) -> tuple[Fraction, int]:
    """A lambda that is large enough, and the steps that it asks for."""
    scale = rounded_up(log(4 / eps)) / (net.exact.gamma * margin_of(net))
    return scale, ceil(2 * squared_distance(net, scale).high / float(eps))
