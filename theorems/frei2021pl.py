"""Frei, Gu: Proxy Convexity: A Unified Framework for the Analysis of Neural Networks Trained by Gradient Descent. arXiv:2106.13792v3.

Smooth losses under a proxy Polyak-Lojasiewicz inequality: some iterate has a small proxy. The
definition is recalled, the theorem derived, with constants that are ours.

    (g, xi, alpha, mu)-proxy PL:   ||grad f(w)||^alpha >= (mu/2) (g(w) - xi) for all w
"""  # noqa: E501  the citation is one line

from fractions import Fraction
from math import floor

from claims import claim, wrong
from models import LeakyNet, neuron_look
from strategies import either, flipped, leaky_neurons, margin_networks, step_counts
from theorems._frei2021 import (
    below,
    direction_proof,
    exact_proof,
    largest_curvature,
    margin_of,
    near,
    run_of,
)
from theorems._frei2021networks import seen
from verdicts import Approx, Margin, constant, exactly, greatest, largest, number, quantity

SQUARE = LeakyNet.of(rows=[[1]], labels=[0], weights=[[1]], reference=[[0]])
RAMP = LeakyNet.of(
    rows=[[1]], labels=[0], weights=[[10]], reference=[[0]], loss="huber", threshold="1/10"
)
EDGE = LeakyNet.of(rows=[[1]], labels=[0], weights=[["1/2"]], reference=[[0]], loss="absolute")
BEHIND = LeakyNet.of(
    rows=[[1]],
    labels=[1],
    weights=[[-20]],
    direction=[1],
    gamma="1/10",
    loss="logistic",
    sigma="smooth leaky",
)
FAR_BEHIND = LeakyNet({**BEHIND.recipe, "weights": [[-99]]})


@claim(
    "Proxy PL (B3)",
    for_all={
        "net": leaky_neurons(losses=("squared", "huber"), convex=True, max_n=4, max_d=3),
        "steps": step_counts(min_steps=1, max_steps=12),
    },
    text="derived",
    mutants=[
        wrong(
            power=2.0,
            because="on a ramp of slope 1/10 the gradient stays 1/10 for longer than 40 steps",
            witness={"net": RAMP, "steps": 40},
        ),
        wrong(
            step=1.95,
            because="w^2/2 is reflected to -0.95 w_0, and T = 2 seem to be enough for less",
            witness={"net": SQUARE, "steps": 2},
        ),
        wrong(
            net=leaky_neurons(losses=("absolute",), convex=True, max_n=4, max_d=3),
            drops="smooth",
            title="net=not-smooth",
            because="|w| has the slope 1 on both sides of its minimum",
            witness={"net": EDGE, "steps": 2},
        ),
    ],
)
def proxy_pl(net: LeakyNet, steps: int, *, step: float = 1.0, power: float = 1.0) -> Margin:
    """Descent on a smooth loss with a proxy PL inequality makes the proxy small once.

    If f >= 0 is L_2-smooth and (g, xi, alpha, mu)-proxy PL, and eta <= 1/L_2, then T >=
    2 f(w_0)/eta (mu eps/2)^(-2/alpha) steps give min over t < T of g(w_t) <= xi + eps; that is,
    min_t (g(w_t) - xi)_+ <= (2/mu) (2 f(w_0)/(eta T))^(alpha/2). Here g = ||grad f||, alpha = 1,
    mu = 2, xi = 0, eta = 1/L_2. (step: times that; power: times alpha/2.)
    """
    run = run_of(net, Fraction(str(step)) / largest_curvature(net), steps)
    start = neuron_look(net, net.exact.w[0]).loss
    right = _power(near(2 * start / (run.descent.eta * run.T)), power)
    base = 2 * quantity("loss") / (number(run.descent.eta) * run.T)
    proof = exact_proof(net)(
        run.term("least_squared_gradient").sqrt(), "<=", base ** (constant("power") / 2)
    )
    return below(run.descent.squared_gradients.min().sqrt(), right, proof)


def _power(value: Approx, power: float) -> Approx:
    """The value to half of a whole power."""
    return value.sqrt() if power == 1 else value.sqrt() ** int(power)


@claim(
    "Proxy PL, smooth leaky networks (B3)",
    for_all={
        "net": either(
            margin_networks(sigma="smooth leaky", max_n=6, max_m=4, max_d=3),
            margin_networks(sigma="smooth leaky", flips=True, max_n=6, max_m=4, max_d=3),
        ),
        "steps": step_counts(min_steps=1, max_steps=20),
    },
    text="derived",
    depends_on=["frei2021pl.proxy_pl", "frei2021networks.flipped_labels"],
    mutants=[
        wrong(
            power=2.0,
            because="a neuron far on the wrong side is pulled by gamma only",
            witness={"net": BEHIND, "steps": 30},
        ),
        wrong(
            slope="1",
            because="a neuron far on the wrong side is pulled by gamma only",
            witness={"net": FAR_BEHIND, "steps": 20},
        ),
    ],
)
def smooth_leaky_networks(
    net: LeakyNet, steps: int, *, power: float = 1.0, slope: str = "gamma"
) -> Margin:
    """Smooth leaky networks come to a small mean pull once, up to the flipped labels.

    For sigma(z) = gamma z + (1 - gamma) log(1 + exp(z)), eta <= 1/L_2, L_2 = 1/4 + (1 - gamma)/(4
    sqrt(m)): min over t < T of (G(W_t) - xi)_+ <= (2 L(W_0)/(eta T))^(1/2)/(gamma gm), with xi =
    (1 + 1/(gamma gm)) p for a part p of flipped labels. (power: times 1/2; slope: 1 in place of
    gamma in front.)
    """
    rate, term = net.exact.gamma * margin_of(net), quantity("gamma") * quantity("margin")
    smoothness = 0.25 + (1 - net.gamma) / (4 * net.m**0.5)
    run = run_of(net, Fraction(floor(0.9999 / smoothness * 1000), 1000), steps)
    xi = (1 + 1 / rate) * Fraction(flipped(net), net.n)
    xi_term = (1 + 1 / term) * quantity("flipped")
    front, front_term = rate, term
    if slope != "gamma":
        front, front_term = margin_of(net), quantity("margin")
    base = 2.0 * seen(net).loss / near(run.descent.eta * run.T)
    over = largest(run.descent.pulls.min() - near(xi), exactly(0.0))
    bound = 2 * quantity("loss") / (number(run.descent.eta) * run.T)
    proof = direction_proof(net, flips=True)(
        greatest(run.term("least_pull") - xi_term, 0),
        "<=",
        bound ** (constant("power") / 2) / front_term,
    )
    return below(over, _power(base, power) / near(front), proof)
