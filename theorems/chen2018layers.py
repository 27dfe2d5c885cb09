"""Chen, Luss: Stochastic Gradient Descent with Biased but Consistent Gradient Estimators.

arXiv:1807.11880v4, of which the abstract was read, not the text; the statements are derived. For
both layers of a two-layer graph network, theta = (W, w), f = |A sigma(A W) w - y|^2/(2 n). The
estimate g_N samples N nodes for each layer, independently, from a law q, as FastGCN does, and
weighs node j by 1/(N q_j): a sample stands for A in the value and in the derivative.
"""

from fractions import Fraction
from math import ceil, hypot, log

import torch
from torch import Tensor

from certify import enclosed
from claims import assume_premise, claim, wrong
from dynamics import node_counts
from models import (
    GRAPH_ACTIVATIONS,
    GraphNetwork,
    drawn_samples,
    layers_gradient,
    mean_gradient,
    node_gradients,
    node_law,
    node_shares,
    sampling_variance,
    start_parameters,
)
from strategies import (
    exact_decimals,
    failure_probabilities,
    graph_networks,
    node_laws,
    whole_numbers,
)
from verdicts import (
    Approx,
    Margin,
    SecantExponent,
    Seeds,
    WithProbability,
    at_least,
    at_most,
    equal_to,
    exactly,
    secant_exponent,
    with_probability,
)

SMALL = ("karate", "partition 2x17")
KARATE = GraphNetwork.of(graph="karate", width=2, seed=0)
LINEAR = GraphNetwork.of(graph="karate", width=2, seed=0, activation="identity")
PARTITION = GraphNetwork.of(graph="partition 2x17", width=1, seed=2)
TWO = {"net": KARATE, "law": "importance", "drawn": 2}
SUM = 1e-12  # relative rounding of the sums over samples


@claim(
    "Both layers, the last one sampled",
    for_all={
        "net": graph_networks(graphs=SMALL, activations=GRAPH_ACTIVATIONS),
        "law": node_laws(),
        "drawn": whole_numbers(min_value=1, max_value=2),
    },
    topics=["stochastic", "graph"],
    text="derived",
    mutants=[
        wrong(power=0, because="two nodes halve the bias of one", witness=TWO),
        wrong(power=2, because="two nodes halve it, and do not quarter it", witness=TWO),
        wrong(
            weighed=0,
            because="the variance is that of the law that the nodes are drawn from",
            witness=TWO,
        ),
    ],
)
def last_layer(
    net: GraphNetwork, law: str, drawn: int, *, power: int = 1, weighed: int = 1
) -> Margin:
    """Sampling the last layer's nodes follows f + V/N in place of f, in both layers' gradients.

    E g_N = grad f + grad V/N over all samples, for V = (1/(2 n)) sum_i Var_q(A_ij Phi_j.w/q_j).
    With q_j in proportion to |A_:j|^2 this is the importance sampling of FastGCN.
    """
    theta, q = start_parameters(net), node_law(net, law)
    samples, chances = drawn_samples(net, drawn, q)
    estimates = layers_gradient(net, theta, last=samples)
    counted = q if weighed else node_law(net, "uniform")
    slope = torch.func.grad(lambda at: sampling_variance(net, at, counted))(theta)
    wanted = layers_gradient(net, theta) + slope / drawn**power
    return _same(chances @ estimates, wanted, float(estimates.abs().max()))


