"""Gao, Liu, Liu, Rajan, Gao: A global convergence theory for deep ReLU implicit networks via over-parameterization. arXiv:2110.05645v2.

What every proof of the paper uses of z = s(W z + b), rho = ||W||_2 < 1, without saying so: how fast
Picard's iteration z^(k+1) = s(W z^k + b) from z^0 = 0 gets near, how near any z is by its residual,
when the signs of a computed solution are the true ones, and how the solution moves with W and b.
All is true of any s with slopes in [-1, 1]; it is checked for ReLU and a leaky ReLU. Our proofs.
"""  # noqa: E501  the citation is one line

from functools import partial
from typing import TypeAlias

import torch

from certify import enclosed, exact_equilibrium, operator_norm
from claims import assume_premise, claim, wrong
from models import EquilibriumProblem, nonlinearity
from strategies import equilibrium_pairs, equilibrium_problems
from theorems._equilibria import (
    BELOW_ONE,
    EPS,
    NORM,
    SMALL,
    all_at_most,
    at_steps,
    exact_model,
    fractions,
    length,
    picard,
    powers,
    solved,
)
from verdicts import Approx, Margin, Proof, at_least, at_most, constant, every, exactly, quantity

Pair: TypeAlias = tuple[EquilibriumProblem, EquilibriumProblem]

KINDS = ("relu", "leaky relu")
PROBLEMS = equilibrium_problems(max_m=24, activations=KINDS)
STEPS = 12
HALF = EquilibriumProblem.of(W=[["1/2"]], b=[[1]])


def _pair(first: tuple[str, str], second: tuple[str, str]) -> Pair:
    one, other = (EquilibriumProblem.of(W=[[W]], b=[[b]]) for W, b in (first, second))
    return one, other


ALIKE = _pair(("1/2", "1"), ("1/2", "1"))
SLOWER = _pair(("1/2", "1"), ("9/10", "1"))


@claim(
    "Lemma 2.2, a priori",
    for_all={"problem": PROBLEMS},
    topics=["equilibrium"],
    text="derived",
    bound="tight",
    mutants=[
        wrong(
            error=0.99,
            because="m = 1, W > 0 and b > 0 attain it at every k",
            witness={"problem": HALF},
        ),
        wrong(ahead=1, because="already z^0 = 0 is b/(1 - W) away", witness={"problem": HALF}),
        wrong(
            size=0.99,
            because="m = 1, W > 0 and b > 0 attain it at every k >= 1",
            witness={"problem": HALF},
        ),
    ],
)
def a_priori(
    problem: EquilibriumProblem, *, error: float = 1.0, size: float = 1.0, ahead: int = 0
) -> Margin:
    """Picard's iteration converges at the rate rho, and stays bounded on its way.

    ||z^k - z*|| <= rho^k/(1 - rho) ||s(b)|| and ||z^k|| <= (1 - rho^k)/(1 - rho) ||s(b)|| for all
    k >= 0; here for k <= 12. (ahead: rho^(k + ahead) in the first.)
    """
    at = solved(problem)
    z, moved = picard(problem, STEPS)
    power = powers(at.rho, STEPS + ahead)
    first = length(z[1], moved)
    whole = first / (1 - at.rho)
    scale = 1 + whole.max().high
    exact = exact_model(problem)
    norm_1 = partial(quantity, "norm_iterate", steps=1)
    full = NORM ** constant("ahead") * constant("error") / (1 - NORM)
    near = all_at_most(
        at.distance(z, moved),
        error * power[ahead:] * whole,
        scale,
        lambda k, i: exact(at_steps("error", k, i), "<=", NORM**k * full * norm_1(sample=i)),
    )
    rest = constant("size") / (1 - NORM)
    small = all_at_most(
        length(z, moved),
        size * (1 - power[: STEPS + 1]) * whole,
        scale,
        lambda k, i: exact(
            at_steps("norm_iterate", k, i), "<=", (1 - NORM**k) * rest * norm_1(sample=i)
        ),
    )
    return every(error=near, size=small)


