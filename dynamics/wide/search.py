"""Which neurons of a wide network must be followed: guess, train, check, and if need be again.

Why a folded neuron kept its pattern. At step 0 it has it. If all folded neurons have kept theirs
up to a step, the run up to there is the run of the whole network; it says how far any folded
neuron can have gone at most, and if that is less than where each of them started, |w_r(0).x_j| >=
band_j, they have their patterns at this step too. So a run in which no step reaches the band is
the whole network's, by induction over the steps. Rounding is covered: to the distance gone comes
ten times its difference in a second, slightly moved run, what neurons that met a tie may have
changed, and the rounding of w_r(0).x_j; and it is compared with the band less a guard of 1e-9.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import torch
from jaxtyping import Float
from scipy import special
from torch import Tensor

from dynamics.enclosures import EPS, SAFETY, nudged
from dynamics.wide.band import first_reach, likely_reach
from dynamics.wide.folded import BothLayers, FirstLayer, Folded
from dynamics.wide.run import Run, Task, Trace
from dynamics.wide.streaming import Reach, Source, Start, Sums, stream

GUARD = 1 - 1e-9
ROOM = 1.05  # what a guess leaves out, patterns that change, matters as 1/sqrt(m)
_CHANGES = 20.0
_PILOT = 2**13  # neurons that stand for all in the first guess
_LARGEST_NORMAL = 8.3  # the quantile of 2**-53 is -8.21
_FAR_OUT = 3.0  # as many times n sqrt(m) neurons are followed for their length


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """A run that is the whole network's.

    Attributes:
        trace: what it left behind.
        size: m^(-1/2) sum_r relu(w_r(0).x_i).
        candidates: how many neurons were followed.
        streams: how often the start was streamed.
    """

    trace: Trace
    size: Float[Tensor, " n"]
    candidates: int
    streams: int


def descend(task: Task, source: Source) -> Found:
    """The run of one seed."""
    reach = first_guess(task, source)
    streams = 0
    while True:
        start = stream(source, reach)
        streams += 1
        found = _within(task, start, reach, moved_start(task, source))
        if isinstance(found, Found):
            return replace(found, streams=streams)
        reach = replace(reach, band=found)


def span(x: Float[Tensor, "n d"]) -> Float[Tensor, "d n"] | None:
    """An orthonormal basis of a space with the inputs in it; None if that is the whole space."""
    n, d = x.shape
    if d <= n:
        return None
    basis: Tensor = torch.linalg.qr(x.mT).Q
    return basis


def rounding(
    task: Task, size: Float[Tensor, "*k n"], y: Float[Tensor, "*k n"]
) -> Float[Tensor, "*k n"]:
    """Of predictions: d products in each pre-activation, and a cascade over the neurons."""
    return EPS * ((task.d + 8 + math.log2(task.m)) * size + y.abs())


def first_guess(task: Task, source: Source) -> Reach:
    """Which neurons are to be followed, before anything of the start is known but its pilot."""
    z, _, _ = source.neurons(0, min(source.m, _PILOT))
    on, active, count = (z >= 0).to(z), z.relu(), z.shape[-1]
    G = task.x[0] @ task.x[0].mT
    H, G2 = G * (on @ on.mT) / count, active @ active.mT / count
    K = H + G2 if task.both else H
    likely = first_reach(K, G2, G, task.y[0], eta=task.eta, steps=task.steps)
    band = _room(task) * likely / math.sqrt(task.m) + 4 * doubt(task)
    if not task.both:
        return Reach(band)
    n, d = source.x.shape
    share = min(1.0, _FAR_OUT * n / math.sqrt(task.m))
    return Reach(band, math.sqrt(special.chdtri(min(n, d), share)), span(source.x))


def moved_start(task: Task, source: Source) -> Float[Tensor, "2 n"]:
    """What moves the predictions of the second run: about what rounding does to their sums.

    The bound of `rounding` is some sqrt(m) times that, because the signs cancel.
    """
    ones = torch.ones_like(task.y[0])
    terms = task.d + 8 + math.log2(task.m) + math.sqrt(source.m / source.chunk)
    norms: Tensor = torch.linalg.vector_norm(task.x[0], dim=-1)
    return torch.stack((torch.zeros_like(ones), (nudged(ones, keep=1) - ones) * terms * norms))


def _within(task: Task, start: Start, reach: Reach, shift: Tensor) -> Found | Tensor:
    """The run, or the band that it would have needed where the band streamed was too narrow."""
    size = start.total.size / math.sqrt(task.m)
    band = torch.minimum(reach.band, second_guess(task, start.total, reach.radius))
    while True:
        followed, rest = start.split(band, both=task.both)
        trace = Run(task, followed, _folded(task, rest, reach.radius), shift).go()
        went = _went(task, trace) + doubt(task)
        if bool((went <= GUARD * band).all()):
            return Found(trace, size, len(followed.a), 0)
        wanted = torch.maximum(2 * band, ROOM * went)
        if bool((band >= reach.band).all()):
            return wanted
        band = torch.minimum(reach.band, wanted)


def second_guess(task: Task, total: Sums, radius: float) -> Float[Tensor, " n"]:
    """A narrower band, once the predictions and the matrix at the start are known."""
    whole = _folded(task, total, radius)
    G2 = whole.G2()
    K = whole.H() if G2 is None else whole.H() + G2
    G = task.x[0] @ task.x[0].mT
    e = task.y[0] - whole.observe()[0]
    likely = likely_reach(K, G, e, eta=task.eta, steps=task.steps)
    return _room(task) * likely / math.sqrt(task.m) + 4 * doubt(task)


def _room(task: Task) -> float:
    return ROOM + _CHANGES / math.sqrt(task.m)


def _folded(task: Task, sums: Sums, radius: float) -> Folded:
    if task.both:
        return BothLayers(sums, task.x, task.m, radius)
    return FirstLayer(sums, task.x, task.m)


def _went(task: Task, trace: Trace) -> Float[Tensor, " n"]:
    """How far any folded neuron can have gone, with what neurons that met a tie may have done."""
    base, moved = trace.drift.reach
    most = (base + SAFETY * (base - moved).abs()).amax(dim=0)
    G = (task.x[0] @ task.x[0].mT).abs()
    off = G.diagonal().sqrt() * (SAFETY * task.eta * float(trace.strayed(task)[0].sum()) / task.m)
    return torch.nan_to_num(most + G @ off, nan=math.inf, posinf=math.inf)


def doubt(task: Task) -> Float[Tensor, " n"]:
    """The rounding of w.x_j for any weights that the stream can give."""
    norms: Tensor = torch.linalg.vector_norm(task.x[0], dim=-1)
    return (task.d + 4) * EPS * norms * (_LARGEST_NORMAL * math.sqrt(task.d))
