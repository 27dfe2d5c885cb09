"""A two-layer ReLU network at an exact start, as balls: what descent and flow need of it."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass

from flint import arb


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """u_i = m^(-1/2) sum_r a_r max(w_r.x_i, 0); e = y - u. Inputs enter by their products alone.

    Attributes:
        n: number of samples.
        d: input dimension.
        m: number of neurons.
        G: x_i.x_j, n rows; an exact 0 where the inputs are orthogonal.
        p: w_r(0).x_i, m rows of n; an exact 0 where the sign is 0.
        signs: of w_r(0).x_i, by rational arithmetic.
        a: output weights.
        e: residual y - u(0).
        root_m: m^(1/2).
        lines: for each input the first one on its line, in the same or the opposite direction.
        twins: for each neuron the first one that equals it.
    """

    n: int
    d: int
    m: int
    G: list[list[arb]]
    p: list[list[arb]]
    signs: list[list[int]]
    a: list[arb]
    e: list[arb]
    root_m: arb
    lines: list[int]
    twins: list[int]


def first_of(values: Iterable[Hashable]) -> list[int]:
    """For each value the place of the first one that equals it."""
    first: dict[Hashable, int] = {}
    return [first.setdefault(value, place) for place, value in enumerate(values)]
