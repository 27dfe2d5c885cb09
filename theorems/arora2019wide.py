"""Arora, Du, Hu, Li, Wang: Fine-Grained Analysis of Optimization and Generalization for Overparameterized Two-Layer Neural Networks. arXiv:1901.08584v2.

Theorem 4.1 where something is known of the initial weights: a certificate, a width with derived
constants, and how the deviation shrinks with the width. Notation as in `arora2019`; eta is
1/lam_max, the largest that the linear recursion allows.
"""  # noqa: E501  the citation is one line

from math import ceil, log, pi, sqrt

import numpy as np
import torch

from certify import frobenius_norm, lambda_max
from claims import assume_premise, claim, reached, wrong
from dynamics import gradient_descent
from models import Dataset, SeedNumber, Start, gaussian_weights, gram, rademacher_signs
from strategies import (
    either,
    failure_probabilities,
    real_datasets,
    seeds,
    starts,
    unit_sphere_datasets,
)
from theorems._arora2019 import (
    Limit,
    certified_rate,
    doubled,
    first_residual,
    length,
    residual_error,
)
from verdicts import (
    Approx,
    Margin,
    SecantExponent,
    Seeds,
    WithProbability,
    at_least,
    at_most,
    every,
    exactly,
    secant_exponent,
    smallest,
    with_probability,
)

STEPS, SHORT = 40, 20  # the deviation is largest early
TRAINED = 1e-7  # resolution along a run: residuals of 1e-3 of the outputs lose digits
# n = 1 and no neuron near 0: H(k) = H(0), three eighths, throughout.
FAR_FROM_KINKS = Start.of(
    rows=[[1]], weights=[[9], [9], [9], [-9], [-9], [-9], [-9], [-9]], signs=[1] * 8, residual=[1]
)
DYING = Start.of(rows=[[1]], weights=[["1/10"], ["-9"]], signs=[1, 1], residual=[-1])
WIDTHS = (64.0, 256.0, 1024.0, 4096.0)
ONE = Dataset.of(rows=[[1]], labels=["1/10"])


@claim(
    "Theorem 4.1, certificate",
    for_all={
        "start": starts(
            data=either(unit_sphere_datasets(max_n=3, max_d=8), real_datasets(max_n=3)),
            min_m=4,
            max_m=300,
            max_residual_digits=3,
            ties="forbidden",
        )
    },
    text="derived",
    bound="tight",
    topics=["training"],
    depends_on=["arora2019.theorem_4_1_a_posteriori"],
    mutants=[
        wrong(
            deviation=0.98,
            because="n = 1, no neuron near 0: H(k) = H(0) throughout, and the bound is attained",
            witness={"start": FAR_FROM_KINKS},
        ),
        wrong(
            change=False,
            because="H(0) says nothing of a neuron that dies on the way",
            witness={"start": DYING},
        ),
        wrong(
            radius=0.98,
            because="n = 1, no neuron near 0: one that is on comes as far as its radius",
            witness={"start": FAR_FROM_KINKS},
        ),
    ],
)
def theorem_4_1_certificate(
    start: Start, *, deviation: float = 1.0, radius: float = 1.0, change: bool = True
) -> Margin:
    """One look at the initialised network bounds the deviation from the limit at every step.

    Let eta = 1/lam_max, lambda < lambda_0, R = sqrt(||G||) ||r_0||/(sqrt(m) lambda) and B(R) an
    entrywise bound of every change of H in the ball of radius R. If
    lambda_0 - lambda >= ||H(0) - H_inf|| + ||B(R)||, then for all k, with q = eta lambda and
    q_0 = eta lambda_0: ||r_k - (I - eta H_inf)^k r_0|| <= ((1 - q)^k - (1 - q_0)^k) ||r_0||, which
    is at most (lambda_0/lambda - 1) ||r_0||, and no neuron comes farther than R. (Compared for
    k <= 40.)
    """
    limit = Limit.of(start.x)
    lambda_ = certified_rate(start, limit, change=change)
    assume_premise("some lambda is certified", at_least(exactly(lambda_), exactly(1e-12)))
    eta = (1 / limit.lambda_top).low
    run = gradient_descent(start.x, start.y, start.w, start.a, eta=eta, steps=STEPS, keep_H=False)
    r, off = run.residual.numpy(), residual_error(run)
    size = first_residual(start)
    left = []
    for k in range(1, STEPS + 1):
        predicted, error = limit.powered(r[0], eta, k)
        found = length(limit.v.T @ r[k] - predicted, error + float(off[k] + off[0]))
        grown = (1 - eta * exactly(lambda_)) ** k - (1 - eta * limit.lambda_0) ** k
        left.append(deviation * grown * size - found)
    R = lambda_max(gram(start.x)).sqrt() * size / (sqrt(start.m) * lambda_)
    return every(
        deviation=at_least(smallest(*left), exactly(0.0), scale=size, resolution=TRAINED),
        confinement=at_most(run.movement.max(), radius * R, scale=R, resolution=TRAINED),
    )


