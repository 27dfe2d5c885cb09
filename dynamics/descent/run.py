"""Gradient descent run three times, on a chunk of seeds: for both layers, and near ties.

One of the others starts an ulp away, and both are moved by ulps in each step, because plain runs
can come to rest on the same rounding; ten times the larger difference is the error.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from dynamics.descent.record import Kept, Record
from dynamics.enclosures import OVERFLOW, SAFETY, nudged
from dynamics.problem import Problem
from models import gram

_STARTS = [0, 1, 0]  # as given, moved by an ulp, as given
_PERIOD, _STRIDE = 1021, 97  # patterns of ulps, and how they follow each other
_NEAR_TIE = 2.0**22  # ulps of |w||x|: only rows with a smaller pre-activation are examined


class Run:
    """State of the three runs. Neurons lie last, so that every pass is over long rows.

    Displacements are summed apart from the start: small movements keep their digits.
    """

    def __init__(self, given: Problem, eta: Tensor, kept: Kept) -> None:
        self.given, self.kept, self.eta = given, kept, eta / math.sqrt(given.m)
        s, m = given.w.shape[1:3]
        new = given.w.new_empty
        self.x = given.x[_STARTS, 0].contiguous()
        self.w0 = given.w[_STARTS].permute(0, 3, 1, 2).contiguous()
        self.y, self.a0 = given.y[_STARTS], given.a[_STARTS]
        self.dw, self.da = torch.zeros_like(self.w0), torch.zeros_like(self.a0)
        self.w, self.a = self.w0.clone(), self.a0.clone()
        self.z, self.active, self.pulled = (new(len(_STARTS), given.n, s, m) for _ in range(3))
        self.on = torch.empty(self.z.shape, dtype=torch.bool, device=self.w.device)
        self.previous: Tensor | None = None
        self.stopped = torch.zeros(len(_STARTS), s, dtype=torch.bool, device=self.w.device)
        self.tied = torch.zeros(s, dtype=torch.bool, device=self.w.device)
        self.G = gram(given.x[0, 0])
        self.eps, self.step = torch.finfo(given.w.dtype).eps, 0
        self.lengths = self.x[0].square().sum(dim=1).sqrt()
        self.typical = given.w[0].square().sum(dim=2).mean(dim=1).sqrt()
        # An ulp up or down, otherwise in each step; of one sign for sums, which can have a drift.
        self.ulps = nudged(given.w.new_ones(given.d * m + _PERIOD), keep=1)
        self.drift = torch.stack([self._ulps(place) for place in range(2)])
        self.record: dict[str, list[Tensor]] = {}

    def go(self, steps: int) -> Record:
        """All steps."""
        for _ in range(steps):
            self._move(self._observe())
        self._observe()
        kept = {name: torch.stack(values, dim=-1) for name, values in self.record.items()}
        e, movement, output = kept["e"].transpose(-1, -2), kept["movement"], kept.get("output")
        lengths = self.w[0].square().sum(dim=0).sqrt()
        relative, felt = (self.given.d + 8) * self.eps, self._felt(kept["rounding"])
        return Record(
            e=e[0],
            e_error=_apart(e) + kept["rounding"].mT,
            movement=movement[0],
            movement_error=_apart(movement) + relative * movement[0] + felt * _largest(self.a[0]),
            output=None if output is None else output[0],
            output_error=None
            if output is None
            else _apart(output) + relative * output[0] + felt * _largest(lengths),
            tied=kept["tied"],
            lost=kept["lost"].any(dim=0),
            H=_step_first(kept.get("H")),
            G2=_step_first(kept.get("G2")),
            flips=kept.get("flips", self.tied.new_empty(len(self.tied), 0, dtype=torch.int64))
            if self.kept.flips
            else None,
            w=(self.w0[0] + self.dw[0]).permute(1, 2, 0),
            a=self.a0[0] + self.da[0],
        )

    def _felt(self, rounding: Tensor) -> Tensor:
        """What a neuron of weight 1 has moved too far, each step having its own roundings of e."""
        squared = (self.lengths @ rounding).square()
        before = torch.cat((torch.zeros_like(squared[:, :1]), squared[:, :-1]), dim=1)
        return self.eta * before.cumsum(dim=1).sqrt()

    def _keep(self, **values: Tensor) -> None:
        for name, value in values.items():
            self.record.setdefault(name, []).append(value)

    def _observe(self) -> Tensor:
        """Record the present state; returns the residual that moves the parameters."""
        g = self.given
        torch.add(self.w0, self.dw, out=self.w)
        self._flicker(self.w)
        torch.bmm(self.x, self.w.flatten(2), out=self.z.flatten(2))
        torch.clamp_min(self.z, 0.0, out=self.active)
        if g.both:
            torch.add(self.a0, self.da, out=self.a)
            self._flicker(self.a)
        weighed = torch.mul(self.active, self.a.unsqueeze(1), out=self.pulled)
        u = weighed.sum(dim=-1).mT / math.sqrt(g.m)
        size = weighed[0].abs().sum(dim=-1).mT / math.sqrt(g.m)
        e = self.y - u
        squared = e.square().sum(dim=-1)
        movement = self.dw.square().sum(dim=1).amax(dim=-1).sqrt()
        # Of the pre-activations, of both signs in a mean of m terms.
        typical = self.a[0].abs().amax(dim=-1) * (self.typical + movement[0])
        grain = (g.d + 2) * typical.unsqueeze(-1) * self.lengths
        self._keep(
            e=e,
            # d products in each pre-activation, and a cascade over the neurons.
            rounding=self.eps * ((g.d + 8 + math.log2(g.m)) * size + g.y[0].abs() + grain),
            movement=movement,
            tied=self.tied,
            lost=self.stopped | ~torch.isfinite(squared),
        )
        self.stopped = self.stopped | ~(squared < OVERFLOW)
        self._observe_layers()
        return torch.where(self.stopped.unsqueeze(-1), 0.0, e)

    def _ulps(self, place: int) -> Tensor:
        first = _STRIDE * place % _PERIOD
        return self.ulps[first : first + self.given.d * self.given.m].view(-1, 1, self.given.m)

    def _flicker(self, values: Tensor) -> None:
        for copy in values[1:]:
            self.step += 1
            ulps = self._ulps(self.step)
            copy.mul_(ulps if copy.ndim == ulps.ndim else ulps[0])

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
        self.dw[1:] *= self.drift
        if self.given.both:
            self.da += self.active.mul_(scaled).sum(dim=1)
            self.da[1:] *= self.drift[:, 0]

    def _ties(self) -> Tensor:
        w, z = self.w[0], self.z[0]
        norms = self.x[0].square().sum(dim=1).sqrt()
        largest = w.abs().amax() * math.sqrt(self.given.d) * norms.max()
        if bool(z.abs().amin() > _NEAR_TIE * self.eps * largest):
            return torch.zeros_like(self.tied)
        lengths = w.square().sum(dim=0).sqrt()
        width = (self.given.d + 2) * self.eps * lengths * norms[:, None, None]
        # Strict: w_r = 0 is a tie in exact arithmetic too, which the paper resolves (on).
        doubt = z.abs() < width + _apart(self.z)
        tied: Tensor = doubt.any(dim=2).any(dim=0)
        return tied


def _apart(runs: Tensor) -> Tensor:
    """The error of the first run."""
    return SAFETY * (runs[1:] - runs[0]).abs().amax(dim=0)


def _largest(sizes: Tensor) -> Tensor:
    return sizes.abs().amax(dim=-1, keepdim=True)


def _step_first(kept: Tensor | None) -> Tensor | None:
    return None if kept is None else kept.movedim(-1, 1)
