"""Liu, Zhu, Belkin: Loss landscapes and optimization in over-parameterized non-linear systems and neural networks. arXiv:2003.00307v2.

Stochastic gradient descent on L = sum_i (F_i - y_i)^2/2, each term lambda-smooth: batches of s indices,
independent and uniform, w+ = w - eta sum_j grad l_(i_j)(w), a sum and no mean. Theorem 7 is recalled
with the step n mu/(n lambda (n^2 lambda + mu (s - 1))) and the radius 2n sqrt(2 lambda L_0)/(mu delta);
the larger step and the smaller radius below are derived. Linear systems: there lambda = max |a_i|^2
and mu = lambda_min(A A^T), and expectations over batches are finite sums. Notation as in `liu2022`.
"""  # noqa: E501  the citation is one line

from functools import partial

import numpy as np
import torch
from torch import Tensor

from certify import enclosed
from claims import assume_premise, claim, wrong
from models import System, after_one_batch, batch_counts, drawn_moment, system_taylor
from strategies import small_decimals, systems, whole_numbers
from theorems._liu2022 import least_sigma, residual_norm
from verdicts import (
    Approx,
    Margin,
    Proof,
    at_least,
    at_most,
    constant,
    every,
    exactly,
    greatest,
    number,
    quantity,
)

EPS = 2.0**-52
LINEAR = systems(kinds=("linear",), max_m=8)
BATCHES = whole_numbers(min_value=1, max_value=3)
SHARES = small_decimals(min_value=0.1, max_value=1)  # of the largest step
STEPS = 60
MOST_STEPS, FEW = 20, 4096  # steps and sequences of batches that are enumerated

MEANS = {"system": LINEAR, "s": BATCHES, "share": SHARES}

ONE = System.of(rows=[[1]], labels=[1], point=[0])
TWO_ROWS = System.of(rows=[[1, 0], ["399/401", "40/401"]], labels=[-1, 1], point=[0, 0])

FASTER = wrong(
    rate=2.0,
    because="one sample gives gradient descent: (1 - eta)^2 > 1 - 2 eta",
    witness={"system": ONE, "s": 1, "share": 0.5},
)
SHORTER = wrong(
    path=0.4,
    because="one sample goes r_0 at once, half of the bound",
    witness={"system": ONE, "s": 1, "share": 1.0},
)


@claim(
    "Theorem 7, one step",
    for_all=MEANS,
    text="derived",
    mutants=[
        wrong(
            step=1.5,
            because="two unit rows at an angle of 0.1 with r = (1, -1) lose less",
            witness={"system": TWO_ROWS, "s": 1, "share": 1.0},
        ),
        FASTER,
        wrong(
            rule="descent",
            because="at the step 1/(n lambda) of gradient descent the noise wins",
            witness={"system": TWO_ROWS, "s": 1, "share": 1.0},
        ),
        wrong(
            batch="mean",
            because="a mean over the batch moves 1/s as far",
            witness={"system": ONE, "s": 2, "share": 1.0},
        ),
    ],
)
def one_step(
    system: System,
    s: int,
    share: float,
    *,
    step: float = 1.0,
    rate: float = 1.0,
    rule: str = "derived",
    batch: str = "sum",
) -> Margin:
    """In the mean over mini-batches one step gains the factor 1 - eta mu s/n.

    If eta <= mu/(lambda(n lambda + mu(s - 1))), then E[L(w+) | w] <= (1 - eta mu s/n) L(w): a batch
    has E||g||^2 = (s/n) sum_i ||grad l_i||^2 + s(s - 1)/n^2 ||grad L||^2. The recalled step is
    smaller. (For the labels drawn, and the weakest residual; rule="descent": eta <= 1/(n lambda).)
    """
    smooth, mu = _constants(system)
    n = system.n
    largest_step = mu / (smooth * (n * smooth + mu * (s - 1)))
    limit = largest_step.low if rule == "derived" else 1 / (n * smooth.high)
    eta = step * share * limit
    used = eta if batch == "sum" else eta / s
    K = system.A @ system.A.mT
    residuals = {
        "drawn": system_taylor(system, system.w).F - system.y,
        "weakest": torch.linalg.eigh(K).eigenvectors[:, 0],
    }
    _suppose(system, residual_norm(system))
    exact = partial(Proof, "system", system.recipe)
    gain = constant("rate") * number(eta) * s / n * quantity("lambda_min_K")
    mean = quantity("mean_loss", step=used, batch=s)
    falls = exact(mean, "<=", (1 - gain) * quantity("loss"))
    falls = falls.under("the step", _allowed(system, eta / step, s, rule))
    parts = {}
    for name, r in residuals.items():
        loss = exactly(float(r.square().sum()) / 2)
        kept = 1 - eta * rate * s / n * mu
        found, proof = _mean_loss(system, r, used, s), falls if name == "drawn" else None
        parts[name] = at_most(found, kept * loss, scale=loss, proof=proof)
    return every(**parts)