@claim(
    "Theorem 4.1",
    for_all={
        "data": either(
            unit_sphere_datasets(max_n=2, max_d=4, min_lambda_0=0.4, max_abs_label=0.05),
            unit_sphere_datasets(max_n=1, max_d=4, max_abs_label=0.1),
        ),
        "delta": failure_probabilities(),
    },
    text="derived",
    topics=["training"],
    share=3,
    depends_on=[theorem_4_1_certificate, "du2019sharper.lemma_3_1_frobenius"],
    mutants=[
        wrong(
            pairs=3,
            because="all three pairs are off, or all on, a quarter of the time: H is 0 or 2 H_inf",
            witness={"data": ONE, "delta": 0.1},
        ),
        wrong(
            excess=0.01,
            because="H(0) is off by m^(-1/2) in one direction or the other",
            witness={"data": ONE, "delta": 0.25},
        ),
        wrong(
            both_layers=True,
            because="x = (1): with H_inf + G2_inf it would be y or -y at every step",
            witness={"data": ONE, "delta": 0.25},
        ),
    ],
)
def theorem_4_1(
    data: Dataset,
    delta: float,
    *,
    epsilon: float = 0.5,
    excess: float = 1.0,
    pairs: int = 0,
    both_layers: bool = False,
) -> WithProbability:
    """A wide network follows the limit's linear recursion at every step, up to epsilon ||y||.

    Antisymmetric start with h pairs of neurons, m = 2h, c = epsilon lambda_0/(1 + epsilon),
    R = delta c/(4 sqrt(2/pi) (2 sum_ij |G_ij| - n)). If h >= 2 (||G||_F/c)^2 log(2n(n+1)/delta) and
    m >= ||G|| ||y||^2/(R (lambda_0 - c))^2, then with probability >= 1 - delta, for all k:
    ||r_k - (I - eta H_inf)^k y|| <= epsilon ||y||, so that ||y - u(k)|| is
    sqrt(sum_i (1 - eta lam_i)^(2k) (v_i.y)^2) up to epsilon ||y||. (Both parts of the certificate's
    premise hold with probability >= 1 - delta/2, and lambda_0/(lambda_0 - c) - 1 = epsilon. The
    comparison is for k <= 20.)
    """
    n, d = data.x.shape
    limit, G = Limit.of(data.x), gram(data.x)
    assume_premise("y is not 0", at_least(exactly(float(data.y.norm())), exactly(1e-12)))
    c = epsilon * limit.lambda_0.low / (1 + epsilon)
    R = delta * c / (4 * sqrt(2 / pi) * (2 * float(G.abs().sum()) * (1 + 1e-14) - n))
    close = 2 * (frobenius_norm(G).high / c) ** 2 * log(2 * n * (n + 1) / delta)
    still = lambda_max(G).high * float(data.y.square().sum()) / (R * (limit.lambda_0.low - c)) ** 2
    h = pairs or max(ceil(close), ceil(still / 2))
    reached(m=2 * h)
    eta = (1 / limit.lambda_top).low
    meant = Limit.of(data.x, both_layers=True) if both_layers else limit

    def event(seeds: Seeds) -> Margin:
        w, a = doubled(gaussian_weights(h, d, seeds), rademacher_signs(h, seeds))
        deviation = _deviation(data, meant, w, a, eta)
        size = exactly(float(data.y.norm()))
        return at_most(deviation, excess * epsilon * size, scale=size)

    return with_probability(1 - delta, event, floats_per_seed=8 * h * (n + d))


@claim(
    "Theorem 4.1, deviation against width",
    for_all={
        "data": real_datasets(sets=("iris", "wine"), min_n=2, max_n=8, min_lambda_0=0.02),
        "seed": seeds(),
    },
    text="new",
    regime="beyond",
    topics=["training"],
    share=2,
    mutants=[
        wrong(
            exponent=-1.0, because="the deviation shrinks like the root of the width, not like it"
        ),
    ],
)
def deviation_against_width(
    data: Dataset, seed: SeedNumber, *, constant: float = 2.0, exponent: float = -0.25
) -> SecantExponent:
    """The largest deviation from the limit's recursion shrinks with the width: measured.

    max_{k <= 20} ||r_k - (I - eta H_inf)^k y||/||y|| <= 2 m^(-1/4) at m = 64, 256, 1024, 4096, the
    antisymmetric start drawn anew for each. No theorem: constant and exponent are set from what
    was seen, and the exponent itself is in the report.
    """
    assume_premise("y is not 0", at_least(exactly(float(data.y.norm())), exactly(1e-12)))
    limit = Limit.of(data.x)
    eta = (1 / limit.lambda_top).low

    found = {}
    for m in WIDTHS:
        h = int(m) // 2
        w, a = doubled(gaussian_weights(h, data.d, seed), rademacher_signs(h, seed))
        found[m] = (_deviation(data, limit, w, a, eta) / float(data.y.norm()))[0]
    told = sum(np.isfinite(value.high) for value in found.values())
    assume_premise("no tie", at_least(exactly(float(told)), exactly(len(WIDTHS) - 0.5)))
    return secant_exponent(found.__getitem__, over=WIDTHS, constant=constant, exponent=exponent)


def _deviation(data: Dataset, limit: Limit, w: torch.Tensor, a: torch.Tensor, eta: float) -> Approx:
    """max_k ||r_k - (I - eta H_inf)^k y|| for each start."""
    y = data.y.to(w)
    run = gradient_descent(data.x, y, w, a, eta=eta, steps=SHORT, keep_patterns=False, keep_H=False)
    r, off = run.residual.cpu().numpy(), residual_error(run)
    at = [limit.powered(data.y.numpy(), eta, k) for k in range(SHORT + 1)]
    error = off + np.array([slack for _, slack in at])
    found = np.linalg.norm(r @ limit.v - np.array([predicted for predicted, _ in at]), axis=-1)
    return Approx(np.maximum(found - error, 0.0).max(axis=-1), (found + error).max(axis=-1))
