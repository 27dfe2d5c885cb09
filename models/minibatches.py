"""Mini-batches drawn with replacement: all of them, and the exact second moment of one step."""

from __future__ import annotations

import math

import torch
from jaxtyping import Float64
from torch import Tensor

from models.tensor_shapes import check_shapes

_MOST = 2**16


def batch_counts(n: int, s: int) -> Float64[Tensor, "batches n"]:
    """How often each of n samples is in each of the n^s equally likely batches of size s.

    Raises:
        ValueError: n or s below 1, or more than 65536 batches.
    """
    whole = all(isinstance(each, int) and each >= 1 for each in (n, s))
    if not whole or n**s > _MOST:
        raise ValueError(f"batch_counts: n={n}, s={s}; give n, s >= 1 with n^s <= {_MOST}")
    samples = torch.arange(n)
    drawn = torch.cartesian_prod(*[samples] * s).reshape(-1, s)
    return (drawn[..., None] == samples).to(torch.float64).sum(dim=-2)


def after_one_batch(
    moment: Float64[Tensor, "n n"], K: Float64[Tensor, "n n"], eta: float, s: int
) -> Float64[Tensor, "n n"]:
    """E r+ r+^T for r+ = r - eta K (c o r), c the counts of a batch of size s, from E r r^T.

    E c_i = s/n and E c_i c_j = s(s - 1)/n^2, plus s/n where i = j.

    Args:
        moment: E r r^T.
        K: symmetric, A A^T of a linear system.
        eta: step size.
        s: batch size, >= 1.

    Raises:
        ValueError: moment or K is no finite matrix (n, n), eta is not finite, or s < 1.
    """
    check_shapes("after_one_batch", moment=(moment, "n n"), K=(K, "n n"))
    if not math.isfinite(eta):
        raise ValueError(f"after_one_batch: eta={eta!r}; give a finite step size")
    mean = s / len(K) * (K @ moment)
    return moment - eta * (mean + mean.mT) + eta**2 * K @ drawn_moment(moment, s) @ K


def drawn_moment(moment: Float64[Tensor, "n n"], s: int) -> Float64[Tensor, "n n"]:
    """E (c o r)(c o r)^T from E r r^T.

    Raises:
        ValueError: moment is no finite square matrix, or s no whole number >= 1.
    """
    check_shapes("drawn_moment", moment=(moment, "n n"))
    if not isinstance(s, int) or s < 1:
        raise ValueError(f"drawn_moment: s={s!r}; give a batch size >= 1")
    n = len(moment)
    pairs = torch.full_like(moment, s * (s - 1) / n**2)
    return moment * (pairs + s / n * torch.eye(n, dtype=moment.dtype))
