"""Gram matrices of the two-layer ReLU network, at finite and at infinite width."""

from __future__ import annotations

import math
from itertools import product

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from models.arguments import as_annotated
from models.two_layer.network import check_network, preactivations

_CACHED = 2**17  # pre-activations at once: what the processor's cache holds
_FLOAT32_COUNTS = 2**24  # float32 holds all integers up to this one
_NEARLY_PARALLEL = 0.9  # up to this cosine the arccos loses less than two bits
_SMALLEST = 1e-140  # squares of smaller entries underflow


@as_annotated
def gram(x: Float[Tensor, "*s n d"]) -> Float[Tensor, "*s n n"]:
    """G = X X^T, symmetric to the last bit.

    Raises:
        ValueError: x is not a nonempty matrix of floats with nonzero rows.
    """
    check_inputs(x, "gram")
    products = x @ x.mT
    # BLAS may sum the two triangles in different orders.
    return (products + products.mT) / 2


@as_annotated
def H(
    x: Float[Tensor, "n d"],
    w: Float[Tensor, "*s m d"],
    a: Float[Tensor, "*s m"] | None = None,
) -> Float[Tensor, "*s n n"]:
    """H_ij = G_ij (1/m) #{r: w_r.x_i >= 0 and w_r.x_j >= 0}; the count is exact.

    Args:
        x: inputs, nonzero rows.
        w: first-layer weights.
        a: output weights; if given, neuron r counts a_r^2 times (both layers are trained).

    Raises:
        ValueError: the shapes do not fit.
    """
    if a is None:
        check_network(x, w, "H")
        return weighted_gram(x, _pattern_counts(x.to(w), w), w.shape[-2])
    on = preactivations(x, w, "H") >= 0
    if a.shape[-1:] != w.shape[-2:-1]:
        raise ValueError(f"H: a has shape {tuple(a.shape)}, m={w.shape[-2]}; give one per neuron")
    on = on.to(w)
    return weighted_gram(x, on.mT @ (a.to(w).square().unsqueeze(-1) * on), w.shape[-2])


@as_annotated
def H_error(
    x: Float[Tensor, "n d"],
    w: Float[Tensor, "*s m d"],
    a: Float[Tensor, "*s m"] | None = None,
) -> Float[Tensor, "*s n n"]:
    """Elementwise bound of the error of `H`: rounding, and every tie counted both ways.

    A pre-activation with |w.x| <= (d + 2) eps |w||x| is a tie. Use it as
    `lambda_min(H(x, w), entries=H_error(x, w))` where weights may lie on a hyperplane w.x_i = 0.
    """
    pre = preactivations(x, w, "H_error")
    tied = pre.abs() <= tie_distance(w).unsqueeze(-1) * norms(x, w)
    times = torch.ones_like(w[..., 0]) if a is None else a.to(w).square()
    clear = (~tied).to(w)
    both_clear = clear.mT @ (times.unsqueeze(-1) * clear)
    in_doubt = times.sum(dim=-1)[..., None, None] - both_clear
    doubt = weighted_gram(x, in_doubt.clamp_min(0.0), w.shape[-2]).abs()
    size = torch.outer(norms(x, w), norms(x, w)) * times.mean(dim=-1)[..., None, None]
    return doubt + (x.shape[-1] + 8) * torch.finfo(w.dtype).eps * size


@as_annotated
def G2(x: Float[Tensor, "n d"], w: Float[Tensor, "*s m d"]) -> Float[Tensor, "*s n n"]:
    """The output layer's Gram matrix (1/m) sum_r max(w_r.x_i, 0) max(w_r.x_j, 0).

    Raises:
        ValueError: the shapes do not fit.
    """
    active = preactivations(x, w, "G2").relu()
    return active.mT @ active / w.shape[-2]


