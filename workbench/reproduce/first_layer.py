"""Descent on the first layer of a wide two-layer ReLU network, followed in its pre-activations.

With Z = X W^T (n, m), G = X X^T, u = relu(Z) a/sqrt(m), e = u - y and S_ir = 1{Z_ir >= 0}, one step
of size eta on |u - y|^2/2 is Z <- Z - G Q with Q_ir = (eta/sqrt(m)) a_r e_i S_ir: one product of an
(n, n) with an (n, m) matrix, where the weights themselves would need two. With C the sum of all Q
so far, w_r - w_r(0) = -X^T C_r, whose square is C_r.(G C_r) = C_r.(Z(0) - Z)_r: no product at all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from verdicts import Approx


@dataclass(frozen=True, slots=True, eq=False)
class FirstLayer:
    """What is recorded.

    Attributes:
        epochs: at which of them, 0 the first and K the last.
        squared: |u - y|^2.
        changed: the share of the n m signs of w_r.x_i that differ from those at the start.
        farthest: max_r |w_r - w_r(0)|.
        moved: sqrt(sum_r |w_r - w_r(0)|^2).
        u: predictions at the end.
    """

    epochs: tuple[int, ...]
    squared: Float[Tensor, " k"]
    changed: Float[Tensor, " k"]
    farthest: Float[Tensor, " k"]
    moved: Float[Tensor, " k"]
    u: Float[Tensor, " n"]


def first_layer_descent(
    G: Float[Tensor, "n n"],
    Z: Float[Tensor, "n m"],
    a: Float[Tensor, " m"],
    y: Float[Tensor, " n"],
    *,
    eta: float,
    epochs: int,
    every: int = 1,
    told: Callable[[], None] = lambda: None,
) -> FirstLayer:
    """Gradient descent from the pre-activations Z, in the precision of its arguments.

    Args:
        G: X X^T.
        Z: pre-activations at the start; not changed.
        a: output weights, which stay.
        y: labels.
        eta: step size > 0.
        epochs: K >= 1 steps of full gradients.
        every: how many epochs lie between two that are recorded, a divisor of K: looking at all
            neurons costs a third of a step.
        told: called after every epoch.

    Raises:
        ValueError: epochs < 1, eta <= 0, every no divisor, or a loss that is no longer finite.
    """
    if epochs < 1 or not eta > 0 or every < 1 or epochs % every:
        raise ValueError(
            f"first_layer_descent: epochs={epochs}, eta={eta}, every={every}; give numbers > 0, "
            "epochs a multiple of every"
        )
    root = Z.shape[1] ** 0.5
    now, begin, positive = Z.clone(), Z, Z >= 0
    C, work, each = torch.zeros_like(Z), torch.empty_like(Z), torch.empty_like(Z)
    kept = torch.zeros(4, epochs // every + 1, dtype=torch.float64)
    step = a * (eta / root)
    for k in range(epochs + 1):
        torch.clamp_min(now, 0.0, out=work)
        e = work @ a / root - y
        on = now >= 0
        if k % every == 0:
            squares = torch.sub(begin, now, out=work).mul_(C).sum(dim=0).clamp_min(0.0)
            flips, lengths = (on != positive).double().mean(), squares.double()
            told_here = (e @ e, flips, lengths.max().sqrt(), lengths.sum().sqrt())
            kept[:, k // every] = torch.stack([one.double() for one in told_here])
        if k < epochs:
            torch.outer(e, step, out=each)
            C += each.mul_(on)
            now.addmm_(G, each, alpha=-1.0)
            told()
    if not torch.isfinite(kept).all():
        raise ValueError(f"first_layer_descent: the loss overflows; give a step below eta={eta}")
    looks = tuple(range(0, epochs + 1, every))
    return FirstLayer(looks, kept[0], kept[1], kept[2], kept[3], e + y)


def enclosed_runs(double: Tensor, single: Tensor) -> Approx:
    """Double precision, within its difference from single precision.

    What single precision errs is far more than what double precision does, so that this is an
    estimate on the safe side.
    """
    error = (double - single.double()).abs() + 1e-12 * double.abs()
    return Approx.around(double.numpy(), error.numpy())
