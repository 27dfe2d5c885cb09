"""Senen-Cerda, Sanders: Almost Sure Convergence of Dropout Algorithms for Neural Networks.

arXiv:2002.02247v2, of which the abstract was read. Shallow linear networks W_2 diag(f) W_1 whose
hidden units are dropped, f_j = 1 with probability p, not rescaled; chains are in senen2020.
"""

from fractions import Fraction
from typing import Any

from claims import claim, reached, wrong
from models import (
    masked_rows,
    matrix_difference,
    matrix_product,
    mean_over_masks,
    squared_norm,
)
from strategies import Shallow, exact_decimals, shallow_networks
from theorems._exact_sums import equal_sums
from verdicts import Margin

KEEP = exact_decimals(min_value=0.1, max_value=0.9)
HALF = Fraction(1, 2)


@claim(
    "Dropout of units, shallow linear networks",
    for_all={"network": shallow_networks(), "keep": KEEP},
    topics=["dropout"],
    text="derived",
    mutants=[
        wrong(
            variance="1 - p",
            because="a filter has variance p (1 - p)",
            witness={"network": [[[1]], [[1]], [[1]], [[0]]], "keep": HALF},
        ),
        wrong(
            shrink=0,
            because="the mean of the output is p W_2 W_1 X",
            witness={"network": [[[1]], [[1]], [[1]], [[1]]], "keep": HALF},
        ),
    ],
)
def shallow_risk(
    network: Shallow, keep: Fraction, *, variance: str = "p (1 - p)", shrink: int = 1
) -> Margin:
    """Dropping hidden units adds a penalty on the products of their weights.

    E ||Y - W_2 diag(f) W_1 X||_F^2 = ||Y - p W_2 W_1 X||_F^2
    + p (1 - p) sum_j ||W_2 e_j||^2 ||e_j^T W_1 X||^2.
    """
    reached(n=len(network[3][0]), m=len(network[1]))

    def sides(p: Any) -> tuple[Any, Any]:
        outer, inner, x, y = network
        Z = matrix_product(inner, x)
        spread = p * (1 - p) if variance == "p (1 - p)" else 1 - p
        mean = [[p**shrink * z for z in row] for row in matrix_product(outer, Z)]
        formula = squared_norm(matrix_difference(y, mean))
        return _shallow_risk(network, p), formula + spread * _unit_sizes(outer, Z)

    return equal_sums(sides, keep)


@claim(
    "Dropout of units moves the minimisers",
    for_all={"network": shallow_networks(), "keep": KEEP},
    topics=["dropout"],
    text="derived",
    mutants=[
        wrong(
            moved=0,
            because="two equal units would be scaled up: the risk falls along the ray",
            witness={"network": [[[1, 1]], [[1], [1]], [[1]], [[0]]], "keep": HALF},
        )
    ],
)
def shallow_minimisers(network: Shallow, keep: Fraction, *, moved: int = 1) -> Margin:
    """Where a shallow linear network fits its labels, dropout of units still has a slope.

    At Y = W_2 W_1 X the derivative of s -> E ||Y - s W_2 diag(f) W_1 X||^2 at s = 1 is
    2 p (1 - p) (sum_j ||c_j||^2 - ||sum_j c_j||^2), c_j = (W_2 e_j)(e_j^T W_1 X): not 0 in
    general for two units, 0 for one. (The labels of the instance are replaced by the outputs.)
    """
    reached(n=len(network[3][0]), m=len(network[1]))

    def sides(p: Any) -> tuple[Any, Any]:
        outer, inner, x, _ = network
        Z = matrix_product(inner, x)
        fitted = matrix_product(outer, Z)
        up, down = ([[s * w for w in row] for row in outer] for s in (2, 0))
        # The risk is quadratic in s, so that a central difference is its derivative.
        slope = (
            _shallow_risk((up, inner, x, fitted), p) - _shallow_risk((down, inner, x, fitted), p)
        ) / 2
        formula = 2 * p * (1 - p) * (_unit_sizes(outer, Z) - squared_norm(fitted))
        return slope, formula * moved

    return equal_sums(sides, keep)


def _shallow_risk(network: Any, p: Any) -> Any:
    outer, inner, x, y = network
    Z = matrix_product(inner, x)

    def loss(mask: tuple[int, ...]) -> Any:
        return squared_norm(matrix_difference(y, matrix_product(outer, masked_rows(Z, mask))))

    return mean_over_masks(len(inner), p, loss)


def _unit_sizes(outer: Any, Z: Any) -> Any:
    """sum_j ||W_2 e_j||^2 ||e_j^T Z||^2."""
    columns = list(zip(*outer, strict=True))
    return sum(
        squared_norm([column]) * squared_norm([row]) for column, row in zip(columns, Z, strict=True)
    )
