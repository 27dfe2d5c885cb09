"""Appendix B, Lemmas B.3 and B.4: features and G^(H) of all weights in a ball around the start.

Both say "for all W in the ball". Every instance is decided by an enclosure of the supremum over the
ball: from below the largest value found (a drawn move to the sphere, then gradient ascent), from
above a bound that is proved at that very instance, with its own norms in place of c_w0, c_x0, a2.
Letters: c_x = 2 sqrt(c_sigma) L c_w0, g(h) = 1 + c_x + ... + c_x^(h-1), g = g(H).
"""

from dataclasses import dataclass
from math import sqrt

import torch
from torch import Tensor

from certify import enclosed
from claims import claim, wrong
from models import (
    BallMove,
    DeepNetwork,
    DeepStart,
    ascent,
    deep_features,
    last_layer_gram,
    output_norm,
    spectral_norms,
)
from strategies import (
    ball_moves,
    deep_starts,
    either,
    real_datasets,
    small_decimals,
    unit_sphere_datasets,
)
from theorems.du2019deep._certified_fully_connected import FullyConnected
from verdicts import Margin, at_most, every, exactly, supremum

LEAST = 0.1  # of the constants c_w0, c_x0 and a2: weights that vanish have balls too
ABOVE = 1 + 1e-12  # a rounded norm stays a bound
NEARLY_LINEAR = "100 sin(z/100)"
STARTS = deep_starts(
    data=either(unit_sphere_datasets(max_n=6), real_datasets(max_n=6)), max_residual_digits=0
)


@dataclass(frozen=True, slots=True)
class Norms:
    """The least constants of the lemmas that an initial network has, rounded up.

    Attributes:
        c_w0: ||W^(h)||_2 <= c_w0 sqrt(m).
        c_x0: ||x^(h)|| <= c_x0, and 1 <= c_x0.
        a2, a4: ||a||_2 <= a2 sqrt(m) and ||a||_4 <= a4 m^(1/4).
        root: sqrt(c_sigma) L.
        c_x: 2 sqrt(c_sigma) L c_w0.
        H: hidden layers.
    """

    c_w0: float
    c_x0: float
    a2: float
    a4: float
    root: float
    c_x: float
    H: int

    @classmethod
    def of(cls, start: DeepStart, *, doubling: float = 2.0) -> "Norms":
        """Those of the start; `doubling` is the 2 of c_x."""
        network, one = start.network, start.network.activation
        c_w0 = max(LEAST, float(spectral_norms(network).max()) / sqrt(start.m) * ABOVE)
        lengths = [float(x.norm(dim=-1).max()) for x in deep_features(start.x, network)]
        a2 = max(LEAST, float(output_norm(network)) / sqrt(start.m) * ABOVE)
        a4 = max(a2, float(output_norm(network, 4)) / start.m**0.25 * ABOVE)
        root = sqrt(one.c_sigma) * one.L
        c_x0 = max(1.0, max(lengths)) * ABOVE
        return cls(c_w0, c_x0, a2, a4, root, doubling * root * c_w0, start.H)

    def g(self, h: int | None = None) -> float:
        """1 + c_x + ... + c_x^(h-1); h = H by default."""
        return sum(self.c_x**i for i in range(self.H if h is None else h))

    @property
    def radius(self) -> float:
        """min(c_w0, a2, 1/(sqrt(c_sigma) L g)), the largest radius of Lemmas B.4 and B.5."""
        return min(self.c_w0, self.a2, 1 / (self.root * self.g()))


def reach(start: DeepStart, R: float) -> list[Tensor]:
    """Bounds of ||x_i^(h) - x_i^(h)(0)|| over the ball of radius R sqrt(m), h = 0..H: (n,) each.

    Delta_h = sqrt(c_sigma) L (||W^(h)(0)||_2/sqrt(m) Delta_(h-1) + R (||x^(h-1)(0)|| +
    Delta_(h-1))), from W x - W_0 x_0 = W_0 (x - x_0) + (W - W_0) x.
    """
    network = start.network
    root = sqrt(network.activation.c_sigma) * network.activation.L
    norms = spectral_norms(network) / sqrt(start.m)
    lengths = [x.norm(dim=-1) for x in deep_features(start.x, network)]
    bounds = [torch.zeros(start.n, dtype=torch.float64)]
    for h in range(start.H):
        moved = norms[h] * bounds[-1] + R * (lengths[h] + bounds[-1])
        bounds.append(root * moved * ABOVE)
    return bounds


