"""Frei, Gu: Proxy Convexity: A Unified Framework for the Analysis of Neural Networks Trained by Gradient Descent. arXiv:2106.13792v3.

Leaky networks of any width under the logistic loss, at any weights: no width and no initialisation
is asked for. The paper treats them with constants that were not read; statements and proofs are
ours.

    f(W; x) = sum_j a_j sigma(w_j.x), |a_j| = m^(-1/2), sigma(z) = max(z, gamma z), any selection
    sigma'(0) in [gamma, 1];  |x_i| <= 1, |v| = 1, y_i v.x_i >= gm > 0, V = rows a_j v;
    L(W) = (1/n) sum_i l(y_i f(W; x_i)), l(z) = log(1 + exp(-z)), G(W) = (1/n) sum_i -l'(y_i f)
"""  # noqa: E501  the citation is one line

from fractions import Fraction

from claims import claim, wrong
from models import LeakyNet
from strategies import either, exact_decimals, flipped, margin_networks
from theorems._frei2021 import (
    above,
    below,
    direction_proof,
    exact_proof,
    logistic,
    logistic_term,
    margin_of,
    near,
    slope_of,
)
from theorems._frei2021networks import seen, training_error
from verdicts import Approx, Margin, at_least, constant, every, exactly, number, quantity

NETWORKS = margin_networks(max_m=12, max_d=8)
SMOOTH = margin_networks(sigma="smooth leaky", max_m=12, max_d=8)
ANY = either(NETWORKS, SMOOTH)

GAMMA, MARGIN = quantity("gamma"), quantity("margin")
LOSS, PULL, TOWARD = quantity("loss"), quantity("pull"), quantity("toward")
NORM = quantity("squared_gradient").sqrt()

POINT = {"rows": [[1]], "labels": [1], "direction": [1], "loss": "logistic", "gamma": "1/10"}
BEHIND = LeakyNet({**POINT, "weights": [[-1]]})
AHEAD = LeakyNet({**POINT, "weights": [[9]]})
ORIGIN = LeakyNet({**POINT, "weights": [[0]]})
FAR = LeakyNet({**POINT, "rows": [[2]], "weights": [[1]]})
TWO_SIGNS = LeakyNet({**POINT, "weights": [[1], [1]], "signs": [1, -1]})
ALONG = LeakyNet({**POINT, "weights": [[-10]], "signs": [-1]})
SOFT = LeakyNet({**POINT, "weights": [[-1]], "signs": [-1], "sigma": "smooth leaky"})
# One of ten labels is flipped, and w stands where its pull equals that of the others.
TENTH = LeakyNet.of(
    rows=[["1/100"]] * 9 + [[1]],
    labels=[1] * 9 + [-1],
    weights=[["-3.0393"]],
    direction=[1],
    loss="logistic",
)


@claim(
    "Logistic loss, proxy PL (B8 i)",
    for_all={"net": ANY},
    text="derived",
    bound="tight",
    examples=[{"net": BEHIND}],
    mutants=[
        wrong(
            slope="1",
            because="one sample x = v and w = -v: ||grad L|| = gamma G",
            witness={"net": BEHIND},
        ),
        wrong(
            share=1.01,
            because="attained by one sample where the neuron is off",
            witness={"net": BEHIND},
        ),
        wrong(
            signed=False,
            because="neurons of both signs pull in opposite directions",
            witness={"net": TWO_SIGNS},
        ),
    ],
)
def proxy_pl(
    net: LeakyNet, *, slope: str = "gamma", share: float = 1.0, signed: bool = True
) -> Margin:
    """The gradient is as large as the mean pull on the outputs, whatever the width.

    ||grad L(W)||_F >= <-grad L(W), V> >= gamma gm G(W): L has a (G, 0, 1, 2 gamma gm)-proxy PL
    inequality. Also for sigma(z) = gamma z + (1 - gamma) log(1 + exp(z)). (slope: 1 in place of
    gamma; share: times the right side; signed=False: V has the rows m^(-1/2) v.)
    """
    here, exact = seen(net), direction_proof(net)
    V = net.V if signed else net.V * net.s[:, None]  # noqa: N806
    toward, term = here.product(-V), TOWARD if signed else quantity("toward_unsigned")
    gamma, gamma_term = slope_of(net, slope)
    right = here.pull * near(gamma * margin_of(net)) * share
    bound = constant("share") * gamma_term * MARGIN * PULL
    return every(
        Cauchy=above(here.norm, toward, exact(NORM, ">=", term)),
        proxy=above(toward, right, exact(term, ">=", bound)),
    )


@claim(
    "Logistic loss, gradients (B8 ii)",
    for_all={"net": ANY},
    text="derived",
    bound="tight",
    examples=[{"net": AHEAD}],
    mutants=[
        wrong(steep=0.99, because="one input of norm 1 attains it", witness={"net": AHEAD}),
        wrong(pulled=0.99, because="far out l(z) and -l'(z) are alike", witness={"net": AHEAD}),
        wrong(
            net=margin_networks(inputs="any"),
            drops="|x_i| <= 1",
            title="net=large-inputs",
            because="an input of norm 2 has twice the gradient",
            witness={"net": FAR},
        ),
    ],
)
def dominated(net: LeakyNet, *, steep: float = 1.0, pulled: float = 1.0) -> Margin:
    """The mean pull dominates the gradient, and the loss the mean pull.

    ||grad L(W)||_F <= G(W) <= min(1, L(W)). (steep, pulled: times the two right sides.)
    """
    here, exact = seen(net), exact_proof(net)
    return every(
        gradient=below(here.norm, steep * here.pull, exact(NORM, "<=", constant("steep") * PULL)),
        one=below(here.pull, exactly(1.0), exact(PULL, "<=", 1)),
        loss=below(here.pull, pulled * here.loss, exact(PULL, "<=", constant("pulled") * LOSS)),
    )


