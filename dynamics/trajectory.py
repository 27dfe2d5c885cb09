"""What a run of training leaves behind: frozen records, every published number an enclosure."""

from __future__ import annotations

from dataclasses import dataclass

from jaxtyping import Bool, Float, Int64
from torch import Tensor

from verdicts import Approx


@dataclass(frozen=True, slots=True, eq=False)
class Descent:
    """Gradient descent at the steps 0..K; leading dimensions are seeds.

    Attributes:
        steps: K.
        times: the step numbers 0..K as floats, what `decays(..., over=)` takes.
        residual: e_k = y - u(k), of the unmoved run; inf after an overflow.
        squared_residual: |e_k|^2.
        movement: max_r |w_r(k) - w_r(0)|.
        output_movement: max_r |a_r(k) - a_r(0)|; None if only the first layer is trained.
        H: H(k), with a_r^2 if both layers are trained; None if not kept.
        G2: the output layer's Gram matrix at k; None if not kept or not trained.
        flips: #{(i, r): pattern at k differs from k + 1}; None if not kept.
        w, a: the parameters after step K; inf after an overflow.
        undecided: rows that met a tie before step K: from there on their enclosures say nothing.
        logs: what `log_ratio()` returns.
    """

    steps: int
    times: Float[Tensor, " K1"]
    residual: Float[Tensor, "*s K1 n"]
    squared_residual: Approx
    movement: Approx
    output_movement: Approx | None
    H: Float[Tensor, "*s K1 n n"] | None
    G2: Float[Tensor, "*s K1 n n"] | None
    flips: Int64[Tensor, "*s K"] | None
    w: Float[Tensor, "*s m d"]
    a: Float[Tensor, "*s m"]
    undecided: Bool[Tensor, "*s"]
    logs: Approx

    def log_ratio(self) -> Approx:
        """log(|e_k|^2/|e_0|^2), shape (..., K + 1); lower = -inf where not told from zero."""
        return self.logs
