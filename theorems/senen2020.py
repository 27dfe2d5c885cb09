"""Senen-Cerda, Sanders: Almost Sure Convergence of Dropout Algorithms for Neural Networks.

arXiv:2002.02247v2, of which the abstract was read. These are its exact ingredients on networks
where they can be written down: expectations over all masks, for chains, trees and shallow linear
networks (those in senen2020shallow). Filters are kept with probability p and not rescaled; L is
the number of edges of a chain, P the product of its weights.
"""

from fractions import Fraction
from math import prod
from typing import Any

from claims import assume_premise, claim, not_executable, reached, wrong
from models import Tree, chain_output, mean_over_masks
from strategies import Edges, decimal_lists, exact_decimals, weighted_trees
from theorems._exact_sums import equal_sums, exact_proof
from verdicts import Margin, Proof, at_least, exactly, number

KEEP = exact_decimals(min_value=0.1, max_value=0.9)
NUMBERS = exact_decimals(min_value=-3, max_value=3)
CHAIN = {"weights": decimal_lists(), "keep": KEEP, "x": NUMBERS, "y": NUMBERS}
HALF = Fraction(1, 2)

almost_sure_convergence = not_executable(
    "Almost sure convergence of dropout to stationary points of a projected differential equation",
    where="abstract",
    reason="a limit of a stochastic run, without a rate that a finite run could miss",
)


@claim(
    "Dropout on a chain, its risk",
    for_all=CHAIN,
    topics=["dropout"],
    text="derived",
    mutants=[
        wrong(
            edges=1,
            because="two edges are both kept with probability p^2, not p",
            witness={"weights": [1, 1], "keep": HALF, "x": 1, "y": 0},
        ),
        wrong(
            lost=0,
            because="a cut chain still misses the label, by y^2",
            witness={"weights": [1], "keep": HALF, "x": 1, "y": 1},
        ),
    ],
)
def chain_risk(
    weights: tuple[Fraction, ...],
    keep: Fraction,
    x: Fraction,
    y: Fraction,
    *,
    edges: int | None = None,
    lost: int = 1,
) -> Margin:
    """Dropping edges of a chain shrinks its risk by p^L and adds a constant.

    E (y - x f_1 w_1 ... f_L w_L)^2 = p^L (y - x P)^2 + (1 - p^L) y^2, f_l = 1 with probability p.
    Exactly, over all 2^L masks.
    """
    reached(n=len(weights))

    def sides(w: list[Any], p: Any, x: Any, y: Any) -> tuple[Any, Any]:
        kept = p ** (edges or len(w))
        formula = kept * (y - x * prod(w)) ** 2 + (1 - kept) * y**2 * lost
        return _chain_risk(w, p, x, y), formula

    return equal_sums(sides, list(weights), keep, x, y)


@claim(
    "Dropout on a tree, its risk",
    for_all={
        "edges": weighted_trees(),
        "labels": decimal_lists(min_size=6),
        "keep": KEEP,
        "x": NUMBERS,
    },
    topics=["dropout"],
    text="derived",
    mutants=[
        wrong(
            depth="edges",
            because="a leaf asks for the edges of its own path, not for all edges",
            witness={"edges": [[0, 1], [0, 1]], "labels": [1] * 6, "keep": HALF, "x": 1},
        )
    ],
)
def tree_risk(
    edges: Edges, labels: tuple[Fraction, ...], keep: Fraction, x: Fraction, *, depth: str = "path"
) -> Margin:
    """On a tree each leaf pays for its own path.

    E sum over leaves (y - x f w ...)^2 = sum over leaves of p^D (y - x P)^2 + (1 - p^D) y^2, where
    D and P are the depth of the leaf and the product of the weights on its path. Paths share edges.
    """
    reached(n=len(edges))

    def sides(w: list[Any], y: list[Any], p: Any, x: Any) -> tuple[Any, Any]:
        tree = Tree(tuple((parent, w[k]) for k, (parent, _) in enumerate(edges)))
        leaves = list(zip(tree.leaves, y, strict=False))

        def loss(mask: tuple[int, ...]) -> Any:
            return sum((target - tree.output(leaf, x, mask)) ** 2 for leaf, target in leaves)

        formula = 0
        for leaf, target in leaves:
            path = tree.path(leaf)
            kept = p ** (len(path) if depth == "path" else len(edges))
            product = prod(w[k] for k in path)
            formula = formula + kept * (target - x * product) ** 2 + (1 - kept) * target**2
        return mean_over_masks(len(edges), p, loss), formula

    return equal_sums(sides, [weight for _, weight in edges], list(labels), keep, x)


