"""Frei, Gu: Proxy Convexity: A Unified Framework for the Analysis of Neural Networks Trained by Gradient Descent. arXiv:2106.13792v3.

What follows from proxies for any f, at descent w_(t+1) = w_t - eta grad f(w_t). The text was read
up to the definition of proxy convexity; the rest is derived, with constants that are ours. The
proxies that a run is tried with are those of frei2021leaky and frei2021networks, and of convex f.

    (g, h)-proxy convex:     <grad f(w), w - v> >= g(w) - h(v) for all w, v
    (g, xi, alpha, mu)-proxy PL:   ||grad f(w)||^alpha >= (mu/2) (g(w) - xi) for all w
"""  # noqa: E501  the citation is one line

from fractions import Fraction
from math import ceil

from claims import claim, not_executable, wrong
from models import LeakyNet, neuron_look
from strategies import (
    either,
    exact_decimals,
    leaky_neurons,
    margin_networks,
    step_counts,
)
from theorems._frei2021 import (
    Run,
    above,
    below,
    exact_proof,
    near,
    proxies,
    run_of,
    squared_distance,
)
from verdicts import Approx, Margin, Term, constant, number, quantity

CONVEX = ("linear", "absolute", "squared", "huber")
SCALES = exact_decimals(min_value=0, max_value=50)
STEPS = step_counts(min_steps=1, max_steps=12)
ETAS = exact_decimals(min_value=0.01, max_value=2)

NEURONS = leaky_neurons(max_n=4, max_d=3)
REALIZABLE = leaky_neurons(fit="realizable", max_n=4, max_d=3)
FLAT = leaky_neurons(losses=CONVEX, convex=True, max_n=4, max_d=3)
NETWORKS = margin_networks(max_n=5, max_m=4, max_d=3)

LINE = LeakyNet.of(rows=[[1]], labels=[0], weights=[[0]], reference=[["-1"]], loss="linear")
BETWEEN = LeakyNet.of(rows=[[1], [1]], labels=[1, -1], weights=[[0]], reference=[[0]])
AWAY = LeakyNet.of(rows=[[1]], labels=[1], weights=[[-1]], reference=[[1]], gamma="1/10")

examples = not_executable(
    "Examples of the paper (B5)",
    reason="its own list of instances was not read; members of its families stand in "
    "frei2021leaky and frei2021networks, with constants that are proved there",
)
residual_networks = not_executable(
    "Residual networks in the tangent-kernel regime",
    reason="recalled as an example of the paper, without its statement or its constants",
)


@claim(
    "Proxy convexity, convex functions",
    for_all={"net": FLAT},
    bound="tight",
    examples=[{"net": LINE}],
    mutants=[
        wrong(factor=1.01, because="affine functions attain it", witness={"net": LINE}),
        wrong(
            net=leaky_neurons(max_n=3, max_d=2),
            drops="gamma = 1",
            title="net=not-convex",
            because="0.22 < 0.605 for gamma = 1/10, w = -1, v = 1 and one label 1",
            witness={"net": AWAY},
        ),
    ],
)
def convex_functions(net: LeakyNet, *, factor: float = 1.0) -> Margin:
    """Every differentiable convex function is proxy convex for itself.

    If f is convex, it is (f, f)-proxy convex: <grad f(w), w - v> >= f(w) - f(v). Here f(w) =
    (1/n) sum_i loss(w.x_i - y_i) with a linear, absolute, squared or Huber loss.
    """
    w, v = net.exact.w[0], net.exact.v[0]
    look = neuron_look(net, w)
    left = look.along(w, v)
    right = near(look.loss - neuron_look(net, v).loss) * factor
    bound = constant("factor") * (quantity("loss") - quantity("reference_loss", scale=1))
    return above(near(left), right, exact_proof(net)(quantity("product", scale=1), ">=", bound))


@claim(
    "Bounded gradient (B1)",
    for_all={
        "net": either(NEURONS, REALIZABLE, FLAT, NETWORKS),
        "scale": SCALES,
        "eta": ETAS,
        "steps": STEPS,
    },
    text="derived",
    bound="tight",
    examples=[{"net": LINE, "scale": 1, "eta": 1, "steps": 3}],
    mutants=[
        wrong(
            noise=0.99,
            because="f = w with v = w_T is an equality",
            witness={"net": LINE, "scale": 1, "eta": Fraction(1), "steps": 1},
        ),
        wrong(
            noise=0.0,
            because="f = |w| goes on oscillating between eta/2 and -eta/2",
            witness={
                "net": LeakyNet.of(
                    rows=[[1]], labels=[0], weights=[["1/2"]], reference=[[0]], loss="absolute"
                ),
                "scale": 1,
                "eta": Fraction(1),
                "steps": 12,
            },
        ),
        wrong(
            distance=0.99,
            because="f = w with v = w_T is an equality",
            witness={"net": LINE, "scale": 1, "eta": Fraction(1), "steps": 1},
        ),
    ],
)
def bounded_gradient(
    net: LeakyNet,
    scale: Fraction,
    eta: Fraction,
    steps: int,
    *,
    distance: float = 1.0,
    noise: float = 1.0,
) -> Margin:
    """Where gradients stay bounded, the mean of g along descent is nearly below h(v).

    If f is (g, h)-proxy convex and ||grad f(w_t)|| <= G for t < T, then for every v and eta > 0
    (1/T) sum_t g(w_t) <= h(v) + ||w_0 - v||^2/(2 eta T) + eta G^2/2. G is the largest norm on the
    way. (g must not depend on v, unless v is fixed. distance, noise: times the last two terms.)
    """
    run = run_of(net, eta, steps)
    largest = run.term("largest_squared_gradient")
    return _bounded(net, scale, run, run.descent.squared_gradients, largest, (distance, noise))


