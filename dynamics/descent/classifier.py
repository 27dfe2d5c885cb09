"""Gradient descent of smooth classifiers with one hidden layer, and how far they have come."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from dynamics.enclosures import nudged
from models import LeakyNet, classified
from models.arguments import as_annotated
from verdicts import Approx

_SAFETY = 10.0


@dataclass(frozen=True, slots=True, eq=False)
class ClassifierDescent:
    """The steps 0..K of W - eta grad L; every number is estimated by a second, nudged run.

    Attributes:
        losses: L_t.
        pulls: G_t, the mean of 1/(1 + exp(y f)).
        squared_gradients: |grad L|^2.
        distances: |W_t - W_0|_F.
    """

    losses: Approx
    pulls: Approx
    squared_gradients: Approx
    distances: Approx


@as_annotated
def classifier_descent(net: LeakyNet, *, beta: float, eta: float, steps: int) -> ClassifierDescent:
    """Gradient descent from the weights of the network.

    Args:
        net: a smooth classifier.
        beta: f has the factor m^(-beta).
        eta: step size > 0.
        steps: K >= 0.

    Raises:
        ValueError: eta <= 0 or steps < 0.
    """
    if not eta > 0 or steps < 0:
        raise ValueError(f"classifier_descent: eta={eta!r}, steps={steps!r}; give > 0 and >= 0")
    w = torch.stack((net.w, nudged(net.w, keep=0)))
    rows: list[list[Tensor]] = [[], [], [], []]
    errors: list[list[Tensor]] = [[], [], [], []]
    start = w
    for _ in range(steps + 1):
        now = classified(net, w, beta)
        length = torch.linalg.vector_norm(now.gradient, dim=(-2, -1))
        moved = torch.linalg.vector_norm(w - start, dim=(-2, -1))
        values = (now.loss, now.pull, length.square(), moved)
        rough = (
            now.loss_error,
            now.pull_error,
            now.gradient_error * (2 * length + now.gradient_error),
            2.0**-50 * (moved + torch.linalg.vector_norm(start, dim=(-2, -1))),
        )
        for kept, value in zip((*rows, *errors), (*values, *rough), strict=True):
            kept.append(value)
        w = w - eta * now.gradient
    return ClassifierDescent(*(_enclosed(r, e) for r, e in zip(rows, errors, strict=True)))


def _enclosed(values: list[Tensor], errors: list[Tensor]) -> Approx:
    both, rounding = torch.stack(values, dim=-1), torch.stack(errors, dim=-1)
    apart = _SAFETY * (both[0] - both[1]).abs() + rounding[0]
    return Approx.around(both[0].numpy(), apart.numpy())