def displaced(start: DeepStart, network: DeepNetwork) -> list[Tensor]:
    """||x_i^(h) - x_i^(h)(0)|| for h = 0..H: (n,) each."""
    pairs = zip(deep_features(start.x, network), deep_features(start.x, start.network), strict=True)
    return [(here - before).norm(dim=-1) for here, before in pairs]


@claim(
    "Lemma B.3",
    for_all={
        "start": STARTS,
        "move": ball_moves(),
        "share": small_decimals(min_value=0.01, max_value=1),
    },
    mutants=[
        wrong(
            doubling=1.0,
            because="W doubles from 1 to 2 in two nearly linear layers: 3 > 2",
            witness={
                "start": DeepStart.of(
                    rows=[[1]],
                    weights=[[[1]], [[1]]],
                    outputs=[1],
                    residual=[1],
                    activation=NEARLY_LINEAR,
                ),
                "move": BallMove("up"),
                "share": 1.0,
            },
        ),
        wrong(
            layers_before=1,
            because="g(h - 1) = 0 in the first layer, which moves",
            witness={
                "start": DeepStart.of(
                    rows=[[1]], weights=[[[1]]], outputs=[1], residual=[1], activation="sin"
                ),
                "move": BallMove("up"),
                "share": 1.0,
            },
        ),
        wrong(
            beyond=1.5,
            because="R > c_w0: two nearly linear layers grow from 1 to (1 + R)^2",
            witness={
                "start": DeepStart.of(
                    rows=[[1]],
                    weights=[[[1]], [[1]]],
                    outputs=[1],
                    residual=[1],
                    activation=NEARLY_LINEAR,
                ),
                "move": BallMove("up"),
                "share": 1.0,
            },
        ),
    ],
)
def lemma_b_3(
    start: DeepStart,
    move: BallMove,
    share: float,
    *,
    doubling: float = 2.0,
    layers_before: int = 0,
    beyond: float = 1.0,
) -> Margin:
    """Features move little while the weights stay in a ball.

    Let ||W^(h)(0)||_2 <= c_w0 sqrt(m), ||x_i^(h)(0)|| <= c_x0 with c_x0 >= 1, and R <= c_w0. For
    all W with ||W^(h) - W^(h)(0)||_F <= R sqrt(m), all h and i:
    ||x_i^(h) - x_i^(h)(0)|| <= sqrt(c_sigma) L c_x0 g(h) R.

    Deterministic, at any width. R = share c_w0, with the least c_w0 and c_x0 that the start has.
    """
    norms = Norms.of(start, doubling=doubling)
    R = beyond * share * norms.c_w0

    def goal(network: DeepNetwork) -> Tensor:
        return displaced(start, network)[-1].max()

    moved = move.applied(start.network, R, outputs=False)
    tried = [moved, ascent(start.network, R, goal, moved=moved)]
    found = [displaced(start, each) for each in tried]
    upper = [float(bounds.max()) for bounds in reach(start, R)]
    terms = FullyConnected.of(start, floor=LEAST, doubling=doubling)
    parts = {}
    for h in range(1, start.H + 1):
        lower, best = max((float(far[h].max()) * (1 - 1e-9), k) for k, far in enumerate(found))
        largest = supremum(enclosed(torch.tensor(lower), 1e-13 * norms.c_x0), exactly(upper[h]))
        bound = norms.root * norms.c_x0 * norms.g(h - layers_before) * R
        proof = terms.displaced(start, tried[best], h=h, before=layers_before, beyond=beyond)
        scale = norms.root * norms.c_x0 * R
        parts[f"layer {h}"] = at_most(largest, exactly(bound), scale=scale, proof=proof)
    return every(**parts)


