"""Liu, Zhu, Belkin: Loss landscapes and optimization in over-parameterized non-linear systems and neural networks. arXiv:2003.00307v2.

Gradient descent, w_(t+1) = w_t - eta grad L(w_t), under PL*. Notation as in `liu2022`; the constants
are derived here.
"""  # noqa: E501  the citation is one line

from collections.abc import Callable
from functools import partial
from math import log1p

import torch

from claims import assume_premise, claim, wrong
from dynamics import rise_along, system_descent
from models import System, system_taylor
from strategies import (
    coherent_systems,
    either,
    small_decimals,
    systems,
)
from theorems._liu2022 import (
    along,
    flow_radius,
    on_ball,
    pl_root,
    residual_norm,
)
from verdicts import (
    Approx,
    Margin,
    Proof,
    at_least,
    at_most,
    constant,
    decays,
    every,
    exactly,
    greatest,
    number,
    quantity,
)

WAVY = systems(kinds=("linear", "wavy", "quadratic"), max_n=4, max_m=8)
REGULAR = either(systems(kinds=("linear", "wavy", "quadratic")), coherent_systems())
SHARES = small_decimals(min_value=0.1, max_value=1)  # of the largest step
STEPS = 40
SHOWN = 40.0  # of -log L_t/L_0: where the bound is lower, floats do not show it
RISE = 1e-7  # of r_0: rounding, where r_0 is small beside F
R_0 = quantity("squared_residual").sqrt()  # in proofs

IDENTITY = System.of(rows=[[1]], labels=[1], point=[0])


def spiral(k: int) -> System:
    """F(a, b) = b sin(ka) + sin(ka)/k with y = -1 at the origin; ||DF|| = 1 on the axis b = 0."""
    return System.of(
        rows=[[0, 0]],
        outer=[[f"1/{k}"]],
        inner=[[k, 0]],
        twists=[[[0, 1]]],
        labels=[-1],
        point=[0, 0],
    )


@claim(
    "Theorem 6, gradient descent",
    for_all={"system": REGULAR, "share": SHARES},
    text="derived",
    bound="tight",
    depends_on=["liu2022.kernel_and_pl"],
    mutants=[
        wrong(
            rate=2.0,
            because="(1 - eta)^2 > 1 - 2 eta; the rate of a definition without 1/2",
            witness={"system": IDENTITY, "share": 0.2},
        ),
        wrong(
            step=1.5,
            because="at 1.5/beta F(w) = w keeps a quarter of its loss, not less than nothing",
            witness={"system": IDENTITY, "share": 1.0},
        ),
        wrong(
            path=0.5,
            because="F(w) = w goes all of r_0/sqrt(mu)",
            witness={"system": IDENTITY, "share": 0.2},
        ),
    ],
)
def gradient_descent_converges(
    system: System, share: float, *, rate: float = 1.0, step: float = 1.0, path: float = 1.0
) -> Margin:
    """PL* on a ball makes gradient descent converge linearly inside it, and confines its path.

    Let L be mu-PL* on B(w_0, R), R = 2 r_0/sqrt(mu) (at most the paper's 2 L_F r_0/mu), with
    L_F and beta_F there, beta = L_F^2 + beta_F r_0 and eta <= 1/beta. Then
    L(w_t) <= (1 - eta mu)^t L(w_0), the path is at most r_0/(sqrt(mu)(1 - eta beta/2)) <= R, and
    no point between two iterates has a larger loss than the first of them. What is asked for here
    is more than PL*, lambda_min(K) >= mu on the ball. (40 steps, or as far as floats show the
    bound.)
    """
    r_0, root = residual_norm(system), pl_root(system, flow_radius(system, 2.0))
    _suppose(system, r_0, root)
    bounds = on_ball(system, 2 * r_0.high / root)
    beta = bounds.L_F**2 + bounds.beta * r_0
    eta = step * share / beta.high
    run = system_descent(system, eta, STEPS, beta=bounds.beta.high)
    least = r_0 / exactly(root)
    confined = path * least / (1 - eta * beta / 2)
    contraction = _rate(rate * eta * root**2)
    last = 1 + min(STEPS, max(1, int(SHOWN / contraction)))
    decayed, walked = _proofs(system, eta, root) if system.linear else (None, None)
    return every(
        decay=decays(run.log_ratio[:last], contraction, over=range(last), proof=decayed),
        path=at_most(run.path[STEPS], confined, scale=least, proof=walked),
        segments=at_most(run.rise.max(), exactly(0.0), resolution=RISE),
    )


