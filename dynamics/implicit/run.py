"""Gradient descent on implicit networks, run twice on a batch: the second run starts an ulp away.

Every equilibrium carries its certificate, residual/(1 - rho). A row whose rho reaches 1 stops.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from dynamics.enclosures import OVERFLOW, doubled
from dynamics.two_runs import shaken
from models import (
    ImplicitNetwork,
    ImplicitPass,
    ImplicitSlopes,
    implicit_gradients,
    implicit_kernels,
    implicit_pass,
    implicit_slopes,
    nonlinearity,
    pass_predictions,
)

_STEP_ULPS = 16  # of a gradient's own roundings
_CARRIED = 3  # times the difference of the runs, in bounds that leave no chance of cancelling
_TIE_ULPS = 16  # times m + d: what a pre-activation may be off


@dataclass(frozen=True, slots=True, eq=False)
class ImplicitRecord:
    """What both runs showed; index 0 of the first dimension is the unmoved run.

    Attributes:
        e: the residual.
        rounding: a bound of what rounding and the solver's residual may do to yhat.
        moved: ||block - block(0)||_F of every block.
        apart: length of the difference of both runs' displacements.
        pushed: how far errors of e, of the steps and of other blocks may have moved each block.
        norms: ||block||_2 of every block.
        rho: L scale ||A||_2.
        G: Phi Phi^T or Z Z^T.
        G_error: a bound in Frobenius norm of what rounding may do to G at the given parameters.
        features: ||Phi||_F or ||Z||_F.
        lost: whether the row had stopped.
        tied: whether a pre-activation was within rounding of a kink.
        last: the blocks at the end, of the unmoved run.
    """

    e: Float[Tensor, "2 s K1 n"]
    rounding: Float[Tensor, "s K1 n"]
    moved: Float[Tensor, "s K1 P"]
    apart: Float[Tensor, "s K1 P"]
    pushed: Float[Tensor, "s K1 P"]
    norms: Float[Tensor, "s K1 P"]
    rho: Float[Tensor, "s K1"]
    G: Float[Tensor, "s K1 n n"]
    G_error: Float[Tensor, "s K1"]
    features: Float[Tensor, "s K1"]
    lost: Bool[Tensor, "s K1"]
    tied: Bool[Tensor, "s K1"]
    last: tuple[Tensor, ...]


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """Both runs at one step: their pass, slopes, usable parameters, and e = y - yhat."""

    run: ImplicitPass
    slopes: ImplicitSlopes
    network: ImplicitNetwork
    e: Float[Tensor, "2 s n"]


class ImplicitRun:
    """State of the doubled batch; displacements are summed apart, so small ones keep their digits.

    Args:
        x: inputs, (n, d).
        y: labels, one row per seed.
        network: the start, with one seed dimension.
        rates: step sizes, one per seed.
        trained: which blocks move.
        at_kink: s'(0), or None for the paper's.
    """

    def __init__(
        self,
        x: Float[Tensor, "n d"],
        y: Float[Tensor, "s n"],
        network: ImplicitNetwork,
        rates: Float[Tensor, " s"],
        trained: Sequence[bool],
        at_kink: float | None,
    ) -> None:
        self.x = doubled(x.to(network.u), keep=2).unsqueeze(1)
        self.y = doubled(y, keep=1)
        self.rate, self.trained, self.at_kink = rates, trained, at_kink
        self.network = network
        self.start = [doubled(t, keep=t.ndim - 1) for t in network.named().values()]
        self.moved = [torch.zeros_like(t) for t in self.start]
        self.stopped = torch.zeros(2, len(y), dtype=torch.bool, device=y.device)
        self.eps = torch.finfo(y.dtype).eps
        self.pattern: Tensor | None = None

    def go(self, steps: int) -> ImplicitRecord:
        """All steps of gradient descent."""
        seen = self._blank(steps + 1)
        for k in range(steps + 1):
            state = self._look(seen, k)
            if k < steps:
                self._move(seen, k, state)
        return self._ended(seen)

    def shown(self, path: Sequence[Sequence[Tensor]]) -> ImplicitRecord:
        """The record of displacements computed elsewhere, one list of blocks a time."""
        seen = self._blank(len(path))
        for k, moved in enumerate(path):
            self.moved = list(moved)
            self._look(seen, k)
        return self._ended(seen)

    def _blank(self, times: int) -> ImplicitRecord:
        s, n, blocks = *self.y.shape[1:], len(self.start)
        new = self.y.new_empty
        return ImplicitRecord(
            e=new(2, s, times, n),
            rounding=new(s, times, n),
            moved=new(s, times, blocks),
            apart=new(s, times, blocks),
            pushed=new(s, times, blocks).fill_(0.0),
            norms=new(s, times, blocks),
            rho=new(s, times),
            G=new(s, times, n, n),
            G_error=new(s, times),
            features=new(s, times),
            lost=self.stopped.new_empty(s, times),
            tied=self.stopped.new_empty(s, times),
            last=(),
        )

    def _ended(self, seen: ImplicitRecord) -> ImplicitRecord:
        last = tuple(
            start[0] + moved[0] for start, moved in zip(self.start, self.moved, strict=True)
        )
        return replace(seen, last=last)

    def _look(self, seen: ImplicitRecord, k: int) -> State:
        """Record the state at step k."""
        now = [start + moved for start, moved in zip(self.start, self.moved, strict=True)]
        broken = torch.stack([~torch.isfinite(t).flatten(2).all(dim=2) for t in now]).any(dim=0)
        # Parameters of 0 in place of those that nothing can be computed from.
        usable = [_zero_where(self.stopped | broken, block) for block in now]
        run = implicit_pass(self.x, self.network.with_parameters(usable), pattern=self.pattern)
        seen.rho[:, k] = torch.where(self.stopped[0] | broken[0], math.inf, run.rho[0])
        self.stopped = self.stopped | broken | ~(run.rho < 1)
        usable[0] = _zero_where(self.stopped, usable[0])
        network = self.network.with_parameters(usable)
        slopes = implicit_slopes(run, network, at_kink=self.at_kink)
        self.pattern = slopes.D
        e = self.y - pass_predictions(run, network)
        self.stopped = self.stopped | ~(e.square().sum(dim=-1) < OVERFLOW)
        seen.e[:, :, k], seen.lost[:, k] = e, self.stopped.any(dim=0)
        seen.rounding[:, k] = self._rounding(run, network)[0]
        self._see(seen, k, run, usable)
        return State(run, slopes, network, e)

    def _see(self, seen: ImplicitRecord, k: int, run: ImplicitPass, blocks: list[Tensor]) -> None:
        for place, moved in enumerate(self.moved):
            seen.moved[:, k, place] = _length(moved[0])
            seen.apart[:, k, place] = _length(moved[0] - moved[1])
            block = blocks[place][0]
            flat = block if block.ndim > 2 else block.unsqueeze(-1)
            seen.norms[:, k, place] = torch.linalg.matrix_norm(flat, ord=2)
        rows = (run.phi if self.network.model == "gao" else run.z)[0]
        seen.G[:, k] = rows @ rows.mT
        size = torch.linalg.matrix_norm(rows)
        off = torch.linalg.vector_norm(self._feature_error(run)[0], dim=-1)
        seen.features[:, k] = size
        seen.G_error[:, k] = 2 * size * off + self.eps * (rows.shape[-1] + 2) * size.square()
        sizes = run.z.norm(dim=-1) * run.rho.unsqueeze(-1) + run.phi.norm(dim=-1)
        width = _TIE_ULPS * (run.z.shape[-1] + run.x.shape[-1]) * self.eps
        inner = (run.pre.abs() <= width * sizes.unsqueeze(-1)) & (sizes.unsqueeze(-1) > 0)
        outer = run.lifted.abs() <= width * run.x.norm(dim=-1, keepdim=True) * blocks[1].norm(
            dim=-1
        ).unsqueeze(-2)
        outer = outer & (self.network.model == "gao")
        seen.tied[:, k] = (inner | outer)[0].flatten(-2).any(dim=-1)

    def _feature_error(self, run: ImplicitPass) -> Float[Tensor, "2 s n"]:
        """How far phi, or z, may be from that of the very parameters, in Euclidean norm."""
        lift = self._lift_error(run)
        return lift if self.network.model == "gao" else self._z_error(run, lift)

    def _z_error(self, run: ImplicitPass, lift: Tensor) -> Float[Tensor, "2 s n"]:
        """The same of z, from the residual and the error of phi."""
        gap = (1 - run.rho.unsqueeze(-1)).clamp_min(self.eps)
        error: Tensor = (run.residual + lift + 4 * self.eps * run.z.norm(dim=-1)) / gap
        return error

    def _lift_error(self, run: ImplicitPass) -> Float[Tensor, "2 s n"]:
        """The same of phi, from the sizes that meet in W x."""
        W = self.start[1] + self.moved[1]
        W = _zero_where(~torch.isfinite(W).flatten(2).all(dim=2), W)
        size = self.network.input_scale * _length(W, keep=2)
        error: Tensor = self.eps * (self.network.d + 4) * size.unsqueeze(-1) * run.x.norm(dim=-1)
        return error

    def _rounding(self, run: ImplicitPass, network: ImplicitNetwork) -> Float[Tensor, "2 s n"]:
        """How far yhat may be from the predictions of the very parameters, and e from y - yhat."""
        lift, sums = self._lift_error(run), self.eps * (network.m + 2)
        u = network.u.norm(dim=-1, keepdim=True)
        total = u * (self._z_error(run, lift) + sums * run.z.norm(dim=-1))
        if network.v is not None:
            v = network.v.norm(dim=-1, keepdim=True)
            total = total + v * (lift + sums * run.phi.norm(dim=-1))
        bound: Tensor = total + self.eps * self.y.abs()
        return bound

    def _move(self, seen: ImplicitRecord, k: int, state: State) -> None:
        run, slopes, network = state.run, state.slopes, state.network
        e = shaken(torch.where(self.stopped.unsqueeze(-1), 0.0, state.e), seen.rounding[:, k], k)
        scaled = self.rate.unsqueeze(-1) * torch.where(self.stopped.unsqueeze(-1), 0.0, e)
        steps = implicit_gradients(run, slopes, network, scaled)
        grams = [K[0].diagonal(dim1=-2, dim2=-1) for K in implicit_kernels(run, slopes, network)]
        lengths = torch.stack(grams, dim=-2).sqrt()
        # A Jacobian has the relative errors of z and of the adjoint, up to 1/(1 - rho)^2 ulps.
        k2 = (1 / (1 - run.rho[0]).clamp_min(self.eps)).square().unsqueeze(-1)
        ulps = (_STEP_ULPS + 4 * network.m * k2) * self.eps
        off = self.rate.unsqueeze(-1) * seen.rounding[:, k] + ulps * scaled[0].abs()
        off = off + _CARRIED * self.rate.unsqueeze(-1) * (e[0] - e[1]).abs()
        carried = (self._carried(seen.apart[:, k], state) * scaled[0].abs().unsqueeze(-2)).sum(-1)
        pushed = (lengths @ off.unsqueeze(-1)).squeeze(-1) + carried
        seen.pushed[:, k + 1] = seen.pushed[:, k] + pushed
        for moved, step, wanted in zip(self.moved, steps, self.trained, strict=True):
            if wanted:
                moved.add_(step)

    def _carried(self, apart: Tensor, state: State) -> Float[Tensor, "s P n"]:
        """How far each block's Jacobian may be off where blocks are, to first order.

        In one block the two runs may agree by chance: what others are off must show there too.
        """
        run, slopes, network = state.run, state.slopes, state.network
        A, W, u, *v = (_CARRIED * apart).unsqueeze(-1).unbind(dim=-2)
        c, inward = network.scale, network.input_scale * run.x[0].norm(dim=-1)
        slope = nonlinearity(network.activation).L
        k = slope / (1 - run.rho[0]).clamp_min(self.eps).unsqueeze(-1)
        z, p = run.z[0].norm(dim=-1), slopes.p[0].norm(dim=-1)
        phi = inward * W
        dz, dp = k * (phi + c * A * z), k * (u + c * A * p)
        moves = [c * (dp * z + p * dz), inward * (dp + sum(v)), dz, *(phi for _ in v)]
        return torch.stack(moves, dim=-2)


def _zero_where(rows: Bool[Tensor, "2 s"], block: Tensor) -> Tensor:
    return torch.where(rows.reshape(*rows.shape, *(1,) * (block.ndim - 2)), 0.0, block)


def _length(values: Float[Tensor, "*s k"], *, keep: int = 1) -> Tensor:
    """Frobenius norms of all but the leading dimensions that are kept."""
    length: Tensor = torch.linalg.vector_norm(values.flatten(keep), dim=keep)
    return length
