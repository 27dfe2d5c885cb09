"""What can happen to H(W) in a ball around W(0): counts, a core, and proved bounds.

A neuron is near the hyperplane of x_i if |w_r(0).x_i| <= R|x_i|: only then can a weight at most
R away have another pattern on x_i. A tie of floats counts as near, so every bound errs on the
safe side. R is a number, or a tensor with one radius per seed.
"""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from models.arguments import as_annotated
from models.two_layer.kernels import joint_counts, norms, tie_distance, weighted_gram
from models.two_layer.network import preactivations

Radius = float | Float[Tensor, "*#s"]


@as_annotated
def near_counts(
    x: Float[Tensor, "n d"], w0: Float[Tensor, "*s m d"], R: Radius
) -> Int64[Tensor, "*s n"]:
    """#{r: |w_r(0).x_i| <= R|x_i|} for every sample.

    Raises:
        ValueError: R is negative or not a number, or the shapes do not fit.
    """
    return near(x, w0, R, "near_counts")[1].sum(dim=-2)


@as_annotated
def H_core(
    x: Float[Tensor, "n d"], w0: Float[Tensor, "*s m d"], R: Radius
) -> Float[Tensor, "*s n n"]:
    """The part of H(W(0)) that no W in the ball can switch off: H(W) >= H_core in Loewner order.

    Neurons that are near any sample's hyperplane are dropped.

    Raises:
        ValueError: R is negative or not a number, or the shapes do not fit.
    """
    pre, close = near(x, w0, R, "H_core")
    safe = (pre >= 0) & ~close.any(dim=-1, keepdim=True)
    return weighted_gram(x, joint_counts(safe, w0), w0.shape[-2])


@as_annotated
def flip_bound(
    x: Float[Tensor, "n d"], w0: Float[Tensor, "*s m d"], R: Radius
) -> Float[Tensor, "*s"]:
    """S = sum_ij |G_ij| (1/m) #{r near i or near j}, which bounds every norm of H(W) - H(W(0)).

    Raises:
        ValueError: R is negative or not a number, or the shapes do not fit.
    Source:
        Du et al. 2019 (arXiv:1810.02054v2), proof of Lemma 3.2.
    """
    _, close = near(x, w0, R, "flip_bound")
    m = w0.shape[-2]
    either = m - joint_counts(~close, w0)
    return weighted_gram(x, either, m).abs().sum(dim=(-2, -1))


@as_annotated
def change_bound(
    x: Float[Tensor, "n d"], w0: Float[Tensor, "*s m d"], R: Radius
) -> Float[Tensor, "*s n n"]:
    """B with |H(W) - H(W(0))| <= B entry by entry, for all W in the ball.

    A pair's count can lose the neurons on at both samples and near one of them, or gain those
    that are near every sample of the two where they are off, but cannot do both. So
    ||H(W) - H(W(0))||_2 <= ||B||_2 <= S, with equality on the left for n = 1 and for orthogonal
    inputs.

    Raises:
        ValueError: R is negative or not a number, or the shapes do not fit.
    """
    pre, close = near(x, w0, R, "change_bound")
    on = pre >= 0
    both_on = joint_counts(on, w0)
    lost = both_on - joint_counts(on & ~close, w0)
    gained = joint_counts(on | close, w0) - both_on
    return weighted_gram(x, torch.maximum(lost, gained), w0.shape[-2]).abs()


def near(
    x: Float[Tensor, "n d"], w0: Float[Tensor, "*s m d"], R: Radius, where: str
) -> tuple[Float[Tensor, "*s m n"], Bool[Tensor, "*s m n"]]:
    """Pre-activations, and which of them a move of length R can bring to zero or beyond.

    Raises:
        ValueError: R is negative or not a number, or the shapes do not fit.
    """
    pre = preactivations(x, w0, where)
    reach = radii(R, w0, where).unsqueeze(-1) + tie_distance(w0)
    return pre, pre.abs() <= reach.unsqueeze(-1) * norms(x, w0)


def radii(R: Radius, w0: Float[Tensor, "*s m d"], where: str) -> Float[Tensor, "*s"]:
    """R as a tensor of one radius per seed of w0.

    Raises:
        ValueError: R is negative or NaN, or has a shape that is not one radius per seed.
    """
    radius = torch.as_tensor(R, dtype=w0.dtype, device=w0.device)
    if not bool((radius >= 0).all()):
        raise ValueError(f"{where}: R={R!r}; give a radius >= 0")
    try:
        return radius.expand(w0.shape[:-2])
    except RuntimeError:
        raise ValueError(
            f"{where}: R has shape {tuple(radius.shape)}, the seeds {tuple(w0.shape[:-2])}; give "
            "one number, or one per seed"
        ) from None
