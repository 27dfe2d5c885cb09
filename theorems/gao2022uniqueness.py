"""Gao, Liu, Liu, Rajan, Gao: A global convergence theory for deep ReLU implicit networks via over-parameterization. arXiv:2110.05645v2.

Lemma 2.2 says that z = s(W z + b), s = max(., 0), has exactly one solution if ||W||_2 < 1. Here is
what else decides how many there are: none, one, several, infinitely many. Solutions are counted
exactly: all 2^m patterns of signs are tried in rational arithmetic. Our statements and proofs.
"""  # noqa: E501  the citation is one line

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Literal, TypeAlias

import torch

from certify import enclosed, least_principal_minor, operator_norm
from claims import assume_premise, claim, refuted_claim, wrong
from models import EquilibriumProblem
from strategies import equilibrium_problems, free_equilibrium_problems
from theorems._equilibria import BELOW_ONE, EPS, NORM, counts, exact_model, fractions
from verdicts import Approx, Margin, at_least, at_most, constant, every, exactly, quantity

Given: TypeAlias = Literal["norm", "norm at most 1", "spectral radius", "nonnegative b"]
Enough: TypeAlias = Literal["all minors", "the determinant", "the diagonal"]

MOST = quantity("most_solutions")
LEAST = quantity("least_solutions")
SHAPES = ("scalar", "permutation", "chain", "dense")  # what can be counted exactly
SQUARINGS = 6  # W^64 bounds the spectral radius of W
EDGE = 1e-9  # a premise is met if it certainly holds with something to spare
TINY = 1e-6  # what counts as > 0
# Three solutions although all eigenvalues of W are 0: (0, 0), (2, 0), (7/2, 1/2).
NILPOTENT = EquilibriumProblem.of(W=[["3/2", "-3/2"], ["3/2", "-3/2"]], b=[[-1, -4]])
TWO_POSITIVE = EquilibriumProblem.of(W=[[2, -1], [0, 0]], b=[[0, 1]])  # (0, 1), (1, 1)
CONTINUUM = EquilibriumProblem.of(W=[[1]], b=[[0]])  # all z >= 0
TWICE = EquilibriumProblem.of(W=[[2, 0], [0, 2]], b=[[-1, -1]])  # {0, 1}^2
ONE_WAY = EquilibriumProblem.of(W=[[0, 5], [0, 0]], b=[[1, 1]])


@claim(
    "Lemma 2.2, uniqueness",
    for_all={"problem": equilibrium_problems(max_m=5, max_n=2, shapes=SHAPES)},
    topics=["equilibrium"],
    text="read",
    mutants=[
        wrong(
            given="norm at most 1",
            because="z = max(z, 0) is solved by all z >= 0, z = max(z + 1, 0) by none",
            witness={"problem": CONTINUUM},
        ),
        wrong(
            given="spectral radius",
            because="W = [[3/2, -3/2], [3/2, -3/2]] is nilpotent and has three solutions",
            witness={"problem": NILPOTENT},
        ),
        wrong(
            given="nonnegative b",
            because="also with b >= 0, as phi is, there may be two",
            witness={"problem": TWO_POSITIVE},
        ),
        wrong(
            share=1.01,
            because="W = rho I attains it",
            witness={"problem": EquilibriumProblem.of(W=[["1/2"]], b=[[0]])},
        ),
        wrong(
            drops="||W|| < 1",
            because="m = 1, W = 2: no solution for b = 1, two for b = -1",
            witness={"problem": EquilibriumProblem.of(W=[[2]], b=[[1]])},
        ),
    ],
)
def uniqueness(problem: EquilibriumProblem, *, given: Given = "norm", share: float = 1.0) -> Margin:
    """A contraction has exactly one equilibrium, whatever the right side is.

    If ||W|| < 1, then z = s(W z + b) has exactly one solution; and all principal minors of I - W
    are at least (1 - ||W||)^m > 0. (given: what stands in place of ||W|| < 1: ||W|| <= 1, a
    spectral radius < 1, b >= 0; share: of that lower bound.)
    """
    exact = exact_model(problem)
    if given == "norm":
        short = at_most(operator_norm(problem.W), exactly(BELOW_ONE))
        assume_premise("||W|| < 1", short.proved_by(exact(NORM, "<=", BELOW_ONE)))
    elif given == "norm at most 1":
        closed = at_most(operator_norm(problem.W), exactly(1 + EDGE))
        assume_premise("||W|| <= 1", closed.proved_by(exact(NORM, "<=", 1)))
    elif given == "spectral radius":
        small = exact(quantity("spectral_radius"), "<=", BELOW_ONE)
        radius = at_most(_radius(problem, absolute=False), exactly(BELOW_ONE), proof=small)
        assume_premise("spectral radius < 1", radius)
    else:
        some = exact(quantity("least_b"), ">=", 0)
        least = exactly(float(problem.b.min()))
        assume_premise("b >= 0", at_least(least, exactly(-EDGE), proof=some))
    one = _exactly_one(problem)
    if given != "norm":
        return one
    room = (1 - operator_norm(problem.W, entries=EPS * problem.W.abs())) ** problem.m
    bound = exact(quantity("least_minor"), ">=", constant("share") * (1 - NORM) ** problem.m)
    least = exactly(least_principal_minor(_gap(problem)))
    return every(solutions=one, minors=at_least(least, share * room, proof=bound))


