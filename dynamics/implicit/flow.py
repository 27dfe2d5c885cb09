"""Gradient flow of implicit networks with piecewise linear activations.

Between kinks the field is analytic: with the pattern frozen, z solves a linear system. So it is
integrated by an embedded method of order 8 with dense output, which is watched for pre-activations
that change sign; there the pattern changes and the integration begins anew. A second run, from
parameters moved by an ulp and with less care, gives the enclosure, times ten (ADR 10). Tolerance,
steps and kinks are all coarser there: what both runs did alike would not show in their difference.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from scipy.integrate import DOP853, DenseOutput
from torch import Tensor

from dynamics.enclosures import Array, array
from dynamics.implicit.descent import checked_labels, published
from dynamics.implicit.field import Field, Pattern
from dynamics.implicit.result import ImplicitTraining
from dynamics.implicit.run import ImplicitRecord, ImplicitRun
from models import ImplicitNetwork, implicit_pass, nonlinearity

_LOOKS = 6  # times within a step at which signs are looked at
_BISECTIONS = 50
_SHORT = 1e-2  # of a step, on both sides of a crossing
_FIRST = 1e-3  # step of a leg, of its length
_LEG = 10  # steps that a new leg counts as
_SHARPER = 3  # how often a leg that ends soon is made again
_MOST_STEPS = 200  # and legs: a run that needs more chatters, and is lost


@dataclass(frozen=True, slots=True)
class _Care:
    """How a run is made: its relative tolerance, its strides, and how wide it takes kinks."""

    tolerance: float
    stride: float
    width: float


_CARES = (_Care(1e-11, 0.5, 1.0), _Care(1e-9, 1.0, 8.0))  # the published run, and the second one


def implicit_flow(
    x: Float[Tensor, "n d"],
    y: Float[Tensor, " n"],
    network: ImplicitNetwork,
    *,
    times: Collection[float],
    at_kink: float | None = None,
) -> ImplicitTraining:
    """dtheta/dt = -dL/dtheta for L = |y - yhat|^2/2, one network.

    A solution that reaches a kink and leaves it on neither side (it slides) is followed no further
    and not `plain`; nor is one that starts on a kink, where several solutions may begin. A neuron
    that dies on a kink and stays there is followed.

    Args:
        x: inputs.
        y: labels.
        network: the start, without seed dimensions; its activation is "relu" or "leaky relu".
        times: increasing, the first one 0.
        at_kink: s'(0), in [0, 1]; None takes the paper's, 0 for "gao" and 1 for "ling".

    Returns:
        `ImplicitTraining` with K + 1 = len(times), `lost` from the time on at which a run ended.

    Raises:
        ValueError: shapes that do not fit, a number that is not finite, seed dimensions, another
            activation, a start with scale * ||A||_2 >= 1, or times that do not increase from 0.
    Source:
        Gao, Liu, Liu, Rajan, Gao 2022 (arXiv:2110.05645), section 3.
    """
    stops = np.asarray(list(times), dtype=np.float64)
    if network.seeds or math.isfinite(nonlinearity(network.activation).beta):
        raise ValueError(
            f"implicit_flow: seeds {network.seeds}, activation {network.activation!r}; give one "
            "network with 'relu' or 'leaky relu'"
        )
    increase = stops.ndim == 1 and len(stops) > 0 and stops[0] == 0 and (np.diff(stops) > 0).all()
    if not (increase and np.isfinite(stops).all()):
        raise ValueError(f"implicit_flow: times={times!r}; give increasing times from 0 on")
    labels = checked_labels(x, y, network, "implicit_flow")
    rho = float(implicit_pass(x, network).rho)
    if rho >= 1:
        raise ValueError(
            f"implicit_flow: scale * ||A||_2 may be {rho:.6g}; give a start below 1, where the "
            "equilibrium is known to exist"
        )
    flat = network.with_parameters([b.unsqueeze(0) for b in network.named().values()])
    run = ImplicitRun(x, labels, flat, labels[:, 0], (), at_kink)
    # A step tried too long may overflow on its way; the integrator rejects it for that.
    with np.errstate(over="ignore", invalid="ignore"):
        ends = [_followed(run, which, stops, at_kink) for which in (0, 1)]
    path = [_displacements(run, [end.path[k] for end in ends]) for k in range(len(stops))]
    record = _with_shared(run.shown(path))
    reached = min(end.reached for end in ends)
    record.lost[:, reached:] = True
    record.rho[:, reached + 1 :] = math.inf
    result = published(network, labels, record, torch.from_numpy(stops).to(labels))
    result.plain.copy_(torch.tensor(all(end.plain for end in ends)))
    return result


def _with_shared(record: ImplicitRecord) -> ImplicitRecord:
    """Also what both runs may be off by alike: the tolerance of the better one.

    Their difference in one block may be small by chance; no block is told more sharply than the
    farthest move of all blocks so far allows.
    """
    farthest = record.moved.nan_to_num(nan=math.inf).amax(dim=-1, keepdim=True)
    record.pushed.add_(_CARES[0].tolerance * torch.cummax(farthest, dim=1).values)
    size = record.e[0].abs().nan_to_num(nan=math.inf).amax(dim=(-2, -1), keepdim=True)
    record.rounding.add_(_CARES[0].tolerance * size)
    return record


@dataclass(frozen=True, slots=True, eq=False)
class _Followed:
    """Displacements at the times asked for, how many of these were reached, and whether plainly."""

    path: list[Array]
    reached: int
    plain: bool


def _displacements(run: ImplicitRun, flat: Sequence[Array]) -> list[Tensor]:
    """Of both runs, as blocks (2, 1, ...)."""
    both = torch.from_numpy(np.stack(flat)).to(run.y)
    ends = np.cumsum([block[0, 0].numel() for block in run.start]).tolist()
    return [
        part.reshape(block.shape)
        for part, block in zip(torch.tensor_split(both, ends[:-1], dim=1), run.start, strict=True)
    ]


def _followed(run: ImplicitRun, which: int, stops: Array, at_kink: float | None) -> _Followed:
    network = run.network.with_parameters([block[which, 0] for block in run.start])
    care = _CARES[which]
    field = Field.of(array(run.x[which, 0]), array(run.y[which, 0]), network, care.width)
    side = at_kink if at_kink is not None else float(network.model == "ling")
    pattern, plain = field.opening(side)
    state = np.zeros(field.size)
    path, t, steps = [state], 0.0, 0
    while len(path) < len(stops) and steps < _MOST_STEPS:
        leg = _sharp_leg(field, pattern, (t, state), stops[len(path) :], care)
        path += leg.seen
        t, state, steps = leg.t, leg.state, steps + leg.steps + _LEG
        if not leg.crossed:
            break
        crossing = field.crossed(pattern, state)
        if crossing is None:
            plain = False
            break
        pattern = crossing
    reached = len(path)
    return _Followed(path + [state] * (len(stops) - reached), reached, plain)


@dataclass(frozen=True, slots=True, eq=False)
class _Leg:
    """The flow with one pattern: states at the times passed, and where it ended."""

    seen: list[Array]
    t: float
    state: Array
    steps: int
    crossed: bool


def _sharp_leg(
    field: Field, pattern: Pattern, start: tuple[float, Array], stops: Array, care: _Care
) -> _Leg:
    """A leg whose absolute tolerance fits its own length: a neuron may die soon."""
    span = float(stops[-1] - start[0])
    leg = _leg(field, pattern, start, stops, (care, span))
    for _ in range(_SHARPER):
        if not leg.crossed or leg.t - start[0] > span / 8:
            break
        span = max(leg.t - start[0], 1e-300)
        leg = _leg(field, pattern, start, stops, (care, span))
    return leg


def _leg(
    field: Field,
    pattern: Pattern,
    start: tuple[float, Array],
    stops: Array,
    precision: tuple[_Care, float],
) -> _Leg:
    """Until a pre-activation leaves its side, or the last of the times.

    The precision is a care, and the time whose displacement its tolerance is meant of too.
    """
    (t, state), (care, span) = start, precision
    speed = field.velocity(pattern, state)
    size = float(np.linalg.norm(field.residual(pattern, state)))
    straight = float(np.linalg.norm(speed)) * span
    farthest = min(straight, size / field.steepness(pattern, state))
    if not np.isfinite(speed).all():
        return _Leg([], t, state, 0, crossed=False)
    walk = _Walk(field, pattern, care.tolerance, care.tolerance * max(farthest, 1e-300))
    first = min(care.stride * _FIRST * span, stops[-1] - t)
    solver = walk.solver((t, state), stops[-1], first, care.stride * (stops[-1] - t))
    seen: list[Array] = []
    for steps in range(1, _MOST_STEPS + 1):
        before = t, state
        solver.step()
        t, state = float(solver.t), np.array(solver.y, dtype=np.float64)
        if solver.status == "failed" or not np.isfinite(state).all():
            return _Leg(seen, *before, steps, crossed=False)
        dense = solver.dense_output()
        looks = before[0] + (t - before[0]) * np.arange(1, _LOOKS + 1) / _LOOKS
        left = next((s for s in looks if field.strayed(pattern, dense(s))), None)
        if left is not None:
            t, state = walk.crossing(before, dense, float(left), t)
        passed = [stop for stop in stops[len(seen) :] if stop <= t]
        seen += [walk.stepped(before, stop) for stop in passed]
        if left is not None or solver.status == "finished":
            return _Leg(seen, t, state, steps, crossed=left is not None)
    return _Leg(seen, t, state, _MOST_STEPS, crossed=False)


@dataclass(frozen=True, slots=True, eq=False)
class _Walk:
    """Steps with one pattern and one precision.

    Dense output is less exact than steps are, so it only says where to step to.
    """

    field: Field
    pattern: Pattern
    rtol: float
    atol: float

    def solver(
        self, start: tuple[float, Array], end: float, first: float, longest: float = math.inf
    ) -> DOP853:
        """From a time and state to a later time."""
        return DOP853(
            lambda _, s: self.field.velocity(self.pattern, np.asarray(s, dtype=np.float64)),
            *start,
            end,
            rtol=self.rtol,
            atol=self.atol,
            first_step=first,
            max_step=longest,
        )

    def stepped(self, start: tuple[float, Array], end: float) -> Array:
        """The state at a time within the step that begins there."""
        if end <= start[0]:
            return start[1]
        solver = self.solver(start, end, end - start[0])
        while solver.status == "running":
            solver.step()
        return np.asarray(solver.y, dtype=np.float64)

    def crossing(
        self, start: tuple[float, Array], dense: DenseOutput, left: float, end: float
    ) -> tuple[float, Array]:
        """Time and state of the first departure found in a step that ends at `end`."""
        t = _crossing(self.field, self.pattern, dense, (start[0], left))
        short = _SHORT * (end - start[0])
        near = max(start[0], t - short)
        if not near < t + short:
            return t, np.asarray(dense(t))
        solver = self.solver((near, self.stepped(start, near)), t + short, t + short - near)
        while solver.status == "running":
            solver.step()
            if self.field.strayed(self.pattern, np.asarray(solver.y, dtype=np.float64)):
                fine = solver.dense_output()
                t = _crossing(self.field, self.pattern, fine, (solver.t_old, solver.t))
                return t, np.asarray(fine(t))
        return t, np.asarray(dense(t))


def _crossing(
    field: Field, pattern: Pattern, dense: DenseOutput, ends: tuple[float, float]
) -> float:
    """The first time found at which a pre-activation has left its side, by bisection."""
    low, high = ends
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        if field.strayed(pattern, dense(middle)):
            high = middle
        else:
            low = middle
    return high
