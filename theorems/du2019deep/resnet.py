"""Section 6 and Appendix C at initialisation: residual networks, Lemmas C.1 and C.2.

With s0 = |sigma(0)|. B-ERR-10 are two steps of Lemma C.1's proof (and D.1's), B-ERR-9 is what
Lemma C.4 concludes.
"""

from math import ceil, exp, log, pi, sqrt

import torch
from torch import Tensor

from certify import enclosed, lambda_min
from claims import assume_premise, claim, misprint, not_executable, reached, wrong
from models import (
    Activation,
    Dataset,
    DeepStart,
    activation,
    deep_features,
    features_in_law,
    layer_grams,
    spectral_norms,
)
from strategies import (
    activation_names,
    deep_starts,
    either,
    failure_probabilities,
    real_datasets,
    small_decimals,
    unit_sphere_datasets,
    whole_numbers,
)
from theorems.du2019deep._certified_residual import one_block, what_is_left
from theorems.du2019deep.resnet_ball import residual_start
from verdicts import (
    Margin,
    Proof,
    Seeds,
    WithProbability,
    at_least,
    at_most,
    every,
    exactly,
    given,
    with_probability,
)

ONE = Dataset.of(rows=[[1]], labels=[0])
C_W0 = 3.0  # > 2, so that ||W^(h)(0)||_2 <= 3 sqrt m but for a probability of exp(-m/2)


@claim(
    "Lemmas C.1 and D.1, one block",
    for_all={
        "start": deep_starts(
            data=unit_sphere_datasets(max_n=6, max_d=8),
            architectures=("residual", "convolutional"),
            min_H=2,
            max_H=8,
        )
    },
    mutants=[
        misprint(
            offset=0.0,
            where="proof of Lemma C.1, likewise D.1: ||sigma(z)|| <= L ||z||",
            because="softplus is log 2 at z = 0",
            witness={"start": residual_start([1, 0])},
        ),
        wrong(
            lipschitz=0.9,
            because="sigma(z) = 100 sin(z/100) is nearly z",
            witness={"start": residual_start([1, 9], activation="100 sin(z/100)")},
        ),
    ],
)
def lemma_c_1_one_block(start: DeepStart, *, offset: float = 1.0, lipschitz: float = 1.0) -> Margin:
    """How much one residual block can change the norm of a feature, at any weights.

    For h >= 2 and images of p pixels in patches of q (both 1 without pixels):
    | ||x^(h)||_F - ||x^(h-1)||_F | <= (c_res/H) (s0 sqrt p + L sqrt(q/m) ||W^(h)||_2
    ||x^(h-1)||_F). The paper leaves out s0: right only where sigma(0) = 0.
    """
    network = start.network
    one = network.activation
    norms = [x.flatten(1).norm(dim=-1) for x in deep_features(start.x, network)]
    sizes = spectral_norms(network) * sqrt(network.q / network.m)
    parts = {}
    for h in range(2, network.H + 1):
        change = (norms[h] - norms[h - 1]).abs()
        grown = lipschitz * one.L * sizes[h - 1] * norms[h - 1]
        bound = network.c_res / network.H * (offset * one.at_zero * sqrt(network.p) + grown)
        worst = int((change - bound).argmax())
        size = 1e-6 + float((norms[h] + norms[h - 1] + bound).max())
        proof = one_block(start, h, worst, offset=offset, lipschitz=lipschitz)
        parts[f"layer {h}"] = at_most(
            enclosed(change[worst], 1e-13 * size),
            enclosed(bound[worst], 1e-13 * size),
            scale=size,
            proof=proof,
        )
    return every(**parts)


@claim(
    "Lemma C.1, product",
    for_all={
        "c": small_decimals(min_value=0.01, max_value=1.2),
        "H": whole_numbers(min_value=2, max_value=99),
    },
    mutants=[
        misprint(
            drops="c <= 1",
            where="proof of Lemma C.1: (1 - c_res c_w0 L/H)^(H-1) >= exp(-c_res c_w0 L)",
            because="(1 - 2/3)^2 = 0.111 is less than exp(-2) = 0.135; c_w0 > 2 and c_res < 1 only",
            witness={"c": 2.0, "H": 3},
        )
    ],
)
def lemma_c_1_product(c: float, H: int) -> Margin:
    """Losing a share of c/H in each of H - 1 blocks leaves at least exp(-c).

    If 0 < c <= 1 then (1 - c/H)^(H-1) >= exp(-c). With c = c_res c_w0 L and c_w0 > 2 that asks for
    c_res < 1/(2L), which the paper does not say.
    """
    size, depth = given("c"), given("H")
    small = Proof("numbers", {}, size, "<=", 1)
    assume_premise("c <= 1", at_most(exactly(c), exactly(1.0), proof=small))
    left = ((H - 1) * (1 - exactly(c) / H).log()).exp()
    proof = Proof(
        "numbers", {}, ((depth - 1) * (1 - size / depth).log()).exp(), ">=", (-size).exp()
    )
    return at_least(left, (-exactly(c)).exp(), proof=proof)


