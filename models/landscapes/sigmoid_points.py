"""Exact facts about a network of logistic units, and the Hessian of its loss."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import torch
from jaxtyping import Float64
from torch import Tensor

from models.arguments import as_annotated
from models.landscapes.sigmoid_nets import SigmoidNet, sigmoid_features
from models.recipes.rational import Row, dot, least_squares, rank


@as_annotated
def logistic_columns(
    patterns: Sequence[Sequence[int]], units: Sequence[Sequence[Fraction]], *, dummy: bool = False
) -> list[Row]:
    """Values of units with factors exp(w_j) at the patterns, exactly: one list for each unit.

    Args:
        patterns: integers, with a last 1 where the units have thresholds.
        units: rational numbers > 0, as many for a unit as a pattern has coordinates.
        dummy: whether to add the ones of a dummy unit.
    """
    columns = [[_logistic(_product(unit, x)) for x in patterns] for unit in units]
    return [*columns, [Fraction(1)] * len(patterns)] if dummy else columns


@as_annotated
def feature_rank(net: SigmoidNet, units: Sequence[Sequence[Fraction]] | None = None) -> int:
    """Rank of the matrix of features, exactly; of other units if they are given.

    Raises:
        ValueError: a factor is no rational number.
    """
    return rank(_columns(net, units or exact_units(net)))


@as_annotated
def exact_labels(net: SigmoidNet) -> Row:
    """Labels y, exactly.

    Raises:
        ValueError: a number of the network is not rational.
    """
    recipe = net.recipe
    if "labels" in recipe:
        return [Fraction(y) for y in recipe["labels"]]
    v = [Fraction(z) for z in [*recipe["outputs"], *([recipe["dummy"]] if net.dummy else [])]]
    features = zip(*_columns(net, exact_units(net)), strict=True)
    return [dot(row, v) + Fraction(e) for row, e in zip(features, recipe["residual"], strict=True)]


@as_annotated
def fitted_outputs(net: SigmoidNet, units: Sequence[Sequence[Fraction]]) -> Row:
    """Output weights with which other units come nearest to the labels, exactly.

    Raises:
        ValueError: as for `exact_labels`.
    """
    return least_squares(_columns(net, units), exact_labels(net))


@as_annotated
def float_weights(
    net: SigmoidNet, rows: Sequence[Sequence[Fraction]]
) -> tuple[Float64[Tensor, "m d"], Float64[Tensor, " h"]]:
    """Weights q and v of exact ones; a dummy unit keeps its own.

    Args:
        net: the network that they are for.
        rows: for each unit its factors, exp(b_j) where there are thresholds, and v_j.
    """
    table = torch.tensor([[float(z) for z in row] for row in rows], dtype=torch.float64)
    return table[:, :-1].log(), torch.cat([table[:, -1], net.v[net.m :]])


def _columns(net: SigmoidNet, units: Sequence[Sequence[Fraction]]) -> list[Row]:
    recipe = net.recipe
    last = [1] if "thresholds" in recipe else []
    x = [[*(int(z) for z in row), *last] for row in recipe["rows"]]
    return logistic_columns(x, units, dummy=net.dummy)


@as_annotated
def exact_units(net: SigmoidNet) -> list[Row]:
    """Factors exp(w_j) of the units, each with exp(b_j) last where there are thresholds.

    Raises:
        ValueError: one is no rational number.
    """
    recipe = net.recipe
    if "root" in recipe:
        raise ValueError(f"exact_units: root={recipe['root']}; give a network of rational factors")
    units = [[Fraction(z) for z in row] for row in recipe["factors"]]
    thresholds = recipe.get("thresholds")
    if thresholds is None:
        return units
    return [[*unit, Fraction(t)] for unit, t in zip(units, thresholds, strict=True)]


@as_annotated
def loss_hessian(net: SigmoidNet) -> Float64[Tensor, "p p"]:
    """Hessian of ||y - u||^2 in all weights q and v, by automatic differentiation."""
    shape, split = net.q.shape, net.q.numel()

    def loss(weights: Tensor) -> Tensor:
        q, v = weights[:split].reshape(shape), weights[split:]
        return (net.y - sigmoid_features(net.x, q, dummy=net.dummy) @ v).square().sum()

    weights = torch.cat([net.q.flatten(), net.v])
    # torch.func would load its compiler, for seconds.
    return torch.autograd.functional.hessian(loss, weights)  # type: ignore[no-untyped-call, no-any-return]


def _logistic(z: Fraction) -> Fraction:
    return z / (1 + z)


def _product(unit: Sequence[Fraction], x: Sequence[int]) -> Fraction:
    product = Fraction(1)
    for factor, z in zip(unit, x, strict=True):
        product *= factor**z
    return product
