"""An equilibrium network at some weights, in balls: features, adjoints and tangent kernel.

D_i = s'(c A z_i + phi_i), E_i = s'(W x_i), p_i = D_i (I - c A^T D_i)^(-1) u and
b_i = E_i (p_i + v): dyhat_i is c p_i z_i^T in A, k b_i x_i^T in W, z_i in u and phi_i in v.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

from flint import arb

from .balls import dot, spend
from .deep_numbers import largest_singular
from .implicit_frame import Frame
from .implicit_network import Blocks
from .implicit_solver import linear, solved
from .pixel_rows import Rows, added, outer
from .values import ball


class Point:
    """The network at weights.

    Args:
        frame: the network without its weights.
        blocks: A, W, u and, unless "ling", v; the latter two as matrices of one row.
        lifted: W x_i, n rows of m; None computes it.
    """

    def __init__(
        self, frame: Frame, blocks: Mapping[str, Rows], lifted: Rows | None = None
    ) -> None:
        self.frame, self.blocks = frame, dict(blocks)
        spend(frame.net.n * frame.net.m * frame.net.d)
        W = self.blocks["W"]
        self.lifted = lifted or [[dot(w, x) for w in W] for x in frame.x]
        gao = frame.net.gao
        k, s = frame.k, frame.s.value
        self.Phi = [[k * s(t) if gao else t for t in row] for row in self.lifted]

    @cached_property
    def rho(self) -> arb:
        """The norm ||c A||_2."""
        return self.frame.c * ball(largest_singular(self.blocks["A"]))

    @cached_property
    def scaled(self) -> Rows:
        """The matrix c A."""
        return [[self.frame.c * z for z in row] for row in self.blocks["A"]]

    @cached_property
    def _solved(self) -> list[tuple[list[arb], list[arb]]]:
        return [solved(self.scaled, phi, self.frame.s, self.rho) for phi in self.Phi]

    @property
    def Z(self) -> Rows:
        """Rows z_i."""
        return [z for z, _ in self._solved]

    @property
    def pre(self) -> Rows:
        """Rows c A z_i + phi_i."""
        return [pre for _, pre in self._solved]

    @cached_property
    def D(self) -> Rows:
        """Slopes at z_i; at a kink 0 for "gao" and 1 for "ling", as in the papers."""
        right = not self.frame.net.gao
        return [[self.frame.s.slope(t, right=right) for t in row] for row in self.pre]

    @cached_property
    def gates(self) -> Rows:
        """Slopes at W x_i; 1 for "ling"."""
        net, s = self.frame.net, self.frame.s
        return [[s.slope(t, right=False) if net.gao else arb(1) for t in r] for r in self.lifted]

    @cached_property
    def yhat(self) -> list[arb]:
        """Predictions."""
        u, v = self.head("u"), self.head("v")
        return [dot(u, z) + dot(v, phi) for z, phi in zip(self.Z, self.Phi, strict=True)]

    @cached_property
    def p(self) -> Rows:
        """Rows p_i: dyhat_i by the pre-activation of z_i."""
        return self.adjoints(transposed=True)

    @property
    def b(self) -> Rows:
        """Rows b_i: dyhat_i by W x_i, less the factor k."""
        return self.lowered(self.p)

    def head(self, name: str) -> list[arb]:
        """Output weights u or v; zeros for a v that is not there."""
        return self.blocks[name][0] if name in self.blocks else [arb(0)] * self.frame.net.m

    def adjoints(self, *, transposed: bool, masked: bool = True, swapped: bool = False) -> Rows:
        """D_i (I - c A^T D_i)^(-1) u; without transpose, without D_i in front, with A for A^T."""
        found, places = [], range(self.frame.net.m)
        A = list(zip(*self.scaled, strict=True)) if swapped else self.scaled
        for D in self.D:
            J = [[int(r == c) - D[r] * A[r][c] for c in places] for r in places]
            if transposed:
                J = [list(column) for column in zip(*J, strict=True)]
            q = linear(J, self.head("u"))
            found.append([slope * z for slope, z in zip(D, q, strict=True)] if masked else q)
        return found

    def lowered(self, p: Rows) -> Rows:
        """E_i (p_i + v) of some p_i."""
        v = self.head("v")
        return [
            [e * (z + w) for e, z, w in zip(slopes, row, v, strict=True)]
            for slopes, row in zip(self.gates, p, strict=True)
        ]

    def pulled(self, weights: Sequence[arb]) -> dict[str, Rows]:
        """sum_i w_i dyhat_i, in every block."""
        c, k = self.frame.c, self.frame.k
        found = {
            "A": outer(c, weights, self.p, self.Z),
            "W": outer(k, weights, self.b, self.frame.x),
            "u": [_weighed(weights, self.Z)],
            "v": [_weighed(weights, self.Phi)],
        }
        return {name: found[name] for name in self.blocks}

    def stepped(self, weights: Sequence[arb]) -> Point:
        """The network at its weights + sum_i w_i dyhat_i."""
        pulled = self.pulled(weights)
        return Point(self.frame, {k: added(rows, pulled[k]) for k, rows in self.blocks.items()})


def exact_point(frame: Frame, blocks: Blocks) -> Point:
    """The network at exact weights, where the signs of W x_i are exact."""
    lifted = [
        [ball(p) * size for p in row]
        for row, size in zip(frame.net.lifted(blocks), frame.sizes, strict=True)
    ]
    return Point(frame, {k: [[ball(z) for z in r] for r in b] for k, b in blocks.items()}, lifted)


def _weighed(weights: Sequence[arb], rows: Rows) -> list[arb]:
    return [dot(list(weights), list(column)) for column in zip(*rows, strict=True)]
