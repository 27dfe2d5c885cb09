"""What a run of gradient descent leaves to be published, whichever way its error was found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor


@dataclass(frozen=True, slots=True)
class Kept:
    """What the caller wants besides residual and movement."""

    flips: bool
    H: bool


@dataclass(frozen=True, slots=True, eq=False)
class Record:
    """Values and how much they are off, at the steps 0..K; s seeds.

    Attributes:
        e, e_error: the residual.
        movement, movement_error: max_r |w_r(k) - w_r(0)|.
        output, output_error: the same of the output layer; None if it is not trained.
        tied: whether a tie was met before the step.
        lost: whether an overflow was.
        H, G2, flips: None if not kept.
        w, a: the parameters after step K.
    """

    e: Float[Tensor, "s K1 n"]
    e_error: Float[Tensor, "s K1 n"]
    movement: Float[Tensor, "s K1"]
    movement_error: Float[Tensor, "s K1"]
    output: Float[Tensor, "s K1"] | None
    output_error: Float[Tensor, "s K1"] | None
    tied: Bool[Tensor, "s K1"]
    lost: Bool[Tensor, "s K1"]
    H: Float[Tensor, "s K1 n n"] | None
    G2: Float[Tensor, "s K1 n n"] | None
    flips: Int64[Tensor, "s K"] | None
    w: Float[Tensor, "s m d"]
    a: Float[Tensor, "s m"]

    def with_rows(self, rows: Bool[Tensor, " s"], other: Record) -> Record:
        """The same, some rows being those of another record."""
        return replace(
            self,
            **{
                name: value.index_put((rows,), getattr(other, name).to(value))
                for name, value in self.arrays().items()
            },
        )

    def only(self, rows: Bool[Tensor, " s"]) -> Record:
        """The chosen rows."""
        return replace(self, **{name: value[rows] for name, value in self.arrays().items()})

    def at_least_as_far_off(self, other: Record) -> Record:
        """The same with the larger one of the errors."""
        return replace(
            self,
            e_error=torch.fmax(self.e_error, other.e_error.to(self.e_error)),
            movement_error=torch.fmax(
                self.movement_error, other.movement_error.to(self.movement_error)
            ),
        )

    def lasting(self) -> Record:
        """The same with errors that at most halve in a step: differences cross zero by chance."""
        errors = ("e_error", "movement_error", "output_error")
        arrays = self.arrays()
        return replace(self, **{name: _lasting(arrays[name]) for name in errors if name in arrays})

    def arrays(self) -> dict[str, Tensor]:
        """All fields that are there."""
        found = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in found.items() if value is not None}


def _lasting(errors: Tensor) -> Tensor:
    """Errors at the steps, which are the second dimension."""
    for shift in (1, 2, 4, 8, 16, 32):
        earlier = errors[:, :-shift] / 2.0**shift
        errors = torch.cat((errors[:, :shift], torch.maximum(errors[:, shift:], earlier)), dim=1)
    return errors


def joined(records: Sequence[Record]) -> Record:
    """Chunks of seeds put together."""
    arrays = [record.arrays() for record in records]
    together = {name: torch.cat([one[name] for one in arrays]) for name in arrays[0]}
    return replace(records[0], **together)
