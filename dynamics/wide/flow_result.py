"""What wide flow leaves behind, every published number an enclosure."""

from __future__ import annotations

from dataclasses import dataclass

from jaxtyping import Bool, Float, Int64
from torch import Tensor

from dynamics.flow.result import premise
from verdicts import Approx, Margin


@dataclass(frozen=True, slots=True, eq=False)
class WideFlow:
    """Gradient flow of a wide network at the given times; one row per seed.

    Attributes:
        times: as given, the first one 0.
        residual: e = y - u.
        squared_residual: |e|^2.
        movement: max over all r of |w_r(t) - w_r(0)|.
        output_movement: max over all r of |a_r(t) - a_r(0)|; 0 if only the first layer is trained.
        H: the paper's matrix at the times, with a_r^2 if both layers are trained.
        slid: rows where some neuron slid.
        several: rows with several solutions; where both layers are trained and the weights hardly
            turn, the enclosures hold for all of them, and else they say nothing from there on.
        undecided: rows that met what is not decided.
        candidates: how many neurons were followed one by one.
        streams: how often the start was streamed.
        both: whether both layers were trained.
        logs: what `log_ratio()` returns.

    `Flow` says more of slides and of several solutions; its enclosures and these mean the same.
    """

    times: Float[Tensor, " T"]
    residual: Float[Tensor, "s T n"]
    squared_residual: Approx
    movement: Approx
    output_movement: Approx
    H: Float[Tensor, "s T n n"]
    slid: Bool[Tensor, " s"]
    several: Bool[Tensor, " s"]
    undecided: Bool[Tensor, " s"]
    candidates: Int64[Tensor, " s"]
    streams: Int64[Tensor, " s"]
    both: bool
    logs: Approx

    def log_ratio(self) -> Approx:
        """log(|e(t)|^2/|e(0)|^2), shape (s, T); lower = -inf where not told from zero."""
        return self.logs

    @property
    def plain(self) -> Bool[Tensor, " s"]:
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
