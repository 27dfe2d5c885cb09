"""What training an implicit network leaves behind."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float
from torch import Tensor

from models import ImplicitNetwork
from verdicts import Approx, Margin, at_least, exactly


@dataclass(frozen=True, slots=True, eq=False)
class ImplicitTraining:
    """An implicit network along its training, at the steps 0..K or at K + 1 times.

    Blocks are in the order of `IMPLICIT_BLOCKS`, P of them; leading dimensions are seeds. From the
    first time at which L scale ||A||_2 < 1 is not certain, or after an overflow, only rho is still
    told, for that one time; everything else there is unknown, [0, inf].

    Attributes:
        times: the step numbers 0..K as floats, or the times of a flow.
        residual: e = y - yhat, of the unmoved run, (*s, K + 1, n); inf where lost.
        squared_residual: |e|^2, (*s, K + 1).
        movement: ||block - block(0)||_F, (*s, K + 1, P).
        norms: ||A||_2, ||W||_2, ||u||_2, ||v||_2, (*s, K + 1, P).
        rho: L scale ||A||_2, (*s, K + 1).
        lambda_min: of Phi Phi^T for "gao", of Z Z^T for "ling", (*s, K + 1).
        lost: whether the certificate of the equilibria is missing, (*s, K + 1).
        tied: rows that met a pre-activation within rounding of a kink: there the slope of the run
            is one of those in [0, 1] that the kink allows, not certainly the paper's.
        plain: of a flow, whether the solution crosses all kinks that it meets; True for descents.
        network: the parameters at the last time, inf where lost.
        logs: what `log_ratio()` returns.
    """

    times: Float[Tensor, " K1"]
    residual: Float[Tensor, "*s K1 n"]
    squared_residual: Approx
    movement: Approx
    norms: Approx
    rho: Approx
    lambda_min: Approx
    lost: Bool[Tensor, "*s K1"]
    tied: Bool[Tensor, "*s"]
    plain: Bool[Tensor, "*s"]
    network: ImplicitNetwork
    logs: Approx

    @property
    def plainness(self) -> Margin:
        """The premise that every row is plain, and lost at no time."""
        rows = self.plain & ~self.lost.any(dim=-1)
        return at_least(exactly(rows.cpu().double().numpy()), exactly(0.5))

    def log_ratio(self) -> Approx:
        """log(|e_k|^2/|e_0|^2), shape (..., K + 1); lower = -inf where not told from zero."""
        return self.logs

    def step_logs(self) -> Approx:
        """log(|e_{k+1}|^2/|e_k|^2), shape (..., K); lower = -inf where one is not told from zero.

        What `decays(..., over=ones)` takes for "in every step", which is sharper than the decay
        since the start.
        """
        squared, told = self.squared_residual, self.logs.lower > -np.inf
        zero = ~(told[..., :-1] & told[..., 1:])
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            lower = np.log(squared.lower[..., 1:]) - np.log(squared.upper[..., :-1])
            upper = np.log(squared.upper[..., 1:]) - np.log(squared.lower[..., :-1])
        unknown = np.isnan(lower) | np.isnan(upper) | (lower == -np.inf)
        lower, upper = np.where(unknown, -1e300, lower - 1e-15), np.where(unknown, np.inf, upper)
        return Approx(np.where(zero, -np.inf, lower), np.where(zero, np.inf, upper + 1e-15))