@claim(
    "Both layers, the first one sampled",
    for_all={
        "net": graph_networks(graphs=SMALL, activations=("identity",)),
        "law": node_laws(),
        "drawn": whole_numbers(min_value=2, max_value=3),
    },
    topics=["stochastic", "graph"],
    text="derived",
    mutants=[
        wrong(power=2, because="two nodes halve it, and do not quarter it", witness=TWO),
        wrong(
            activation="tanh",
            because="one node, weighed by 1/q, saturates its neighbours, and two do less",
            witness=TWO | {"net": LINEAR},
        ),
    ],
)
def first_layer(
    net: GraphNetwork, law: str, drawn: int, *, power: int = 1, activation: str = "identity"
) -> Margin:
    """Sampling the first layer's nodes gives 1/N of one node's bias if the network is linear.

    N (E g_N - grad f) = E g_1 - grad f for sigma(z) = z. With tanh or ReLU the estimate is no
    polynomial of the counts: that N times the bias settles is seen at larger N only.
    """
    net = GraphNetwork.from_recipe(net.recipe | {"activation": activation})
    theta, q = start_parameters(net), node_law(net, law)
    full = layers_gradient(net, theta)
    single = mean_gradient(net, theta, q, first=1) - full
    several = mean_gradient(net, theta, q, first=drawn) - full
    return _same(several * drawn**power, single, net.n * float(full.abs().max() + 1))


@claim(
    "Bias of both layers, its slope",
    for_all={
        "net": graph_networks(graphs=SMALL, max_width=2, activations=("identity",)),
        "law": node_laws(),
    },
    topics=["stochastic", "graph"],
    text="derived",
    mutants=[
        wrong(
            mixed=0,
            because="samples of both layers have a bias in common, which falls as 1/N^2",
            witness={"net": LINEAR, "law": "uniform"},
        ),
        wrong(
            exponent=-2,
            because="what each layer's sample adds falls as 1/N only",
            witness={"net": LINEAR, "law": "uniform"},
        ),
    ],
)
def both_layers_slope(
    net: GraphNetwork, law: str, *, mixed: int = 1, exponent: int = -1
) -> SecantExponent:
    """|E g_N - grad f| <= C/N for N = 1, 2, 3 nodes in each layer of a linear network.

    The bias is B_1/N + B_2/N + B_12/N^2, B_k for one node in one layer; C = |B_1 + B_2| + |B_12|.
    That exponents are found between -2 and -1 is seen, and not claimed.
    """
    theta, q = start_parameters(net), node_law(net, law)
    full = layers_gradient(net, theta)
    one = mean_gradient(net, theta, q, first=1) + mean_gradient(net, theta, q, last=1) - 2 * full
    both = mean_gradient(net, theta, q, first=1, last=1) - full - one
    bound = float(one.norm() + mixed * both.norm())
    assume_premise("biased", at_least(exactly(bound), exactly(1e-6)))

    def size(drawn: float) -> Approx:
        found = mean_gradient(net, theta, q, first=int(drawn), last=int(drawn)) - full
        return enclosed(found.norm(), 1e-10 * (1 + float(found.norm())))

    constant = bound * (1 + 1e-8) + 1e-9
    return secant_exponent(size, over=(1.0, 2.0, 3.0), constant=constant, exponent=exponent)


@claim(
    "Whole neighbourhoods",
    for_all={"net": graph_networks(activations=GRAPH_ACTIVATIONS)},
    topics=["stochastic", "graph"],
    text="derived",
    mutants=[
        wrong(
            sampled=1,
            because="a node of the neighbourhood serves value and derivative",
            witness={"net": KARATE},
        )
    ],
)
def whole_neighbourhoods(net: GraphNetwork, *, sampled: int = 0) -> Margin:
    """The gradient at a random node has no bias, if the node's whole neighbourhood is used.

    The mean over all nodes i of grad (u_i - y_i)^2/2 is grad f, in both layers: the unbiased
    control. Sampling the neighbourhood as well (mutant) is what makes estimates cheap and biased.
    """
    theta = start_parameters(net)
    if sampled:
        samples, chances = drawn_samples(net, 1, node_law(net, "uniform"))
        each = node_gradients(net, theta, samples)
        found = (chances @ each.flatten(start_dim=1)).reshape(each.shape[1:]).mean(dim=0)
    else:
        each = node_gradients(net, theta)
        found = each.mean(dim=0)
    return _same(found, layers_gradient(net, theta), float(each.abs().max()))