@claim(
    "Theorem 6, gradient descent, constants along the step",
    for_all={"system": WAVY, "share": SHARES},
    text="derived",
    depends_on=["liu2022descent.gradient_descent_converges"],
    mutants=[
        wrong(
            power=2,
            because="on a spiral ||DF|| = 1 all along the axis, and the curvature costs half",
            witness={"system": spiral(2), "share": 1.0},
        ),
        wrong(
            curvature=0.0,
            because="with the step 1/L_F^2 of a flat F the loss of a spiral increases",
            witness={"system": spiral(5), "share": 1.0},
        ),
    ],
)
def one_step(system: System, share: float, *, power: int = 1, curvature: float = 1.0) -> Margin:
    """All that one step of gradient descent needs is known along that step.

    With L_F, beta_F and mu over the segment from w_0 to w_0 - grad L/beta, beta = L_F^2 +
    beta_F r_0 and eta <= 1/beta: L(w_1) <= (1 - eta mu) L(w_0), and nowhere between is L larger
    than L(w_0). (The constants come from a segment that is longer, up to a step 1/||DF(w_0)||^2;
    power=2: (1 - eta mu)^2; curvature=0: eta <= 1/L_F^2.)
    """
    r_0, r = residual_norm(system), system_taylor(system, system.w)
    assume_premise("r_0 > 0", at_least(r_0, exactly(1e-9)))
    gradient = (r.F - system.y) @ r.J
    longest = 1 / max(float(torch.linalg.matrix_norm(r.J, 2)) ** 2, 1e-9)
    bounds = along(system, system.w, system.w - longest * gradient)
    beta = bounds.L_F**2 + curvature * bounds.beta * r_0
    eta = share / beta.high
    assume_premise("PL* along the step", at_least(bounds.sigma, exactly(1e-9)))
    last = system.w - eta * gradient
    rise = rise_along(system, system.w[None], last[None], beta=bounds.beta.high)
    ratio = (residual_norm(system, last) / r_0) ** 2
    return every(
        decay=at_most(ratio, (1 - eta * bounds.sigma**2) ** power),
        segment=at_most(rise.max(), exactly(0.0), resolution=RISE),
    )


def _suppose(system: System, r_0: Approx, root: float) -> None:
    """The premises r_0 > 0 and PL* with mu = root^2 on the ball of radius 2 r_0/root."""
    exact = partial(Proof, "system", system.recipe)
    some = exact(quantity("squared_residual"), ">=", 1e-18)
    assume_premise("r_0 > 0", at_least(r_0, exactly(1e-9)).proved_by(some))
    conditioned = at_least(exactly(root), exactly(1e-9))
    sigma = quantity("sigma_on_ball", radius=2 * R_0 / number(max(root, 1e-300)))
    conditioned = conditioned.proved_by(exact(sigma, ">=", number(root)))
    assume_premise("mu-PL* on the ball", conditioned)


def _proofs(system: System, eta: float, root: float) -> tuple[Callable[[float], Proof], Proof]:
    """That the loss decays and the path is short, of linear systems: beta = lambda_max(K)."""
    exact, top = partial(Proof, "system", system.recipe), quantity("lambda_max_K")
    fits = exact(number(eta) * top, "<=", constant("step"))
    kept = greatest(1 - constant("rate") * number(eta) * number(root) ** 2, 0)
    length = constant("path") * R_0 / number(root) / (1 - number(eta) * top / 2)
    walked = exact(quantity("path_after", step=eta, count=STEPS), "<=", length)

    def decayed(t: float) -> Proof:
        after = quantity("loss_after", step=eta, count=int(t))
        bound = kept ** int(t) * quantity("loss")
        return exact(after, "<=", bound).under("eta <= 1/beta", fits)

    return decayed, walked.under("eta <= 1/beta", fits)


def _rate(contraction: float) -> float:
    """-log(1 - contraction), 20 at most; of 1 and more what no loss in floats keeps up with."""
    return -log1p(-min(contraction, 1 - 2e-9)) if contraction < 1 else 700.0
