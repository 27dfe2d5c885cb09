"""Both layers of a wide network with one input: every neuron turns by the same hyperbolic angle.

With zeta = w.x/|x| a neuron that is on obeys d zeta/d theta = a and d a/d theta = zeta, where
d theta/dt = |x| e/sqrt(m): zeta + a grows as exp(theta) and zeta - a fades as exp(-theta). One that
reaches zeta = 0 rests there, since the residual of a single input never changes its sign. Only
neurons with zeta(0) < 1 and a sign against that of e can, and do at |theta| = artanh zeta(0).
"""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from dynamics.enclosures import EPS, SAFETY, Array, array, nudged
from dynamics.flow.runs import Trace
from dynamics.flow.turning import Pieces, Turning
from dynamics.wide.flow_first import Found, Search
from dynamics.wide.run import Task
from dynamics.wide.search import doubt, moved_start, rounding
from dynamics.wide.streaming import Neurons, Source, Sums

_BEND = 2.0  # the rate of decay changes, and with it what becomes of an error of e(0)


def both_layers(pairs: list[tuple[Task, Source]], times: Array) -> list[Found]:
    """The flows of all seeds."""
    return [_found(Search.of(*pair), times) for pair in pairs]


def _found(search: Search, times: Array) -> Found:
    while search.found is None:
        _follow(search, times)
    return search.found


def _follow(search: Search, times: Array) -> None:
    """Both runs of one seed within the present band."""
    task, (near, rest) = search.task, search.start.split(search.band, both=True)
    size = search.start.total.size / math.sqrt(task.m)
    left = array(rounding(task, size, task.y))[:, 0]
    runs, tied = _runs(search, near, rest)
    trace, angles = Trace.of(2, 1, len(times), relative=True), []
    for which, run in enumerate(runs):
        pieces = Pieces.of(run)
        seen = pieces.at(run, times)
        share = np.abs(seen.e) * (_BEND * left[which] / max(abs(run.e), 1e-300))
        trace.e[which, :, 0], trace.H[which, :, 0, 0] = seen.e, seen.H
        trace.left[which] = share + EPS * (16 + len(pieces.t)) * np.abs(seen.e)
        # An error of e(0) turns the neurons for as long as it lasts.
        lasts = np.minimum(run.pull * times, 1 / max(float(pieces.total[0]), 1e-300))
        lasts *= pieces.total[0] > 0  # or there are none
        strayed = _BEND * left[which] * lasts
        radius = search.reach.radius
        (low, high), output = run.moved(seen.theta, radius), run.turned(seen.theta, radius)
        trace.movement[which], trace.output[which] = (low + high) / 2, (output[0] + output[1]) / 2
        apart = np.maximum(high - low, output[1] - output[0]) / 2
        longest = max(float(run.zeta.max(initial=0.0)), 1.0)
        trace.stray[which] = apart + strayed * (1 + longest) * np.exp(np.abs(seen.theta))
        angles.append(np.abs(seen.theta).max() + strayed.max())
    if tied:
        trace.stop(np.arange(2), np.zeros(2), trace.several)
    angle = angles[0] + SAFETY * abs(angles[0] - angles[1])
    norms = torch.linalg.vector_norm(task.x[0], dim=-1)
    search.judge(math.tanh(angle) * norms + doubt(task), trace, len(near.a))


def _runs(search: Search, near: Neurons, rest: Sums) -> tuple[list[Turning], bool]:
    """Both runs, and whether a pre-activation is not told from 0."""
    task = search.task
    lengths = torch.linalg.vector_norm(task.x, dim=-1)  # (2, 1)
    sizes = lengths[0] * near.lengths
    z = torch.stack((near.z[0], near.z[0] + (nudged(sizes, keep=1) - sizes)))
    ties = z.abs() <= (task.d + 2) * EPS * sizes
    starts, a = array(torch.where(ties, 0.0, z)), array(near.a)
    moments = _moments(rest)
    y = array(task.y - moved_start(task, search.source))[:, 0]
    u = (float(rest.u[0]) + np.maximum(starts, 0.0) @ a) / math.sqrt(task.m)
    runs = [
        Turning(
            zeta=starts[k][starts[k] >= 0] / length,
            a=a[starts[k] >= 0],
            rest=(moments[0] / length**2, moments[1] / length, moments[2]),
            y=float(y[k]),
            e=float(y[k] - u[k]),
            length=length,
            m=task.m,
        )
        for k, length in enumerate(lengths[:, 0].tolist())
    ]
    return runs, bool(ties.any())


def _moments(rest: Sums) -> tuple[float, float, float]:
    """Sums of z^2, z a and a^2 over the folded neurons that are on."""
    if rest.moments is None:
        raise ValueError("wide_flow: no second moments; stream them")
    on: Tensor = rest.moments[rest.codes == 1].sum(dim=0)
    return float(on[0, 0]), float(on[0, 1]), float(on[1, 1])
