"""A deep network at some weights, in balls: forward and backward pass, Gram matrices, one step."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from flint import arb

from .balls import dot, rational, spend
from .deep_network import DeepNet
from .pixel_rows import Rows, added, gathered, inner, pixel_product, spread
from .smooth import Smooth
from .values import ball, square_root


class Frame:
    """What does not depend on the weights: inputs, activation and scales, at the precision."""

    def __init__(self, net: DeepNet, sigma: Smooth) -> None:
        self.net, self.sigma = net, sigma
        scales = [ball(square_root(scale)) for scale in net.inputs.squared_scales]
        table = net.inputs.Z.tolist()
        self.x = [
            [[int(row[c * net.p + k]) * scale for c in range(net.d)] for k in range(net.p)]
            for row, scale in zip(table, scales, strict=True)
        ]

    @cached_property
    def c_sigma(self) -> arb:
        """1/E sigma(z)^2."""
        return 1 / self.sigma.mean_square()

    @cached_property
    def _scales(self) -> tuple[arb, arb]:
        net = self.net
        root = arb(net.m).sqrt()
        c_res = rational(*net.c_res.as_integer_ratio())
        return self.c_sigma.sqrt() / root, c_res / (net.H * root)

    def scale(self, h: int) -> arb:
        """What multiplies sigma in layer h."""
        return self._scales[int(self.skips(h))]

    def skips(self, h: int) -> bool:
        """Whether x^(h-1) is added in layer h."""
        return h > 1 and self.net.architecture != "fully connected"


class Point:
    """The network at weights.

    Args:
        frame: the network without its weights.
        W: matrices of all layers.
        a: output weights, pixels in front.
    """

    def __init__(self, frame: Frame, W: list[Rows], a: Rows) -> None:
        self.frame, self.W, self.a = frame, W, a
        net = frame.net
        work = net.n * net.p * sum(len(layer) * len(layer[0]) for layer in W)
        spend(4 * work + 50 * net.n * net.p * net.m * net.H)
        passes = [self._forward(rows) for rows in frame.x]
        self.features = [features for features, _, _ in passes]  # of i, then h = 0, ..., H
        self.fed = [fed for _, fed, _ in passes]  # of i, then h - 1
        self.pre = [pre for _, _, pre in passes]

    def _forward(self, rows: Rows) -> tuple[list[Rows], list[Rows], list[Rows]]:
        features, fed, pre = [rows], [], []
        frame, q = self.frame, self.frame.net.q
        for h, W in enumerate(self.W, start=1):
            fed.append(spread(features[-1], q))
            pre.append([[dot(w, v) for w in W] for v in fed[-1]])
            bent = [[frame.scale(h) * frame.sigma.value(z) for z in row] for row in pre[-1]]
            features.append(added(features[-1], bent) if frame.skips(h) else bent)
        return features, fed, pre

    @cached_property
    def u(self) -> list[arb]:
        """Predictions."""
        return [inner(self.a, features[-1]) for features in self.features]

    @cached_property
    def pulled(self) -> list[list[Rows]]:
        """D^(h) = du_i/d(W^(h) x_i^(h-1)), of i, then h - 1."""
        spend(4 * len(self.pre) * sum(len(W) * len(W[0]) for W in self.W) * self.frame.net.p)
        return [self._backward(pre) for pre in self.pre]

    def _backward(self, pre: list[Rows]) -> list[Rows]:
        frame, back, found = self.frame, self.a, []
        for h in range(len(self.W), 0, -1):
            scale, slope = frame.scale(h), frame.sigma.slope
            pairs = zip(back, pre[h - 1], strict=True)
            D = [[b * scale * slope(z) for b, z in zip(*pair, strict=True)] for pair in pairs]
            found.append(D)
            columns = [list(column) for column in zip(*self.W[h - 1], strict=True)]
            through = gathered([[dot(row, c) for c in columns] for row in D], frame.net.q)
            back = added(back, through) if frame.skips(h) else through
        return found[::-1]

    def gram(self, h: int) -> Rows:
        """G^(h), h = 1, ..., H + 1; the last is of the output weights."""
        n = len(self.pre)
        if h > len(self.W):
            x = [features[-1] for features in self.features]
            return [[inner(x[i], x[j]) for j in range(n)] for i in range(n)]
        D, v = ([each[h - 1] for each in kept] for kept in (self.pulled, self.fed))
        spend(2 * n * n * len(D[0]) ** 2 * (len(D[0][0]) + len(v[0][0])))
        return [[pixel_product((D[i], v[i]), (D[j], v[j])) for j in range(n)] for i in range(n)]

    def stepped(self, weighed: Sequence[arb]) -> Point:
        """W^(h) + sum_i c_i du_i/dW^(h) and a + sum_i c_i du_i/da."""
        W, pairs = [], range(len(self.pre))
        for h, layer in enumerate(self.W):
            rows = [list(row) for row in layer]
            for i in pairs:
                for D, v in zip(self.pulled[i][h], self.fed[i][h], strict=True):
                    spend(2 * len(D) * len(v))
                    rows = [
                        [w + weighed[i] * s * z for w, z in zip(row, v, strict=True)]
                        for row, s in zip(rows, D, strict=True)
                    ]
            W.append(rows)
        a = self.a
        for i in pairs:
            a = added(a, [[weighed[i] * z for z in row] for row in self.features[i][-1]])
        return Point(self.frame, W, a)
