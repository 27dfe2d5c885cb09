"""Normalised Hermite polynomials h_k, Gauss-Hermite sums, and Hermite coefficients of functions.

h_k = He_k/sqrt(k!), so that E h_k(z) h_l(z) = 1{k = l} for z ~ N(0, 1).
"""

from __future__ import annotations

import math
from functools import lru_cache

import torch
from jaxtyping import Float, Float64
from torch import Tensor

from models.activation.kind import Activation
from models.activation.quadrature import gaussian_nodes, gaussian_step
from models.arguments import as_annotated

_MOST_NODES = 200
_WAVES = 2.0  # widening of the quadrature per root of k, which the oscillations of h_k ask for


@as_annotated
def hermite_values(z: Float[Tensor, "*s"], terms: int) -> Float64[Tensor, "*s k"]:
    """h_0(z), ..., h_(terms - 1)(z), by the three-term recurrence.

    Args:
        z: any finite numbers.
        terms: how many, >= 1.

    Raises:
        ValueError: terms < 1.
    """
    if isinstance(terms, bool) or not isinstance(terms, int) or terms < 1:
        raise ValueError(f"hermite_values: terms={terms!r}; give an integer >= 1")
    point = z.double()
    values = [torch.ones_like(point), point]
    for k in range(1, terms - 1):
        values.append((point * values[-1] - math.sqrt(k) * values[-2]) / math.sqrt(k + 1))
    return torch.stack(values[:terms], dim=-1)


@lru_cache(maxsize=64)
def hermite_rule(nodes: int) -> tuple[Float64[Tensor, " N"], Float64[Tensor, " N"]]:
    """Nodes and weights of E f(z), exact for polynomials of degree < 2 nodes.

    Args:
        nodes: how many, 1 to 200.

    Raises:
        ValueError: nodes is none of these.
    Source:
        Golub, Welsch 1969, Calculation of Gauss quadrature rules.
    """
    if isinstance(nodes, bool) or not isinstance(nodes, int) or not 1 <= nodes <= _MOST_NODES:
        raise ValueError(f"hermite_rule: nodes={nodes!r}; give an integer from 1 to {_MOST_NODES}")
    beside = torch.arange(1, nodes, dtype=torch.float64).sqrt()
    z = torch.linalg.eigvalsh(beside.diag(1) + beside.diag(-1))
    z = (z - z.flip(0)) / 2
    # The weights by Christoffel's numbers keep their relative accuracy in the tails.
    weights = hermite_values(z, nodes).square().sum(dim=-1).reciprocal()
    return z, weights / weights.sum()


@as_annotated
def hermite_coefficients(activation: Activation, terms: int) -> Float64[Tensor, " k"]:
    """c_k = E sigma(z) h_k(z) for k < terms, for a smooth sigma, to about 1e-11 L.

    Args:
        activation: sigma.
        terms: how many, 1 to 100.

    Raises:
        ValueError: terms is none of these, or sigma is not smooth enough for quadrature.
    """
    if not terms <= _MOST_NODES // 2:
        raise ValueError(f"hermite_coefficients: terms={terms}; give at most {_MOST_NODES // 2}")
    step = gaussian_step(activation.value, 1.0) / (1 + _WAVES * math.sqrt(terms))
    z, weights = gaussian_nodes(step)
    return (activation.value(z) * weights) @ hermite_values(z, terms)


@as_annotated
def relu_coefficients(terms: int) -> Float64[Tensor, " k"]:
    """Those of max(z, 0): 1/sqrt(2 pi), 1/2, and for k = 2j the numbers of alternating sign
    (-1)^(j+1) (2j-3)!!/sqrt(2 pi (2j)!); those of odd k > 1 vanish.

    Raises:
        ValueError: terms < 1.
    """  # noqa: D205  one sentence of formulas
    if isinstance(terms, bool) or not isinstance(terms, int) or terms < 1:
        raise ValueError(f"relu_coefficients: terms={terms!r}; give an integer >= 1")
    found = [1 / math.sqrt(2 * math.pi), 0.5, 1 / math.sqrt(4 * math.pi)]
    for k in range(3, terms):
        found.append(0.0 if k % 2 else -found[k - 2] * (k - 3) / math.sqrt(k * (k - 1)))
    return torch.tensor(found[:terms], dtype=torch.float64)
