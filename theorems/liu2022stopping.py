"""Liu, Zhu, Belkin: Loss landscapes and optimization in over-parameterized non-linear systems and neural networks. arXiv:2003.00307v2.

Almost over-parameterised systems: PL* where the loss is not small yet, and when to stop. The theorem
of the paper could not be recalled exactly, the condition by a projector is ours. Notation as in
`liu2022`; mu-PL*_eps on S: (1/2)||grad L||^2 >= mu L at all w in S with L(w) >= eps.
"""  # noqa: E501  the citation is one line

from functools import partial
from math import ceil, log, log1p

import torch
from torch import Tensor

from certify import enclosed
from claims import assume_premise, claim, reached, wrong
from dynamics import system_descent
from models import System, system_taylor
from strategies import (
    over_determined_systems,
    small_decimals,
    whole_numbers,
)
from theorems._liu2022 import (
    EPS,
    half_gradient,
    residual_norm,
)
from verdicts import (
    Approx,
    Margin,
    Proof,
    at_least,
    at_most,
    constant,
    every,
    exactly,
    number,
    quantity,
)

SHARES = small_decimals(min_value=0.1, max_value=1)  # of the largest step
FEW = 200  # steps that an exact model takes
MISS = quantity("squared_miss")  # in proofs

FLAT = System.of(rows=[[1], [0]], labels=[2, 1], point=[0])
UNEQUAL = System.of(rows=[[2, 0], [0, 1], [0, 0]], labels=[0, 1, 1], point=[0, 0])
FAR = System.of(rows=[[1], [0]], labels=[1, "1/100"], point=[0])


@claim(
    "PL*_eps, sufficient condition",
    for_all={"system": over_determined_systems(), "k": whole_numbers(min_value=1, max_value=5)},
    text="derived",
    bound="tight",
    mutants=[
        wrong(
            theta=0.0,
            because="the part of r that is out of reach has no gradient",
            witness={"system": FLAT, "k": 1},
        ),
        wrong(
            eigenvalue="largest",
            because="the part of r in the k-th eigenspace counts with its own eigenvalue",
            witness={"system": UNEQUAL, "k": 2},
        ),
    ],
)
def pl_eps(system: System, k: int, *, theta: float = 1.0, eigenvalue: str = "k-th") -> Margin:
    """A residual that lies mostly in the large eigenspaces of K gives PL* down to a positive loss.

    P projects on the k largest eigenspaces of K(w), the k-th eigenvalue being lambda. If
    ||(I - P) r||^2 <= 2 theta eps, then (1/2)||grad L||^2 >= (1 - theta) lambda L where L >= eps:
    on the edge, (1 - theta) L = ||P r||^2/2. Also for m < n. (theta: times the tail.)
    """
    k = min(k, system.m)
    values, weak, r = _split(system, k)
    loss = residual_norm(system) ** 2 / 2
    exact = partial(Proof, "system", system.recipe)
    some = exact(quantity("loss"), ">=", 1e-9)
    assume_premise("L > 0", at_least(loss, exactly(1e-9), proof=some))
    kept = loss - theta / 2 * _squared(weak @ r)
    lowest = values[system.n - k] if eigenvalue == "k-th" else values[-1]
    half = half_gradient(system, system.w, system.y)
    scale = exactly(1e-6) + values[-1] * loss
    # Of all columns the projector and its eigenvalue are rational or nearly so.
    top = quantity("lambda_min_gram" if eigenvalue == "k-th" else "lambda_max_K")
    left = quantity("loss") - constant("theta") / 2 * quantity("squared_miss")
    proof = exact(quantity("squared_gradient") / 2, ">=", top * left)
    regular = k == system.m and values[system.n - k].low > 0
    return at_least(half, lowest * kept, scale=scale, proof=proof if regular else None)