@claim(
    "Dropout on a chain, its gradient",
    for_all=CHAIN,
    topics=["dropout"],
    text="derived",
    mutants=[
        wrong(
            fewer=1,
            because="the derivative in w_l needs all L edges kept, that of w_l too",
            witness={"weights": [1], "keep": HALF, "x": 1, "y": 0},
        )
    ],
)
def chain_gradient(
    weights: tuple[Fraction, ...], keep: Fraction, x: Fraction, y: Fraction, *, fewer: int = 0
) -> Margin:
    """Dropping edges of a chain slows gradient descent by p^L and changes no direction.

    d/dw_l E(y - x f w ...)^2 = p^L d/dw_l (y - x P)^2 for every l, compared as the product with
    the gradient of the plain risk, which is the square of its length.
    """
    reached(n=len(weights))

    def sides(w: list[Any], p: Any, x: Any, y: Any) -> tuple[Any, Any]:
        plain = [-2 * (y - x * prod(w)) * x * prod(w[:k] + w[k + 1 :]) for k in range(len(w))]
        dropped = _chain_gradient(w, p, x, y)
        along = sum(a * b for a, b in zip(dropped, plain, strict=True))
        across = sum(
            (dropped[i] * plain[j] - dropped[j] * plain[i]) ** 2
            for i in range(len(w))
            for j in range(i)
        )
        slowed = p ** (len(w) - fewer) * sum(a**2 for a in plain)
        return along + across, slowed

    return equal_sums(sides, list(weights), keep, x, y)


@claim(
    "Dropout on a chain, exponential loss of speed",
    for_all=CHAIN | {"weights": decimal_lists(min_size=2, min_value=0.1)},
    topics=["dropout", "pl"],
    text="derived",
    bound="tight",
    mutants=[
        wrong(
            power=-1,
            because="with all weights 1/2 each factor of omega counts",
            witness={"weights": [HALF, HALF], "keep": HALF, "x": 1, "y": 1},
        ),
        wrong(
            slowed=0,
            because="the gradient has the factor p^(2L), the risk p^L, so p^L is left",
            witness={"weights": [1, 1], "keep": HALF, "x": 1, "y": 0},
        ),
    ],
)
def chain_speed(
    weights: tuple[Fraction, ...],
    keep: Fraction,
    x: Fraction,
    y: Fraction,
    *,
    power: int = 0,
    slowed: int = 1,
) -> Margin:
    """The gradient of the dropout risk dominates it with a constant that falls as p^L.

    If |w_l| >= omega for all l, then ||grad D||^2 >= 4 p^L x^2 L omega^(2L-2) (D - D*), where D* =
    (1 - p^L) y^2 is the least risk for x != 0. omega is the least weight: equality if all agree.
    """
    reached(n=len(weights))
    _suppose_input(x)
    L, omega = len(weights), min(abs(w) for w in weights)

    def sides(w: list[Any], p: Any, x: Any, y: Any, omega: Any) -> tuple[Any, Any]:
        squared = sum(slope**2 for slope in _chain_gradient(w, p, x, y))
        excess = _chain_risk(w, p, x, y) - (1 - p**L) * y**2
        rate = 4 * p ** (L * slowed) * x**2 * L * omega ** (2 * L - 2 + power)
        return squared, rate * excess

    given = (list(weights), keep, x, y, omega)
    (left, right), proof = sides(*given), exact_proof(sides, given, ">=")
    return at_least(exactly(left), exactly(right), scale=1 + float(abs(right)), proof=proof)


@claim(
    "Dropout on a chain, its minimisers",
    for_all=CHAIN | {"aim": decimal_lists(min_value=0.1)},
    topics=["dropout"],
    text="derived",
    bound="tight",
    mutants=[
        wrong(
            rescaled=1,
            because="filters are not rescaled: P = y/(p^L x) is no minimiser",
            witness={"weights": [1], "keep": HALF, "x": 1, "y": 1, "aim": [1]},
        )
    ],
)
def chain_minimisers(
    weights: tuple[Fraction, ...],
    keep: Fraction,
    x: Fraction,
    y: Fraction,
    aim: tuple[Fraction, ...],
    *,
    rescaled: int = 0,
) -> Margin:
    """On a chain the minimisers of the dropout risk are those of the plain one, if x != 0.

    D(w) >= D(v) for all w and all v with x v_1 ... v_L = y; here the last weight of v solves that.
    """
    reached(n=len(aim))
    _suppose_input(x)
    L = len(aim)
    here = (list(weights) + [Fraction(1)] * L)[:L]

    def sides(w: list[Any], v: list[Any], p: Any, x: Any, y: Any) -> tuple[Any, Any]:
        last = y / (x * prod(v[:-1]) * p ** (L * rescaled))
        return _chain_risk(w, p, x, y), _chain_risk([*v[:-1], last], p, x, y)

    given = (here, list(aim), keep, x, y)
    (left, right), proof = sides(*given), exact_proof(sides, given, ">=")
    return at_least(exactly(left), exactly(right), scale=1 + float(right), proof=proof)


def _suppose_input(x: Fraction) -> None:
    least = Fraction(1, 1000)
    proof = Proof("numbers", {}, abs(number(x)), ">=", least)
    assume_premise("x != 0", at_least(exactly(abs(x)), exactly(least), proof=proof))


def _chain_risk(w: list[Any], p: Any, x: Any, y: Any) -> Any:
    return mean_over_masks(len(w), p, lambda mask: (y - chain_output(w, x, mask)) ** 2)


def _chain_gradient(w: list[Any], p: Any, x: Any, y: Any) -> list[Any]:
    """By central differences, which are exact: the risk is quadratic in each weight."""
    slopes = []
    for k in range(len(w)):
        ends = [_chain_risk([*w[:k], w[k] + step, *w[k + 1 :]], p, x, y) for step in (1, -1)]
        slopes.append((ends[0] - ends[1]) / 2)
    return slopes
