"""Gradient descent on all layers of deep networks, run twice on a chunk of seeds.

The second run starts an ulp away; ten times the difference is the error.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from dynamics.enclosures import OVERFLOW, doubled
from dynamics.two_runs import shaken
from models import DeepNetwork, Pass, forward_pass, grams_of_pass, pass_outputs, slopes_of_layers

_STEP_ULPS = 16  # of a gradient's own roundings, which add up in it with both signs
_FEATURE_ULPS = 4  # of a feature: sigma, its scale, the sum with the layer below
_PRODUCT_ULPS = 8  # of an entry of W x, times the lengths of both


@dataclass(frozen=True, slots=True, eq=False)
class DeepRecord:
    """What both runs showed; index 0 of the first dimension is the unmoved run.

    Attributes:
        e: the residual.
        rounding: a bound of the rounding of u alone.
        moved: ||W^(h) - W^(h)(0)||_F of every layer, ||a - a(0)|| at the end.
        apart: length of the difference of both runs' displacements.
        pushed: how far roundings of e and of the steps may have moved each layer so far.
        squared: the squared length of the step of every layer.
        uncancelled: the same if its terms had one sign.
        lost: whether an overflow was met.
        grams, second_order: at the observed steps; u(k + 1) - u(k) - eta G e is NaN at the last.
        last: weights and output weights after the last step, of the unmoved run.
    """

    e: Float[Tensor, "2 s K1 n"]
    rounding: Float[Tensor, "s K1 n"]
    moved: Float[Tensor, "s K1 H1"]
    apart: Float[Tensor, "s K1 H1"]
    pushed: Float[Tensor, "s K1 H1"]
    squared: Float[Tensor, "s K H1"]
    uncancelled: Float[Tensor, "s K H1"]
    lost: Bool[Tensor, "s K1"]
    grams: Float[Tensor, "s C H1 n n"]
    second_order: Float[Tensor, "2 s C n"]
    last: tuple[Tensor, ...]


class DeepRun:
    """State of the doubled batch; displacements are summed apart, so small ones keep their digits.

    Args:
        x: inputs.
        y: labels, one row per seed.
        network: the start, with one seed dimension.
        rates: step sizes, one per seed.
        observed: steps at which Gram matrices are kept.
    """

    def __init__(
        self,
        x: Float[Tensor, "*shape"],
        y: Float[Tensor, "s n"],
        network: DeepNetwork,
        rates: Float[Tensor, " s"],
        observed: Collection[int],
    ) -> None:
        self.places = {k: place for place, k in enumerate(sorted(observed))}
        self.x = doubled(x.to(network.a), keep=x.ndim).unsqueeze(1)
        self.y = doubled(y, keep=1)
        self.rate = rates.unsqueeze(-1)
        parameters = (*network.weights, network.a)
        self.start = [doubled(t, keep=t.ndim - 1) for t in parameters]
        self.moved = [torch.zeros_like(t) for t in self.start]
        self.now = [t.clone() for t in self.start]
        self.network = network.with_parameters(self.now[:-1], self.now[-1])
        self.stopped = torch.zeros(2, len(y), dtype=torch.bool, device=y.device)
        self.eps = torch.finfo(y.dtype).eps
        self.row_lengths = [torch.linalg.vector_norm(W, dim=-1) for W in network.weights]
        self.expected: Tensor | None = None  # u + eta G e of an observed step

    def go(self, steps: int) -> DeepRecord:
        """All steps."""
        s, n, layers = *self.y.shape[1:], len(self.now)
        new = self.y.new_empty
        seen = DeepRecord(
            e=new(2, s, steps + 1, n),
            rounding=new(s, steps + 1, n),
            moved=new(s, steps + 1, layers),
            apart=new(s, steps + 1, layers),
            pushed=new(s, steps + 1, layers).fill_(0.0),
            squared=new(s, steps, layers),
            uncancelled=new(s, steps, layers),
            lost=self.stopped.new_empty(s, steps + 1),
            grams=new(s, len(self.places), layers, n, n),
            second_order=new(2, s, len(self.places), n).fill_(math.nan),
            last=tuple(t[0] for t in self.now),
        )
        for k in range(steps + 1):
            self._step(seen, k, last=k == steps)
        return seen

    def _step(self, seen: DeepRecord, k: int, *, last: bool) -> None:
        """Record the state at step k; then move on."""
        for place, (start, moved, now) in enumerate(
            zip(self.start, self.moved, self.now, strict=True)
        ):
            seen.moved[:, k, place] = _length(moved[0])
            # Fresh memory for a difference that wide would cost more than the difference.
            seen.apart[:, k, place] = _length(torch.sub(moved[0], moved[1], out=now[0]))
            torch.add(start, moved, out=now)
        run = forward_pass(self.x, self.network)
        u = pass_outputs(run, self.network)
        slopes = slopes_of_layers(run, self.network)
        pulled = [D for _, D in slopes]
        seen.rounding[:, k] = self._rounding(run, slopes, seen.moved[:, k])
        e = self.y - u
        self._see(seen, k, u, e)
        if k in self.places:
            both = grams_of_pass(run, pulled)
            seen.grams[:, self.places[k]] = both[0]
            self.expected = u + self.rate * (both.sum(dim=-3) @ e.unsqueeze(-1)).squeeze(-1)
        if not last:
            e = shaken(e, seen.rounding[:, k], k)
            scaled = self.rate * torch.where(self.stopped.unsqueeze(-1), 0.0, e)
            self._see_step(seen, k, scaled[0], grams_of_pass(_first(run), [D[0] for D in pulled]))
            self._move(run, pulled, scaled.unsqueeze(-1).unsqueeze(-1))

    def _see(self, seen: DeepRecord, k: int, u: Tensor, e: Tensor) -> None:
        if self.expected is not None:
            seen.second_order[:, :, self.places[k - 1]] = u - self.expected
            self.expected = None
        squared = e.square().sum(dim=-1)
        seen.e[:, :, k] = e  # a copy, to which nothing is added later
        seen.lost[:, k] = (self.stopped | ~torch.isfinite(squared)).any(dim=0)
        self.stopped = self.stopped | ~(squared < OVERFLOW)

    def _rounding(self, run: Pass, slopes: list[tuple[Tensor, Tensor]], moved: Tensor) -> Tensor:
        """How far u of the unmoved run may be from the outputs of the very weights it has."""
        # A cascade over the neurons; every feature has some roundings of its own, of one sign, and
        # every product W x those of a sum, of both signs.
        top = run.features[-1][0].flatten(-2).shape[-1]
        total = (4 + math.log2(top)) * _weighed(slopes[-1][0][0], run.features[-1][0])
        total = total + self.y[0].abs()
        for h, (by_feature, D) in enumerate(slopes):
            total = total + _FEATURE_ULPS * _weighed(by_feature[0], run.features[h + 1][0])
            longest = self.row_lengths[h] + moved[:, h, None]
            fed = run.fed[h][0].square().sum(dim=-1)
            products = (D[0] * longest[:, None, None]).square().sum(dim=-1) * fed
            total = total + _PRODUCT_ULPS * products.sum(dim=-1).sqrt()
        return self.eps * total

    def _see_step(self, seen: DeepRecord, k: int, scaled: Tensor, grams: Tensor) -> None:
        """Lengths of sum_i eta e_i du_i/dW^(h) from the Gram matrices, and what rounding adds."""
        pairs = scaled.unsqueeze(-1) * scaled.unsqueeze(-2)
        products = grams * pairs.unsqueeze(-3)
        seen.squared[:, k] = products.sum(dim=(-2, -1))
        seen.uncancelled[:, k] = products.abs().sum(dim=(-2, -1))
        lengths = grams.diagonal(dim1=-2, dim2=-1).sqrt()
        off = self.rate * seen.rounding[:, k] + _STEP_ULPS * self.eps * scaled.abs()
        pushed = (lengths @ off.unsqueeze(-1)).squeeze(-1)
        seen.pushed[:, k + 1] = seen.pushed[:, k] + pushed

    def _move(self, run: Pass, pulled: list[Tensor], scaled: Tensor) -> None:
        for D, fed, moved in zip(pulled, run.fed, self.moved[:-1], strict=True):
            left, right = (D * scaled).flatten(-3, -2), _over_seeds(fed, D).flatten(-3, -2)
            moved.flatten(0, 1).baddbmm_(left.flatten(0, 1).mT, right.flatten(0, 1))
        step = (run.features[-1] * scaled).sum(dim=-3)
        self.moved[-1].add_(step.mT if self.network.convolutional else step.squeeze(-2))


def _first(run: Pass) -> Pass:
    """The pass of the unmoved run alone."""
    parts = (run.features, run.fed, run.pre)
    return Pass(*(tuple(rows[0] for rows in part) for part in parts))


def _over_seeds(fed: Tensor, like: Tensor) -> Tensor:
    """What a layer is fed, for every seed: the inputs are stored once."""
    return fed.expand(*like.shape[:2], *fed.shape[2:])


def _weighed(slopes: Tensor, features: Float[Tensor, "s n p m"]) -> Float[Tensor, "s n"]:
    return (slopes * features).abs().sum(dim=(-2, -1))


def _length(values: Float[Tensor, "s m *k"]) -> Float[Tensor, " s"]:
    length: Tensor = torch.linalg.vector_norm(values.flatten(1), dim=1)
    return length