@claim(
    "PL*_eps, early stopping",
    for_all={
        "system": over_determined_systems(),
        "k": whole_numbers(min_value=1, max_value=5),
        "share": SHARES,
    },
    text="derived",
    depends_on=["liu2022stopping.pl_eps"],
    mutants=[
        wrong(
            reach=0.49,
            because="L stays at eps/2, where only what is out of reach is left",
            witness={"system": FLAT, "k": 1, "share": 1.0},
        ),
        wrong(
            logarithm=False,
            because="a loss of 5000 eps takes more than 1/(eta mu) steps",
            witness={"system": FAR, "k": 1, "share": 0.1},
        ),
        wrong(
            tail=0.4,
            because="a threshold below half of the part out of reach is never met",
            witness={"system": FLAT, "k": 1, "share": 1.0},
        ),
    ],
)
def early_stopping(
    system: System,
    k: int,
    share: float,
    *,
    reach: float = 1.0,
    logarithm: bool = True,
    tail: float = 1.0,
) -> Margin:
    """PL* down to the loss eps takes gradient descent there in logarithmically many steps.

    If L is mu-PL*_eps (mu-PL* where L >= eps) and eta <= 1/beta, then L(w_t) <= eps for t = T =
    ceil(log(L_0/eps)/-log(1 - eta mu)), and the path is at most 2 r_0/sqrt(mu). Here F is linear,
    perhaps without solution, eps = ||(I - P) r_0||^2 and mu = lambda_k/2, see `pl_eps`.
    """
    k = min(k, system.m)
    values, weak, r = _split(system, k)
    r_0, eps = residual_norm(system), tail * _squared(weak @ r)
    root = (values[system.n - k] / 2).sqrt()
    _suppose_stop(system, r_0, eps, root)
    eta = share / values[-1].high
    contraction = -log1p(-eta * root.low**2)
    steps = log(float(r_0.high) ** 2 / 2 / eps.low) / contraction
    T = max(1, ceil(steps if logarithm else 1 / (eta * root.low**2)))
    assume_premise("few steps", at_most(exactly(T), exactly(2000.5)).proved_by(_few(system, T)))
    reached(steps=T)
    run = system_descent(system, eta, T, beta=0.0)
    proof = _stopped(system, eta, T, logarithm=logarithm) if k == system.m and T <= FEW else None
    return every(
        loss=at_most(run.residual[T] ** 2 / 2, reach * eps, scale=eps, proof=proof),
        path=at_most(run.path[T], 2 * r_0 / root, scale=r_0 / root),
    )


def _suppose_stop(system: System, r_0: Approx, eps: Approx, root: Approx) -> None:
    exact, threshold = partial(Proof, "system", system.recipe), constant("tail") * MISS
    some = exact(threshold, ">=", 1e-6)
    above = exact(quantity("loss"), ">=", threshold)
    regular = exact(quantity("lambda_min_gram"), ">=", 2e-4)
    assume_premise("eps > 0", at_least(eps, exactly(1e-6)).proved_by(some))
    assume_premise("L_0 > eps", at_least(r_0**2 / 2, eps).proved_by(above))
    assume_premise("lambda_k > 0", at_least(root, exactly(0.01)).proved_by(regular))


def _few(system: System, T: int) -> Proof:
    return Proof("system", system.recipe, number(T), "<=", 2000)


def _stopped(system: System, eta: float, T: int, *, logarithm: bool) -> Proof:
    """That the loss is eps after T steps, of full column rank, where P projects on the range."""
    exact = partial(Proof, "system", system.recipe)
    fits = exact(number(eta) * quantity("lambda_max_K"), "<=", 1)
    after = quantity("loss_after", step=eta, count=T)
    enough = exact(after, "<=", constant("reach") * constant("tail") * MISS)
    contraction = number(eta) * quantity("lambda_min_gram") / 2
    steps = 1 / contraction
    if logarithm:
        ratio = quantity("loss") / (constant("tail") * MISS)
        steps = ratio.log() / -(1 - contraction).log()
    late = exact(number(T), ">=", steps)
    return enough.under("eta <= 1/beta", fits).under("T", late)


def _split(system: System, k: int) -> tuple[Approx, Tensor, Tensor]:
    """The eigenvalues of K in ascending order, the n - k weakest eigenvectors as rows, and r.

    Eigenvalues are off by 10 n eps ||K|| at most; a wrong basis of a cluster changes no projector
    that matters, since what it mixes has one eigenvalue.
    """
    K = system.A @ system.A.mT
    values, vectors = torch.linalg.eigh(K)
    error = 16 * (system.n + system.m) * EPS * float(K.norm())
    return enclosed(values, error), vectors[:, : system.n - k].mT, _residual(system)


def _residual(system: System) -> Tensor:
    return system_taylor(system, system.w).F - system.y


def _squared(vector: Tensor) -> Approx:
    total = vector.square().sum()
    return enclosed(total, 1e-12 * total)
