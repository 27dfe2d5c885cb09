"""Eigenvalues and norms of computed matrices, enclosed by perturbation bounds.

The enclosures of tensors are "estimated": they rest on the caller's bound of the entries and on
LAPACK's backward stability with a generous constant, not on directed rounding. Those of an
`EnclosedMatrix` have its rigor.
"""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from certify import proved_spectrum
from certify.enclosed_matrix import EnclosedMatrix, NotSymmetricError
from certify.real import check_real
from verdicts import Approx

_ENTRY_ULPS = 16  # default bound of an entry's own error, in eps |A_ij|
_SOLVER_ULPS = 10  # times n eps ||A||_F: the solver's backward error
_ASYMMETRY = 1e-10  # relative; more means the wrong matrix
_ORDINARY = 2.0**-400, 2.0**400  # norms between have squares that neither vanish nor overflow
_LEAST_SIZE = 2.0**-950  # a smaller one times eps would vanish


def enclosed(value: Tensor, error: Tensor | float) -> Approx:
    """The enclosure value +- error of a computed tensor, rigor "estimated".

    Args:
        value: any shape and real dtype; an infinite entry is an overflow.
        error: >= 0, same units, broadcasts with value.

    Raises:
        ValueError: a NaN, or a negative error.
    """
    check_real("enclosed", value=value)
    try:
        radius = _numpy(error) if isinstance(error, Tensor) else np.float64(error)
    except (TypeError, ValueError):
        radius = np.float64("nan")
    if not (radius >= 0).all():
        raise ValueError(f"enclosed: error={error!r}; give an error >= 0")
    return Approx.around(_numpy(value), radius)


def lambda_min(
    A: Float[Tensor, "*s n n"] | EnclosedMatrix,
    *,
    entries: Float[Tensor, "*#s n n"] | float | None = None,
) -> Approx:
    """Smallest eigenvalue of symmetric matrices, one number per leading index.

    Args:
        A: symmetric to within 1e-10 relative; finite. Or one enclosed matrix.
        entries: elementwise bound of A's own error; None means 16 eps |A_ij|, or what an
            `EnclosedMatrix` says.

    Returns:
        value +- (||entries||_F + 10 n eps ||A||_F), by Weyl's inequality, estimated; proved for an
        `EnclosedMatrix` that is (`certify.proved_spectrum`).

    Raises:
        NotSymmetricError: A differs from its transpose.
        ValueError: A is not square, is empty, or has a NaN or infinite entry.
    """
    if isinstance(A, EnclosedMatrix):
        return proved_spectrum.lambda_min(_without(entries, A, "lambda_min"))
    eigenvalues, error = _spectrum(A, entries, "lambda_min")
    return enclosed(eigenvalues[..., 0], error)


def lambda_max(
    A: Float[Tensor, "*s n n"] | EnclosedMatrix,
    *,
    entries: Float[Tensor, "*#s n n"] | float | None = None,
) -> Approx:
    """Largest eigenvalue of symmetric matrices; arguments and errors as for `lambda_min`."""
    if isinstance(A, EnclosedMatrix):
        return proved_spectrum.lambda_max(_without(entries, A, "lambda_max"))
    eigenvalues, error = _spectrum(A, entries, "lambda_max")
    return enclosed(eigenvalues[..., -1], error)


def spectral_norm(
    A: Float[Tensor, "*s n n"] | EnclosedMatrix,
    *,
    entries: Float[Tensor, "*#s n n"] | float | None = None,
) -> Approx:
    """||A||_2 of symmetric matrices; arguments and errors as for `lambda_min`."""
    if isinstance(A, EnclosedMatrix):
        return proved_spectrum.spectral_norm(_without(entries, A, "spectral_norm"))
    eigenvalues, error = _spectrum(A, entries, "spectral_norm")
    return _not_negative(enclosed(eigenvalues.abs().amax(dim=-1), error))