@claim(
    "Theorem 7, all steps",
    for_all=MEANS,
    text="derived",
    depends_on=["liu2022stochastic.one_step"],
    mutants=[FASTER, SHORTER],
)
def all_steps(
    system: System, s: int, share: float, *, rate: float = 1.0, path: float = 1.0
) -> Margin:
    """The mean loss decays linearly, and the mean length of the path is bounded for ever.

    With eta as for one step: E L(w_t) <= (1 - eta mu s/n)^t L(w_0), and the path's mean length is
    2 sqrt(2 n lambda L_0)/mu at most. By Markov it is longer than 1/delta times that with
    probability at most delta: a radius smaller by sqrt(n) than the recalled one. (60 steps; the
    mean length is between that of the first steps, enumerated, and a sum of root mean squares.)
    """
    smooth, mu = _constants(system)
    n = system.n
    r_0 = residual_norm(system)
    eta = share * (mu / (smooth * (n * smooth + mu * (s - 1)))).low
    bound = path * 2 * r_0 * (n * smooth).sqrt() / mu
    return _all_steps(system, s, eta, rate, bound, _proofs(system, eta, s))


@claim(
    "Theorem 7, as recalled",
    for_all=MEANS,
    text="derived",
    depends_on=["liu2022stochastic.all_steps"],
    mutants=[FASTER, SHORTER],
)
def theorem_7(
    system: System, s: int, share: float, *, rate: float = 1.0, path: float = 1.0
) -> Margin:
    """The theorem on stochastic descent with the step and the radius as they were recalled.

    If eta <= n mu/(n lambda(n^2 lambda + mu(s - 1))), then E L(w_t) <= (1 - eta mu s/n)^t L(w_0),
    and with probability >= 1 - delta no w_t leaves B(w_0, R), R = 2n sqrt(2 lambda L_0)/(mu delta):
    by Markov, as the path's mean length is at most delta R. (60 steps; both constants are weaker
    than the derived ones.)
    """
    smooth, mu = _constants(system)
    n = system.n
    r_0 = residual_norm(system)
    eta = share * (mu / (smooth * (n**2 * smooth + mu * (s - 1)))).low
    bound = path * 2 * n * r_0 * smooth.sqrt() / mu
    return _all_steps(system, s, eta, rate, bound, _proofs(system, eta, s))


def _all_steps(
    system: System, s: int, eta: float, rate: float, bound: Approx, proofs: tuple[Proof, Proof]
) -> Margin:
    """Decay of the mean loss, and the mean length of the path below a bound.

    The proofs are of the first step, and of the path of one equation.
    """
    n, r = system.n, system_taylor(system, system.w).F - system.y
    r_0, mu = residual_norm(system), _constants(system)[1]
    _suppose(system, r_0)
    losses, length = _moments(system, r, eta, s)
    kept = (1 - min(1.0, rate * eta * (s / n) * mu.low)) ** np.arange(1, STEPS + 1)
    mean_path = Approx(min(_first_steps(system, r, eta, s), length.high), length.high)
    ceiling = exactly(kept) * (r_0**2 / 2)
    scale = ceiling + 1e-12 * r_0**2
    first, walked = proofs
    return every(
        decay=at_most(losses, ceiling, scale=scale),
        first_step=at_most(losses[0], ceiling[0], scale=scale[0], proof=first),
        path=at_most(mean_path, bound, scale=bound, proof=walked if n == s == 1 else None),
    )


