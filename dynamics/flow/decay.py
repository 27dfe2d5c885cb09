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
        rates *= rates > _NO_DECAY
        return cls(rates, vectors, times(vectors.transpose(0, 2, 1), e))

    @property
    def modes(self) -> Array:
        """What decays at each rate: e(h) = modes @ exp(-rates h); (b, n, n)."""
        return self.vectors * self.parts[:, None, :]

    @property
    def size(self) -> Array:
        """|e|, (b,)."""
        return np.asarray(np.sqrt(np.add.reduce(self.parts * self.parts, axis=1)))

    def residual(self, h: Array) -> Array:
        """The residual e after the time h of each row."""
        return times(self.vectors, self.parts * np.exp(-self.rates * h[:, None]))

    def integral(self, h: Array) -> Array:
        """The integral of e over [0, h]."""
        return times(self.vectors, self.parts * slowed(self.rates, h[:, None]))

    def between(self, h: Array) -> tuple[Array, Array]:
        """Bounds of the integral of e over [0, s], for all s up to h."""
        terms = self.modes * slowed(self.rates, h[:, None])[:, None, :]
        return np.minimum(terms, 0.0).sum(axis=2), np.maximum(terms, 0.0).sum(axis=2)

    def over(self, h: Array) -> Passage:
        """All that depends on how long it goes on, at once."""
        return Passage(self, h, slowed(self.rates, h[:, None]))


@dataclass(frozen=True, slots=True, eq=False)
class Passage:
    """A decay that has gone on for some time.

    Attributes:
        decay: which one.
        h: how long, (b,).
        slow: the integrals of exp(-rate t) over [0, h], (b, n).
    """

    decay: Decay
    h: Array
    slow: Array

    @property
    def integral(self) -> Array:
        """The integral of e, (b, n)."""
        return times(self.decay.vectors, self.decay.parts * self.slow)

    @property
    def spent(self) -> Array:
        """A bound of the integral of |e|, (b,)."""
        decay, slow, size = self.decay, self.slow, self.decay.size
        # With p = 1 - exp(-x): 1 - exp(-2 x) = 2 p (1 - p/2).
        squares = decay.parts * decay.parts * slow * (1 - decay.rates * slow / 2)
        root = np.sqrt(self.h * np.add.reduce(squares, axis=1))
        return np.asarray(np.minimum(root, size * slow[:, 0]))

    def aged(self, left: Array, spent: Array, share: float) -> tuple[Array, Array]:
        """What an error of |e| becomes, and its integral meanwhile, (b,) each.

        The eigenvalues are off by a share of their sum: where the fastest ones times h are as large
        as 1/share nothing is known of the slow ones.

        Args:
            left: the error before.
            spent: the bound of that name.
            share: rounding, of K as of e.
        """
        rates, size, h = self.decay.rates, self.decay.size, self.h
        unsure = share * np.add.reduce(rates, axis=1)
        least = np.maximum(rates[:, 0] - unsure, 0.0)
        kept, known = np.exp(-least * h), left + share * size
        # An error dK of K makes one of exp(-K (h - s)) dK e(s) ds at each time s.
        after = known * kept + unsure * np.minimum(spent, h * size * kept)
        return after, (known + unsure * spent) * slowed(least, h)


def slowed(rates: Array, h: Array) -> Array:
    """(1 - exp(-rate h))/rate, which is h at rate 0."""
    still = rates == 0
    return np.asarray(still * h - np.expm1(-rates * h) / (rates + still))


def times(matrices: Array, vectors: Array) -> Array:
    """Matrix times vector, row by row."""
    product: Array = (matrices @ vectors[:, :, None])[:, :, 0]
    return product