@claim(
    "Good estimates of both layers",
    for_all={
        "net": graph_networks(graphs=SMALL, activations=("tanh", "identity")),
        "law": node_laws(),
        "delta": exact_decimals(min_value=0.3, max_value=0.9),
        "eps": failure_probabilities(),
    },
    topics=["stochastic", "graph", "probabilistic"],
    text="derived",
    share=2,
    mutants=[
        wrong(
            share=Fraction(1, 4096),
            because="a four-thousandth of the sample leaves errors of more than delta",
            witness={"net": PARTITION, "law": "uniform", "delta": Fraction(1, 2), "eps": 0.1},
        )
    ],
)
def layers_tail(
    net: GraphNetwork, law: str, delta: Fraction, eps: float, *, share: Fraction | int = 1
) -> WithProbability:
    """Large samples of both layers make the relative error small with high probability.

    With probability >= 1 - eps six means are within b sqrt(8 log(12/eps)/N) (Pinelis), b being the
    largest term of each; they bound |g_N - grad f| by the chain rule, and N is the least for which
    that is at most delta |grad f|. P(|g_N - grad f| > delta |grad f|) <= 12 exp(-N tau(delta)).
    """
    theta, q = start_parameters(net), node_law(net, law)
    wanted = layers_gradient(net, theta)
    length = wanted.norm()
    assume_premise("grad f != 0", at_least(enclosed(length, 1e-12), exactly(1e-3)))
    root = _widest(net, q, float(delta) * float(length))
    drawn = max(1, ceil(8 * log(12 / eps) / root**2 * float(share)))

    def event(block: Seeds) -> Margin:
        shares = node_shares(node_counts(q, drawn, block, rows=2), q)
        found = layers_gradient(net, theta, shares[:, 0], shares[:, 1])
        off = torch.linalg.vector_norm(found - wanted, dim=-1) / length
        return at_most(enclosed(off, 1e-10), exactly(delta))

    return with_probability(1 - eps, event, floats_per_seed=8 * net.n * net.m, cost_per_seed=50_000)


def _same(found: Tensor, wanted: Tensor, largest: float) -> Margin:
    """Two means agree, whose terms are at most `largest`."""
    size = 1 + largest
    return equal_to(enclosed((found - wanted).norm(), SUM * size), exactly(0.0), scale=size)


def _widest(net: GraphNetwork, q: Tensor, goal: float) -> float:
    """The largest root = sqrt(8 log(12/eps)/N) with which the error is at most the goal."""
    low, high = 0.0, 1.0
    while _error(net, q, high) <= goal:
        high *= 2
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _error(net, q, middle) <= goal else (low, middle)
    return low


def _error(net: GraphNetwork, q: Tensor, root: float) -> float:
    """The bound of |g_N - grad f| where every mean is off by its largest term times root.

    A has the norm 1. In the letters of the models: e bounds the error of predictions, d that of
    A^T (predictions - y), and z that of Z = A W.
    """
    sigma, Z = net.activation, net.A @ net.W
    s = net.features @ net.w
    v = net.A @ (net.A @ s - net.y)
    slopes = v[:, None] * net.w * sigma.derivative(Z)
    columns = net.A.norm(dim=0)

    def off(terms: Tensor) -> float:
        return root * float((terms / q).max())

    whole = 1 + off(columns)
    z = sigma.L * off(columns * net.W.norm(dim=1))
    e = whole * float(net.w.norm()) * z + off(columns * s.abs())
    d = whole * e + off(v.abs())
    features = float(torch.linalg.matrix_norm(net.features, 2))
    last = (features + z) * d + z * float(v.norm())
    bent = sigma.beta / sigma.L * float(v.abs().max() * net.w.abs().max()) * z
    first = whole * (sigma.L * d * float(net.w.norm()) + bent) + off((net.A @ slopes).norm(dim=1))
    return hypot(first, last) / net.n
