"""Frei, Gu: Proxy Convexity: A Unified Framework for the Analysis of Neural Networks Trained by Gradient Descent. arXiv:2106.13792v3.

Descent whose gradient is dominated by the proxy: ||grad f||^2 <= Lambda g, with g >= 0, in place of
a bound of the gradient. Derived here; proxies and descent are those of frei2021.

    (g, h)-proxy convex:  <grad f(w), w - v> >= g(w) - h(v) for all w, v
"""  # noqa: E501  the citation is one line

from fractions import Fraction

from claims import assume_premise, claim, wrong
from models import LeakyNet
from strategies import (
    either,
    exact_decimals,
    leaky_neurons,
    margin_networks,
    step_counts,
)
from theorems._frei2021 import (
    Pair,
    Run,
    below,
    exact_proof,
    largest_curvature,
    near,
    proxies,
    run_of,
    squared_distance,
)
from verdicts import Approx, Margin, Term, at_most, constant, exactly, given, number, quantity

SCALES = exact_decimals(min_value=0, max_value=50)
STEPS = step_counts(min_steps=1, max_steps=12)
PARTS = exact_decimals(min_value=0.01, max_value=0.99)

NEURONS = leaky_neurons(max_n=4, max_d=3)
REALIZABLE = leaky_neurons(fit="realizable", max_n=4, max_d=3)
NETWORKS = margin_networks(max_n=5, max_m=4, max_d=3)

SQUARE = LeakyNet.of(rows=[[1]], labels=[0], weights=[[1]], reference=[[0]])


@claim(
    "Gradient dominated by the proxy (B2)",
    for_all={
        "net": either(
            NEURONS,
            REALIZABLE,
            leaky_neurons(losses=("squared", "huber"), convex=True, max_n=4, max_d=3),
            NETWORKS,
        ),
        "scale": SCALES,
        "part": PARTS,
        "steps": STEPS,
    },
    text="derived",
    bound="tight",
    examples=[{"net": SQUARE, "scale": 1, "part": Fraction(1, 2), "steps": 1}],
    mutants=[
        wrong(
            spread=0.99,
            because="w^2/2 attains it at eta = 1, with g = w^2 and h(0) = 0",
            witness={"net": SQUARE, "scale": 1, "part": Fraction(1, 2), "steps": 1},
        )
    ],
)
def dominated_gradient(
    net: LeakyNet, scale: Fraction, part: Fraction, steps: int, *, spread: float = 1.0
) -> Margin:
    """Where the proxy dominates the gradient, no bound of the gradient is needed.

    If g >= 0, ||grad f(w_t)||^2 <= Lambda g(w_t) for t < T, and eta < 2/Lambda, then for every v
    (1/T) sum_t g(w_t) <= (h(v) + ||w_0 - v||^2/(2 eta T))/(1 - eta Lambda/2). Lambda is the largest
    ratio on the way, eta a part of 2/Lambda for a Lambda that holds everywhere. (spread: times
    Lambda on the right.)
    """
    pair = proxies(net, scale)
    run = run_of(net, part * _largest_step(net, pair), steps)
    half = near(run.descent.eta / pair.factor / 2) * run.descent.ratios.max()
    term = number(run.descent.eta) * run.term("largest_ratio") / (2 * pair.factor_term)
    small = at_most(half, exactly(1.0), proof=exact_proof(net)(term, "<=", 1))
    assume_premise("eta < 2/Lambda", small)
    times = 1.0 / (1.0 - half * spread)
    return _dominated(net, pair, run, times, 1 / (1 - constant("spread") * term))


