"""Chen, Luss: Stochastic Gradient Descent with Biased but Consistent Gradient Estimators.

arXiv:1807.11880v4, of which the abstract was read, not the text; the statements are derived. What
chen2018 says of descent, on a two-layer graph network trained along estimates that sample N nodes
for each layer. All estimates of a run are to be within delta |grad f| of the gradient; one that is
farther off is pulled towards it until it is, as if that were the worst that was sampled.
"""

from collections.abc import Callable
from fractions import Fraction

import torch
from torch import Tensor

from certify import enclosed, lambda_max, lambda_min
from claims import assume_premise, claim, not_executable, reached, wrong
from dynamics import node_counts
from models import (
    GraphNetwork,
    SeedNumber,
    graph_gradient,
    layers_curvature,
    layers_gradient,
    layers_risk,
    node_law,
    node_shares,
    sampled_gradient,
    start_parameters,
)
from strategies import exact_decimals, graph_networks, node_laws, seeds, whole_numbers
from verdicts import Margin, at_least, at_most, every, exactly

NARROW = GraphNetwork.of(graph="karate", width=1, seed=0)
LINEAR = GraphNetwork.of(graph="karate", width=1, seed=0, activation="identity")
DRAWN = {"seed": SeedNumber(0), "drawn": 1000}
STEPS = 60
ROUNDING = 1e-10  # relative, of sums over a run

both_layers_convex = not_executable(
    "Strongly convex and convex rates for both layers",
    where="text not read",
    reason="the risk of a two-layer network is not convex in both layers; for the last layer alone "
    "it is, and is checked",
)
kinked_networks = not_executable(
    "Non-convex rate for ReLU networks",
    where="text not read",
    reason="the rate asks for a Lipschitz gradient, and the risk of a ReLU network has kinks; "
    "networks with tanh are checked",
)


@claim(
    "Last layer, decreasing steps",
    for_all={
        "net": graph_networks(max_width=3),
        "seed": seeds(),
        "drawn": whole_numbers(min_value=50, max_value=2000),
    },
    topics=["stochastic", "graph", "descent"],
    text="derived",
    mutants=[
        wrong(
            share=Fraction(1, 4),
            because="a quarter of the step falls as k^(-4/7) only",
            witness={"net": NARROW} | DRAWN,
        )
    ],
)
def last_layer_strongly_convex(
    net: GraphNetwork, seed: SeedNumber, drawn: int, *, share: Fraction | int = 1
) -> Margin:
    """The last layer's risk is strongly convex: |w_k - w*|^2 <= 2 (1 + delta)^2 G^2/(c^2 k).

    l and L are the extreme eigenvalues of (A Phi)^T A Phi/n; delta = l/(8 L), c = l - delta L,
    steps 1/(c k) for k <= 60, |h_k| <= G along the run.
    """
    rows = net.aggregated
    low, top = lambda_min(rows.mT @ rows / net.n), lambda_max(rows.mT @ rows / net.n)
    assume_premise("l > 0", at_least(low, exactly(1e-3) * top.high))
    delta, c = low.low / (8 * top.high), low.low * 7 / 8
    points, slopes = _last_layer_run(
        net, seed, drawn, delta=delta, step=lambda k: float(share) / (c * k)
    )
    G = slopes.norm(dim=-1).max()
    scale = float(((1 + delta) * G / c).square())
    far = (points - _best(net)).square().sum(dim=-1)
    worst = (far * torch.arange(1, STEPS + 1)).max()
    return at_most(enclosed(worst, ROUNDING * scale), exactly(2 * scale), scale=scale)


@claim(
    "Last layer, constant steps",
    for_all={
        "net": graph_networks(max_width=3),
        "seed": seeds(),
        "drawn": whole_numbers(min_value=50, max_value=2000),
        "delta": exact_decimals(min_value=0.1, max_value=0.9),
        "part": exact_decimals(min_value=0.01, max_value=1),
    },
    topics=["stochastic", "graph", "descent"],
    text="derived",
    mutants=[
        wrong(
            first=0,
            because="short steps stay where they are, and both other terms are small",
            witness={"net": NARROW, "delta": Fraction(1, 10), "part": Fraction(1, 100)} | DRAWN,
        )
    ],
)
def last_layer_convex(
    net: GraphNetwork,
    seed: SeedNumber,
    drawn: int,
    delta: Fraction,
    part: Fraction,
    *,
    first: int = 1,
) -> Margin:
    """The last layer's risk is convex: the mean gap falls to a floor of delta G times the distance.

    (1/T) sum_k f(w_k) - f* <= |w_1 - w*|^2/(2 gamma T) + gamma (1 + delta)^2 G^2/2
    + delta G max_k |w_k - w*| for T = 60 and gamma = part/L.
    """
    rows = net.aggregated
    top = lambda_max(rows.mT @ rows / net.n).high
    assume_premise("L > 0", at_least(exactly(top), exactly(1e-6)))
    gamma, d = float(part) / top, float(delta)
    points, slopes = _last_layer_run(net, seed, drawn, delta=d, step=lambda _: gamma)
    best, G = _best(net), float(slopes.norm(dim=-1).max())
    far = (points - best).norm(dim=-1)
    # Of a quadratic function, exactly: what is above the least value.
    gaps = ((points - best) @ rows.mT).square().sum(dim=-1) / (2 * net.n)
    bound = first * float(far[0]) ** 2 / (2 * gamma * STEPS) + gamma * ((1 + d) * G) ** 2 / 2
    bound += d * G * float(far.max())
    scale = bound + 1e-3
    return at_most(enclosed(gaps.mean(), ROUNDING * scale), exactly(bound), scale=scale)