@claim(
    "Bounded gradient, stochastic descent (B1)",
    for_all={
        "net": either(
            leaky_neurons(max_n=3, max_d=2),
            leaky_neurons(losses=CONVEX, convex=True, max_n=3, max_d=2),
            margin_networks(max_n=3, max_m=2, max_d=2),
        ),
        "scale": SCALES,
        "eta": ETAS,
        "steps": step_counts(min_steps=1, max_steps=3),
    },
    text="derived",
    bound="tight",
    depends_on=["frei2021.bounded_gradient"],
    mutants=[
        wrong(
            noise=0.99,
            because="f = w with one sample is an equality",
            witness={"net": LINE, "scale": 1, "eta": Fraction(1), "steps": 1},
        ),
        wrong(
            of_samples=False,
            because="at 0 the two gradients cancel in the mean, and yet descent leaves it",
            witness={"net": BETWEEN, "scale": 1, "eta": Fraction(1, 4), "steps": 2},
        ),
    ],
)
def bounded_gradient_stochastic(
    net: LeakyNet,
    scale: Fraction,
    eta: Fraction,
    steps: int,
    *,
    noise: float = 1.0,
    of_samples: bool = True,
) -> Margin:
    """The same in the mean for stochastic descent, with a bound of the gradients' second moments.

    If every step takes a sample of its own and E ||grad f(w_t; z)||^2 <= G^2 given w_t, wherever
    that may be, the inequality holds for E g(w_t). All n^T orders of the samples are gone through.
    (noise: times the last term; of_samples=False: ||grad f|| in place of the moments.)
    """
    run = run_of(net, eta, steps, stochastic=True)
    found, name = run.descent.moments, "largest_moment"
    if not of_samples:
        found, name = run.descent.squared_gradients, "largest_squared_gradient"
    return _bounded(net, scale, run, found, run.term(name), (1.0, noise))


@claim(
    "Bounded gradient, steps for eps (B1)",
    for_all={
        "net": leaky_neurons(losses=("absolute",), convex=True, max_n=3, max_d=2),
        "ratio": exact_decimals(min_value=1, max_value=4),
    },
    text="derived",
    depends_on=["frei2021.bounded_gradient"],
    mutants=[
        wrong(
            part=0.4,
            because="one step is less than the 2.25 that |w| asks for at w_0 = 3/2 eps",
            witness={
                "net": LeakyNet.of(
                    rows=[[1]], labels=[0], weights=[[3]], reference=[[0]], loss="absolute"
                ),
                "ratio": Fraction(3, 2),
            },
        )
    ],
)
def steps_for_eps(net: LeakyNet, ratio: Fraction, *, part: float = 1.0) -> Margin:
    """With eta = eps/G^2 some iterate is within eps of h(v) after ||w_0 - v||^2/(eta eps) steps.

    If ||grad f|| <= G, eta = eps/G^2 and T >= ||w_0 - v||^2/(eta eps), then min over t < T of
    g(w_t) <= h(v) + eps. Here f = (1/n) sum_i |w.x_i - y_i|, G = max |x_i| or a little more, and
    ||w_0 - v|| G = ratio eps or a little less, so that T = ratio^2, rounded up. (part: of it.)
    """
    v, G_2 = net.exact.v[0], net.exact.largest_square or Fraction(1)
    far = net.exact.squared_distance
    eps = _root_above(far * G_2 / ratio**2)
    eta = eps / G_2
    steps = max(1, ceil(Fraction(part) * (far / (eta * eps))))
    run = run_of(net, eta, steps)
    least = run.descent.losses.min()
    right = near(neuron_look(net, v).loss + eps)
    bound = quantity("reference_loss", scale=1) + number(eps)
    return below(least, right, exact_proof(net)(run.term("least_loss"), "<=", bound))


def _bounded(
    net: LeakyNet,
    scale: Fraction,
    run: Run,
    squares: Approx,
    largest: Term,
    factors: tuple[float, float],
) -> Margin:
    """The mean of g against h(v) + distance ||w_0 - v||^2/(2 eta T) + noise eta G^2/2."""
    pair, eta, (distance, noise) = proxies(net, scale), run.descent.eta, factors
    far = squared_distance(net, pair.scale) * distance / (2.0 * run.T)
    right = pair.h + far / near(eta) + near(eta) * squares.max() * noise / 2.0
    there = quantity("squared_distance", scale=pair.scale)
    bound = pair.h_term + number(distance) * there / (2 * number(eta) * run.T)
    bound = bound + number(noise) * number(eta) * largest / 2
    proof = exact_proof(net)(pair.factor_term * run.term("mean_loss"), "<=", bound)
    return below(near(pair.factor) * run.mean_loss, right, proof, pair.h)


def _root_above(square: Fraction) -> Fraction:
    """A number whose square is at least this, and equal to it where that is possible."""
    if square == 0:
        return Fraction(1)
    unit = 10**6
    root = Fraction(ceil(float(square) ** 0.5 * unit), unit)
    for candidate in (Fraction(round(float(square) ** 0.5 * 1000), 1000), root):
        if candidate > 0 and candidate**2 >= square:
            return candidate
    return root + Fraction(1, unit)
