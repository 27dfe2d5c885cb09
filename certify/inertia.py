"""How many eigenvalues of a symmetric matrix are certainly positive."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from certify.linalg import lambda_min
from certify.real import check_real


def positive_eigenvalues(A: Float[Tensor, "n n"]) -> int:
    """A certain lower bound of the number of positive eigenvalues.

    Rows and columns are scaled to a unit diagonal first: by Sylvester's law that keeps the signs
    of the eigenvalues, and it makes a tiny one visible beside rows of very different norms.

    Args:
        A: symmetric, with entries good to 16 eps |A_ij| and a positive diagonal.

    Raises:
        ValueError: the diagonal is not positive, or as for `lambda_min`.
    """
    check_real("positive_eigenvalues", A=A)
    if A.ndim != 2 or A.shape[0] != A.shape[1]:
        raise ValueError(f"positive_eigenvalues: A has shape {tuple(A.shape)}; give a square one")
    diagonal = A.diagonal()
    if not bool((diagonal > 0).all()):
        raise ValueError(
            f"positive_eigenvalues: the diagonal has {float(diagonal.min())!r}; give one > 0"
        )
    root = diagonal.sqrt()
    scaled = A / (root.unsqueeze(-1) * root.unsqueeze(-2))
    error = float(lambda_min(scaled).width)  # twice the error of every eigenvalue
    return int((torch.linalg.eigvalsh((scaled + scaled.mT) / 2) > error).sum())
