"""Section 7 and Appendix D in a ball and in training: convolutional residual networks.

The lemmas of Appendix C once more, with patches of q pixels: ||phi(x)||_F <= sqrt(q) ||x||_F turns
L into L sqrt q, and sums over p pixels cost sqrt p at one place. Where the paper leaves poly(p)
open, constants are derived by its own chain; with q = p = 1 they are those of Appendix C.
"""

from claims import claim, not_executable, wrong
from models import BallMove, DeepStart
from strategies import (
    ball_moves,
    deep_starts,
    either,
    real_datasets,
    small_decimals,
    step_counts,
    unit_sphere_datasets,
)
from theorems.du2019deep._resnet_steps import converges, steps_stay
from theorems.du2019deep.resnet_ball import (
    NEAR_LINEAR,
    UP,
    features_stay,
    gram_stays,
    residual_start,
)
from verdicts import Margin

DATA = either(
    unit_sphere_datasets(max_n=4, max_d=8),
    real_datasets(max_n=4, sets=("iris", "wine", "diabetes")),
)
IMAGES = deep_starts(data=DATA, architectures=("convolutional",), max_m=24, min_H=2, max_H=6)
SHARES = small_decimals(min_value=0.01, max_value=1)


def one_pixel(weights: list[float], **kind: object) -> DeepStart:
    """A network of one channel and one pixel: the residual network of one neuron."""
    return residual_start(weights, architecture="convolutional", **kind)


LINEAR_OF_3 = one_pixel([1] * 3, activation="identity", c_res="0.99")
LINEAR_OF_50 = one_pixel([1] * 50, activation=NEAR_LINEAR, c_res="0.99")
RIPPLED = one_pixel([1, 0], activation="sin(z)+sin(200z)/200", c_res="0.01")
SMALL = one_pixel([1, 1], outputs=["0.3"], residual=["0.001"])
EVEN = DeepStart.of(
    rows=[[1, 1, 1]],
    weights=[[[0, 0, 0]], [[0, 0, 0]]],
    outputs=[1, 1, 1],
    residual=[1],
    activation=NEAR_LINEAR,
    architecture="convolutional",
    c_res="0.01",
    pixels=3,
    patch=3,
)
DOUBLED = one_pixel([1, 1], outputs=["0.01"], activation=NEAR_LINEAR)


@claim(
    "Lemma D.3",
    for_all={"start": IMAGES, "move": ball_moves(max_layer=2), "share": SHARES},
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
        wrong(
            q_power=0.0,
            because="three equal pixels lie in two or three patches each",
            witness={"start": EVEN, "move": UP, "share": 1.0},
        ),
    ],
)
def lemma_d_3(
    start: DeepStart,
    move: BallMove,
    share: float,
    *,
    exponent: float = 2.0,
    stretch: float = 1.0,
    q_power: float = 0.5,
) -> Margin:
    """No weights in the ball move a feature of a convolutional network far.

    If ||W^(h)(0)||_2 <= c_w0 sqrt m and ||x_i^(h)(0)||_F <= c_x0 for all h, and R <= c_w0, then for
    all W in the ball ||x_i^(h) - x_i^(h)(0)||_F <= (sqrt(c_sigma q) L + c_x0/c_w0)
    exp(2 c_res c_w0 L sqrt q) R.
    """
    return features_stay(start, move, share, exponent=exponent, stretch=stretch, q_power=q_power)


@claim(
    "Lemma D.4",
    for_all={"start": IMAGES, "move": ball_moves(max_layer=2), "share": SHARES},
    depends_on=[lemma_d_3],
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
            witness={"start": DOUBLED, "move": UP, "share": 1.0},
        ),
    ],
)
def lemma_d_4(
    start: DeepStart,
    move: BallMove,
    share: float,
    *,
    features: float = 3.0,
    slopes: float = 2.0,
    outputs: float = 12.0,
) -> Margin:
    """No weights in the ball move the last layer's Gram matrix far.

    Let c_x = (sqrt(c_sigma q) L + c_x0/c_w0) exp(2 c_res c_w0 L sqrt q), ||a(0)||_F <= a2 sqrt m,
    ||a_l(0)||_4 <= a4 m^(1/4) for every pixel l, and R <= min(c_w0, a2, c_x0/c_x). Then for all
    W and a in the ball ||G^(H) - G^(H)(0)||_F <= (c_res^2 n q R/H^2) (3 c_x0 c_x L^2 a2^2
    + 2 beta L a4^2 c_x0^2 sqrt(pq) (2 c_x c_w0 + c_x0) + 12 L^2 c_x0^2 a2).
    Derived: the paper has R <= c lambda_0 H^2/(n poly(p)). It concludes with lambda_0/2 for the
    lambda_0/4 that is needed (B-ERR-9, `lemma_c_4_what_is_left`).
    """
    return gram_stays(start, move, share, features=features, slopes=slopes, outputs=outputs)


