"""Neurons of one pattern, both layers trained: all of them move by one linear map.

With q = m^(-1/2) sum_i c_i x_i, where c is e where the neurons are on (or its projection, where
they slide), every neuron obeys dw/dt = a q and da/dt = q.w: v = (z, a) is Phi v~ for a v~ of its
own and the Phi of its group. Predictions are quadratic in v, so the sums of v~ v~^T are enough.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from dynamics.enclosures import Array, Mask
from dynamics.flow.kinks import first_of, projections
from dynamics.flow.roots import Indices

SHORT, LONG = 8, 20  # orders of a series
_LEFT_OUT = 1e-17  # of e and Phi: the size of the last terms
_FURTHEST = 1e14  # units of time in one step, so that their powers do not overflow


@dataclass(slots=True, eq=False)
class Groups:
    """b rows of p groups; v has k = n + 1 entries.

    Attributes:
        G: inner products of the inputs, (b, n, n).
        mates: +-1 for parallel and opposite inputs, (n, n).
        m: neurons of the whole network.
        on: which samples a group passes on, (p, n).
        slide: one sample for each hyperplane along which it slides, (p, n).
        maps: from a residual to c, (b, p, n, n).
        gamma: sqrt(m) w has moved by sum_i x_i sum_k v~_k gamma_ki, (b, p, k, n).
        alpha: and a by alpha.v~, (b, p, k).
        moments: sum v~ v~^T, (b, p, k, k).
    """

    G: Array
    mates: Indices
    m: int
    on: Mask
    slide: Mask
    maps: Array
    gamma: Array
    alpha: Array
    moments: Array

    @classmethod
    def of(cls, G: Array, mates: Indices, m: int, on: Mask) -> Groups:
        """At time 0, without any members."""
        (b, n, _), p = G.shape, len(on)
        gamma, moments = np.zeros((b, p, n + 1, n)), np.zeros((b, p, n + 1, n + 1))
        maps = np.broadcast_to(np.eye(n) * on[:, None, :], (b, p, n, n)).copy()
        return cls(G, mates, m, on, np.zeros_like(on), maps, gamma, gamma[..., 0].copy(), moments)

    def place(self, on: Mask, slides: Mask) -> int:
        """The number of a group, which is founded now if there was none.

        Args:
            on: what it passes on, (n,).
            slides: all samples along whose hyperplanes it slides, (n,).
        """
        slide = slides & first_of(self.mates)
        same = ((self.on == on) & (self.slide == slide)).all(axis=1)
        if same.any():
            return int(same.argmax())
        p, (b, _, k, n) = len(self.on), self.gamma.shape
        sides = np.broadcast_to(on, (b, n)), np.broadcast_to(slide, (b, n))
        maps = projections(*sides, self.G)[:, None]
        self.on, self.slide = np.vstack((self.on, on)), np.vstack((self.slide, slide))
        self.maps = np.concatenate((self.maps, maps), axis=1)
        self.gamma = np.concatenate((self.gamma, np.zeros((b, 1, k, n))), axis=1)
        self.alpha = np.concatenate((self.alpha, np.zeros((b, 1, k))), axis=1)
        self.moments = np.concatenate((self.moments, np.zeros((b, 1, k, k))), axis=1)
        return p

    def phi(self) -> tuple[Array, Array]:
        """Maps from v~ to z and a: (b, p, k, n) and (b, p, k)."""
        k, n = self.gamma.shape[2:]
        z = self.gamma @ (self.G / math.sqrt(self.m))[:, None]
        return z + np.eye(k, n), self.alpha + np.eye(k)[n]

    def matrices(self) -> tuple[Array, Array, Array]:
        """The paper's H without hyperplanes that hold, then H and G2 of the flow: de/dt = -K e."""
        z, a = self.phi()
        squares = ((self.moments @ a[..., None])[..., 0] * a).sum(axis=2) / self.m
        on = self.on.astype(np.float64)
        paper = self.G * (on.T @ (squares[:, :, None] * on))
        shown = z * on[:, None, :]
        G2 = (shown.swapaxes(2, 3) @ (self.moments @ shown)).sum(axis=1) / self.m
        if not self.slide.any():
            return paper, paper, G2
        felt = (self.G[:, None] @ self.maps) * (on[:, :, None] * squares[:, :, None, None])
        flow = felt.sum(axis=1)
        return paper, (flow + flow.swapaxes(1, 2)) / 2, G2

    def pulls(self) -> Array:
        """|z_j| of a neuron with |a| = 1 grows at most by this times |e|/sqrt(m), (b, p, n)."""
        return np.asarray(np.linalg.norm(self.G[:, None] @ self.maps, axis=3))


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """Power series in time, as long as nobody leaves a group.

    Attributes:
        unit: in which time is measured, a power of 2, (b,).
        e: of the residual, (b, p + 1, n).
        z, gamma, a: of the maps, (b, p + 1, g, k, n) and (b, p + 1, g, k).
    """

    unit: Array
    e: Array
    z: Array
    gamma: Array
    a: Array

    @classmethod
    def of(cls, groups: Groups, e: Array, unit: Array, order: int) -> Course:
        """The flow that starts with these groups and residuals."""
        b, g, k, n = groups.gamma.shape
        root, many, slides = math.sqrt(groups.m), g * k, groups.slide.any()
        on = np.repeat(groups.on, k, axis=0).astype(np.float64)
        es, maps = np.zeros((b, order + 1, n)), groups.maps.swapaxes(2, 3)
        zs, cs, kept = (np.zeros((b, order + 1, many, n)) for _ in range(3))
        us, weighed = np.zeros((2, b, order + 1, many))
        z, a = groups.phi()
        es[:, 0], zs[:, 0], us[:, 0] = e, z.reshape(b, many, n), a.reshape(b, many)
        kept[:, 0] = zs[:, 0] * on
        weighed[:, 0] = (groups.moments @ a[..., None]).reshape(b, many)
        G, step = groups.G / root, unit[:, None] / root
        for j in range(order):
            back = es[:, j::-1, :, None]
            found = us[:, j::-1].swapaxes(1, 2) @ es[:, : j + 1]
            found *= (unit / (j + 1.0))[:, None, None]
            found = (found.reshape(b, g, k, n) @ maps).reshape(b, many, n) if slides else found * on
            cs[:, j + 1] = found
            zs[:, j + 1] = found @ G
            kept[:, j + 1] = zs[:, j + 1] * on
            us[:, j + 1] = (kept[:, : j + 1] @ back)[..., 0].sum(axis=1) * step / (j + 1)
            last = us[:, j + 1].reshape(b, g, k, 1)
            weighed[:, j + 1] = (groups.moments @ last).reshape(b, many)
            flat = np.ascontiguousarray(weighed[:, j + 1 :: -1]).reshape(b, 1, -1)
            es[:, j + 1] = -(flat @ kept[:, : j + 2].reshape(b, -1, n))[:, 0] / root
        shape = (b, order + 1, g, k)
        return cls(unit, es, zs.reshape(*shape, n), cs.reshape(*shape, n), us.reshape(shape))

    @property
    def order(self) -> int:
        """Of the last terms."""
        return int(self.e.shape[1]) - 1

    def radius(self, floor: Array) -> Array:
        """How far the terms that are left out are below rounding, (b,).

        Args:
            floor: residuals below it need no digits of their own, (b,).
        """
        reach, moves = np.full((2, len(self.e)), [[_FURTHEST], [0.0]])
        for values, least in ((self.e, floor), (self.z, 1.0), (self.a, 1.0)):
            largest = np.abs(values.reshape(*values.shape[:2], -1)).max(axis=2)
            size, moves = np.maximum(largest[:, 0], least), moves + largest[:, 1:].sum(axis=1)
            for k in (self.order - 1, self.order):
                with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
                    good = (_LEFT_OUT * size / largest[:, k]) ** (1.0 / k)
                reach = np.fmin(reach, np.where(largest[:, k] > 0, good, np.inf))
        return np.where(moves > 0, reach * self.unit, np.inf)

    def resting_until(self, limit: Array) -> Course:
        """With longer units in rows where nothing moves, which alone are followed so far."""
        longer = np.ldexp(1.0, np.frexp(limit)[1])
        return replace(self, unit=np.where(limit > _FURTHEST * self.unit, longer, self.unit))

    def at(self, h: Array) -> tuple[Array, Array, Array]:
        """e, and the changes of gamma and alpha, after the time h of each row."""
        powers = self._powers(h)
        e = (powers[:, None] @ self.e)[:, 0]
        later = powers[:, None, 1:]
        b, p, g, k, n = self.gamma.shape
        gamma = (later @ self.gamma[:, 1:].reshape(b, p - 1, -1)).reshape(b, g, k, n)
        alpha = (later @ self.a[:, 1:].reshape(b, p - 1, -1)).reshape(b, g, k)
        return e, gamma, alpha

    def integral(self, h: Array) -> tuple[Array, Array]:
        """That of e over [0, h], and a bound of those over [0, s] for all s up to h, (b, n)."""
        orders = np.arange(1.0, self.order + 2)
        powers = (self._powers(h) * h[:, None] / orders)[:, None]
        return (powers @ self.e)[:, 0], (powers @ np.abs(self.e))[:, 0]

    def near(self, group: Indices, v: Array, side: Array, h: Array) -> Mask:
        """Where side z may become negative within the time h of each row, (b, w, n).

        Args:
            group: of each neuron, (b, w).
            v: v~ of each, (b, w, k).
            side: 1 or -1, (b, w, n).
            h: how far to look, (b,).
        """
        lead, powers = np.arange(len(group))[:, None], self._powers(h)
        bent = (np.abs(self.z[:, 2:]) * powers[:, 2:, None, None, None]).sum(axis=1).max(axis=2)
        value, slope = (applied(self.z[:, k][lead, group], v) for k in (0, 1))
        falls = np.minimum(side * slope * powers[:, 1, None, None], 0.0)
        doubt = bent[lead, group] * np.abs(v).sum(axis=2)[:, :, None]
        return np.asarray(side * value + falls - doubt < 0)

    def functions(self, rows: Indices, group: Indices, sample: Indices, v: Array) -> Array:
        """Series of z_j, of one neuron with its group, j and v~ for each entry, (N, p + 1)."""
        return applied(self.z[rows, :, group, :, sample].swapaxes(1, 2), v)

    def _powers(self, h: Array) -> Array:
        return (h / self.unit)[:, None] ** np.arange(self.order + 1)


def applied(maps: Array, v: Array) -> Array:
    """Sums over k of maps (..., k, n) times v (..., k); k is small, and einsum slow."""
    found = maps[..., 0, :] * v[..., 0, None]
    for k in range(1, v.shape[-1]):
        found += maps[..., k, :] * v[..., k, None]
    return np.asarray(found)


def time_unit(K: Array, G: Array, e: Array, m: int) -> Array:
    """A power of 2 near to the fastest time scale, (b,)."""
    strength = np.trace(G, axis1=1, axis2=2)
    rate = np.trace(K, axis1=1, axis2=2) + np.linalg.norm(e, axis=1) * np.sqrt(strength / m)
    exponents = np.frexp(np.maximum(rate, np.finfo(np.float64).tiny))[1]
    return np.asarray(np.ldexp(1.0, -exponents))
