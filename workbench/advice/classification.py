"""Labels -1 and +1 with the logistic loss: Frei and Gu at any width, Nitanda et al. when wide."""

from __future__ import annotations

from functools import lru_cache
from math import log

from certify import Growth, gaussian_mean
from models import activation
from verdicts import Approx, exactly
from workbench.advice.facts import Facts, over
from workbench.advice.premises import signs_as_labels, unit_rows
from workbench.advice.theorem import GOAL, Conclusion, Demands, Premise, Setting, Theorem, most

LEAK = 0.1  # gamma of sigma(z) = max(z, gamma z)
_L_0 = log(2)  # the loss of outputs 0


@lru_cache(maxsize=1)
def mean_slope() -> Approx:
    """E tanh'(z) of z ~ N(0, 1)."""
    return gaussian_mean(lambda z, _: 1 - z.tanh() ** 2, growth=Growth(1))


def steps_of_descent(margin: Approx, eta: float, epsilon: float = GOAL) -> Approx:
    """2 lambda^2/(eta epsilon) with lambda = log(4/epsilon)/(gamma gm), from W_0 = 0."""
    reach = over(log(4 / epsilon) / LEAK, margin)
    return 2 * reach**2 / (eta * epsilon)


def sampled_width(margin: Approx, n: int, delta: float) -> Approx:
    """How wide half of the tangent margin needs: 8 K_1^2 log(n/delta)/rho^2, K_1 = 1 of tanh."""
    rho = mean_slope() * margin
    return over(8 * log(n / delta), rho**2)


def nitanda_width(margin: Approx, n: int, delta: float) -> Approx:
    """The width for a training error of GOAL at beta = 1/2, from an antisymmetric start.

    m/2 neurons keep half of the margin; the error is at most 2 G, some G_t at most GOAL/2 after
    T >= 32 L_0/(rho^2 eta (GOAL/2)^2) steps, and T <= (rho/2)^2 m/(8 K_2^2 eta L_0) must hold: 1025
    in place of 1024 leaves room for a whole T, since T > 600000 at every allowed step.
    """
    rho, bend = mean_slope() * margin, activation("tanh").beta
    runs = over(1025.0 * (bend * _L_0) ** 2 / (GOAL / 2) ** 2, rho**4)
    return most(2 * sampled_width(margin, n, delta), runs)


def nitanda_step(width: Approx) -> Approx:
    """1/(K_1^2/4 + K_2/sqrt(m)) for unit rows at beta = 1/2; m at least 1."""
    return 1 / (0.25 + over(activation("tanh").beta, most(width, exactly(1.0)).sqrt()))


def _separable(facts: Facts) -> tuple[Premise, ...]:
    return (
        unit_rows(facts),
        signs_as_labels(facts),
        *(
            ()
            if facts.margin is None
            else (
                Premise(
                    "separable by a plane through 0",
                    "labels",
                    "gm = max over |v| <= 1 of min_i y_i v.x_i > 0",
                    facts.margin,
                    ">",
                    exactly(0.0),
                    "add a column of ones before --normalise, for planes elsewhere",
                ),
            )
        ),
    )


def _any_width(facts: Facts, _: Setting) -> Demands:
    margin = facts.margin
    if margin is None or margin.high <= 0:
        return Demands(_separable(facts), exactly(1.0), exactly(1.0))

    def concludes(eta: float) -> Conclusion:
        return Conclusion(
            goal=f"a mean logistic loss of {GOAL:g}", steps=steps_of_descent(margin, eta), eta=eta
        )

    return Demands(_separable(facts), exactly(1.0), exactly(1.0), concludes=concludes)


def _nitanda(facts: Facts, setting: Setting) -> Demands:
    margin = facts.margin
    if margin is None or margin.high <= 0:
        return Demands(_separable(facts))
    rho = mean_slope() * margin
    width = nitanda_width(margin, facts.n, setting.delta)

    def concludes(eta: float) -> Conclusion:
        steps = over(32 * _L_0 / (eta * (GOAL / 2) ** 2), rho**2)
        return Conclusion(goal=f"a training error of {GOAL:g}", steps=steps, eta=eta)

    return Demands(_separable(facts), width, nitanda_step(width), concludes=concludes)


CLASSIFICATION = (
    Theorem(
        paper="frei2021", label="B8 (iv)", kind="convergence",
        claims=("frei2021descent.descent", "frei2021descent.steps_for_eps"),
        network=f"two-layer leaky ReLU, slope {LEAK:g}, first layer",
        start="any W_0; steps counted from 0",
        method="gradient descent", loss="logistic", constants="of the catalogue",
        says="(1/T) sum_t L(W_t) <= 2 l(lambda gamma gm) + ||W_0 - lambda V||^2/(eta T)",
        width="any m", step="eta <= 1", ask=_any_width,
    ),
    Theorem(
        paper="nitanda2019", label="C1 and C3", kind="convergence",
        claims=("nitanda2019.margin_survives", "nitanda2019.descent"),
        network="two-layer tanh, first layer, beta = 1/2", start="pairs (w, +1), (w, -1): f = 0",
        method="gradient descent", loss="logistic",
        constants="derived here; the paper's text was not read",
        says="(1/T) sum_t G_t^2 <= 8 L_0/(rho^2 eta T) with probability >= 1 - delta, T <= "
        "rho^2 m/(8 K_2^2 eta L_0); the training error is at most 2 G_t",
        width="m >= 16 log(n/delta)/r^2 and m >= 1025 (K_2 log 2)^2/(r^4 0.005^2), "
        "r = E tanh'(z) gm",
        step="eta <= 1/(1/4 + K_2/sqrt(m))", ask=_nitanda,
    ),
)  # fmt: skip