def _suppose(system: System, r_0: Approx) -> None:
    some = Proof("system", system.recipe, quantity("squared_residual"), ">=", 1e-18)
    assume_premise("r_0 > 0", at_least(r_0, exactly(1e-9)).proved_by(some))


def _allowed(system: System, eta: float, s: int, rule: str = "derived") -> Proof:
    """That a step is no larger than the statement, or gradient descent, allows."""
    smooth, mu, n = quantity("largest_row"), quantity("lambda_min_K"), system.n
    size = n * smooth + mu * (s - 1)
    limit = mu / (smooth * size) if rule == "derived" else 1 / (n * smooth)
    return Proof("system", system.recipe, number(eta), "<=", limit)


def _proofs(system: System, eta: float, s: int) -> tuple[Proof, Proof]:
    """That the mean loss falls at the first step, and that one equation goes no farther."""
    exact, n = partial(Proof, "system", system.recipe), system.n
    least = quantity("lambda_min_K")
    gain = constant("rate") * number(eta) * s / n * least
    mean = quantity("mean_loss", step=eta, batch=s)
    r_0 = quantity("squared_residual").sqrt()
    length = constant("path") * 2 * r_0 * (n * quantity("largest_row")).sqrt() / least
    found = exact(mean, "<=", greatest(1 - gain, 0) * quantity("loss"))
    walked = exact(quantity("path_after", step=eta, count=MOST_STEPS), "<=", length)
    step = _allowed(system, eta, s)
    return found.under("the step", step), walked.under("the step", step)


def _constants(system: System) -> tuple[Approx, Approx]:
    """The largest |a_i|^2, and lambda_min(A A^T)."""
    squares = system.A.square().sum(dim=-1)
    return enclosed(squares.max(), (system.m + 4) * EPS * squares.max()), least_sigma(system) ** 2


def _mean_loss(system: System, r: Tensor, eta: float, s: int) -> Approx:
    """E L after one batch, over all batches; the rounding is that of sums of n m products."""
    counts, A = batch_counts(system.n, s), system.A
    after = r - eta * (((counts * r) @ A) @ A.mT)
    size = r.abs() + eta * (((counts * r.abs()) @ A.abs()) @ A.abs().mT)
    rounding = 16 * (system.n + system.m + 4) * EPS
    mean, most = after.square().sum(dim=-1).mean() / 2, size.square().sum(dim=-1).mean()
    return enclosed(mean, rounding * most)


def _moments(system: System, r: Tensor, eta: float, s: int) -> tuple[Approx, Approx]:
    """E L(w_1), ..., E L(w_T), and the sum of sqrt(E ||w_(t+1) - w_t||^2).

    Each step of the recursion is good to 64 n^2 roundings, and contracts what went before by
    1 - eta mu s/n at least, as it does the moment itself.
    """
    K, moment = system.A @ system.A.mT, torch.outer(r, r)
    losses, lengths = [], []
    for _ in range(STEPS):
        lengths.append(eta * (drawn_moment(moment, s) * K).sum().clamp(min=0).sqrt())
        moment = after_one_batch(moment, K, eta, s)
        losses.append(moment.diagonal().sum() / 2)
    t, first = torch.arange(1.0, STEPS + 1, dtype=r.dtype), float(r.square().sum())
    slowest = (1 - eta * s / system.n * float(torch.linalg.eigvalsh(K)[0])) ** t
    error = 64 * system.n**2 * EPS * t * slowest.clamp(min=0) * first
    total = torch.stack(lengths).sum()
    values = enclosed(torch.stack(losses), error + 1e-300)
    return values, enclosed(total, 1e-9 * total)


def _first_steps(system: System, r: Tensor, eta: float, s: int) -> float:
    """A lower bound of the mean length of the path: its first steps, over all their batches."""
    counts, A = batch_counts(system.n, s), system.A
    paths, length = r[None], 0.0
    for _ in range(MOST_STEPS):
        if len(paths) * len(counts) > FEW:
            break
        gradients = (counts * paths[:, None]).reshape(-1, system.n) @ A
        length += eta * float(gradients.norm(dim=-1).mean())
        paths = paths.repeat_interleave(len(counts), dim=0) - eta * gradients @ A.mT
    return length * (1 - 1e-12)
