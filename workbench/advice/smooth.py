"""Networks with one hidden layer of smooth neurons: Du et al. 2018b at H = 1, Liu, Zhu, Belkin.

lambda_0 = lambda_min(K^(1)), K^(1)_ij = c_sigma x_i.x_j E sigma'(w.x_i) sigma'(w.x_j). Du et al. as
`du2019deep.fully_connected_paper_width` derives it, whose claim stands at n = 1; its constants
are for every n. Liu et al. as `liu2022lazy.end_to_end` has it given the start, with the start's
own kernel by matrix Chernoff, as for Lemma 3.1 of Du et al.
"""

from __future__ import annotations

from functools import lru_cache, partial
from math import log, sqrt

from models import Activation, norm_variance
from verdicts import Approx, exactly
from workbench.advice.facts import Facts, over
from workbench.advice.premises import not_parallel, positive, unit_rows
from workbench.advice.theorem import (
    Demands,
    Premise,
    Setting,
    Theorem,
    descending,
    least,
    most,
)

_variance = lru_cache(norm_variance)


def both_layers(facts: Facts, lambda_0: Approx, delta: float) -> tuple[Approx, Approx]:
    """Width and largest step of Theorem 5.1 of Du et al. at H = 1.

    delta_5 = 9/10 delta for ||e_0|| <= sqrt(n) (C + 2 sqrt(log(2n/delta_5))), delta/40 for each of
    four other events.
    """
    n, one = facts.n, facts.sigma
    root, L, beta = sqrt(one.c_sigma) * one.L, one.L, one.beta
    q = max(root * (sqrt(2) + 0.1), sqrt(2) + 0.1 * root)
    bracket = one.c_sigma * (L**2 * (2 * sqrt(2) + 0.1) + 4 * L * beta)
    e_0 = sqrt(n) * (facts.C + 2 * sqrt(log(2 * n / (0.9 * delta))))
    other = delta / 40
    entries = 312 * n**2 * (one.c_sigma * L**2) ** 2 * log(2 * n * (n + 1) / other)
    m = most(
        over(256.0 * n**3 * (q * bracket * e_0) ** 2, lambda_0**4),
        over(40.0 * q * sqrt(n) * e_0, lambda_0) ** 2,
        exactly(12 * log(1 / other)),
        exactly(96 / other),
        exactly(n * _variance(one) / other),
        over(entries, lambda_0**2),
    )
    # At the least width; a larger one allows a little more.
    bend = sqrt(one.c_sigma) * n**1.5 * q**2 * (L / m.sqrt() + beta * (sqrt(2) + 0.1) / 2)
    step = least(
        [
            lambda_0 / (8 * bend * e_0),
            lambda_0 / (8 * (2 * n * q**2 + lambda_0 / 8) ** 2),
            over(2.0, lambda_0),
        ]
    )
    return m, step


def first_layer(facts: Facts, kernel: Approx, delta: float) -> tuple[Approx, Approx, Approx]:
    """Width, largest step and mu for the first layer, from an antisymmetric start.

    With K_inf = K^(1)/c_sigma, G = X X^T and l = 3/4 lambda_min(K_inf): m/2 >= 29.21 (L^2 ||G||/
    lambda_min(K_inf)) log(n/delta) gives lambda_1 >= l with probability >= 1 - delta, and m >=
    64 n K_2^2 ||y||^2/l^2 the rest, without probability.

    Args:
        facts: of unit rows.
        kernel: lambda_min(K^(1)).
        delta: failure probability.
    """
    n, L, bend = facts.n, facts.sigma.L, facts.sigma.beta
    limit = kernel / facts.sigma.c_sigma
    kept = 0.75 * limit
    likely = 58.42 * L**2 * over(facts.G, limit) * log(n / delta)
    m = most(likely, over(64.0 * n * bend**2 * facts.y_squared, kept**2))
    r_0, mu = facts.y_squared.sqrt(), kept / 4
    # sqrt(n) H at the least width: for m = inf the step is 0 at worst.
    curved = over(sqrt(n) * bend, m.sqrt()) if m.high < float("inf") else None
    if curved is None or mu.low <= 0:
        return m, Approx(0.0, (1 / (L**2 * facts.G)).high), mu
    steepest = L * facts.G.sqrt() + curved * (2 * r_0 / mu.sqrt())
    return m, 1 / (steepest**2 + curved * r_0), mu


def activation_constants(one: Activation) -> str:
    """The letters of an activation, in words."""
    return f"{one.name}: L = {one.L:g}, beta = K_2 = {one.beta:.4g}, c_sigma = {one.c_sigma:.4g}"


def _data(facts: Facts) -> tuple[Premise, ...]:
    unit = (unit_rows(facts), not_parallel(facts))
    if facts.lambda_smooth is None:
        return unit
    formula = f"lambda_min(K^(1)), sigma = {facts.sigma.name}"
    return (*unit, positive(facts, "lambda_0 of sigma", formula, facts.lambda_smooth))


def _du(facts: Facts, setting: Setting) -> Demands:
    lambda_0 = facts.lambda_smooth
    if lambda_0 is None:
        return _left_out(facts)
    width, step = both_layers(facts, lambda_0, setting.delta)
    return Demands(_data(facts), width, step, concludes=descending(lambda_0 / 2))


def _liu(facts: Facts, setting: Setting) -> Demands:
    if facts.lambda_smooth is None:
        return _left_out(facts)
    width, step, mu = first_layer(facts, facts.lambda_smooth, setting.delta)
    return Demands(_data(facts), width, step, concludes=descending(mu))


def _left_out(facts: Facts) -> Demands:
    """Without the kernel nothing certain is said of the width."""
    unknown = Approx(1.0, float("inf"))
    return Demands(_data(facts), unknown)


_smooth = partial(
    Theorem, kind="convergence", method="gradient descent", loss="squared",
    constants="derived (the paper's are hidden)",
)  # fmt: skip

SMOOTH = (
    _smooth(
        paper="du2019deep", label="Theorem 5.1, H = 1",
        claims=("du2019deep.fully_connected_paper_width.theorem_5_1",),
        network="one hidden layer of smooth neurons, both layers",
        start="w_r ~ N(0, I), a_r ~ N(0, 1)",
        says="||e_k||^2 <= (1 - eta lambda_0/2)^k ||e_0||^2 for all k with probability "
        ">= 1 - delta, lambda_0 = lambda_min(K^(1))",
        width="m >= 256 q^2 n^3 c_sigma^2 (L^2 (2 sqrt(2) + 1/10) + 4 L beta)^2 E^2/lambda_0^4 and "
        "less, E = sqrt(n) (C + 2 sqrt(log(2n/(0.9 delta))))",
        step="eta <= lambda_0/(8 I E) and less", ask=_du,
    ),
    _smooth(
        paper="liu2022", label="end to end, two layers",
        claims=("liu2022lazy.end_to_end", "du2019sharper.lemma_3_1_chernoff"),
        network="one hidden layer of smooth neurons, first layer",
        start="pairs (w, +1), (w, -1): f = 0",
        says="||e_t||^2 <= (1 - eta mu)^t ||e_0||^2 for all t with probability >= 1 - delta, "
        "mu = 3/16 lambda_min(K^(1))/c_sigma",
        width="m >= (1024/9) n K_2^2 ||y||^2/l^2 and m >= 58.42 (L^2 ||G||/l) log(n/delta), "
        "l = lambda_min(K^(1))/c_sigma",
        step="eta <= 1/(L_F^2 + sqrt(n) H r_0)", ask=_liu,
    ),
)  # fmt: skip
