"""The residual between two changes of a pattern: de/dt = -K e, in closed form."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dynamics.enclosures import Array

_NO_DECAY = 1e-200  # a rate below this is none: dividing by it would lose digits


@dataclass(frozen=True, slots=True, eq=False)
class Decay:
    """exp(-K t) e by the eigenvalues of K, one row per flow.

    Attributes:
        rates: eigenvalues of K, increasing, >= 0; (b, n).
        vectors: eigenvectors in columns, (b, n, n).
        parts: coordinates of e in them, (b, n).
    """

    rates: Array
    vectors: Array
    parts: Array

    @classmethod
    def of(cls, K: Array, e: Array) -> Decay:
        """The decay of e under K, which is symmetric and positive semidefinite."""
        rates, vectors = np.linalg.eigh(K)
        rates = np.where(rates > _NO_DECAY, rates, 0.0)
        return cls(rates, vectors, times(vectors.transpose(0, 2, 1), e))

    @property
    def modes(self) -> Array:
        """What decays at each rate: e(h) = modes @ exp(-rates h); (b, n, n)."""
        return self.vectors * self.parts[:, None, :]

    def residual(self, h: Array) -> Array:
        """The residual e after the time h of each row."""
        return times(self.vectors, self.parts * np.exp(-self.rates * h[:, None]))

    def integral(self, h: Array) -> Array:
        """The integral of e over [0, h]."""
        return times(self.vectors, self.parts * slowed(self.rates, h[:, None]))

    def spent(self, h: Array) -> Array:
        """A bound of the integral of |e| over [0, h], (b,)."""
        squared = (self.parts**2 * slowed(2 * self.rates, h[:, None])).sum(axis=1)
        size = np.sqrt((self.parts**2).sum(axis=1))
        least: Array = np.minimum(np.sqrt(h * squared), size * slowed(self.rates[:, 0], h))
        return least


def slowed(rates: Array, h: Array) -> Array:
    """(1 - exp(-rate h))/rate, which is h at rate 0."""
    still = rates == 0
    return np.asarray(still * h - np.expm1(-rates * h) / (rates + still))


def times(matrices: Array, vectors: Array) -> Array:
    """Matrix times vector, row by row."""
    product: Array = (matrices @ vectors[:, :, None])[:, :, 0]
    return product
