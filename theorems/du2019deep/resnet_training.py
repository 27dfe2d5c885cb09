"""Section 6 and Appendix C in training: residual networks, Lemma C.5 and Theorem 6.1.

B-ERR-6: Lemma C.5 bounds all steps by those of the residual layers, which have a factor c_res/H
that the first layer and the output weights lack. All layers are trained, by gradient descent.
Bodies know patches of q pixels, as Appendix D needs them; q = 1 here.
"""

from math import exp, sqrt

import torch

from certify import enclosed
from claims import assume_premise, claim, not_executable, refuted_claim, wrong
from models import DeepStart, deep_features, deep_predictions, layer_grams, spectral_norms
from strategies import (
    deep_starts,
    either,
    real_datasets,
    small_decimals,
    step_counts,
    unit_sphere_datasets,
)
from theorems.du2019deep._certified_residual import deepest, printed_norms, printed_step
from theorems.du2019deep._resnet_steps import converges, steps_stay
from theorems.du2019deep.resnet_ball import NEAR_LINEAR, residual_start
from verdicts import Margin, at_least, at_most, every, exactly

DATA = either(unit_sphere_datasets(max_n=4, max_d=8), real_datasets(max_n=4))
TRAINED = deep_starts(data=DATA, architectures=("residual",), min_m=8, max_m=48, min_H=2, max_H=6)
SHARES = small_decimals(min_value=0.01, max_value=1)
FEW_PARAMETERS = residual_start([1, 1], activation=NEAR_LINEAR, outputs=["0.3"], c_res="0.01")
SMALL = residual_start([1, 1], outputs=["0.3"], residual=["0.001"])
CROSSED = DeepStart.of(
    rows=[[1, 0]],
    weights=[[[1, 0], [0, 0]], *[[[0, 0], [0, 9]]] * 5],
    outputs=[0, 1],
    residual=[1],
    activation=NEAR_LINEAR,
    architecture="residual",
    c_res="0.99",
)


@refuted_claim(
    "Lemma C.5",
    for_all={
        "start": deep_starts(
            data=unit_sphere_datasets(max_n=3, max_d=4), architectures=("residual",), min_H=2
        )
    },
    where="Lemma C.5, likewise D.5: ... <= eta Q'(k) for all layers and a",
    because="the steps of W^(1) and a have no factor c_res/H: ||du/da|| = ||x^(H)||",
    witness={"start": residual_start([1, 1], c_res="0.1")},
)
def lemma_c_5_printed(start: DeepStart) -> Margin:
    """No layer of a residual network, nor a, takes longer steps than its residual layers.

    Let H >= 2, c_w0 >= 2, ||W^(h)(0)||_2 <= c_w0 sqrt m, ||a(0)||_2 <= a2 sqrt m, a2 >= 1 and
    1/c_x0 <= ||x_i^(h)(0)|| <= c_x0 with c_x0 = 2 exp(c_res c_w0 L). If Condition A.1 holds up to
    k then all of ||W^(h)(k+1) - W^(h)(k)||_F and ||a(k+1) - a(k)||_2 are at most eta Q'(k),
    Q'(k) = 4 c_res c_x0 a2 L exp(2 c_res c_w0 L) sqrt n ||y - u(k)||/H.

    Already at k = 0, where the Condition says nothing. Both sides are linear in y - u(0), so that
    R' is as small as one likes. The true bounds are in `lemma_c_5`; Theorem 6.1 is not refuted.
    """
    network = start.network
    one, root = network.activation, sqrt(start.m)
    assume_premise("H >= 2", at_least(exactly(start.H), exactly(1.5), proof=deepest(start)))
    low, high = printed_norms(start)
    c_w0 = max(2.0, float(spectral_norms(network).max()) / root)
    c_x0 = 2 * exp(network.c_res * c_w0 * one.L)
    norms = torch.stack([x.norm(dim=-1) for x in deep_features(start.x, network)[1:]])
    bounded = every(
        below=at_least(exactly(float(norms.min())), exactly(1 / c_x0), proof=low),
        above=at_most(exactly(float(norms.max())), exactly(c_x0), proof=high),
    )
    assume_premise("1/c_x0 <= ||x_i^(h)(0)|| <= c_x0", bounded)
    e = start.y - deep_predictions(start.x, network)
    grams = layer_grams(start.x, network)
    steps = (e @ grams @ e).clamp_min(0.0).sqrt()
    a2, length = max(1.0, float(network.a.norm()) / root), float(e.norm())
    bound = 4 * network.c_res * c_x0 * a2 * one.L * exp(2 * network.c_res * c_w0 * one.L)
    bound *= sqrt(start.n) * length / start.H
    size = length * float(grams.abs().sum().sqrt())
    longest = enclosed(steps.max(), 1e-7 * size)
    return at_most(longest, exactly(bound), scale=size, proof=printed_step(start))


