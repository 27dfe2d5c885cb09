"""The Gaussian matrix along which two layers of a weight-tied network look independent."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float64
from torch import Tensor

from models.arguments import as_annotated

_DEGENERATE = 1e-8  # relative; below it a layer lies in the span of the earlier ones


@dataclass(frozen=True, slots=True, eq=False)
class AdaptiveGaussian:
    """M, h, h' with M h = W z_i^(l) + U x_i and M h' = W z_j^(l) + U x_j, in the paper's letters.

    With an orthonormal basis V of the span of z_i^(k), z_j^(k), k < l, the part p of z_i^(l)
    orthogonal to it and the part q of z_j^(l) orthogonal to both,
    M = [sqrt(m) W V/s_w, sqrt(m) W p/(s_w |p|), sqrt(m) W q/(s_w |q|), sqrt(d) U]. Its entries are
    independent N(0, 2) for W_ij ~ N(0, 2 s_w^2/m) and U_ij ~ N(0, 2/d): the directions are chosen
    by what W did to earlier ones only.

    Attributes:
        M: m rows.
        first: h.
        second: h'.
        preactivations: W z_i^(l) + U x_i and that of j, computed without M; (*s, 2, m).
        features: z_i^(l) and z_j^(l), (*s, 2, m).
        degenerate: where p or q vanishes, and M is not defined.
    """

    M: Float64[Tensor, "*s m k"]
    first: Float64[Tensor, "*s k"]
    second: Float64[Tensor, "*s k"]
    preactivations: Float64[Tensor, "*s 2 m"]
    features: Float64[Tensor, "*s 2 m"]
    degenerate: Tensor


@as_annotated
def adaptive_gaussian(
    x: Float64[Tensor, "2 d"],
    A: Float64[Tensor, "*s m m"],
    W: Float64[Tensor, "*s m d"],
    s_w: float,
    layers: int,
) -> AdaptiveGaussian:
    """The matrix M of layer l of z^(k+1) = s(W z^(k) + U x), z^(0) = 0, for two inputs.

    Args:
        x: the inputs, of norm sqrt(d) for the paper.
        A: recurrent weights, the paper's W.
        W: input weights, the paper's U.
        s_w: deviation of the entries of sqrt(m/2) A, > 0.
        layers: l >= 1, with 2l + d <= m.

    Raises:
        ValueError: another number of inputs, s_w <= 0, or layers that the width has no room for.
    Source:
        Ling, Xie, Wang, Zhang, Lin 2023 (arXiv:2205.13814), Lemma 4.
    """
    m, d = A.shape[-1], x.shape[-1]
    if x.shape[0] != 2 or not s_w > 0 or layers < 1 or 2 * layers + d > m:
        raise ValueError(
            f"adaptive_gaussian: n={x.shape[0]}, s_w={s_w!r}, layers={layers}, m={m}, d={d}; give "
            "two inputs, s_w > 0 and 1 <= layers <= (m - d)/2"
        )
    inputs = x @ W.mT
    z = [inputs.relu()]
    for _ in range(layers - 1):
        z.append((z[-1] @ A.mT + inputs).relu())
    # Each layer's pair in turn: earlier layers, then p, then q, by one orthogonalisation.
    columns = torch.cat(z, dim=-2).mT
    basis, triangle = torch.linalg.qr(columns)
    sizes = triangle.diagonal(dim1=-2, dim2=-1).abs()
    norms = torch.linalg.vector_norm(columns, dim=-2)
    degenerate = (sizes <= _DEGENERATE * norms).any(dim=-1)
    scale = math.sqrt(m) / s_w
    frame = torch.cat((scale * A @ basis, math.sqrt(d) * W), dim=-1)
    last = triangle[..., -2:] / scale
    shifted = x / math.sqrt(d)
    batch = frame.shape[:-2]
    first, second = (
        torch.cat((last[..., k], shifted[k].expand(*batch, d)), dim=-1) for k in (0, 1)
    )
    return AdaptiveGaussian(frame, first, second, z[-1] @ A.mT + inputs, z[-1], degenerate)
