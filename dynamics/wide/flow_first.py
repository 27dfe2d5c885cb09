"""The first layer of wide networks: neurons near a hyperplane from event to event, the rest folded.

Why a folded neuron kept its pattern. It has it at the start. As long as all folded neurons have
kept theirs the run is that of the whole network, and it says how far any of them can have come at
most; while that is less than where each of them started, |w_r(0).x_j| >= band_j, none has reached
a hyperplane, and what is continuous cannot pass one without reaching it. Rounding is covered: to
the distance come is added ten times its difference in a second, slightly moved run, what an error
of the residual does to it, and the rounding of w_r(0).x_j; and it is compared with the band less
a guard of 1e-9.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from dynamics.enclosures import EPS, SAFETY, Array, array, nudged
from dynamics.flow.background import Background
from dynamics.flow.crowd import Crowd
from dynamics.flow.exact import follow
from dynamics.flow.kinks import grams
from dynamics.flow.roots import Indices
from dynamics.flow.runs import Opening, Trace
from dynamics.wide.run import Task
from dynamics.wide.search import (
    GUARD,
    ROOM,
    doubt,
    first_guess,
    moved_start,
    rounding,
    second_guess,
)
from dynamics.wide.streaming import Neurons, Reach, Source, Start, Sums, stream

_HELD = 2**21  # pre-activations of both runs of all seeds that are followed together
_STOPS = 24  # between which bounds of the distance come are taken, besides events
_EARLY = 0.05  # of the fastest decay time: the first of them
BEYOND = -1e100  # the pre-activations of neurons that fill up rows: they are off for ever


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """The flow of one seed that is the whole network's.

    Attributes:
        trace: both runs at the times asked for, 2 rows.
        candidates: how many neurons were followed.
        streams: how often the start was streamed.
    """

    trace: Trace
    candidates: int
    streams: int


@dataclass(slots=True, eq=False)
class Search:
    """One seed on its way to a band that is wide enough.

    Attributes:
        task, source: what is run, and where its neurons come from.
        reach: which of them were streamed one by one,
        start: and what was streamed.
        band: those within it are followed.
        streams: how often the start was streamed.
        found: the run, once nothing else can have reached a hyperplane.
    """

    task: Task
    source: Source
    reach: Reach
    start: Start
    band: Tensor
    streams: int = 1
    found: Found | None = None

    @classmethod
    def of(cls, task: Task, source: Source) -> Search:
        """Streamed once."""
        reach = first_guess(task, source)
        start = stream(source, reach)
        narrow = second_guess(task, start.total, reach.radius)
        return cls(task, source, reach, start, torch.minimum(reach.band, narrow))

    def judge(self, went: Tensor, trace: Trace, candidates: int) -> None:
        """Take a run in which folded neurons went so far at most, or widen the band."""
        if bool((went <= GUARD * self.band).all()):
            self.found = Found(trace, candidates, self.streams)
            return
        wanted = torch.maximum(2 * self.band, ROOM * went)
        if bool((self.band >= self.reach.band).all()):
            self.reach = replace(self.reach, band=wanted)
            self.start, self.streams = stream(self.source, self.reach), self.streams + 1
        self.band = torch.minimum(self.reach.band, wanted)


class Follow(Protocol):
    """What runs some seeds together and has each of their searches judge its own run."""

    def __call__(
        self, searches: list[Search], parts: list[tuple[Neurons, Sums]], times: Array
    ) -> None:
        """Parts are those followed one by one, and the sums of all others."""


def first_layer(pairs: list[tuple[Task, Source]], times: Array) -> list[Found]:
    """The flows of all seeds."""
    return searched(pairs, times, _follow)


def searched(pairs: list[tuple[Task, Source]], times: Array, follow: Follow) -> list[Found]:
    """The flows of all seeds, as many at once as are no burden."""
    searches = [Search.of(*pair) for pair in pairs]
    pending = searches
    while pending:
        parts = [search.start.split(search.band, both=search.task.both) for search in pending]
        most = max(1, *(2 * part.z.numel() for part, _ in parts))
        size = max(1, _HELD // most)
        for k in range(0, len(pending), size):
            follow(pending[k : k + size], parts[k : k + size], times)
        pending = [search for search in pending if search.found is None]
    return [search.found for search in searches if search.found is not None]


def _follow(searches: list[Search], parts: list[tuple[Neurons, Sums]], times: Array) -> None:
    """One run of some seeds together, and for each of them whether it is the whole network's."""
    s, n = len(searches), len(searches[0].band)
    task = searches[0].task
    opening = opening_of(searches, parts)
    background = _background(opening, [rest for _, rest in parts], task.m)
    crowd = Crowd.of(opening.G, opening.mates, opening.z, opening.a, background=background)
    stops = _stops(task, times)
    trace = Trace.of(2 * s, n, len(stops), relative=True)
    follow(opening, crowd, trace, stops)
    shown = np.searchsorted(stops, times)
    base, moved = background.reach.reshape(2, s, n)
    stray = trace.stray.max(axis=1).reshape(2, s).max(axis=0)
    norms = torch.linalg.vector_norm(task.x[0], dim=-1)
    for k, search in enumerate(searches):
        most = torch.from_numpy(base[k] + SAFETY * np.abs(base[k] - moved[k])).to(norms)
        went = torch.nan_to_num(most + stray[k] * norms, nan=math.inf) + doubt(search.task)
        mine = np.array([k, s + k])
        search.judge(went, part_of(trace, mine, shown), len(parts[k][0].a))


