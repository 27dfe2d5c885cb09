"""What wide descent leaves behind, every published number an enclosure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int64
from torch import Tensor

from dynamics.enclosures import EPS, array
from verdicts import Approx


@dataclass(frozen=True, slots=True, eq=False)
class WideDescent:
    """Gradient descent on a wide network at the steps 0..K; one row per seed.

    Attributes:
        steps: K.
        times: the step numbers 0..K as floats, what `decays(..., over=)` takes.
        residual: e_k = y - u(k), of the unmoved run; inf after an overflow.
        squared_residual: |e_k|^2.
        movement: max over all r of |w_r(k) - w_r(0)|.
        output_movement: max over all r of |a_r(k) - a_r(0)|; None if only the first layer is
            trained.
        H: H(k), with a_r^2 if both layers are trained; None if not kept.
        H_error: a bound of the error of H(k) as a matrix: rounding, and ties counted both ways.
        G2: the output layer's Gram matrix at k; None if not kept or not trained.
        flips: #{(i, r): pattern at k differs from k + 1}, over all neurons.
        candidates: how many neurons were followed one by one.
        streams: how often the start was streamed.
        ties: how many neurons met a tie (a pre-activation that rounding does not tell from zero)
            before the step. What they can have done since counts as error; flips and H take one
            side.
        logs: what `log_ratio()` returns.
    """

    steps: int
    times: Float[Tensor, " K1"]
    residual: Float[Tensor, "s K1 n"]
    squared_residual: Approx
    movement: Approx
    output_movement: Approx | None
    H: Float[Tensor, "s K1 n n"] | None
    H_error: Float[Tensor, "s K1"] | None
    G2: Float[Tensor, "s K1 n n"] | None
    flips: Int64[Tensor, "s K"]
    candidates: Int64[Tensor, " s"]
    streams: Int64[Tensor, " s"]
    ties: Int64[Tensor, "s K1"]
    logs: Approx

    def log_ratio(self) -> Approx:
        """log(|e_k|^2/|e_0|^2), shape (s, K + 1); lower = -inf where not told from zero."""
        return self.logs

    def lambda_min(self) -> Approx:
        """The least eigenvalue of H(k), shape (s, K + 1).

        Raises:
            ValueError: H was not kept.
        """
        if self.H is None or self.H_error is None:
            raise ValueError("WideDescent.lambda_min: H was not kept; give keep_H=True")
        off = array(self.H_error) + 16 * EPS * array(torch.linalg.matrix_norm(self.H))
        least = array(torch.linalg.eigvalsh(torch.nan_to_num(self.H))[..., 0])
        unknown = np.isinf(self.squared_residual.upper) | ~np.isfinite(off)
        lower, upper = np.where(unknown, 0.0, least - off), np.where(unknown, np.inf, least + off)
        return Approx(lower, upper)
