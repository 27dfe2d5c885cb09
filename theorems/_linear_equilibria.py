"""Equilibria of linear networks, z = W z + x, with bounds of their error."""

import torch
from torch import Tensor

from certify import enclosed
from verdicts import Approx

EPS = torch.finfo(torch.float64).eps


def squared_equilibria(W: Tensor, *, columns: int) -> Approx:
    """||(I - W)^(-1) e_j||^2, summed over the first columns."""
    inverse, error = resolvent(W)
    z = inverse[..., :columns]
    square = z.square().sum(dim=(-2, -1))
    rounding = 2 * z.shape[-2] * columns * EPS * square
    return enclosed(square, 2 * error * (square.sqrt() + error) + rounding)


def resolvent(W: Tensor) -> tuple[Tensor, Tensor]:
    """(I - W)^(-1), and a bound of its error in the Frobenius norm, from the residual."""
    m = W.shape[-1]
    matrix = torch.eye(m, dtype=W.dtype, device=W.device) - W
    inverse: Tensor = torch.linalg.inv(matrix)
    size = torch.linalg.matrix_norm(inverse)
    residual = matrix @ inverse - torch.eye(m, dtype=W.dtype, device=W.device)
    # The product rounds, and so does I - W.
    off = torch.linalg.matrix_norm(residual)
    off = off + 2 * (m + 2) * EPS * torch.linalg.matrix_norm(matrix) * size
    worst = torch.full_like(off, torch.inf)
    return inverse, torch.where(off < 0.5, 2 * size * off, worst)
