"""Du et al. and Arora et al.: two-layer ReLU networks, with explicit constants.

The letters are the papers': lambda_0 = lambda_min(H_inf), C = max |y_i|, G = X X^T. Where the paper
hides constants they are those derived in the catalogue, with the same shares of delta.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import log, pi, sqrt

import numpy as np

from verdicts import Approx, exactly
from workbench.advice.facts import Facts, Spectrum, over
from workbench.advice.premises import lambda_0_positive, not_parallel, unit_rows
from workbench.advice.theorem import (
    GOAL,
    Conclusion,
    Demands,
    Premise,
    Setting,
    Theorem,
    descending,
    flowing,
    most,
)

RELU = "two-layer ReLU"
GAUSSIAN = "w_r ~ N(0, I), random signs a_r = +-1"
SQUARED = "squared"
DERIVED = "derived from the paper's proof (it hides them)"
_COUNTED = 1e12  # steps up to here are counted one by one
SHARPER = "of the catalogue, sharper than the paper's"


def spread(facts: Facts) -> Approx:
    """C^2 + 1/2."""
    return facts.C**2 + 0.5


def paper_width(constant: float, facts: Facts, delta: float, *, delta_power: int = 3) -> Approx:
    """The width constant n^6 (C^2 + 1/2)/(lambda_0^4 delta^3)."""
    above = constant * exactly(facts.n) ** 6 * spread(facts)
    return over(above, facts.lambda_0**4 * exactly(delta) ** delta_power)


def both_layers_width(facts: Facts, delta: float) -> Approx:
    """The least m with m >= A and m >= B log(4 m n/delta), as Theorem 3.3 asks."""
    first = paper_width(166887.0, facts, delta)
    factor = paper_width(73985.0, facts, delta, delta_power=1)
    ends = [
        _fixed(a, b, 4 * facts.n / delta)
        for a, b in ((first.low, factor.low), (first.high, factor.high))
    ]
    return Approx(ends[0] * (1 - 1e-12), ends[1] * (1 + 1e-12))


def _fixed(a: float, b: float, inside: float) -> float:
    m = a
    while m < np.inf:  # increasing, and bounded by the solution
        needed = max(a, b * (log(m) + log(inside)))
        if needed <= m * (1 + 1e-15):
            break
        m = needed
    return m


def sharpened_width(facts: Facts, delta: float) -> Approx:
    """Theorem 3.2 by matrix Chernoff, by Chernoff for each hyperplane, and A-CERT.

    m >= max(29.21 (||G||/lambda_0) log(3n/delta), 24 n (||G||/lambda_0) log(3n/delta),
    163 n^2 ||G||^3 ||e_0||^2/lambda_0^4), with ||e_0||^2 <= 3 (||y||^2 + n/2)/delta by Markov.
    """
    n, G, lambda_0 = facts.n, facts.G, facts.lambda_0
    often = over(G, lambda_0) * log(3 * n / delta)
    e_0 = 3 * (facts.y_squared + n / 2) / delta
    still = over(163.0 * exactly(n) ** 2 * G**3 * e_0, lambda_0**4)
    return most(29.21 * often, 24.0 * n * often, still)


def crude_width(facts: Facts, delta: float) -> Approx:
    """Lemma 3.1: 8 n^2 log(2 n^2/delta)/lambda_0^2."""
    n = facts.n
    return over(exactly(8.0 * n**2) * log(2 * n**2 / delta), facts.lambda_0**2)


def frobenius_width(facts: Facts, delta: float) -> Approx:
    """Lemma 3.1 with ||G||_F: 8 (||G||_F/lambda_0)^2 log(n(n+1)/delta)."""
    n = facts.n
    return 8.0 * over(facts.G_frobenius, facts.lambda_0) ** 2 * log(n * (n + 1) / delta)


def chernoff_width(facts: Facts, delta: float) -> Approx:
    """Lemma 3.1 by matrix Chernoff: 29.21 (||G||/lambda_0) log(n/delta)."""
    return 29.21 * over(facts.G, facts.lambda_0) * log(facts.n / delta)


def recursion_width(facts: Facts, delta: float, epsilon: float) -> Approx:
    """Theorem 4.1 of Arora et al., the width of arora2019wide.theorem_4_1."""
    n, lambda_0 = facts.n, facts.lambda_0
    if lambda_0.high <= 0:
        return exactly(np.inf)
    c = epsilon * lambda_0 / (1 + epsilon)
    R = delta * c / (4 * sqrt(2 / pi) * (2 * facts.G_sum - n))
    close = 4 * over(facts.G_frobenius, c) ** 2 * log(2 * n * (n + 1) / delta)
    # lambda_0 - c, written so that the enclosure does not count lambda_0 twice.
    still = over(facts.G * facts.y_squared, (R * (lambda_0 / (1 + epsilon))) ** 2)
    return most(close, still)


def recursion_steps(facts: Facts, spectrum: Spectrum, eta: float, epsilon: float) -> Approx:
    """Steps until sqrt(sum_i (1 - eta lam_i)^(2k) (v_i.y)^2) + epsilon ||y|| <= GOAL ||y||."""
    size = sqrt(facts.y_squared.high)
    if size == 0:
        return exactly(0.0)
    with np.errstate(divide="ignore"):  # a whole step in a direction leaves nothing: log 0
        slowed = np.log1p(-np.clip(eta * spectrum.lam, 0.0, 1.0))

    def left(k: float, sign: int) -> float:
        found = float(np.linalg.norm(np.exp(k * slowed) * spectrum.y)) / size
        return found + sign * k * eta * spectrum.error + epsilon - GOAL

    low, high = (_first(partial(left, sign=sign)) for sign in (-1, 1))
    slack = 0.0 if high < _COUNTED else 1e-12
    return Approx(low * (1 - slack), high * (1 + slack))


def _first(left: Callable[[float], float], top: float = 1e200) -> float:
    """The least whole k with left(k) <= 0 for a function that falls first; inf if none.

    Beyond 1e12 up to 1e-13 of it.
    """
    high = 1.0
    while left(high) > 0:
        high *= 2
        if high > top:
            return np.inf
    low = 0.0
    while high - low > max(1.0, 1e-13 * high if high > _COUNTED else 0.0):
        middle = float((low + high) // 2)
        low, high = (low, middle) if left(middle) <= 0 else (middle, high)
    return high


def _base(facts: Facts) -> tuple[Premise, ...]:
    return unit_rows(facts), lambda_0_positive(facts)


def _definite(facts: Facts, _: Setting) -> Demands:
    return Demands((not_parallel(facts),))


def _start(width: Callable[[Facts, float], Approx]) -> Callable[[Facts, Setting], Demands]:
    return lambda facts, setting: Demands(_base(facts), width(facts, setting.delta))


def _flow(width: Callable[[Facts, float], Approx]) -> Callable[[Facts, Setting], Demands]:
    return lambda facts, setting: Demands(
        _base(facts), width(facts, setting.delta), concludes=flowing(facts.lambda_0)
    )


def _theorem_4_1(facts: Facts, setting: Setting) -> Demands:
    return Demands(
        _base(facts),
        paper_width(70406.0, facts, setting.delta),
        facts.lambda_0 / exactly(2.0 * facts.n**2),
        concludes=descending(facts.lambda_0 / 2),
    )


def _arora(facts: Facts, setting: Setting) -> Demands:
    epsilon, spectrum = GOAL / 2, facts.spectrum

    def concludes(eta: float) -> Conclusion:
        assert spectrum is not None  # noqa: S101  else no step is allowed
        return Conclusion(steps=recursion_steps(facts, spectrum, eta, epsilon), eta=eta)

    return Demands(
        _base(facts),
        recursion_width(facts, setting.delta, epsilon),
        1 / facts.lambda_top,
        concludes=concludes if spectrum is not None else None,
    )


def _certificate(facts: Facts, _: Setting) -> Demands:
    return Demands((unit_rows(facts),))


def _descent_certificate(facts: Facts, _: Setting) -> Demands:
    # lambda_min(H_core) <= H_ii <= 1, so that eta n^2/2 < 1 is needed whatever the start.
    return Demands((unit_rows(facts),), step=exactly(2.0) / facts.n**2, strict=True)


_START = "its premise is read off the initialised network: `lint --look` draws one of your width"
_relu = partial(Theorem, network=f"{RELU}, first layer", start=GAUSSIAN, loss=SQUARED)
_lemma = partial(
    _relu, paper="du2019", kind="start", method="none: the start", step="",
    says="lambda_min(H(0)) >= 3/4 lambda_0 with probability >= 1 - delta",
)  # fmt: skip
_flows = partial(
    _relu, kind="convergence", method="gradient flow", step="",
    says="||e(t)||^2 <= exp(-lambda_0 t) ||e_0||^2 for all t with probability >= 1 - delta",
)  # fmt: skip

TWO_LAYER = (
    _relu(
        paper="du2019", label="Theorem 3.1", claims=("du2019.theorem_3_1",), kind="data",
        method="none: the data", constants="none", says="lambda_0 > 0", width="", step="",
        ask=_definite,
    ),
    _lemma(
        label="Lemma 3.1", claims=("du2019.lemma_3_1",), constants=DERIVED,
        width="m >= 8 n^2 log(2 n^2/delta)/lambda_0^2", ask=_start(crude_width),
    ),
    _lemma(
        label="Lemma 3.1 with ||G||_F", claims=("du2019sharper.lemma_3_1_frobenius",),
        constants=SHARPER, width="m >= 8 (||G||_F/lambda_0)^2 log(n(n+1)/delta)",
        ask=_start(frobenius_width),
    ),
    _lemma(
        label="Lemma 3.1 by matrix Chernoff", claims=("du2019sharper.lemma_3_1_chernoff",),
        constants=SHARPER, width="m >= 29.21 (||G||/lambda_0) log(n/delta)",
        ask=_start(chernoff_width),
    ),
    _flows(
        paper="du2019", label="Theorem 3.2", constants=DERIVED,
        claims=("du2019paperwidth.theorem_3_2", "du2019.theorem_3_2"),
        width="m >= 4401 n^6 (C^2 + 1/2)/(lambda_0^4 delta^3)",
        ask=_flow(partial(paper_width, 4401.0)),
    ),
    _flows(
        paper="du2019", label="Theorem 3.2, sharpened", constants=SHARPER,
        claims=("du2019sharper.lemma_3_1_chernoff", "du2019sharper.a_cert"),
        width="m >= max(29.21, 24 n) (||G||/lambda_0) log(3n/delta) and "
        "m >= 489 n^2 ||G||^3 (||y||^2 + n/2)/(lambda_0^4 delta)",
        ask=_flow(sharpened_width),
    ),
    _flows(
        paper="du2019", label="Theorem 3.3", constants=DERIVED, network=f"{RELU}, both layers",
        claims=("du2019paperwidth.theorem_3_3", "du2019.theorem_3_3"),
        width="m >= 166887 n^6 (C^2 + 1/2)/(lambda_0^4 delta^3) and "
        "m >= 73985 n^6 (C^2 + 1/2) log(4 m n/delta)/(lambda_0^4 delta)",
        ask=_flow(both_layers_width),
    ),
    _relu(
        paper="du2019", label="Theorem 4.1", kind="convergence", method="gradient descent",
        claims=("du2019paperwidth.theorem_4_1", "du2019.theorem_4_1"), constants=DERIVED,
        says="||e_k||^2 <= (1 - eta lambda_0/2)^k ||e_0||^2 for all k with probability "
        ">= 1 - delta",
        width="m >= 70406 n^6 (C^2 + 1/2)/(lambda_0^4 delta^3)",
        step="eta <= lambda_0/(2 n^2)", ask=_theorem_4_1,
    ),
    _flows(
        paper="du2019", label="A-CERT", claims=("du2019sharper.a_cert",), constants=SHARPER,
        start="any W(0), a_r = +-1", width="", ask=_certificate, hidden=_START,
        says="||e(t)||^2 <= exp(-lambda t) ||e_0||^2 for all t, lambda read off the start",
    ),
    _relu(
        paper="du2019", label="A-CERT for gradient descent", kind="convergence",
        claims=("du2019sharper.a_cert_descent",), method="gradient descent", constants=SHARPER,
        start="any W(0), a_r = +-1", width="", step="eta < 2/n^2 is needed at every start",
        says="||e_k||^2 <= (1 - eta lambda/2)^k ||e_0||^2 for all k, lambda read off the start",
        ask=_descent_certificate, hidden=_START,
    ),
    _relu(
        paper="arora2019", label="Theorem 4.1", claims=("arora2019wide.theorem_4_1",),
        kind="convergence", method="gradient descent", start="pairs (w, +1), (w, -1): u(0) = 0",
        constants="derived (the paper's are hidden)",
        says="||y - u(k)|| = sqrt(sum_i (1 - eta lam_i)^(2k) (v_i.y)^2) up to epsilon ||y||, "
        f"epsilon = {GOAL / 2:g}, for all k with probability >= 1 - delta",
        width="m >= 4 (||G||_F/c)^2 log(2n(n+1)/delta) and m >= ||G|| ||y||^2/(R (lambda_0 - c))^2,"
        " c = epsilon lambda_0/(1 + epsilon), R = delta c/(4 sqrt(2/pi) (2 sum |G_ij| - n))",
        step="eta <= 1/lam_max(H_inf)", ask=_arora,
    ),
)  # fmt: skip
