"""How far a computed equilibrium z of z = sigma(W z + b) is from the true one.

For rho = L ||W||_2 < 1 the map is a contraction, so there is exactly one solution z*, and any z
has ||z - z*|| <= ||z - sigma(W z + b)||/(1 - rho), whichever algorithm found it.
"""

from __future__ import annotations

import math
from typing import Protocol

import numpy as np
import torch
from jaxtyping import Float64
from torch import Tensor

from certify.real import check_real
from verdicts import Approx

_UP = 1 + 2.0**-50  # more than the three roundings of the bound


class Found(Protocol):
    """What a solver returns: `models.Equilibrium` is one."""

    @property
    def z(self) -> Float64[Tensor, "*s n m"]:
        """The iterate."""

    @property
    def residual(self) -> Float64[Tensor, "*s n"]:
        """An upper bound of ||z - sigma(W z + b)||_2."""

    @property
    def rho(self) -> Float64[Tensor, "*s"]:
        """An upper bound of L ||W||_2."""


class IllPosedError(ValueError):
    """An equilibrium problem whose solution is not certified to exist, or not to be near.

    Attributes:
        rho: the largest upper bound of L ||W||_2 in the batch.
        residual: the largest upper bound of the residual.
    """

    def __init__(self, message: str, *, rho: float, residual: float) -> None:
        super().__init__(message)
        self.rho, self.residual = rho, residual


def equilibrium_error(
    residual: Float64[Tensor, "*s n"], rho: Float64[Tensor, "*s"]
) -> Float64[Tensor, "*s n"]:
    """An upper bound of ||z - z*||_2 for every row; inf where no solution is certified.

    Args:
        residual: upper bounds of ||z - sigma(W z + b)||_2.
        rho: upper bounds of L ||W||_2, >= 0.

    Returns:
        residual/(1 - rho), rounded up; inf where rho >= 1 or the residual is no number.

    Raises:
        ValueError: a NaN among rho, or a negative number.

    Source:
        Banach's fixed point theorem, in its residual form.
    """
    check_real("equilibrium_error", residual=residual, rho=rho)
    if residual.shape[:-1] != rho.shape:
        raise ValueError(
            f"equilibrium_error: residual of shape {tuple(residual.shape)}, rho of "
            f"{tuple(rho.shape)}; give a residual for every row, and a rho for each of the seeds"
        )
    if not bool((rho >= 0).all()) or bool((residual < 0).any()):
        raise ValueError("equilibrium_error: a residual or a rho is negative or NaN; give bounds")
    gap = (1 - rho).unsqueeze(-1)
    bound = residual / gap.clamp_min(torch.finfo(torch.float64).tiny) * _UP
    certain = (gap > 0) & torch.isfinite(residual)
    return torch.where(certain, bound, torch.full_like(bound, math.inf))


def solved(found: Found, *, within: float = 1e-6) -> Approx:
    """The equilibria, enclosed, or an error that says why they are not.

    Args:
        found: what a solver returned, such as `models.equilibrium.solver(W, b)`.
        within: the error that is still called a solution, per row, relative to 1 + ||z||.

    Returns:
        z +- residual/(1 - rho), (*s, n, m), rigor "estimated".

    Raises:
        IllPosedError: rho >= 1, or a row's error bound is larger than asked.
    """
    error = equilibrium_error(found.residual, found.rho)
    size = 1 + torch.linalg.vector_norm(found.z, dim=-1)
    if not bool((error <= within * size).all()):
        raise _why(found, error / size, within)
    z = found.z.detach().cpu().numpy()
    radius = error.unsqueeze(-1).expand(found.z.shape).detach().cpu().numpy()
    return Approx.around(z, np.ascontiguousarray(radius))


def _why(found: Found, error: Tensor, within: float) -> IllPosedError:
    rho, residual = float(found.rho.max()), float(found.residual.max())
    if not rho < 1:
        text = (
            f"solved: rho = L ||W||_2 = {rho:.10g} >= 1, so z -> sigma(W z + b) need not be a "
            "contraction, and there may be no equilibrium or several; scale W by less than "
            f"{1 / rho:.6g}, or enumerate them (certify.all_equilibria, m <= 12)"
        )
    else:
        row = tuple(int(i) for i in torch.unravel_index(error.argmax(), error.shape))
        text = (
            f"solved: row {row} has the residual {float(found.residual[row]):.3g}; with "
            f"1 - rho = {1 - float(found.rho[row[:-1]]):.3g} that leaves an error of "
            f"{float(error[row]):.3g} (1 + ||z||), asked for {within:g}; solve it more accurately"
        )
    return IllPosedError(text, rho=rho, residual=residual)
