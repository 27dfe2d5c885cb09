"""Havens, Araujo, Garg, Khorrami, Hu: Exploiting Connections between Lipschitz Structures for Certifiably Robust Deep Equilibrium Models.

https://openreview.net/forum?id=8F3Lutda7R (NeurIPS 2023). Layers that are Lipschitz by their
parametrisation, recalled from the authors' code and abstract; the statements are written down and
proved by us. s = max(., 0), b is any vector.
    LBEN:  z = s(W z + U x + b), y = G z
    CPL:   y = x - (2/||W||^2) W s(W^T x + b)
    SLL:   y = x - 2 W T^(-1) s(W^T x + b),  T = diag_i(sum_j |W^T W|_ij q_j/q_i),  q > 0
Each is piecewise linear in x, and every pattern of signs D occurs for some b: its Lipschitz constant
over all b is the largest norm of the 2^m Jacobians, which is what is computed.
"""  # noqa: E501  the citation is one line

from fractions import Fraction
from math import prod

import torch
from torch import Tensor

from certify import all_equilibria, least_principal_minor, monotonicity, operator_norm
from claims import claim, refuted_claim, wrong
from models import MonotoneLayer
from strategies import Matrix, exact_decimals, integer_matrices, monotone_layers, whole_numbers
from theorems._equilibria import EPS, length
from verdicts import Approx, Margin, Proof, at_least, at_most, every, exactly, quantity

ONE = MonotoneLayer.of(G=[[9]], inputs=[[9]], margin="1/1000")
STRONG_INPUT = MonotoneLayer.of(G=[[1]], inputs=[[3]], margin="1/1000")


@claim(
    "LBEN",
    for_all={"layer": monotone_layers()},
    topics=["equilibrium"],
    text="derived",
    bound="tight",
    mutants=[
        wrong(
            c=2.05,
            because="m = d = 1, G = U: y has the slope c G U g/(G^2 + U^2 + c g margin)",
            witness={"layer": ONE},
        ),
        wrong(
            inputs=False,
            because="m = d = 1: without the term of U the slope is 2 g U/G",
            witness={"layer": STRONG_INPUT},
        ),
    ],
)
def lben(layer: MonotoneLayer, *, c: float = 2.0, inputs: bool = True) -> Margin:
    """A matrix inequality makes a layer well-posed and g-Lipschitz, without ||W|| < 1.

    If P > 0 is diagonal and P (I - W) + (I - W)^T P >= (1/g)(G^T G + P U U^T P), strictly, then
    z = s(W z + U x + b) has exactly one solution for all x and b (all principal minors of I - W
    are positive), and y = G z is g-Lipschitz in x. Here the excess 2 margin I or more is drawn, so
    that the minor of the rows S is at least prod_S margin/P_r, computed exactly. (c: (2/c)/g
    instead of 1/g; inputs=False: G^T G alone.)
    """
    rows = layer.exact_weights(c=c, inputs=inputs)
    gap = [[(i == j) - z for j, z in enumerate(row)] for i, row in enumerate(rows)]
    least = exactly(least_principal_minor(gap))
    jacobians = layer.jacobians(c=c, inputs=inputs)
    steepest, g = operator_norm(jacobians, entries=EPS * jacobians.abs()).max(), exactly(layer.g)
    floor = exactly(_least_product(layer))
    return every(
        well_posed=at_least(least, floor, scale=floor),
        lipschitz=at_most(steepest, g, scale=g),
    )


@refuted_claim(
    "LBEN as a contraction",
    for_all={"layer": monotone_layers()},
    topics=["equilibrium"],
    text="derived",
    because="a large G^T G makes W very negative: W = -80.001 for m = 1, G = U = 9",
    witness={"layer": ONE},
)
def lben_is_contraction(layer: MonotoneLayer) -> Margin:
    """The layers of LBEN have ||W|| <= 1, so that Picard's iteration solves them.

    False already for m = 1: they are well-posed for another reason.
    """
    exact = Proof("equilibrium", _equation(layer.exact_weights()), quantity("norm_W"), "<=", 1)
    return at_most(operator_norm(layer.W()), exactly(1.0), proof=exact)


@claim(
    "LBEN, residual",
    for_all={"layer": monotone_layers(max_m=3), "k": whole_numbers(max_value=9)},
    topics=["equilibrium"],
    text="new",
    bound="tight",
    mutants=[
        wrong(
            factor=0.99,
            because="m = 1 attains it where z, q and z* are positive",
            witness={"layer": MonotoneLayer.of(G=[[1]], inputs=[[0]], margin="1/100"), "k": 1},
        ),
        wrong(
            moved_on=False,
            because="W may be large: q - z* = W r/(1 - W) for m = 1, and W = -3/2 here",
            witness={
                "layer": MonotoneLayer.of(G=[[2]], inputs=[[1]], margin="1/1000"),
                "k": 2,
            },
        ),
    ],
)
def lben_residual(
    layer: MonotoneLayer, k: int, *, factor: float = 1.0, moved_on: bool = True
) -> Margin:
    """Strong monotonicity turns a residual into an error bound, where no contraction does.

    With mu = lambda_min(P (I - W) + (I - W)^T P)/2 > 0, any z, q = s(W z + b) and r = z - q:
    ||q - z*|| <= ||P W r||/mu. Here b has entries 1, -1/2, 1/4, ... and z entries k/4; z* is exact.
    (moved_on=False: ||P r||/mu.)
    """
    rows, m = layer.exact_weights(), layer.m
    b = [(-1) ** r / 2.0**r for r in range(m)]
    points = all_equilibria(rows, [str(z) for z in b]).points
    z_star = torch.tensor([[float(z) for z in points[0]]], dtype=torch.float64)
    W, offset = layer.W(), torch.tensor([b], dtype=torch.float64)
    z = torch.full((1, m), k / 4, dtype=torch.float64)
    q = (z @ W.mT + offset).clamp_min(0)
    sizes = z.abs() @ W.abs().mT + offset.abs()
    hidden = (m + 4) * EPS * torch.linalg.vector_norm(sizes, dim=-1)
    moved = ((z - q) @ W.mT if moved_on else z - q) * layer.weights
    gain = (m + 4) * float(1 + W.abs().sum()) * float(layer.weights.max())
    bound = length(moved, hidden * gain) / monotonicity(W, layer.weights)
    return at_most(
        length(q - z_star, hidden + EPS * z_star.norm()), factor * bound, scale=1 + bound.max().high
    )


