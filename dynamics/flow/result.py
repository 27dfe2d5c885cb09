"""What gradient flow leaves behind, every published number an enclosure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from verdicts import Approx, Margin, at_least, exactly

_DECAYS = 12.0  # exp(-12) of the slowest part is left at the last time


@dataclass(frozen=True, slots=True, eq=False)
class Flow:
    """Gradient flow at the given times; leading dimensions are seeds.

    A neuron that reaches a kink w_r.x_i = 0 passes it, or is held there by the velocities of both
    sides (Filippov, Clarke): it slides along the hyperplane, or rests. de/dt = -H_flow e
    throughout. Where a neuron is held, the paper's 1{w.x >= 0} counts it as on: that matrix is H.

    Attributes:
        times: as given, the first one 0.
        residual: e = y - u.
        squared_residual: |e|^2.
        movement: max_r |w_r(t) - w_r(0)|.
        output_movement: max_r |a_r(t) - a_r(0)|; 0 if only the first layer is trained.
        H: the paper's matrix at the times, with a_r^2 if both layers are trained.
        H_flow: the matrix of the flow; H but where neurons are held.
        H_path: H of every piece on the way; None if not kept.
        H_flow_path: H_flow of every piece.
        path_lengths: the duration of each piece.
        path_kept: both layers: how much of H_flow is kept until the end of each piece, at least
            (in Loewner's order); 1 if the first layer is trained, where it does not change.
        w, a: parameters at the last time; None where a wide network was folded.
        slid: rows where some neuron slid. If the first layer alone is trained, networks that stop
            at kinks are followed through it; wide ones count what a slide can do as error.
        several: rows with several solutions: a pre-activation that is zero at the start, or a
            neuron at rest that its on side can take along. The paper's side (on) is followed.
        undecided: rows that met a corner that is not decided, the kink of an input that is nearly
            parallel to another, a step limit, or, where both layers are trained, a slide.
        both: whether both layers were trained.
        logs: what `log_ratio()` returns.

    From the time on when a row is one of several solutions or undecided, its enclosures say no
    more than that the loss does not grow: it can neither support nor refute.
    """

    times: Float[Tensor, " T"]
    residual: Float[Tensor, "*s T n"]
    squared_residual: Approx
    movement: Approx
    output_movement: Approx
    H: Float[Tensor, "*s T n n"]
    H_flow: Float[Tensor, "*s T n n"]
    H_path: Float[Tensor, "*s P n n"] | None
    H_flow_path: Float[Tensor, "*s P n n"] | None
    path_lengths: Float[Tensor, "*s P"] | None
    path_kept: Float[Tensor, "*s P"] | None
    w: Float[Tensor, "*s m d"] | None
    a: Float[Tensor, "*s m"] | None
    slid: Bool[Tensor, "*s"]
    several: Bool[Tensor, "*s"]
    undecided: Bool[Tensor, "*s"]
    both: bool
    logs: Approx

    def log_ratio(self) -> Approx:
        """log(|e(t)|^2/|e(0)|^2), shape (..., T); lower = -inf where not told from zero."""
        return self.logs

    @property
    def plain(self) -> Bool[Tensor, "*s"]:
        """Rows with one solution, along which no neuron slid."""
        return ~(self.slid | self.several | self.undecided)

    @property
    def plainness(self) -> Margin:
        """The premise that every row is plain."""
        return premise(self.plain)

    @property
    def uniqueness(self) -> Margin:
        """The premise that every row has one solution, through slides too, and is decided."""
        return premise(~(self.several | self.undecided))

    @property
    def path(self) -> Float[Tensor, "*s P n n"]:
        """H_flow of every piece. Raises ValueError if it was not kept."""
        if self.H_flow_path is None:
            raise ValueError("Flow.path: it was not kept; run the flow with keep_path=True")
        return self.H_flow_path

    @property
    def weights(self) -> tuple[Float[Tensor, "*s m d"], Float[Tensor, "*s m"]]:
        """Both layers at the last time. Raises ValueError for a folded network."""
        if self.w is None or self.a is None:
            raise ValueError("Flow.weights: a wide network was folded; run it with keep_path=True")
        return self.w, self.a

    def infimum_of(self, eigenvalue: Callable[[Tensor], Approx]) -> Approx:
        """The infimum over the path of an eigenvalue of H_flow, over all rows.

        Args:
            eigenvalue: `lambda_min` or `lambda_max`.

        Raises:
            ValueError: the path was not kept.
        """
        found, kept = eigenvalue(self.path), self.path_kept
        share = 1.0 if kept is None else kept.cpu().numpy()
        lower = np.minimum(found.lower, np.maximum(found.lower, 0.0) * share)
        return Approx(lower, found.upper, found.rigor).min()

    def integral_of(self, eigenvalue: Callable[[Tensor], Approx]) -> Approx:
        """The integral of an eigenvalue of H_flow over [0, t], for all times t of a single flow.

        Args:
            eigenvalue: `lambda_min` or `lambda_max`.

        Raises:
            ValueError: the path was not kept, or there are several flows.
        """
        path = self.H_flow_path
        if path is None or self.path_lengths is None or path.ndim != 3:
            raise ValueError("integral_of: no path of a single flow; run one with keep_path=True")
        values, ends = eigenvalue(path), torch.cumsum(self.path_lengths, 0).numpy()
        begins = ends - self.path_lengths.numpy()
        inside = [np.clip(np.minimum(ends, t) - begins, 0.0, None) for t in self.times.tolist()]
        return (values * Approx(inside, inside, "proved")).sum(axis=1)


def decay_times(rate: float, *, count: int = 12) -> Float[Tensor, " T"]:
    """0 and then times growing geometrically to 12/rate, where a decay at this rate is over.

    They have six digits, so that a counterexample can name them.

    Args:
        rate: > 0, in 1/time.
        count: how many times after 0, >= 1.

    Raises:
        ValueError: a rate or a count that is not positive.
    """
    if not rate > 0 or count < 1:
        raise ValueError(f"decay_times: rate={rate!r}, count={count!r}; give both > 0")
    steps = torch.linspace(-2.0 * (count > 1), 0.0, count, dtype=torch.float64)
    times = [float(f"{time:.6g}") for time in (_DECAYS / rate * 10**steps).tolist()]
    return torch.tensor([0.0, *times], dtype=torch.float64)


def premise(rows: Bool[Tensor, "*s"]) -> Margin:
    """That all rows are what the flags say."""
    return at_least(exactly(np.where(rows.cpu().numpy(), 1.0, -1.0)), exactly(0.0))
