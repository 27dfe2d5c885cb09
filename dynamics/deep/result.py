"""What a run of gradient descent on all layers of a deep network leaves behind."""

from __future__ import annotations

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor

from models import DeepNetwork
from verdicts import Approx


@dataclass(frozen=True, slots=True, eq=False)
class DeepDescent:
    """Gradient descent on W^(1), ..., W^(H) and a at the steps 0..K; leading dimensions are seeds.

    Layer h is at index h - 1, and a, where it has a place among the layers, at index H.

    Attributes:
        steps: K.
        times: the step numbers 0..K as floats, what `decays(..., over=)` takes.
        residual: e_k = y - u(k), of the unmoved run, (*s, K + 1, n); inf after an overflow.
        squared_residual: |e_k|^2, (*s, K + 1).
        movement: ||W^(h)(k) - W^(h)(0)||_F, (*s, K + 1, H).
        output_movement: ||a(k) - a(0)||_2, (*s, K + 1).
        step_lengths: how far each layer moves from k to k + 1, a too, (*s, K, H + 1).
        observed: the steps at which Gram matrices were kept, increasing; C of them.
        grams: G^(1)(k), ..., G^(H + 1)(k) at those steps, (*s, C, H + 1, n, n).
        second_order: ||u(k + 1) - u(k) - eta G(k) e_k||_2 there, G being the sum of all layers'
            matrices, (*s, C); unknown, [0, inf], at the step K.
        network: the parameters after step K; inf after an overflow.
        logs: what `log_ratio()` returns.
    """

    steps: int
    times: Float[Tensor, " K1"]
    residual: Float[Tensor, "*s K1 n"]
    squared_residual: Approx
    movement: Approx
    output_movement: Approx
    step_lengths: Approx
    observed: tuple[int, ...]
    grams: Float[Tensor, "*s C H1 n n"]
    second_order: Approx
    network: DeepNetwork
    logs: Approx

    def log_ratio(self) -> Approx:
        """log(|e_k|^2/|e_0|^2), shape (..., K + 1); lower = -inf where not told from zero."""
        return self.logs
