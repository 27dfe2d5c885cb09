"""Kinks of the flow: stop at the first change of a pattern, tell sliding."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from dynamics.frozen import Neurons

_HALVINGS = 60


def step_to_kink(
    state: Neurons,
    h: Float[Tensor, " b"],
    moved: Callable[[Float[Tensor, " b"]], Neurons],
) -> tuple[Neurons, Float[Tensor, " b"], Bool[Tensor, " b"]]:
    """Every row moved by h or to just past its first kink, if that comes sooner.

    Args:
        state: where the rows are.
        h: how far they may go.
        moved: the state after given times, with frozen patterns.

    Returns:
        The new state with its patterns, the time that each row went, and the rows that slide:
        where the velocity on the far side of the kink points back.
    """
    trial = moved(h)
    crossing = _changed(trial)
    if not bool(crossing.any()):
        return replace(trial, on=trial.z >= 0), h, crossing
    before, after = torch.zeros_like(h), h.clone()
    for _ in range(_HALVINGS):
        middle = (before + after) / 2
        changed = _changed(moved(middle))
        after = torch.where(crossing & changed, middle, after)
        before = torch.where(crossing & ~changed, middle, before)
    landed = moved(after)
    landed = replace(landed, on=landed.z >= 0)
    back = torch.where(landed.on, -landed.velocity(), landed.velocity())
    slides = ((landed.on != state.on) & (back > 0)).any(dim=-1).any(dim=-1)
    return landed, after, slides


def _changed(state: Neurons) -> Bool[Tensor, " b"]:
    return ((state.z >= 0) != state.on).any(dim=-1).any(dim=-1)
