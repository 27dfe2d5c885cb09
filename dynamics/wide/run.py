"""The loop of wide descent: neurons near a hyperplane one by one, all others folded."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from dynamics.enclosures import EPS, OVERFLOW, SAFETY, nudged
from dynamics.wide.folded import Drift, Folded
from dynamics.wide.streaming import Neurons

_NEAR_TIE = 1e-9  # of |w||x|: only a pre-activation this small is examined


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """What a run is made of besides neurons; index 0 is as given, 1 moved by about an ulp.

    Attributes:
        x: inputs, in coordinates of their span.
        y: labels.
        m, eta, steps: width, step size, K.
        d: input dimension.
        both: whether the output layer is trained too.
        keep_H: whether H (and G2) of every step is wanted.
    """

    x: Float[Tensor, "2 n k"]
    y: Float[Tensor, "2 n"]
    m: int
    eta: float
    steps: int
    d: int
    both: bool
    keep_H: bool


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """What a run leaves behind, at the steps 0..K.

    Attributes:
        e: residuals of both runs.
        movement, output: the largest movement of a followed neuron, of both runs.
        drift: of the folded ones.
        flips: between a step and the next.
        H, G2: of the unmoved run, if asked for.
        ties: how many neurons met a tie at an earlier step.
        lost: whether the residual overflowed.
    """

    e: Float[Tensor, "2 K1 n"]
    movement: Float[Tensor, "2 K1"]
    output: Float[Tensor, "2 K1"]
    drift: Drift
    flips: Int64[Tensor, " K"]
    H: Float[Tensor, "K1 n n"] | None
    G2: Float[Tensor, "K1 n n"] | None
    ties: Int64[Tensor, " K1"]
    lost: Bool[Tensor, " K1"]

    def strayed(self, task: Task) -> tuple[Float[Tensor, " K1"], Float[Tensor, " K1"]]:
        """How far neurons that met a tie may be from where the run has them: all, and the farthest.

        A neuron on the wrong side is at most moved, or not moved, by every later residual.
        """
        norms = task.x[0].square().sum(dim=-1).sqrt()
        e = torch.where(self.lost.unsqueeze(-1), 0.0, self.e[0])
        pulls = task.eta / math.sqrt(task.m) * (e.abs() @ norms)
        before = pulls.cumsum(dim=0) - pulls
        earlier = before.roll(1)  # a tie that is counted at step k was met at k - 1
        new = self.ties.diff(prepend=self.ties[:1])
        first = torch.where(new > 0, earlier, math.inf).cummin(dim=0).values
        total = self.ties * before - (new * earlier).cumsum(dim=0)
        return total.clamp_min(0), (before - first).clamp_min(0)


class Run:
    """State of a doubled run; neurons lie last, so that every pass is over long rows."""

    def __init__(self, task: Task, followed: Neurons, folded: Folded, shift: Tensor) -> None:
        self.task, self.folded, self.y = task, folded, task.y - shift
        some = followed if len(followed.a) else _idle(followed)
        self.lengths = some.lengths
        self.norms = task.x[0].square().sum(dim=-1).sqrt()
        self.longest = float(self.lengths.amax())
        size = self.norms.unsqueeze(-1) * self.lengths
        self.z0 = torch.stack((some.z, some.z + (nudged(size, keep=2) - size)))
        self.z, self.active, self.pulled = (torch.empty_like(self.z0) for _ in range(3))
        # Zeros and ones as floats: comparing into bytes takes three times as long.
        self.on, self.before = torch.zeros_like(self.z0), torch.zeros_like(self.z0)
        self.dw = self.z0.new_zeros(2, task.x.shape[-1], len(some.a))
        self.squares = torch.empty_like(self.dw)
        self.a0 = some.a.expand(2, -1)
        self.da = torch.zeros_like(self.a0)
        self.stopped = torch.zeros(2, dtype=torch.bool, device=self.z0.device)
        self.tied = torch.zeros(len(some.a), dtype=torch.bool, device=self.z0.device)
        self.ties = self.tied.sum()
        self.record: dict[str, list[Tensor]] = {}

    def go(self) -> Trace:
        """All steps."""
        for k in range(self.task.steps):
            e = self._observe(k)
            self._move(torch.where(self.stopped.unsqueeze(-1), 0.0, e))
        self._observe(self.task.steps)
        kept = self.record
        return Trace(
            e=torch.stack(kept["e"], dim=1),
            movement=torch.stack(kept["movement"], dim=1),
            output=torch.stack(kept["output"], dim=1),
            drift=self.folded.drift(),
            flips=torch.stack(kept["flips"]) if "flips" in kept else self.ties.new_zeros(0),
            H=torch.stack(kept["H"]) if "H" in kept else None,
            G2=torch.stack(kept["G2"]) if "G2" in kept else None,
            ties=torch.stack(kept["ties"]),
            lost=torch.stack(kept["lost"]),
        )

    def _keep(self, **values: Tensor) -> None:
        for name, value in values.items():
            self.record.setdefault(name, []).append(value)

    def _observe(self, k: int) -> Tensor:
        t = self.task
        torch.baddbmm(self.z0, t.x, self.dw, out=self.z)
        self.on, self.before = self.before, self.on
        torch.ge(self.z, 0.0, out=self.on)
        torch.clamp_min(self.z, 0.0, out=self.active)
        self.a = self.a0 + self.da if t.both else self.a0
        # A product for each run is far quicker than a batched one.
        sums = torch.stack([each @ a for each, a in zip(self.active, self.a, strict=True)])
        e = self.y - (self.folded.observe() + sums / math.sqrt(t.m))
        squared = e.square().sum(dim=-1)
        self.moved = torch.mul(self.dw, self.dw, out=self.squares).sum(dim=1)
        self._keep(
            e=e,
            movement=self.moved.amax(dim=-1).sqrt(),
            output=self.da.abs().amax(dim=-1),
            ties=self.ties,
            lost=(self.stopped | ~torch.isfinite(squared)).any(),
        )
        self.stopped = self.stopped | ~(squared < OVERFLOW)
        if k > 0:
            self._keep(flips=_differing(self.on[0], self.before[0]))
        if t.keep_H:
            self._observe_matrices()
        return e

    def _observe_matrices(self) -> None:
        t = self.task
        on = self.on[0]
        weighed = on * self.a[0].square() if t.both else on
        G = t.x[0] @ t.x[0].mT
        self._keep(H=self.folded.H() + G * (on @ weighed.mT / t.m))
        rest = self.folded.G2()
        if rest is not None:
            active = self.active[0]
            self._keep(G2=rest + active @ active.mT / t.m)

    def _move(self, e: Tensor) -> None:
        t = self.task
        self._look_for_ties()
        pull = e * t.eta
        scaled = (pull / math.sqrt(t.m)).unsqueeze(1)
        torch.mul(self.on, self.a.unsqueeze(1), out=self.pulled)
        self.dw.baddbmm_(t.x.mT * scaled, self.pulled)
        if t.both:
            self.da = self.da + (scaled @ self.active).squeeze(1)
        self.folded.move(pull)

    def _look_for_ties(self) -> None:
        size = torch.abs(self.z[0], out=self.pulled[0])
        bound = _NEAR_TIE * (self.moved[0].amax().sqrt() + self.longest) * self.norms.max()
        if bool(size.amin() > bound):
            return
        i, r = (size < bound).nonzero(as_tuple=True)
        lengths = self.lengths[r] + self.moved[0, r].sqrt()
        width = (self.task.d + 2) * EPS * lengths * self.norms[i]
        apart = (self.z[0, i, r] - self.z[1, i, r]).abs()
        self.tied[r[size[i, r] < width + SAFETY * apart]] = True
        self.ties = self.tied.sum()


def _differing(one: Tensor, other: Tensor) -> Tensor:
    """How many zeros and ones differ; exact, and by sums alone, which are quick."""
    both = torch.dot(one.flatten(), other.flatten())
    return (one.sum() + other.sum() - 2 * both).to(torch.int64)


def _idle(none: Neurons) -> Neurons:
    """One neuron that is off for every sample and without a sign: it never moves."""
    zero = none.a.new_zeros(1)
    return Neurons(none.z.new_full((len(none.z), 1), -1.0), zero, zero, none.far.new_zeros(1))
