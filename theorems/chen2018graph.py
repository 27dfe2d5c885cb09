"""Chen, Luss: Stochastic Gradient Descent with Biased but Consistent Gradient Estimators.

arXiv:1807.11880v4, of which the text was not read; the statements are derived. What chen2018 and
chen2018bias say, on a two-layer graph convolutional network: Zachary's karate club, and planted
partitions. The last layer is trained on f(w) = |A Phi w - y|^2/(2 n); the estimate g_N samples N
nodes for the aggregation, once for value and derivative, as FastGCN does.
"""

from fractions import Fraction
from math import ceil, log

import torch
from torch import Tensor

from certify import enclosed, lambda_max
from claims import assume_premise, claim, reached, wrong
from models import (
    GraphNetwork,
    SeedNumber,
    all_samples,
    gaussian_weights,
    graph_gradient,
    sampled_gradient,
)
from strategies import exact_decimals, failure_probabilities, graph_networks, seeds, whole_numbers
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
TWO = {"net": KARATE, "drawn": 2}
STEPS = 60
MOST_DRAWN = 200_000


@claim(
    "Bias on a graph",
    for_all={"net": graph_networks(graphs=SMALL), "drawn": whole_numbers(min_value=2, max_value=3)},
    topics=["stochastic", "graph"],
    text="derived",
    mutants=[
        wrong(
            power=0, because="two nodes halve the bias of one", witness={"net": KARATE, "drawn": 2}
        ),
        wrong(
            power=2,
            because="two nodes halve it, and do not quarter it",
            witness={"net": KARATE, "drawn": 2},
        ),
    ],
)
def graph_bias(net: GraphNetwork, drawn: int, *, power: int = 1) -> Margin:
    """The bias of the sampled gradient is exactly that of a single node, divided by N.

    N (E g_N - grad f) = E g_1 - grad f, over all samples of N <= 3 nodes.
    """
    single, several = _bias(net, 1), _bias(net, drawn)
    scale = float(single.abs().max())
    rounding = 1e-11 * (scale + float(graph_gradient(net, net.w).abs().max()) + 1)
    off = torch.linalg.vector_norm(several * drawn**power - single)
    return equal_to(enclosed(off, rounding), exactly(0.0), scale=1 + scale)


@claim(
    "Bias on a graph, its slope",
    for_all={"net": graph_networks(graphs=SMALL)},
    topics=["stochastic", "graph"],
    text="derived",
    mutants=[
        wrong(
            constant=0.99,
            because="the bias of one node is the bias of one node",
            witness={"net": KARATE},
        )
    ],
)
def graph_bias_slope(net: GraphNetwork, *, constant: float = 1.0) -> SecantExponent:
    """|E g_N - grad f| <= C/N for N = 1, 2, 3, C being the bias of a single node.

    The exponent that is measured is -1.
    """
    first = float(torch.linalg.vector_norm(_bias(net, 1)))
    assume_premise("biased", at_least(exactly(first), exactly(1e-6)))

    def size(drawn: float) -> Approx:
        found = torch.linalg.vector_norm(_bias(net, int(drawn)))
        return enclosed(found, 1e-11 * (1 + float(found)))

    bound = first * (1 + 1e-8) if constant == 1.0 else first * constant
    return secant_exponent(size, over=(1.0, 2.0, 3.0), constant=bound, exponent=-1.0)


@claim(
    "Two samples on a graph",
    for_all={"net": graph_networks(graphs=SMALL)},
    topics=["stochastic", "graph"],
    text="derived",
    mutants=[
        wrong(
            apart=0,
            because="one sample for value and derivative is biased",
            witness={"net": KARATE},
        )
    ],
)
def graph_control(net: GraphNetwork, *, apart: int = 1) -> Margin:
    """With a second sample for the derivative the estimate has no bias.

    The mean over all pairs of nodes, one for the values and one for the derivatives, is grad f.
    """
    counts, _ = all_samples(net.n, 1)
    rows = net.A @ (net.n * counts[:, :, None] * net.features)  # (node, i, h)
    residuals, slopes = rows @ net.w - net.y, rows
    if apart:
        found = torch.einsum("ki,lih->h", residuals, slopes) / (net.n**3)
    else:
        found = torch.einsum("ki,kih->h", residuals, slopes) / (net.n**2)
    wanted = graph_gradient(net, net.w)
    size = float(residuals.abs().max() * slopes.abs().max())
    off = torch.linalg.vector_norm(found - wanted)
    return equal_to(enclosed(off, 1e-12 * size), exactly(0.0), scale=1 + size)


