"""What may happen next along the first layer's flow: kinks that are reached, holds that end."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from dynamics.enclosures import EPS, Array
from dynamics.flow.crowd import Crowd
from dynamics.flow.decay import Decay, slowed
from dynamics.flow.roots import FLAT, Exponentials, Indices
from dynamics.flow.slides import KINK, UNDER, Holds, Slides


class Found(NamedTuple):
    """Functions of time, and whose they are: start + the integral of weights exp(-rates t)."""

    kind: Indices
    rows: Indices
    place: Indices
    sample: Indices
    start: Array
    weights: Array


class Watch(NamedTuple):
    """What may happen: functions that must stay >= 0, whose they are, and the rows that slide."""

    functions: Exponentials
    kind: Indices
    place: Indices
    sample: Indices
    slid: Indices

    @classmethod
    def of(cls, crowd: Crowd, decay: Decay, limit: Array, size: Array) -> Watch:
        """Everything that can happen before the limit.

        Args:
            crowd: the neurons.
            decay: of the residual.
            limit: how far to look, (b,).
            size: the largest |w_r||x_i|, (b,).
        """
        slides = crowd.slides()
        found, slid = _kinks(crowd, slides, decay, limit), np.zeros(0, dtype=np.intp)
        small = size[found.rows]
        if slides.holds is not None:
            holds, sizes = _holds(slides.holds, decay)
            # A neuron that the off side does not push back is held, but does not slide.
            slid = holds.rows[(holds.kind == UNDER) & (holds.start > FLAT * sizes)]
            felt = np.abs(holds.weights).sum(axis=1)
            small = np.concatenate((small, felt))
            found = Found(*(np.concatenate(pair) for pair in zip(found, holds, strict=True)))
        kind, rows, place, sample, start, weights = found
        functions = Exponentials.of(rows, start, weights, decay.rates, 4 * EPS * small)
        return cls(functions, kind, place, sample, slid)


def _kinks(crowd: Crowd, slides: Slides, decay: Decay, limit: Array) -> Found:
    """The distances, in pre-activations, of watched neurons from kinks that they may reach."""
    units, modes, (b, k, n) = crowd.watched, decay.modes, crowd.watched.z.shape
    gain = units.a / math.sqrt(crowd.m)
    felt = (crowd.G[:, :, :, None] * modes[:, :, None, :]).reshape(b, n, n * n)
    weights = ((units.on * gain[:, :, None]) @ felt).reshape(b, k * n, n)
    if len(slides.rows):
        r, p = slides.rows, slides.place
        mine = gain[r, p][:, None, None] * (slides.felt @ modes[r])
        weights.reshape(b, k, n, n)[r, p] = mine
    ahead = slowed(decay.rates, limit[:, None])[:, :, None]
    # A little more than rounding takes away.
    went, most = weights @ ahead, np.abs(weights) @ (ahead * (1 + 1e-12))
    side = units.on * 2.0 - 1
    value = side * units.z
    # All terms of one sign, at their largest.
    reached = 2 * value + (side * went.reshape(b, k, n) - most.reshape(b, k, n)) < 0
    if slides.held is not None:
        reached &= ~slides.held
    rows, place, sample = at = np.nonzero(reached)
    chosen = weights[rows, place * n + sample] * side[at][:, None]
    return Found(np.full(len(rows), KINK), rows, place, sample, value[at], chosen)


def _holds(holds: Holds, decay: Decay) -> tuple[Found, Array]:
    """What keeps neurons on their kinks, and the sizes of the terms at the start."""
    kind, rows, place, sample, lines = holds
    parts = (lines[:, None, :] @ decay.modes[rows])[:, 0]
    found = Found(kind, rows, place, sample, parts.sum(axis=1), -decay.rates[rows] * parts)
    return found, np.abs(parts).sum(axis=1)
