"""Power series in time of a flow of both layers, as long as no pattern changes."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from dynamics.enclosures import Array, Mask

ORDER = 20
_LEFT_OUT = 1e-17  # of e, z and a: the size of the last terms
_FURTHEST = 1e14  # units of time in one step, so that their powers do not overflow


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """Coefficients of each order, (b, p + 1, ...).

    Attributes:
        unit: in which time is measured, so that the coefficients neither overflow nor vanish; a
            power of 2, (b,).
        e: of the residual, (b, p + 1, n).
        z: of pre-activations, (b, p + 1, m, n).
        c: of sqrt(m) w_r = ... + sum_i c_ri x_i, (b, p + 1, m, n).
        a: of the output weights, (b, p + 1, m).
    """

    unit: Array
    e: Array
    z: Array
    c: Array
    a: Array

    @classmethod
    def of(cls, G: Array, on: Mask, e: Array, z: Array, a: Array) -> Series:
        """The flow that starts with these residuals, pre-activations and output weights."""
        (b, m, n), p = z.shape, ORDER
        es, us, passed = np.zeros((b, p + 1, n)), np.zeros((b, p + 1, m)), on * z
        zs, cs, kept = (np.zeros((b, p + 1, m, n)) for _ in range(3))
        es[:, 0], us[:, 0], zs[:, 0], kept[:, 0] = e, a, z, passed
        root, unit = math.sqrt(m), time_unit(G, e, z, a)
        step = unit[:, None] / root
        for k in range(p):
            back = es[:, k::-1, :, None]
            cs[:, k + 1] = us[:, k::-1].transpose(0, 2, 1) @ es[:, : k + 1]
            cs[:, k + 1] *= on * (unit / (k + 1.0))[:, None, None]
            zs[:, k + 1] = (cs[:, k + 1] @ G) / root
            kept[:, k + 1] = zs[:, k + 1] * on
            us[:, k + 1] = (kept[:, : k + 1] @ back)[..., 0].sum(axis=1) * step / (k + 1)
            flat = np.ascontiguousarray(us[:, k + 1 :: -1]).reshape(b, 1, -1)
            es[:, k + 1] = -(flat @ kept[:, : k + 2].reshape(b, -1, n))[:, 0] / root
        return cls(unit, es, zs, cs, us)

    def radius(self, floor: Array) -> Array:
        """How far the terms that are left out are below rounding, (b,).

        Args:
            floor: residuals below it need no digits of their own, (b,).
        """
        reach, moves = np.full((2, len(self.e)), [[_FURTHEST], [0.0]])
        for values, least in ((self.e, floor), (self.z, 0.0), (self.a, 0.0)):
            largest = np.abs(values.reshape(*values.shape[:2], -1)).max(axis=2)
            size, moves = np.maximum(largest[:, 0], least), moves + largest[:, 1:].sum(axis=1)
            for k in (ORDER - 1, ORDER):
                with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
                    good = (_LEFT_OUT * size / largest[:, k]) ** (1.0 / k)
                reach = np.fmin(reach, np.where(largest[:, k] > 0, good, np.inf))
        return np.where(moves > 0, reach * self.unit, np.inf)

    def resting_until(self, limit: Array) -> Series:
        """With longer units in rows where nothing moves, which alone are followed so far."""
        longer = np.ldexp(1.0, np.frexp(limit)[1])
        return replace(self, unit=np.where(limit > _FURTHEST * self.unit, longer, self.unit))

    def at(self, h: Array) -> tuple[Array, Array, Array, Array]:
        """e, z, and the changes of c and a, after the time h of each row."""
        powers = self._powers(h)
        later = powers * (np.arange(ORDER + 1) > 0)
        e, z, c, a = (
            (weights[:, None] @ values.reshape(*values.shape[:2], -1))[:, 0]
            for weights, values in (
                (powers, self.e), (powers, self.z), (later, self.c), (later, self.a)
            )
        )  # fmt: skip
        shape = self.z.shape[:1] + self.z.shape[2:]
        return e, z.reshape(shape), c.reshape(shape), a

    def lowest(self, side: Array, h: Array) -> Array:
        """Lower bounds of side * z over [0, h], (b, m, n)."""
        powers = self._powers(h)[:, 1:]
        falls = np.minimum(self.z[:, 1:] * side[:, None], 0.0)
        terms = powers[:, None] @ falls.reshape(*falls.shape[:2], -1)
        return np.asarray(self.z[:, 0] * side + terms.reshape(side.shape))

    def a_change(self, before: Array, after: Array) -> Array:
        """Bounds of how far each a_r can come between two times, (b, m)."""
        powers = (self._powers(after) - self._powers(before))[:, 1:]
        return np.asarray((powers[:, None] @ np.abs(self.a[:, 1:]))[:, 0])

    def _powers(self, h: Array) -> Array:
        return (h / self.unit)[:, None] ** np.arange(ORDER + 1)


def time_unit(G: Array, e: Array, z: Array, a: Array) -> Array:
    """A power of 2 near to the fastest time scale of a flow of both layers, (b,)."""
    strength = np.trace(G, axis1=1, axis2=2)
    decay = (strength[:, None] * a**2 + (z**2).sum(axis=2)).mean(axis=1)
    turning = np.linalg.norm(e, axis=1) * np.sqrt(strength / a.shape[1])
    exponents = np.frexp(np.maximum(decay + turning, np.finfo(np.float64).tiny))[1]
    return np.asarray(np.ldexp(1.0, -exponents))