def frobenius_norm(
    A: Float[Tensor, "*s p q"] | EnclosedMatrix,
    *,
    entries: Float[Tensor, "*#s p q"] | float | None = None,
) -> Approx:
    """||A||_F of any matrices, one number per leading index.

    Args and Raises: as for `lambda_min`, but A need not be square or symmetric.
    """
    if isinstance(A, EnclosedMatrix):
        return proved_spectrum.frobenius_norm(_without(entries, A, "frobenius_norm"))
    _check(A, "frobenius_norm")
    exact = A.detach().cpu().double()
    norm = euclidean(exact)
    rounding = exact.shape[-1] * exact.shape[-2] * torch.finfo(torch.float64).eps * size_of(norm)
    return _not_negative(enclosed(norm, _entries_norm(A, exact, entries) + rounding))


def euclidean(A: Float[Tensor, "*s p q"]) -> Float[Tensor, "*s"]:
    """||A||_F to a few eps, also where squares of the entries vanish or overflow."""
    norm: Tensor = torch.linalg.matrix_norm(A)
    least, most = _ORDINARY
    if bool(((norm > least) & (norm < most)).all()):
        return norm
    top = A.abs().amax(dim=(-2, -1), keepdim=True)
    scale = torch.where((top > 0) & torch.isfinite(top), top, 1.0)
    scaled: Tensor = torch.linalg.matrix_norm(A / scale) * scale[..., 0, 0]
    return scaled


def size_of(norm: Float[Tensor, "*s"]) -> Float[Tensor, "*s"]:
    """The norm to which rounding is relative: large enough that eps times it is not 0, or 0."""
    return torch.where(norm > 0, norm.clamp_min(_LEAST_SIZE), norm)


def _without(entries: Tensor | float | None, A: EnclosedMatrix, where: str) -> EnclosedMatrix:
    if entries is not None:
        raise ValueError(
            f"{where}: entries beside an EnclosedMatrix; it has its own, leave them out"
        )
    return A


def _spectrum(A: Tensor, entries: Tensor | float | None, where: str) -> tuple[Tensor, Tensor]:
    """Ascending eigenvalues, and the error that all of them share."""
    _check(A, where)
    exact = A.detach().cpu().double()
    n = exact.shape[-1]
    if exact.shape[-2] != n:
        raise ValueError(f"{where}: A has shape {tuple(A.shape)}; give square matrices")
    size = size_of(euclidean(exact))
    error = _entries_norm(A, exact, entries)
    if n == 1:
        return exact[..., 0], error
    gap = euclidean(exact - exact.mT)
    if bool((gap > _ASYMMETRY * size).any()):
        worst = float((gap / size.clamp_min(torch.finfo(torch.float64).tiny)).max())
        raise NotSymmetricError(
            f"{where}: ||A - A^T||_F = {worst:.3g} ||A||_F; give a symmetric matrix"
        )
    eigenvalues = torch.linalg.eigvalsh((exact + exact.mT) / 2)
    solver = _SOLVER_ULPS * n * torch.finfo(torch.float64).eps * size
    return eigenvalues, error + gap / 2 + solver


def _entries_norm(A: Tensor, exact: Tensor, entries: Tensor | float | None) -> Tensor:
    check_real("certify", scalars=True, entries=entries)
    if entries is None:
        return size_of(euclidean(exact)) * (_ENTRY_ULPS * torch.finfo(A.dtype).eps)
    bound = torch.as_tensor(entries, dtype=torch.float64).detach().cpu()
    if not bool((bound >= 0).all()):
        raise ValueError("certify: entries has a negative or NaN bound; give bounds >= 0")
    return euclidean(bound.broadcast_to(exact.shape))


def _check(A: Tensor, where: str) -> None:
    check_real(where, A=A)
    if A.ndim < 2 or 0 in A.shape[-2:] or not A.is_floating_point():
        raise ValueError(
            f"{where}: A has shape {tuple(A.shape)} and dtype {A.dtype}; give nonempty "
            "floating-point matrices"
        )
    if not bool(torch.isfinite(A).all()):
        raise ValueError(f"{where}: A has a NaN or infinite entry; give finite matrices")


def _not_negative(norm: Approx) -> Approx:
    return Approx(np.maximum(norm.lower, 0.0), norm.upper, norm.rigor)


def _numpy(value: Tensor) -> NDArray[np.float64]:
    return value.detach().cpu().double().numpy()
