"""A network under the logistic loss at its weights, with enclosures of all that the claims ask."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import torch
from torch import Tensor

from certify import enclosed
from models import LeakyNet, exact_outputs, exact_slopes, leaky_pass
from verdicts import Approx

_EPS = 2.0**-52


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What a network does at its weights W.

    Attributes:
        loss: the mean logistic loss.
        pull: the mean of 1/(1 + exp(y f)).
        gradient: of the loss, in floats, and
        error: how far it may be off, in the Frobenius norm.
    """

    loss: Approx
    pull: Approx
    gradient: Tensor
    error: float

    @property
    def norm(self) -> Approx:
        """The Frobenius norm of the gradient."""
        norm = torch.linalg.vector_norm(self.gradient)
        found = enclosed(norm, self.error + 2.0**-48 * float(norm))
        return Approx(max(found.low, 0.0), found.high, found.rigor)

    def product(self, other: Tensor) -> Approx:
        """The inner product of the gradient with a matrix of floats that are near enough."""
        size = float(torch.linalg.vector_norm(other))
        rounding = 2.0**-46 * float(torch.linalg.vector_norm(self.gradient)) * size
        return enclosed((self.gradient * other).sum(), self.error * size + rounding)


def seen(net: LeakyNet) -> Seen:
    """Everything at the network's weights; kinks are decided exactly."""
    slopes = exact_slopes(net) if net.sigma == "leaky" else None
    # The weights are the floats next to those of the recipe.
    there = leaky_pass(net, net.w, slopes, radius=_EPS * torch.linalg.vector_norm(net.w))
    return Seen(
        enclosed(there.losses.mean(), float(there.loss_error.mean())),
        enclosed(there.pulls.mean(), float(there.pull_error.mean())),
        there.gradients.mean(-3),
        float(there.gradient_error.mean()),
    )


def training_error(net: LeakyNet) -> Fraction:
    """The part of samples with y f <= 0, exactly, for leaky networks."""
    pairs = zip(net.exact.y, exact_outputs(net), strict=True)
    return Fraction(sum(y * f <= 0 for y, f in pairs), net.n)