def _gram_reach(start: DeepStart, R: float) -> Tensor:
    """Bounds of |G_ij^(H) - G_ij^(H)(0)| over the ball of radius R sqrt(m), a included: (n, n).

    With G_ij = (c_sigma/m) A_ij sum_r b_r s_ri s_rj, A = x.x, b = a^2, s = sigma'(z) and
    A b s s - A_0 b_0 s_0 s_0 = A (b - b_0) s s + (A - A_0) b_0 s s + A_0 b_0 (s s - s_0 s_0).
    """
    network, one = start.network, start.network.activation
    x = deep_features(start.x, network)[start.H - 1]
    lengths, moved = x.norm(dim=-1), reach(start, R)[start.H - 1]
    products = (x @ x.T).abs()
    changes = lengths.outer(moved) + moved.outer(lengths) + moved.outer(moved)
    a2, a4 = (float(output_norm(network, p)) / start.m ** (1 / p) for p in (2, 4))
    z_moved = float(spectral_norms(network)[-1]) / sqrt(start.m) * moved + R * (lengths + moved)
    by_outputs = (products + changes) * one.L**2 * R * (2 * a2 + R)
    by_features = changes * (one.L * a2) ** 2
    by_slopes = products * one.L * one.beta * a4**2 * (z_moved.unsqueeze(1) + z_moved)
    total: Tensor = by_outputs + by_features + by_slopes
    return one.c_sigma * ABOVE * total


@claim(
    "Lemma B.4",
    for_all={
        "start": STARTS,
        "move": ball_moves(max_layer=5),
        "share": small_decimals(min_value=0.01, max_value=1),
    },
    text="derived",
    depends_on=[lemma_b_3],
    mutants=[
        wrong(
            bend=0.0,
            because="sin(z) + sin(200 z)/200 loses all its slope on the way from 0 to pi/200",
            witness={
                "start": DeepStart.of(
                    rows=[[1]],
                    weights=[[[0]]],
                    outputs=[1],
                    residual=[1],
                    activation="sin(z)+sin(200z)/200",
                ),
                "move": BallMove("up"),
                "share": 0.05,
            },
        ),
        wrong(
            beyond=5.0,
            because="G^(2) grows like (1 + R)^4 in a nearly linear network",
            witness={
                "start": DeepStart.of(
                    rows=[[1]],
                    weights=[[[1]], [[1]]],
                    outputs=[1],
                    residual=[1],
                    activation=NEARLY_LINEAR,
                ),
                "move": BallMove("up"),
                "share": 1.0,
            },
        ),
    ],
)
def lemma_b_4(
    start: DeepStart, move: BallMove, share: float, *, bend: float = 2.0, beyond: float = 1.0
) -> Margin:
    """The Gram matrix of the last hidden layer moves little while the weights stay in a ball.

    Beside the constants of Lemma B.3 let ||a(0)||_2 <= a2 sqrt(m), ||a(0)||_4 <= a4 m^(1/4) and
    R <= min(c_w0, a2, 1/(sqrt(c_sigma) L g)). For all W and a within R sqrt(m) of their start
    ||G^(H) - G^(H)(0)||_F <= n R Q, Q = 3 c_sigma^(3/2) L^3 a2^2 c_x0^2 g + 2 beta L c_sigma a4^2
    c_x0^3 g + 12 L^2 c_x0^2 c_sigma a2, which is lambda_0/4 at R = lambda_0/(4 n Q).

    Derived: the paper has no constants. R = share times the largest radius.
    """
    norms, one = Norms.of(start), start.network.activation
    R = beyond * share * norms.radius
    before = last_layer_gram(start.x, start.network)

    def goal(network: DeepNetwork) -> Tensor:
        apart: Tensor = torch.linalg.matrix_norm(last_layer_gram(start.x, network) - before)
        return apart

    moved = move.applied(start.network, R)
    best = ascent(start.network, R, goal, moved=moved, outputs=True)
    best = max(moved, best, key=lambda network: float(goal(network)))
    found = float(goal(best))
    rounding = 1e-12 * (float(before.norm()) + found) + 1e-300
    largest = supremum(
        enclosed(torch.tensor(max(found - rounding, 0.0)), rounding),
        exactly(float(_gram_reach(start, R).norm()) * ABOVE + rounding),
    )
    by_features = 3 * norms.root**3 * norms.a2**2 * norms.c_x0**2 * norms.g()
    by_slopes = bend * one.beta * one.L * one.c_sigma * norms.a4**2 * norms.c_x0**3 * norms.g()
    by_outputs = 12 * norms.root**2 * norms.c_x0**2 * norms.a2
    bound = start.n * R * (by_features + by_slopes + by_outputs)
    proof = FullyConnected.of(start, floor=LEAST).gram_changed(
        start, best, bend=bend, beyond=beyond
    )
    return at_most(largest, exactly(bound), scale=bound, proof=proof)