@claim(
    "Descent of both layers",
    for_all={
        "net": graph_networks(activations=("tanh", "identity")),
        "law": node_laws(),
        "seed": seeds(),
        "drawn": whole_numbers(min_value=50, max_value=2000),
    },
    topics=["stochastic", "graph", "descent"],
    text="derived",
    mutants=[
        wrong(
            longer=12,
            because="steps that are twelve times too long climb",
            witness={"net": LINEAR, "law": "uniform"} | DRAWN,
        )
    ],
)
def both_layers_descent(
    net: GraphNetwork, law: str, seed: SeedNumber, drawn: int, *, longer: int = 1
) -> Margin:
    """Training both layers with consistent estimates obeys the rate of the smooth case.

    delta = 1/2, and L_k bounds the Hessian of f where the step may go and f <= f(theta_k). With
    gamma_k the largest that is at most (1 - delta)/(L_k (1 + delta)^2): f(theta_{k+1}) <=
    f(theta_k) - gamma_k (1 - delta)/2 |h_k|^2, and so min_{k <= T} |h_k|^2 <= 2 f(theta_1)/
    ((1 - delta) sum_k gamma_k), T = 60. All that the gradient has of both layers is used.
    """
    reached(steps=STEPS)
    q, theta = node_law(net, law), start_parameters(net)
    shares = node_shares(node_counts(q, drawn, seed, rows=2 * STEPS)[0], q)
    risk = [layers_risk(net, theta)]
    falls, least, gain = [], torch.inf, 0.0
    for k in range(STEPS):
        h = layers_gradient(net, theta)
        g = layers_gradient(net, theta, shares[2 * k], shares[2 * k + 1])
        gamma = longer * _longest(net, theta, float(h.norm()))
        theta = theta - gamma * _pulled(g, h, 0.5)
        risk.append(layers_risk(net, theta))
        falls.append(risk[-1] - risk[-2] + gamma / 4 * h.square().sum())
        least, gain = min(least, float(h.square().sum())), gain + gamma / 4
    first = float(risk[0])
    error = ROUNDING * (1 + first)
    return every(
        step=at_most(enclosed(torch.stack(falls).max(), error), exactly(0.0), scale=first),
        least=at_most(enclosed(torch.tensor(least * gain), error), exactly(first), scale=first),
    )


def _last_layer_run(
    net: GraphNetwork, seed: SeedNumber, drawn: int, *, delta: float, step: Callable[[int], float]
) -> tuple[Tensor, Tensor]:
    """The iterates w_1, ..., w_T of the last layer, and the gradients h_k there."""
    reached(steps=STEPS)
    counts = node_counts(node_law(net, "uniform"), drawn, seed, rows=STEPS)[0]
    points, slopes = [net.w], [graph_gradient(net, net.w)]
    for k in range(1, STEPS):
        g = sampled_gradient(net, points[-1], counts[k])
        points.append(points[-1] - step(k) * _pulled(g, slopes[-1], delta))
        slopes.append(graph_gradient(net, points[-1]))
    return torch.stack(points), torch.stack(slopes)


def _best(net: GraphNetwork) -> Tensor:
    """Output weights of the least risk."""
    found: Tensor = torch.linalg.lstsq(net.aggregated, net.y[:, None], driver="gelsd").solution
    return found[:, 0]


def _pulled(g: Tensor, h: Tensor, delta: float) -> Tensor:
    """The estimate, or the point between it and h whose relative error is delta."""
    off = float((g - h).norm())
    allowed = delta * float(h.norm()) * (1 - 1e-12)
    return g if off <= allowed else h + (g - h) * (allowed / off)


def _longest(net: GraphNetwork, theta: Tensor, slope: float) -> float:
    """The largest gamma <= (1 - delta)/(L (1 + delta)^2), L where a step of gamma may go."""
    bound, goal = layers_curvature(net, theta), 0.5 / 2.25
    low, high = 0.0, goal / bound(0.0)
    for _ in range(50):
        middle = (low + high) / 2
        fits = middle * bound(1.5 * middle * slope) <= goal
        low, high = (middle, high) if fits else (low, middle)
    return low
