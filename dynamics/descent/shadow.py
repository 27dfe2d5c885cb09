"""The error of gradient descent on the first layer: a second run, followed in linearised form.

While both runs have the same patterns, their residuals differ by delta(k + 1) = (I - eta H(k))
delta(k), up to the neurons that flip in that step: these bring in what their own pre-activations
differ by, which is bounded. So a second run, moved by an ulp at the start and by a rounding of u in
each step, need not be made: its difference costs products of n x n matrices.
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
        flips: #{r: on for i now or one step ago, but not both}.
    """

    e: Float[Tensor, "s n"]
    size: Float[Tensor, "s n"]
    nearest: Float[Tensor, "s n"]
    moved: Float[Tensor, " s"]
    counts: Float[Tensor, "s n n"]
    weighed: Float[Tensor, "s n n"]
    flips: Float[Tensor, "s n"]


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
        # A neuron's share in u, at most; and a sum of |e_i| of 1 moves it by at most reach |x_i|.
        self.most = array(given.a[0].abs().amax(dim=1))
        self.share = self.most / math.sqrt(self.m)
        self.reach = array(eta) * self.share
        self.longest = array(given.w[0].square().sum(dim=2).amax(dim=1).sqrt())
        self.typical = array(given.w[0].square().sum(dim=2).mean(dim=1).sqrt())
        self.delta = array(_residual(given, 0) - _residual(given, 1))
        self.spread, self.pushed = np.zeros_like(self.y), np.zeros_like(self.y)
        # Roundings that add up in u: two short sums, then a cascade over the neurons.
        self.terms = given.n + self.d + 8 + math.log2(self.m)

    def follow(self, seen: Sequence[Seen]) -> Errors:
        """The next steps."""
        e, size, nearest, moved, counts, weighed, flips = (
            array(torch.stack([getattr(step, name) for step in seen])) for name in Seen.__slots__
        )
        with np.errstate(over="ignore", invalid="ignore"):
            movement = np.sqrt(moved)
            # Roundings of both signs in a mean of m terms; `_rounding` adds their sizes.
            noise = self.eps * (math.sqrt(self.terms) * size / self.m + np.abs(self.y) + np.abs(e))
            on = np.diagonal(counts, axis1=-2, axis2=-1) > 0
            pushed = _before_each(self.pushed, np.abs(e) * on)
            delta, spread = self._deltas(
                self.eta * self.G * weighed / self.m,
                noise,
                pushed,
                jumps=self.share[:, None] * flips,
                on=on,
                ulps=self._ulps(movement),
            )
            self.pushed = pushed[-1]
            errors = Errors(
                e=SAFETY * np.abs(delta) + self._rounding(size, movement),
                movement=self._movement_errors(movement, spread, pushed[:-1]),
                near=self._near(nearest.min(axis=-1), movement, spread),
            )
        self.k += len(seen)
        return errors

    def _deltas(
        self, steps: Array, noise: Array, pushed: Array, *, jumps: Array, on: Mask, ulps: Array
    ) -> tuple[Array, Array]:
        """The difference delta at each step, and the sums of |delta| before it."""
        signs = _signs(self.k, len(noise), noise.shape[-1])
        # The displacements' own roundings: of one sign, since a sum of like terms has a drift.
        drift = (
            self.eps
            * (np.abs(steps) @ pushed[:-1, ..., None])[..., 0]
            * _signs(0, 1, noise.shape[-1])
        )
        deltas, spreads = np.empty_like(noise), np.empty_like(noise)
        for k, step in enumerate(steps):
            # With the sign that delta has, so that nothing cancels by chance.
            self.delta += np.copysign(jumps[k] * (self._apart(self.spread) + ulps[k]), self.delta)
            deltas[k], spreads[k] = self.delta, self.spread
            self.spread = self.spread + (np.abs(self.delta) + noise[k]) * on[k]
            moved = step @ (self.delta + signs[k] * noise[k])[..., None]
            self.delta = self.delta - moved[..., 0] + drift[k]
        return deltas, spreads

    def _rounding(self, size: Array, movement: Array) -> Array:
        """Of a residual: sums over the neurons, and the pre-activations that may cancel in them."""
        grain = (self.most * (self.typical + movement))[..., None] * self.lengths
        sums = self.terms * size / math.sqrt(self.m) + np.abs(self.y)
        rounding: Array = self.eps * (sums + (self.d + 2) * grain)
        return rounding

    def _apart(self, spread: Array) -> Array:
        """How far the pre-activations of two runs can be apart, in sizes of delta."""
        bound: Array = self.reach[:, None] * (spread @ np.abs(self.G))
        return bound

    def _ulps(self, movement: Array) -> Array:
        """The rounding of a pre-activation; (..., n)."""
        size = (self.d + 2) * self.eps * (self.longest + movement)
        rounding: Array = size[..., None] * self.lengths
        return rounding

    def _movement_errors(self, movement: Array, spread: Array, pushed: Array) -> Array:
        steps = self.k + np.arange(len(movement))[:, None]
        terms = self.d + len(self.lengths) + 8 + np.sqrt(steps)
        summed = SAFETY * (spread @ self.lengths) + terms * self.eps * (pushed @ self.lengths)
        off: Array = self.reach * summed + (self.d + 8) * self.eps * movement
        return off

    def _near(self, nearest: Array, movement: Array, spread: Array) -> Mask:
        apart, ulps = self._apart(spread).max(axis=-1), self._ulps(movement).max(axis=-1)
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
