"""Kawaguchi: Deep Learning without Poor Local Minima. arXiv:1605.07110v3.

Deep linear networks, H hidden layers, N = H + 1 weight matrices, p the smallest hidden width:
    L(W) = (1/2) ||W_N ... W_1 X - Y||_F^2,  S = Y X^T (X X^T)^(-1) X Y^T.
Theorem 2.3 asks that X X^T and X Y^T have full rank, d_y <= d_x, and that S has d_y distinct
eigenvalues; the drawn data are of that kind. (Later papers do without these conditions for (ii).)
The global minimum is (1/2)(||Y||_F^2 - the p largest eigenvalues of S). Abstract read, the wording
of Theorem 2.3 recalled.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeAlias

import torch
from torch import Tensor

from certify import enclosed, frobenius_norm, lambda_max, lambda_min
from claims import assume_premise, claim, not_executable, wrong
from models import (
    LinearNet,
    flattened,
    higher_neighbour,
    least_linear_loss,
    linear_gradient,
    linear_hessian,
    linear_loss,
    linear_map,
    linear_rounding,
    lower_neighbour,
    shaped,
)
from strategies import linear_critical_points
from verdicts import (
    Approx,
    Margin,
    Proof,
    Term,
    at_least,
    at_most,
    constant,
    equal_to,
    every,
    exactly,
    quantity,
)

ZERO = 1e-9
Exact: TypeAlias = Callable[..., Proof]  # a relation over the exact network
STRICT = 1e-6  # what is < 0 or > 0 is so by this much, on the drawn networks

ORIGIN_OF_THREE = LinearNet.of(rows=[[1]], labels=[[1]], layers=[[[0]], [[0]], [[0]]])
ORIGIN_OF_TWO = LinearNet.of(rows=[[1]], labels=[[1]], layers=[[[0]], [[0]]])
ONE_MATRIX = LinearNet.of(rows=[[1]], labels=[[1]], layers=[[[1]]])
FITTED = LinearNet.of(rows=[[1]], labels=[[1]], layers=[[[1]], [[1]]])
BOTTLENECK = LinearNet.of(
    rows=[[1, 0], [0, 1]], labels=[[2, 0], [0, 1]], layers=[[[1, 0]], [[2], [0]]]
)

corollary_3_2 = not_executable(
    "Corollary 3.2",
    where="Section 3.2",
    reason="its model has random activations that know neither data nor weights (assumptions A1p-m "
    "and A5u-m); no ReLU network meets that",
)


@claim(
    "Theorem 2.3 (i)",
    for_all={"net": linear_critical_points()},
    topics=["landscape"],
    mutants=[
        wrong(
            drops="a hidden layer",
            because="a single matrix has a convex loss",
            witness={"net": ONE_MATRIX},
        ),
        wrong(
            drops="W_N ... W_1 X != 0",
            because="between networks without output nothing bends",
            witness={"net": ORIGIN_OF_TWO},
        ),
    ],
)
def theorem_2_3_i(net: LinearNet) -> Margin:
    """The loss of a deep linear network is neither convex nor concave.

    Between (W_1, W_2, ...) and (-W_1, -W_2, ...), two points of one output that is better than
    none, lies (0, 0, ...): there L = ||Y||^2/2 exceeds the mean of the ends, so L is not convex.
    Along W_N -> c W_N it is a parabola, so not concave.
    """
    exact = partial(Proof, "linear_net", net.recipe)
    deep = exact(quantity("N"), ">=", 2)
    assume_premise("a hidden layer", at_least(exactly(net.depth), exactly(1.5)).proved_by(deep))
    flipped = [-layer if k < 2 else layer for k, layer in enumerate(net.layers)]
    middle = [0 * layer if k < 2 else layer for k, layer in enumerate(net.layers)]
    none, double = ([*net.layers[:-1], c * net.layers[-1]] for c in (0, 2))
    some = exact(_at(none), ">=", quantity("loss") + STRICT)
    better = at_least(_loss(net, none) - _loss(net), exactly(STRICT), proof=some)
    assume_premise("W_N ... W_1 X != 0", better)
    ends = (_loss(net) + _loss(net, flipped)) / 2
    rises = exact(_at(middle), ">=", (quantity("loss") + _at(flipped)) / 2 + STRICT)
    mean = (_loss(net, none) + _loss(net, double)) / 2
    sags = exact(quantity("loss"), "<=", (_at(none) + _at(double)) / 2 - STRICT)
    return every(
        not_convex=at_least(_loss(net, middle), ends + STRICT, proof=rises),
        not_concave=at_most(_loss(net), mean - STRICT, proof=sags),
    )


@claim(
    "Theorem 2.3 (ii), (iii)",
    for_all={"net": linear_critical_points(max_depth=4)},
    topics=["landscape"],
    mutants=[
        wrong(
            drops="L > min L",
            because="a global minimum has no lower neighbour",
            witness={"net": FITTED},
        ),
        wrong(
            floor="free_loss",
            because="a bottleneck keeps the global minimum above a perfect fit: rank 1, not 2",
            witness={"net": BOTTLENECK},
        ),
        wrong(
            second_order=True,
            because="at the origin of three matrices the Hessian is 0, yet no local minimum",
            witness={"net": ORIGIN_OF_THREE},
        ),
    ],
)
def theorem_2_3_ii(
    net: LinearNet, *, floor: str = "global_loss", second_order: bool = False
) -> Margin:
    """Every local minimum is a global one, and every other critical point is a saddle.

    Where the gradient vanishes and L exceeds min L, there are lower and higher points nearby, at a
    distance of at most 0.3 sqrt(N). Critical points with any part of the spectrum of S are drawn,
    cut off in the middle or not. (second_order: by the Hessian alone.)
    """
    exact = _suppose_critical(net)
    _suppose_not_global(net, exact, floor)
    if second_order:
        return _negative_curvature(net, exact)
    low, high = (shaped(net, find(net)) for find in (lower_neighbour, higher_neighbour))
    falls = exact(_at(low), "<=", quantity("loss") - STRICT)
    grows = exact(_at(high), ">=", quantity("loss") + STRICT)
    return every(
        lower=at_most(_loss(net, low), _loss(net) - STRICT, proof=falls),
        higher=at_least(_loss(net, high), _loss(net) + STRICT, proof=grows),
    )


@claim(
    "Theorem 2.3 (iv)",
    for_all={"net": linear_critical_points(max_depth=4)},
    topics=["landscape"],
    depends_on=["kawaguchi2016.theorem_2_3_ii"],
    mutants=[
        wrong(
            drops="rank(W_H ... W_2) = p",
            because="at the origin of three matrices the Hessian is 0",
            witness={"net": ORIGIN_OF_THREE},
        ),
        wrong(
            drops="L > min L",
            because="a global minimum has no negative curvature",
            witness={"net": FITTED},
        ),
    ],
)
def theorem_2_3_iv(net: LinearNet) -> Margin:
    """Where the middle layers keep rank p, every saddle has a direction of negative curvature.

    If rank(W_H ... W_2) = p (nothing to ask where H = 1), L exceeds min L and the gradient is 0,
    then the Hessian has an eigenvalue < 0. That is Corollary 2.4 for H = 1: no saddle is bad.
    """
    exact = _suppose_critical(net)
    inner = net.layers[1:-1]
    rank = int(torch.linalg.matrix_rank(linear_map(inner))) if inner else len(net.layers[0])
    kept = exact(quantity("rank_middle"), ">=", quantity("p"))
    full = at_least(exactly(rank), exactly(net.p - 0.5)).proved_by(kept)
    assume_premise("rank(W_H ... W_2) = p", full)
    _suppose_not_global(net, exact, "global_loss")
    return _negative_curvature(net, exact)


@claim(
    "Curvature at the origin of two matrices",
    for_all={"net": linear_critical_points(max_depth=3)},
    topics=["landscape"],
    text="new",
    bound="tight",
    mutants=[
        wrong(
            factor=2.0, because="that is the loss without its 1/2", witness={"net": ORIGIN_OF_TWO}
        ),
        wrong(
            drops="two matrices",
            because="with three matrices the Hessian is 0",
            witness={"net": ORIGIN_OF_THREE},
        ),
    ],
)
def origin_of_two_matrices(net: LinearNet, *, factor: float = 1.0) -> Margin:
    """At W = 0 two matrices have curvature -||Y X^T||, and no less.

    lambda_min(D^2 L(0)) = -||Y X^T||_2: D^2 L(0) pairs W_1 with W_2 through Y X^T alone.
    """
    exact = partial(Proof, "linear_net", net.recipe)
    two = exact(quantity("N"), "<=", 2)
    assume_premise("two matrices", at_most(exactly(net.depth), exactly(2.5)).proved_by(two))
    origin = net.with_layers([torch.zeros_like(layer) for layer in net.layers])
    cross = net.y.mT @ net.x
    norm = lambda_max(cross @ cross.mT).sqrt()
    least = lambda_min(linear_hessian(origin), entries=linear_rounding(origin))
    zeros = flattened(origin.layers)
    bound = -constant("factor") * quantity("norm_cross")
    attained = exact(quantity("lambda_min_hessian", weights=zeros), "==", bound)
    return equal_to(least, -factor * norm, scale=1 + norm.high, proof=attained)


@claim(
    "Corollary 2.4, deeper networks",
    for_all={"net": linear_critical_points(max_depth=4)},
    topics=["landscape"],
    mutants=[
        wrong(
            drops="three matrices",
            because="two matrices have negative curvature at the origin",
            witness={"net": ORIGIN_OF_TWO},
        ),
        wrong(
            drops="Y X^T != 0",
            because="where Y X^T = 0 the origin is a global minimum",
            witness={"net": LinearNet.of(rows=[[1]], labels=[[0]], layers=[[[0]], [[0]], [[0]]])},
        ),
    ],
)
def bad_saddles(net: LinearNet) -> Margin:
    """From three matrices on there are saddles whose Hessian has no negative eigenvalue.

    If Y X^T != 0 and N >= 3, then at W = 0 gradient and Hessian vanish, and along a chain of rank
    one through the largest singular pair of Y X^T the loss is ||Y||^2/2 -+ t^N s + O(t^(2N)).
    """
    exact = partial(Proof, "linear_net", net.recipe)
    deep = exact(quantity("N"), ">=", 3)
    assume_premise("three matrices", at_least(exactly(net.depth), exactly(2.5)).proved_by(deep))
    cross = at_least(frobenius_norm(net.y.mT @ net.x), exactly(STRICT))
    some = exact(quantity("norm_cross"), ">=", STRICT)
    assume_premise("Y X^T != 0", cross.proved_by(some))
    origin = net.with_layers([torch.zeros_like(layer) for layer in net.layers])
    zeros, loss = flattened(origin.layers), _loss(origin)
    low, high = (shaped(net, find(origin)) for find in (lower_neighbour, higher_neighbour))
    flat = linear_hessian(origin).abs().max() + linear_gradient(origin).abs().max()
    second, first = (quantity(f"squared_{name}", weights=zeros) for name in ("hessian", "gradient"))
    before = quantity("loss", weights=zeros)
    return every(
        flat=at_most(enclosed(flat, 0.0), exactly(0.0), proof=exact(second + first, "<=", 0)),
        lower=at_most(_loss(net, low), loss - STRICT, proof=exact(_at(low), "<=", before - STRICT)),
        higher=at_least(
            _loss(net, high), loss + STRICT, proof=exact(_at(high), ">=", before + STRICT)
        ),
    )


def _suppose_critical(net: LinearNet) -> Exact:
    exact = partial(Proof, "linear_net", net.recipe)
    gradient = enclosed(linear_gradient(net).abs().max(), linear_rounding(net))
    still = exact(quantity("squared_gradient"), "==", 0)
    critical = at_most(gradient, exactly(ZERO * (1 + float(net.y.square().sum()))))
    assume_premise("the gradient is 0", critical.proved_by(still))
    return exact


def _suppose_not_global(net: LinearNet, exact: Exact, floor: str) -> None:
    rank = net.p if floor == "global_loss" else net.y.shape[1]
    least = enclosed(least_linear_loss(net, rank=rank), linear_rounding(net))
    above = exact(quantity("loss"), ">=", quantity(floor) + STRICT)
    assume_premise("L > min L", at_least(_loss(net) - least, exactly(STRICT), proof=above))


def _negative_curvature(net: LinearNet, exact: Exact) -> Margin:
    least = lambda_min(linear_hessian(net), entries=linear_rounding(net))
    bends = exact(quantity("lambda_min_hessian"), "<=", -STRICT)
    return at_most(least, exactly(-STRICT), proof=bends)


def _loss(net: LinearNet, layers: Sequence[Tensor] | None = None) -> Approx:
    return enclosed(linear_loss(net, layers), linear_rounding(net))


def _at(layers: Sequence[Tensor]) -> Term:
    """The loss at other layers, in proofs."""
    return quantity("loss", weights=flattened(layers))