@claim(
    "Gradient dominated by the proxy, factor 1 + c (B2)",
    for_all={
        "net": either(REALIZABLE, NEURONS, NETWORKS),
        "scale": SCALES,
        "c": exact_decimals(min_value=0.1, max_value=4),
        "steps": STEPS,
    },
    text="derived",
    bound="tight",
    depends_on=["frei2021dominated.dominated_gradient"],
    mutants=[
        wrong(
            longer=True,
            because="w^2/2 with c = 1/2 and eta = 1: 1 against 3/4 after one step",
            witness={"net": SQUARE, "scale": 1, "c": Fraction(1, 2), "steps": 1},
        ),
        wrong(
            share=0.99,
            because="w^2/2 attains it at c = 1, eta = 1",
            witness={"net": SQUARE, "scale": 1, "c": 1, "steps": 1},
        ),
    ],
)
def dominated_gradient_factor(
    net: LeakyNet,
    scale: Fraction,
    c: Fraction,
    steps: int,
    *,
    longer: bool = False,
    share: float = 1.0,
) -> Margin:
    """A step size of 2c/((1 + c) Lambda) costs a factor 1 + c.

    If ||grad f||^2 <= Lambda g and eta <= 2c/((1 + c) Lambda), then (1/T) sum_t g(w_t) <=
    (1 + c) (h(v) + ||w_0 - v||^2/(2 eta T)). So eta <= 1/Lambda costs a factor 2. (longer=True:
    eta = 2c/Lambda; share: times the right side.)
    """
    pair = proxies(net, scale)
    part = min(c, Fraction(3)) if longer else c / (1 + c)
    run = run_of(net, part * _largest_step(net, pair), steps)
    times = exactly(share) * near(1 + c)
    return _dominated(net, pair, run, times, constant("share") * (1 + given("c")))


@claim(
    "Gradient dominated by the proxy, stochastic descent (B2)",
    for_all={
        "net": either(
            leaky_neurons(fit="realizable", max_n=3, max_d=2),
            leaky_neurons(max_n=3, max_d=2),
            margin_networks(max_n=3, max_m=2, max_d=2),
        ),
        "scale": SCALES,
        "part": PARTS,
        "steps": step_counts(min_steps=1, max_steps=3),
    },
    text="derived",
    bound="tight",
    depends_on=["frei2021dominated.dominated_gradient"],
    mutants=[
        wrong(
            spread=0.99,
            because="w^2/2 with one sample attains it",
            witness={"net": SQUARE, "scale": 1, "part": Fraction(1, 2), "steps": 1},
        )
    ],
)
def dominated_gradient_stochastic(
    net: LeakyNet, scale: Fraction, part: Fraction, steps: int, *, spread: float = 1.0
) -> Margin:
    """The same in the mean for stochastic descent.

    If every step takes a sample of its own and E ||grad f(w_t; z)||^2 <= Lambda g(w_t) given w_t,
    then the inequality holds for E g(w_t). All n^T orders of the samples are gone through.
    (spread: times Lambda on the right.)
    """
    pair = proxies(net, scale)
    run = run_of(net, part * _largest_step(net, pair, stochastic=True), steps, stochastic=True)
    half = near(run.descent.eta / pair.factor / 2) * run.descent.ratios.max()
    term = number(run.descent.eta) * run.term("largest_ratio") / (2 * pair.factor_term)
    small = at_most(half, exactly(1.0), proof=exact_proof(net)(term, "<=", 1))
    assume_premise("eta < 2/Lambda", small)
    times = 1.0 / (1.0 - half * spread)
    return _dominated(net, pair, run, times, 1 / (1 - constant("spread") * term))


def _largest_step(net: LeakyNet, pair: Pair, *, stochastic: bool = False) -> Fraction:
    """The number 2/Lambda for a Lambda that holds at all weights."""
    if net.loss == "logistic":
        return Fraction(2)
    curvature = largest_curvature(net)
    if stochastic:
        curvature = net.exact.largest_square or Fraction(1)
    return pair.factor / curvature


def _dominated(net: LeakyNet, pair: Pair, run: Run, times: Approx, term: Term) -> Margin:
    """The mean of g against some times h(v) + ||w_0 - v||^2/(2 eta T)."""
    far = squared_distance(net, pair.scale) / (2.0 * run.T) / near(run.descent.eta)
    there = quantity("squared_distance", scale=pair.scale)
    bound = pair.h_term + there / (2 * number(run.descent.eta) * run.T)
    proof = exact_proof(net)(pair.factor_term * run.term("mean_loss"), "<=", term * bound)
    return below(near(pair.factor) * run.mean_loss, times * (pair.h + far), proof)
