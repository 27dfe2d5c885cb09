"""What a neuron does on a kink w.x_j = 0: it passes, slides along the hyperplane, or rests.

Parallel and opposite inputs share a hyperplane. The neuron leaves it to the side to which the
velocities of both sides lead; if both lead to it, it is held: its velocity is projected onto the
hyperplane (the least-norm element of the convex hull), and if there is nothing to project, it
rests. Where several hyperplanes meet, every combination of states is tried, and one that agrees
with the velocity that it gives is a solution.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np

from dynamics.enclosures import EPS, Array, Mask
from dynamics.flow.roots import FLAT, Indices

_NOTHING = 1e-12  # a coefficient this small is a zero of the geometry of the data
_WEDGE = 1e-10  # an angle this small between hyperplanes is not resolved
_MEETING = 5  # hyperplanes at once, beyond which nothing is decided
OFF, ON, HELD = 0, 1, 2


@dataclass(slots=True, eq=False)
class Standing:
    """Neurons on kinks, one per row.

    Attributes:
        on: which samples each one passes on; off on a kink that holds it, (b, n).
        held: the kinks that hold it, (b, n).
        rest: those of them where it rests, (b, n).
        gain: a/sqrt(m), (b,).
        e: residual, (b, n).
        G: inner products of the inputs, (b, n, n).
    """

    on: Mask
    held: Mask
    rest: Mask
    gain: Array
    e: Array
    G: Array

    @property
    def seen(self) -> Mask:
        """Which samples each one passes on as it is, none if it slides; (b, n)."""
        slides = (self.held & ~self.rest).any(axis=1, keepdims=True)
        return self.on & ~slides

    def depart(self, some: Mask, group: Indices) -> None:
        """Let some of them go to the side where the samples of group > 0 are on."""
        at = some[:, None] & (group != 0)
        self.on = np.where(at, group > 0, self.on)
        self.held, self.rest = self.held & ~at, self.rest & ~at

    def row(self, k: int) -> Standing:
        """One of them."""
        one = slice(k, k + 1)
        on, held, rest = self.on[one], self.held[one], self.rest[one]
        return Standing(on, held, rest, self.gain[one], self.e[one], self.G[one])


def grams(x: Array) -> tuple[Array, Indices, Mask]:
    """X X^T with exact zeros for orthogonal inputs, and +-1 for parallel and opposite ones.

    The third says which inputs are so nearly parallel to another that rounding hides the wedge
    between their hyperplanes, where the flow is another one however narrow it is, (n,).

    Args:
        x: inputs, (b, n, d); who is parallel is read off row 0.
    """
    G = x @ x.transpose(0, 2, 1)
    norms = np.sqrt(np.diagonal(G, axis1=1, axis2=2))
    small = np.abs(G) <= (x.shape[2] + 2) * EPS * norms[:, :, None] * norms[:, None, :]
    unit = x[0] / np.maximum(norms[0][:, None], np.finfo(np.float64).tiny)
    apart = np.linalg.norm(unit[:, None] - unit, axis=2)
    opposite = np.linalg.norm(unit[:, None] + unit, axis=2)
    same = 4 * EPS
    mates = (apart <= same).astype(np.intp) - (opposite <= same)
    hidden = (np.minimum(apart, opposite) < _WEDGE) & (mates == 0)
    return np.where(small, 0.0, (G + G.transpose(0, 2, 1)) / 2), mates, hidden.any(axis=0)


def arrived(given: Standing, sample: Indices, mates: Indices) -> tuple[Standing, Mask]:
    """The neurons beyond the kinks of the given samples, and which of them are certain.

    Only for neurons that no other kink holds.
    """
    lead = np.arange(len(sample))
    group, beside, from_on = mates[sample], given.G[lead, sample], given.on[lead, sample]
    away, behind_it, before_it = group == 0, group < 0, group > 0
    others, felt = given.on & away, np.where(given.on | ~away, np.abs(beside), 0.0).sum(axis=1)
    sides = np.array((others | behind_it, others | before_it))
    below, above = (sides * (given.gain[:, None] * given.e * beside)).sum(axis=2)
    flat = FLAT * np.linalg.norm(given.e, axis=1) * np.abs(given.gain) * felt
    ahead, behind = np.where(from_on, (below, above), (-above, -below))
    coupled = ((others & (beside != 0)) | behind_it).any(axis=1)
    idle = from_on & ~coupled
    # In doubt the neuron is held: a hold that is none ends at once.
    passes = ~idle & (ahead < -flat)
    beyond = np.where(from_on[:, None], behind_it, before_it) & passes[:, None]
    held, rest = (here[:, None] & ~away for here in (~passes, idle))
    on = np.where(away, given.on, beyond)
    new = Standing(on, held, rest, given.gain, given.e, given.G)
    return new, behind < -flat


def resolved(
    old: Standing, sample: Indices, side: Indices, close: Mask, mates: Indices
) -> tuple[Standing, Mask, Mask]:
    """What neurons do beyond their events, and which are undecided, or have several solutions.

    Args:
        old: the neurons as they were.
        sample: whose hyperplane each one has reached, or is about to leave.
        side: 0 for those that arrive, else that to which a hold is left: 1 for on, -1 for off.
        close: all hyperplanes on which it stands, (b, n).
        mates: +-1 for parallel and opposite inputs.
    """
    group = mates[sample]
    alone = ~((close | old.held) & (group == 0)).any(axis=1)
    new, certain = arrived(old, sample, mates)
    leaves = alone & (side != 0)
    new.depart(leaves, side[:, None] * group)
    undecided, several = np.zeros((2, len(sample)), dtype=np.bool_)
    for k in np.flatnonzero(~leaves & ~(alone & certain)).tolist():
        given, first = old.row(k), first_of(mates)
        here = (close[k] | given.held[0]) & (np.diagonal(given.G[0]) > 0)
        kinks = np.flatnonzero((mates[here] != 0).any(axis=0) & first)
        forced = int(np.flatnonzero(group[k])[0]) if side[k] else -1
        corner = Corner(given, kinks, mates, forced, ON if side[k] > 0 else OFF)
        # Where rounding hides which of two is reached first, only convexity makes it the same.
        hidden = (close[k] & ~given.held[0] & (group[k] == 0)).any()
        found = [] if hidden and not corner.convex else corner.solutions()
        undecided[k], several[k] = not found, len(found) > 1
        best = found[0] if found else given
        new.on[k], new.held[k], new.rest[k] = best.on[0], best.held[0], best.rest[0]
    return new, undecided, several


def projections(on: Mask, active: Mask, G: Array) -> Array:
    """Maps v -> c with sum_i c_i x_i = the part of sum_{i on} v_i x_i orthogonal to the active x_j.

    Args:
        on: what the neuron passes on, (b, n).
        active: one sample for each hyperplane along which it slides, (b, n).
        G: inner products, (b, n, n).
    """
    lead, found = np.arange(len(on)), np.eye(on.shape[1]) * on[:, None, :]
    j, more = active.argmax(axis=1), active.sum(axis=1) > 1
    squares = G[lead, j, j]
    alone = active[lead, j] & ~more & (squares > 0)
    lines = np.where(on & alone[:, None], G[lead, j], 0.0)
    found[lead, j] -= lines / np.where(alone, squares, 1.0)[:, None]
    rest = np.flatnonzero(active[lead, j] & ~alone)
    if len(rest):
        on, active, G = on[rest, None, :], active[rest, :, None], G[rest]
        between = np.where(active & active.transpose(0, 2, 1), G, 0.0)
        wanted = np.where(active & on, G, 0.0)
        found[rest] -= np.linalg.solve(between + np.eye(G.shape[1]) * ~active, wanted)
    return found


def pushes(maps: Array, G: Array, mates: Indices) -> tuple[Array, Array]:
    """For a held sample j, theta_j own_j and own_j as linear functions of e, (..., n, n).

    On the kink the velocity is that of the off side plus theta_j own_j x_j with theta_j in
    [0, 1], where own_j x_j is the jump of sum_{i on} e_i x_i across the hyperplane.
    """
    squares = np.diagonal(G, axis1=-2, axis2=-1)[..., None]
    unit = np.divide(np.abs(G), squares, out=np.zeros_like(G), where=squares > 0)
    return maps + np.where(mates < 0, unit, 0.0), np.where(mates != 0, unit, 0.0)


def first_of(mates: Indices) -> Mask:
    """The samples that stand for their hyperplane: the first of all parallel ones, (n,)."""
    return np.asarray(~np.triu(mates != 0, 1).any(axis=0))


@dataclass(frozen=True, slots=True, eq=False)
class Corner:
    """One neuron and the hyperplanes on which it stands.

    Attributes:
        standing: a single row.
        kinks: the first sample of each hyperplane.
        mates: +-1 for parallel and opposite inputs.
        forced: the hyperplane (a first sample) that a hold is leaving, and its side; or -1.
        side: OFF or ON.
    """

    standing: Standing
    kinks: Indices
    mates: Indices
    forced: int = -1
    side: int = OFF

    @property
    def convex(self) -> bool:
        """Whether the loss is convex across all of them: then the velocity is unique."""
        return all(self._attracting().values())

    def solutions(self) -> list[Standing]:
        """States that agree with their velocities; of several the paper's side (on) comes first.

        Staying where the on side takes away is a solution too, but never the only one that is
        believed: then the list is empty.
        """
        if len(self.kinks) > _MEETING:
            return []
        firm = self._attracting()
        # Most hyperplanes keep the neuron as they did.
        order = (HELD, ON, OFF) if all(firm.values()) else (ON, HELD, OFF)
        choices = [(self.side,) if j == self.forced else order for j in self.kinks]
        believed, others = [], []
        for states in product(*choices):
            found = self._agreeing(states)
            if found is None:
                continue
            if all(firm[j] for j, state in zip(self.kinks, states, strict=True) if state == HELD):
                believed.append(found)
            else:
                others.append(found)
            if all(firm.values()):  # the least-norm element of a convex set: there is no other
                break
        return believed + others if believed else []

    def _attracting(self) -> dict[int, bool]:
        """Whether more pushes at a hyperplane from its on side than from its off side."""
        _, own = pushes(np.zeros_like(self.standing.G[0]), self.standing.G[0], self.mates)
        jumps = self.standing.gain[0] * (own @ self.standing.e[0])
        return {j: bool(jumps[j] < -self._flat(own[j])) for j in self.kinks.tolist()}

    def _agreeing(self, states: tuple[int, ...]) -> Standing | None:
        given, free = self.standing, np.ones(len(self.mates), dtype=np.bool_)
        on, held, rest = given.on[0].copy(), ~free, ~free
        for j, state in zip(self.kinks, states, strict=True):
            group = self.mates[j]
            on[group != 0] = False
            on |= {ON: group > 0, OFF: group < 0, HELD: ~free}[state]
            held |= (group != 0) & (state == HELD)
        maps = self._maps(on, held)
        if maps is None:
            return None
        below, own = pushes(maps, given.G[0], self.mates)
        for j, state in zip(self.kinks, states, strict=True):
            idle = state == HELD and np.abs(below[j]).max() <= _NOTHING
            rest |= (self.mates[j] != 0) & idle
            line = given.G[0, j] @ maps
            if not (
                self._keeps(below[j], own[j], idle=idle)
                if state == HELD
                else self._leaves(line, up=state == ON, surely=j != self.forced)
            ):
                return None
        return Standing(on[None], held[None], rest[None], given.gain, given.e, given.G)

    def _maps(self, on: Mask, held: Mask) -> Array | None:
        G, active = self.standing.G, held & first_of(self.mates)
        if not on.any():
            return np.zeros(G[0].shape)
        try:
            maps: Array = projections(on[None], active[None], G)[0]
        except np.linalg.LinAlgError:  # dependent inputs
            return None
        size = np.sqrt(np.diagonal(G[0]))
        return None if (np.abs(maps) * size[:, None] > 1e6 * size).any() else maps

    def _flat(self, line: Array) -> float:
        e, gain = self.standing.e[0], self.standing.gain[0]
        return float(FLAT * abs(gain) * np.linalg.norm(e) * np.abs(line).sum())

    def _keeps(self, below: Array, own: Array, *, idle: bool) -> bool:
        """Whether it can stay on a kink, if need be as on the top of a hill."""
        e, gain = self.standing.e[0], self.standing.gain[0]
        hold, jump, flat = gain * (below @ e), gain * (own @ e), self._flat(own)
        if idle:
            return bool(abs(jump) > flat)
        flat += self._flat(below)
        return bool(min(jump, 0.0) + flat < hold < max(jump, 0.0) - flat)

    def _leaves(self, line: Array, *, up: bool, surely: bool) -> bool:
        """Whether the velocity leads to the side that was assumed; at the end of a hold it is 0."""
        if np.abs(line).max() <= _NOTHING:  # the other hyperplanes pin the neuron to this one
            return False
        speed = self.standing.gain[0] * (line @ self.standing.e[0]) * (1 if up else -1)
        flat = self._flat(line)
        return bool(speed > flat or (not surely and speed >= -flat))
