"""Leaky networks without rounding: signs of pre-activations, and a neuron's loss and gradient."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import torch
from jaxtyping import Float64
from torch import Tensor

from models.arguments import as_annotated
from models.leaky.network import LeakyNet
from models.leaky.numbers import LeakyNumbers, Row, slope_at
from models.recipes.rational import dot

_ZERO = Fraction(0)


@dataclass(frozen=True, slots=True)
class NeuronLook:
    """What a neuron does at some weights.

    Attributes:
        losses: of every sample.
        gradients: of every sample's loss, with the selected slopes at kinks.
    """

    losses: Row
    gradients: tuple[Row, ...]

    @property
    def loss(self) -> Fraction:
        """The mean F(w)."""
        return sum(self.losses, _ZERO) / len(self.losses)

    @property
    def gradient(self) -> Row:
        """The mean of the gradients, grad F(w)."""
        n = len(self.gradients)
        return tuple(sum(column, _ZERO) / n for column in zip(*self.gradients, strict=True))

    def along(self, w: Row, v: Row) -> Fraction:
        """<grad F(w), w - v>."""
        return dot(self.gradient, [p - q for p, q in zip(w, v, strict=True)])

    @property
    def second_moment(self) -> Fraction:
        """The mean of the squared norms of the samples' gradients."""
        return sum((dot(g, g) for g in self.gradients), _ZERO) / len(self.gradients)


@as_annotated
def neuron_look(net: LeakyNet, w: Row) -> NeuronLook:
    """Losses and gradients of one neuron, exactly.

    Args:
        net: of one leaky neuron, with any loss but the logistic one.
        w: its weights.

    Raises:
        ValueError: the network has several neurons, another activation, or a logistic loss.
    """
    if net.m != 1 or net.loss == "logistic" or net.sigma != "leaky":
        raise ValueError(
            f"neuron_look: m={net.m}, loss={net.loss!r}, sigma={net.sigma!r}; "
            "give one leaky neuron, and a loss that is rational"
        )
    exact = net.exact
    losses, gradients = [], []
    for x, y, kink in zip(exact.x, exact.y, exact.kinks[0], strict=True):
        z = dot(w, x)
        slope = slope_at(z, exact.gamma, kink)
        residual = exact.s[0] * slope * z - y
        loss, derivative = _loss(net.loss, residual, exact)
        losses.append(loss)
        scale = derivative * exact.s[0] * slope
        gradients.append(tuple(scale * p for p in x))
    return NeuronLook(tuple(losses), tuple(gradients))


@as_annotated
def exact_slopes(net: LeakyNet) -> Float64[Tensor, "m n"]:
    """The slopes sigma'(w_j.x_i) at the recipe's weights, decided without rounding."""
    exact = net.exact
    table = [
        [
            float(slope_at(z, exact.gamma, kink))
            for z, kink in zip(exact.preactivations(w), kinks, strict=True)
        ]
        for w, kinks in zip(exact.w, exact.kinks, strict=True)
    ]
    return torch.tensor(table, dtype=torch.float64)


@as_annotated
def exact_outputs(net: LeakyNet) -> Row:
    """The outputs m^(1/2) f(W; x_i) of a leaky network, exactly."""
    exact, total = net.exact, [_ZERO] * net.n
    for w, s, kinks in zip(exact.w, exact.s, exact.kinks, strict=True):
        for i, (z, kink) in enumerate(zip(exact.preactivations(w), kinks, strict=True)):
            total[i] += s * slope_at(z, exact.gamma, kink) * z
    return tuple(total)


def _loss(kind: str, residual: Fraction, exact: LeakyNumbers) -> tuple[Fraction, Fraction]:
    """A sample's loss, and its derivative in the output; 0 at the kink of an absolute value."""
    if kind == "linear":
        return residual, Fraction(1)
    size, sign = abs(residual), Fraction((residual > 0) - (residual < 0))
    if kind == "absolute":
        return size, sign
    if kind == "squared" or size <= exact.threshold:
        return size * size / 2, residual
    return exact.threshold * (size - exact.threshold / 2), exact.threshold * sign
