"""What a run of training leaves behind: frozen records, every published number an enclosure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from verdicts import Approx, Margin, at_least, exactly


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


@dataclass(frozen=True, slots=True, eq=False)
class Flow:
    """Gradient flow at given times; leading dimensions are seeds.

    A neuron that reaches a kink w_r.x_i = 0 passes it, or is held there by the velocities of both
    sides (Filippov, Clarke): it slides along the hyperplane or rests. The flow is followed through
    all of this, and de/dt = -H e holds throughout, with H the matrix of the flow. Where a neuron is
    held, the paper's 1{w.x >= 0} counts it as on: that matrix is `H_literal`.

    Attributes:
        times: as given.
        residual: e(t) = y - u(t), of the unmoved run.
        squared_residual: |e(t)|^2.
        movement: max_r |w_r(t) - w_r(0)|.
        output_movement: max_r |a_r(t) - a_r(0)|; None if only the first layer is trained.
        H: the flow's matrix at the times, with a_r^2 if both layers are trained; None if not kept.
        H_literal: the same with held neurons counted as on.
        G2: the output layer's Gram matrix; None if not kept or not trained.
        H_path, H_path_literal: the matrices of all pieces visited, padded with the last one. One
            per pattern, so that inf_s lambda_min(H(s)) can be taken; if both layers are trained H
            moves within a pattern too, and these are samples, one per step of the integrator.
        path_lengths: how long each of them lasted; 0 for the padding.
        flips: changes of pattern from the start to each time.
        w, a: the parameters at the last time.
        sliding: rows where some neuron slid along a kink.
        resting: rows where some neuron came to rest on a kink.
        branching: rows with several solutions: a neuron at rest might be taken off its kink by
            the on side alone. The enclosures contain all of them, `residual` is the one that stays.
        undecided: rows that met a tie or a corner that is not resolved; from `undecided_after` on
            the residual is only known not to grow, and the movement not at all.
        undecided_after: that time; inf for decided rows.
        logs: what `log_ratio()` returns.
    """

    times: Float[Tensor, " T"]
    residual: Float[Tensor, "*s T n"]
    squared_residual: Approx
    movement: Approx
    output_movement: Approx | None
    H: Float[Tensor, "*s T n n"] | None
    H_literal: Float[Tensor, "*s T n n"] | None
    G2: Float[Tensor, "*s T n n"] | None
    H_path: Float[Tensor, "*s P n n"] | None
    H_path_literal: Float[Tensor, "*s P n n"] | None
    path_lengths: Float[Tensor, "*s P"] | None
    flips: Int64[Tensor, "*s T"]
    w: Float[Tensor, "*s m d"]
    a: Float[Tensor, "*s m"]
    sliding: Bool[Tensor, "*s"]
    resting: Bool[Tensor, "*s"]
    branching: Bool[Tensor, "*s"]
    undecided: Bool[Tensor, "*s"]
    undecided_after: Float[Tensor, "*s"]
    logs: Approx

    @property
    def plain(self) -> Bool[Tensor, "*s"]:
        """Rows where no neuron was ever on a kink for longer than an instant."""
        return ~(self.sliding | self.resting | self.branching | self.undecided)

    @property
    def path(self) -> Float[Tensor, "*s P n n"]:
        """`H_path`. Raises ValueError if it was not kept."""
        if self.H_path is None:
            raise ValueError("Flow.path: it was not kept; give gradient_flow keep_path=True")
        return self.H_path

    @property
    def weights(self) -> tuple[Float[Tensor, "*s m d"], Float[Tensor, "*s m"]]:
        """Both layers at the last time."""
        return self.w, self.a

    def integral_of(self, eigenvalue: Callable[[Tensor], Approx]) -> Approx:
        """Integrals of an eigenvalue of H over [0, t] for all times t, of a single flow; (T,).

        Args:
            eigenvalue: `lambda_min` or `lambda_max`.

        Raises:
            ValueError: several flows, or the path was not kept.
        """
        if self.path_lengths is None or self.path_lengths.ndim != 1:
            raise ValueError(
                "Flow.integral_of: the path of a single flow is needed; run one without leading "
                "dimensions and with keep_path=True"
            )
        ends = np.cumsum(self.path_lengths.cpu().numpy())
        before = np.concatenate(([0.0], ends[:-1]))
        spent = np.clip(self.times.cpu().numpy()[:, None] - before, 0.0, ends - before)
        return (eigenvalue(self.path) * exactly(spent)).sum(axis=1)

    @property
    def plainness(self) -> Margin:
        """1 where there is one solution and it was followed, else -1; for `assume_premise`."""
        certain = ~(self.branching | self.undecided)
        return at_least(exactly(np.where(certain.cpu().numpy(), 1.0, -1.0)), exactly(0.0))

    def log_ratio(self) -> Approx:
        """log(|e(t)|^2/|e(0)|^2), shape (..., T); lower = -inf where not told from zero."""
        return self.logs
