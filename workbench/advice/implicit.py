"""Implicit networks: Gao et al. with explicit constants, and why the others ask for no known width.

lambda_0 = lambda_min(G_inf), G_inf_ij = E relu(w.x_i) relu(w.x_j).
"""

from __future__ import annotations

from functools import partial
from math import inf, log, sqrt

from verdicts import Approx, exactly
from workbench.advice.facts import Facts, over
from workbench.advice.premises import not_parallel, unit_rows
from workbench.advice.theorem import Demands, Setting, Theorem, flowing, most

_CHERNOFF = 0.5293  # P(||a|| < 1/2) <= 0.5293^(m/2) for a_i ~ N(0, 1/m)
_MANY = 1000


def bernstein_width(facts: Facts, delta: float) -> Approx:
    """Lemma 3.3: 56 n^2 log(n(n+1)/delta)/lambda_0^2."""
    n = facts.n
    return over(exactly(56.0 * n**2) * log(n * (n + 1) / delta), facts.lambda_G**2)


def markov_width(facts: Facts, delta: float) -> Approx:
    """Lemma 3.3 by Markov's inequality: 24 n^2/(delta lambda_0^2)."""
    return over(exactly(24.0 * facts.n**2) / delta, facts.lambda_G**2)


def flow_width(facts: Facts, delta: float) -> Approx:
    """Theorem 3.1 by the corrected Lemma 3.5, with c = 3.

    delta/4 each for Lemma 3.3, ||A(0)|| <= 3 sqrt(m), ||W(0)|| <= 3 sqrt(m), and
    r_0^2 <= 2 ||y||^2 + 14 n/delta (Markov, E ||yhat(0)||^2 <= 25/18 n).
    """
    n, c, lambda_0 = facts.n, 3.0, facts.lambda_G
    r_0 = 2 * facts.y_squared + 14 * n / delta
    tail = log(4 / delta)
    return most(
        bernstein_width(facts, delta / 4),
        over(64 * c**2 * n * r_0, lambda_0**2),
        over(4791.0 * facts.G**2 * r_0, lambda_0**3),
        exactly(2 * tail),
        exactly(((sqrt(facts.d) + sqrt(2 * tail)) / 2) ** 2),
    )


def _rows(facts: Facts, _: Setting) -> Demands:
    return Demands((unit_rows(facts), not_parallel(facts)))


def _near(facts: Facts, setting: Setting) -> Demands:
    return Demands(_rows(facts, setting).premises, bernstein_width(facts, setting.delta))


def _near_markov(facts: Facts, setting: Setting) -> Demands:
    return Demands(_rows(facts, setting).premises, markov_width(facts, setting.delta))


def _flow(facts: Facts, setting: Setting) -> Demands:
    return Demands(
        _rows(facts, setting).premises,
        flow_width(facts, setting.delta),
        concludes=flowing(facts.lambda_G),
    )


def _never(facts: Facts, setting: Setting) -> Demands:
    # At one or two neurons and a large delta the heads are not excluded, and nothing is known.
    heads = min(setting.width or _MANY, _MANY)
    excluded = _CHERNOFF ** (heads / 2) < 1 - setting.delta
    width = exactly(inf) if excluded else Approx(1.0, inf)
    return Demands((not_parallel(facts),), width)


def _truong(facts: Facts, _: Setting) -> Demands:
    return Demands((not_parallel(facts),))


_GAO = "implicit ReLU, all layers"
_LING = "equilibrium, W, U and a"
_squared = partial(Theorem, loss="squared", step="", cost="m^2 n")
_gao = partial(_squared, paper="gao2022", network=_GAO, start="A, W ~ N(0, 1), random signs u, v")
_ling = partial(
    _squared, network=_LING, kind="convergence", method="gradient descent",
    start="W ~ N(0, 2 s_w^2/m), U ~ N(0, 2/d), a ~ N(0, 1/m), |x_i| = sqrt(d)",
    says="linear convergence", width="",
)  # fmt: skip

IMPLICIT = (
    _gao(
        label="Lemma 3.3", claims=("gao2022concentration.lemma_3_3",), kind="start",
        method="none: the start", constants="derived (the paper's are hidden)",
        says="lambda_min(G(0)) >= 3/4 lambda_0 with probability >= 1 - delta",
        width="m >= 56 n^2 log(n(n+1)/delta)/lambda_0^2", ask=_near,
    ),
    _gao(
        label="Lemma 3.3 by Markov", claims=("gao2022concentration.lemma_3_3_markov",),
        kind="start", method="none: the start", constants="of the catalogue",
        says="lambda_min(G(0)) >= 3/4 lambda_0 with probability >= 1 - delta",
        width="m >= 24 n^2/(delta lambda_0^2)", ask=_near_markov,
    ),
    _gao(
        label="Theorem 3.1, corrected", kind="convergence", method="gradient flow",
        claims=("gao2022convergence.lemma_3_5", "gao2022concentration.lemma_3_3"),
        constants="derived; gamma <= 1/12 (the printed width misses the labels)",
        says="||r(t)||^2 <= exp(-lambda_0 t) ||r_0||^2 for all t with probability >= 1 - delta",
        width="m >= 4791 ||X||^4 r^2/lambda_0^3, m >= 576 n r^2/lambda_0^2, m >= "
        "56 n^2 log(4n(n+1)/delta)/lambda_0^2 and less, r^2 = 2 ||y||^2 + 14 n/delta",
        ask=_flow,
    ),
    _gao(
        label="Theorem 3.2", claims=("gao2022convergence.theorem_3_2",), kind="convergence",
        method="gradient descent", constants="hidden", says="linear convergence", width="",
        ask=_rows, hidden="no complete proof is known for output weights +1 and -1, and its width "
        "hides a constant",
    ),
    _squared(
        paper="gao2022linear", label="Main theorem", claims=("gao2022linear.linear_width",),
        kind="convergence", network="implicit ReLU, A >= 0, all layers", start="not read",
        method="gradient descent", constants="hidden", says="linear convergence", width="",
        ask=_rows, hidden="m = Omega(n) hides lambda_0 and logarithms",
    ),
    _ling(
        paper="ling2023", label="Theorem 1 at its own start", constants="printed",
        claims=("ling2023condition.condition_9", "ling2023condition.small_heads"),
        width="none: its condition (9) needs ||a|| < 1/2, and ||a|| is about 1",
        ask=_never,
    ),
    _ling(
        paper="ling2023", label="Theorem 2", claims=("ling2023width.theorem_2_width",),
        constants="hidden", ask=_truong,
        hidden="m = Omega(n^2/lambda_*^2 log(n/(lambda_* t))) hides its constant",
    ),
    _ling(
        paper="truong2025", label="(d1) with probability", claims=("truong2025training.heads",),
        constants="hidden", ask=_truong,
        hidden="the width is not stated with its constant",
    ),
)  # fmt: skip
