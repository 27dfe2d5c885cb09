"""Singular values of computed matrices, enclosed by perturbation bounds."""

from __future__ import annotations

import torch
from jaxtyping import Float64
from torch import Tensor

from certify.linalg import enclosed, euclidean, size_of
from certify.real import check_real
from verdicts import Approx

_ULPS = 10  # times max(p, q) eps ||A||_2: LAPACK's backward error


def operator_norm(
    A: Float64[Tensor, "*s p q"], *, entries: Float64[Tensor, "*#s p q"] | float = 0.0
) -> Approx:
    """||A||_2, the largest singular value of any matrices, one number per leading index.

    Args:
        A: finite, nonempty; taken as exact but for `entries`.
        entries: elementwise bound of A's own error, >= 0.

    Returns:
        value +- (||entries||_F + 10 max(p, q) eps ||A||_2), estimated.

    Raises:
        ValueError: an entry of A is not finite, or a bound is negative.
    """
    values, error = _singular_values(A, entries, "operator_norm")
    found = enclosed(values[..., 0], error)
    return found if not (found.lower < 0).any() else Approx(found.lower.clip(0), found.upper)


def sigma_min(
    A: Float64[Tensor, "*s p q"], *, entries: Float64[Tensor, "*#s p q"] | float = 0.0
) -> Approx:
    """The least of the min(p, q) singular values; arguments and errors as for `operator_norm`."""
    values, error = _singular_values(A, entries, "sigma_min")
    found = enclosed(values[..., -1], error)
    return found if not (found.lower < 0).any() else Approx(found.lower.clip(0), found.upper)


def _singular_values(A: Tensor, entries: Tensor | float, where: str) -> tuple[Tensor, Tensor]:
    check_real(where, A=A)
    check_real(where, scalars=True, entries=entries)
    if A.ndim < 2 or 0 in A.shape[-2:] or not bool(torch.isfinite(A).all()):
        raise ValueError(
            f"{where}: A has shape {tuple(A.shape)} or an entry that is not finite; give nonempty "
            "finite matrices"
        )
    bound = torch.as_tensor(entries, dtype=torch.float64)
    if not bool((bound >= 0).all()):
        raise ValueError(f"{where}: entries has a negative or NaN bound; give bounds >= 0")
    own = euclidean(bound.broadcast_to(A.shape))
    if 1 in A.shape[-2:]:  # a vector: its norm is good to a few eps, and exact for a number
        count = A.shape[-2] * A.shape[-1]
        norm = (A[..., 0, 0].abs() if count == 1 else euclidean(A)).unsqueeze(-1)
        few = (count + 2) * torch.finfo(torch.float64).eps if count > 1 else 0.0
        return norm, own + few * size_of(norm[..., 0])
    values = torch.linalg.svdvals(A)
    eps = _ULPS * max(A.shape[-2:]) * torch.finfo(torch.float64).eps
    return values, own + eps * size_of(values[..., 0])
