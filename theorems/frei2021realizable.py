"""Frei, Gu: Proxy Convexity: A Unified Framework for the Analysis of Neural Networks Trained by Gradient Descent. arXiv:2106.13792v3.

One leaky or ReLU neuron whose labels its reference v makes itself: the gradient points away from v
wherever the loss is not 0. Statements and proofs are ours.

    F(w) = (1/(2n)) sum_i (sigma(w.x_i) - sigma(v.x_i))^2,  sigma(z) = max(z, gamma z),
    any selection sigma'(0) in [gamma, 1],  B^2 = lambda_max(X^T X/n)
"""  # noqa: E501  the citation is one line

from fractions import Fraction

from claims import claim, wrong
from models import LeakyNet, neuron_look
from strategies import exact_decimals, leaky_neurons, step_counts
from theorems._frei2021 import (
    AHEAD,
    GAMMA,
    LOSS,
    OPPOSITE,
    PRODUCT,
    RELU_BEHIND,
    TINY,
    above,
    below,
    curvature,
    exact_proof,
    largest_curvature,
    near,
    run_of,
    slope_of,
    step_within,
)
from verdicts import Margin, constant, number, quantity

STEPS = step_counts(min_steps=1, max_steps=12)
REALIZABLE = leaky_neurons(fit="realizable", max_d=8)
FEW = leaky_neurons(fit="realizable", max_n=4, max_d=3)


# sigma'(0) = gamma and v.x > 0.
KINK = LeakyNet.of(
    rows=[[1]], labels=[1], weights=[[0]], reference=[[1]], gamma="1/10", kinks=[["1/10"]]
)
OFF = LeakyNet.of(rows=[[1]], labels=[1], weights=[[0]], reference=[[1]], gamma=0, kinks=[[0]])
LINEAR = LeakyNet.of(rows=[[1]], labels=[0], weights=[[1]], reference=[[0]])
LINEAR_ON = LeakyNet.of(rows=[[1]], labels=[1], weights=[[2]], reference=[[1]], gamma=0)


@claim(
    "Leaky neuron, realizable labels (B7)",
    for_all={"net": REALIZABLE},
    text="derived",
    bound="tight",
    examples=[{"net": KINK}],
    mutants=[
        wrong(
            share=1.01,
            because="attained at a kink with sigma'(0) = gamma and v.x > 0",
            witness={"net": KINK},
        ),
        wrong(
            slope="1",
            because="0.22 < 1.21 for gamma = 1/10, w = -1, v = 1, x = 1",
            witness={"net": OPPOSITE},
        ),
        wrong(
            net=leaky_neurons(),
            drops="realizable",
            title="net=any-labels",
            because="where labels are not of this kind a minimum is no zero",
            witness={"net": AHEAD},
        ),
    ],
)
def realizable(net: LeakyNet, *, share: float = 1.0, slope: str = "gamma") -> Margin:
    """Where v fits all labels the gradient points away from v.

    If y_i = sigma(v.x_i), sigma' in [gamma, 1], then <grad F(w), w - v> >= 2 gamma F(w). (slope:
    1 in place of gamma; share: times the right side.)
    """
    w, v = net.exact.w[0], net.exact.v[0]
    look = neuron_look(net, w)
    gamma, term = slope_of(net, slope)
    proof = exact_proof(net)(PRODUCT, ">=", 2 * constant("share") * term * LOSS)
    return above(near(look.along(w, v)), near(2 * gamma * look.loss) * share, proof)


@claim(
    "ReLU neuron, realizable labels (B7)",
    for_all={"net": leaky_neurons(fit="realizable", slope="relu", kinks="on")},
    text="derived",
    bound="tight",
    examples=[{"net": LINEAR_ON}],
    mutants=[
        wrong(
            gated=False,
            because="at w = -1, v = 1, x = 1 the gradient is 0, the mean square is 1",
            witness={"net": RELU_BEHIND},
        ),
        wrong(
            share=1.01,
            because="attained where all neurons are on",
            witness={"net": LINEAR_ON},
        ),
        wrong(
            net=leaky_neurons(fit="realizable", slope="relu"),
            drops="sigma'(0) = 1",
            title="net=any-kinks",
            because="at w = 0 with sigma'(0) = 0 the gradient is 0",
            witness={"net": OFF},
        ),
    ],
)
def realizable_relu(net: LeakyNet, *, share: float = 1.0, gated: bool = True) -> Margin:
    """A ReLU neuron sees the error of those samples for which it is on.

    If y_i = max(v.x_i, 0) and sigma'(0) = 1, then <grad F(w), w - v> >= (1/n) sum over w.x_i >= 0
    of (sigma(w.x_i) - sigma(v.x_i))^2. (gated=False: over all samples;
    share: times the right side.)
    """
    w, v = net.exact.w[0], net.exact.v[0]
    look = neuron_look(net, w)
    seen = [not gated or z >= 0 for z in net.exact.preactivations(w)]
    losses = [2 * loss for loss, on in zip(look.losses, seen, strict=True) if on]
    right = near(sum(losses, Fraction(0)) / net.n) * share
    bound = quantity("gated_square") if gated else 2 * LOSS
    return above(
        near(look.along(w, v)),
        right,
        exact_proof(net)(PRODUCT, ">=", constant("share") * bound),
    )