@claim(
    "Lemma 2.2, a posteriori",
    for_all={"problem": PROBLEMS},
    topics=["equilibrium"],
    text="derived",
    bound="tight",
    mutants=[
        wrong(factor=0.99, because="m = 1, W > 0, b > 0 attain it", witness={"problem": HALF}),
        wrong(
            whole=False,
            because="the last move is all that is left only if rho <= 1/2",
            witness={"problem": EquilibriumProblem.of(W=[["9/10"]], b=[[1]])},
        ),
    ],
)
def a_posteriori(problem: EquilibriumProblem, *, factor: float = 1.0, whole: bool = True) -> Margin:
    """The last move of Picard's iteration bounds the error that is left.

    ||z^k - z*|| <= rho/(1 - rho) ||z^k - z^(k-1)|| for all k >= 1; here for k <= 12. (whole=False:
    by the last move itself.)
    """
    at = solved(problem)
    z, moved = picard(problem, STEPS)
    rate = at.rho / (1 - at.rho) if whole else exactly(1.0)
    move = length(z[1:] - z[:-1], 2 * moved + 2 * EPS * torch.linalg.vector_norm(z[1:], dim=-1))
    scale = 1 + (length(z[1], moved) / (1 - at.rho)).max().high
    share = constant("factor") * (NORM / (1 - NORM) if whole else 1)
    exact = exact_model(problem)
    return all_at_most(
        at.distance(z[1:], moved),
        factor * rate * move,
        scale,
        lambda k, i: exact(
            at_steps("error", k + 1, i), "<=", share * at_steps("last_move", k + 1, i)
        ),
    )


@claim(
    "Lemma 2.2, residual form",
    for_all={"pair": equilibrium_pairs(max_m=12, activations=KINDS)},
    topics=["equilibrium"],
    text="derived",
    bound="tight",
    mutants=[
        wrong(
            factor=0.99,
            because="m = 1, W > 0, b > 0 and any z > 0 attain it",
            witness={"pair": ALIKE},
        ),
        wrong(
            whole=False,
            because="a residual is the move of one step, not of all to come",
            witness={"pair": ALIKE},
        ),
    ],
)
def residual_form(pair: Pair, *, factor: float = 1.0, whole: bool = True) -> Margin:
    """The residual bounds the error of any point, whoever computed it.

    ||z - z*|| <= ||z - s(W z + b)||/(1 - rho) for all z: the rows of the second equation's right
    side, which may be negative, where no solution is. (whole=False: without 1 - rho.)
    """
    problem, other = pair
    at = solved(problem)
    sigma = nonlinearity(problem.activation)
    z, sizes = other.b, other.b.abs() @ problem.W.abs().mT + problem.b.abs()
    rounding = (problem.m + 16) * EPS * torch.linalg.vector_norm(sizes + z.abs(), dim=-1)
    residual = length(z - sigma.value(z @ problem.W.mT + problem.b), rounding)
    bound = residual / (1 - at.rho) if whole else residual
    scale = 1 + (length(at.z, at.error) + length(z)).max().high
    share = constant("factor") / (1 - NORM) if whole else constant("factor")
    exact, points = exact_model(problem), fractions(other.recipe["b"])

    def prove(i: int) -> Proof:
        named = partial(quantity, weights=[points[i]], sample=i)
        return exact(named("error"), "<=", share * named("residual"))

    return all_at_most(at.distance(z), factor * bound, scale, prove)