@claim(
    "Lemma 2.2, what decides uniqueness",
    for_all={"problem": free_equilibrium_problems()},
    topics=["equilibrium"],
    text="derived",
    mutants=[
        wrong(
            given="the determinant",
            because="W = 2 I_2 has det(I - W) = 1, and solutions {0, 1}^2 for b = (-1, -1)",
            witness={"problem": TWICE},
        ),
        wrong(
            given="the diagonal",
            because="W = [[1/2, 2], [2, 1/2]] has the solutions 0 and (2/3, 2/3) for b = (-1, -1)",
            witness={"problem": EquilibriumProblem.of(W=[["1/2", 2], [2, "1/2"]], b=[[-1, -1]])},
        ),
    ],
)
def p_matrix(problem: EquilibriumProblem, *, given: Enough = "all minors") -> Margin:
    """If all principal minors of I - W are positive, there is exactly one equilibrium.

    For every b, whatever ||W|| is (Samelson, Thrall, Wesler 1958). (given: only det(I - W) > 0;
    only the diagonal of I - W > 0.)
    """
    exact, gap = exact_model(problem), _gap(problem)
    if given == "all minors":
        minors = exact(quantity("least_minor"), ">=", TINY)
        least = at_least(exactly(least_principal_minor(gap)), exactly(TINY), proof=minors)
        assume_premise("all principal minors > 0", least)
    elif given == "the diagonal":
        smallest = exactly(min(gap[r][r] for r in range(problem.m)))
        positive = exact(quantity("least_diagonal"), ">=", TINY)
        least = at_least(smallest, exactly(TINY), proof=positive)
        assume_premise("diagonal of I - W > 0", least)
    else:
        whole = enclosed(torch.linalg.det(torch.eye(problem.m) - problem.W), 1e-9)
        positive = exact(quantity("determinant"), ">=", TINY)
        assume_premise("det(I - W) > 0", at_least(whole, exactly(TINY), proof=positive))
    return _exactly_one(problem)


@claim(
    "Lemma 2.2, nonnegative W",
    for_all={"problem": free_equilibrium_problems()},
    topics=["equilibrium"],
    text="derived",
    mutants=[
        wrong(
            of="W",
            because="W = [[3/2, -3/2], [3/2, -3/2]] is nilpotent and has three solutions",
            witness={"problem": NILPOTENT},
        ),
        wrong(
            limit=1.0,
            because="z = max(z, 0) is solved by all z >= 0",
            witness={"problem": CONTINUUM},
        ),
    ],
)
def absolute_radius(
    problem: EquilibriumProblem, *, of: str = "|W|", limit: float = BELOW_ONE
) -> Margin:
    """If the spectral radius of |W| is below 1, there is exactly one equilibrium.

    |W| has the absolute values of the entries; of W itself it is enough only for m = 1. (limit: the
    radius may be as large as this.)
    """
    exact, name = exact_model(problem), "spectral_radius_abs" if of == "|W|" else "spectral_radius"
    small = exact(quantity(name), "<=", limit)
    largest = exactly(limit + EDGE)
    radius = at_most(_radius(problem, absolute=of == "|W|"), largest, proof=small)
    assume_premise(f"spectral radius of {of} <= {limit:g}", radius)
    return _exactly_one(problem)


@refuted_claim(
    "Lemma 2.2 read as an equivalence",
    for_all={"problem": free_equilibrium_problems()},
    topics=["equilibrium"],
    text="derived",
    because="W = [[0, 5], [0, 0]] has one: z_2 = s(b_2), z_1 = s(5 z_2 + b_1); so has W = -2",
    witness={"problem": ONE_WAY},
)
def contraction_is_necessary(problem: EquilibriumProblem) -> Margin:
    """If z = s(W z + b) has exactly one solution for every b, then ||W|| <= 1.

    False for W = [[0, 5], [0, 0]], and for m = 1 and W = -2. What is necessary and sufficient is
    that all principal minors of I - W are positive.
    """
    minors = exact_model(problem)(quantity("least_minor"), ">=", TINY)
    least = at_least(exactly(least_principal_minor(_gap(problem))), exactly(TINY), proof=minors)
    assume_premise("exactly one for every b", least)
    norm = exact_model(problem)(NORM, "<=", 1)
    return at_most(operator_norm(problem.W), exactly(1.0), proof=norm)


def _exactly_one(problem: EquilibriumProblem) -> Margin:
    found, exact = counts(problem), exact_model(problem)
    return every(
        some=at_least(found.min(), exactly(1.0), proof=exact(LEAST, ">=", 1)),
        one=at_most(found.max(), exactly(1.0), proof=exact(MOST, "<=", 1)),
    )


def _gap(problem: EquilibriumProblem) -> list[list[Fraction]]:
    """I - W, exactly."""
    rows = fractions(problem.recipe["W"])
    return [[(r == c) - z for c, z in enumerate(row)] for r, row in enumerate(rows)]


def _radius(problem: EquilibriumProblem, *, absolute: bool) -> Approx:
    """The spectral radius of W or of |W|: at most ||W^64||_F^(1/64), in exact arithmetic."""
    rows = fractions(problem.recipe["W"])
    power = [[abs(z) for z in row] for row in rows] if absolute else rows
    for _ in range(SQUARINGS):
        columns = list(zip(*power, strict=True))
        power = [[_dot(row, column) for column in columns] for row in power]
    size = sum((z * z for row in power for z in row), Fraction(0))
    if size == 0:
        return exactly(0.0)
    # By logarithms: the power itself may be beyond the range of floats.
    total = math.log(size.numerator) - math.log(size.denominator)
    root = math.exp(total / 2 ** (SQUARINGS + 1)) * (1 + 1e-12)
    return Approx(0.0, min(root, 1.0) if size <= 1 else root)


def _dot(p: Sequence[Fraction], q: Sequence[Fraction]) -> Fraction:
    """The inner product, exactly."""
    return sum((a * b for a, b in zip(p, q, strict=True)), Fraction(0))
