"""Gao, Liu, Liu, Rajan, Gao: A global convergence theory for deep ReLU implicit networks via over-parameterization. arXiv:2110.05645v2.

Lemma 2.2: the equilibrium z = s(gamma/sqrt(m) A z + phi), s = max(., 0), exists and is the limit
of Picard's iteration. That it is the only one is in `gao2022uniqueness`, how fast the limit is
reached and how it moves in `gao2022equilibria`.
"""  # noqa: E501  the citation is one line

from fractions import Fraction

import numpy as np
import torch

from certify import enclosed, equilibrium_error, operator_norm
from claims import assume_premise, claim, misprint, wrong
from models import EquilibriumProblem, ImplicitStart, equilibrium
from strategies import (
    either,
    equilibrium_problems,
    exact_decimals,
    implicit_starts,
    real_datasets,
    unit_sphere_datasets,
)
from theorems._equilibria import (
    BELOW_ONE,
    EPS,
    NORM,
    all_at_most,
    at_steps,
    exact_model,
    length,
    picard,
    powers,
    solved,
)
from verdicts import (
    Margin,
    Proof,
    at_most,
    constant,
    every,
    exactly,
    given,
    greatest,
    largest,
    quantity,
)

STEPS = 12
DATA = either(unit_sphere_datasets(max_n=6), real_datasets(max_n=6))


@claim(
    "Lemma 2.2",
    for_all={
        "start": implicit_starts(data=DATA, max_m=24, labels="own"),
        "gamma_0": exact_decimals(min_value=0.1, max_value=0.99),
    },
    topics=["equilibrium"],
    text="read",
    mutants=[
        wrong(
            cut="gamma_0",
            because="without the second entry of the minimum c = 4 gives rho = 4 gamma_0",
            witness={
                "start": ImplicitStart.of(
                    rows=[[1]], gamma="1/8", A=[[4]], W=[[1]], heads="zero", labels=[0]
                ),
                "gamma_0": Fraction(1, 2),
            },
        ),
        wrong(
            room=0.99,
            because="m = 1, A = c >= 1, phi > 0: z^l tends to phi/(1 - gamma_0)",
            witness={
                "start": ImplicitStart.of(
                    rows=[[1]], gamma="1/2", A=[[1]], W=[[1]], heads="zero", labels=[0]
                ),
                "gamma_0": Fraction(1, 2),
            },
        ),
    ],
)
def lemma_2_2(
    start: ImplicitStart, gamma_0: Fraction, *, cut: str = "minimum", room: float = 1.0
) -> Margin:
    """A bounded A, scaled by gamma, gives one equilibrium, the limit of Picard's iteration.

    If ||A|| <= c sqrt(m), gamma_0 in (0, 1), gamma = min{gamma_0, gamma_0/c}, then for every x,
    phi = s(W x)/sqrt(m): the map is a contraction, rho = gamma ||A||/sqrt(m) <= gamma_0; from
    z^0 = 0 all ||z^l|| <= ||phi||/(1 - gamma_0); and the limit solves the equation. Here c is the
    least possible, l <= 12, and the limit too. (cut="gamma_0": gamma = gamma_0.)
    """
    A, m = start.network.A, start.m
    norm, root, ratio = operator_norm(A), exactly(m).sqrt(), exactly(gamma_0)
    c = norm / root
    scale = ratio / (largest(c, exactly(1.0)) if cut == "minimum" else exactly(1.0))
    phi = (start.x @ start.network.W.mT).clamp_min(0) / np.sqrt(m)
    gamma = (scale.low + scale.high) / 2
    problem = EquilibriumProblem.of(W=(A * (gamma / np.sqrt(m))).tolist(), b=phi.tolist())
    rho = scale * norm / root
    z, moved = picard(problem, STEPS)
    bound = length(problem.b) / (1 - ratio)
    size = 1 + bound.max().high
    # gamma A/sqrt(m) is rounded: where its norm should be gamma_0, it may be a little more.
    blur = 4 * EPS * (ratio / (1 - ratio)).high
    found = equilibrium(problem.W, problem.b)
    error = equilibrium_error(found.residual, torch.minimum(found.rho, torch.tensor(1.0)))
    near = at_most(enclosed(error, 0.0), exactly(1e-6), scale=1.0)
    limit = at_most(length(found.z, error + blur * found.z.norm()), room * bound, scale=size)
    drawn, c_term = given("gamma_0"), quantity("norm_A") / quantity("m").sqrt()
    rho_term = drawn * c_term / (greatest(c_term, 1) if cut == "minimum" else 1)
    exact = Proof("implicit", start.exact_recipe, rho_term, "<=", drawn)
    return every(
        contraction=at_most(rho, ratio, proof=exact),
        bounded=at_most(length(z, moved + blur * z.norm()), room * bound, scale=size),
        solved=near,
        limit=limit,
    )


@claim(
    "Lemma 2.2, last display of the proof",
    for_all={
        "problem": equilibrium_problems(activations=("relu",)),
        "c": exact_decimals(min_value=0.1, max_value=9),
    },
    topics=["equilibrium"],
    text="derived",
    bound="tight",
    mutants=[
        misprint(
            base="gamma",
            where="proof of Lemma 2.2, last display",
            because="for m = 1, A = c = 4, phi = 1 the error is gamma_0^p/(1 - gamma_0)",
            witness={"problem": EquilibriumProblem.of(W=[["1/2"]], b=[[1]]), "c": Fraction(4)},
        ),
        wrong(
            factor=0.99,
            because="m = 1, A = c, phi > 0 attain it",
            witness={"problem": EquilibriumProblem.of(W=[["1/2"]], b=[[1]]), "c": Fraction(4)},
        ),
    ],
)
def last_display(
    problem: EquilibriumProblem, c: Fraction, *, base: str = "gamma_0", factor: float = 1.0
) -> Margin:
    """What is left after p steps is a geometric series in gamma_0, not in gamma.

    ||z^p - z*|| <= gamma_0^p/(1 - gamma_0) ||phi|| if ||A|| = c sqrt(m), gamma_0 < 1 and gamma =
    min{gamma_0, gamma_0/c}: then W = gamma A/sqrt(m) has the norm gamma_0 min{1, c}, so (W, c) say
    all that matters of (A, gamma_0, c). Here phi may have any sign and p <= 12. (base="gamma": as
    printed.)
    """
    at, short = solved(problem), min(Fraction(1), c)
    gamma_0, exact = at.rho / short, exact_model(problem)
    whole = NORM / short
    below = exact(whole, "<=", BELOW_ONE)
    assume_premise("gamma_0 < 1", at_most(gamma_0, exactly(BELOW_ONE), proof=below))
    printed = base == "gamma"
    number = gamma_0 / max(Fraction(1), c) if printed else gamma_0
    z, moved = picard(problem, STEPS)
    phi = length(problem.b)
    bound = factor * powers(number, STEPS) / (1 - number) * phi
    term = whole / max(Fraction(1), c) if printed else whole
    share = constant("factor") / (1 - term)

    def prove(p: int, i: int) -> Proof:
        bound = share * term**p * quantity("norm_b", sample=i)
        return exact(at_steps("error", p, i), "<=", bound)

    return all_at_most(at.distance(z, moved), bound, 1 + (phi / (1 - at.rho)).max().high, prove)
