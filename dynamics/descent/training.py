"""Plain gradient descent of many networks at once, as fast as eager floats go: no enclosures."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from dynamics.descent.fused import Block, Part, neurons_at_once, residual, seeds_at_once
from dynamics.descent.halves import Halves, halves_apply
from dynamics.problem import checked, step_sizes
from models.arguments import as_annotated


@dataclass(frozen=True, slots=True, eq=False)
class Trained:
    """Plain numbers of a run, each with rounding errors that nobody bounds.

    Attributes:
        residual: e_k = y - u(k) at the steps 0..K.
        w: the first layer after step K; up to three digits worse than the residuals.
    """

    residual: Float[Tensor, "*s K1 n"]
    w: Float[Tensor, "*s m d"]


@as_annotated
def train(
    x: Float[Tensor, "n d"],
    y: Float[Tensor, "*#s n"],
    w: Float[Tensor, "*s m d"],
    a: Float[Tensor, "*#s m"],
    *,
    eta: float | Float[Tensor, "*#s"],
    steps: int,
) -> Trained:
    """Gradient descent on the first layer in the dtype of w, without enclosures.

    For pictures, measurements and steering a search. What enters an inequality comes from
    `gradient_descent`, which takes about three times as long.

    Args:
        x: inputs.
        y: labels, shared or one row per seed.
        w: W(0); its leading dimensions are seeds.
        a: output weights, fixed.
        eta: step size > 0, a number or one per seed.
        steps: K >= 0.

    Raises:
        ValueError: shapes that do not fit, a NaN, eta <= 0 or steps < 0.
    Source:
        Du et al. 2019 (arXiv:1810.02054v2), section 4.
    """
    labels, flat, outputs = checked(x, y, w, a, "train")
    seeds, m = w.shape[:-2], w.shape[-2]
    rates = step_sizes(eta, flat, seeds, steps, "train") / math.sqrt(m)
    size = seeds_at_once(len(x), flat)
    chunks = [slice(c, c + size) for c in range(0, len(flat), size)]
    parts = [_chunk(x.to(w), labels[c].T, flat[c], outputs[c], rates[c], steps) for c in chunks]
    e, last = (torch.cat(part) for part in zip(*parts, strict=True))
    return Trained(e.reshape(*seeds, steps + 1, len(x)), last.reshape(w.shape))


def _chunk(
    x: Tensor, y: Tensor, w: Tensor, a: Tensor, rate: Tensor, steps: int
) -> tuple[Tensor, Tensor]:
    kind = Halves if halves_apply(x, a) else Block
    parts: list[Part] = [kind(x, w[:, r], a[:, r]) for r in neurons_at_once(len(x), w)]
    kept = x.new_empty(steps + 1, *y.shape)
    for k in range(steps + 1):
        kept[k] = e = residual(y, parts, w.shape[1])
        if k < steps:
            scaled = e * rate
            for part in parts:
                part.push(scaled)
    return kept.permute(2, 0, 1), torch.cat([part.weights() for part in parts], dim=1)
