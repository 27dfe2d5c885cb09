"""Both layers of a graph network, trained, and what sampling the nodes of each makes of it.

The parameters are one vector theta = (W, w): Z = A W, Phi = sigma(Z), s = Phi w, and the risk
f = |A s - y|^2/(2 n). A layer is sampled by N nodes drawn with replacement from a law q: its A
becomes A diag(c_j/(N q_j)), node j being drawn c_j times, for value and derivative alike. The
first layer's sample stands between the inputs and Z, the last one's between s and predictions.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from jaxtyping import Float64
from torch import Tensor

from models.arguments import as_annotated
from models.graph_network import GraphNetwork, all_samples

NODE_LAWS = ("uniform", "importance")


@as_annotated
def node_law(net: GraphNetwork, name: str) -> Float64[Tensor, " n"]:
    """The probabilities q_j of the nodes: 1/n each, or in proportion to |A_:j|^2.

    Raises:
        ValueError: an unknown name.
    """
    if name not in NODE_LAWS:
        raise ValueError(f"node_law: name={name!r}; give one of {sorted(NODE_LAWS)}")
    squares = net.A.square().sum(dim=0) if name == "importance" else torch.ones_like(net.y)
    return squares / squares.sum()


@as_annotated
def node_shares(
    counts: Float64[Tensor, "*s n"], q: Float64[Tensor, " n"]
) -> Float64[Tensor, "*s n"]:
    """c_j/(N q_j) for the counts c of a sample: 1 in the mean.

    Args:
        counts: how often each node was drawn; their sum is N >= 1.
        q: the law.

    Raises:
        ValueError: nothing was drawn, or a node that the law never draws.
    """
    drawn = counts.sum(dim=-1, keepdim=True)
    if not bool((drawn > 0).all()) or not bool((q > 0).all()):
        raise ValueError(
            f"node_shares: {float(drawn.min()):g} nodes drawn, least chance {float(q.min()):g}; "
            "give counts with a sum >= 1 and chances > 0"
        )
    return counts / (drawn * q)


@as_annotated
def drawn_samples(
    net: GraphNetwork, drawn: int, q: Float64[Tensor, " n"]
) -> tuple[Float64[Tensor, "k n"], Float64[Tensor, " k"]]:
    """The shares of all samples of N nodes, each with its probability.

    Args:
        net: the network.
        drawn: N.
        q: the law.

    Raises:
        ValueError: there are over 10000 of them.
    """
    counts, chances = all_samples(net.n, drawn)
    return node_shares(counts, q), chances * (net.n * q).pow(counts).prod(dim=-1)


@as_annotated
def start_parameters(net: GraphNetwork) -> Float64[Tensor, " p"]:
    """Theta at the start; p = (n + 1) h."""
    return torch.cat([net.W.flatten(), net.w])


@as_annotated
def layers_risk(
    net: GraphNetwork,
    theta: Float64[Tensor, "*s p"],
    first: Float64[Tensor, "*s n"] | None = None,
    last: Float64[Tensor, "*s n"] | None = None,
) -> Float64[Tensor, "*s"]:
    """The risk f, or what a sample makes of it.

    Args:
        net: the network.
        theta: both layers.
        first: shares of the first layer's sample; all nodes without any.
        last: of the last layer's.
    """
    _, _, s = _forward(net, theta, first)
    return (_weighed(last, s) @ net.A - net.y).square().sum(dim=-1) / (2 * net.n)


@as_annotated(finite=False)
def layers_gradient(
    net: GraphNetwork,
    theta: Float64[Tensor, "*s p"],
    first: Float64[Tensor, "*s n"] | None = None,
    last: Float64[Tensor, "*s n"] | None = None,
) -> Float64[Tensor, "*s p"]:
    """The gradient of `layers_risk`: of f, or the estimate g_N from a sample of each layer."""
    _, _, s = _forward(net, theta, first)
    residual = _weighed(last, s) @ net.A - net.y
    return _backward(net, theta, first, _weighed(last, residual @ net.A) / net.n)


@as_annotated
def node_gradients(
    net: GraphNetwork, theta: Float64[Tensor, " p"], last: Float64[Tensor, "*s n"] | None = None
) -> Float64[Tensor, "*s n p"]:
    """The gradient of (prediction - label)^2/2 at each node: f is their mean.

    Args:
        net: the network.
        theta: both layers.
        last: shares of the last layer's sample; whole neighbourhoods without any.
    """
    _, _, s = _forward(net, theta, None)
    residual = _weighed(last, s) @ net.A - net.y
    rows = net.A if last is None else net.A * last[..., None, :]
    return _backward(net, theta, None, residual[..., :, None] * rows)


@as_annotated
def sampling_variance(
    net: GraphNetwork, theta: Float64[Tensor, "*s p"], q: Float64[Tensor, " n"]
) -> Float64[Tensor, "*s"]:
    """V = (1/(2 n)) sum_i Var_q(A_ij s_j/q_j): what sampling the last layer adds to f, times N.

    Args:
        net: the network.
        theta: both layers.
        q: the law.
    """
    _, _, s = _forward(net, theta, None)
    second = (s.square() * net.A.square().sum(dim=0) / q).sum(dim=-1)
    return (second - (s @ net.A).square().sum(dim=-1)) / (2 * net.n)


@as_annotated
def mean_gradient(
    net: GraphNetwork,
    theta: Float64[Tensor, " p"],
    q: Float64[Tensor, " n"],
    *,
    first: int | None = None,
    last: int | None = None,
) -> Float64[Tensor, " p"]:
    """E g_N: all samples of the first layer are added up; the last layer's mean is closed.

    Args:
        net: the network.
        theta: both layers.
        q: the law of the nodes, in both layers.
        first: nodes drawn for the first layer; all of them without a number.
        last: for the last layer.

    Raises:
        ValueError: the first layer has over 10000 samples.
    """
    if first is None:
        return mean_given_first(net, theta, q, None, last)
    shares, chances = drawn_samples(net, first, q)
    return chances @ mean_given_first(net, theta, q, shares, last)


@as_annotated
def mean_given_first(
    net: GraphNetwork,
    theta: Float64[Tensor, " p"],
    q: Float64[Tensor, " n"],
    shares: Float64[Tensor, "*s n"] | None,
    last: int | None,
) -> Float64[Tensor, "*s p"]:
    """The mean of the estimate over the last layer's samples, for each sample of the first.

    The estimate is quadratic in the last sample's counts, so that its mean is grad(f + V/N), where
    both are made of the first sample.

    Args:
        net: the network.
        theta: both layers.
        q: the law of the last layer's nodes.
        shares: of the first layer's samples; all nodes without any.
        last: nodes drawn for the last layer; all of them without a number.

    Raises:
        ValueError: nothing is drawn.
    """
    if last is not None and last < 1:
        raise ValueError(f"mean_given_first: last={last}; give a number of nodes >= 1, or None")
    _, _, s = _forward(net, theta, shares)
    again = (s @ net.A) @ net.A
    slopes = again - net.y @ net.A
    if last is not None:
        slopes = slopes + (s * net.A.square().sum(dim=0) / q - again) / last
    return _backward(net, theta, shares, slopes / net.n)


@as_annotated
def layers_curvature(net: GraphNetwork, theta: Float64[Tensor, " p"]) -> Callable[[float], float]:
    """A bound of the Hessian's norm within a distance of theta, where f is no larger than there.

    With r = A s - y the Hessian is (J^T J + sum_i r_i Hess r_i)/n. |A| = 1 and |sigma'| <= 1, so
    that the second derivative of r has at most the norm K of the form beta max|w| |dW|^2 +
    2 |dW| |dw|, and J moves by at most K times the distance.

    Args:
        net: the network; its activation has a Lipschitz derivative.
        theta: both layers.

    Returns:
        The bound as a function of the distance >= 0.

    Raises:
        ValueError: the activation has kinks.
    """
    beta = net.activation.beta
    if not beta < math.inf:
        raise ValueError(
            f"layers_curvature: {net.activation.name!r} has no Lipschitz derivative; give tanh"
        )
    Z, features, s = _forward(net, theta, None)
    _, w = _layers(net, theta)
    heard = net.activation.derivative(Z) * w
    inner = (net.A @ net.A) * (heard @ heard.mT) + features @ features.mT
    J = math.sqrt(float(torch.linalg.eigvalsh(net.A @ inner @ net.A)[-1]) * (1 + 1e-9))
    size, widest = float((s @ net.A - net.y).norm()), float(w.abs().max())

    def bound(distance: float) -> float:
        bend = beta * (widest + distance)
        K = (bend + math.sqrt(bend**2 + 4)) / 2
        return ((J + K * distance) ** 2 + size * K) / net.n

    return bound


def _weighed(shares: Tensor | None, values: Tensor) -> Tensor:
    return values if shares is None else values * shares


def _forward(
    net: GraphNetwork, theta: Tensor, first: Tensor | None
) -> tuple[Tensor, Tensor, Tensor]:
    """Z, Phi and s."""
    W, w = _layers(net, theta)
    Z = _aggregated(net, W if first is None else first[..., :, None] * W)
    features = net.activation.value(Z)
    return Z, features, (features @ w[..., :, None])[..., 0]


def _backward(net: GraphNetwork, theta: Tensor, first: Tensor | None, slopes: Tensor) -> Tensor:
    """The gradient with respect to theta of sum_j slopes_j s_j."""
    _, w = _layers(net, theta)
    Z, features, _ = _forward(net, theta, first)
    inner = slopes[..., :, None] * w[..., None, :] * net.activation.derivative(Z)
    to_first = _aggregated(net, inner)
    if first is not None:
        to_first = first[..., :, None] * to_first
    to_last = (slopes[..., None, :] @ features)[..., 0, :]
    return torch.cat([to_first.flatten(start_dim=-2), to_last], dim=-1)


def _aggregated(net: GraphNetwork, rows: Tensor) -> Tensor:
    """A times the rows of all nodes; from the right, where torch makes one product of a batch."""
    return (rows.mT @ net.A).mT


def _layers(net: GraphNetwork, theta: Tensor) -> tuple[Tensor, Tensor]:
    W, w = theta[..., : -net.m], theta[..., -net.m :]
    return W.reshape(*W.shape[:-1], net.n, net.m), w
