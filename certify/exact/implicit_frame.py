"""What of an equilibrium network does not depend on its weights, in balls."""

from __future__ import annotations

from flint import arb

from .implicit_network import ImplicitNet
from .implicit_slopes import BENDS, Bend
from .values import ball, square_root


class Frame:
    """Inputs x_i, the activation s, and c = gamma/sqrt(m), k = 1/sqrt(m), both 1 for "ling"."""

    def __init__(self, net: ImplicitNet) -> None:
        self.net = net
        self.s: Bend = BENDS[net.activation]()
        self.sizes = [ball(square_root(scale)) for scale in net.inputs.squared_scales]
        self.x = [
            [int(z) * size for z in row]
            for row, size in zip(net.inputs.Z.tolist(), self.sizes, strict=True)
        ]
        root = arb(net.m).sqrt()
        self.c = arb(1) if net.gamma is None else ball(net.gamma) / root
        self.k = 1 / root if net.gao else arb(1)
