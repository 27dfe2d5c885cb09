"""Gradient descent run twice, on a chunk of seeds: for both layers, and near ties.

The second run starts an ulp away; ten times the difference is the error.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from dynamics.descent_record import Kept, Record
from dynamics.enclosures import OVERFLOW, SAFETY
from dynamics.problem import Problem
from models import gram

_NEAR_TIE = 2.0**22  # ulps of |w||x|: only rows with a smaller pre-activation are examined


class Run:
    """State of the doubled batch. Neurons lie last, so that every pass is over long rows.

    Displacements are summed apart from the start: small movements keep their digits.
    """

    def __init__(self, given: Problem, eta: Tensor, kept: Kept) -> None:
        self.given, self.kept, self.eta = given, kept, eta / math.sqrt(given.m)
        two, s, m, _ = given.w.shape
        new = given.w.new_empty
        self.x = given.x[:, 0].contiguous()
        self.w0 = given.w.permute(0, 3, 1, 2).contiguous()
        self.dw, self.da = torch.zeros_like(self.w0), torch.zeros_like(given.a)
        self.w, self.a = self.w0.clone(), given.a.clone()
        self.z, self.active, self.pulled = (new(two, given.n, s, m) for _ in range(3))
        self.on = torch.empty(two, given.n, s, m, dtype=torch.bool, device=self.w.device)
        self.previous: Tensor | None = None
        self.stopped = torch.zeros(two, s, dtype=torch.bool, device=self.w.device)
        self.tied = torch.zeros(s, dtype=torch.bool, device=self.w.device)
        self.G = gram(given.x[0, 0])
        self.eps = torch.finfo(given.w.dtype).eps
        self.record: dict[str, list[Tensor]] = {}

    def go(self, steps: int) -> Record:
        """All steps."""
        for _ in range(steps):
            self._move(self._observe())
        self._observe()
        kept = {name: torch.stack(values, dim=-1) for name, values in self.record.items()}
        e, (first, second) = kept["e"].transpose(-1, -2), kept["movement"]
        output = kept.get("output")
        return Record(
            e=e[0],
            e_error=SAFETY * (e[0] - e[1]).abs() + kept["rounding"].mT,
            movement=first,
            movement_error=SAFETY * (first - second).abs() + (self.given.d + 8) * self.eps * first,
            output=None if output is None else output[0],
            output_error=None if output is None else self._output_error(*output),
            tied=kept["tied"],
            lost=kept["lost"].any(dim=0),
            H=_step_first(kept.get("H")),
            G2=_step_first(kept.get("G2")),
            flips=kept.get("flips", self.tied.new_empty(len(self.tied), 0, dtype=torch.int64))
            if self.kept.flips
            else None,
            w=(self.w0[0] + self.dw[0]).permute(1, 2, 0),
            a=self.given.a[0] + self.da[0],
        )

    def _output_error(self, first: Tensor, second: Tensor) -> Tensor:
        return SAFETY * (first - second).abs() + (self.given.d + 8) * self.eps * first

    def _keep(self, **values: Tensor) -> None:
        for name, value in values.items():
            self.record.setdefault(name, []).append(value)

    def _observe(self) -> Tensor:
        """Record the present state; returns the residual that moves the parameters."""
        g = self.given
        torch.add(self.w0, self.dw, out=self.w)
        torch.bmm(self.x, self.w.flatten(2), out=self.z.flatten(2))
        torch.clamp_min(self.z, 0.0, out=self.active)
        if g.both:
            torch.add(g.a, self.da, out=self.a)
        weighed = torch.mul(self.active, self.a.unsqueeze(1), out=self.pulled)
        u = weighed.sum(dim=-1).mT / math.sqrt(g.m)
        size = weighed[0].abs().sum(dim=-1).mT / math.sqrt(g.m)
        e = g.y - u
        squared = e.square().sum(dim=-1)
        self._keep(
            e=e,
            # d products in each pre-activation, and a cascade over the neurons.
            rounding=self.eps * ((g.d + 8 + math.log2(g.m)) * size + g.y[0].abs()),
            movement=self.dw.square().sum(dim=1).amax(dim=-1).sqrt(),
            tied=self.tied,
            lost=self.stopped | ~torch.isfinite(squared),
        )
        self.stopped = self.stopped | ~(squared < OVERFLOW)
        self._observe_layers()
        return torch.where(self.stopped.unsqueeze(-1), 0.0, e)

    def _observe_layers(self) -> None:
        g = self.given
        torch.ge(self.z, 0.0, out=self.on)
        on = self.on[0]
        if self.kept.flips:
            if self.previous is not None:
                self._keep(flips=(on != self.previous).sum(dim=(0, 2)))
            self.previous = on.clone()
        if g.both:
            self._keep(output=self.da.abs().amax(dim=-1))
        if self.kept.H:
            counted = on.transpose(0, 1).to(self.z.dtype)
            weighed = counted * self.a[0].square().unsqueeze(1) if g.both else counted
            self._keep(H=self.G * (counted @ weighed.mT / g.m))
        if self.kept.H and g.both:
            active = self.active[0].transpose(0, 1)
            self._keep(G2=active @ active.mT / g.m)

    def _move(self, e: Tensor) -> None:
        self.tied = self.tied | self._ties()
        scaled = (e * self.eta).mT.unsqueeze(-1)
        # on, not relu's derivative by autograd: a pre-activation of exactly 0 passes the gradient.
        torch.mul(self.on, scaled, out=self.pulled)
        self.pulled.mul_(self.a.unsqueeze(1))
        self.dw.flatten(2).baddbmm_(self.x.mT, self.pulled.flatten(2))
        if self.given.both:
            self.da += self.active.mul_(scaled).sum(dim=1)

    def _ties(self) -> Tensor:
        w, z = self.w[0], self.z[0]
        norms = self.x[0].square().sum(dim=1).sqrt()
        largest = w.abs().amax() * math.sqrt(self.given.d) * norms.max()
        if bool(z.abs().amin() > _NEAR_TIE * self.eps * largest):
            return torch.zeros_like(self.tied)
        lengths = w.square().sum(dim=0).sqrt()
        width = (self.given.d + 2) * self.eps * lengths * norms[:, None, None]
        # Strict: w_r = 0 is a tie in exact arithmetic too, which the paper resolves (on).
        doubt = z.abs() < width + SAFETY * (z - self.z[1]).abs()
        tied: Tensor = doubt.any(dim=2).any(dim=0)
        return tied


def _step_first(kept: Tensor | None) -> Tensor | None:
    return None if kept is None else kept.movedim(-1, 1)