TRAINED = deep_starts(
    data=DATA, architectures=("convolutional",), min_m=4, max_m=24, min_H=2, max_H=4
)


@claim(
    "Lemma D.5, corrected",
    for_all={
        "start": TRAINED,
        "share": SHARES,
        "speed": SHARES,
        "steps": step_counts(max_steps=30),
    },
    topics=["training"],
    text="derived",
    depends_on=[lemma_d_3],
    mutants=[
        wrong(
            own=0,
            because="the paper's one Q'(k): the steps of W^(1) and a have no factor c_res/H (C.5)",
            witness={
                "start": one_pixel([1, 1], c_res="0.01"),
                "share": 0.1,
                "speed": 0.1,
                "steps": 1,
            },
        ),
    ],
)
def lemma_d_5(start: DeepStart, share: float, speed: float, steps: int, *, own: int = 1) -> Margin:
    """While the loss decays geometrically, convolutional networks take short steps and stay near.

    As Lemma C.5, corrected, with E = exp(2 c_res c_w0 L sqrt q), Q'_1 = 2 sqrt(c_sigma q) L a2 E
    sqrt n ||y - u(k')||, Q'_h = 4 c_res c_x0 a2 L sqrt q E sqrt n ||y - u(k')||/H for h = 2..H, and
    Q'_a = 2 c_x0 sqrt n ||y - u(k')||. Derived; the paper leaves poly(p) open.
    """
    return steps_stay(start, share, speed, steps, own=own)


@claim(
    "Theorem 7.1, conclusion",
    for_all={
        "start": deep_starts(
            data=DATA,
            architectures=("convolutional",),
            weights="gaussian",
            min_m=8,
            max_m=32,
            min_H=2,
            max_H=4,
            labels="own",
        ),
        "share": small_decimals(min_value=0.01, max_value=0.25),
        "steps": step_counts(max_steps=30),
    },
    regime="beyond",
    topics=["training"],
    text="derived",
    mutants=[
        wrong(
            curvature="largest of G(0)",
            because="for one input the rate is 2 eta lambda_max(G), not three times",
            witness={"start": SMALL, "share": 0.01, "steps": 5},
        ),
        wrong(
            speed=12.0,
            because="beyond 2/lambda_max(G) a step overshoots",
            witness={"start": SMALL, "share": 0.25, "steps": 3},
        ),
    ],
)
def theorem_7_1(
    start: DeepStart,
    share: float,
    steps: int,
    *,
    curvature: str = "least of the run",
    speed: float = 1.0,
) -> Margin:
    """Gradient descent on all layers of a convolutional network converges linearly.

    L(k) <= (1 - eta lambda_0/2)^k L(0) for k = 0, 1, ... (here: up to the horizon).
    Beyond the theorem, as for Theorem 6.1: m is 8 to 32, eta <= 1/(4 lambda_max(G(0))), and
    lambda_0 is 2 min_k lambda_min(G^(H)(k)) of the run, and even 2 min_k lambda_min(G(k)).
    """
    return converges(start, share, steps, curvature=curvature, speed=speed)


theorem_7_1_width = not_executable(
    "Theorem 7.1, width",
    where="Section 7",
    reason="m = Omega(poly(p) max(n^4/(lambda_0^4 H^6), n^4/(lambda_0^4 H^2), ...)) hides poly(p) "
    "and rests on Lemma D.5 as printed; its second term is not that of Theorem 6.1, the case p = 1",
)

lemma_d_6 = not_executable(
    "Lemma D.6",
    where="Appendix D",
    reason="the second-order term for eta <= c lambda_0 H^2/(n^2 poly(p)), c, poly(p) unnamed; it "
    "uses Lemma D.5 as printed and ||y - u(0)|| = O(sqrt n), which lacks a logarithm (B-ERR-12)",
)

lemma_d_7 = not_executable(
    "Lemma D.7",
    where="Appendix D",
    reason="||u(k+1) - u(k)||^2 <= (1/8) eta lambda_0 ||y - u(k)||^2 for eta <= c lambda_0 H^2/"
    "/(n^2 poly(p)), with unnamed c and poly(p); it uses Lemma D.5 as printed",
)