def opening_of(searches: list[Search], parts: list[tuple[Neurons, Sums]]) -> Opening:
    """Both runs of the neurons that are followed; rows with fewer are filled up."""
    s, task, most = len(searches), searches[0].task, max(1, *(len(part.a) for part, _ in parts))
    n, root = len(searches[0].band), math.sqrt(task.m)
    x = np.repeat(array(task.x), s, axis=0)
    z, a = np.full((2, s, most, n), BEYOND), np.ones((2, s, most))
    e, left, size = np.empty((2, s, n)), np.empty((2, s)), np.ones((2, s))
    tied = np.zeros((2, s), dtype=np.bool_)
    norms = torch.linalg.vector_norm(task.x[0], dim=-1)
    for k, (search, (part, rest)) in enumerate(zip(searches, parts, strict=True)):
        c, sizes = len(part.a), norms.unsqueeze(-1) * part.lengths
        both = torch.stack((part.z, part.z + (nudged(sizes, keep=2) - sizes)))
        ties = both.abs() <= (task.d + 2) * EPS * sizes
        both = torch.where(ties, 0.0, both)
        u = (rest.u + both.clamp_min(0) @ part.a) / root
        shown = search.task.y - u - moved_start(search.task, search.source)
        off = rounding(search.task, search.start.total.size / root, search.task.y)
        z[:, k, :c], a[:, k, :c] = array(both.mT), array(part.a)
        e[:, k], left[:, k] = array(shown), array(torch.linalg.vector_norm(off, dim=-1))
        size[:, k] = float(sizes.max()) if c else 1.0
        tied[:, k] = array(ties.flatten(1).any(dim=-1)) > 0
    G, mates, hidden = grams(x)
    return Opening(
        x=x,
        G=G,
        mates=mates,
        z=z.reshape(2 * s, most, n),
        a=a.reshape(2 * s, most),
        e=e.reshape(2 * s, n),
        left=left.reshape(-1),
        size=size.reshape(-1),
        strength=np.sqrt(np.linalg.eigvalsh(G)[:, -1]),
        hidden=hidden,
        tied=tied.reshape(-1),
    )


def _background(opening: Opening, rests: list[Sums], m: int) -> Background:
    """All other neurons; rows with fewer patterns end with that of a neuron that is off."""
    patterns = [array(rest.masks()) for rest in rests]
    masks = np.zeros((len(rests), max(len(rows) for rows in patterns), opening.e.shape[1]))
    for k, rows in enumerate(patterns):
        masks[k, : len(rows)] = rows
    counts = np.stack([array(rest.joint_counts()) for rest in rests])
    return Background.of(opening.G, m, np.tile(counts, (2, 1, 1)), np.tile(masks, (2, 1, 1)))


def _stops(task: Task, times: Array) -> Array:
    if len(task.y[0]) == 1:  # the residual keeps its sign
        return times
    first = _EARLY / float(task.x[0].square().sum())
    between = np.geomspace(first, times[-1], _STOPS) if first < times[-1] else times
    return np.union1d(times, between[between <= times[-1]])


def part_of(trace: Trace, rows: Indices, shown: Indices) -> Trace:
    """Some rows at some of the times."""
    names = ("e", "left", "movement", "output", "stray", "H", "H_flow")
    series = {name: getattr(trace, name)[rows][:, shown] for name in names}
    flags = {name: getattr(trace, name)[rows] for name in ("since", "slid", "several", "lost")}
    return replace(trace, **series, **flags)
