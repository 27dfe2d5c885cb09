"""Both layers of a wide network with several inputs, streamed: what is followed, what is folded.

How far a folded neuron can have come. With Q = m^(-1/2) sum_{i on} x_i int e_i, and theta =
m^(-1/2) |X| int |e| as a bound of int |q|: the lengths of w and a grow at most as a hyperbolic
rotation by theta, so |a - a(0)| <= |w(0)| sinh theta + |a(0)| (cosh theta - 1), and integrated
against |q| once more |w - w(0) - a(0) Q| <= |w(0)| (cosh theta - 1) + |a(0)| (sinh theta - theta).
Here |a(0)| = 1, and |w(0)| is at most the radius, in the span of the inputs, where all of it is.
"""

from __future__ import annotations

import math

import numpy as np
import torch

from dynamics.enclosures import SAFETY, Array, array
from dynamics.flow.roots import Indices
from dynamics.flow.runs import Opening, Trace
from dynamics.wide.flow_first import BEYOND, Found, Search, opening_of, part_of, searched
from dynamics.wide.flow_groups import Groups
from dynamics.wide.flow_members import Members
from dynamics.wide.flow_run import FLOOR, Run
from dynamics.wide.folded import BothLayers, Drift
from dynamics.wide.run import Task
from dynamics.wide.search import doubt
from dynamics.wide.streaming import Neurons, Source, Sums

MOST_INPUTS = 8  # there may be 2^n patterns, and each has a matrix of its own


def several_inputs(pairs: list[tuple[Task, Source]], times: Array) -> list[Found]:
    """The flows of all seeds."""
    return searched(pairs, times, _follow)


def _follow(searches: list[Search], parts: list[tuple[Neurons, Sums]], times: Array) -> None:
    """One run of some seeds together, and for each of them whether it is the whole network's."""
    s, opening, both = (
        len(searches),
        opening_of(searches, parts),
        [*zip(searches, parts, strict=True)],
    )
    groups, members = _start(opening, parts, searches[0].task.m)
    labels = torch.stack([search.task.y[0] for search in searches])
    floor = FLOOR * np.tile(np.linalg.norm(array(labels), axis=1), 2)
    folded = [search.reach.radius * bool(len(rest.codes)) for search, (_, rest) in both]
    radius = np.tile(np.array(folded), 2)
    run = Run(opening, groups, members, times, floor=floor, radius=radius)
    trace = run.go()
    for k, (search, (part, rest)) in enumerate(both):
        rows = np.array([k, s + k])
        own = part_of(trace, rows, np.arange(len(times)))
        norms = torch.linalg.vector_norm(search.task.x[0], dim=-1)
        went = float(own.stray.max()) * norms + doubt(search.task)
        if len(rest.codes):
            reach = _reach(run, rows, search.reach.radius)
            went += torch.from_numpy(reach[0] + SAFETY * np.abs(reach[0] - reach[1])).to(norms)
        _add_moves(own, run, rows, search, rest)
        went = went if len(rest.codes) else torch.zeros_like(went)
        search.judge(torch.nan_to_num(went, nan=math.inf), own, len(part.a))


def _start(opening: Opening, parts: list[tuple[Neurons, Sums]], m: int) -> tuple[Groups, Members]:
    """All groups of both runs of all seeds, and who is followed one by one."""
    z, n = np.where(opening.z == BEYOND, -1.0, opening.z), opening.z.shape[2]
    bits = 2 ** np.arange(n)
    codes = (z >= 0) @ bits
    folded = [rest.codes.cpu().numpy() for _, rest in parts]
    known = np.unique(np.concatenate([[0], codes.ravel(), *folded]))
    groups = Groups.of(opening.G, opening.mates, m, (known[:, None] & bits) > 0)
    lengths = np.zeros((len(parts), z.shape[1]))
    for k, (part, rest) in enumerate(parts):
        lengths[k, : len(part.a)] = array(part.lengths)
        if rest.moments is None:
            raise ValueError("wide_flow: no second moments; stream them")
        mine = np.searchsorted(known, folded[k])
        for row in (k, len(parts) + k):
            groups.moments[row, mine] = rest.moments.cpu().numpy()
    members = Members.of(z, opening.a, np.tile(lengths, (2, 1)), np.searchsorted(known, codes))
    for p in range(len(known)):
        v = np.where((members.group == p)[:, :, None], members.v, 0.0)
        groups.moments[:, p] += v.swapaxes(1, 2) @ v
    return groups, members


def _reach(run: Run, rows: Indices, radius: float) -> Array:
    """How far any folded neuron can have come towards each hyperplane, in both runs, (2, n)."""
    norms, theta = np.sqrt(np.diagonal(run.opening.G[rows], axis1=1, axis2=2)), run.turned[rows]
    beside = radius * 2 * np.sinh(theta / 2) ** 2 + np.sinh(theta) - theta
    return np.asarray(run.reach[rows] + norms * beside[:, None])


def _add_moves(own: Trace, run: Run, rows: Indices, search: Search, rest: Sums) -> None:
    """The largest moves of all, from those of the followed ones and bounds of the others'."""
    low_w, high_w, low_a, high_a = run.seen[:, rows]
    if len(rest.codes):
        drift = _drift(run, rows, search, rest)
        low_w = np.maximum(low_w, array(drift.low))
        high_w, high_a = (
            np.maximum(high_w, array(drift.high)),
            np.maximum(high_a, array(drift.output)),
        )
    own.movement[:], own.output[:] = (low_w + high_w) / 2, (low_a + high_a) / 2
    own.stray[:] += np.maximum(high_w - low_w, high_a - low_a) / 2


def _drift(run: Run, rows: Indices, search: Search, rest: Sums) -> Drift:
    """Bounds of the moves of the folded neurons at all times, of both runs."""
    task = search.task
    folded = BothLayers(rest, task.x, task.m, search.reach.radius)
    on = array(rest.masks()) > 0
    place = [int((run.groups.on[: run.founded] == line).all(axis=1).argmax()) for line in on]
    for shown in zip(*(run.maps[row] for row in rows.tolist()), strict=True):
        gamma = np.stack([pair[0][place] for pair in shown]) / run.root
        folded.gamma = torch.from_numpy(gamma).permute(0, 3, 1, 2).to(task.x)
        folded.alpha = torch.from_numpy(np.stack([pair[1][place] for pair in shown])).to(task.x)
        folded.observe()
    return folded.drift()