@claim(
    "Good estimates on a graph",
    for_all={
        "net": graph_networks(),
        "delta": exact_decimals(min_value=0.3, max_value=0.9),
        "eps": failure_probabilities(),
    },
    topics=["stochastic", "graph", "probabilistic"],
    text="derived",
    mutants=[
        wrong(
            share=Fraction(1, 4096),
            because="a four-thousandth of the sample leaves errors of several delta",
            witness={"net": KARATE, "delta": Fraction(1, 2), "eps": 0.1},
        )
    ],
)
def graph_tail(
    net: GraphNetwork, delta: Fraction, eps: float, *, share: Fraction | int = 1
) -> WithProbability:
    """Large samples make the relative error small with high probability.

    Let B_1, B_2 bound the aggregated values and derivatives of one node (as vectors over all
    nodes) and t_k = B_k sqrt(8 log(4/eps)/N). If (t_1 (||h'||_F + t_2) + |h - y| t_2)/n <= delta
    |grad f|, then |g_N - grad f| <= delta |grad f| with probability >= 1 - eps (Pinelis for both
    means, Cauchy and Schwarz). N is the least that does it, for weights w at the start.
    """
    wanted = graph_gradient(net, net.w)
    length = torch.linalg.vector_norm(wanted)
    assume_premise("grad f != 0", at_least(enclosed(length, 1e-12), exactly(1e-3)))
    drawn = max(1, ceil(_enough(net, float(delta), eps) * float(share)))
    assume_premise("a sample that can be drawn", at_most(exactly(drawn), exactly(MOST_DRAWN)))

    def event(block: Seeds) -> Margin:
        nodes = torch.special.ndtr(gaussian_weights(drawn, 1, block)[..., 0]) * net.n
        places = nodes.long().clamp_max(net.n - 1)
        counts = torch.zeros(len(places), net.n, dtype=torch.float64, device=places.device)
        counts.scatter_add_(1, places, torch.ones_like(nodes))
        found = sampled_gradient(net, net.w, counts.cpu())
        off = torch.linalg.vector_norm(found - wanted, dim=-1) / length
        return at_most(enclosed(off, 1e-10), exactly(delta))

    return with_probability(1 - eps, event, floats_per_seed=3 * drawn)


@claim(
    "Descent on a graph",
    for_all={
        "net": graph_networks(),
        "seed": seeds(),
        "drawn": whole_numbers(min_value=50, max_value=2000),
    },
    topics=["stochastic", "graph", "descent"],
    text="derived",
    mutants=[
        wrong(
            longer=8,
            because="steps that are eight times too long diverge",
            witness={"net": KARATE, "seed": SeedNumber(0), "drawn": 2000},
        )
    ],
)
def graph_descent(net: GraphNetwork, seed: SeedNumber, drawn: int, *, longer: int = 1) -> Margin:
    """Training the last layer with consistent estimates obeys the rate of the smooth case.

    f is L-smooth in w, L = lambda_max((A Phi)^T A Phi)/n. While all estimates are within delta =
    1/2 of the gradient, gamma = (1 - delta)/(L (1 + delta)^2) gives f(w_{k+1}) <= f(w_k) -
    gamma (1 - delta)/2 |h_k|^2 at each of 60 steps. A step whose estimate is worse is taken along
    the gradient itself, as if it had been sampled again.
    """
    rows = net.aggregated
    smooth = lambda_max(rows.mT @ rows / net.n)
    assume_premise("L > 0", at_least(smooth, exactly(1e-6)))
    gamma = longer * 0.5 / (smooth.high * 2.25)
    nodes = torch.special.ndtr(gaussian_weights(STEPS * drawn, 1, seed)[0, :, 0]) * net.n
    places = nodes.long().clamp_max(net.n - 1).reshape(STEPS, drawn)
    counts = torch.zeros(STEPS, net.n, dtype=torch.float64)
    counts.scatter_add_(1, places, torch.ones(STEPS, drawn, dtype=torch.float64))
    reached(steps=STEPS)
    w, falls = net.w, []
    for k in range(STEPS):
        h = graph_gradient(net, w)
        g = sampled_gradient(net, w, counts[k])
        good = bool(torch.linalg.vector_norm(g - h) <= 0.5 * torch.linalg.vector_norm(h))
        later = w - gamma * (g if good else h)
        falls.append(_risk(net, later) - _risk(net, w) + gamma / 4 * h.square().sum())
        w = later
    size = float(_risk(net, net.w))
    return at_most(enclosed(torch.stack(falls).max(), 1e-12 * (1 + size)), exactly(0.0), scale=size)


def _bias(net: GraphNetwork, drawn: int) -> Tensor:
    """E g_N - grad f, over all samples."""
    counts, chances = all_samples(net.n, drawn)
    return chances @ sampled_gradient(net, net.w, counts) - graph_gradient(net, net.w)


def _risk(net: GraphNetwork, w: Tensor) -> Tensor:
    value: Tensor = (net.aggregated @ w - net.y).square().sum() / (2 * net.n)
    return value


def _enough(net: GraphNetwork, delta: float, eps: float) -> float:
    """The least N of the tail's premise: a quadratic inequality in 1/sqrt(N)."""
    spokes = net.n * net.A[:, :, None] * net.features[None]  # (i, j, h): node j's share of row i
    values = float(torch.linalg.vector_norm(spokes @ net.w, dim=0).max())
    slopes = float(torch.linalg.vector_norm(spokes, dim=(0, 2)).max())
    rows, scale = net.aggregated, (8 * log(4 / eps)) ** 0.5
    residual = float(torch.linalg.vector_norm(rows @ net.w - net.y))
    goal = delta * net.n * float(torch.linalg.vector_norm(graph_gradient(net, net.w)))
    a, b = values * slopes * scale**2, scale * (values * float(rows.norm()) + residual * slopes)
    root = (-b + (b * b + 4 * a * goal) ** 0.5) / (2 * a)  # of a r^2 + b r = goal
    return float(1 / root**2)
