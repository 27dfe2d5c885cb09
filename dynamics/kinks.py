"""Kinks of the flow: stop at the first change of a pattern, tell sliding."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from dynamics.frozen import Neurons

_HALVINGS = 52  # to the last bit of the step


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
    h, trial = _before_any_dip(state, h, moved)
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


def _before_any_dip(
    state: Neurons,
    h: Float[Tensor, " b"],
    moved: Callable[[Float[Tensor, " b"]], Neurons],
) -> tuple[Float[Tensor, " b"], Neurons]:
    """Steps so short that no neuron can have crossed a kink and come back unseen."""
    side = torch.where(state.on, 1.0, -1.0)
    z, v = side * state.z, side * state.velocity()
    trial = moved(h)
    for _ in range(_HALVINGS):
        wide = h[:, None, None]
        later, back = side * trial.z, side * trial.velocity()
        lowest = torch.maximum(z + wide * v, later - wide * back)
        dips = ((v < 0) & (back > 0) & (later >= 0) & (lowest < 0)).any(dim=-1).any(dim=-1)
        if not bool(dips.any()):
            break
        h = torch.where(dips, h / 2, h)
        trial = moved(h)
    return h, trial


def branching(state: Neurons, near: Float[Tensor, "b m n"]) -> Bool[Tensor, " b"]:
    """Rows with a neuron at rest on a kink (within near) that the on side alone would take off."""
    rests = ~state.on & (state.z.abs() <= near) & (state.velocity().abs() <= near)
    # Parallel inputs share the kink: their pulls set in together.
    pull = torch.where(rests, state.e.unsqueeze(-2), 0.0) @ state.G.clamp_min(0)
    return (rests & (state.a.unsqueeze(-1) * pull > 0)).any(dim=-1).any(dim=-1)


def _changed(state: Neurons) -> Bool[Tensor, " b"]:
    return ((state.z >= 0) != state.on).any(dim=-1).any(dim=-1)