@claim(
    "Lemma 2.2, signs of a computed solution",
    for_all={"pair": equilibrium_pairs(max_m=4, max_n=2)},
    topics=["equilibrium"],
    text="derived",
    mutants=[
        wrong(
            share=0.5,
            because="W z + b = 49/100 is > 0 at z = 1, and z* = 0 is off",
            witness={"pair": _pair(("1/2", "-1/100"), ("0", "1"))},
        ),
    ],
)
def certain_signs(pair: Pair, *, share: float = 1.0) -> Margin:
    """Where no preactivation is smaller than its error, the signs are those of the solution.

    With e = ||z - s(W z + b)||/(1 - rho): if min_r |(W z + b)_r| > rho e, then the linear equation
    z = D (W z + b), D = diag 1[W z + b > 0], is solved by z*. Here z is some iterate z^k or a row
    of the second equation, the first of them whose signs are certain; the linear equation is solved
    in exact arithmetic and its solution has these signs. (share: of rho e.)
    """
    problem, other = pair
    norm = operator_norm(problem.W)
    below = exact_model(problem)(NORM, "<=", BELOW_ONE)
    assume_premise("||W|| < 1", at_most(norm, exactly(BELOW_ONE), proof=below))
    points = torch.cat([other.b.unsqueeze(0), picard(problem, 40)[0]])
    preactivation = points @ problem.W.mT + problem.b
    sizes = points.abs() @ problem.W.abs().mT + problem.b.abs() + points.abs()
    rounding = (problem.m + 16) * EPS * sizes
    gap = torch.linalg.vector_norm(points - preactivation.clamp_min(0), dim=-1)
    gap = gap + torch.linalg.vector_norm(rounding, dim=-1) + SMALL
    doubt = share * gap * (norm / (1 - norm)).high
    room = (preactivation.abs() - rounding).amin(dim=-1) - doubt * (1 + 1e-9)
    certain = (room > 0).all(dim=-1)
    first = int(certain.to(torch.int8).argmax()) if bool(certain.any()) else -1
    assume_premise("signs certain", at_least(enclosed(room[first].min(), 0.0), exactly(0.0)))
    recipe = problem.recipe
    right = sum(
        exact_equilibrium(recipe["W"], b, signs.tolist()) is not None
        for b, signs in zip(recipe["b"], preactivation[first] > 0, strict=True)
    )
    return at_least(exactly(float(right)), exactly(float(problem.n)))


@claim(
    "Lemma 2.2, stability",
    for_all={"pair": equilibrium_pairs(activations=KINDS)},
    topics=["equilibrium"],
    text="new",
    bound="tight",
    mutants=[
        wrong(
            factor=0.9,
            because="m = 1 with W, W', b > 0 attains it",
            witness={"pair": SLOWER},
        ),
        wrong(
            own=True,
            because="b/(1 - W) - b/(1 - W') = (W - W') z/(1 - W'), and W' may be larger",
            witness={"pair": SLOWER},
        ),
        wrong(
            lever=False,
            because="a change of W acts on z, which may be long",
            witness={"pair": _pair(("1/2", "2"), ("9/10", "2"))},
        ),
    ],
)
def stability(pair: Pair, *, factor: float = 1.0, own: bool = False, lever: bool = True) -> Margin:
    """The solution is Lipschitz in W and in b.

    For z = s(W z + b), z' = s(W' z' + b') and rho' = ||W'|| < 1:
    ||z' - z|| <= (||W' - W|| ||z|| + ||b' - b||)/(1 - rho'), and so for several right sides with
    ||.||_F. (own: 1 - ||W|| instead; lever=False: without ||z||.)
    """
    first, second = pair
    here, there = solved(first), solved(second)
    rounding = 2 * EPS * (first.W.abs() + second.W.abs())
    turn = operator_norm(second.W - first.W, entries=rounding)
    change = _frobenius(second.b - first.b, 2 * EPS * (first.b.norm() + second.b.norm()))
    whole = _frobenius(here.z, here.error.norm())
    rho = here.rho if own else there.rho
    bound = (turn * (whole if lever else exactly(1.0)) + change) / (1 - rho)
    left = _frobenius(there.z - here.z, (here.error + there.error).norm())
    W, b = (fractions(second.recipe[name]) for name in ("W", "b"))
    moved = partial(quantity, weights=[W, b])
    full = moved("move_W") * (quantity("norm_solution") if lever else 1) + moved("move_b")
    full = constant("factor") * full / (1 - (NORM if own else moved("norm_W")))
    proof: Proof = exact_model(first)(moved("move_solution"), "<=", full)
    scale = 1 + whole.high + _frobenius(there.z, 0.0).high
    return at_most(left, factor * bound, scale=scale, proof=proof)


def _frobenius(rows: torch.Tensor, moved: torch.Tensor | float) -> Approx:
    return length(rows.flatten(), moved)
