"""The limit Gram matrices of the convolutional residual network."""

from __future__ import annotations

import torch
from jaxtyping import Float, Float64
from torch import Tensor

from models.activation.duals import dual, dual_derivative, mean_activation
from models.activation.kind import Activation
from models.arguments import as_annotated
from models.deep.recursions import check_depth, check_residual, residual_step, variances


@as_annotated
def conv_recursion(
    x: Float[Tensor, "*s n d p"],
    activation: Activation,
    H: int,
    c_res: float,
    *,
    patch_size: int,
    misprinted_index: bool = False,
    misprinted_sums: bool = False,
) -> list[Float64[Tensor, "*s n n p p"]]:
    """K^(0), ..., K^(H-1) in p x p blocks, and K^(H), one number per pair of samples.

    The network is x^(1) = sqrt(c_sigma/m) sigma(W^(1) phi(x)), x^(h) = x^(h-1) + (c_res/(H sqrt m))
    sigma(W^(h) phi(x^(h-1))), f = <a, x^(H)>; phi gives pixel l the q pixels l - (q-1)//2, ... and
    zeros past the edges (`patches`). K^(h)_ij,lr is the limit of phi(x_i^(h))_l . phi(x_j^(h))_r,
    the sum over the patch of the features' own covariances F^(h)_ij,ss'. With (u, v) Gaussian of
    K^(h-1), and c = c_res/H:

        F^(1) = c_sigma E sigma(u_l) sigma(v_r),        b^(1)_il = sqrt(c_sigma) E sigma(u_l)
        F^(h) = F^(h-1) + c (b_il E sigma(v_r) + b_jr E sigma(u_l)) + c^2 E sigma(u_l) sigma(v_r)
        b^(h)_il = b^(h-1)_il + c E sigma(u_l)
        K^(h)_ij,lr = sum_t F^(h)_ij,(l+t)(r+t),        K^(0) likewise from F^(0)_ij = x_i^T x_j
        K^(H)_ij = c^2 sum_l K^(H-1)_ij,ll E sigma'(u_l) sigma'(v_l)     (c_sigma for c^2 at H = 1)

    Args:
        x: channels by pixels for every sample; samples that vanish everywhere are refused.
        activation: sigma.
        H: hidden layers, >= 1.
        c_res: weight of the residual blocks, > 0.
        patch_size: q pixels, >= 1.
        misprinted_index: as in `fully_connected_recursion`.
        misprinted_sums: no patch sum at h = 1, and F^(h) from K^(h-1), as printed.

    Returns:
        K[h][..., i, j, l, r] for h < H, and K[H][..., i, j].

    Raises:
        ValueError: an argument is none of these.
    Source:
        Du, Lee, Li, Wang, Zhai 2019 (arXiv:1811.03804v4), Definition 7.1, corrected. The print has
        the same slip of the index, adds the increment to K^(h-1) where F^(h-1) is meant, takes no
        patch sum at h = 1, pairs b_i with sigma(u), and leaves c^2 out of K^(H). What is here is
        the limit of G^(H) of wide networks, as simulation confirms.
    """
    where = "conv_recursion"
    check_depth(H, where, misprinted_index=misprinted_index)
    check_residual(c_res, where)
    _check_images(x, patch_size)
    n, p = x.shape[-3], x.shape[-1]
    flat = x.double().transpose(-1, -2).flatten(-3, -2)
    products = flat @ flat.mT
    features, c = (products + products.mT) / 2, c_res / H
    K = [_patch_sums(features, p, patch_size)]
    if H > 1:
        features = activation.c_sigma * dual(activation, K[0])
        b = activation.c_sigma**0.5 * mean_activation(activation, variances(K[0]))
        K.append(features if misprinted_sums else _patch_sums(features, p, patch_size))
    for _ in range(2, H):
        means = mean_activation(activation, variances(K[-1]))
        before = K[-1] if misprinted_sums else features
        features = residual_step(activation, before, K[-1], b, c, paired=False)
        b = b + c * means
        K.append(_patch_sums(features, p, patch_size))
    block = K[H - 2] if misprinted_index else K[H - 1]
    scale = activation.c_sigma if H == 1 else c**2
    last = _blocks(K[H - 1] * dual_derivative(activation, block), n)
    trace = torch.diagonal(last, dim1=-2, dim2=-1).sum(dim=-1)
    return [*(_blocks(each, n) for each in K), scale * trace]


def _patch_sums(
    features: Float64[Tensor, "*s np np"], p: int, q: int
) -> Float64[Tensor, "*s np np"]:
    """Sum over t of F_ij,(l+t)(r+t), where t runs over a patch and F vanishes past the edges."""
    n, left = features.shape[-1] // p, (q - 1) // 2
    blocks = _blocks(features, n)
    padded = torch.nn.functional.pad(blocks, (left, q - 1 - left, left, q - 1 - left))
    sums = torch.zeros_like(blocks)
    for t in range(q):
        sums = sums + padded[..., t : t + p, t : t + p]
    return sums.transpose(-3, -2).flatten(-4, -3).flatten(-2, -1)


def _blocks(K: Float64[Tensor, "*s np np"], n: int) -> Float64[Tensor, "*s n n p p"]:
    """[i, j, l, r] of the entry (i p + l, j p + r)."""
    p = K.shape[-1] // n
    return K.reshape(*K.shape[:-2], n, p, n, p).transpose(-3, -2)


def _check_images(x: Tensor, q: int) -> None:
    if x.ndim < 3 or 0 in x.shape or not x.is_floating_point():
        raise ValueError(
            f"conv_recursion: x has shape {tuple(x.shape)} and dtype {x.dtype}; give "
            "floating-point channels by pixels, one image per sample"
        )
    if not bool(torch.isfinite(x).all()) or not bool((x != 0).flatten(-2).any(dim=-1).all()):
        raise ValueError("conv_recursion: an image of x is zero or not finite; give other images")
    if isinstance(q, bool) or not isinstance(q, int) or q < 1:
        raise ValueError(f"conv_recursion: patch_size={q!r}; give an integer >= 1")