@claim(
    "Lemma C.5, corrected",
    for_all={
        "start": TRAINED,
        "share": SHARES,
        "speed": SHARES,
        "steps": step_counts(max_steps=40),
    },
    topics=["training"],
    text="derived",
    depends_on=["du2019deep.resnet_ball.lemma_c_3"],
    mutants=[
        wrong(
            exponent=0.0,
            because="W^(2), ... may amplify a although they do not touch x",
            witness={"start": CROSSED, "share": 1.0, "speed": 0.1, "steps": 1},
        ),
        wrong(
            radius=1.5,
            because="where a does all the work it moves half of R' sqrt m",
            witness={"start": FEW_PARAMETERS, "share": 0.1, "speed": 0.1, "steps": 40},
        ),
    ],
)
def lemma_c_5(
    start: DeepStart,
    share: float,
    speed: float,
    steps: int,
    *,
    exponent: float = 2.0,
    radius: float = 4.0,
) -> Margin:
    """While the loss decays geometrically, residual networks take short steps and stay near.

    Let c_w0, c_x0, a2, c_x be as in C.4 and, for k' = 0..k (Condition A.1),
    ||y - u(k')||^2 <= (1 - eta lambda/2)^k' ||y - u(0)||^2. With E = exp(2 c_res c_w0 L), the
    steps at k' are at most eta times Q'_1 = 2 sqrt(c_sigma) L a2 E sqrt n ||y - u(k')|| for W^(1),
    Q'_h = 4 c_res c_x0 a2 L E sqrt n ||y - u(k')||/H for h = 2..H, and Q'_a = 2 c_x0 sqrt n
    ||y - u(k')|| for a; and if R' = 4 max Q'(0)/(lambda sqrt m) <= min(c_w0, a2, c_x0/c_x), all
    moves are at most R' sqrt m.

    lambda is the largest with which the run met the Condition. The paper has Q'_h for all layers
    (`lemma_c_5_printed`); with max Q' its argument gives the width n^4/(lambda_0^4 H^4), not H^6.
    """
    return steps_stay(start, share, speed, steps, exponent=exponent, radius=radius)


BEYOND = {
    "start": deep_starts(
        data=DATA,
        architectures=("residual",),
        weights="gaussian",
        min_m=16,
        max_m=64,
        min_H=2,
        max_H=6,
        labels="own",
    ),
    "share": small_decimals(min_value=0.01, max_value=0.25),
    "steps": step_counts(max_steps=30),
}


@claim(
    "Theorem 6.1, conclusion",
    for_all=BEYOND,
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
def theorem_6_1(
    start: DeepStart,
    share: float,
    steps: int,
    *,
    curvature: str = "least of the run",
    speed: float = 1.0,
) -> Margin:
    """Gradient descent on all layers of a residual network converges linearly.

    L(k) <= (1 - eta lambda_0/2)^k L(0) for k = 0, 1, ... (here: up to the horizon).
    Beyond the theorem: its widths are out of reach, so m is 16 to 64 and nothing is assumed beside
    eta <= 1/(4 lambda_max(G(0))), G the sum of all layers' Gram matrices. Instead lambda_0 is taken
    from the run: 2 min_k lambda_min(G^(H)(k)), the curvature that the proof keeps, and even that of
    G(k), which is larger.
    """
    return converges(start, share, steps, curvature=curvature, speed=speed)


theorem_6_1_width = not_executable(
    "Theorem 6.1, width",
    where="Section 6",
    reason="m = Omega(max(n^4/(lambda_0^4 H^6), ...)) hides constants exponential in c_res c_w0 L, "
    "rests on Lemma C.5 as printed, and bounds ||y - u(0)|| by O(sqrt n) without the factor "
    "sqrt(log(n/delta)) that u_i(0), Gaussian given the features, asks for (B-ERR-12)",
)

lemma_c_6 = not_executable(
    "Lemma C.6",
    where="Appendix C",
    reason="||I_2|| <= (1/8) eta lambda_0 ||y - u(k)|| for eta <= c lambda_0 H^2/n^2 with a c that "
    "nobody names; it uses Lemma C.5 as printed, and I_2 leaves out the output weights (B-ERR-14)",
)

lemma_c_7 = not_executable(
    "Lemma C.7",
    where="Appendix C",
    reason="||u(k+1) - u(k)||^2 <= (1/8) eta lambda_0 ||y - u(k)||^2 for eta <= c lambda_0 H^2/n^2 "
    "with a c that nobody names; it uses Lemma C.5 as printed",
)
