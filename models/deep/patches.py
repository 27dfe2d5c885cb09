"""Patches of images with one row of pixels: the map phi of convolutional networks.

Source: Du, Lee, Li, Wang, Zhai 2019 (arXiv:1811.03804v4), section 7; stride 1, zero padding.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from models.arguments import as_annotated


@as_annotated(finite=False)
def patches(x: Float[Tensor, "*b d p"], q: int) -> Float[Tensor, "*b d_q p"]:
    """phi(x): in column l, for every channel, the q pixels around pixel l; zero past the edges.

    Row c q + t holds x[c, l + t - (q - 1)//2], so pixel l itself is always among them, and
    ||x||_F <= ||phi(x)||_F <= sqrt(q) ||x||_F.

    Args:
        x: channels by pixels.
        q: pixels in a patch, >= 1; 1 changes nothing.

    Raises:
        ValueError: q < 1, or x has no channel or pixel.
    """
    _check(x, q, "patches")
    return spread(x.mT, q).mT


@as_annotated(finite=False)
def patches_adjoint(g: Float[Tensor, "*b d_q p"], q: int) -> Float[Tensor, "*b d p"]:
    """The transpose of `patches`, so that <phi(x), g> is <x, the adjoint of g>.

    Raises:
        ValueError: q < 1, or q does not divide the rows of g.
    """
    _check(g, q, "patches_adjoint")
    if g.shape[-2] % q:
        raise ValueError(f"patches_adjoint: {g.shape[-2]} rows, q={q}; give d q rows")
    return gathered(g.mT, q).mT


def spread(x: Float[Tensor, "*b p d"], q: int) -> Float[Tensor, "*b p d_q"]:
    """As `patches`, pixels in front of channels."""
    if q == 1:
        return x
    left = (q - 1) // 2
    padded = torch.nn.functional.pad(x, (0, 0, left, q - 1 - left))
    p = x.shape[-2]
    return torch.stack([padded[..., t : t + p, :] for t in range(q)], dim=-1).flatten(-2)


def gathered(g: Float[Tensor, "*b p d_q"], q: int) -> Float[Tensor, "*b p d"]:
    """As `patches_adjoint`, pixels in front of channels."""
    if q == 1:
        return g
    p, left = g.shape[-2], (q - 1) // 2
    parts = g.reshape(*g.shape[:-1], -1, q)
    padded = g.new_zeros(*g.shape[:-2], p + q - 1, parts.shape[-2])
    for t in range(q):
        padded[..., t : t + p, :] += parts[..., t]
    return padded[..., left : left + p, :]


def _check(x: Tensor, q: int, where: str) -> None:
    if isinstance(q, bool) or not isinstance(q, int) or q < 1:
        raise ValueError(f"{where}: q={q!r}; give a patch size >= 1")
    if x.ndim < 2 or 0 in x.shape[-2:]:
        raise ValueError(f"{where}: shape {tuple(x.shape)}; give channels by pixels, at least one")
