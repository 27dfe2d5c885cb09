"""Frei, Gu: Proxy Convexity: A Unified Framework for the Analysis of Neural Networks Trained by Gradient Descent. arXiv:2106.13792v3.

One leaky neuron with the squared loss, on any data and at any weights. The paper treats such a
neuron with constants that were not read; statements and proofs here are ours.

    F(w) = (1/(2n)) sum_i (sigma(w.x_i) - y_i)^2,  sigma(z) = max(z, gamma z),  0 < gamma <= 1,
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
    above,
    below,
    curvature,
    exact_proof,
    largest_curvature,
    near,
    run_of,
    step_within,
)
from verdicts import Margin, Term, constant, greatest, number, quantity

STEPS = step_counts(min_steps=1, max_steps=12)
NEURONS = leaky_neurons(max_d=8)
FEW = leaky_neurons(max_n=4, max_d=3)

THERE = quantity("reference_loss", scale=1)

# u/e = 1/(2 - gamma^2) at the kink, with sigma'(0) = 1 and v.x < 0.
EXTREMAL = LeakyNet.of(
    rows=[[1]], labels=["2/3"], weights=[[0]], reference=[[-1]], gamma="1/2", kinks=[[1]]
)
WORSE_MINIMUM = LeakyNet.of(
    rows=[[1], [-1]], labels=[2, 3], weights=[["2/5"]], reference=[["-8/5"]], gamma="1/2"
)


@claim(
    "Leaky neuron, any labels (B6)",
    for_all={"net": NEURONS},
    text="derived",
    bound="tight",
    examples=[{"net": EXTREMAL}],
    mutants=[
        wrong(
            pair="F, F",
            because="0.22 < 0.605 for gamma = 1/10, w = -1, v = 1 and one label 1",
            witness={"net": OPPOSITE},
        ),
        wrong(
            pair="gamma F, gamma F",
            because="where e is large the cross term u e needs a larger h",
            witness={"net": EXTREMAL},
        ),
        wrong(
            factor=0.99,
            because="attained at a kink with sigma'(0) = 1, v.x < 0 and u = e/(2 - gamma^2)",
            witness={"net": EXTREMAL},
        ),
        wrong(
            net=leaky_neurons(slope="relu"),
            least=0.5,
            drops="gamma > 0",
            title="net=relu",
            because="its gradient is 0 where all w.x_i < 0, and F(w) is not; so for any constants",
            witness={"net": RELU_BEHIND},
        ),
    ],
)
def any_labels(
    net: LeakyNet, *, pair: str = "sharp", factor: float = 1.0, least: float = 0.0
) -> Margin:
    """The squared loss of a leaky neuron is proxy convex on any data, whatever the labels.

    For all w, v: <grad F(w), w - v> >= gamma F(w) - F(v)/(gamma (2 - gamma^2)). So gamma = 1 is
    convexity. With z = w.x_i, u = sigma(z) - y_i, e = sigma(v.x_i) - y_i and the slope s of their
    secant a sample gives (sigma'(z)/s) (u^2 - u e), the quotient in [gamma, 1/gamma]. (pair: other
    proxies; least: they are taken at max(gamma, least).)
    """
    w, v = net.exact.w[0], net.exact.v[0]
    gamma = max(net.exact.gamma, Fraction(str(least)))
    term = greatest(GAMMA, constant("least"))
    look, there = neuron_look(net, w), neuron_look(net, v).loss
    g, h, g_term, h_term = _proxies(gamma, term)[pair]
    bound = g_term * LOSS - constant("factor") * h_term * THERE
    proof = exact_proof(net)(PRODUCT, ">=", bound)
    lost = near(h * there) * factor
    return above(near(look.along(w, v)), near(g * look.loss) - lost, proof, lost)


def _proxies(gamma: Fraction, term: Term) -> dict[str, tuple[Fraction, Fraction, Term, Term]]:
    """Factors of F in g and h, and the same for the exact model."""
    one = Fraction(1)
    return {
        "sharp": (gamma, 1 / (gamma * (2 - gamma**2)), term, 1 / (term * (2 - term**2))),
        "F, F": (one, one, number(1), number(1)),
        "gamma F, gamma F": (gamma, gamma, term, term),
    }


@claim(
    "Leaky neuron, any labels, descent (B6)",
    for_all={"net": FEW, "part": exact_decimals(min_value=0.001, max_value=0.99), "steps": STEPS},
    text="derived",
    bound="tight",
    depends_on=["frei2021leaky.any_labels", "frei2021dominated.dominated_gradient"],
    mutants=[
        wrong(
            spread=0.9,
            because="(1 - c^2) F(v) is attained in the limit of short steps, c = eta B^2/gamma",
            witness={"net": AHEAD, "part": Fraction(1, 20), "steps": 1},
        ),
        wrong(
            pair="F, F",
            because="at 2/5 there is a critical point of loss 3.2, at -8/5 the loss is 2.45",
            witness={"net": WORSE_MINIMUM, "part": Fraction(1, 10), "steps": 120},
        ),
    ],
)
def any_labels_descent(
    net: LeakyNet, part: Fraction, steps: int, *, spread: float = 1.0, pair: str = "sharp"
) -> Margin:
    """Descent from anywhere comes within a factor of the loss at any v.

    If eta < gamma/B^2, then (1/T) sum_t gamma F(w_t) <= (F(v)/(gamma (2 - gamma^2)) + ||w_0 -
    v||^2/(2 eta T))/(1 - eta B^2/gamma), so that min_t F(w_t) <= OPT/(gamma^2 (2 - gamma^2)) up to
    what vanishes with eta and 1/(eta T). (spread: times B^2 in the denominator; pair: other g, h.)
    """
    gamma = net.exact.gamma
    run = run_of(net, part * gamma / largest_curvature(net), steps)
    eta = run.descent.eta
    g, h, g_term, h_term = _proxies(gamma, GAMMA)[pair]
    there = neuron_look(net, net.exact.v[0]).loss
    denominator = 1.0 - spread * (near(eta / gamma) * curvature(net))
    right = near(h * there) + near(net.exact.squared_distance / (2 * eta * run.T))
    far = quantity("squared_distance", scale=1) / (2 * number(eta) * run.T)
    reached = constant("spread") * number(eta) * quantity("lambda_max") / GAMMA
    bound = (h_term * THERE + far) / (1 - reached)
    proof = exact_proof(net)(g_term * run.term("mean_loss"), "<=", bound)
    proof = proof.under("eta <= gamma/B^2", step_within(net, eta, GAMMA))
    return below(near(g) * run.mean_loss, right / denominator, proof)
