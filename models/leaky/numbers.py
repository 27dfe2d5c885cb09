"""The numbers of a leaky network without rounding, and what is rational about them."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

from models.recipes.rational import dot

Row: TypeAlias = "tuple[Fraction, ...]"

_ZERO = Fraction(0)


@dataclass(frozen=True, slots=True)
class LeakyNumbers:
    """The numbers of a leaky network as they are, without rounding.

    Attributes:
        x, y: inputs and labels.
        w, s: weights, one row per neuron, and the neurons' signs.
        v: the reference: V, one row for each neuron, or the one row v of a direction.
        gamma: the smaller slope.
        kinks: sigma'(0), for every neuron a number per input.
        threshold: where the Huber loss turns linear.
    """

    x: tuple[Row, ...]
    y: Row
    w: tuple[Row, ...]
    s: Row
    v: tuple[Row, ...]
    gamma: Fraction
    kinks: tuple[Row, ...]
    threshold: Fraction

    @property
    def largest_square(self) -> Fraction:
        """The largest |x_i|^2."""
        return max(dot(x, x) for x in self.x)

    @property
    def margins(self) -> Row:
        """The numbers v.x_i of a direction."""
        return self.preactivations(self.v[0])

    @property
    def squared_distance(self) -> Fraction:
        """||W - V||^2, where V has a row for each neuron."""
        return sum(map(squared_gap, self.w, self.v), _ZERO)

    def preactivations(self, w: Row) -> Row:
        """The numbers w.x_i."""
        return tuple(dot(w, x) for x in self.x)


def squared_gap(w: Row, v: Row) -> Fraction:
    """The squared distance of two vectors."""
    return sum(((p - q) ** 2 for p, q in zip(w, v, strict=True)), _ZERO)


def slope_at(z: Fraction, gamma: Fraction, kink: Fraction) -> Fraction:
    """The slope sigma'(z), the selected one at the kink."""
    if z == 0:
        return kink
    return Fraction(1) if z > 0 else gamma