@claim(
    "Lemma C.1",
    for_all={
        "data": either(unit_sphere_datasets(max_n=6), real_datasets(max_n=6)),
        "sigma": activation_names(),
        "H": whole_numbers(min_value=1, max_value=8),
        "c_res": small_decimals(min_value=0.01, max_value=0.29),
        "delta": failure_probabilities(),
    },
    text="derived",
    depends_on=[lemma_c_1_one_block, lemma_c_1_product],
    mutants=[
        wrong(
            neurons=1,
            because="one neuron alone leaves the norm of the first layer below 1/2 too often",
            witness={"data": ONE, "sigma": "sin", "H": 1, "c_res": 0.01, "delta": 0.1},
        ),
        wrong(
            first=1.05,
            because="the width buys a first layer within [1/2, 2], not within 5 %",
            witness={"data": ONE, "sigma": "sin", "H": 2, "c_res": 0.01, "delta": 0.1},
        ),
    ],
)
def lemma_c_1(
    data: Dataset,
    sigma: str,
    H: int,
    c_res: float,
    delta: float,
    *,
    first: float = 2.0,
    neurons: int = 0,
) -> WithProbability:
    """All features of a wide residual network have bounded norms, however many layers there are.

    Let c_w0 = 3, c = c_res c_w0 L <= 1 and V = c_sigma^2 E sigma(z)^4 - 1. If m >= (32/9) V n/delta
    and m >= 2 log(2(H-1)/delta), then with probability >= 1 - delta, for all h = 1..H and i,
    exp(-c)/2 - c_res s0 <= ||x_i^(h)(0)|| <= exp(c) (2 + c_res s0).
    Derived: Chebyshev for the first layer, G.2 for the norms of W^(2), ..., then block by block.
    The paper has [1/c_x0, c_x0], c_x0 = 2 exp(c), which is this for sigma(0) = 0. Drawn in law.
    """
    one = activation(sigma)
    c = c_res * C_W0 * one.L
    assume_premise("c_res c_w0 L <= 1", at_most(exactly(c), exactly(1.0)))
    variance = one.c_sigma**2 * fourth_moment(one, 1.0) - 1
    bounded = 2 * log(max(2, 2 * (H - 1)) / delta)
    m = neurons or ceil(max(32 / 9 * variance * data.n / delta, bounded))
    reached(m=m)
    low = exactly(exp(-c) / first - c_res * one.at_zero)
    high = exactly(exp(c) * (first + c_res * one.at_zero))

    def event(seeds: Seeds) -> Margin:
        layers = features_in_law(data.x, one, H, m, seeds, residual=c_res / H)
        norms = torch.stack([X.square().mean(dim=-2).sqrt() for X in layers], dim=-1).flatten(1)
        return every(
            low=at_least(enclosed(norms.amin(dim=-1), 1e-9), low),
            high=at_most(enclosed(norms.amax(dim=-1), 1e-9), high),
        )

    return with_probability(1 - delta, event, floats_per_seed=m * (data.d + 2 * data.n * H))


def fourth_moment(one: Activation, scale: float) -> float:
    """E sigma(scale z)^4, z ~ N(0, 1), by the trapezoidal rule, which converges exponentially."""
    z: Tensor = torch.arange(-12, 12.005, 0.01, dtype=torch.float64)
    weights = (-z.square() / 2).exp() * 0.01 / sqrt(2 * pi)
    return float(weights @ one.value(scale * z) ** 4)


lemma_c_2 = not_executable(
    "Lemma C.2",
    where="Appendix C",
    reason="lambda_min(G^(H)(0)) >= 3 lambda_0/4 at a width with the constants of Theorem E.1 and "
    "Lemma E.1, which state none; what it needs of them is in concentration.theorem_e_1_residual",
)


@claim(
    "Lemma C.4, what is left",
    for_all={
        "start": deep_starts(
            data=unit_sphere_datasets(max_n=3, max_d=8),
            architectures=("residual",),
            min_H=2,
        )
    },
    bound="tight",
    text="derived",
    mutants=[
        misprint(
            drift=0.5,
            where="Lemma C.4, likewise D.4: ||G^(H)(k) - G^(H)(0)||_2 <= lambda_0/2",
            because="3/4 less 1/2 is 1/4, and the proof of Theorem 6.1 goes on with 1/2",
            witness={"start": residual_start([1, 1])},
        )
    ],
)
def lemma_c_4_what_is_left(start: DeepStart, *, drift: float = 0.25) -> Margin:
    """How far G^(H) may move if half of the curvature is to be left.

    If lambda_min(G^(H)(0)) >= (3/4) lambda_0, as after Lemma C.2, and ||G - G^(H)(0)||_2 <=
    lambda_0/4, then lambda_min(G) >= lambda_0/2. The worst G takes lambda_0/4 off along the last
    eigenvector; lambda_0 is the largest that G^(H)(0) allows. The paper prints lambda_0/2 as the
    drift, which leaves a quarter.
    """
    G = layer_grams(start.x, start.network)[-2]
    values, vectors = torch.linalg.eigh(G)
    curved = lambda_min(G / values[-1]) if float(values[-1]) > 0 else exactly(0.0)
    definite, kept = what_is_left(start, drift)
    assume_premise("G^(H)(0) is well conditioned", at_least(curved, exactly(1e-4), proof=definite))
    lambda_0 = 4 / 3 * lambda_min(G)
    worst = G - drift * 4 / 3 * values[0] * vectors[:, 0].outer(vectors[:, 0])
    return at_least(lambda_min(worst), lambda_0 / 2, scale=lambda_0, proof=kept)
