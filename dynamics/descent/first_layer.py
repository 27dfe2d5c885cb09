"""Gradient descent on the first layer, run once, with its error from a shadow of a second run."""

from __future__ import annotations

import math
from functools import reduce

import numpy as np
import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from dynamics.descent.fused import Block, neurons_at_once, residual, total
from dynamics.descent.record import Kept, Record
from dynamics.descent.shadow import Errors, Seen, Shadow
from dynamics.enclosures import OVERFLOW
from dynamics.problem import Problem
from models import gram

_SPAN_FLOATS = 2**20  # of Gram matrices that wait for the shadow


class FirstLayerRun:
    """State of a chunk of seeds.

    Attributes:
        doubtful: rows where a tie or an overflow cannot be excluded.
    """

    def __init__(self, given: Problem, eta: Float[Tensor, "s 1"], kept: Kept) -> None:
        w, a = given.w[0], given.a[0]
        self.given, self.kept, self.rate = given, kept, eta.T / math.sqrt(given.m)
        self.G = gram(given.x[0, 0])
        ranges = neurons_at_once(given.n, w)
        self.blocks = [Block(given.x[0, 0], w[:, r], a[:, r], watched=True) for r in ranges]
        self.y = given.y[0].T.contiguous()
        self.unit = bool((a.abs() == 1).all())
        self.most = math.sqrt(min(OVERFLOW, torch.finfo(w.dtype).max ** 0.8))
        self.doubtful: Bool[Tensor, " s"] = torch.zeros_like(w[:, 0, 0], dtype=torch.bool)
        self.shadow = Shadow(given, eta[:, 0])
        self.e, self.moved, self.counts, self.flips = (list[Tensor]() for _ in range(4))
        self.seen: list[Seen] = []
        self.errors: list[Errors] = []

    def go(self, steps: int) -> Record:
        """All steps."""
        span = max(1, _SPAN_FLOATS // (len(self.doubtful) * self.given.n**2))
        for k in range(steps + 1):
            e = residual(self.y, self.blocks, self.given.m)
            self._observe(e, k)
            if k < steps:
                self._move(e)
            if len(self.seen) == span or k == steps:
                self.errors.append(self.shadow.follow(self.seen))
                self.seen = []
        return self._record()

    def _observe(self, e: Float[Tensor, "n s"], k: int) -> None:
        size, nearest = zip(*(part.sizes(unit=self.unit) for part in self.blocks), strict=True)
        counts = total(part.counts() for part in self.blocks)
        flips = total(part.flips() for part in self.blocks) if k > 0 else torch.zeros_like(e)
        seen = Seen(
            e=e.T,
            size=total(size).T,
            nearest=reduce(torch.minimum, nearest).T,
            moved=reduce(torch.maximum, (part.squared_movement() for part in self.blocks)),
            counts=counts,
            weighed=counts if self.unit else total(part.weighed() for part in self.blocks),
            flips=flips.T,
        )
        self.seen.append(seen)
        self.e.append(seen.e)
        self.moved.append(seen.moved)
        if self.kept.H:
            self.counts.append(counts)
        if self.kept.flips and k > 0:
            self.flips.append(flips.sum(dim=0).to(torch.int64))

    def _move(self, e: Float[Tensor, "n s"]) -> None:
        if not float(e.abs().amax()) < self.most:
            self.doubtful |= ~(e.abs().amax(dim=0) < self.most)
            e = torch.where(self.doubtful, 0.0, e)
        scaled = e * self.rate
        for part in self.blocks:
            part.push(scaled)

    def _record(self) -> Record:
        given = self.given
        e, movement = torch.stack(self.e, dim=1), torch.stack(self.moved, dim=1).sqrt()
        near = self._errors("near")[:, :-1].any(dim=1)
        self.doubtful = self.doubtful | near
        none = torch.zeros_like(movement, dtype=torch.bool)
        return Record(
            e=e,
            e_error=self._errors("e"),
            movement=movement,
            movement_error=self._errors("movement"),
            output=None,
            output_error=None,
            tied=none,
            lost=none,
            H=self.G * (torch.stack(self.counts, dim=1) / given.m) if self.kept.H else None,
            G2=None,
            flips=self._flips() if self.kept.flips else None,
            w=torch.cat([part.weights() for part in self.blocks], dim=1),
            a=given.a[0],
        )

    def _errors(self, name: str) -> Tensor:
        values = np.concatenate([getattr(errors, name) for errors in self.errors])
        return torch.from_numpy(values).to(self.given.w.device).movedim(0, 1)

    def _flips(self) -> Int64[Tensor, "s K"]:
        none = torch.empty_like(self.doubtful, dtype=torch.int64)
        return torch.stack(self.flips, dim=1) if self.flips else none[:, None][:, :0]
