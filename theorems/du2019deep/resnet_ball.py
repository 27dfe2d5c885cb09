"""Appendix C, Lemmas C.3 and C.4: residual networks in a ball around their start.

A ball is ||W^(h) - W^(h)(0)||_F <= R sqrt m for all h, and ||a - a(0)||_2 <= R sqrt m. Suprema over
it are enclosed: from below by a drawn move and gradient ascent from there, from above by the
triangle inequality layer by layer, with the norms of the very weights at hand. Bodies know
patches of q pixels and p pixels, as Appendix D needs them; q = p = 1 here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import exp, sqrt
from typing import TypeAlias

import torch
from torch import Tensor

from certify import enclosed
from claims import assume_premise, claim, wrong
from models import (
    BallMove,
    DeepNetwork,
    DeepStart,
    ascent,
    deep_features,
    forward_pass,
    layer_grams,
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
from theorems.du2019deep._certified_residual import Residual, deepest, has_room
from verdicts import Approx, Margin, at_least, at_most, exactly, supremum

ROUNDS = 4  # of gradient ascent; more find hardly more
NEAR_LINEAR = "100 sin(z/100)"
UP = BallMove("up")
DATA = either(unit_sphere_datasets(max_n=6, max_d=8), real_datasets(max_n=6))
RESIDUAL = deep_starts(data=DATA, architectures=("residual",), min_H=2, max_H=8)


def residual_start(weights: list[float], **kind: object) -> DeepStart:
    """A residual network of one neuron on the input 1, W^(h) = (weights[h - 1])."""
    plain = {"rows": [[1]], "outputs": [1], "residual": [1], "architecture": "residual"}
    return DeepStart.of(**(plain | {"weights": [[[w]] for w in weights]} | kind))  # type: ignore[arg-type]


LINEAR_OF_3 = residual_start([1] * 3, activation="identity", c_res="0.99")
LINEAR_OF_50 = residual_start([1] * 50, activation=NEAR_LINEAR, c_res="0.99")
FAINT = residual_start([1, 1], outputs=["0.01"], activation=NEAR_LINEAR)
LOUD = residual_start([1, 1], outputs=[40], activation=NEAR_LINEAR, c_res="0.01")
RIPPLED = residual_start([1, 0], activation="sin(z)+sin(200z)/200", c_res="0.01")


@dataclass(frozen=True, slots=True)
class Scales:
    """The least constants that the weights of a start allow in the premises of C.3 to C.5.

    Attributes:
        c_w0: ||W^(h)(0)||_2 <= c_w0 sqrt m; at least 1/100.
        c_x0: ||x_i^(h)(0)||_F <= c_x0 for h >= 1.
        a2, a4: ||a(0)||_2 <= a2 sqrt m, and ||a(0)||_4 <= a4 m^(1/4), of every pixel.
        slope: L sqrt q.
        c_res: scale of the residual layers.
        first: sqrt(c_sigma q) L.
    """

    c_w0: float
    c_x0: float
    a2: float
    a4: float
    slope: float
    c_res: float
    first: float

    @classmethod
    def of(cls, start: DeepStart, q_power: float = 0.5) -> "Scales":
        """Those of a start; patches stretch by q to this power."""
        network, one = start.network, start.network.activation
        norms = [_lengths(x) for x in deep_features(start.x, network)[1:]]
        a = network.a if network.convolutional else network.a.unsqueeze(-1)
        fourth = torch.linalg.vector_norm(a, 4, dim=-2).amax()
        return cls(
            c_w0=max(0.01, float(spectral_norms(network).max()) / sqrt(start.m)),
            c_x0=float(torch.stack(norms).max()),
            a2=float(output_norm(network)) / sqrt(start.m),
            a4=float(fourth) / start.m**0.25,
            slope=one.L * network.q**q_power,
            c_res=network.c_res,
            first=sqrt(one.c_sigma) * one.L * network.q**q_power,
        )

    def growth(self, exponent: float = 2.0) -> float:
        """What all residual layers together multiply a change by: exp(2 c_res c_w0 L sqrt q)."""
        return exp(exponent * self.c_res * self.c_w0 * self.slope)

    def c_x(self, exponent: float = 2.0) -> float:
        """(sqrt(c_sigma q) L + c_x0/c_w0) exp(2 c_res c_w0 L sqrt q)."""
        return (self.first + self.c_x0 / self.c_w0) * self.growth(exponent)

    def radius(self) -> float:
        """min(c_w0, a2, c_x0/c_x), the largest R of C.4 and C.5; 0 only if a or all x vanish."""
        return min(self.c_w0, self.a2, self.c_x0 / self.c_x())


def features_stay(
    start: DeepStart,
    move: BallMove,
    share: float,
    *,
    exponent: float,
    stretch: float,
    q_power: float = 0.5,
) -> Margin:
    """C.3 and D.3: all features stay within c_x R of their start, R = share c_w0."""
    scales = Scales.of(start, q_power)
    R = share * stretch * scales.c_w0
    before = deep_features(start.x, start.network)[1:]

    def distance(network: DeepNetwork) -> Tensor:
        after = deep_features(start.x, network)[1:]
        return torch.stack([_lengths(x - y) for x, y in zip(after, before, strict=True)]).amax()

    best = _searched(start.network, R, distance, move, outputs=False)
    bound = scales.c_x(exponent) * R
    farthest = _between(distance(best), float(_reach(start, R).max()), bound + scales.c_x0)
    proof = Residual.of(q_power).displaced(start, best, exponent=exponent, stretch=stretch)
    return at_most(farthest, exactly(bound), scale=bound, proof=proof)


def gram_stays(
    start: DeepStart,
    move: BallMove,
    share: float,
    *,
    features: float,
    slopes: float,
    outputs: float,
) -> Margin:
    """C.4 and D.4: G^(H) stays near its start, R = share of the largest radius."""
    network, one, scales = start.network, start.network.activation, Scales.of(start)
    R = share * scales.radius()
    assume_premise("H >= 2", at_least(exactly(start.H), exactly(1.5), proof=deepest(start)))
    assume_premise("R > 0", at_least(exactly(R), exactly(1e-12), proof=has_room(start)))
    L, a2, a4, c_x0, c_x = one.L, scales.a2, scales.a4, scales.c_x0, scales.c_x()
    bent = sqrt(network.q * network.p) * (2 * c_x * scales.c_w0 + c_x0)
    terms = features * c_x * L**2 * a2**2 * c_x0 + outputs * L**2 * c_x0**2 * a2
    terms += slopes * one.beta * L * a4**2 * c_x0**2 * bent
    bound = start.n * R * network.q * (scales.c_res / start.H) ** 2 * terms
    before = layer_grams(start.x, network)[-2]

    def distance(moved: DeepNetwork) -> Tensor:
        change: Tensor = torch.linalg.matrix_norm(layer_grams(start.x, moved)[-2] - before)
        return change

    best = _searched(network, R, distance, move, outputs=True)
    proved = _gram_reach(start, R, scales)
    farthest = _between(distance(best), proved, float(before.norm()) + proved)
    proof = Residual.of().gram_changed(start, best, features, slopes, outputs)
    return at_most(farthest, exactly(bound), scale=bound + 1e-300, proof=proof)


Goal: TypeAlias = Callable[[DeepNetwork], Tensor]


def _searched(
    network: DeepNetwork, R: float, goal: Goal, move: BallMove, *, outputs: bool
) -> DeepNetwork:
    moved = move.applied(network, R, outputs=outputs)
    return ascent(network, R, goal, moved=moved, rounds=ROUNDS, outputs=outputs)


def _between(found: Tensor, proved: float, size: float) -> Approx:
    """The supremum; what is found has roundings of this size."""
    return supremum(enclosed(found, 1e-12 * size), exactly(proved * (1 + 1e-12)))


def _lengths(x: Tensor) -> Tensor:
    """Of every sample."""
    found: Tensor = torch.linalg.vector_norm(x.flatten(1), dim=-1)
    return found


def _reach(start: DeepStart, R: float) -> Tensor:
    """Bounds of ||x_i^(h) - x_i^(h)(0)||_F over the ball, (H, n): layer by layer."""
    network, L, root = start.network, start.network.activation.L, sqrt(start.m)
    fed = [_lengths(rows) for rows in forward_pass(start.x, network).fed]
    norms = spectral_norms(network) + R * root
    moved: list[Tensor] = []
    for h in range(1, network.H + 1):
        slope = network.scale(h) * L
        step = slope * R * root * fed[h - 1]
        if h > 1:
            step = step + moved[-1] + slope * norms[h - 1] * sqrt(network.q) * moved[-1]
        moved.append(step)
    return torch.stack(moved)


def _gram_reach(start: DeepStart, R: float, scales: Scales) -> float:
    """A bound of ||G^(H) - G^(H)(0)||_F over the ball, entry by entry."""
    network, one = start.network, start.network.activation
    fed = _lengths(forward_pass(start.x, network).fed[-1])
    off = sqrt(network.q) * _reach(start, R)[-2]
    pulled = (float(spectral_norms(network)[-1]) / sqrt(start.m) + R) * off + R * fed
    change = off.outer(fed + off) + fed.outer(off)
    bent = fed.outer(fed) * (pulled.unsqueeze(0) + pulled.unsqueeze(1)) * sqrt(network.p)
    outer = (fed + off).outer(fed + off) * R * (2 * scales.a2 + R)
    total = one.L**2 * (scales.a2**2 * change + outer) + one.L * one.beta * scales.a4**2 * bent
    return float(torch.linalg.matrix_norm(network.scale(network.H) ** 2 * start.m * total))


@claim(
    "Lemma C.3",
    for_all={
        "start": RESIDUAL,
        "move": ball_moves(max_layer=2),
        "share": small_decimals(min_value=0.01, max_value=1),
    },
    mutants=[
        wrong(
            exponent=1.0,
            because="W may double: from 1 to 2 in fifty layers, x moves by 10.7 > 9.7",
            witness={"start": LINEAR_OF_50, "move": UP, "share": 1.0},
        ),
        wrong(
            stretch=19.0,
            because="without R <= c_w0 the layers are not bounded by 2 c_w0",
            witness={"start": LINEAR_OF_3, "move": UP, "share": 1.0},
        ),
    ],
)
def lemma_c_3(
    start: DeepStart,
    move: BallMove,
    share: float,
    *,
    exponent: float = 2.0,
    stretch: float = 1.0,
) -> Margin:
    """No weights in the ball move a feature of a residual network far, however many layers.

    If ||W^(h)(0)||_2 <= c_w0 sqrt m and ||x_i^(h)(0)|| <= c_x0 for all h, and R <= c_w0, then for
    all W in the ball ||x_i^(h) - x_i^(h)(0)|| <= (sqrt(c_sigma) L + c_x0/c_w0)
    exp(2 c_res c_w0 L) R. The proof gives it with c_x0/(2 c_w0). Tried with the least c_w0, c_x0.
    """
    return features_stay(start, move, share, exponent=exponent, stretch=stretch)


@claim(
    "Lemma C.4",
    for_all={
        "start": RESIDUAL,
        "move": ball_moves(max_layer=2),
        "share": small_decimals(min_value=0.01, max_value=1),
    },
    depends_on=["du2019deep.resnet_ball.lemma_c_3"],
    text="derived",
    mutants=[
        wrong(
            slopes=0.0,
            because="a small ripple of sigma turns sigma' from 2 to 0 within pi/200",
            witness={"start": RIPPLED, "move": BallMove("up", layer=2), "share": 0.05},
        ),
        wrong(
            outputs=0.0,
            because="output weights of 1/100 may double, which moves nothing else",
            witness={"start": FAINT, "move": UP, "share": 1.0},
        ),
        wrong(
            features=0.0,
            because="with output weights of 40 the move of the features weighs most",
            witness={"start": LOUD, "move": UP, "share": 1.0},
        ),
    ],
)
def lemma_c_4(
    start: DeepStart,
    move: BallMove,
    share: float,
    *,
    features: float = 3.0,
    slopes: float = 2.0,
    outputs: float = 12.0,
) -> Margin:
    """No weights in the ball move the last layer's Gram matrix far.

    Let c_w0 and c_x0 be as in C.3, c_x = (sqrt(c_sigma) L + c_x0/c_w0) exp(2 c_res c_w0 L),
    ||a(0)||_2 <= a2 sqrt m, ||a(0)||_4 <= a4 m^(1/4) and R <= min(c_w0, a2, c_x0/c_x). Then for
    all W and a in the ball ||G^(H) - G^(H)(0)||_F <= (c_res^2 n R/H^2) (3 c_x0 c_x L^2 a2^2
    + 2 beta L a4^2 c_x0^2 (2 c_x c_w0 + c_x0) + 12 L^2 c_x0^2 a2).
    The paper has R <= c lambda_0 H^2/n for an unnamed c; this is derived from its proof.
    """
    return gram_stays(start, move, share, features=features, slopes=slopes, outputs=outputs)
