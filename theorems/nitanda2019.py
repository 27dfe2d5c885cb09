"""Nitanda, Chinot, Suzuki: Gradient Descent can Learn Less Over-parameterized Two-layer Neural Networks on Classification Problems.

arXiv:1905.09870v4, of which the text was not read; statements have their recalled shape and
constants of ours. f(W; x) = m^(-beta) sum_r s_r sigma(w_r.x), s_r = +-1, |x_i| <= B, |sigma'| <=
K_1, |sigma''| <= K_2, logistic loss L, and G = (1/n) sum_i 1/(1 + exp(y_i f(x_i))). The margin of
the tangent model at W_0 in a direction V of Frobenius norm <= 1 is
    rho = m^(beta - 1/2) min_i y_i <grad f(x_i; W_0), V>,   D = |W - W_0|_F.
"""  # noqa: E501  the citation is one line

from fractions import Fraction
from math import ceil, log

import torch

from certify import Growth, best_separator, enclosed, gaussian_mean
from claims import assume_premise, claim, not_executable, wrong
from dynamics import classifier_descent
from models import (
    Dataset,
    LeakyNet,
    activation,
    classified,
    gaussian_weights,
    tangents,
)
from strategies import classifiers, exact_decimals, failure_probabilities, unit_sphere_datasets
from verdicts import (
    Approx,
    Margin,
    Seeds,
    WithProbability,
    at_least,
    at_most,
    every,
    exactly,
    with_probability,
)

STEPS = 40
BETAS = exact_decimals(min_value=0, max_value=0.9)
# E tanh'(z) for z ~ N(0, 1), 0.6057
SLOPE = gaussian_mean(lambda z, _: 1 - z.tanh() ** 2, growth=Growth(1))
SMALL = LeakyNet.of(
    rows=[[1]],
    labels=[-1],
    weights=[["1/100"]],
    reference=[[0]],
    loss="logistic",
    sigma="tanh",
)
PAIR = LeakyNet.of(
    rows=[[1]],
    labels=[1],
    weights=[["1/2"], ["1/2"]],
    signs=[1, -1],
    reference=[["1/2"], ["1/2"]],
    loss="logistic",
    sigma="tanh",
)
MOVED = LeakyNet.of(  # two neurons, both by 1, where tanh' is 0.42
    rows=[[1]],
    labels=[1],
    weights=[[1], [1]],
    signs=[1, -1],
    reference=[[0], [0]],
    loss="logistic",
    sigma="tanh",
)

WIDE = LeakyNet.of(
    rows=[[1]],
    labels=[1],
    weights=[["1/2"]] * 200,
    signs=[1, -1] * 100,
    reference=[["1/2"]] * 200,
    loss="logistic",
    sigma="tanh",
)

generalisation = not_executable(
    "Generalisation bound",
    where="text not read",
    reason="of margin-distribution type; its constants could not be read",
)
global_minimum = not_executable(
    "Convergence to a global minimum",
    where="a reading",
    reason="the logistic loss never reaches 0; only averages and least gradients are checked",
)


@claim(
    "The margin survives sampling (C1)",
    for_all={
        "data": unit_sphere_datasets(max_n=5),
        "delta": failure_probabilities(),
    },
    topics=["probabilistic", "classification"],
    text="derived",
    mutants=[
        wrong(
            share=1.0,
            because="a sample's margin is below its mean about half of the time",
            witness={"data": Dataset.of(rows=[[1]], labels=[1]), "delta": 0.1},
        )
    ],
)
def margin_survives(data: Dataset, delta: float, *, share: float = 0.5) -> WithProbability:
    """A wide start has half of the margin that an infinitely wide one has.

    Let v be a unit vector with y_i v.x_i > 0, rho = E tanh'(z) min_i y_i v.x_i for z ~ N(0, 1). If
    m >= 8 K_1^2/rho^2 log(n/delta), then with probability >= 1 - delta over theta_r ~ N(0, I)
    (1/m) sum_r tanh'(theta_r.x_i) y_i v.x_i >= rho/2 for all i. Here v = x_1,
    y_i = sign(v.x_i).
    """
    x, v = data.x, data.x[0]
    products = (x @ v).abs()
    least = enclosed(products.min(), 1e-14)
    assume_premise("margin", at_least(least, exactly(0.2)))
    rho = SLOPE * least
    m = ceil(8 * log(data.n / delta) / rho.low**2)

    def event(seeds: Seeds) -> Margin:
        theta = gaussian_weights(m, data.d, seeds)
        slopes = 1 - torch.tanh(theta @ x.mT.to(theta)).square()
        margins = (slopes.mean(dim=-2) * products.to(theta)).amin(dim=-1)
        return at_least(enclosed(margins, 1e-13), share * rho, scale=rho)

    return with_probability(1 - delta, event, floats_per_seed=m * (data.n + data.d))


