"""What gradient flow leaves behind, every published number an enclosure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from verdicts import Approx, Margin, at_least, exactly

_KEPT = 0.9  # of an eigenvalue of H between two samples of a flow of both layers
_DECAYS = 12.0  # exp(-12) of the slowest part is left at the last time


@dataclass(frozen=True, slots=True, eq=False)
class Flow:
    """Gradient flow at the given times; leading dimensions are seeds.

    Attributes:
        times: as given, the first one 0.
        residual: e = y - u.
        squared_residual: |e|^2.
        movement: max_r |w_r(t) - w_r(0)|.
        output_movement: max_r |a_r(t) - a_r(0)|; 0 if only the first layer is trained.
        H: at the times, with a_r^2 if both layers are trained.
        H_path: H of every piece on the way; None if not kept.
        path_lengths: the duration of each piece.
        w, a: parameters at the last time; None where a wide network was folded.
        plain: rows without ties, a step limit or (where kinks are located) sliding and branching;
            the others' enclosures say nothing. Wide rows count what a slide can do as error.
        both: whether both layers were trained.
        logs: what `log_ratio()` returns.
    """

    times: Float[Tensor, " T"]
    residual: Float[Tensor, "*s T n"]
    squared_residual: Approx
    movement: Approx
    output_movement: Approx
    H: Float[Tensor, "*s T n n"]
    H_path: Float[Tensor, "*s P n n"] | None
    path_lengths: Float[Tensor, "*s P"] | None
    w: Float[Tensor, "*s m d"] | None
    a: Float[Tensor, "*s m"] | None
    plain: Bool[Tensor, "*s"]
    both: bool
    logs: Approx

    def log_ratio(self) -> Approx:
        """log(|e(t)|^2/|e(0)|^2), shape (..., T); lower = -inf where not told from zero."""
        return self.logs

    @property
    def plainness(self) -> Margin:
        """The premise that every row is plain."""
        return at_least(exactly(np.where(self.plain.cpu().numpy(), 1.0, -1.0)), exactly(0.0))

    @property
    def path(self) -> Float[Tensor, "*s P n n"]:
        """H of every piece. Raises ValueError if it was not kept."""
        if self.H_path is None:
            raise ValueError("Flow.path: it was not kept; run the flow with keep_path=True")
        return self.H_path

    @property
    def weights(self) -> tuple[Float[Tensor, "*s m d"], Float[Tensor, "*s m"]]:
        """Both layers at the last time. Raises ValueError for a folded network."""
        if self.w is None or self.a is None:
            raise ValueError("Flow.weights: a wide network was folded; run it with keep_path=True")
        return self.w, self.a

    def infimum_of(self, eigenvalue: Callable[[Tensor], Approx]) -> Approx:
        """The infimum over the path of an eigenvalue of H, over all rows.

        First layer: H is constant on each piece, so the least piece is it. Both layers: H moves
        between two samples, by less than a tenth (a pair (w_r, a_r) turns by 0.1 at most), which
        the lower bound allows for.

        Args:
            eigenvalue: `lambda_min` or `lambda_max`.
        """
        least = eigenvalue(self.path).min()
        return Approx(_KEPT * least.lower, least.upper) if self.both and least.low > 0 else least

    def integral_of(self, eigenvalue: Callable[[Tensor], Approx]) -> Approx:
        """The integral of an eigenvalue of H over [0, t], for each t of the times; one flow only.

        Args:
            eigenvalue: `lambda_min` or `lambda_max`.

        Raises:
            ValueError: the path was not kept, or there are several flows.
        """
        if self.H_path is None or self.path_lengths is None or self.H_path.ndim != 3:
            raise ValueError("integral_of: no path of a single flow; run one with keep_path=True")
        values, ends = eigenvalue(self.H_path), torch.cumsum(self.path_lengths, 0).numpy()
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