@claim(
    "Realizable neuron, distance (B7)",
    for_all={
        "net": FEW,
        "part": exact_decimals(min_value=0.01, max_value=1),
        "steps": STEPS,
    },
    text="derived",
    bound="tight",
    depends_on=["frei2021realizable.realizable"],
    mutants=[
        wrong(
            step=1.01,
            because="a linear neuron overshoots: w_1 = -1.02 w_0",
            witness={"net": LINEAR, "part": Fraction(1), "steps": 1},
        )
    ],
)
def realizable_distance(net: LeakyNet, part: Fraction, steps: int, *, step: float = 1.0) -> Margin:
    """No step of size up to 2 gamma/B^2 leads away from the weights that made the labels.

    If y_i = sigma(v.x_i) and eta <= 2 gamma/B^2, then ||w_t - v|| does not increase. (step: times
    that.)
    """
    largest = 2 * net.exact.gamma / largest_curvature(net)
    run = run_of(net, Fraction(str(step)) * part * largest, steps)
    distances = run.descent.distances
    rises = distances[1:] - distances[:-1]
    worst = int((rises.lower / (distances.lower[:-1] + TINY)).argmax())
    before, after = distances[worst], distances[worst + 1]
    eta = run.descent.eta
    first = quantity("squared_distance", eta=eta, steps=worst + 1)
    second = quantity("squared_distance", scale=1)
    if worst:
        second = quantity("squared_distance", eta=eta, steps=worst)
    small = step_within(net, eta, constant("step") * 2 * GAMMA)
    proof = exact_proof(net)(first, "<=", second).under("eta <= 2 gamma/B^2", small)
    return below(after, before, proof)


@claim(
    "Realizable neuron, descent (B7)",
    for_all={
        "net": FEW,
        "part": exact_decimals(min_value=0.01, max_value=0.99),
        "steps": STEPS,
    },
    text="derived",
    bound="tight",
    depends_on=["frei2021realizable.realizable", "frei2021dominated.dominated_gradient"],
    mutants=[
        wrong(
            spread=0.99,
            because="w^2/2 attains it at eta = 1",
            witness={"net": LINEAR, "part": Fraction(1, 2), "steps": 1},
        ),
        wrong(
            slope="1",
            because="where the neuron is off, it learns at gamma of the speed",
            witness={"net": OPPOSITE, "part": Fraction(1, 2), "steps": 60},
        ),
    ],
)
def realizable_descent(
    net: LeakyNet, part: Fraction, steps: int, *, spread: float = 1.0, slope: str = "gamma"
) -> Margin:
    """The losses on the way of a realizable neuron have a bounded sum.

    If y_i = sigma(v.x_i) and eta < 2 gamma/B^2, then sum_t 2 gamma F(w_t) <= ||w_0 - v||^2/(2 eta
    (1 - eta B^2/(2 gamma))). (spread: times B^2; slope: 1 in place of gamma on the left.)
    """
    largest = 2 * net.exact.gamma / largest_curvature(net)
    run = run_of(net, part * largest, steps)
    eta = run.descent.eta
    gamma, term = slope_of(net, slope)
    over = 1.0 - spread * (near(eta / (2 * net.exact.gamma)) * curvature(net))
    right = near(net.exact.squared_distance / (2 * eta)) / over
    far = quantity("squared_distance", scale=1) / (2 * number(eta))
    reached = constant("spread") * number(eta) * quantity("lambda_max") / (2 * GAMMA)
    bound = far / (1 - reached)
    proof = exact_proof(net)(2 * term * run.T * run.term("mean_loss"), "<=", bound)
    proof = proof.under("eta <= 2 gamma/B^2", step_within(net, eta, 2 * GAMMA))
    return below(near(2 * gamma) * run.descent.losses.sum(), right, proof)