@claim(
    "Proxy PL inequality near the start (C2)",
    for_all={"net": classifiers(), "beta": BETAS},
    topics=["classification", "pl"],
    text="derived",
    mutants=[
        wrong(near=0.0, because="far away the slopes of tanh vanish"),
        wrong(
            width=1.0,
            because="all neurons may move alike, by D/sqrt(m) each",
            witness={"net": MOVED, "beta": 0},
        ),
        wrong(
            scale=0.0,
            because="at beta = 1/2 the gradient has no factor m^(1/2) but 1",
            witness={"net": PAIR, "beta": Fraction(1, 2)},
        ),
    ],
)
def proxy_pl(
    net: LeakyNet, beta: Fraction, *, near: float = 1.0, width: float = 0.5, scale: float = 1.0
) -> Margin:
    """Near its start a classifier obeys a PL inequality with its tangent margin.

    |grad L(W)| >= m^(1/2 - beta) G(W) (rho - K_2 B^2 D/sqrt(m)), for every W; V is the direction of
    the best margin in the cube |V_rk| <= 1/sqrt(m d), from a linear program.
    """
    here = classified(net, net.w, float(beta))
    rho, room = _margin(net), _bend(net) * _distance(net) * (near * net.m**-width)
    factor = exactly(net.m ** (0.5 - scale * float(beta)))
    length = torch.linalg.vector_norm(here.gradient)
    found = enclosed(length, float(here.gradient_error) + 1e-15 * float(length))
    pull = enclosed(here.pull, float(here.pull_error))
    return at_least(found, factor * pull * (rho - room), scale=factor * (1 + _bend(net)))


@claim(
    "Descent, displacement and rate (C3)",
    for_all={"net": classifiers(antisymmetric=True), "beta": BETAS},
    topics=["classification", "descent"],
    text="derived",
    mutants=[
        wrong(
            reach=0.0,
            steps=1000,
            because="two neurons cannot exceed |f| = 2, so that G stays above 0.119",
            witness={"net": PAIR, "beta": 0},
        ),
        wrong(
            sign=-1.0,
            because="with beta = 3/4 the outputs are small and learn slowly",
            witness={"net": WIDE, "beta": Fraction(3, 4)},
        ),
    ],
)
def descent(
    net: LeakyNet, beta: Fraction, *, reach: float = 1.0, sign: float = 1.0, steps: int = STEPS
) -> Margin:
    """Descent with steps below the inverse smoothness obeys three inequalities.

    Let eta <= 1/beta_L, beta_L = K_1^2 B^2 m^(1 - 2 beta)/4 + K_2 B^2 m^(-beta). Then L_{t+1} <=
    L_t - eta/2 |grad L_t|^2, D_t <= sqrt(2 eta t L_0), and as long as T <= rho^2 m/(8 K_2^2 B^4
    eta L_0), (1/T) sum_{t < T} G_t^2 <= (4/rho^2) m^(2 beta - 1) 2 L_0/(eta T). The start is
    antisymmetric, so that L_0 = log 2. T is the largest that the run, of 40 steps, allows.
    """
    sigma, exponent, m = activation(net.sigma), float(beta), net.m
    longest = float(net.x.square().sum(dim=-1).max())
    smooth = (
        sigma.L**2 * longest * m ** (1 - 2 * exponent) / 4 + sigma.beta * longest * m**-exponent
    )
    assume_premise("an input that is not 0", at_least(exactly(smooth), exactly(1e-6)))
    eta = 0.999 / smooth
    run = classifier_descent(net, beta=exponent, eta=eta, steps=steps)
    first, rho = run.losses[0], _margin(net)
    assume_premise("rho > 0", at_least(rho, exactly(1e-4)))
    window = rho**2 * m / (first * (8 * eta * _bend(net) ** 2))
    last = min(steps, int(window.low)) if reach else steps
    assume_premise("T >= 1", at_least(exactly(last), exactly(0.5)))
    times = exactly(torch.arange(steps + 1).numpy()) * (2 * eta)
    bound = first * (8 * m ** (sign * (2 * exponent - 1)) / (eta * last)) / rho**2
    average = (run.pulls[:last] ** 2).sum() / last
    falls = run.losses[:-1] - run.squared_gradients[:-1] * (eta / 2)
    return every(
        descent=at_most((run.losses[1:] - falls).max(), exactly(0.0)),
        displacement=at_most((run.distances**2 - times * first).max(), exactly(0.0)),
        average=at_most(average, bound, scale=1 + bound.high),
    )


@claim(
    "Errors against G (C4)",
    for_all={"net": classifiers(), "beta": BETAS},
    topics=["classification"],
    text="derived",
    mutants=[
        wrong(
            twice=1.0,
            because="an error with a small margin counts once and pulls by a half",
            witness={"net": SMALL, "beta": 0},
        ),
        wrong(
            capped=0.5,
            because="a wrong output of -1 has L = 1.31 and G = 0.73",
        ),
    ],
)
def errors(net: LeakyNet, beta: Fraction, *, twice: float = 2.0, capped: float = 1.0) -> Margin:
    """The training error is at most 2 G and at most L/log 2, and G is at most min(1, L).

    An error is y f <= 0; samples with |y f| < 1e-12 are counted as none, or as one, as is worse.
    """
    here = classified(net, net.w, float(beta))
    wrongs = float((here.signed <= here.signed_error).double().mean())
    pull = enclosed(here.pull, float(here.pull_error))
    loss = enclosed(here.loss, float(here.loss_error))
    return every(
        error=at_most(exactly(wrongs), pull * twice + 1e-9),
        loss=at_most(exactly(wrongs), loss / exactly(2.0).log() + 1e-9),
        pull=at_most(pull, loss * capped),
        one=at_most(pull, exactly(1.0)),
    )


def _margin(net: LeakyNet) -> Approx:
    """Rho of the best direction in the cube, at the reference."""
    rows = tangents(net, net.V).flatten(-2)
    margin: Approx = best_separator(rows).margin * (1 / rows.shape[-1] ** 0.5)
    return margin


def _bend(net: LeakyNet) -> float:
    """K_2 B^2."""
    return activation(net.sigma).beta * float(net.x.square().sum(dim=-1).max())


def _distance(net: LeakyNet) -> Approx:
    moved = torch.linalg.vector_norm(net.w - net.V)
    size = float(net.w.norm() + net.V.norm())
    return enclosed(moved, 1e-14 * size)