@claim(
    "Logistic loss, along the ray (B8 iii)",
    for_all={"net": NETWORKS, "scale": exact_decimals(min_value=0, max_value=99)},
    text="derived",
    bound="tight",
    examples=[{"net": ALONG, "scale": 10}],
    mutants=[
        wrong(
            slope="1",
            because="0.315 < 0.738 for gamma = 1/10, x = v = 1, w = -1, lambda = 5",
            witness={"net": BEHIND, "scale": 5},
        ),
        wrong(
            share=1.01,
            because="attained at W = lambda V by a neuron that is off",
            witness={"net": ALONG, "scale": 10},
        ),
        wrong(
            net=SMOOTH,
            drops="homogeneous",
            title="net=smooth-leaky",
            because="smooth neurons are not homogeneous: sigma(z) > z sigma'(z)",
            witness={"net": SOFT, "scale": 0},
        ),
    ],
)
def along_the_ray(
    net: LeakyNet, scale: Fraction, *, slope: str = "gamma", share: float = 1.0
) -> Margin:
    """The logistic loss is proxy convex towards every point of one ray, of which descent uses one.

    For all W and lambda >= 0: <grad L(W), W - lambda V> >= L(W) - l(lambda gamma gm). By
    homogeneity <grad f, W> = f, and l is convex. (L, L)-proxy convexity fails. (slope: 1 in place
    of gamma; share: times lambda gamma gm.)
    """
    here, exact = seen(net), direction_proof(net)
    product = here.product(net.w - float(scale) * net.V)
    gamma, gamma_term = slope_of(net, slope)
    reach = near(scale * gamma * margin_of(net) * Fraction(str(share)))
    term = constant("share") * number(scale) * gamma_term * MARGIN
    proof = exact(quantity("product", scale=scale), ">=", LOSS - logistic_term(term))
    scale_of_sides = here.loss.high + logistic(reach).high
    return at_least(product, here.loss - logistic(reach), scale=scale_of_sides, proof=proof)


@claim(
    "Logistic loss, flipped labels (B8 v)",
    for_all={
        "net": either(
            margin_networks(flips=True), margin_networks(flips=True, sigma="smooth leaky")
        )
    },
    text="derived",
    depends_on=["frei2021networks.proxy_pl"],
    mutants=[
        wrong(
            noise="p",
            because="one large flipped input holds nine small ones at a standstill",
            witness={"net": TENTH},
        ),
        wrong(
            share=1.01,
            because="attained without flips by one sample where the neuron is off",
            witness={"net": BEHIND},
        ),
    ],
)
def flipped_labels(net: LeakyNet, *, noise: str = "sharp", share: float = 1.0) -> Margin:
    """With a part p of the labels flipped the proxy PL inequality keeps an error of order p.

    If y_i v.x_i >= gm but for a part p of the samples, where y_i v.x_i <= -gm, then ||grad L(W)||
    >= gamma gm (G(W) - xi), xi = (1 + 1/(gamma gm)) p. (noise: xi = p; share: times gamma gm.)
    """
    here, exact = seen(net), direction_proof(net, flips=True)
    rate, rate_term = net.exact.gamma * margin_of(net), GAMMA * MARGIN
    p = Fraction(flipped(net), net.n)
    xi, xi_term = (1 + 1 / rate) * p, (1 + 1 / rate_term) * quantity("flipped")
    if noise == "p":
        xi, xi_term = p, quantity("flipped")
    right = near(rate) * (here.pull - near(xi)) * share
    bound = constant("share") * rate_term * (PULL - xi_term)
    return above(here.norm, right, exact(NORM, ">=", bound), near(rate) * here.pull)


@claim(
    "Logistic loss, training error (B8 vi)",
    for_all={"net": NETWORKS},
    text="derived",
    bound="tight",
    mutants=[
        wrong(twice=1.99, because="at W = 0 all is wrong and G = 1/2", witness={"net": ORIGIN}),
        wrong(base=2.01, because="at W = 0 all is wrong and L = log 2", witness={"net": ORIGIN}),
    ],
)
def errors(net: LeakyNet, *, twice: float = 2.0, base: float = 2.0) -> Margin:
    """The mean pull and the loss bound the training error.

    The part of samples with y_i f(W; x_i) <= 0 is at most 2 G(W), and at most L(W)/log 2. (base: in
    place of 2 under the logarithm.)
    """
    here, exact = seen(net), exact_proof(net)
    part, error = near(training_error(net)), quantity("error")
    logarithm = Approx(base, base, "proved").log()
    by_loss = LOSS / constant("base").log()
    return every(
        pull=below(part, twice * here.pull, exact(error, "<=", constant("twice") * PULL)),
        loss=below(part, here.loss / logarithm, exact(error, "<=", by_loss)),
    )