@claim(
    "CPL",
    for_all={"W": integer_matrices()},
    topics=["equilibrium"],
    text="derived",
    bound="tight",
    mutants=[
        wrong(
            factor=2.01,
            because="d = m = 1, sign on: the slope is 1 - factor",
            witness={"W": ((1,),)},
        ),
        wrong(
            norm="column",
            because="parallel columns add up: ||W||^2 = 2 for W = (1, 1)",
            witness={"W": ((1, 1),)},
        ),
    ],
)
def cpl(W: Matrix, *, factor: float = 2.0, norm: str = "spectral") -> Margin:
    """A convex potential layer does not expand, whatever W and b are.

    y = x - (2/||W||^2) W s(W^T x + b) is 1-Lipschitz: its Jacobians I - (2/||W||^2) W D W^T have
    their eigenvalues in [-1, 1]. (norm="column": the largest norm of a column instead of ||W||.)
    """
    weights = torch.tensor(W, dtype=torch.float64)
    columns = weights.square().sum(dim=0).amax()
    size = torch.linalg.matrix_norm(weights, ord=2).square() if norm == "spectral" else columns
    scale = (factor / size).expand(weights.shape[1])
    return at_most(_steepest_residual(weights, scale), exactly(1.0))


@claim(
    "SLL",
    for_all={
        "W": integer_matrices(),
        "share": exact_decimals(min_value=0.1, max_value=9),
    },
    topics=["equilibrium"],
    text="derived",
    bound="tight",
    mutants=[
        wrong(
            factor=2.01,
            because="d = m = 1, sign on: the slope is 1 - factor",
            witness={"W": ((1,),), "share": Fraction(1)},
        ),
        wrong(
            rows="diagonal",
            because="parallel columns add up: for W = (1, 1) the slope is 1 - 2 - 2",
            witness={"W": ((1, 1),), "share": Fraction(1)},
        ),
    ],
)
def sll(W: Matrix, share: Fraction, *, factor: float = 2.0, rows: str = "sums") -> Margin:
    """An SDP-based layer does not expand: T dominates W^T W, so W T^(-1) W^T has norm at most 1.

    y = x - 2 W T^(-1) s(W^T x + b) with T = diag_i(sum_j |W^T W|_ij q_j/q_i) is 1-Lipschitz for all
    q > 0, here q_i = share^i. (rows="diagonal": T = diag |W^T W|_ii.)
    """
    weights = torch.tensor(W, dtype=torch.float64)
    gram = (weights.mT @ weights).abs()
    q = float(share) ** torch.arange(weights.shape[1], dtype=torch.float64)
    T = (gram * q / q.unsqueeze(-1)).sum(dim=-1) if rows == "sums" else gram.diagonal()
    return at_most(_steepest_residual(weights, factor / T), exactly(1.0))


def _least_product(layer: MonotoneLayer) -> Fraction:
    """The least product of some margin/P_r: |det A| >= det (A + A^T)/2, where that part is > 0."""
    margin = Fraction(layer.recipe["margin"])
    shares = [margin / Fraction(p) for p in layer.recipe["weights"]]
    least: Fraction = prod((share for share in shares if share < 1), start=Fraction(1))
    return min(*shares, least)


def _equation(rows: list[list[Fraction]]) -> dict[str, object]:
    """The recipe of z = s(W z), for the exact model."""
    texts = [[str(z) for z in row] for row in rows]
    return {"W": texts, "b": [["0"] * len(rows)], "slope": "0"}


def _patterns(m: int) -> Tensor:
    """All diagonals of 0 and 1, (2^m, m)."""
    codes = torch.arange(2**m).unsqueeze(-1)
    return ((codes >> torch.arange(m)) & 1).double()


def _steepest_residual(W: Tensor, scale: Tensor) -> Approx:
    """The largest norm of I - W diag(scale) D W^T over all patterns D."""
    p, m = W.shape
    D = _patterns(m).unsqueeze(-2)
    jacobian = torch.eye(p, dtype=W.dtype) - (W * scale * D) @ W.mT
    rounding = 20 * (p + m) * EPS * (1 + (W.abs() * scale) @ W.abs().mT)
    return operator_norm(jacobian, entries=rounding.expand(jacobian.shape)).max()