@as_annotated
def H_inf(x: Float[Tensor, "*s n d"]) -> Float[Tensor, "*s n n"]:
    """The limit E H(W(0)) = x_i.x_j (pi - angle_ij)/(2 pi), for rows of any nonzero norms.

    The diagonal is |x_i|^2/2; an antipodal pair x, -x has exactly 0.

    Raises:
        ValueError: x is not a nonempty matrix of floats with nonzero rows.
    Source:
        Cho, Saul 2009 (arc-cosine kernel of order 0); angles after Kahan 2006, because the
        arccos form loses half of the digits for nearly parallel rows.
    """
    G = gram(x)
    unit = x / torch.linalg.vector_norm(x, dim=-1, keepdim=True)
    cosine = gram(unit).clamp(-1.0, 1.0)
    half = torch.acos(-cosine) / 2
    *rows, i, j = torch.nonzero(cosine.abs() > _NEARLY_PARALLEL, as_tuple=True)
    first, second = unit[(*rows, i)], unit[(*rows, j)]
    apart = torch.linalg.vector_norm(first - second, dim=-1)
    together = torch.linalg.vector_norm(first + second, dim=-1)
    # (pi - angle)/2 without the cancellation near antipodal pairs.
    half = half.index_put((*rows, i, j), torch.atan2(together, apart))
    limit = G * (half / math.pi) + 0.0  # no -0.0
    diagonal = torch.diagonal(G, dim1=-2, dim2=-1) / 2
    return torch.diagonal_scatter(limit, diagonal, dim1=-2, dim2=-1)


def joint_counts(on: Bool[Tensor, "*s m n"], like: Tensor) -> Float[Tensor, "*s n n"]:
    """#{r: on_ri and on_rj}, exact: sums of zeros and ones below 2**53."""
    dtype = torch.float32 if on.shape[-2] <= _FLOAT32_COUNTS else torch.float64
    counted = on.to(device=like.device, dtype=dtype)
    return (counted.mT @ counted).double()


def _pattern_counts(x: Float[Tensor, "*#s n d"], w: Float[Tensor, "*s m d"]) -> Tensor:
    """The same of w_r.x_i >= 0: the patterns stay in the processor's cache."""
    if x.ndim > 2:
        return joint_counts(w @ x.mT >= 0, w)
    (n, d), (m, _) = x.shape, w.shape[-2:]
    flat, width = w.reshape(-1, m, d), max(1, _CACHED // n)
    height = max(1, width // m)
    counts = w.new_zeros(len(flat), n, n, dtype=torch.float64)
    for s, r in product(range(0, len(flat), height), range(0, m, width)):
        part = flat[s : s + height, r : r + width]
        # Neurons last: long rows, where comparing and multiplying are fastest.
        pre = x @ part.reshape(-1, d).T
        on = torch.ge(pre, 0.0, out=pre).to(torch.float32).view(n, len(part), -1)
        counts[s : s + height] += on.transpose(0, 1) @ on.permute(1, 2, 0)
    return counts.reshape(*w.shape[:-2], n, n)


def weighted_gram(
    x: Float[Tensor, "n d"], counts: Float[Tensor, "*s n n"], m: int
) -> Float[Tensor, "*s n n"]:
    """G_ij counts_ij/m, in the device and dtype of the counts."""
    return gram(x).to(counts) * (counts / m)


def tie_distance(w: Float[Tensor, "*s m d"]) -> Float[Tensor, "*s m"]:
    """(d + 2) eps |w_r|: times |x_i|, the rounding error of a computed w_r.x_i."""
    d = w.shape[-1]
    lengths = (w.square() @ w.new_ones(d)).sqrt()
    return lengths.mul_((d + 2) * torch.finfo(w.dtype).eps)


def norms(x: Float[Tensor, "n d"], w: Tensor) -> Float[Tensor, " n"]:
    """|x_i|, in the device and dtype of w."""
    lengths: Tensor = torch.linalg.vector_norm(x.to(w), dim=-1)
    return lengths


def check_inputs(x: Tensor, where: str) -> None:
    """Raises ValueError: x is not a nonempty matrix of finite floats with nonzero rows."""
    if x.ndim < 2 or 0 in x.shape[-2:] or not x.is_floating_point():
        raise ValueError(
            f"{where}: x has shape {tuple(x.shape)} and dtype {x.dtype}; give a nonempty "
            "floating-point matrix, one row per sample"
        )
    if not bool(torch.isfinite(x).all()) or not bool((x != 0).any(dim=-1).all()):
        raise ValueError(f"{where}: a row of x is zero or not finite; give nonzero finite rows")
    largest = x.abs().amax(dim=-1)
    if not bool(((largest > _SMALLEST) & (largest < 1 / _SMALLEST)).all()):
        raise ValueError(
            f"{where}: rows of size {float(largest.min()):.3g} to {float(largest.max()):.3g} have "
            f"squares that floats cannot hold; give sizes between {_SMALLEST:g} and 1e140"
        )
