"""The error of gradient descent on the first layer: a second run, followed in linearised form.

While no pattern differs, the residuals of two runs differ by delta(k + 1) = (I - eta H(k)) delta(k)
to first order. So a second run, moved by an ulp at the start and by a rounding of u in each step,
need not be made: its difference costs products of n x n matrices.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from dynamics.enclosures import SAFETY, Array, Mask, array
from dynamics.problem import Problem

_PERIOD = 1024  # steps after which the signs of the roundings repeat
_NEAR_TIE = (
    32  # times (d + 2) ulps of |w||x|: one for p itself, 20 for an ulp of w and x, ten times
)


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What a step shows of a chunk of seeds.

    Attributes:
        e: the residual y - u.
        size: sum_r |a_r w_r.x_i|.
        nearest: min_r |w_r.x_i|.
        moved: max_r |w_r - w_r(0)|^2.
        counts: #{r: on for i and j}.
        weighed: the same where neuron r counts a_r^2 times.
    """

    e: Float[Tensor, "s n"]
    size: Float[Tensor, "s n"]
    nearest: Float[Tensor, "s n"]
    moved: Float[Tensor, " s"]
    counts: Float[Tensor, "s n n"]
    weighed: Float[Tensor, "s n n"]


@dataclass(frozen=True, slots=True, eq=False)
class Errors:
    """What is off by how much at some steps; the step in front, the seed behind it.

    Attributes:
        e: of each residual.
        movement: of max_r |w_r - w_r(0)|.
        near: whether a pre-activation may have the other sign in the second run.
    """

    e: Array
    movement: Array
    near: Mask


class Shadow:
    """The second run of a chunk of seeds; arrays have the step in front and the seed behind it.

    Attributes:
        delta: the difference of the residuals of the two runs.
        spread, pushed: sums over the steps of |delta| and |e|, for inputs with a neuron on.
    """

    def __init__(self, given: Problem, eta: Float[Tensor, " s"]) -> None:
        self.d, self.m, self.k = given.d, given.m, 0
        self.eps = torch.finfo(given.w.dtype).eps
        self.eta, self.y = array(eta)[:, None, None], array(given.y[0])
        x = array(given.x[0, 0])
        self.G, self.lengths = x @ x.T, np.linalg.norm(x, axis=1)
        # A sum of |e_i| of 1 moves a weight by at most reach |x_i|.
        self.reach = array(eta * given.a[0].abs().amax(dim=1)) / math.sqrt(self.m)
        self.longest = array(given.w[0].square().sum(dim=2).amax(dim=1).sqrt())
        self.delta = array(_residual(given, 0) - _residual(given, 1))
        self.spread, self.pushed = np.zeros_like(self.y), np.zeros_like(self.y)
        # Roundings that add up in u: two short sums, then a cascade over the neurons.
        self.terms = given.n + self.d + 8 + math.log2(self.m)

    def follow(self, seen: Sequence[Seen]) -> Errors:
        """The next steps."""
        e, size, nearest, moved, counts, weighed = (
            array(torch.stack([getattr(step, name) for step in seen])) for name in Seen.__slots__
        )
        with np.errstate(over="ignore", invalid="ignore"):
            # Roundings of both signs in a mean of m terms; the bound below adds their sizes.
            noise = self.eps * (math.sqrt(self.terms) * size / self.m + np.abs(self.y) + np.abs(e))
            on = np.diagonal(counts, axis1=-2, axis2=-1) > 0
            pushed = _before_each(self.pushed, np.abs(e) * on)
            delta = self._deltas(self.eta * self.G * weighed / self.m, noise, pushed)
            spread = _before_each(self.spread, (np.abs(delta) + noise) * on)
            self.spread, self.pushed = spread[-1], pushed[-1]
            rounding = self.eps * (self.terms * size / math.sqrt(self.m) + np.abs(self.y))
            movement = np.sqrt(moved)
            errors = Errors(
                e=SAFETY * np.abs(delta) + rounding,
                movement=self._movement_errors(movement, spread[:-1], pushed[:-1]),
                near=self._near(nearest.min(axis=-1), movement, spread[:-1]),
            )
        self.k += len(seen)
        return errors

    def _deltas(self, steps: Array, noise: Array, pushed: Array) -> Array:
        signs = _signs(self.k, len(noise), noise.shape[-1])
        # The displacements' own roundings: of one sign, since a sum of like terms has a drift.
        drift = (
            self.eps
            * (np.abs(steps) @ pushed[:-1, ..., None])[..., 0]
            * _signs(0, 1, noise.shape[-1])
        )
        deltas = np.empty_like(noise)
        for k, step in enumerate(steps):
            deltas[k] = self.delta
            moved = step @ (self.delta + signs[k] * noise[k])[..., None]
            self.delta = self.delta - moved[..., 0] + drift[k]
        return deltas

    def _movement_errors(self, movement: Array, spread: Array, pushed: Array) -> Array:
        steps = self.k + np.arange(len(movement))[:, None]
        terms = self.d + len(self.lengths) + 8 + np.sqrt(steps)
        summed = SAFETY * (spread @ self.lengths) + terms * self.eps * (pushed @ self.lengths)
        off: Array = self.reach * summed + (self.d + 8) * self.eps * movement
        return off

    def _near(self, nearest: Array, movement: Array, spread: Array) -> Mask:
        apart = self.reach * (spread @ np.abs(self.G)).max(axis=-1)
        ulps = (self.d + 2) * self.eps * (self.longest + movement) * self.lengths.max()
        # Written so that a NaN is near.
        near: Mask = ~(nearest > _NEAR_TIE * ulps + SAFETY * apart)
        return near


def _residual(given: Problem, run: int) -> Float[Tensor, "s n"]:
    """The residual at the start, of the given problem or of the one that is moved by an ulp."""
    active = (given.w[run] @ given.x[run, 0].T).clamp_min_(0.0)
    u = (active.mT @ given.a[run].unsqueeze(-1)).squeeze(-1)
    return given.y[run] - u / math.sqrt(given.m)


def _signs(first: int, steps: int, n: int) -> Array:
    """1 or -1 for each step and input, the same ones in every batch; (steps, 1, n)."""
    place = (np.arange(first, first + steps) % _PERIOD)[:, None, None] * n + np.arange(n)
    # Knuth's multiplicative hash, as for the ulps at the start.
    return np.where(((place + 1) * 2654435761 >> 13) % 2 == 0, -1.0, 1.0)


def _before_each(carried: Array, steps: Array) -> Array:
    """What was summed before each step, and after the last one."""
    return np.cumsum(np.concatenate((carried[None], steps)), axis=0)
